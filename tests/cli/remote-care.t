#!/usr/bin/env bash
# gg stats --remote and gg gc --remote over a shared folder and a Redis server.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
unset GG_STORAGE_URI REDISCLI_AUTH

redis=
trap '[ -z "$redis" ] || kill "$redis"; chmod -R u+w "$work"; rm -rf "$work"' EXIT

# code COMMAND...: its exit status
code() {
	"$@" >/dev/null 2>&1
	echo $?
}

# of FILTER COMMAND...: a value of the JSON that it prints
of() {
	local filter=$1
	shift
	"$@" --json | jq -r "$filter"
}

"$GG" init
mkdir files share
for i in 1 2 3 4 5 6; do head -c $((i * 1000)) /dev/urandom >"files/$i"; done
export GG_STORAGE_URI=file://$work/share
"$GG" put files/* >names 2>/dev/null
for i in 1 2; do touch -d '40 days ago' "share/$(sed -n ${i}p names)"; done
touch -d '3 days ago' "share/$(sed -n 3p names)"
echo other >share/README

out=$("$GG" stats --remote --json)
is "stats --remote counts what is there" "$(jq -c '[.objects,.bytes]' <<<"$out")" '[6,21000]'
is "… by age" "$(jq -c '[.by_age[].objects]' <<<"$out")" '[3,1,0,2,0,0]'
is "… and what it is believed to hold" "$(jq .believed_there.objects <<<"$out")" 6
is "… all of which is here too" "$(jq .also_here.objects <<<"$out")" 6
like "people read it, too" "$("$GG" stats --remote)" 'holds +6 +20.5 KB'
rm -f "share/$(sed -n 6p names)"
is "a belief that is wrong is seen" "$(of .believed_but_absent.objects "$GG" stats --remote)" 1
is "gg stats --store alone is a wrong use" "$(code "$GG" stats --store "$GG_STORAGE_URI")" 2
is "stats --remote --zero is a wrong use" "$(code "$GG" stats --remote --zero)" 2

is "gc --remote alone removes nothing" "$(code "$GG" gc --remote)" 2
is "gg gc --yes alone is a wrong use" "$(code "$GG" gc --yes)" 2
like "--dry-run tells what would go" "$("$GG" gc --remote --older-than 30d --dry-run)" '^would remove 2 of 5 objects'
is "… and removes nothing" "$(of .objects "$GG" stats --remote)" 5
like "--older-than removes what is older" "$("$GG" gc --remote --older-than 30d)" '^removed 2 of 5 objects'
is "… and it is gone" "$(of .objects "$GG" stats --remote)" 3
is "… and not believed to be there any more" "$(of .believed_there.objects "$GG" stats --remote)" 3
ok "what is no object is left alone" test -e share/README
is "what was removed is sent again" "$("$GG" put <names 2>&1 | sed 's/ (.*//')" "gg put: 3 sent"

# A result that only the folder has.
cat >a.c <<'END'
int main(void) { return 0; }
END
rm -rf .gg share/V* share/T*
"$GG" init
"$GG" build -- gcc -c a.c 2>/dev/null
result=$("$GG" hash a.o)
find .gg/blobs -type f -printf '%f\n' | "$GG" put >/dev/null 2>&1
rm -f ".gg/blobs/$result"
is "what only the folder has of a result is told" "$(of .needed_from_there.objects "$GG" stats --remote)" 1
is "… and kept" "$(of .kept_needed.objects "$GG" gc --remote --yes)" 1
is "… and nothing else" "$(find share -name '[VT]*' -printf '%f\n')" "$result"

# A placeholder that waits: none of what it needs is here any more.
rm -rf .gg share/*
"$GG" init
rm -f a.o
"$GG" infer -- gcc -c a.c 2>/dev/null
find .gg/blobs -type f -printf '%f\n' | "$GG" put >/dev/null 2>&1
victim=$("$GG" hash a.c)
rm -f ".gg/blobs/$victim"
is "what a waiting placeholder needs is kept" "$(of .kept_needed.objects "$GG" gc --remote --yes)" 1
ok "… namely the input that is not here" test -e "share/$victim"

printf 'requirepass sekrit\n' >redis.conf
redis-server redis.conf --port 0 --unixsocket "$work/r.sock" --save '' --dir "$work" >/dev/null &
redis=$!
for _ in $(seq 200); do
	redis-cli -s r.sock -a sekrit --no-auth-warning ping >/dev/null 2>&1 && break
	sleep 0.05
done
export GG_STORAGE_URI=redis+unix://:sekrit@$work/r.sock
"$GG" put files/* >names 2>/dev/null
redis-cli -s r.sock -a sekrit --no-auth-warning set foreign value >/dev/null
is "redis: stats counts objects" "$(of '[.objects,.bytes]|@csv' "$GG" stats --remote)" 6,21000
is "redis: younger than a day" "$(of .by_age.day.objects "$GG" stats --remote)" 6
like "redis: nothing is older than a day" "$("$GG" gc --remote --older-than 1d)" '^removed 0 of 6'
like "redis: --yes removes all" "$("$GG" gc --remote --yes)" '^removed 6 of 6'
is "redis: foreign keys stay" "$(redis-cli -s r.sock -a sekrit --no-auth-warning keys '*')" foreign
is "redis: nothing is believed any more" "$(of .believed_there.objects "$GG" stats --remote)" 0
is "redis: all is sent again" "$("$GG" put <names 2>&1 | sed 's/ (.*//')" "gg put: 6 sent"
fails grep -q sekrit <<<"$("$GG" stats --remote)" && secret=no
is "the password is not shown" "${secret:-yes}" no
is "a server that is not there is 102" "$(code "$GG" gc --remote --yes --store redis://127.0.0.1:1)" 102

done_testing

#!/usr/bin/env bash
# gg put and gg get over a shared folder and a Redis server.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
unset GG_STORAGE_URI REDISCLI_AUTH

redis=
trap '[ -z "$redis" ] || kill "$redis"; chmod -R u+w "$work"; rm -rf "$work"' EXIT

# served COMMAND...: wait until it succeeds
served() {
	for _ in $(seq 200); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.05
	done
	return 1
}

# code COMMAND...: its exit status
code() {
	"$@" >/dev/null 2>&1
	echo $?
}

"$GG" init
mkdir files share
for i in $(seq 50); do head -c $((i * 997)) /dev/urandom >"files/$i"; done
: >files/empty
printf '#!/bin/sh\necho hi\n' >files/script
chmod +x files/script

is "without a place put says what to do" "$(code "$GG" put files/1)" 2
like "… naming the option and the variable" "$("$GG" put files/1 2>&1)" '--store URI, or GG_STORAGE_URI'

echo 'requirepass sekrit' >redis.conf
printf 'user gg on >ggpass ~* +@all -@dangerous\n' >>redis.conf
redis-server redis.conf --port 0 --unixsocket "$work/r.sock" --save '' --dir "$work" >/dev/null &
redis=$!
served redis-cli -s r.sock -a sekrit --no-auth-warning ping

n=0
for uri in "file://$work/share" "redis+unix://:sekrit@$work/r.sock" "redis+unix://gg:ggpass@$work/r.sock?db=3"; do
	n=$((n + 1))
	shown=${uri%%:*}
	"$GG" put --store "$uri" files/* >names 2>said
	is "$shown $n: put sends them all" "$(sed 's/ (.*//' said)" "gg put: 52 sent"
	is "$shown $n: … and prints the names" "$(cat names)" "$("$GG" hash files/*)"
	like "$shown $n: a second put sends nothing" "$("$GG" put --store "$uri" <names 2>&1)" ': 0 sent .*, 52 there'
	(
		export GG_DIR=$work/other$n/.gg
		mkdir "$work/other$n"
		"$GG" get --store "$uri" <names 2>/dev/null
	)
	ok "$shown $n: what comes back is the same" diff -r .gg/blobs "other$n/.gg/blobs"
	is "$shown $n: get -o writes the file" "$("$GG" get --store "$uri" -o - "$("$GG" hash files/script)" 2>/dev/null)" "$(cat files/script)"
done

uri="file://$work/packed?compress=zstd"
mkdir packed
seq 20000 >files/text
"$GG" put --store "$uri" files/text files/1 >packed.names 2>/dev/null
is "?compress=zstd: long objects lie there as zstd frames, short ones as they are" \
	"$(find packed -type f -printf '%f\n' | sort)" "$({ "$GG" hash files/1; "$GG" hash files/text | sed 's/$/.zst/'; } | sort)"
ok "… which are smaller" test "$(stat -c %s packed/*.zst)" -lt $(($(stat -c %s files/text) / 2))
mkdir other9
is "… and come back whole" "$(GG_DIR=$work/other9/.gg "$GG" get --store "$uri" -o - "$("$GG" hash files/text)" 2>/dev/null | cmp - files/text && echo same)" same
is "… and are counted" "$("$GG" stats --remote --store "$uri" --json | jq .objects)" 2
is "who does not ask for it sees none of them" "$("$GG" stats --remote --store "file://$work/packed" --json | jq .objects)" 1
is "another way to compress is a wrong use" "$(code "$GG" put --store "file://$work/packed?compress=lz4" files/1)" 2
rm files/text

is "classic peers read the plain bytes under the plain name" \
	"$(redis-cli -s r.sock -a sekrit --no-auth-warning get "$("$GG" hash files/script)")" "$(cat files/script)"
redis-cli -s r.sock -a sekrit --no-auth-warning flushall >/dev/null
like "an emptied server is filled again" "$("$GG" put --store "redis+unix://:sekrit@$work/r.sock" <names 2>&1)" ': 52 sent'

victim=$("$GG" hash files/script)
chmod u+w "share/$victim"
printf '#!/bin/sh\necho ho\n' >"share/$victim"
mkdir other
is "a tampered object is refused" "$(GG_DIR=$work/other/.gg code "$GG" get --store "file://$work/share" "$victim")" 104
ok "… and not kept" fails test -e "other/.gg/blobs/$victim"
"$GG" put --store "file://$work/share" files/script >/dev/null 2>&1
"$GG" get --store "file://$work/share" "$victim" >/dev/null 2>&1
is "a missing object fails" "$(code "$GG" get --store "file://$work/share" "$(echo nowhere | "$GG" hash -)")" 101
is "a server that is not there is 102" "$(code "$GG" put --store redis://127.0.0.1:1 files/1)" 102
like "a wrong password is said to be wrong" "$("$GG" put --store "redis+unix://:nope@$work/r.sock" files/1 2>&1)" 'the user or password is wrong'
ok "no message tells the password" fails grep -q nope <<<"$("$GG" put --store "redis+unix://:nope@$work/r.sock" files/1 2>&1)"
is "a storage that does not exist is a wrong use" "$(code "$GG" put --store ftp://x files/1)" 2
like "--json counts" "$("$GG" put --json --store "file://$work/share" files/1)" '"there": 1'

done_testing

#!/usr/bin/env bash
# gg gc and gg fsck: the store stays small, and what it says it is.
# shellcheck disable=SC2016 # expanded by sh
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

# field KEY COMMAND...: of its JSON
field() {
	local key=$1
	shift
	"$@" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$key"
}
objects() { find .gg/blobs -type f | wc -l; }
ran() { field last "$GG" stats | python3 -c 'import sys; print(eval(sys.stdin.read())["ran"])'; }

project p
cd p || exit 1
make >/dev/null 2>&1
want=$(tree .)
make clean >/dev/null
"$GG" build -- make >/dev/null 2>&1
all=$(objects)
is "what was used today stays" "$(field removed "$GG" gc)" 0
is "--dry-run removes nothing" "$(field removed "$GG" gc --max-size 0 --dry-run) $(objects)" "$all $all"
make clean >/dev/null
sleep 0.1 # what changed just now is planned each time
"$GG" build -- make >/dev/null 2>&1
is "plans are kept as long as their thunks are" "$(field forgotten_plans "$GG" gc)" 0
planned=$(field forgotten_plans "$GG" gc --max-size 0 --dry-run)
ok "… and go with them" test "$planned" -gt 0
is "--max-size 0 leaves none" "$(field removed "$GG" gc --max-size 0) $(objects)" "$all 0"
is "… and no plan" "$(field forgotten_plans "$GG" gc --max-size 0)" 0
is "results without objects are forgotten" "$(field results "$GG" fsck)" 0
is "… also by the log that the index is made from" "$(rm -rf .gg/index && field results "$GG" fsck)" 0
make clean >/dev/null
ok "the next build makes all anew" "$GG" build -- make
is "… every command" "$(ran)" 9
is "… with the right bytes" "$(tree .)" "$want"

find .gg/blobs -type f -exec touch -a -d '40 days ago' {} +
make clean >/dev/null
"$GG" build -- make >/dev/null 2>&1
is "remembering renews the age" "$(ran)" 0
"$GG" gc --older-than 30d >/dev/null
make clean >/dev/null
"$GG" build -- make >/dev/null 2>&1
is "… so that what is used stays after a gc" "$(ran)" 0
is "… and the bytes are right" "$(tree .)" "$want"

find .gg/blobs -type f -exec touch -a -d '40 days ago' {} +
"$GG" gc >/dev/null
is "what was not used for 30 days goes" "$(objects)" 0

make clean >/dev/null
"$GG" infer make >/dev/null 2>&1
find .gg/blobs -type f -exec touch -a -d '400 days ago' {} +
is "what placeholders need stays" "$("$GG" gc --max-size 0 >/dev/null; "$GG" force prog libs.so; ./prog)" "$(make -s clean; make >/dev/null 2>&1; ./prog)"

# beside a running build, whose wrappers and thunks use what was there before
make clean >/dev/null
"$GG" build -- make >/dev/null 2>&1
make clean >/dev/null
mkfifo go on # two, for a reader that is slow to leave takes what is meant for the next
"$GG" build -- sh -c 'make a.o b.o c.o; cat go; make; cat on' >/dev/null 2>&1 &
build=$!
for _ in 1 2 3; do "$GG" gc --max-size 0 >../out 2>&1; done
is "beside a running build gc keeps what it may use" "$(field other_gg_running "$GG" gc --dry-run)" True
echo >go
for _ in 1 2 3; do "$GG" gc --max-size 0 >>../out 2>&1; done
echo >on
wait $build
is "… and the build is right" "$(rm -f go on; tree .)" "$want"

"$GG" build -- make >/dev/null 2>&1
is "a good store is clean" "$("$GG" fsck >/dev/null; echo $?)" 0
victim=$(find .gg/blobs -name 'V*' -size +0 | head -n 1)
chmod u+w "$victim" && printf 'X' | dd of="$victim" conv=notrunc status=none
echo stranger >.gg/blobs/README
"$GG" fsck >../out
is "damage is found" "$?" 1
like "… and named" "$(cat ../out)" "$(basename "$victim" | cut -c 1-20)"
ok "… and set aside" test -e ".gg/corrupt/$(basename "$victim")" -a ! -e "$victim"
printf 'xxxx' >>.gg/memo.log
is "bytes that are no record are found" "$(field log_bad_bytes "$GG" fsck)" 4
ok "--repair repairs" "$GG" fsck --repair
is "… all of it" "$(field clean "$GG" fsck)" True
make clean >/dev/null
"$GG" build -- make >/dev/null 2>&1
is "… and the build is right" "$(tree .)" "$want"
find .gg/index -name data.mdb -exec dd if=/dev/urandom of={} bs=4096 seek=2 count=3 conv=notrunc status=none \;
"$GG" fsck >/dev/null 2>&1
ok "a damaged index is made anew" "$GG" fsck

# A list of files, some of which are gone: it is made anew, and the build after that is as ever.
make clean >/dev/null
"$GG" build -- make >/dev/null 2>&1
find .gg/blobs -name 'V*' -size -2 ! -size 0 -exec sh -c 'for f; do [ "$(stat -c %s "$f")" -ge 100 ] || rm -f "$f"; done' sh {} +
for i in 1 2; do
	make clean >/dev/null
	for f in *.c; do echo "/* $i */" >>"$f"; done
	want=$(make >/dev/null 2>&1; tree .)
	make clean >/dev/null
	"$GG" build --stats-json ../stats -- make >/dev/null 2>&1
	is "small objects are gone, and the build is right ($i)" "$(tree .)" "$want"
done
is "… and all of it is modelled again" "$(stat_of ../stats delegated)" 0

for wrong in '--max-size x' '--max-size -1' '--older-than 3q' '--max-size 0x10' '--older-than nan' 'operand'; do
	# shellcheck disable=SC2086
	"$GG" gc $wrong >/dev/null 2>&1
	is "gg gc $wrong is wrong usage" "$?" 2
done
done_testing

#!/usr/bin/env bash
# shellcheck disable=SC2016 # what eval runs
# Each example does what its plain equivalent does.
# shellcheck disable=SC2016 # expanded by eval
examples=$(cd "$(dirname "$0")/../../examples" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

export GG GG_DIR=$work/store

is "fib" "$("$examples/fib/fib.sh" 20 2>err)" 6765
is "... as the plain one" "$("$examples/fib/fib.sh" 10 2>err)" "$("$examples/fib/plain.sh" 10)"

seq 20000 | awk '{ print ($1 * 7919) % 10007 }' >numbers
ok "split, sort and merge" eval '"$examples/sort/sort.sh" numbers 5 >a 2>err'
"$examples/sort/plain.sh" numbers 5 >b
ok "... as the plain one" cmp a b

is "a test suite" "$("$examples/suite/suite.sh" 2>err)" "$("$examples/suite/plain.sh")"
cp -r "$examples/suite" .
echo plum >>suite/words.txt
suite/suite.sh >out 2>err
is "... fails where a test fails" "$?" 1
suite/plain.sh >want
is "... as the plain one" "$(grep -c ^ok out)" "$(grep -c ^ok want)"

if command -v ffmpeg >/dev/null; then
	ok "a film in chunks" "$examples/video/video.sh" a.mkv 3 1
	"$examples/video/plain.sh" b.mkv 3 1
	ok "... is bit-identical" cmp a.mkv b.mkv
else
	skip "a film in chunks" "ffmpeg is not installed"
fi

done_testing

#!/usr/bin/env bash
# Where namespaces are refused gg goes down the ladder, says so once, and makes the same bytes.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

gcc -D_GNU_SOURCE -o refuse "$here/refuse.c" -lseccomp || exit 1
refuse=$PWD/refuse
project p
cd p || exit 1
make CC=gcc >/dev/null 2>&1
want=$(tree .)

make clean >/dev/null
out=$("$refuse" "$GG" build --stats-json "$work/stats" -- make CC=gcc 2>&1)
is "a build succeeds where namespaces are refused" $? 0
is "… with the same bytes" "$(tree .)" "$want"
is "… and says once what is missing" "$(printf '%s\n' "$out" | grep -c 'gg: isolation here')" 1
is "… every command is a thunk" "$(stat_of "$work/stats" delegated)" 0
make clean >/dev/null
"$refuse" "$GG" build --sandbox=require -- make CC=gcc >/dev/null 2>&1
ok "--sandbox=require refuses to go below namespaces" test $? -ne 0 -a ! -e a.o

if [ "$(id -u)" = 0 ]; then
	rm -rf .gg
	make clean >/dev/null
	chmod 755 "$work"
	chown -R 65534:65534 .
	if "$refuse" -u 65534 test -x "$GG" -a -w . 2>/dev/null; then
		out=$("$refuse" -u 65534 "$GG" build -j2 -- make -j2 CC=gcc 2>&1)
		is "an ordinary user's build succeeds there too" $? 0
		is "… with the same bytes" "$(tree .)" "$want"
		like "… and says what is missing" "$out" 'gg: isolation here: none'
		"$refuse" -u 65534 make clean >/dev/null
		"$refuse" -u 65534 "$GG" build --stats-json stats -- make CC=gcc >/dev/null 2>&1
		is "… and is remembered" "$(stat_of stats ran)" 0
	else
		skip "an ordinary user's build" "this folder is closed to others"
	fi
fi
done_testing

#!/usr/bin/env bash
# On a terminal compilers' messages have the colours that they have without gg; nowhere else.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

export TERM=xterm GCC_URLS=no
unset NO_COLOR GCC_COLORS

# terminal COMMAND...: what it shows on one
terminal() {
	python3 -c 'import os, pty, sys
shown = b""
def read(fd):
    global shown
    data = os.read(fd, 4096)
    shown += data
    return data
quiet, out = os.open("/dev/null", os.O_WRONLY), os.dup(1)
os.dup2(quiet, 1)
pty.spawn(sys.argv[1:], read)
os.write(out, shown.replace(b"\r\n", b"\n"))' "$@" </dev/null
}
# the end of a line in colour, which clang writes at the beginning of the next
settled() { sed -z 's/\n\x1b\[0m/\x1b[0m\n/g'; }

printf 'static int q(void);\n#warning "hey"\n' >h.h
cat >a.c <<'END'
#include "h.h"
int f(int a) { int unused; return a + g(a) + "x"; }
int k(void) { }
END
cat >bad.c <<'END'
int k(void) { return nowhere; }
struct s; int l(struct s *s) { return s->x; }
END
for cc in gcc clang; do
	for source in a.c bad.c; do
		want=$(terminal "$cc" -Wall -c "$source" | settled)
		for i in 1 2; do
			rm -f ./*.o
			got=$(terminal "$GG" build -s -- "$cc" -Wall -c "$source" | settled | grep -v '^gg: ')
			is "$cc $source on a terminal ($i)" "$got" "$want"
		done
	done
	is "$cc: none where it is told so" "$(terminal "$GG" build -s -- $cc -fno-diagnostics-color -Wall -c a.c | grep -c $'\033')" 0
	is "$cc: none for NO_COLOR" "$(NO_COLOR=1 terminal "$GG" build -s -- $cc -Wall -c a.c | grep -c $'\033')" 0
	is "$cc: none in a dumb terminal" "$(TERM=dumb terminal "$GG" build -s -- $cc -Wall -c a.c | grep -c $'\033')" 0
	is "$cc: none in a pipe" "$("$GG" build -s -- $cc -Wall -c a.c 2>&1 | grep -c $'\033')" 0
done
done_testing

# shellcheck shell=bash
# What the command tests share: TAP, a scratch folder, the gg under test.
set -u

: "${GG:?set GG to the gg to test}"
tests=0
bad=0
work=$(mktemp -d "${GG_TEST_TMP:-$PWD}/gg-test.XXXXXX")
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 1
unset GG_DIR GG_SESSION GG_MODE GG_MODELPATH GG_BASEPATH MAKEFLAGS MAKELEVEL
export LC_ALL=C.UTF-8

# failed NAME WHY: told on stderr too, for prove shows nothing else of a test that fails
failed() {
	bad=$((bad + 1))
	echo "not ok $tests - $1"
	printf 'not ok %s - %s\n%s\n' "$tests" "$1" "$2" | sed "s|^|# ${0##*/}: |" >&2
}

# ok NAME COMMAND...: true when the command succeeds
ok() {
	local name=$1
	shift
	tests=$((tests + 1))
	if "$@" >"$work/.out" 2>&1; then
		echo "ok $tests - $name"
	else
		failed "$name" "$(tail -n 20 "$work/.out")"
	fi
}

# is NAME GOT WANT
is() {
	tests=$((tests + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $tests - $1"
	else
		failed "$1" "got:  $2
want: $3"
	fi
}

# like NAME TEXT PATTERN
like() {
	tests=$((tests + 1))
	if printf '%s' "$2" | grep -qE -- "$3"; then
		echo "ok $tests - $1"
	else
		failed "$1" "$2
lacks: $3"
	fi
}

skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

done_testing() {
	echo "1..$tests"
	[ "$bad" = 0 ]
}

# fails COMMAND...: true when it does
fails() {
	! "$@"
}

# tree DIR: every file with its mode and content, gg's store left out
tree() {
	(cd "$1" && find . -path ./.gg -prune -o -type f -printf '%p %m ' -exec sha256sum {} \; | sed 's/  .*//' | sort)
}

# no_placeholders DIR
no_placeholders() {
	! grep -rlE --exclude-dir=.gg '^(OUTPUT_FORMAT\("elf64-x86-64"\)/\*|#!/usr/bin/env gg-force-and-run)$' "$1"
}

# namespaces: true where a process may have mounts of its own
namespaces() {
	unshare -m true 2>/dev/null || unshare -rm true 2>/dev/null
}

# stat_of FILE KEY: a number from --stats-json
stat_of() {
	sed -n "s/.*\"$2\": \([0-9]*\).*/\1/p" "$1"
}

# project DIR: a small C project with a library, a shared library, a program and depfiles
project() {
	mkdir -p "$1"
	cat >"$1/Makefile" <<'END'
.RECIPEPREFIX = >
OBJS = a.o b.o c.o
CFLAGS = -O1 -g -Wall
prog: main.o libx.a libs.so
> $(CC) -o $@ main.o libx.a -L. -ls -lm -Wl,-rpath,'$$ORIGIN'
libx.a: $(OBJS)
> $(AR) rcs $@ $(OBJS)
> ranlib $@
libs.so: s.o
> $(CC) -shared -o $@ s.o
s.o: CFLAGS += -fPIC
%.o: %.c
> $(CC) $(CFLAGS) $(DEPS) -c -o $@ $<
clean:
> rm -f *.o *.a *.so *.d prog
-include *.d
END
	local f
	for f in a b c s; do
		printf '#include "x.h"\nint f_%s(int x) { return x + N; }\n' $f >"$1/$f.c"
	done
	echo '#define N 3' >"$1/x.h"
	cat >"$1/main.c" <<-'END'
		#include <stdio.h>
		int f_a(int), f_b(int), f_c(int), f_s(int);
		int main(void) { printf("%d\n", f_a(f_b(f_c(f_s(1))))); return 0; }
	END
}

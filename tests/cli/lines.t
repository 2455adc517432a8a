#!/usr/bin/env bash
# Lines that make and ninja give to a shell, and that gg carries out without one, do what they do by the shell.
random=$(cd "$(dirname "$0")/.." && pwd)/lines
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
export XDG_CACHE_HOME=$work/cache

ok "300 random lines print, answer and leave what they do plainly" env GG_TEST_TMP="$work" "$random" 300 5

mkdir -p project/sub project/.deps && cd project || exit 1
echo 'int f(void) { return 1; }' >x.c
cp x.c sub/y.c
# as automake and CMake write them
cat >Makefile <<'MAKE'
SHELL = /bin/bash
all: x.o sub/y.o lib.a z.o
x.o: x.c
	@echo "  CC      " x.o;depbase=`echo x.o | sed 's|[^/]*$$|.deps/&|;s|\.o$$||'`;\
	gcc -DNAME=\"a\ b\" -MT x.o -MD -MP -MF $$depbase.Tpo -c -o x.o `test -f 'x.c' || echo './'`x.c &&\
	mv -f $$depbase.Tpo $$depbase.Po
sub/y.o: sub/y.c
	cd $(CURDIR)/sub && /usr/bin/gcc -g -o y.o -c y.c
lib.a: x.o sub/y.o
	: && rm -f lib.a && ar qc lib.a x.o sub/y.o && ranlib lib.a && :
z.o: x.c
	gcc -c x.c -o z.Tpo
	mv z.Tpo z.o
MAKE
make >plain.out 2>&1
mkdir ../plain && mv x.o sub/y.o lib.a z.o plain.out .deps/x.Po ../plain
"$GG" build -- make >gg.out 2>&1
is "make says the same" "$(diff ../plain/plain.out gg.out)" ""
for file in x.o lib.a z.o .deps/x.Po; do
	ok "$file is the plain one" cmp "$file" "../plain/${file##*/}"
done
ok "debug information names the folder that cd went to" cmp sub/y.o ../plain/y.o

if strace -qq -o trace true 2>/dev/null; then
	# started COMMAND...: the shells that were started below gg
	started() {
		strace -f -qq -e trace=execve -e signal=none -o trace "$GG" build -- "$@" >/dev/null 2>&1
		grep -cE 'execve\("/bin/(ba|da)?sh".* = 0' trace
	}
	rm -f x.o z.o sub/y.o lib.a
	is "no shell is started" "$(started make)" 0
	rm -f x.o
	is "… but where one was set up by its environment" "$(started env BASH_ENV=/dev/null make x.o)" 1
	rm -f x.o
	# shellcheck disable=SC2016
	is "… where a command is a function" "$(started env 'BASH_FUNC_gcc%%=() { echo called >called; }' make x.o; cat called)" $'1\ncalled'
	rm -f x.o .deps/x.Po
	is "… and where the variable would be exported" "$(started env depbase=1 make x.o; ls .deps)" $'1\nx.Po'
	rm -f x.o
	rm -f x.o
	mkdir bin && printf '#!/bin/sh\necho "$@" >>mvs\nexec /bin/mv "$@"\n' >bin/mv && chmod +x bin/mv
	is "… and where mv is somebody's own" "$(PATH=$PWD/bin:$PATH started make x.o >/dev/null; cat mvs)" "-f .deps/x.Tpo .deps/x.Po"
	rm -f x.o
	mv bin/mv bin/sed && printf '#!/bin/sh\necho mine\n' >bin/sed
	is "… or sed" "$(PATH=$PWD/bin:$PATH started make x.o >/dev/null; ls mine.Po)" mine.Po
fi

# shellcheck disable=SC2016 # that is for the inner shell
ok "what mv says of a file that is not there is seen, and ends the line" bash -c '
	printf "all:\n\t@gcc -c x.c -o k.o && mv -f nothing there && echo never\n" >k.mk
	"$0" build -- make -f k.mk >k.out 2>&1; [ $? = 2 ] && grep -q "cannot stat .nothing." k.out && ! grep -q never k.out' "$GG"
done_testing

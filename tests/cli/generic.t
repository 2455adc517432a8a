#!/usr/bin/env bash
# Commands that a line of models.conf describes.
# shellcheck disable=SC2016
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

unset XDG_CONFIG_HOME GG_GENERIC_EXTRA
export HOME=$work
mkdir -p bin
PATH=$work/bin:$PATH

# A tool of our own: [-o OUT, else it prints] [-d: OUT.h too] [--opt FILE: read if it is there] IN
cat >bin/gen <<'END'
#!/bin/bash
header=
while [ $# -gt 1 ]; do
	case $1 in
	-o?*) out=${1#-o}; shift ;;
	-o) out=$2; shift 2 ;;
	-d) header=1; shift ;;
	-s) side=1; shift ;;
	-f) echo "gen: refuses" >&2; exit 3 ;;
	--opt) opt=$2; shift 2 ;;
	*) echo "gen: $1?" >&2; exit 2 ;;
	esac
done
echo run >>"${GEN_LOG:-/dev/null}"
[ -z "$header" ] || echo "header of $1" >"${out%.*}.h"
[ -z "${side:-}" ] || echo "side" >"side.txt"
[ -z "${out:-}" ] || exec >"$out"
cat "$1"
[ -z "${opt:-}" ] || cat "$opt"
echo "${GEN_MODE:-none}"
END
chmod +x bin/gen

# build DIR OPTIONS...: gg build of a script, its numbers in DIR.json
build() {
	local dir=$1
	shift
	(cd "$dir" && "$GG" build --stats-json ../stats.json "$@")
}

# like_plain NAME SCRIPT FILE...: the script's files are the same with gg and without, and remembered the second time
like_plain() {
	local script=$2
	shift 2
	rm -rf plain gg && mkdir plain gg
	cp -r "$@" plain && cp -r "$@" gg
	[ ! -e models.conf ] || { mkdir -p gg/.gg && cp models.conf gg/.gg; }
	(cd plain && bash -ec "$script") || return 1
	build gg -- bash -ec "$script" && diff -r -x .gg plain gg &&
		[ "$(stat_of stats.json delegated)" = 0 ] &&
		build gg -- bash -ec "$script" && diff -r -x .gg plain gg &&
		[ "$(stat_of stats.json ran)" = 0 ]
}

echo 'in put' >a.in
echo 'gen -o=@outfile -d>{out.}.h -s --opt=@infile @infile run:cat env:GEN_MODE' >models.conf
ok "a script with a line becomes thunks" like_plain gen 'gen -d -o x.c a.in; gen -oy.c a.in' a.in
echo other >b.in
echo 'gen -o=@outfile --opt=@infile @infile run:cat env:GEN_MODE out:-' >models.conf
ok "what is printed may be the output" like_plain printed 'gen a.in >x.c; gen --opt a.in a.in >>x.c; gen -o y.c a.in; gen a.in' a.in
echo 'gen -o=@outfile -d>{out.}.h -s --opt=@infile @infile run:cat env:GEN_MODE' >models.conf
ok "a word that is a file is an input" like_plain opt 'gen --opt b.in -o x.c a.in' a.in b.in
rm -rf gg && mkdir -p gg/.gg && cp models.conf gg/.gg && cp a.in gg
ok "a variable that is named counts" build gg -- env GEN_MODE=one gen -o x.c a.in
is "... and reaches the tool" "$(tail -n 1 gg/x.c)" one
build gg -- env GEN_MODE=two gen -o x.c a.in >/dev/null 2>&1
is "... and another value is another thunk" "$(tail -n 1 gg/x.c)" two

ok "a file that is no output is not lost" build gg -- gen -s -o x.c a.in
ok "... it is there" test -e gg/side.txt
rm -f gg/side.txt
build gg -- gen -s -o x.c a.in >/dev/null 2>&1
ok "... and the next time too" test -e gg/side.txt
is "an option that is not in the line runs as it is" "$(build gg -- gen -f -o x.c a.in 2>&1; echo $?)" "gen: refuses
3"

echo 'gen -o=@outfil @infile' >gg/.gg/models.conf
like "a wrong line is told with its place" "$(build gg -- gen -o x.c a.in 2>&1)" 'models.conf:1: .*@outfil'
is "... and breaks nothing" "$(head -n 1 gg/x.c)" 'in put'
like "gg models tells it too" "$(cd gg && "$GG" models --check 2>&1; echo $?)" '^1$'
echo 'gen off' >gg/.gg/models.conf
build gg -- gen -o x.c a.in >/dev/null 2>&1
is "a tool that is off is no command of gg's" "$(stat_of stats.json commands)" 0
mkdir -p .config/gg && echo 'gen -o=@outfile @infile run:cat' >.config/gg/models.conf
: >gg/.gg/models.conf
build gg -- gen -o z.c a.in >/dev/null 2>&1
is "the user's own file counts as well" "$(stat_of stats.json thunks)" 1
like "gg models says which line counts" "$(cd gg && "$GG" models)" '^gen  *.*/.config/gg/models.conf:1$'
rm -r .config

rm -rf make && mkdir -p make/.gg && echo 'gen -o=@outfile @infile run:cat' >make/.gg/models.conf
printf 'prog: x.o\n\t$(CC) -o $@ x.o\nx.c: x.in\n\tgen -o $@ $<\n' >make/Makefile
printf 'int main(void) { return 0; }\n#define ' >make/x.in
ok "a generated source is compiled" build make -- make
is "... by three thunks" "$(stat_of stats.json thunks)" 3
rm -f make/x.c make/x.o make/prog
ok "placeholders of a described tool are inputs of others" build make --lazy -- make
ok "... down to the program" make/prog

tool() {
	command -v "$1" >/dev/null
}
if tool bison && tool flex; then
	cat >g.y <<'END'
%{
int yylex(void);
void yyerror(const char *s);
%}
%token N
%%
e: N | e '+' N;
END
	printf '%%option noyywrap\n%%%%\n[0-9]+ return 1;\n' >g.l
	ok "bison and flex" like_plain "bison and flex" \
		'bison -d g.y; bison -y g.y; bison --defines=q.h -o p.c g.y; bison -d -b own g.y; bison -b own -o r.c g.y; bison --file-prefix=pre -l g.y; bison -y -b own g.y; flex g.l; flex -o l.c g.l; flex -Pxx g.l; flex -t g.l >t.c; mkdir -p o; bison -v -d -o o/v.c g.y; bison -v g.y; bison -y --report=all g.y' g.y g.l
	printf '%%language "c++"\n%%define api.value.type variant\n%%locations\n%%token N\n%%%%\ne: N;\n' >c.yy
	rm -rf plain gg && mkdir plain gg && cp c.yy plain && cp c.yy gg
	(cd plain && bison -o c.cc c.yy)
	build gg -- bison -o c.cc c.yy >/dev/null 2>&1
	ok "a skeleton with more outputs loses none" diff -r -x .gg plain gg
else
	skip "bison and flex" "not installed"
fi
if tool nasm; then
	printf '%%include "inc.asm"\nglobal f\nf: mov eax, X\n incbin "b.bin"\n' >n.asm
	echo 'X equ 1' >inc.asm
	echo blob >b.bin
	ok "nasm" like_plain nasm 'nasm -f elf64 -MD n.d -o n.o n.asm' n.asm inc.asm b.bin
	ok "… with -MF alone, which writes none" like_plain nasm "nasm -f elf64 -MQ n.o -MF f.d -o n.o n.asm" n.asm inc.asm b.bin
	echo 'X equ 2' >gg/inc.asm
	cp gg/inc.asm plain
	(cd plain && nasm -f elf64 -o n.o n.asm)
	build gg -- nasm -f elf64 -o n.o n.asm
	ok "an include that changed is noticed" cmp plain/n.o gg/n.o
	mkdir -p gg/first
	echo 'X equ 3' >gg/first/inc.asm
	rm gg/inc.asm
	rm -rf plain && cp -r gg plain
	(cd plain && nasm -f elf64 -I first/ -o n.o n.asm)
	build gg -- nasm -f elf64 -I first/ -o n.o n.asm
	ok "… and one in a folder that is searched" cmp plain/n.o gg/n.o
	NASMENV=-Ifirst/ build gg -- nasm -f elf64 -o n.o n.asm
	is "folders may be named by the environment" "$(stat_of stats.json delegated) $(cmp plain/n.o gg/n.o)" "0 "
	echo "TIME_: db 'REALTIME'" >>gg/n.asm
	build gg -- nasm -f elf64 -I first/ -o n.o n.asm
	is "a name with TIME in it is no time" "$(stat_of stats.json delegated)" 0
	echo "db __DATE__" >>gg/n.asm
	build gg -- nasm -f elf64 -I first/ -o n.o n.asm >/dev/null 2>&1
	is "what depends on the day is not remembered" "$(stat_of stats.json delegated)" 1
	printf 'section .data\n%%ifenv FOO\nhas: dd 1\n%%endif\n' >gg/e.asm
	FOO=1 build gg -- nasm -f elf64 -o e.o e.asm
	is "nor what depends on the environment" "$(nm gg/e.o)" "0000000000000000 d has"
	printf '%%PATHSEARCH P "d.bin"\n' >gg/s.asm
	build gg -- nasm -f elf64 -o s.o s.asm
	is "… or on where a file is, in capitals too" "$(stat_of stats.json delegated)" 1
else
	skip "nasm" "not installed"
fi
if tool yasm; then
	printf '%%include "conf.asm"\n%%if CONFIG_X\n%%include "inc.asm"\n%%endif\nglobal f\nf: mov eax, X\n incbin "b.bin"\n' >y.asm
	echo 'CONFIG_X equ 1' >conf.asm
	echo 'X equ 1' >inc.asm
	echo blob >b.bin
	ok "yasm -M can't tell where an equ decides" fails yasm -M y.asm 2>/dev/null
	ok "… but the source does" like_plain yasm 'yasm -f elf64 -I. -o y.o y.asm' y.asm conf.asm inc.asm b.bin
	echo 'X equ 2' >gg/inc.asm
	echo other >gg/b.bin
	cp gg/inc.asm gg/b.bin plain
	(cd plain && yasm -f elf64 -o y.o y.asm)
	build gg -- yasm -f elf64 -o y.o y.asm
	ok "an include that changed is noticed" cmp plain/y.o gg/y.o
	printf '__DATE__ %%%%!\0' >b.bin
	ok "… and data are no text" like_plain yasm 'yasm -f elf64 -o y.o y.asm' y.asm conf.asm inc.asm b.bin
	printf '.globl f\n.include "inc.s"\nf: nop\n' >g.s
	echo '.set X, 1' >inc.s
	ok "… in another syntax, too" like_plain yasm 'yasm -f elf64 -p gas -o g.o g.s' g.s inc.s
else
	skip "yasm" "not installed"
fi
if tool protoc && namespaces; then # without a /proc it does not find its own files
	mkdir -p p g
	printf 'syntax = "proto3";\nimport "sub/b.proto";\nimport "google/protobuf/any.proto";\nmessage A { B b = 1; google.protobuf.Any x = 2; }\n' >p/a.proto
	mkdir -p p/sub g/sub
	printf 'syntax = "proto3";\nmessage B { int32 i = 1; }\n' >p/sub/b.proto
	ok "protoc" like_plain protoc 'protoc -I p --cpp_out=g p/a.proto; protoc -Ip --cpp_out g --python_out=g p/sub/b.proto' p g
else
	skip "protoc" "not installed, or no namespaces"
fi
if tool xxd; then
	ok "xxd" like_plain xxd 'xxd -i a.in a.h; xxd -c8 -g 1 a.in a.txt; xxd -i a.in >b.h; xxd a.in >b.txt' a.in
else
	skip "xxd" "not installed"
fi
# A python3 of a version manager is a script: the distribution's own is taken before it.
! tool /usr/bin/python3 || PATH=/usr/bin:$PATH
if tool python3 && [ "$(head -c 2 "$(command -v python3)")" != '#!' ]; then
	printf 'import sys, helper\nopen(sys.argv[2], "w").write(helper.f(open(sys.argv[1]).read()))\n' >gen.py
	printf 'def f(x):\n    return x.upper()\n' >helper.py
	lib=$(python3 -c 'import os; print(os.path.dirname(os.__file__))')
	echo "python3 gen.py @infile @outfile in:helper.py in:$lib env:PYTHONDONTWRITEBYTECODE" >models.conf
	ok "a python script whose modules are named" like_plain python3 'PYTHONDONTWRITEBYTECODE=1 python3 gen.py a.in a.out' a.in gen.py helper.py
	echo "python3 gen.py @infile @outfile" >gg/.gg/models.conf
	ok "one whose modules are not runs as it is" build gg -- python3 gen.py a.in c.out
	is "... with the right result" "$(cat gg/c.out)" 'IN PUT'
	rm -f models.conf
else
	skip "python3" "not installed, or a script in front of it"
fi

# A tool that gives what it makes a mode of its own.
mkdir -p mode/.gg && echo 'keys -o=@outfile' >mode/.gg/models.conf
cat >keys.c <<'END'
#include <fcntl.h>
#include <unistd.h>
int main(int argc, char **argv) { return write(open(argv[2], O_CREAT | O_WRONLY | O_TRUNC, 0600), "key", 3) != 3; }
END
${CC:-cc} -o mode/keys keys.c
for i in 1 2; do
	(cd mode && rm -f key && PATH=$PWD:$PATH "$GG" build -- keys -o key 2>/dev/null)
	is "a private key stays private ($i)" "$(cat mode/key) $(stat -c %a mode/key)" "key 600"
done
(cd mode && "$GG" map --out key2 './keys -o key2' ::: 1 2>/dev/null)
is "... of a job, too" "$(stat -c %a mode/key2)" 600

# the original's command
cat >sorter.c <<'END'
#include <stdio.h>
int main(int argc, char **argv)
{
	FILE *in = fopen(argv[3], "r"), *out = fopen(argv[2], "w");
	for (int c; (c = getc(in)) != EOF;)
		putc(c == 'a' ? 'b' : c, out);
	return argc != 4;
}
END
in_classic() {
	(cd classic && "$@")
}
mkdir classic && ${CC:-cc} -static -o classic/sorter sorter.c && ${CC:-cc} -o classic/dynamic sorter.c
echo banana >classic/words
(
	cd classic || exit
	"$GG" init
	"$GG" model-generic './sorter -o=@outfile @infile' -o sorted words
) >/dev/null
ok "model-generic makes a thunk" in_classic "$GG" force sorted
is "... that runs" "$(cat classic/sorted)" bbnbnb
(cd classic && "$GG" model-generic './sorter -o=@outfile @infile' -o sorted words)
hash=$(cd classic && "$GG" collect sorter)
words=$(cd classic && "$GG" collect words)
is "... as the original made it" "$(sed -n 2p classic/sorted)" \
	"$(cd classic && "$GG" create-thunk -e "$hash" -v "$words" -o sorted "$hash" sorter -o sorted "@{GGHASH:$words}" 2>&1)"
ln -s "$GG" model-generic
ok "by its own name, of a dynamic program" in_classic \
	../model-generic './dynamic -o=@outfile @infile' -o dyn sorted
in_classic "$GG" force dyn
is "... and a placeholder as input" "$(cat classic/dyn)" bbnbnb

done_testing

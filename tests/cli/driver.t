#!/usr/bin/env bash
# A compile by gcc runs what gcc would start: it says, makes and answers the same.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"

mkdir sub out
printf '#include <stdio.h>\nint main(void) { return puts("\\"a\\""); }\n' >good.c
printf 'int f(void) { int unused; return 0; }\n' >warned.c
printf 'int f(void) { return missing; }\n' >wrong.c
printf '#include "nowhere.h"\n' >lost.c
printf 'void f(void) { __asm__("nonsense"); }\n' >asm.c
printf 'void f(void) { __asm__(".warning \\"it is so\\""); }\n' >asmwarned.c
printf '#include "half.h"\nint g(void) { return HALF' >half.c
echo '#define HALF 1; }' >half.h
printf '.text\n.globl s\ns: nop\n' >lower.s
printf '#define NAME t\n.text\n.globl NAME\nNAME: nop\n' >upper.S
printf '__asm__("nop");\nint z;\n' >top.c
printf 'namespace { int f() { return 1; } } int g() { return f(); }\n' >plus.cc
cp good.c sub/a.b.c

# as_plainly ARGS...: what is said, answered and left, with names of temporary files folded
as_plainly() {
	local status
	rm -rf made && mkdir made
	"$@" >said 2>&1
	status=$?
	sed -E 's|/tmp/cc[A-Za-z0-9]{6}[.]s|TEMPORARY|g' said
	echo "$status $(cd made && find . -type f -exec sha256sum {} + | sort)"
}

while read -r line; do
	read -ra words <<<"$line"
	want=$(as_plainly "${words[@]}")
	is "$line" "$(as_plainly "$GG" build -- "${words[@]}" | grep -v '^gg: ')" "$want"
	is "$line, with what was learnt" "$(as_plainly "$GG" build -- "${words[@]}" -DAGAIN | grep -v '^gg: ')" "$(as_plainly "${words[@]}" -DAGAIN)"
done <<'END'
gcc -c good.c -o made/a.o
gcc -O2 -g -MD -c good.c -o made/good.c.o
gcc -O2 -g3 -MMD -MP -MF made/x.d -MT x -c good.c -o made/b.o
gcc -O2 -Wp,-MMD,made/.x.d -c good.c -o made/b.o
gcc -Wp,-MD,made/x.d,-MT,x -Wp,-D_FORTIFY_SOURCE=2 -O2 -c good.c -o made/b.o
gcc -Wp,-MD,made/x.d -c lost.c -o made/b.o
gcc -O1 -g -Isub -DX=a'b -c ./sub/../sub/a.b.c -o ./made/../made/a.b.lo
gcc -Wall -c warned.c -o made/a.o
gcc -Wall -Werror -MD -c warned.c -o made/a.o
gcc -c wrong.c -o made/a.o
gcc -MD -c lost.c -o made/a.o
gcc -c asm.c -o made/a.o
gcc -MD -c asmwarned.c -o made/a.o
gcc -c half.c -o made/a.o
gcc -g -c lower.s -o made/a.o
gcc -c upper.S -o made/a.o
gcc -Wa,--noexecstack -c upper.S -o made/a.o
gcc -pipe -c good.c -o made/a.o
gcc -pipe -g -O2 -MD -c good.c -o made/a.o
gcc -pipe -c wrong.c -o made/a.o
gcc -pipe -Wall -c warned.c -o made/a.o
gcc -pipe -c asmwarned.c -o made/a.o
gcc -pipe -c asm.c -o made/a.o
gcc -pipe -g -c top.c -o made/a.o
gcc -pipe -g -Wa,--noexecstack -c upper.S -o made/a.o
gcc -g -c top.c -o made/a.o
g++ -O1 -g -MD -c plus.cc -o made/plus.o
g++ -fno-such-option -c plus.cc -o made/plus.o
gcc -std=nonsense -c good.c -o made/a.o
gcc -m64 -pthread -fopenmp -fPIC -c good.c -o made/a.o
gcc -save-temps=obj -c good.c -o made/a.o
gcc -gsplit-dwarf -g -c good.c -o made/a.o
END

# where the object stands in /tmp itself
name=$(mktemp /tmp/gg-driver.XXXXXX)
"$GG" build -s -- gcc -c good.c -o "$name" && mv "$name" one.o
gcc -c good.c -o two.o
ok "an object in /tmp" cmp one.o two.o
done_testing

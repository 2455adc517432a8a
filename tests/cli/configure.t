#!/usr/bin/env bash
# Commands whose exit status is the question: what a compiler refuses is remembered, and never believed once
# anything that it went by has changed.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"

mkdir -p master/one master/two master/lib
(
	cd master || exit 1
	echo '#include <x.h>' >header.c
	echo '#include "x.h"' >quote.c
	printf '#if !__has_include(<x.h>)\n#error none\n#endif\nint f(void) { return 0; }\n' >has.c
	printf '#include <y.h>\nint f(void) { return Y; }\n' >value.c
	printf '#define H <x.h>\n#include H\n' >computed.c
	echo '#include <out.h>' >deep.c
	echo '#include "in.h"' >two/out.h
	echo '#error no' >one/y.h
	echo '#define Y 1' >two/y.h
	echo 'int g(void); int main(void) { return g(); }' >link.c
	echo 'int g(void) { return 0; }' >g.c
	gcc -c g.c && rm g.c
	printf '#ifndef FLAG\n#error flag\n#endif\n' >flag.c
	echo 'f(void) { return nosuch(); }' >old.c
)
# A command; a change that it must notice; what takes that back.
cat >questions <<'END'
gcc -Ione -Itwo -c header.c -o o.o%echo >two/x.h%rm two/x.h
gcc -Ione -Itwo -c header.c -o o.o%echo '#error x' >two/x.h; echo >one/x.h%rm one/x.h
gcc -Ione -Itwo -MD -c header.c -o o.o%echo >two/x.h%rm two/x.h
gcc -Itwo -c quote.c -o o.o%echo >x.h%mv x.h two
gcc -Ithree -c header.c -o o.o%mkdir three; echo >three/x.h%rm -r three
gcc -Ione -Itwo -c has.c -o o.o%echo >two/x.h%rm two/x.h
gcc -Ione -Itwo -c value.c -o o.o%mv one/y.h one/z.h%mv one/z.h one/y.h
gcc -Ione -Itwo -c computed.c -o o.o%echo >two/x.h%rm two/x.h
gcc -Ione -Itwo -c deep.c -o o.o%echo >one/in.h%echo '#error in' >two/in.h
gcc -include x.h -Ione -c old.c -o o.o%echo >one/x.h%rm one/x.h
gcc -isystem two -c header.c -o o.o%echo >two/x.h%rm two/x.h
CPATH=two gcc -c header.c -o o.o%echo >two/x.h%rm two/x.h
gcc -c flag.c -o o.o%echo 'int flag;' >flag.c%echo '#error again' >flag.c
gcc -c flag.c -o o.o; gcc -DFLAG -c flag.c -o o.o%true%true
gcc -Werror -c old.c -o o.o%echo 'int f(void) { return 0; }' >old.c%echo 'f(void) { return 0; }' >old.c
gcc link.c%echo 'int main(void) { return 0; }' >link.c%echo 'int h(void); int main(void) { return h(); }' >link.c
gcc link.c -Llib -lg%ar rcs lib/libg.a g.o%rm lib/libg.a
gcc link.c -Llib -lg%ar rcs lib/libg.a%ar rcs lib/libg.a g.o
gcc link.c g2.o%cp g.o g2.o%rm g2.o
gcc -c none.c -o o.o%echo 'int none;' >none.c%rm none.c
gcc -E -Itwo header.c 2>/dev/null%echo >two/x.h%rm two/x.h
gcc -E -Itwo header.c 2>&1 >/dev/null%echo >two/x.h%rm two/x.h
gcc -E -Itwo header.c%echo >two/x.h%rm two/x.h
echo 'int main(void) { return g(); }' | gcc -xc -%true%true
echo '#warning look' | gcc -E -xc -%true%true
echo '#include <x.h>' | gcc -Ione -Itwo -xc -c - -o o.o%echo >two/x.h%rm two/x.h
gcc -xc -c - -o o.o <flag.c%echo 'int flag;' >flag.c%echo '#error again' >flag.c
cat header.c | gcc -E -Itwo -%echo 'int two;' >two/x.h%rm two/x.h
echo kept >o.o; gcc -c flag.c -o o.o%true%true
END
if command -v clang >/dev/null; then
	cat >>questions <<'END'
clang -Ione -Itwo -c header.c -o o.o%echo >two/x.h%rm two/x.h
clang -E -Itwo header.c 2>/dev/null%echo >two/x.h%rm two/x.h
clang -E -Itwo header.c >/dev/null%echo >two/x.h%rm two/x.h
clang -Ione -Itwo -c value.c -o o.o%mv one/y.h one/z.h%mv one/z.h one/y.h
END
fi
cat >ask.sh <<'END'
for at in [0-9]*; do
	cd "$at" || exit 1
	rm -f o.o o.d a.out
	{ sh -c "$(cat ../commands/"$at")"; echo "exit $?"; for f in o.o o.d a.out; do test -e "$f" && cksum "$f"; done; } 2>&1 |
		sed 's/cc[A-Za-z0-9]*\.[os]/cc.o/g' >../answers/"$at"
	cd ..
done
END
mkdir -p p/commands
cd p || exit 1
count=$(wc -l <../questions)
for at in $(seq "$count"); do
	cp -a ../master "$at"
	sed -n "${at}p" ../questions | cut -d % -f 1 >"commands/$at"
done
for stage in first changed back; do
	for at in $(seq "$count"); do
		case $stage in
		first) continue ;;
		changed) field=2 ;;
		back) field=3 ;;
		esac
		change=$(sed -n "${at}p" ../questions | cut -d % -f "$field")
		(cd "$at" && eval "$change") || ok "the change can be made: $change" false
	done
	mkdir answers
	sh ../ask.sh
	mv answers plain
	for time in once twice; do
		mkdir answers
		"$GG" build --stats-json ../stats -- sh ../ask.sh
		ok "$count questions are answered as without gg ($stage, $time)" diff -r plain answers
		rm -r answers
	done
	is "what was refused is remembered ($stage)" "$(stat_of ../stats ran)" 0
	rm -r plain
done
cd ..

# Who only could tell the time is modelled; who does it is not, and never remembered.
mkdir dated
printf '#ifndef STAMP\n#define STAMP __DATE__ " " __TIME__\n#endif\n#ifdef BUILT\nextern const char when[];\n#endif\n' >dated/stamp.h
printf '#define BUILD_WHEN __DATE__ " " __TIME__\n' >dated/clock.h
printf '#include "clock.h"\nint unused(void) { return 1; }\n' >dated/unused.c
printf '#include "clock.h"\nconst char *when = BUILD_WHEN;\n' >dated/used.c
printf '#include "clock.h"\n#define C(a, b) a##b\n#define D(a, b) C(a, b)\nconst char *when = D(BUILD_, WHEN);\n' >dated/made.c
printf '#include "clock.h"\n#include "user.h"\nint f(void) { return 1; }\n' >dated/through.c
echo >dated/user.h
printf '#include "stamp.h"\n#ifdef TELL\nconst char *stamp = STAMP;\n#endif\nint f(void) { return 1; }\n' >dated/f.c
dated() { # dated COMMAND WHAT: how many "thunks", "delegated" … there were
	(cd dated && "$GG" build --stats-json ../stats -- sh -c "$1") && stat_of stats "$2"
}
for cc in gcc $(command -v clang >/dev/null && echo clang); do
	is "$cc: a macro with __DATE__ in it that nobody uses" "$(dated "$cc -c f.c" thunks)" 1
	ok "… is what it is plainly" sh -c "cd dated && mv f.o gg.o && $cc -c f.c && cmp f.o gg.o"
	is "… and remembered" "$(dated "rm f.o; $cc -c f.c" remembered)" 1
	is "$cc: one that is used" "$(dated "$cc -DTELL -c f.c" delegated)" 1
	is "… also the second time" "$(dated "$cc -DTELL -c f.c" delegated)" 1
	is "$cc: one on the command line" "$(dated "$cc -DTELL -DSTAMP=__TIMESTAMP__ -c f.c" delegated)" 1
	is "… that is not used" "$(dated "$cc -DBUILT=__DATE__ -c f.c" thunks)" 1
	is "$cc: another word for the time" "$(dated "$cc -DTELL -Wno-builtin-macro-redefined '-D__DATE__=\"d\"' '-D__TIME__=\"t\"' -c f.c" thunks)" 1
	ok "… and a depfile is the compile's own" sh -c "cd dated && '$GG' build -- $cc -DTELL -MD -MF f.d -c f.c && grep -q '^f.o:.*stamp.h' f.d"
	echo 'const char *more = STAMP;' >>dated/f.c
	is "$cc: once it is used" "$(dated "$cc -c f.c" delegated)" 1
	sed -i '$d' dated/f.c
done
for cc in gcc $(command -v clang >/dev/null && echo clang); do
	is "$cc: a macro for the time in a header that all include" "$(dated "$cc -c unused.c" thunks)" 1
	is "… where it is used" "$(dated "$cc -c used.c" delegated)" 1
	is "… where two words make its name" "$(dated "$cc -c made.c" delegated)" 1
	is "… where the command line names it" "$(dated "$cc -DX=BUILD_WHEN -Dunused=x -c unused.c" thunks)" 1
	is "… where another header does not" "$(dated "$cc -c through.c" thunks)" 1
	echo 'static const char *when = BUILD_WHEN;' >dated/user.h
	is "… where it does" "$(dated "$cc -c through.c" delegated)" 1
	echo >dated/user.h
done
if strace -qq -o trace true 2>/dev/null; then
	(cd dated && rm -rf .gg ../.gg && strace -f -qq -e trace=execve -e signal=none -s 1000 -o ../trace "$GG" build -s -- gcc -c unused.c)
	is "nobody is asked whether a macro is used that no word names" "$(grep -c gg_tells_the_time trace)" 0
fi
is "SOURCE_DATE_EPOCH says what time it is" "$(dated 'SOURCE_DATE_EPOCH=86400 gcc -DTELL -c f.c' thunks)" 1
like "… in the object" "$(strings dated/f.o)" 'Jan  2 1970 00:00:00'
is "… but not when a file was changed" "$(dated 'SOURCE_DATE_EPOCH=86400 gcc -DTELL -DSTAMP=__TIMESTAMP__ -c f.c' delegated)" 1

# CMake and Meson make up names for each probe: the same question under another name is known, and answered in that name.
mkdir scratch
cat >scratch/probe.sh <<'END'
dir=CMakeFiles/CMakeScratch/$1
target=cmTC_$2
mkdir -p "$dir/CMakeFiles/$target.dir"
dir=$PWD/$dir
cd "$dir" || exit 1
echo '#include <stdio.h>
int main(void) { return puts("x") < 0; }' >src.c
printf '#include <assert.h>\nint f(int x) { assert(x); return 0; }\n' >shows.c
printf '#warning look\nint f(void) { return nosuch; }\n' >fails.c
o=CMakeFiles/$target.dir
{
	gcc -o "$o/src.o" -c "$dir/src.c" && gcc -rdynamic "$o/src.o" -o "$target" && "./$target"
	gcc -O2 -MD -MT "$o/dep.o" -MF "$o/dep.d" -o "$o/dep.o" -c "$dir/src.c"
	gcc -o "$o/shows.o" -c "$dir/shows.c"
	gcc -g -o "$o/debug.o" -c "$dir/src.c"
	gcc -shared -Wl,-soname,lib$target.so "$o/debug.o" -o "lib$target.so"
	gcc -E "$dir/src.c" | head -n 3
	gcc -E -P "$dir/shows.c" -o - | tail -n 3
	gcc -M "$dir/src.c" | head -n 1
	gcc -o "$o/fails.o" -c "$dir/fails.c"
	echo "exit $?"
} >log 2>&1
END
(cd scratch && sh probe.sh TryCompile-Ab12Cd 01234 && sh probe.sh TryCompile-xyzXYZ abcde && sh probe.sh TryCompile-ggggg0 fffff &&
	sh probe.sh meson-private/tmpa_1b2c3d x && sh probe.sh meson-private/tmpgggggg_0 x && mv CMakeFiles ../plain-scratch)
ran=
for name in 'TryCompile-Ab12Cd 01234' 'TryCompile-xyzXYZ abcde' 'TryCompile-ggggg0 fffff' \
	'meson-private/tmpa_1b2c3d x' 'meson-private/tmpgggggg_0 x'; do
	# shellcheck disable=SC2086
	(cd scratch && "$GG" build --stats-json ../stats -- sh probe.sh $name)
	dir=CMakeScratch/${name% *}
	ok "a probe in $dir is as without gg" diff -r "plain-scratch/$dir" "scratch/CMakeFiles/$dir"
	ran="$ran $(stat_of stats ran)"
done
is "what does not show its place runs once; debug information and a soname do" "${ran# [0-9]*}" " 2 2 9 2"

# A configure script of its own kind puts its process id into names: that question is known, too.
mkdir process
cat >process/probe.sh <<'END'
t=$2$$$3
ask() { # ask NAME EXTENSION OPTIONS...: of the text on standard input; before, without gg
	what=$1 source=$t.$2
	shift 2
	cat >"$source"
	(GG_BYPASS=1 "$@" "$source") >plain.said 2>&1
	echo "exit $?" >>plain.said
	for made in "$t.o" a.out; do mv "$made" "plain.$made"; done
	("$@" "$source") >said 2>&1
	echo "exit $?" >>said
	for made in said "$t.o" a.out; do
		[ ! -e "$made" ] && [ ! -e "plain.$made" ] || cmp "$made" "plain.$made" || echo "$what: $made" >>differ
	done
	rm -f ./*"$t"* said plain.* a.out
}
exec 2>/dev/null
echo 'int f(void) { return 1; }' | ask plainly c "$1" -c -O2
echo 'int f(void) { return nosuch; }' | ask fails c "$1" -c
echo '#warning look' | ask warns c "$1" -c -Wall
echo '#include <assert.h>
int f(int x) { assert(x); return 0; }' | ask shows c "$1" -c
echo "const char *name = \"$t\";" | ask "holds it" c "$1" -c
echo "const char *name = \"$(echo "$t" | sed 's/[0-9q]/g/g')\";" | ask "holds another" c "$1" -c
echo "$t" >name
echo '#include <iostream>
static std::string s(__FILE__, 3);' | ask starts cc "$1" -c
echo '__attribute__((constructor)) static void f(void) {}' | ask constructs c "$1" -c
echo 'int f(void) { return 2; }' | ask debug c "$1" -c -g
echo 'int main(void) { return 3; }' | ask links c "$1"
END
for probe in 'gcc probe' 'gcc probe-conf- -77q2' $(command -v clang >/dev/null && echo 'clang:probe'); do
	# shellcheck disable=SC2086
	set -- ${probe/:/ }
	rm -f process/differ
	(cd process && "$GG" build -- sh probe.sh "$@" >../out)
	is "$*: probes with a process id in their names are as without gg" "$(cat process/differ 2>/dev/null)" ""
	length=$(wc -c <process/name)
	# ids of another length are another question
	for _ in 1 2 3; do
		rm -f process/differ
		(cd process && "$GG" build --stats-json ../stats -- sh probe.sh "$@" >../out)
		is "… and the next time" "$(cat process/differ 2>/dev/null)" ""
		[ "$length" != "$(wc -c <process/name)" ] || break
		length=$(wc -c <process/name)
	done
	is "… and what names its source once is remembered" "$(stat_of stats remembered)" 4
done

if command -v autoconf >/dev/null; then
	mkdir auto
	cat >auto/configure.ac <<'END'
AC_INIT([x], [1])
AC_CONFIG_HEADERS([config.h])
AC_CONFIG_FILES([Makefile])
AC_PROG_CC
AC_PROG_RANLIB
AC_CHECK_HEADERS([stdio.h nosuch.h sys/nosuch.h unistd.h])
AC_CHECK_FUNCS([printf nosuch strlcpy])
AC_CHECK_SIZEOF([long])
AC_CHECK_TYPES([nosuch_t, size_t])
AC_C_BIGENDIAN
AC_SEARCH_LIBS([cos], [m])
AC_CHECK_LIB([nosuch], [nosuch])
AC_OUTPUT
END
	echo 'CC = @CC@ @DEFS@ @LIBS@' >auto/Makefile.in
	(cd auto && autoheader && autoconf) 2>/dev/null
	# Always in the same place: its name is in what is written.
	configure() {
		mv auto.in auto
		(cd auto && "$@" >out 2>&1)
		sed -i '/^gg: isolation here/d' auto/out
		mv auto "auto-$run"
		rm -rf "auto-$run/autom4te.cache" "auto-$run/config.log"
	}
	mv auto auto.in
	cp -a auto.in auto.again
	run=plain
	configure ./configure
	for run in first second; do
		cp -a auto.again auto.in
		[ "$run" = first ] || mv auto-first/.gg auto.in/.gg
		configure "$GG" build --stats-json ../stats -- ./configure
		ok "the $run configure leaves what it leaves without gg" diff -r -x .gg auto-plain "auto-$run"
	done
	is "the second asks no compiler that was asked before" "$(stat_of stats ran)" 0
else
	skip "configure leaves what it leaves without gg" "no autoconf here"
fi
done_testing

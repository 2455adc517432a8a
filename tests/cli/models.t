#!/usr/bin/env bash
# Command lines beside the real tools. Each line runs in equal folders at one path: plainly, with
# gg build, and with gg build again when everything is remembered. Exit status, standard output,
# standard error and every file with its mode, links and content must agree.
# With GG_TEST_UNDECLARED=1 each runs once, under tests/undeclared instead: is all that it reads declared?
# They take long; GG_TEST_EVERY=N runs every Nth, GG_TEST_ONLY=TEXT those that hold the text.
# The lines expand where they run.
# shellcheck disable=SC2016
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
top=$(cd "$OLDPWD" && cd "$(dirname "$0")/../.." && pwd)

umask 022
export GG_DIR=$work/store
lines=0
tried=0
modelled=0
mkdir fresh
cd fresh || exit 1
mkdir sub inc inc2 'in c' n1 n2 lib out
awk '/^== / { file = substr($0, 4); next } { print >file }' <<'END'
== x.h
#define N 3
== a.c
#include "x.h"
int a(int x)
{
	return x + N;
}
== b.c
int b(int x)
{
	return x * 2;
}
== main.c
int puts(const char *);
int a(int), b(int);
int main(void)
{
	puts(b(a(1)) == 8 ? "right" : "wrong");
	return 0;
}
== hello.c
#include <stdio.h>
int main(int argc, char **argv)
{
	printf("%d %s\n", argc, argv[0]);
	return 0;
}
== zero.c
int main(void)
{
	return 0;
}
== root.c
double sqrt(double);
int main(int argc, char **argv)
{
	(void)argv;
	return (int)sqrt(argc + 3) - 2;
}
== thread.c
#include <pthread.h>
static void *f(void *p)
{
	return p;
}
int main(void)
{
	pthread_t t;
	return pthread_create(&t, 0, f, 0) || pthread_join(t, 0);
}
== load.c
#include <dlfcn.h>
int shown(void)
{
	return 5;
}
int main(void)
{
	int (*f)(void) = (int (*)(void))dlsym(0, "shown");
	return f ? f() : 1;
}
== c.cc
struct S {
	virtual ~S() {}
	int v = 4;
};
extern "C" int cc(int x)
{
	S s;
	return s.v + x;
}
== hello.cc
#include <cstdio>
int main()
{
	std::puts("hello");
}
== throw.cc
int main()
{
	try {
		throw 3;
	} catch (int i) {
		return i - 3;
	}
}
== s.s
	.globl s
s:	ret
	.section .note.GNU-stack,"",@progbits
== t.S
#include "x.h"
	.globl t
t:	mov $N, %eax
	ret
	.section .note.GNU-stack,"",@progbits
== i.s
	.include "i.inc"
	.incbin "data"
== i.inc
	.globl i
i:	nop
== j.s
	.include "j.inc"
== inc/j.inc
	.incbin "x.h"
== data
some data
== asm.c
__asm__(".section .rodata\n.globl blob\nblob: .incbin \"data\"\n.text\n");
== warn.c
int warn(void)
{
	int unused;
	return 0;
}
== syntax.c
int x = ;
== nohdr.c
#include "no-such.h"
== undef.c
int missing(int);
int main(void)
{
	return missing(1);
}
== date.c
const char date[] = __DATE__ " " __TIME__;
== file.c
#include "inc/where.h"
const char file[] = __FILE__, base[] = __BASE_FILE__;
int counter = __COUNTER__ + __COUNTER__, line = __LINE__;
== inc/where.h
static const char *where = __FILE__;
const char **where_p = &where;
== has.c
#if __has_include("only.h") && !__has_include(<no-such.h>)
#include <only.h>
#endif
int has = ONLY;
== inc/only.h
#define ONLY 1
== inc2/only.h
#define ONLY 2
== quoted.c
#include "only.h"
int quoted = ONLY;
== only.c
#include <only.h>
int only = ONLY;
== computed.c
#ifndef HEADER
#define HEADER "x.h"
#endif
#include HEADER
int computed = N;
== stringized.c
#define STR_(x) #x
#define STR(x) STR_(x)
#define HEADER STR(inc/NAME.h)
#define NAME x
#include HEADER
int stringized = N;
== asks.c
#define HAS(x) __has_include(x)
#define INC_HAS(x) __has_include(<inc/x>)
#define STR_(x) #x
#define STR(x) STR_(x)
#if HAS(<only.h>)
int only;
#endif
#if INC_HAS(where.h)
int where;
#endif
#if __has_include(STR(inc/NAME.h))
int name;
#endif
== versions.c
#define STR_(x) #x
#define STR(x) STR_(x)
#include STR(FOLDER/__GNUC__.h)
#if __has_include(<only.h>)
int only;
#endif
int version = N;
== inc/12.h
#define N 12
== inc/4.h
#define N 4
== nameless.c
#ifdef NEVER
#include_next
# include
#endif
int nameless;
== next.c
#include <next.h>
int next = ONE * 10 + TWO;
== n1/next.h
#define ONE 1
#include_next <next.h>
== n2/next.h
#define TWO 2
== in c/spaced.h
#define SPACED 7
== spaced.c
#include "spaced.h"
int spaced = SPACED;
== sp ace.h
#define ACE 8
== space.c
#include "sp ace.h"
int ace = ACE;
== linked.c
#include "link.h"
int linked = N;
== def.c
const char *def = DEF;
== ifdef.c
#ifdef N
int n = N;
#else
int n = 0;
#endif
== up.c
#include "../x.h"
int up = N;
== sub/c.c
#include "../x.h"
int sub = N;
== sub/x.h
#define N 4
== inc/x.h
#define N 5
== raw.c
const char raw??(??) = "??/"";
== macro.h
#define N 9
int macro_h;
== args
-O1 -c
== nested
@args -DN="2 +	3" 'ifdef.c'
== vers.map
V1 { global: a; local: *; };
== list
{ a; };
== script.ld
SECTIONS { .text : { *(.text*) } .data : { *(.data*) } /DISCARD/ : { *(*) } }
== group.ld
INPUT(a.o) GROUP(b.o)
== libgroup.so
INPUT(-la)
== fm.f90
module fm
	implicit none
	integer, parameter :: n = 3
contains
	integer function twice(x)
		integer, intent(in) :: x
		twice = 2 * x
	end function
end module
== fp.f90
program fp
	use fm, only: n, & ! 'a comment
		! another; and a blank line

		& twice
	print *, "don't; module no", twice(n)
end program
== fold.f
C     In fixed form blanks mean nothing.
      MODULE FO LD
      INTEGER, PARAMETER :: K = 7
      end
      PROGRAM OLD
      U S E F M, ONLY: TWI
     +CE; USE FOLD                                                      COLUMN73
	include 'fold.inc' ! after a tab
      PRINT *, TWICE(K),
     1  L
      end
== fold.inc
      INTEGER, PARAMETER :: L = 8
== fpp.F90
#include "x.h"
module fpp ! it's
	integer :: v = N
#ifdef DEEP
	include 'fdeep.inc'
#endif
end module
== fmac.F90
#ifndef NAME
#define NAME fmac
#endif
module NAME
	integer :: v
end module
== ftwo.f90
module fone; integer :: i = 1; end module; module ftwo; use :: fone; end module
program p
	use, non_intrinsic :: ftwo
	use, intrinsic :: iso_c_binding, only: c_int
	use ieee_arithmetic
	print *, i, c_int, ieee_is_finite(1.)
end program
== fbefore.f90
subroutine s
	use fm
	print *, n
end subroutine
module fm
	integer :: n
end module
== finc.f90
subroutine finc
	include "fi.inc"
	k = 1
	print *, k
end subroutine
== inc2/fi.inc
include 'fdeep.inc'
== fdeep.inc
      integer(8) :: k
== inc/fdeep.inc
      integer(4) :: k
== sub/finc.F
      SUBROUTINE SFINC
      INCLUDE 'fi.inc'
      K = N
#include "x.h"
      PRINT *, K, N
      end
== sub/fi.inc
      INCLUDE 'fdeep.inc'
== fpar.f90
module fpar
	interface
		module subroutine one()
		end subroutine
		module subroutine two()
		end subroutine
	end interface
end module
== fson.f90
submodule (fpar) fson
	interface
		module subroutine deep()
		end subroutine
	end interface
contains
	module subroutine one()
		call deep
	end subroutine
	module procedure two
		call one
	end procedure
end submodule
== fgrand.f90
submodule (fpar:fson) fgrand
contains
	module subroutine deep()
		print *, "deep"
	end subroutine
end submodule
== fpmain.f90
use fpar
call two
end
== fomp.f90
program fomp
	!$ use omp_lib
	integer :: i = 1
	!$ i = omp_get_max_threads() * 0 + 2
	print *, i
end program
== fwarn.f90
subroutine fwarn(a)
	real :: a
	integer :: unused
	unused = a
end subroutine
== fbad.f90
module fgood
end module
program fbad
	call = (
end program
== fnone.f90
use fnowhere
end
== gone.c
#include "a.c"
END
printf '#include "x.h"\r\nint crlf\\\r\n = N;\r\n' >crlf.c
printf 'int nul\0 = 1;\n' >nul.c
printf '#include "x.h"\nint noeol = N;' >noeol.c
: >empty.c
ln -s x.h link.h
ln -s a.c sl.c
ln -s sub/c.c slsub.c
ln -s inc slinc
cd .. || exit 1

# named: standard input, without what names of temporary files differ in
named() {
	sed -E 's,/tmp/cc[A-Za-z0-9]{6},/tmp/ccXXXXXX,g; s,(/tmp/[a-z]+-)[0-9a-f]{6},\1XXXXXX,g; s,`st[A-Za-z0-9]{6},`stXXXXXX,g'
}

# sums: of every file; gcc's precompiled headers hold addresses, and differ each time
sums() {
	find . -type f ! -name '*.gch' ! -path './x.h.gch/*' -exec sha256sum {} + 2>&1
}

# seen COMMAND...: what can be seen of a command that runs in a fresh folder
seen() {
	[ ! -e w ] || chmod -R u+w w
	rm -rf w
	cp -a fresh w
	(cd w && timeout 300 "$@" </dev/null >../out 2>../err)
	echo "status $?"
	sed 's/^/out: /' out | named
	grep -av '^gg:' err | sed 's/^/err: /' | named
	(cd w && { find . -printf '%P %y %m %n %l\n' && sums; } | LC_ALL=C sort)
}

# agrees LINE WHEN WANT: gg build does the same
agrees() {
	seen "$GG" build -s --stats-json "$work/stats" -- sh -c "$1" >got
	ok "$2$1" diff "$3" got
}

# declares LINE: nothing that is there was looked for in vain; lines of which nothing is modelled have nothing to say
declares() {
	[ ! -e w ] || chmod -R u+w w
	rm -rf w "$GG_DIR"
	mkdir "$GG_DIR"
	cp -a fresh w
	(cd w && timeout 300 "$top/tests/undeclared" sh -c "$1" </dev/null 2>/dev/null) >out
	grep -q '^undeclared: ' out && ! grep -v '^undeclared: ' out
}

# t LINE
t() {
	lines=$((lines + 1))
	[ $((lines % ${GG_TEST_EVERY:-1})) = 0 ] || return
	case $1 in *"${GG_TEST_ONLY-}"*) ;; *) return ;; esac
	tried=$((tried + 1))
	if [ "${GG_TEST_UNDECLARED-}" ]; then
		ok "all that is read is declared: $1" declares "$1"
		modelled=$tried
		return
	fi
	seen sh -c "$1" >want
	agrees "$1" "" want
	[ "$(stat_of stats thunks)" -gt 0 ] || return
	modelled=$((modelled + 1))
	agrees "$1" "again: " want
}

# The drivers by their names.
t 'gcc -c a.c'
t 'gcc-12 -c a.c'
t 'x86_64-linux-gnu-gcc -c a.c'
t 'cc -c a.c'
t '/usr/bin/gcc -c a.c'
t 'g++ -c a.c'
t 'g++ -c c.cc a.c'
t 'g++-12 -c c.cc'
t 'c++ -c c.cc'
t 'gcc -c c.cc'
t 'clang -c a.c'
t 'clang-14 -c a.c b.c'
t 'clang++ -c c.cc'
t 'clang++ -c a.c'
t 'c89 -c b.c && c99 -c a.c'

# Where the output goes.
t 'gcc -c a.c -o a.o'
t 'gcc -c a.c -oout/a.o'
t 'gcc -c -o sub/../out/a.o ./a.c'
t 'gcc -c a.c -o "out/a b.o"'
t 'gcc -c a.c -o "$PWD/out/a.o"'
t 'gcc -c "$PWD/a.c"'
t 'gcc -c sub/c.c'
t 'gcc -c a.c b.c main.c'
t 'gcc -c a.c b.c -o both.o'
t 'gcc -c a.c -o first.o -o second.o'
t 'gcc -c a.c -o /dev/null'
t 'clang -c a.c -o /dev/null'
t 'gcc -c a.c -o out'
t 'gcc -c a.c -o no-such-folder/a.o'
t 'clang -c a.c -o no-such-folder/a.o'
t 'chmod 555 out && gcc -c a.c -o out/a.o'
t 'gcc a.c b.c main.c && ./a.out'
t 'gcc a.c b.c main.c -o prog && ./prog'
t 'gcc main.c a.o b.o'
t 'gcc -c a.c b.c && gcc main.c a.o b.o -o out/prog && out/prog'
t 'clang a.c b.c main.c -o prog && ./prog'
t 'gcc zero.c -o out'
t 'gcc zero.c -o no-such-folder/prog'
t 'gcc -c a.c -o'
t 'gcc -c a.c -o ""'
t 'gcc'
t 'gcc -c'
t 'clang'
t 'umask 077 && gcc -c a.c && gcc zero.c'
t 'umask 002 && gcc -c a.c && gcc zero.c && ar rcs liba.a a.o'

# What stands there before.
t 'echo old >a.o && chmod 600 a.o && gcc -c a.c'
t 'echo old >a.o && chmod 755 a.o && gcc -c a.c'
t 'echo old >a.o && chmod 444 a.o && gcc -c a.c'
t 'echo old >a.o && chmod 600 a.o && clang -c a.c'
t 'echo old >a.s && chmod 600 a.s && gcc -S a.c'
t 'echo old >a.d && chmod 600 a.d && gcc -MMD -c a.c'
t 'echo old >prog && chmod 600 prog && gcc zero.c -o prog'
t 'echo old >prog && chmod 600 prog && clang zero.c -o prog'
t 'echo old >other && ln other a.o && gcc -c a.c'
t 'echo old >other && ln other a.o && clang -c a.c'
t 'echo old >other && ln other a.s && gcc -S a.c'
t 'echo old >other && ln other a.d && gcc -MMD -c a.c'
t 'echo old >other && ln other prog && gcc zero.c -o prog'
t 'ln -s other a.o && gcc -c a.c'
t 'echo old >other && ln -s other a.o && gcc -c a.c'
t 'echo old >other && ln -s other prog && gcc zero.c -o prog'
t 'echo old >syntax.o && gcc -c syntax.c'
t 'echo old >syntax.o && clang -c syntax.c'
t 'echo old >syntax.o && echo old >syntax.d && gcc -MD -c syntax.c'
t 'echo old >undef && gcc undef.c -o undef'
t 'echo old >nohdr.o && echo old >nohdr.d && gcc -MMD -c nohdr.c'

# Depfiles of a second object, whose name begins with what gcc leaves out.
t 'gcc -MMD -DV=1 -c b.c -o out/1.o; for to in ./out/2.o .//out/3.o ././out/4.o out/./5.o; do gcc -MMD -DV=2 -c b.c -o $to; done; gcc -MMD -MT ./t -c b.c -o out/6.o; gcc -MMD -MQ ./t -c b.c -o out/7.o; gcc -MMD -MT ./ -c b.c -o out/8.o; clang -MMD -c b.c -o ./out/9.o; clang -MMD -c b.c -o ././out/10.o; cat out/*.d'

# Stages.
t 'gcc -S a.c'
t 'gcc -S a.c -o out/a.asm'
t 'gcc -S -c a.c b.c'
t 'gcc -S a.c -o - | grep -c .'
t 'clang -S a.c'
t 'clang -S -emit-llvm a.c'
t 'clang -c -emit-llvm a.c'
t 'gcc -E a.c'
t 'gcc -E a.c -o a.i && gcc -c a.i'
t 'gcc -E a.c -o -'
t 'gcc -E -P -dM x.h | tail -n 1'
t 'clang -E a.c -o a.i && clang -c a.i'
t 'g++ -E c.cc -o c.ii && g++ -c c.ii'
t 'gcc -fsyntax-only a.c'
t 'gcc -fsyntax-only syntax.c'
t 'clang -fsyntax-only warn.c -Wall'
t 'gcc -S a.c && gcc -c a.s && gcc -c a.s -o b.o && cmp a.o b.o'
t 'gcc -save-temps -c a.c'
t 'gcc -save-temps=obj -c a.c -o out/a.o'
t 'gcc -pipe -c a.c'

# Rules.
t 'gcc -M a.c'
t 'gcc -MM a.c'
t 'gcc -MM a.c -MF a.d'
t 'gcc -MM a.c -o a.d'
t 'gcc -MM -MG nohdr.c'
t 'gcc -M -MT target a.c b.c'
t 'gcc -MD -c a.c'
t 'gcc -MMD -c a.c'
t 'gcc -MMD -MP -c a.c -o out/a.o'
t 'gcc -MMD -MF out/a.dep -c a.c -o a.o'
t 'gcc -MMD -MT "out/a.o a.o" -c a.c'
t 'gcc -MMD -MQ "\$(X)/a.o" -c a.c'
t 'gcc -MMD -MT x -MT y -MFa.dep -c a.c'
t 'gcc -MMD -MF - -c a.c'
t 'gcc -MMD -MF /dev/null -c a.c'
t 'gcc -MMD -MF no-such-folder/a.d -c a.c'
t 'gcc -Wp,-MD,a.dep -c a.c'
t 'gcc -Wp,-MMD,.a.o.d -c a.c -o out/a.o'
t 'gcc -Wp,-MD,a.dep,-MT,x -c a.c'
t 'gcc -MMD -c a.c b.c'
t 'gcc -MMD -c space.c'
t 'gcc -MMD -c space.c -o "a \$b.o"'
t 'gcc -MMD -S a.c'
t 'gcc -MMD -E a.c -o a.i'
t 'gcc -MMD a.c b.c main.c -o prog'
t 'gcc -MD -c t.S'
t 'gcc -MD -c s.s'
t 'gcc -c s.s -MT s.o -MD -MP -MF s.d; gcc -E a.c -o a.i && gcc -MMD -c a.i -o i.o; gcc -MD -c t.S'
t 'clang -c s.s -MT s.o -MD -MP -MF s.d; clang -E a.c -o a.i && clang -MMD -c a.i -o i.o; clang -MD -c t.S'
t 'gcc -MD -c a.c -o a'
t 'gcc -MD -c a.c -o out/a.b.o'
t 'gcc -MD -c a.c -o .o'
t 'clang -MD -c a.c -o out/a.o'
t 'clang -MMD -MP -MF a.dep -MT x -c a.c'
t 'clang -MMD -c a.c b.c'
t 'clang -MD -c a.c -o a'
t 'clang -MMD -c space.c'
t 'clang -MMD -S a.c -o out/a.asm'
t 'DEPENDENCIES_OUTPUT=a.dep gcc -c a.c'

# Languages.
t 'gcc -x c -c a.c'
t 'cp a.c a.txt && gcc -x c -c a.txt'
t 'cp a.c a && gcc -x c -c a -o a.o'
t 'gcc -x c++ -c a.c'
t 'gcc -xc++ -c a.c -x c b.c'
t 'gcc -x c -c a.c -x none b.c s.s'
t 'gcc -c a.c s.s'
t 'gcc -c a.c c.cc'
t 'g++ -x c -c a.c'
t 'clang++ -x c -c a.c'
t 'clang -x c++ -c a.c'
t 'cp t.S t && gcc -x assembler-with-cpp -c t -o t.o'
t 'cp t.S t.sx && gcc -c t.sx'
t 'gcc -x assembler -c s.s'
t 'gcc -x f77 -c a.c'
t 'gcc -x no-such-language -c a.c'
t 'gcc -c s.s t.S'
t 'gcc -c t.S -o out/t.o'
t 'clang -c s.s'
t 'clang -c t.S'
t 'gcc -c i.s'
t 'clang -c i.s'
t 'gcc -Iinc -c j.s'
t 'gcc -Wa,-Iinc -c j.s'
t 'gcc -Wa,-I,inc -c j.s'
t 'gcc -Wa,--noexecstack -c a.c'
t 'gcc -Wa,-adhln=a.lst -c a.c'
t 'gcc -Wa,--defsym,Q=3 -c s.s'
t 'gcc -Wa,--no-such-option -c a.c'
t 'gcc -Xassembler --gdwarf-5 -c s.s'
t 'gcc -c asm.c'
t 'clang -c asm.c'
t 'cd sub && gcc -c ../asm.c'
t 'gcc -std=c17 -c raw.c'
t 'cat a.c | gcc -x c -c - -o a.o'
t 'cat a.c | gcc -x c -E -'
t 'cat a.c | clang -x c -c - -o a.o'
t 'cat a.c | gcc -c -'

# Headers.
t 'gcc -include x.h -c ifdef.c'
t 'gcc -include ./inc/x.h -c ifdef.c'
t 'gcc -Iinc -include only.h -c ifdef.c'
t 'gcc -imacros x.h -c ifdef.c'
t 'gcc -imacros macro.h -include x.h -c b.c'
t 'gcc -include no-such.h -c b.c'
t 'gcc -iquote inc -c has.c'
t 'gcc -iquote inc -c only.c'
t 'gcc -iquoteinc -iquote inc2 -c has.c'
t 'gcc -isystem inc -c has.c'
t 'gcc -idirafter inc -c only.c'
t 'gcc -Iinc2 -Iinc -c only.c'
t 'gcc -I inc -I inc2 -c only.c'
t 'gcc -Iinc2 -isystem inc2 -isystem inc -c only.c'
t 'gcc -idirafter inc -isystem inc2 -c only.c'
t 'gcc -Iinc -c a.c'
for cc in gcc clang; do # a folder in more than one list
	t "$cc -iquote inc -Iinc2 -isystem inc -c quoted.c"
	t "$cc -iquote inc -Iinc2 -idirafter inc -c quoted.c"
	t "$cc -iquote inc2 -Iinc -isystem ./inc2 -include only.h -c b.c"
	t "$cc -iquote inc -iquote inc2 -Iinc -isystem \$PWD/inc -MMD -c quoted.c"
	t "CPATH=inc2 $cc -iquote inc -isystem inc -MMD -c quoted.c"
	t "C_INCLUDE_PATH=inc $cc -iquote inc -Iinc2 -c quoted.c"
	t "$cc -isystem slinc -Islinc -MD -c only.c"
	t "$cc -Islinc -isystem inc -MD -c only.c"
	t "$cc -nostdinc -iquote inc -MD -c only.c"
	t "$cc -nostdinc -Iabsent -iquote inc -MD -c only.c"
	t "$cc -iquote sub/../. -Isub/../absent -MD -c a.c"
done
t 'gcc -Iout -Ino-such-folder -Iinc -c only.c'
t 'gcc -I"in c" -c spaced.c'
t 'gcc -iquote "in c" -MD -c spaced.c'
t 'gcc -I "$PWD/inc" -c only.c'
t 'gcc -Isub/../inc -c only.c'
t 'gcc -Islinc -c only.c'
t 'gcc -Islinc/../inc -c only.c'
t 'cd sub && gcc -I../inc -I.. -c ../only.c'
t 'gcc -c linked.c'
t 'gcc -MD -c linked.c'
t 'gcc -c sl.c'
t 'gcc -c slsub.c'
t 'clang -c slsub.c'
t 'gcc -c sub/c.c && gcc -Isub -c a.c'
t 'gcc -c space.c'
t 'gcc -In1 -In2 -c next.c'
t 'clang -In1 -In2 -c next.c'
t 'gcc -In2 -In1 -c next.c'
t 'gcc -c computed.c'
t 'gcc -c stringized.c'
for cc in gcc clang; do
	t "$cc -I. -DNAME=no-such -c asks.c"
	t "$cc -I. -Iinc -DNAME=x -c asks.c"
	t "$cc -DFOLDER=inc -Iinc -MD -c versions.c; mv versions.o out; $cc -DFOLDER=. -I. -Iinc2 -Iinc -c versions.c"
done
t 'gcc -c nameless.c'
t 'gcc -DNEVER -c nameless.c'
t 'gcc --sysroot=nowhere -c hello.c'
t 'gcc "-DHEADER=\"inc/x.h\"" -c computed.c'
t 'gcc "-DHEADER=<x.h>" -Iinc -c computed.c'
t 'gcc -DHEADER=NEXT -DNEXT=\"x.h\" -c computed.c'
t 'gcc -c has.c'
t 'gcc -Iinc -c has.c'
t 'gcc -Iinc2 -c has.c && mv has.o out && gcc -Iinc2 -Iinc -c has.c'
t 'gcc -Iout -Iinc2 -c only.c && cp inc/only.h out && gcc -Iout -Iinc2 -c only.c -o later.o'
t 'gcc -Iout -Iinc2 -c has.c && cp inc/only.h out && gcc -Iout -Iinc2 -c has.c -o later.o'
t 'gcc -c a.c && echo "#define N 8" >x.h && gcc -c a.c -o later.o && cmp a.o later.o'
t 'gcc -c a.c && rm x.h && gcc -c a.c'
t 'gcc -nostdinc -c hello.c'
t 'gcc -c hello.c && clang -c hello.c -o clang.o'
t 'gcc -c up.c'
t 'cp up.c sub && gcc -c sub/up.c && cd sub && gcc -c up.c'
t 'CPATH=inc gcc -c only.c'
t 'gcc -Iinc "-I\$(SRC)" "-L\$(LIB)" -c only.c'
t 'mkdir -p "\$d"; cp inc/only.h "\$d"; gcc "-I\$d" -MD -c only.c && cat only.d'
t 'gcc "-I\$SYSROOT/inc" -Iinc -c only.c; gcc -I=/inc -Iinc -c only.c'
t 'C_INCLUDE_PATH=inc gcc -c only.c'
t 'C_INCLUDE_PATH=inc clang -c only.c'
t 'CPLUS_INCLUDE_PATH=inc2 g++ -c only.c'
t 'printf "#if __has_include(<e.h>)\nint has;\n#endif\n" >o.mm; cp o.mm o.m; mkdir e; : >e/e.h; for cc in g++ clang++; do OBJCPLUS_INCLUDE_PATH=e $cc -c o.mm; nm o.o; OBJC_INCLUDE_PATH=e $cc -c o.mm; nm o.o; OBJC_INCLUDE_PATH=e $cc -c o.m; nm o.o; done'
t 'CPATH=: gcc -c only.c'
t 'gcc -H -c a.c'

# … that begin with a mark of the order of bytes, are read once by what they hold, or in strings that are none, that can't be
# opened, that come later.
mark='mkdir m; echo "int m;" >m/h.h; echo "#include <h.h>" >m/g.h; echo "int own;" >h.h; printf "\357\273\277#include \"h.h\"\n#include <g.h>\n" >mark.c'
t "$mark; gcc -Im -c mark.c; nm mark.o; rm h.h; gcc -Im -c mark.c; nm mark.o"
t "$mark; clang -Im -c mark.c; nm mark.o; rm h.h; clang -Im -c mark.c; nm mark.o"
once='mkdir o p; echo "static int k = 1;" >o/k.h; cp -p o/k.h p; printf "#include \"o/k.h\"\n#import \"p/k.h\"\n" >once.c; sed s/include/import/ once.c >twice.c'
t "$once; gcc -w -c once.c; gcc -w -c twice.c; clang -w -c once.c; clang -w -c twice.c"
t "$once; for h in o/k.h p/k.h; do printf '_Pragma(\"once\")\nstatic int k = 1;\n' >\$h; done; touch -r o/k.h p/k.h; sed s/import/include/ once.c >on.c; cp on.c on.cc; gcc -w -c on.c; g++ -w -c on.cc"
raw='printf "#if 0\nR\"(\n#endif\n#if __has_include(\"new.h\")\nint has;\n#endif\nint x;//)\"\n" >raw.c; printf "#define R\nconst char *p = R\"(\";\n#if __has_include(\"new.h\")\nint has;\n#endif\nconst char *q = R\")\";\n" >raw2.c'
t "$raw; gcc -std=c99 -c raw.c; gcc -std=gnu89 -c raw2.c; touch new.h; gcc -std=c99 -c raw.c; gcc -std=gnu89 -c raw2.c; nm raw.o raw2.o"
t "$raw; clang -c raw.c; clang -xc++ -std=c++98 -c raw2.c; touch new.h; clang -c raw.c; clang -xc++ -std=c++98 -c raw2.c; nm raw.o raw2.o"
t "$raw; gcc -c raw.c; touch new.h; gcc -c raw.c; nm raw.o"
t 'ln -s l.h l.h; printf "#if __has_include(\"l.h\")\n#endif\nint l;\n" >l.c; gcc -c l.c; clang -c l.c'
t 'printf "#include <new.h>\n" >new.c; clang -c new.c; touch new.h; clang -c new.c; gcc -c new.c'

# Definitions.
t 'gcc -DDEF=\"text\" -c def.c'
t "gcc '-DDEF=\"two words\"' -c def.c"
t "gcc -D 'DEF=\"it'\\''s \\\\\\\\ this\"' -c def.c"
t 'gcc -DN=1 -UN -c ifdef.c'
t 'gcc -D N -c ifdef.c'
t 'gcc "-DF(x)=x" -DN="F(4)" -c ifdef.c'
t 'gcc -D -c ifdef.c'
t 'gcc -D3=4 -c ifdef.c'
t 'gcc -Wp,-DN=6 -c ifdef.c'
t 'gcc -Xpreprocessor -DN=6 -c ifdef.c'
t 'gcc @args ifdef.c'
t 'gcc @nested'
t 'clang @nested'
t 'gcc @args @no-such-file a.c'
t 'echo "-c \"sub/c.c\" -o out/sub\\ c.o" >rsp && gcc @rsp'
t 'echo "-c sub/c.c '\''-DX=\"'\''" >rsp && gcc @rsp'
t 'echo a.o b.o >objs && gcc -c a.c b.c && ar rcs libab.a @objs && gcc main.c @objs && ./a.out'
t ': >rsp && gcc @rsp -c a.c'

# Code generation.
t 'gcc -g -c a.c'
t 'gcc -g3 -c a.c'
t 'gcc -ggdb3 -c a.c'
t 'gcc -gdwarf-4 -c a.c'
t 'gcc -g -gz -c a.c'
t 'gcc -gsplit-dwarf -g -c a.c'
t 'gcc -gsplit-dwarf -g -c a.c -o out/a.o'
t 'clang -gsplit-dwarf -g -c a.c -o out/a.o'
t 'clang -g -c a.c'
t 'cd sub && gcc -g -c ../a.c'
t 'cd sub && clang -g -c ../a.c'
t 'cd slinc && gcc -g -c ../a.c'
t 'cd slinc && gcc -g -c only.h -o only.gch'
t 'cd -P slinc && gcc -g -c ../only.c -I.'
t 'gcc -g -fdebug-prefix-map="$PWD"=/src -c a.c'
t 'gcc -g -ffile-prefix-map=sub=elsewhere -c sub/c.c'
t 'gcc -O0 -c a.c && gcc -O1 -c b.c'
t 'gcc -O2 -c a.c b.c'
t 'gcc -O3 -c a.c && gcc -Os -c b.c'
t 'gcc -Ofast -c a.c && gcc -Og -c b.c'
t 'gcc -O9 -c a.c'
t 'gcc -Ox -c a.c'
t 'gcc -march=native -c a.c'
t 'gcc -march=x86-64-v3 -mtune=generic -c a.c'
t 'gcc -march=no-such-cpu -c a.c'
t 'gcc -m32 -c b.c'
t 'gcc -fPIC -fvisibility=hidden -ffunction-sections -c a.c'
t 'gcc -fstack-usage -c a.c'
t 'gcc -fdump-tree-optimized -c a.c'
t 'gcc -fopt-info -O2 -c a.c'
t 'gcc -aux-info a.info -c a.c'
t 'clang -ftime-trace -c a.c -o out/a.o && rm out/*.json'
t 'clang --serialize-diagnostics a.dia -c a.c'
t 'clang -Xclang -verify -c warn.c'
t 'clang -O2 -mllvm -inline-threshold=3 -c a.c'
t 'gcc --param max-inline-insns-auto=3 -c a.c'
t 'gcc -frandom-seed=1 --coverage -c a.c'
t 'gcc -frandom-seed=1 --coverage -c a.c -o out/a.o'
t 'gcc -frandom-seed=1 -fprofile-arcs -c a.c'
t 'gcc -frandom-seed=1 -ftest-coverage -c a.c'
t 'gcc -frandom-seed=1 --coverage -c a.c b.c'
t 'gcc -frandom-seed=1 --coverage -fprofile-update=atomic zero.c -o zero && ./zero'
t 'gcc -frandom-seed=1 -c zero.c --coverage && gcc --coverage zero.o -o zero && ./zero'
t 'gcc -frandom-seed=1 -fprofile-generate -c zero.c && gcc -fprofile-generate zero.o -o zero && ./zero'
t 'clang --coverage -c a.c'
t 'gcc -frandom-seed=1 -fprofile-arcs -c zero.c && gcc --coverage zero.o -o zero && ./zero && gcc -O2 -fbranch-probabilities -c zero.c'
t 'clang -fprofile-instr-generate -fcoverage-mapping -c a.c; clang -fprofile-instr-generate=q.profraw -c b.c -o q.o'
t 'clang -fprofile-instr-generate a.c b.c main.c -o x && ./x && ls *.profraw; rm -f *.profraw'
t 'clang -fprofile-instr-generate=q.profraw a.c b.c main.c -o x && ./x && llvm-profdata-14 merge -o q.prof q.profraw; clang -fprofile-instr-use=q.prof -O2 -c a.c; mkdir d; mv q.prof d/default.profdata; clang -fprofile-instr-use=d -c b.c; clang -fprofile-instr-use=none -c b.c; rm -rf d q.profraw'
t 'gcc -flto -frandom-seed=1 -c a.c b.c main.c && gcc -flto a.o b.o main.o && ./a.out'
t 'gcc -flto -c a.c && rm a.o'
t 'gcc -O2 -flto a.c b.c main.c && ./a.out'
t 'clang -flto -c a.c b.c main.c'
t 'clang -flto -c a.c && gcc -c b.c && ar rcs lib.a a.o b.o && ranlib lib.a && nm -s lib.a'
t 'gcc -fsanitize=undefined -c a.c'
t 'gcc -fopenmp -c a.c'
t 'gcc -fno-such-option -c a.c'
t 'clang -fno-such-option -c a.c'
t 'gcc --no-such-option -c a.c'
t 'gcc -no-such-option -c a.c'

# What the compiler says.
t 'gcc -Wall -c warn.c'
t 'gcc -Wall -Werror -c warn.c'
t 'gcc -Wall -Werror=unused-variable -c b.c warn.c'
t 'clang -Wall -c warn.c'
t 'clang -Weverything -Werror -c warn.c'
t 'gcc -w -c warn.c'
t 'gcc -Wno-such-warning -c a.c'
t 'gcc -Wno-such-warning -Wall -c warn.c'
t 'gcc -Wno-such -c syntax.c'
t 'gcc -c syntax.c'
t 'clang -c syntax.c'
t 'gcc -c a.c syntax.c b.c'
t 'clang -c a.c syntax.c b.c'
t 'gcc -c nohdr.c'
t 'clang -c nohdr.c'
t 'gcc -c no-such.c'
t 'clang -c no-such.c'
t 'gcc -c a.c no-such.c'
t 'gcc -c no-such.o'
t 'gcc -c inc'
t 'gcc -c empty.c'
t 'gcc -pedantic -c empty.c'
t 'gcc -c crlf.c && clang -c crlf.c -o clang.o'
t 'gcc -c nul.c'
t 'clang -c nul.c'
t 'gcc -pedantic -c noeol.c'
t 'chmod 0 a.c && gcc -c a.c'
t 'chmod 0 x.h && gcc -c a.c'
t 'chmod 0 inc && gcc -Iinc -c only.c'
t 'gcc -c data && gcc -c script.ld'
t 'gcc -fdiagnostics-color=always -Wall -c warn.c'
t 'gcc -fdiagnostics-format=json -Wall -c warn.c'
t 'GCC_COLORS="warning=01;36" gcc -fdiagnostics-color=always -Wall -c warn.c'
t 'env -u LC_ALL LANG=C gcc -Wall -c warn.c'
t 'LC_ALL=C gcc -Wall -c warn.c'
t 'LC_ALL=no_SUCH.UTF-8 gcc -Wall -c warn.c'
t 'env -u LC_ALL LC_CTYPE=C.UTF-8 gcc -c syntax.c'
t 'env -u LC_ALL LANGUAGE=de LANG=de_DE.UTF-8 gcc -Wall -c warn.c'
t 'COLUMNS=40 gcc -Wall -c warn.c'
t 'gcc -fmessage-length=40 -Wall -c warn.c'
t 'gcc -Wall -c warn.c 2>&1 | cat'
t 'gcc -Wall -c warn.c 2>warnings; gcc -Wall -c warn.c 2>>warnings'
t 'gcc -Wall -c warn.c >&- 2>&-'

# Macros of the place and the time.
t 'SOURCE_DATE_EPOCH=86400 gcc -c date.c'
t 'SOURCE_DATE_EPOCH=86400 gcc -c date.c && SOURCE_DATE_EPOCH=0 gcc -c date.c -o zero.o'
t 'SOURCE_DATE_EPOCH=x gcc -c date.c'
t 'SOURCE_DATE_EPOCH=1 gcc -c a.c'
t 'gcc -c file.c && gcc -c "$PWD/file.c" -o full.o && gcc -c ./file.c -o dot.o && cmp file.o dot.o'
t 'cd sub && gcc -c ../file.c && clang -c ../file.c -o clang.o'
t 'env -i PATH="$PATH" gcc -c a.c'
t 'env -i "$(command -v gcc)" -c a.c'
t 'TZ=Asia/Tokyo gcc -c a.c && TMPDIR=/no-such-folder gcc -c b.c'
t 'PWD=/no/such/folder gcc -g -c a.c'
t 'env -u PWD gcc -g -c a.c'

# A system header that is a link, by a folder with ".." in its name.
t 'mkdir -p farm/pkg/include d; printf "static const char *f = __FILE__;\n" >real.h; ln -s $PWD/real.h farm/pkg/include/l.h; ln -s pkg farm/lk; printf "#include <l.h>\nconst char *g(void) { return f; }\n" >l.c; for i in $PWD/d/../farm/pkg/include d/../farm/pkg/include $PWD/farm/lk/../lk/include; do gcc -isystem $i -MD -c l.c -o a.o; cat l.d a.d; gcc -isystem $i -E l.c; gcc -isystem $i -g -c l.c -o g.o; clang -isystem $i -g -MD -c l.c -o c.o; cat c.d; done'

# What only "…" would find, looked for as <…>.
t 'mkdir iq; echo "int v;" >iq/only2.h; printf "#include <only2.h>\nint w = oops;\n" >iq.c; for c in clang gcc; do $c -iquote iq -c iq.c; $c -iquote iq -E iq.c; done'

# Precompiled headers.
t 'gcc x.h && gcc -include x.h -c ifdef.c && gcc -c a.c'
t 'gcc -c macro.h -o macro.h.gch && rm macro.h && gcc -include macro.h -c b.c'
t 'gcc x.h -o out/x.h.gch && cp x.h out && gcc -Iout -include x.h -Winvalid-pch -H -c ifdef.c'
t 'echo junk >x.h.gch && gcc -Winvalid-pch -c a.c'
t 'mkdir x.h.gch && gcc x.h -o x.h.gch/c && gcc -c a.c'
pch='printf "#include <stdio.h>\n#include <stdlib.h>\n#define P 7\n" >p.h; printf "#include \"p.h\"\nint main(void)\n{\n\treturn printf(\"%%d\", P) - 1;\n}\n" >p.c; cp p.c p.cc; cp p.c main.cc'
t "$pch; gcc -O2 -g p.h && gcc -O2 -g -Winvalid-pch -MD -H p.c && ./a.out; gcc -Winvalid-pch -c p.c; gcc -O2 -g -DP=8 -Winvalid-pch -c p.c -o 8.o; gcc -O2 -g -fPIC -Winvalid-pch -c p.c -o pic.o"
t "$pch; g++ -O2 -Winvalid-pch -x c++-header -include ./p.h -MD -MT p.h.gch -MF p.d -o p.h.gch -c /dev/null; : >e.cxx; g++ -O2 -Winvalid-pch -x c++-header -include ./p.h -MD -MT p.h.gch -MF p.d -o p.h.gch -c e.cxx && g++ -O2 -Winvalid-pch -include ./p.h -H -MD -MF q.d -c p.cc; cat p.d q.d; g++ -O2 -include ./p.h main.cc p.c -o both; ls"
t "$pch; gcc -O2 -c p.h -o p.h.gch && gcc -O2 -c p.c && sed -i s/7/9/ p.h && gcc -O2 -c p.c -o stale.o; cmp p.o stale.o && gcc -O2 p.h && gcc -O2 -c p.c -o new.o; cmp p.o new.o; rm p.h.gch; gcc -O2 -c p.c -o none.o; cmp new.o none.o"
t "$pch; mkdir q; gcc -x c-header p.h -o q/p.h.gch && gcc -iquote q -Iq -H -c p.c; sed s/7/8/ p.h >q/p.h; mv p.h o.h; gcc -Iq -H -c p.c; gcc -E p.h q/p.h; gcc -c -MD o.h; gcc -S o.h; gcc o.h p.c; gcc -c o.h -o /dev/null; ls"
t "$pch; gcc p.h; chmod 600 p.h.gch; gcc p.h; ln p.h.gch other; gcc -O1 p.h; stat -c '%h %a' p.h.gch other; rm other; gcc -E -include p.h -c b.c | grep -c printf; gcc -E -fpch-preprocess -include p.h b.c | grep -c pch; gcc -save-temps -include p.h -c b.c; ls"
t "$pch; gcc -g3 p.h && gcc -g3 -c p.c && gcc -g3 -c p.c -o again.o && cmp p.o again.o; cp p.h p2.h; gcc -g3 p2.h; gcc -g3 -include p2.h -include p.h -H -c p.c -o two.o; clang -include p2.h -c b.c"
t "$pch; gcc -O2 p.h -o q.gch; mkdir q; gcc -O2 p.h -o q/p.h.gch; gcc -O2 -Iq -include p.h -fpch-preprocess -MD -fpch-deps -c b.c; cat b.d; gcc -O2 -E -Iq -fpch-preprocess -include p.h b.c -o b.i; gcc -O2 -c b.i -o bi.o; cmp b.o bi.o"
# … whose header is elsewhere: what it defines counts.
alone="$pch; printf '#define W \"w.h\"\n#define ASK \"n.h\"\n#define STAMP __DATE__\n' >>p.h; echo 'int w;' >w.h; mkdir q; g++ -c p.h -o q/p.h.gch; printf '#include W\n#if __has_include(ASK)\nint has;\n#endif\n' >m.cc"
t "$alone; mv p.h o.h; g++ -Iq -include p.h -c m.cc; mv o.h p.h; mkdir d; mv p.h d; g++ -Iq -include p.h -c m.cc; g++ -c d/p.h -o q/p.h.gch; g++ -Iq -include p.h -MD -c m.cc; cat m.d; sed -i s/w/v/ w.h; : >n.h; g++ -Iq -include p.h -c m.cc; nm m.o; rm q/p.h.gch; g++ -Iq -include p.h -c m.cc"
t "$alone; mkdir d; mv p.h d; g++ -c d/p.h -o q/p.h.gch; printf '#include \"p.h\"\n' | cat - m.cc >in.cc; g++ -Iq -Id -H -c in.cc 2>&1 | head -n 1; sed -i s/w/v/ w.h; : >n.h; g++ -Iq -Id -c in.cc; nm in.o; sed -i s/n.h/o.h/ d/p.h; g++ -O2 -Iq -Id -c in.cc; g++ -Iq -c in.cc; nm in.o; clang++ -Iq -Id -c in.cc; g++ -c d/p.h -o q/p.h.gch; g++ -Iq -Id -c in.cc; nm in.o"
t "$alone; mkdir d; mv p.h d; g++ -c d/p.h -o q/p.h.gch; printf 'const char *s = STAMP;\n' >s.cc; SOURCE_DATE_EPOCH=0 g++ -Iq -include p.h -fpch-preprocess -c s.cc; strings s.o | grep 19; SOURCE_DATE_EPOCH=86400 g++ -Iq -include p.h -fpch-preprocess -c s.cc; strings s.o | grep 19"
t 'clang -x c-header x.h -o x.h.pch && clang -include x.h -c ifdef.c'
t 'clang -x c-header x.h -o x.pch && clang -include-pch x.pch -c ifdef.c'
# … of clang, which hold when their headers were changed, and are refused when they have been since.
timed="$pch; touch -d @1700000001 p.h p.c p.cc main.cc"
t "$timed; clang++ -O2 -x c++-header p.h -o p.h.pch; for i in 1 2; do clang++ -O2 -include p.h -MD -MF q.d -c p.cc; cat q.d; clang++ -O2 -include-pch p.h.pch -H -c main.cc; done; touch -d @1700000002 p.h; clang++ -O2 -include p.h -c p.cc -o two.o; echo \$?; clang++ -O2 -x c++-header p.h -o p.h.pch; clang++ -O2 -include p.h -c p.cc -o two.o; touch -d @1700000001 p.h; clang++ -O2 -include p.h -c p.cc; echo \$?"
t "$timed; : >e.cxx; touch -d @1700000003 e.cxx; clang++ -O2 -Winvalid-pch -fpch-instantiate-templates -Xclang -emit-pch -Xclang -include -Xclang \$PWD/p.h -x c++-header -MD -MT p.pch -MF p.d -o p.pch -c \$PWD/e.cxx; cat p.d; clang++ -O2 -Winvalid-pch -Xclang -include-pch -Xclang p.pch -Xclang -include -Xclang \$PWD/p.h -MD -MF q.d -c p.cc; cat q.d; sed -i s/7/9/ p.h; touch -d @1700000001 p.h; clang++ -O2 -Xclang -include-pch -Xclang p.pch -Xclang -include -Xclang \$PWD/p.h -c p.cc -o 9.o; cmp p.o 9.o; rm p.h; clang++ -O2 -Xclang -include-pch -Xclang p.pch -c p.cc"
t "$timed; clang -x c-header -Xclang -fno-pch-timestamp p.h -o p.pch; touch -d @1700000005 p.h; clang -include-pch p.pch -c p.c; clang -DP=8 -include-pch p.pch -c p.c; clang -O2 -include-pch p.pch -c p.c; clang -g -x c-header p.h -o g.gch; clang -g -include-pch g.gch -c p.c; clang -include-pch none.pch -c p.c; clang -include-pch p.c -c p.c; clang -c p.c -Xclang; clang -c p.c -Xclang -include; clang -c p.c -Xclang -emit-pch -o p.out; gcc -include-pch p.pch -c p.c; clang -x c-header p.h; ls"
t "$timed; mkdir q; clang++ -x c++-header p.h -o q/p.h.pch; clang++ -Iq -include p.h -c p.cc; cp p.h q; clang++ -Iq -include q/p.h -H -c p.cc; mv p.h o.h; clang++ -include q/p.h -c p.cc; ls"

# What the driver tells of itself.
t 'gcc --version'
t 'clang --version'
t 'cc --help; g++ -dumpmachine; clang -dumpversion; gcc -dumpspecs | wc; gcc --version x; gcc --nonsense'
t 'LANG=de_DE.UTF-8 gcc --version; PATH=/usr/lib/ccache:$PATH gcc --version; /usr/bin/ld.gold --help; ranlib --version; ar --help'
t 'gcc -v'
t 'gcc -v -c a.c'
t 'gcc "-###" -c a.c'
t 'clang "-###" -c a.c'
t 'gcc -dumpversion; gcc -dumpmachine; gcc -dumpspecs'
t 'gcc -print-file-name=libc.so; gcc -print-prog-name=ld; gcc -print-search-dirs'
t 'gcc --help | head -n 3'
t 'gcc -Q --help=target | head -n 3'

# Links.
t 'gcc root.c -lm && ./a.out'
t 'gcc root.c; gcc -lm root.c -O2 -fno-builtin'
t 'gcc -pthread thread.c && ./a.out'
t 'gcc load.c -rdynamic && ./a.out; echo $?'
t 'gcc load.c -ldl && ./a.out; echo $?'
t 'gcc -s zero.c && ./a.out'
t 'gcc -static hello.c && ./a.out'
t 'gcc -static-pie zero.c && ./a.out'
t 'gcc zero.c -Wl,-Bdynamic -static -o p; ls p'
t 'gcc -static zero.c -Wl,-dy -lm -Wl,-Bstatic -o p && ./p; gcc -static zero.c -Wl,--call_shared -o p; ls p'
t 'gcc -pie -fPIE zero.c && ./a.out'
t 'gcc -no-pie zero.c && ./a.out'
t 'gcc -nostdlib -r a.c b.c -o ab.o && gcc main.c ab.o && ./a.out'
t 'gcc -c a.c b.c && gcc -r a.o b.o -o ab.o && gcc main.c ab.o && ./a.out'
t 'gcc -nostdlib zero.c'
t 'gcc -nostartfiles zero.c -Wl,-e,main'
t 'g++ hello.cc -o hello && ./hello'
t 'g++ throw.cc && ./a.out'
t 'g++ -static-libstdc++ -static-libgcc throw.cc && ./a.out'
t 'clang++ hello.cc -o hello && ./hello'
t 'gcc hello.cc -lstdc++ && ./a.out'
t 'gcc hello.cc 2>&1 | grep -c undefined'
t 'gcc -fuse-ld=bfd zero.c && gcc -fuse-ld=gold zero.c -o gold && clang -fuse-ld=lld zero.c -o lld && ./lld'
t 'gcc -fopenmp zero.c && ./a.out'
t 'gcc -fsanitize=undefined zero.c && ./a.out'
t 'gcc -pg zero.c && ./a.out; rm -f gmon.out'
t 'gcc -shared -fPIC a.c -o liba.so && gcc b.c main.c -L. -la -Wl,-rpath,"\$ORIGIN" && ./a.out'
t 'gcc -c a.c && ar rcs lib/liba.a a.o && gcc b.c main.c -Llib -la && ./a.out'
t 'gcc -c a.c && ar rcs lib/liba.a a.o && gcc -Llib -la b.c main.c'
t 'gcc -fPIC -c a.c && ar rcs lib/liba.a a.o && gcc -shared a.o -o lib/liba.so && gcc b.c main.c -Llib -la && ./a.out'
t 'gcc -fPIC -c a.c && ar rcs lib/liba.a a.o && gcc -shared a.o -o lib/liba.so && gcc b.c main.c -Llib -la -static && ./a.out'
t 'gcc -fPIC -c a.c && ar rcs lib/liba.a a.o && gcc -shared a.o -o lib/liba.so && gcc b.c main.c -Llib -Wl,-Bstatic -la -Wl,-Bdynamic && ./a.out'
t 'gcc -fPIC -c a.c && ar rcs out/liba.a a.o && gcc -shared a.o -o lib/liba.so && gcc b.c main.c -Lout -Llib -la -o one && gcc b.c main.c -Llib -Lout -la -o two'
t 'gcc -c a.c && ar rcs lib/liba.a a.o && gcc b.c main.c -Llib -l:liba.a && ./a.out'
t 'gcc -c a.c && ar rcs lib/liba.a a.o && LIBRARY_PATH=lib gcc b.c main.c -la && ./a.out'
t 'gcc -c a.c && ar rcs lib/liba.a a.o && LIBRARY_PATH=out::lib clang b.c main.c -la && ./a.out'
t 'gcc -c a.c && ar rcs lib/liba.a a.o && gcc b.c main.c lib/liba.a && ./a.out'
t 'gcc -c a.c && ar rcs "in c/liba.a" a.o && gcc b.c main.c -L"in c" -la && ./a.out'
t 'gcc -shared -fPIC a.c -o lib/liba.so -Wl,-soname,liba.so.1 && ln -s liba.so lib/liba.so.1 && gcc b.c main.c lib/liba.so && LD_LIBRARY_PATH=lib ./a.out'
t 'gcc -shared -fPIC a.c -o lib/liba.so.1 && ln -s liba.so.1 lib/liba.so && gcc b.c main.c -Llib -la && LD_LIBRARY_PATH=lib ./a.out; cd lib && LD_LIBRARY_PATH=. ../a.out; echo $?'
t 'gcc -shared -fPIC b.c -o lib/libb.so && gcc -shared -fPIC a.c -o lib/liba.so -Llib -lb && gcc main.c -Llib -la -Wl,-rpath-link,lib -Wl,--no-as-needed -lb && LD_LIBRARY_PATH=lib ./a.out'
t 'gcc -shared -fPIC b.c -o out/libb.so && gcc -shared -fPIC a.c -o lib/liba.so -Lout -lb && gcc -Wl,--no-as-needed main.c -Llib -la'
t 'gcc main.c -lno-such'
t 'clang main.c -lno-such'
t 'gcc undef.c'
t 'clang undef.c'
t 'gcc -c undef.c && gcc undef.o; gcc undef.o -shared'
t 'gcc -c undef.c && gcc undef.o -Wl,--unresolved-symbols=ignore-all'
t 'gcc a.c sl.c main.c'
t 'gcc -c a.c b.c main.c && gcc a.o a.o b.o main.o'
t 'gcc -c a.c && gcc a.o'
t 'gcc a.c b.c main.c -Wl,-Map,prog.map -o prog && grep -c . prog.map && rm prog.map'
t 'gcc -c a.c b.c main.c && gcc a.o b.o main.o -Wl,-Map=out/prog.map -Wl,--cref'
t 'gcc -c a.c b.c main.c && gcc a.o b.o main.o -Wl,-Map=prog.map'
t 'gcc -c a.c b.c main.c && gcc a.o b.o main.o -Xlinker -Map -Xlinker prog.map'
t 'gcc -c a.c b.c main.c && gcc a.o b.o main.o -Wl,-M'
t 'gcc -c a.c b.c main.c && gcc a.o b.o main.o -Wl,--print-map | sed -n 1,3p'
t 'gcc -c a.c b.c main.c && gcc a.o b.o main.o -Wl,--dependency-file=prog.d'
t 'gcc -c a.c b.c main.c && gcc a.o b.o main.o -Wl,-t | grep -v /usr'
t 'gcc -c a.c b.c main.c && gcc a.o b.o main.o -Wl,--trace-symbol=a'
t 'gcc -c a.c b.c main.c && gcc a.o b.o main.o -Wl,-v 2>&1 | tail -n 1'
t 'gcc -c a.c b.c main.c && gcc -Wl,--start-group a.o b.o main.o -Wl,--end-group -Wl,--gc-sections -Wl,--print-gc-sections'
t 'gcc -c a.c && gcc a.o -shared -Wl,--out-implib=x.lib'
t 'gcc zero.c -Wl,--defsym=q=3,-z,now,-z,relro -Wl,-O1 -Xlinker --hash-style=gnu && ./a.out'
t 'gcc zero.c -Wl,--build-id=sha1 -Wl,--build-id=none'
t 'gcc zero.c -Wl,--no-such-option'
t 'gcc zero.c -Wl,-o,other && ./other'
t 'gcc zero.c -z noexecstack -u zeroed'
t 'gcc zero.c -Wl,@args'
t 'gcc zero.c -Wl,-rpath=/opt/x:/opt/y -Wl,--enable-new-dtags && ./a.out'
t 'gcc -shared -fPIC a.c -o liba.so -Wl,--version-script=vers.map && nm -D liba.so'
t 'gcc -shared -fPIC a.c -o liba.so -Wl,--version-script,no-such.map'
t 'gcc -shared -fPIC a.c b.c -o lib.so -Wl,--dynamic-list=list -Wl,-Bsymbolic && nm -D lib.so'
t 'gcc -nostdlib a.c b.c -T script.ld -o prog.elf'
t 'gcc -nostdlib -c a.c && gcc -nostdlib a.o -Tscript.ld -Wl,-Ttext=0x1000 -o prog.elf'
t 'gcc -nostdlib a.c -Wl,-T,no-such.ld -o prog.elf'
t 'gcc -c a.c b.c && gcc main.c group.ld && ./a.out'
for linker in bfd gold lld; do
	beside="gcc -c a.c b.c main.c && mkdir -p s1 s2 && ar rcs s1/libx.a b.o a.o && ar rcs s2/libx.a a.o b.o && echo 'GROUP(libx.a)' >s2/libs.so"
	t "$beside && gcc -fuse-ld=$linker main.o -Ls1 -Ls2 -ls -Wl,-Map=s.map -o prog; ./prog"
	t "$beside && ar rcs libx.a b.o && gcc -fuse-ld=$linker main.o -Ls1 -Ls2 -ls -Wl,-Map=s.map -o prog; ./prog"
done
t 'gcc -c a.c && cp a.o liba.a && gcc main.c b.c -L. -lgroup && ./a.out'
t 'gcc -c a.c && ar rcs liba.a a.o && gcc main.c b.c -L. -lgroup && ./a.out'
for compiler in gcc clang; do
	t "$compiler -fPIC -c a.c b.c && ar rcs liba.a a.o && $compiler -shared a.o -o liba.so && $compiler -static -shared -nostdlib b.o -L. -la -o o.so; ls -l o.so"
done
t 'echo "int helper(void) { return 2; }" >helper && gcc -x c helper -x none zero.c -Wl,-e,helper'
t 'clang -c a.c b.c main.c && gcc a.o b.o main.o -o prog && ./prog'
t 'gcc -c data -o x.o; gcc data zero.c'
t 'gcc zero.c -Bout && gcc zero.c -B out'
for cc in gcc clang; do # what is meant for the linker, and is not
	t "$cc -shared -o a.so -fPIC a.c -Bsymbolic -Bsymbolic-functions"
	t "$cc -B no/such/folder/ -MD -c a.c"
	t "mkdir t && ln -s \$(command -v as) t/as && $cc -Bt -c a.c"
done
t 'gcc -specs=no-such zero.c; gcc -specs=no-such -c a.c; gcc -specs=./own.specs -c a.c; gcc -specs -c a.c'
# Rules of a specs file, beside those that are built in.
printf '*cc1_options:\n+ %%{!fno-PIE:-fPIE} -DX=1\n' >"$work/own.specs"
printf '%%rename lib old_lib\n\n*self_spec:\n+ %%{!shared:-no-pie}\n\n*lib:\n%%{static:-lm} -lm %%(old_lib)\n\n' >"$work/link.specs"
printf '*cc1_options:\n+ %%:getenv(HOME /x)\n' >"$work/env.specs"
printf '%%include <own.specs>\n' >"$work/more.specs"
for specs in own link env more; do
	t "gcc -specs=$work/$specs.specs -g -c a.c; gcc --specs=$work/$specs.specs -E a.c | md5sum; gcc -specs $work/$specs.specs zero.c && ./a.out"
done
# A folder for some options or stages only, one that is relative, a file that may appear.
mkdir -p "$work/some" && echo 'int some;' >"$work/some/some.h"
for rule in "*cc1_options:\n+ -isystem $work/some" "*cpp_options:\n-nostdinc -isystem $work/some" "*cpp_unique_options:\n+ %{O2:-I$work/some}" '*cpp_unique_options:\n+ -Isome' "*startfile:\n%:if-exists($work/some.o)"; do
	t "mkdir some; echo 'int else_;' >some/some.h; printf '$rule\n' | sed 's/%:/%%:/' >rule; for x in 1 2; do cp rule $work/rule.specs; for o in -O1 -O2; do printf '#if __has_include(<some.h>)\n#include <some.h>\n#endif\nint x;' | gcc -specs=$work/rule.specs -nostartfiles -shared -fPIC \$o -o x\$x\$o -x c -; echo 'int t;' | gcc -c -o $work/some.o -x c -; done; done; rm $work/some.o"
done
t "for how in -static -shared -static-pie -pie -nostartfiles -pthread; do gcc -specs=$work/link.specs \$how -fPIC zero.c -o x\$how; done"
t "cp $work/own.specs s; sed -i s/1/2/ s; for i in 1 2; do cp s \$PWD.specs; gcc -specs=\$PWD.specs -E -x c - <x.h | md5sum; gcc -specs=\$PWD.specs -g3 -c a.c -o a\$i.o; sed -i s/2/3/ s; done; rm \$PWD.specs"
# A clang with a file of options beside it, which goes by its name.
mkdir -p "$work/llvm/bin"
ln -s "$(realpath "$(clang -print-resource-dir)/../..")" "$work/llvm/lib"
own=x86_64-linux-gnu-clang
cp "$(realpath "$(command -v clang)")" "$work/llvm/bin/$own"
config="$work/llvm/bin/$own.cfg"
echo 'int x = X + 0;' >"$work/told.c"
usual=$PATH
PATH=$work/llvm/bin:$PATH
t "for x in 1 2; do echo -DX=\$x -O1 >$config; $own -g -c $work/told.c -o x\$x.o; $own zero.c -o zero\$x; done; rm $config; $own -c $work/told.c"
t "echo @other >$config; echo -DX=3 >$work/llvm/bin/other; $own -c $work/told.c; rm $config"
t "echo -Inone -include none.h >$config; $own -c $work/told.c; rm $config"
PATH=$usual

# Compilers with libraries for several machines: which ones the options choose.
div='echo "volatile double a, b; int main(void) { a = a / b; return 0; }" >div.c'
if command -v avr-gcc >/dev/null; then
	for how in '' -mmcu=attiny85 -mmcu=atmega328p; do
		t "$div; avr-gcc $how -Os -MMD -c div.c && cat div.d; avr-gcc $how div.o -o div -Wl,-Map,div.map && avr-objcopy -O ihex div div.hex; avr-size div"
	done
	t 'avr-gcc -mmcu=nosuch -c zero.c; avr-gcc -mmcu=attiny85 -E zero.c | md5sum'
fi
if command -v arm-none-eabi-gcc >/dev/null; then
	for how in '' '-mcpu=cortex-m4 -mthumb' '-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16' '-marm -march=armv7-a'; do
		t "$div; arm-none-eabi-gcc $how -g -Os -MMD -c div.c && arm-none-eabi-gcc $how -nostdlib -e main -o div div.o -lgcc -Wl,-Map=div.map"
		if [ -e "$(arm-none-eabi-gcc -print-file-name=nosys.specs)" ]; then
			t "$div; arm-none-eabi-gcc $how -c div.c && arm-none-eabi-gcc $how --specs=nano.specs --specs=nosys.specs -o div div.o -lm"
			t "$div; arm-none-eabi-gcc $how -g --specs=nosys.specs -o div div.c; arm-none-eabi-gcc $how -g -o bare div.c"
		fi
	done
fi
if command -v riscv64-unknown-elf-gcc >/dev/null; then
	for how in '' '-march=rv32imac -mabi=ilp32' '-march=rv64gc -mabi=lp64d'; do
		t "$div; riscv64-unknown-elf-gcc $how -Os -c div.c && riscv64-unknown-elf-gcc $how -nostdlib -e main -o div div.o -lgcc"
	done
fi
if command -v musl-gcc >/dev/null; then
	for how in '' -static -static-pie -shared '-O2 -flto' -pie; do t "musl-gcc $how -fPIC a.c b.c main.c -o x && { [ '$how' = -shared ] || ./x; }"; done
fi
t 'COMPILER_PATH=out gcc zero.c && GCC_EXEC_PREFIX= gcc zero.c'
t 'CC_PRINT_OPTIONS=1 CC_PRINT_OPTIONS_FILE=options clang -c a.c && cat options; CC_PRINT_HEADERS=1 CC_PRINT_HEADERS_FILE=headers clang -c b.c'
t 'gcc -S a.c && gcc -c a.c && POSIXLY_CORRECT=1 as a.s -o b.o; POSIXLY_CORRECT=1 ar rcs lib.a a.o; POSIXLY_CORRECT=1 ld -r a.o -o c.o; POSIXLY_CORRECT=1 strip a.o -o d.o'
t 'mkfifo f; for i in 1 2; do cat a.c >f & timeout 20 gcc -c -xc f -o x$i.o; wait; done; cat a.c >f & timeout 20 gcc -E -xc f | wc -l; wait; cat x.h >f & timeout 20 gcc -c -include f b.c; wait'
t 'mkfifo f; gcc -S a.c; cat a.s >f & timeout 20 as f -o x.o; wait; gcc -c a.c; cat a.o >f & timeout 20 ld -r f -o y.o; wait; cat a.c >f & timeout 20 clang -c -xc f -o z.o; wait'
t 'clang -fsanitize=address -MD -c a.c && cat a.d; echo "fun:a" >ign; clang -fsanitize=address -fsanitize-ignorelist=ign -MD -c a.c -o b.o && cat b.d; clang -fsanitize=memory -MD -c b.c && cat b.d; clang -fsanitize=address zero.c && ./a.out; clang -fsanitize=dataflow -c b.c; clang -fsanitize=cfi -flto -fvisibility=hidden -c b.c -MD'
# closed descriptors: what is opened must not be taken for the standard output
t 'printf "int f(int x) { int y; return x; }\n" >unused.c; for i in 1 2; do gcc -Wall -c unused.c -o o1 2>&-; gcc -Wall -c unused.c -o o2 >&- 2>&-; gcc -Wall -c unused.c -o o3 <&- >&- 2>&-; gcc -E a.c >&-; gcc -c undef.c no-such.c 2>&-; done; gcc -Wall -c unused.c'
# PATH is where a driver finds the assembler and the linker
t 'mkdir t && cp "$(command -v as)" "$(command -v ld)" t && PATH=$PWD/t:$PATH gcc -c a.c && PATH=$PWD/t:$PATH gcc zero.c && ./a.out'
t 'mkdir t && printf "#!/bin/sh\nexec /usr/bin/as --defsym MINE=1 \"\$@\"\n" >t/as && chmod +x t/as && gcc -c a.c -o b.o && PATH=$PWD/t:$PATH gcc -c a.c && gcc -c a.c -o c.o'
t 'mkdir t && printf "#!/bin/sh\nexec /usr/bin/ld -e main \"\$@\"\n" >t/ld && chmod +x t/ld && PATH=$PWD/t:$PATH gcc zero.c -o prog && gcc zero.c'
t 'mkdir t && printf "#!/bin/sh\nread x <\${0%%%%/*}/flags; exec /usr/bin/gcc \$x \"\$@\"\n" >t/gcc && echo -DN=7 >t/flags && chmod +x t/gcc && PATH=$PWD/t:$PATH gcc -c b.c && PATH=$PWD/t:$PATH gcc -o prog main.c a.c b.c; gcc -c b.c -o d.o'
t 'gcc -c a.c && ar rcs lib/liba.a a.o && export LIBRARY_PATH=lib:/usr/lib:: && gcc b.c main.c -la -Wl,-Map=- | grep -v /tmp; gcc -c b.c main.c; gcc b.o main.o -la -Wl,-t; cp "$(gcc -print-file-name=crti.o)" lib && gcc b.o main.o -la -Wl,-t; mkdir lib/x86_64-linux-gnu; mv lib/crti.o lib/x86_64-linux-gnu; gcc b.o main.o -la -Wl,-t; LIBRARY_PATH=$PWD/lib gcc b.o main.o -la -Wl,-t'
t 'LD_RUN_PATH=/opt/z gcc zero.c && readelf -d a.out | grep PATH'
t 'gcc zero.c -o prog && cp prog copy && gcc zero.c -o prog -O2 && ./prog && ./copy'
t 'mkfifo a.out; gcc -c zero.c -o a.out & cat a.out >got.o; wait'

# Archives.
t 'gcc -c a.c b.c && ar rcs libab.a a.o b.o && gcc main.c libab.a && ./a.out'
t 'gcc -c a.c b.c && ar cr libab.a a.o b.o && ranlib libab.a && ranlib -D libab.a && ranlib -U libab.a; rm libab.a'
t 'gcc -c a.c b.c && ar -rcs libab.a a.o b.o'
t 'gcc -c a.c b.c && ar r libab.a a.o b.o'
t 'gcc -c a.c b.c && ar rv libab.a a.o && ar rv libab.a a.o b.o'
t 'gcc -c a.c b.c && ar q libab.a a.o && ar q libab.a b.o a.o && ar t libab.a'
t 'gcc -c a.c b.c && ar rcs libab.a a.o b.o && ar d libab.a a.o && ar t libab.a'
t 'gcc -c a.c b.c && ar rcs libab.a a.o b.o && ar dv libab.a a.o no-such.o && ar tv libab.a'
t 'gcc -c a.c b.c && ar rcs libab.a a.o b.o && ar m libab.a a.o && ar t libab.a'
t 'gcc -c a.c b.c && ar rcs libab.a a.o b.o && rm a.o && ar x libab.a && ar x libab.a b.o'
t 'gcc -c a.c b.c && ar rcs libab.a a.o b.o && ar p libab.a a.o | cmp - a.o'
t 'gcc -c a.c b.c && ar rcsT libthin.a a.o b.o && gcc main.c libthin.a && ./a.out'
t 'gcc -c a.c b.c && ar rcs --thin libthin.a a.o b.o && ar t libthin.a'
t 'gcc -c a.c b.c && ar rcsT libthin.a a.o b.o && ar rcs libthin.a b.o && ar d libthin.a a.o'
t 'gcc -c a.c b.c && ar rcsD libab.a a.o b.o && ar rcsS libs.a a.o && ar s libs.a'
# thin archives of archives: ar takes the members of the members
t 'gcc -c a.c b.c && ar rcsT t1.a a.o && ar rcsT t2.a b.o && ar cDPrST thins.a t1.a t2.a && ar t thins.a && gcc main.c thins.a && ./a.out'
t 'gcc -c a.c -o out/a.o && gcc -c b.c -o sub/b.o && ar cDPrST out/thin.a out/a.o && ar cDPrST sub/thin.a sub/b.o && ar cDPrST thins.a out/thin.a sub/thin.a && ar t thins.a && gcc main.c thins.a && ./a.out'
t 'gcc -c a.c -o out/a.o && gcc -c b.c && ar rcsT out/thin.a out/a.o && ar rcT thin.a b.o && ar qcT thin.a out/thin.a && cd out && ar rcsT ../thin2.a ../thin.a && ar t ../thin2.a'
t 'gcc -c a.c b.c && ar cDPrST thin.a && ar cDPrST thin.a b.o a.o && ar mPiT $(ar t thin.a | sed -n 1p) thin.a $(ar t thin.a | grep a.o) && ar t thin.a'
t 'gcc -c a.c b.c && ar rcs reg.a a.o && ar rcsT thin.a reg.a b.o && ar t thin.a && gcc main.c thin.a && ./a.out; nm thin.a; ar dT thin.a b.o'
t 'gcc -c a.c b.c && ar rcsT thin.a a.o && ar rcs reg.a thin.a b.o && ar t reg.a && rm a.o && ar rcs reg2.a thin.a; ar rcsT thin2.a thin.a'
t 'gcc -c a.c b.c && ar rcsT thin.a a.o b.o && nm thin.a && size thin.a && objdump -d thin.a && readelf -hW thin.a && nm -s thin.a'
t 'gcc -g -c a.c b.c && ar rcsT thin.a a.o b.o && strip -g thin.a; objcopy -g thin.a x.a; objcopy thin.a thin.a; ranlib thin.a'
t 'gcc -c a.c b.c && ar rcsT thin.a a.o b.o && cp thin.a out/thin.a && cp thin.a x.a && ln -s thin.a y.a && nm x.a && nm y.a && nm out/thin.a'
t 'gcc -c a.c b.c && ar rcsT thin.a a.o b.o && ld -r --whole-archive thin.a -o x.o && ld -r thin.a b.o -o y.o && ld.lld -r --whole-archive thin.a -o z.o && gcc -shared -Wl,--whole-archive thin.a -o x.so'
t 'gcc -c a.c b.c && ar rcsU libab.a a.o b.o && ar t libab.a && rm libab.a'
t 'gcc -c a.c b.c && ar rcsU libab.a a.o && ar rcs libab.a b.o && rm libab.a'
t 'gcc -c a.c b.c -o out/b.o; gcc -c b.c -o out/b.o && ar rcs lib.a a.o out/b.o ./a.o && ar t lib.a'
t 'gcc -c a.c && cp a.o out && ar rcsP lib.a a.o out/a.o && ar t lib.a'
t 'gcc -c a.c && ar rcs libab.a a.o no-such.o'
t 'ar rcs lib.a'
t 'ar rcs lib.a x.h data && ar t lib.a'
t 'ar rcs lib.a "sp ace.h" && ar t lib.a'
t 'gcc -c a.c -o a-very-long-name-of-an-object.o && ar rcs lib.a a-very-long-name-of-an-object.o'
t 'ar t no-such.a; ar d no-such.a a.o; ranlib no-such.a; ranlib'
t 'gcc -c a.c b.c && ar rcs libab.a a.o b.o && ar mb a.o libab.a b.o && ar t libab.a && ar ma b.o libab.a a.o && ar ma a.o libab.a; ar ra b.o libab.a main.c && ar t libab.a'
t 'gcc -c a.c b.c && ar rcs libab.a a.o b.o && ar ma no-such.o libab.a b.o; ar t libab.a; ar mi a.o; ar da a.o libab.a b.o'
t 'ar; ar rcs; ar --version | head -n 1'
t 'ar rcs x.h a.c'
t 'ar zz lib.a a.c'
t 'gcc -c a.c && ar rcs out a.o; ar rcs no-such-folder/lib.a a.o'
t 'gcc -c a.c && ar rcs lib.a a.o && chmod 640 lib.a && ar rcs lib.a a.o && ranlib lib.a'
t 'gcc -c a.c && ar rcs lib.a a.o && ln lib.a hard.a && ar rcs hard.a a.o && ranlib lib.a'
t 'gcc -c a.c && ar rcs lib.a a.o && ln -s lib.a soft.a && ar rcs soft.a a.o && ranlib soft.a'
t 'gcc -c a.c && ar rcs lib.a a.o && chmod 444 lib.a && ranlib lib.a'
t 'gcc -c a.c && ar rcs lib.a a.o && ar rcu lib.a a.o && ar rcuv lib.a a.o'
t 'gcc -c a.c && ar rcs lib.a a.o && ar rcs lib2.a lib.a && ar t lib2.a'
t 'gcc -c a.c && chmod 600 a.o && ar rcs lib.a a.o && ar tv lib.a && ar rcso lib.a a.o'
t 'gcc -c a.c b.c && ar rcs lib.a a.o && ar rb a.o lib.a b.o && ar t lib.a'
t 'gcc -c a.c b.c && ar rcs lib.a a.o && ar rcN 1 lib.a a.o && ar t lib.a'
t 'gcc -c a.c b.c && printf "create l.a\naddmod a.o b.o\nsave\nend\n" | ar -M && ar t l.a'
t 'gcc -c a.c && gcc-ar rcs lib.a a.o && gcc-ranlib lib.a && gcc-nm lib.a'
t 'gcc -c a.c b.c && gcc-ar csrDT thin.a a.o b.o && gcc-ar csrD lib.a a.o && gcc-ar csrD none.a && gcc-ar t thin.a'
t 'ar --plugin /nowhere/p.so rcs lib.a; ar --plugin; ar --plugin /nowhere/p.so'
t 'gcc -flto -frandom-seed=1 -c a.c && ar rcs lib.a a.o && gcc-ar rcs lib2.a a.o && nm -s lib.a'
t 'gcc -c a.c && cd out && ar rcs ../lib.a ../a.o && cd ../slinc && ar rcs ../lib2.a ../a.o'
t 'gcc -c a.c && cat a.o a.o >twice && ar rcs lib.a twice && x86_64-linux-gnu-ar rcs lib3.a a.o'
t 'chmod 0 data && ar rcs lib.a data'
t 'gcc -c a.c && llvm-ar rcs lib.a a.o && llvm-ar t lib.a'
t 'clang -c a.c b.c && llvm-ar-14 qc lib.a a.o && llvm-ranlib-14 lib.a && llvm-ar q lib.a b.o && llvm-ranlib -D lib.a && clang main.c lib.a && ./a.out'
t 'clang -flto -c a.c b.c && llvm-ar rc lib.a a.o b.o && llvm-ranlib lib.a && clang -flto -fuse-ld=lld main.c lib.a && ./a.out; llvm-nm lib.a'
t 'clang -c a.c b.c && llvm-ar rcsT thin.a a.o && llvm-ar rcsT thin2.a thin.a b.o; llvm-ar t thin2.a; llvm-ar rcsL all.a thin.a b.o; llvm-ar t all.a; llvm-ar rcsTL all2.a thin.a; llvm-ar t all2.a'
t 'clang -c a.c b.c && llvm-ar r lib.a a.o b.o; llvm-ar d lib.a a.o && llvm-ar t lib.a && llvm-ar rb b.o lib.a a.o && llvm-ar ma a.o lib.a b.o; llvm-ar t lib.a'
t 'clang -c a.c && llvm-ar rcsf lib.a a.o; llvm-ar rcs lib2.a no-such.o; llvm-ar rcs; llvm-ranlib; llvm-ranlib no-such.a; llvm-ar rcsU lib3.a a.o && rm lib3.a'
t 'clang -c a.c && cp a.o out && llvm-ar rcs lib.a a.o out/a.o && llvm-ar rcP lib2.a out/a.o && llvm-ar t lib2.a && llvm-ar --format=gnu rcs lib3.a a.o && llvm-ar rcs --thin lib4.a a.o'

# The linker, the assembler and the binary utilities themselves.
t 'gcc -c a.c b.c && ld -r -o ab.o a.o b.o && gcc main.c ab.o && ./a.out'
t 'gcc -c a.c b.c && ld -r a.o b.o'
t 'gcc -fPIC -c a.c b.c && ld -shared -o libab.so a.o b.o -soname libab.so.1'
t 'gcc -fPIC -c a.c && ld -shared -o liba.so a.o --build-id --hash-style=gnu -z relro'
t 'gcc -c a.c b.c && ld -T script.ld a.o b.o -o prog.elf'
t 'gcc -c a.c b.c && ld a.o b.o -e a -o prog.elf'
t 'gcc -c a.c b.c && ld a.o b.o -o prog.elf'
t 'gcc -c a.c b.c && ld -r -b binary -o data.o data && ld -r -o all.o data.o a.o -Map=all.map'
t 'gcc -c a.c b.c && ld -r -m elf_x86_64 -z noexecstack --build-id=sha1 -o ab.o a.o --whole-archive b.o'
t 'gcc -c undef.c && ld undef.o -o undef'
t 'gcc -c a.c && ld -r a.o a.o -o twice.o'
t 'ld -r no-such.o -o x.o'
t 'ld -r data -o x.o'
t 'ld --version | head -n 1; ld -V | head -n 1; ld'
t 'ld -m elf_i386 -z noexecstack -v; ld -m elf_x86_64 -V | head -n 1; ld -m no-such -v; gcc -c zero.c && ld -r zero.o -o x.o -v'
for option in -mtune=generic32 -mtune=generic64,-march=core2 -msyntax=att,-mmnemonic=att -momit-lock-prefix=no \
	-mx86-used-note=yes --defsym,X=1 -L,--fatal-warnings --size-check=error --gdwarf-sections -mri --no-such -mno-such; do
	t "gcc -c a.c -Wa,$option; gcc -c -g b.c -Wa,$option"
	t "gcc -S a.c && as a.s -o a.o $(echo "$option" | tr , ' ')"
done
t 'ld -r -b binary data -o "out/data file.o"'
t 'echo old >x.o && chmod 600 x.o && ld -r -b binary data -o x.o'
t 'gcc -c a.c b.c && ar rcs lib/libb.a b.o && ld -r a.o -Llib -lb -o ab.o'
t 'gcc -c a.c b.c && ar rcs libb.a b.o && ld -r a.o --whole-archive libb.a -o ab.o'
t 'gcc -c a.c b.c && ld.gold -r a.o b.o -o gold.o && ld.bfd -r a.o b.o -o bfd.o && ld.lld -r a.o b.o -o lld.o'
t 'gcc -c a.c b.c && cd out && ld -r ../a.o ../sub/../b.o -o ../ab.o'
t 'gcc -c a.c b.c && ld -r group.ld -o ab.o'
t 'gcc -fPIC -c a.c && ld -shared a.o -o liba.so --version-script=vers.map'
t 'as s.s -o s.o'
t 'as s.s'
t 'as s.s i.s -o si.o'
t 'as i.s -o i.o && as -I inc j.s -o j.o && as -Iinc j.s -o j2.o'
t 'as j.s -o j.o'
t 'as --64 -g --defsym Q=1 s.s -o out/s.o'
t 'as --gdwarf-5 s.s -o s.o && as -march=i486 --32 s.s -o s32.o'
t 'as no-such.s -o x.o'
t 'as a.c -o x.o'
t 'as -a s.s -o s.o'
t 'as -al=s.lst s.s -o s.o && as --MD s.d s.s -o s.o'
t 'as --MD s.d i.s -o i.o'
t 'cat s.s | as -o s.o && cat s.s | as -o s2.o - && as --version | head -n 1'
t 'echo old >s.o && chmod 600 s.o && as s.s -o s.o'
t 'echo ".warning \"careful\"" >w.s && as w.s -o w.o; as --fatal-warnings w.s -o w2.o'
t 'cd sub && as -g ../s.s -o s.o'
cat >"$work/named.c" <<'END'
int strcmp(const char *, const char *);
int named(const char *p) { return strcmp(p, ".include") == 0 || ".incbin" == p; }
END
cat >"$work/joined.c" <<'END'
#define FILE_NAME " \"data\""
__asm__(".section .rodata\n.globl blob\nblob: .incbin" FILE_NAME);
__asm__("blob2: .incbin" /* */ " \"data\"");
END
for cc in gcc clang; do t "$cc -c $work/named.c; for x in 1 2; do $cc -c $work/joined.c -o joined\$x.o; echo \$x >>data; done"; done
t 'printf ".include \"no\"\n" >q.s && as q.s -o q.o'
t 'printf ".include \"i.inc\" # c\n .incbin \"data\", 2, 3\n" >q.s && as q.s -o q.o'
for tool in "clang -c" "gcc -c" as; do
	t "printf '.INCLUDE \"i.inc\"\n' >q.s && $tool q.s -o q.o"
	t "printf '.macro bin f\n.incbin \"\\\\f\"\n.endm\nbin data\n' >q.s && cat q.s && $tool q.s -o q.o"
	t "printf '.include \"i\\\\056inc\"\n' >q.s && cat q.s && $tool q.s -o q.o"
	t "printf '.altmacro\n.macro bin f\n.incbin \"&f\"\n.endm\nbin data\n' >q.s && cat q.s && $tool q.s -o q.o"
done
t 'echo "#include <beside.h>" >q.c && touch beside.h && ! clang -c q.c'
for option in -fms-compatibility -fms-extensions; do
	t "mkdir -p ms/sub other && echo '#include \"sub/deep.h\"' >ms/top.h && echo '#include \"o.h\"' >ms/sub/deep.h && echo 'int o = 1;' >ms/o.h && echo 'int o = 2;' >other/o.h && echo '#include \"ms/top.h\"' >q.c && clang $option -Iother -c q.c -o q.o"
done
t 'gcc -g zero.c -o prog && strip prog && ./prog'
t 'gcc -g zero.c -o prog && strip -s prog && ./prog'
t 'gcc -g zero.c -o prog && strip -g prog && nm prog | grep -c main'
t 'gcc -g zero.c -o prog && strip -o small prog && ./small && ./prog'
t 'gcc -g -c a.c b.c && strip -g a.o && strip --strip-unneeded b.o && strip -x a.o b.o'
t 'gcc -g zero.c -o prog && chmod 700 prog && strip prog'
t 'gcc -g zero.c -o prog && chmod 4711 prog && strip prog'
t 'gcc -g zero.c -o prog && chmod 644 prog && strip -o small prog'
t 'gcc -g zero.c -o prog && chmod 555 prog && strip prog'
t 'gcc -g zero.c -o prog && chmod 700 prog && strip -o small prog && echo old >x && chmod 600 x && strip -o x prog'
t 'gcc -g zero.c -o prog && ln prog hard && strip prog'
t 'gcc -g zero.c -o prog && ln -s prog soft && strip soft'
t 'gcc -g -c a.c && chmod 600 a.o && strip -g a.o'
t 'gcc -g zero.c -o prog && strip -R .comment -K main prog --remove-section=.note.gnu.property'
t 'gcc -g zero.c -o prog && strip -p prog && strip -v prog'
t 'gcc -g -c a.c b.c && gcc -g zero.c -o prog && strip -w -N "__a*" --strip-symbol=b a.o b.o && nm a.o b.o; strip --strip-symbol b a.o prog a.o; strip -o x a.o b.o'
t 'gcc -g -c a.c b.c && ar rcs lib.a a.o b.o && strip --strip-debug --remove-section=.comment --remove-section=.note --enable-deterministic-archives -R ".gnu.lto_*" -N __gnu_lto_slim lib.a && strip --keep-symbol=a --discard-all a.o no-such.o b.o'
t 'gcc -g zero.c -o prog && ln prog hard && gcc -g zero.c -O2 -o prog2 && chmod 555 prog2 && strip prog prog2 && strip hard prog; gcc -c a.c; ln -s a.o soft.o; strip soft.o prog2; strip a.c prog2'
t 'strip no-such; strip a.c; strip; strip --version | head -n 1'
t 'gcc -g -c a.c && ar rcs lib.a a.o && strip -g lib.a && ar t lib.a && nm lib.a'
t 'gcc -g zero.c -o prog && strip prog -o out; strip prog -o no-such-folder/x; strip prog -o /dev/null'
t 'gcc -g zero.c -o prog && objcopy --only-keep-debug prog prog.debug && objcopy --strip-debug --add-gnu-debuglink=prog.debug prog && ./prog'
t 'gcc -c a.c && objcopy --redefine-sym a=q a.o q.o && nm q.o'
t 'objcopy -I binary -O elf64-x86-64 data data.o && nm data.o'
t 'gcc -c a.c && nm a.o; size a.o; readelf -h a.o | head -n 3; objdump -d a.o; strings -n 3 a.o'
t 'nm no-such.o; size a.c; objdump -d a.c'

# Products that other programs use.
t 'gcc -c a.c b.c main.c && gcc a.o b.o main.o -o prog && ./prog && strip prog && ./prog'
t 'gcc -c gone.c && rm gone.c'
t 'gcc -c a.c && rm a.o && gcc -c a.c'
t 'gcc -c a.c && rm a.o'
t 'gcc -c a.c && mv a.o out/moved.o && gcc -c b.c && gcc main.c out/moved.o b.o && ./a.out'
t 'gcc -c a.c && cp a.o copy.o && cp -p a.o out && cmp a.o copy.o && cmp a.o out/a.o'
t 'gcc -c a.c && ln a.o hard.o && gcc -O2 -c a.c && cmp hard.o a.o'
t 'gcc -c a.c && ln -s a.o soft.o && gcc main.c b.c soft.o && ./a.out'
t 'gcc -c a.c && ln -s ../a.o out/soft.o && ar rcs lib.a out/soft.o && ar t lib.a && strip -g out/soft.o'
t 'gcc -c a.c && install -m 640 a.o out/installed.o && gcc zero.c -o zero && install -s zero out && out/zero'
t 'gcc zero.c -o zero && install -D zero out/bin/zero && mv zero out/zero && out/bin/zero'
t 'gcc -c a.c && test -s a.o && echo there'
t 'gcc -c a.c && sha256sum a.o && wc -c <a.o && head -c 4 a.o | od -c && file a.o'
t 'gcc a.c b.c main.c -o prog && size prog && nm prog | grep " T " && ldd prog >/dev/null'
t 'gcc -c a.c -o one.o && gcc -c a.c -o two.o && cmp one.o two.o'
t 'gcc -O0 -c a.c && cp a.o o0.o && gcc -O2 -c a.c && cp a.o o2.o; cmp o0.o o2.o'
t 'gcc -c a.c && gcc -c b.c -o a.o && nm a.o'
t 'gcc -c a.c && cat a.o >>x.h; gcc -c a.c -o b.o'
t 'gcc -c a.c && chmod 600 a.o && gcc -c b.c && chmod 400 b.o && ar rcs lib.a a.o b.o'
t 'gcc -c a.c & gcc -c b.c & wait; gcc main.c a.o b.o && ./a.out'
t 'for f in a b main; do gcc -c $f.c || exit 1; done; gcc *.o && ./a.out'
t 'mkdir -p o && (cd o && gcc -I.. -c ../a.c ../b.c) && gcc main.c o/*.o && ./a.out'
t 'gcc -DN=5 ifdef.c -c -o n.o || exit 3; gcc -c syntax.c || exit 4'
t 'if gcc -c syntax.c 2>/dev/null; then echo yes; else echo no; fi'
t 'gcc -c a.c b.c && tar cf ab.tar a.o b.o && tar tf ab.tar && rm ab.tar'
t 'echo "int gen(void) { return 1; }" >gen.c && gcc -c gen.c && echo "int gen(void) { return 2; }" >gen.c && gcc -c gen.c -o gen2.o; cmp gen.o gen2.o'
t 'gcc zero.c -o gen && ./gen && gcc root.c -lm -o gen && ./gen'
t 'gcc hello.c -o gen && ./gen >made.h; sed -i "s/.*/#define N 1/" made.h; gcc -include made.h -c ifdef.c'
t 'printf "all: a.o b.o\n\tgcc main.c a.o b.o -o prog\n" >Makefile && make -s CC=gcc && ./prog && make -q'
t 'gcc -c a.c -o a.o; echo $?; gcc -c no-such.c; echo $?; gcc no-such.o; echo $?'
t 'exec gcc -c a.c'
t 'nice -n 1 gcc -c a.c && env gcc -c b.c && command gcc -c zero.c && time -p true 2>/dev/null; xargs gcc -c main.c </dev/null'
t 'ln -s "$(command -v gcc)" mycc && ./mycc -c a.c; PATH="$PWD:$PATH" mycc -c b.c; rm mycc'
t 'cd / && gcc -c "$OLDPWD/a.c" -o "$OLDPWD/a.o"'
t 'mkdir gone && cd gone && rmdir ../gone && gcc -c ../a.c'
t 'ulimit -f 0; gcc -c a.c'

# A source through a pipe.
t 'for cxx in g++ clang++; do cat x.h a.c | $cxx -E -; $cxx -dM -E - </dev/null; done'
for cc in gcc clang; do
	t "echo 'int main(void) { return 3; }' | $cc -xc - -o prog; ./prog"
	t "$cc -xc -c - -o out/a.o <a.c; $cc -xc - <main.c -c && ls -- -.o"
	t "cat x.h a.c | $cc -E -; cat a.c | $cc -E -xc -dM - | LC_ALL=C sort | head -n 20"
	t "$cc -dM -E - </dev/null | LC_ALL=C sort; : | $cc -xc -c - -o empty.o"
	t "$cc -MM -MG nohdr.c; $cc -M -MG -MF x.d -MP nohdr.c"
	t "$cc -MM a.c b.c main.c >depend; cat depend; $cc -M a.c b.c | wc -l; $cc -E a.c b.c; $cc -E -dM a.c b.c | LC_ALL=C sort | uniq | wc -l"
	t "$cc -MM a.c syntax.c nohdr.c; $cc -MM a.c x.o b.c; $cc -E a.c b.c -o both.i; $cc -MM a.c b.c -MF both.d; cat both.d"
	t "echo 'int x = y;' | $cc -xc -c - -o bad.o || echo no; echo 'int x = y;' | $cc -xc -fsyntax-only -"
	t "printf '#warning hi\\nint f;\\n' | $cc -g -xc -c - -o out/w.o"
	t "cat a.c | $cc -Iinc -xc -S - -o a.s && cat a.c | $cc -Iinc -xc -S -o - -"
	t "cat a.c | $cc -M -xc -; cat a.c | $cc -MD -xc -c - -o a.o; ls *.d"
	t "echo '#include \"gone.h\"' | $cc -E -xc -; echo 'char t[] = __FILE__;' | $cc -S -xc - -o t.s"
	t "cat b.c main.c | $cc -xc - a.c -o prog; echo 'int i;' | $cc -c - -o i.o; echo 'int i;' | $cc - -xc -c -o i.o"
	t "{ echo 'int one;'; sleep 0.2; echo 'int two;'; } | $cc -xc -c - -o slow.o; $cc -xc -c - -o none.o <&-"
done
t 'echo "int f() { return 1; }" | g++ -xc++ -c - -o f.o; echo "nop" | gcc -xassembler -c - -o nop.o; echo "nop" | gcc -xassembler-with-cpp -c - -o nop.o'
t 'f() { gcc -xc -E -P - | tail -n 1; }; f <a.c; { f; cat; } <a.c'

# Commands that are only asked how they end, or what they print.
for cc in gcc clang; do
	t "$cc -c a.c -o /dev/null; $cc -c syntax.c -o /dev/null || echo no"
	t "$cc -Werror -Wall -c -x c /dev/null -o /dev/null; $cc -Werror -fno-such-option -c -x c /dev/null -o /dev/null || echo no"
	t "$cc zero.c -o /dev/null; $cc main.c -o /dev/null || echo no; $cc -xc /dev/null -c; ls"
	t "$cc -fsyntax-only -c a.c; $cc -fsyntax-only -S b.c; $cc -c -fsyntax-only syntax.c || echo no"
	t "$cc -fsyntax-only a.c b.c; $cc -fsyntax-only a.c syntax.c || echo no; $cc -E -fsyntax-only a.c | wc -l"
	t "$cc -S a.c -o - ; $cc -E a.c -o - ; $cc -c a.c -o -; ls"
	t "$cc -MMD -c a.c -o /dev/null; ls *.d; $cc -MMD -fsyntax-only a.c; ls *.d; $cc -g -gsplit-dwarf -c a.c -o /dev/null; ls *.dwo"
done
for line in 'gcc -fsyntax-only a.c' 'clang -fsyntax-only a.c' 'gcc -xc -fsyntax-only - <a.c' 'g++ -fsyntax-only c.cc' 'gcc -c -xc /dev/null -o /dev/null' \
	'mkdir beside; printf "#ifdef NONE\\n#include <beside>\\n#endif\\nint x;\\n" >by.c; clang -c by.c'; do
	seen "$GG" build -s --stats-json "$work/stats" -- sh -c "$line" >/dev/null
	is "modelled: $line" "$(stat_of stats thunks),$(stat_of stats delegated)" 1,0
done

# The parts of a program that is optimised when it is linked get notes of their own: it is not linked twice to see that.
for notes in --coverage -fstack-usage; do
	t "gcc -flto -frandom-seed=1 $notes -c zero.c && gcc -flto -frandom-seed=1 $notes zero.o -o zero; ls"
	seen gcc -flto "$notes" -c zero.c
	seen "$GG" build -s --stats-json "$work/stats" -- gcc -flto "$notes" zero.o -o zero
	is "runs as it is: gcc -flto $notes" "$(stat_of stats thunks),$(stat_of stats delegated)" 0,1
	rm -f zero zero.o ./*.gcno ./*.su
done

# Preprocessing, rules, and what is made beside an object or a program.
t 'gcc -E a.c; gcc -E a.c -o a.i && gcc -c a.i'
t 'gcc -E nohdr.c; gcc -E x.h | wc -l; gcc -E -dM a.c; gcc -E a.c b.c'
t 'gcc -M a.c; gcc -MM a.c -MF a.d && cat a.d; gcc -M a.c -o b.d && cat b.d; clang -MM a.c -o c.d && cat c.d'
t 'gcc -g -gsplit-dwarf -c a.c -o out/a.o; clang -g -gsplit-dwarf -c b.c -o out/b.o'
t 'gcc -g -gsplit-dwarf -c a.c && gcc -g -gsplit-dwarf b.c main.c a.o -o prog && ./prog'
t 'gcc -fstack-usage -c a.c -o out/a.o && clang -fstack-usage -c b.c'
t 'gcc -MMD zero.c -o z.exe; cat *.d; gcc -MMD zero.c b.c -o z; cat *.d; gcc -MMD zero.c b.c; cat *.d; gcc -MMD zero.c b.c -o out/z'
t 'gcc -MMD -MF x.d a.c b.c main.c; gcc -MMD -MF z.d zero.c -o z; clang -MMD zero.c -o z.exe; cat *.d'
t 'gcc -c a.c b.c main.c && gcc a.o b.o main.o -Wl,-Map=out/map -o p -Wl,--dependency-file=p.d -Wl,--cref && ./p'
t 'gcc a.c b.c main.c -Wl,-z,now,--no-keep-memory,--sort-common,-O,1,--hash-style=gnu && ./a.out'

# What a link takes from elsewhere.
t 'gcc -g -fopenmp -c a.c && gcc -fopenmp a.o b.c main.c && ./a.out; clang -fopenmp a.o b.c main.c && ./a.out'
t 'gcc -fsanitize=address a.c b.c main.c && ./a.out; g++ -fsanitize=address -static-libasan hello.cc && ./a.out'
t 'gcc -fsanitize=undefined,leak a.c b.c main.c && ./a.out; clang -fsanitize=undefined a.c b.c main.c && ./a.out'
for ld in bfd gold lld; do
	t "gcc -fuse-ld=$ld a.c b.c main.c && ./a.out; clang -fuse-ld=$ld a.c b.c main.c && ./a.out"
done
t 'gcc -pg a.c b.c main.c'
t 'for f in a b main; do gcc -flto -g -O2 -c $f.c; done; gcc -flto=2 -g -O2 a.o b.o main.o -o prog && rm -f *.o && ./prog'
t 'for f in a b main; do gcc -flto -O2 -c $f.c; done; gcc -flto -O2 a.o b.o main.o -o prog && rm -f *.o && ./prog'
t 'clang -flto -c a.c b.c && clang -flto a.o b.o main.c -fuse-ld=lld && ./a.out'

# Libraries that can't be read, which gold minds.
t 'mkdir l1 l2; ln -s nowhere l1/libz9.so; gcc -c b.c zero.c; ar rcs l2/libz9.a b.o; for ld in gold bfd lld; do gcc -fuse-ld=$ld zero.o -Ll1 -Ll2 -lz9 -o $ld; done; rm l1/*; mkdir l1/libz9.so; gcc zero.o -Ll1 -Ll2 -lz9; gcc -fuse-ld=gold zero.o -Ll1 -Ll2 -lz9'

# OpenMP by its library's name.
t 'printf "int omp_get_num_threads(void);\nint main(void)\n{\n\tint n = 0;\n#pragma omp parallel reduction(+ : n)\n\tn += omp_get_num_threads() > 0;\n\treturn !n;\n}\n" >omp.c; for l in libomp libgomp libiomp5; do clang -fopenmp=$l -c omp.c -o $l.o; clang -fopenmp=$l $l.o -o $l && ./$l; done; clang -fopenmp=none omp.c; gcc -fopenmp=libgomp omp.c'

# Thin archives, and what names of files come from.
t 'gcc -c a.c b.c -o out/b.o; gcc -c a.c; gcc -c b.c -o out/b.o && ar csrDT out/lib.a a.o out/b.o && gcc main.c out/lib.a && ./a.out'
t 'gcc -c a.c; gcc -c b.c -o out/b.o && ar rcsT lib.a a.o && ar rcsT lib.a out/b.o && ar rcs --thin lib2.a out/b.o && ar t lib.a && gcc main.c -L. -l:lib.a && ./a.out && ld -r --whole-archive lib.a -o all.o'
t 'gcc -c a.c b.c; echo "a.o b.o" >rsp; ar rcs lib.a @rsp && ar t lib.a && ld -r @rsp -o ab.o && rm a.o && ar rcs lib.a @rsp'
t 'printf "int d, e = 1; __attribute__((weak)) int w(void) { return d; }\n__asm__(\".globl s; s: nop\");\n" >bc.c; clang -fcommon -fembed-bitcode -c bc.c && ar rcs bc.a bc.o && nm -s bc.a'
t 'gcc -c a.c b.c; ar rcsT lib.a a.o b.o; rm a.o; gcc main.c lib.a; ar rcsT lib.a b.o'
t 'gcc -c a.c b.c && ar rcsT libthin.a a.o b.o && ar rcs libthin.a b.o && ar d libthin.a a.o; ranlib libthin.a'

# Folders of the environment; other languages.
t 'CPATH=inc gcc -c only.c -MD && cat only.d; C_INCLUDE_PATH=inc:inc2 clang -c only.c'
t 'CPATH=:inc2 CPLUS_INCLUDE_PATH=inc g++ -c only.c; C_INCLUDE_PATH=inc2 gcc -Iinc -c only.c'
t 'echo "#import \"x.h\"" >m.m; gcc -c m.m; clang -c m.m -o m2.o; cp m.m m.mm; g++ -c m.mm'

# gcc spells a system header by its real path where that is shorter.
link_header='mkdir s && cp x.h s/q.h && ln -s q.h s/only.h && ln -s s longer'
for cc in gcc clang; do
	t "$link_header && $cc -g -MD -isystem s -c only.c; cat only.d"
	t "$link_header && $cc -g -MD -isystem longer -c only.c; cat only.d"
	t "$link_header && $cc -g -MD -isystem \"\$PWD/longer\" -c only.c; cat only.d"
	t "$link_header && $cc -g -MD -idirafter longer/../longer -c only.c; cat only.d"
	t "$link_header && $cc -g -MD -Ilonger -isystem longer -c only.c; cat only.d"
	t "$link_header && $cc -g -MD -isystem longer '-DHEADER=<only.h>' -c computed.c; cat computed.d"
	t "mkdir s && ln -s ../x.h s/only.h && cp -a s longer && $cc -g -MD -isystem longer -isystem s -c only.c; cat only.d"
	t "ln -s loop loop; $cc -isystem loop -c a.c; $cc -I loop -c a.c"
	t "$cc -Ix.h -c a.c; $cc -I a.c/x -c a.c; $cc -I no-such -Wmissing-include-dirs -c a.c"
done

# Fortran.
modules='gfortran -c fm.f90 && gfortran -c fp.f90'
hash gfortran 2>/dev/null || {
	skip "lines of Fortran" "gfortran is not installed"
	t() { :; }
}
for fc in gfortran gfortran-12 x86_64-linux-gnu-gfortran f95 /usr/bin/gfortran; do
	t "$fc -c fm.f90 && $fc -c fp.f90 && $fc fp.o fm.o -o p && ./p"
done
t 'gfortran fm.f90 fp.f90 && ./a.out; gfortran -c fp.f90 fm.f90'
t 'gfortran -S fm.f90; gfortran -S -g -O2 fm.f90 -o fm.asm; gfortran -Ofast -c fm.f90'
t "$modules -J out; gfortran -c fm.f90 -Jout; rm fm.mod; gfortran -c fp.f90; gfortran -Iout -c fp.f90; gfortran -J out -c fp.f90"
t 'gfortran -c fm.f90 && gfortran -c fold.f && gfortran fold.o fm.o && ./a.out'
t 'gfortran -c fm.f90 && gfortran -ffixed-line-length-80 -c fold.f; gfortran -ffixed-line-length-none -c fold.f; gfortran -ffree-form -c fold.f'
t 'cp fold.f old.FOR; cp fm.f90 fm.x; gfortran -x f95 -c fm.x && gfortran -c old.FOR -o old.o && gfortran -x f77 -c fold.f -o fold2.o; gfortran -x f95 -ffixed-form -c fold.f'
t 'gfortran -c ftwo.f90 && gfortran ftwo.o && ./a.out && gfortran -c ftwo.f90'
t 'gfortran -c fbefore.f90; gfortran -c fm.f90 && gfortran -c fbefore.f90'

# What a module's name stands for, and when that changes.
t "$modules && sed -i 's/n = 3/n = 5/' fm.f90 && $modules -o fp5.o; cmp fp.o fp5.o"
t "gfortran -Jinc2 -c fm.f90 && gfortran -Iinc -Iinc2 -c fp.f90 && sed -i 's/n = 3/n = 5/' fm.f90 && gfortran -c fm.f90 -Jinc && gfortran -Iinc -Iinc2 -c fp.f90 -o fp5.o; cmp fp.o fp5.o; sed -i 's/n = 5/n = 6/' fm.f90 && gfortran -c fm.f90 && gfortran -Iinc -Iinc2 -c fp.f90 -o fp6.o; cmp fp5.o fp6.o"
t 'mkdir s && cp fp.f90 s && gfortran -Jinc -c fm.f90 && gfortran -Iinc -c s/fp.f90 && sed -i "s/n = 3/n = 5/" fm.f90 && gfortran -Js -c fm.f90 && gfortran -Iinc -c s/fp.f90 -o fp5.o; cmp fp.o fp5.o'
t "gfortran -Jout -c fm.f90 && gfortran -Jout -c fp.f90 && sed -i 's/n = 3/n = 5/' fm.f90 && gfortran -Jinc -c fm.f90 && gfortran -Jout -Iinc -c fp.f90 -o fp5.o; cmp fp.o fp5.o"
t "$modules && rm fm.mod && gfortran -c fp.f90 -o again.o"
t 'gfortran -c fm.f90 && touch -d @1 fm.mod && sed -i "s/2 . x/x + x/" fm.f90 && gfortran -c fm.f90 && stat -c %Y fm.mod; sed -i "s/n = 3/n = 4/" fm.f90 && gfortran -c fm.f90 && test ! fm.mod -ot fm.f90 && echo new'
t 'gfortran -c fm.f90 && chmod 600 fm.mod && gfortran -c fm.f90; ln fm.mod other; sed -i "s/n = 3/n = 4/" fm.f90; gfortran -c fm.f90'
t 'printf "fp: fm.o fp.o\n\tgfortran fp.o fm.o -o fp\nfp.o: fm.mod\nfm.mod: fm.o\n%%.o: %%.f90\n\tgfortran -c \$<\n" >Makefile && make -s -j2 && ./fp && make -q; touch fm.f90; make; sed -i "s/n = 3/n = 4/" fm.f90; make && ./fp'
t 'gfortran -Jinc2 -c fm.f90 && mkdir inc/fm.mod && gfortran -Iinc -Iinc2 -c fp.f90'
t 'ln -s inc soft && sed "s/n = 3/n = 5/; s/fm/fgood/" fm.f90 >old.f90 && gfortran -Jinc -c old.f90 && cat fm.f90 fp.f90 | sed "s/fm/fgood/; s/use fm/use fgood/" >both.f90 && gfortran -Isoft -I./inc -Jinc -c both.f90'

# INCLUDE and #include.
t 'gfortran -c finc.f90; gfortran -Iinc2 -c finc.f90; gfortran -Iinc2 -Iinc -c finc.f90 -o 2.o; gfortran -Iinc -Jinc2 -c finc.f90 -o 3.o'
t 'gfortran -Iinc -Iinc2 -c finc.f90 && echo "integer(2) :: k" >inc/fi.inc && gfortran -Iinc -Iinc2 -c finc.f90 -o 2.o; cmp finc.o 2.o; echo "real :: k" >fi.inc; gfortran -Iinc -Iinc2 -c finc.f90 -o 3.o; cmp 2.o 3.o'
t 'gfortran -I. -c sub/finc.F; gfortran -Iinc -c sub/finc.F -o 2.o; cp inc/x.h sub; gfortran -Iinc -c sub/finc.F -o 3.o; cmp 2.o 3.o; gfortran -Iinc -nocpp -c sub/finc.F; echo "      REAL K" >sub/fdeep.inc; gfortran -Iinc -c sub/finc.F -o 4.o; cmp 3.o 4.o'
t 'gfortran -c fpp.F90; gfortran -DDEEP -c fpp.F90; gfortran -DDEEP -Iinc -c fpp.F90; sed -i s/3/4/ x.h; gfortran -c fpp.F90; gfortran -cpp -c fp.f90; gfortran -cpp -c fm.f90; gfortran -c fpp.F90 -nostdinc'
t 'gfortran -c fmac.F90; gfortran -DNAME=other -c fmac.F90; gfortran -UNAME -Dfmac=third -c fmac.F90; echo "#define start module" >x.h; printf "#include \"x.h\"\nstart hidden\nend module\n" >hid.F90; gfortran -c hid.F90'
t 'gfortran -cpp -E fpp.F90; gfortran -cpp -E fpp.F90 -o pp.f90 && gfortran -fpreprocessed -c pp.f90; gfortran -E -cpp fold.f -o out/pp.f && gfortran -c fm.f90 && gfortran -fpreprocessed -c out/pp.f; gfortran -E fm.f90'
t 'gfortran -cpp -g -E sub/finc.F -o out/pp.f && gfortran -Iinc -fpreprocessed -c out/pp.f; gfortran -cpp -MD -MF x.d -c fpp.F90; cat x.d; gfortran -cpp -M fpp.F90'
t 'printf "print *, __DATE__\nend\n" >date.F90; SOURCE_DATE_EPOCH=1 gfortran -c date.F90; ln -s fm.f90 sl.f90; gfortran -c sl.f90'

# Submodules, OpenMP, messages, links.
t 'gfortran -c fpar.f90 && gfortran -c fson.f90 && gfortran -c fgrand.f90 && gfortran fpmain.f90 fpar.o fson.o fgrand.o && ./a.out'
t 'gfortran -Jout -c fpar.f90 && gfortran -Jout -c fson.f90 && gfortran -Iout -c fgrand.f90; rm out/fpar.smod; gfortran -Jout -c fson.f90; gfortran -c fgrand.f90'
t 'gfortran -c fpar.f90 fson.f90 fgrand.f90 fpmain.f90 && gfortran fpar.o fson.o fgrand.o fpmain.o && ./a.out'
t 'gfortran fomp.f90 && ./a.out; gfortran -fopenmp fomp.f90 -o p && ./p; gfortran -fopenmp -c fomp.f90 -o fomp.o && gfortran -fopenmp fomp.o && ./a.out'
t 'gfortran -Wall -Wextra -c fwarn.f90; gfortran -Wall -Werror -c fwarn.f90; gfortran -c fnone.f90; gfortran -c fbad.f90; gfortran -c no-such.f90; gfortran -Iabsent -Wmissing-include-dirs -c fm.f90; gfortran -J absent -c fm.f90'
t 'gfortran -fsyntax-only fm.f90; gfortran -fdump-parse-tree -c fwarn.f90; gfortran -fc-prototypes -c fm.f90; gfortran --version | head -n 1; gfortran -print-file-name=libgfortran.so'
t "$modules -g -O2 && gfortran -static fp.o fm.o && ./a.out && gfortran -static-libgfortran fp.o fm.o -o p2 && ./p2; gfortran -static-libgcc -O2 -s fp.f90 fm.o -o p3 && ./p3"
t 'gfortran -fPIC -shared fm.f90 -o libfm.so && gfortran fp.f90 -L. -lfm -Wl,-rpath,. && ./a.out; gcc -c fm.f90 && gcc fp.f90 fm.o -lgfortran -o p && ./p'
t 'gfortran -c fm.f90 && gfortran -g -gsplit-dwarf -c fp.f90 -o out/fp.o; gfortran -flto -O2 fm.f90 fp.f90 && ./a.out'
t 'gfortran -c a.c b.c && gfortran fwarn.f90 a.c -c; gfortran a.o b.o main.c && ./a.out; gcc -J out -c a.c; gcc -cpp -c a.c; ar rcs lib.a a.o'
t 'gfortran -c -fintrinsic-modules-path inc fm.f90; gfortran -fdec -c fm.f90; gfortran -fd-lines-as-code -c fold.f; gfortran -fbackslash -c fm.f90'

ok "most lines became thunks ($modelled of $tried)" [ $((modelled * 3)) -gt $((tried * 2)) ]
done_testing

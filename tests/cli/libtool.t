#!/usr/bin/env bash
# What a project's libtool does to compile, gg does without that script: the same words, status and files.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
hash libtoolize aclocal autoconf 2>/dev/null || { echo "1..0 # SKIP no libtool"; exit 0; }
export XDG_CACHE_HOME=$work/cache
unset LC_ALL LANGUAGE

# a script as configure makes it, and others as it makes them with --disable-static, --disable-shared or LT_INIT([pic-only])
mkdir setup && cd setup || exit 1
cat >configure.ac <<'AC'
AC_INIT([x], [1])
AC_CONFIG_AUX_DIR([.])
AC_PROG_CC
AC_PROG_CXX
LT_INIT
AC_OUTPUT
AC
(libtoolize --copy && aclocal && autoconf && cp "$(automake --print-libdir)"/{config.guess,config.sub,install-sh,missing} .) >setup.log 2>&1
mkdir ../both ../shared ../static ../pic && (cd ../both && ../setup/configure) >>setup.log 2>&1
cd ..
[ -x both/libtool ] || { cat setup/setup.log >&2; echo "1..0 # SKIP no libtool could be made"; exit 0; }
sed 's/^build_old_libs=.*/build_old_libs=no/' both/libtool >shared/libtool
sed 's/^build_libtool_libs=yes/build_libtool_libs=no/; s/^build_old_libs=.*/build_old_libs=yes/' both/libtool >static/libtool

cat >commands.sh <<'COMMANDS'
mkdir sub
echo 'int a(void) { return 1; }' >a.c
echo 'int b(void) { int unused; return B; }' >b.c
echo 'int c(' >c.c
echo 'int d;' >sub/d.cc
echo 'int e;' >'e f.c'
say() { echo "$*"; "$@" </dev/null; echo "$?"; }
for how in '' --silent --quiet; do
	compile() { say /bin/sh ./libtool $how --tag=CC --mode=compile gcc "$@"; }
	compile -c -o a.lo a.c
	compile -Wall -DB=2 -g -MT b.lo -MD -MP -MF b.Tpo -c -o b.lo b.c
	compile -Wall -c -o b.lo b.c
	compile -c -o c.lo c.c
	compile -c -o nowhere/a.lo nowhere.c
	compile -c -o new/er/a.lo a.c
	compile -c -o sub/../x.lo ./a.c
	compile '-DB="q r"' '-DS=$x\y`' "-DT='t'" '-DU=(1)' '-DV=a#b' '-DW=%[]!~' -DX= -c b.c -o b2.lo
	compile -c a.c
	compile -c -o a.o a.c
	compile -c -o a.lo -o x.lo a.c
	compile -c -o 'e f.lo' 'e f.c'
	compile -c -o e.lo 'e f.c'
	compile -static -c -o s.lo a.c
	compile -prefer-pic -c -o p.lo a.c
	compile -prefer-pic -fPIE -c -o p2.lo a.c
	compile -prefer-non-pic -c -o n.lo a.c
	compile -shared -c -o h.lo a.c
	compile -no-suppress -Wall -DB=3 -c -o b3.lo b.c
	compile -Xcompiler -DB=4 -c -o b4.lo b.c
	compile -Wc,-DB=5 -c -o b5.lo b.c
	compile -Xpreprocessor -DB=6 -c -o b6.lo b.c
	compile -fPIE -c -o pie.lo a.c
	compile -pie -fPIE -c a.c -fpie -o pie2.lo
	compile -c -o
	compile
	compile -c -o a.lo a.c b.c
	compile -E -o i.lo a.c
	compile -c -o .lo a.c
	compile -DB="$(printf 'x\ny')" -c -o l.lo a.c
	compile -c -o u.lo ü.c
	say /bin/bash ./libtool $how --tag=CXX --mode=compile g++ -c -o sub/d.lo sub/d.cc
	say /bin/bash ./libtool --tag=CXX $how --mode=compile g++ -Wall -c -o sub/d.lo sub/d.cc
	say /bin/bash ./libtool --mode=compile $how --tag=CC cc -c -o t.lo a.c
	say /bin/bash ./libtool --mode=compile $how gcc -c -o t2.lo a.c
	say /bin/bash ./libtool --tag=CC --tag=disable-static --mode=compile $how gcc -c -o t8.lo a.c
	say env 'BASH_FUNC_gcc%%=() { echo "called $*"; }' /bin/bash ./libtool --tag=CC --mode=compile $how gcc -c -o t9.lo a.c
	say /bin/bash ./libtool --tag=NONE --mode=compile $how gcc -c -o t3.lo a.c
	say /bin/bash ./libtool -n --tag=CC --mode=compile $how gcc -c -o t4.lo a.c
	say /bin/bash ./libtool $how --tag=CC --mode=compile nosuchcompiler -c -o t5.lo a.c
	say /bin/bash ./libtool $how --tag=CC --mode=compile env gcc -c -o t6.lo a.c
	say ./libtool $how --tag=CC --mode=compile gcc -c -o t7.lo a.c
	(umask 077; compile -c -o mask.lo a.c)
	(cd sub && say /bin/bash ../libtool $how --tag=CC --mode=compile gcc -c -o up.lo ../a.c)
	LC_ALL=C.UTF-8 compile -Wall -DB=7 -c -o c7.lo c.c
	LANGUAGE=de LC_ALL=C compile -Wall -DB=8 -c -o c8.lo c.c
	mkdir -p dir.lo; compile -c -o dir.lo a.c
	say /bin/sh -c "x=\`echo sub/k.lo | sed 's|[^/]*\$|&|;s|\\.lo\$||'\`; /bin/bash ./libtool $how --tag=CC --mode=compile gcc -MD -MF \$x.Tpo -c -o sub/k.lo a.c && mv -f \$x.Tpo \$x.Plo"
done
say /bin/bash ./libtool --tag=CC --mode=link gcc -o liba.la -rpath /usr/lib a.lo new/er/a.lo sub/k.lo
COMMANDS

# made KIND HOW COMMAND...: run there; what was said and left
made() {
	local kind=$1 how=$2
	shift 2
	rm -rf p && mkdir p && cp -p "$kind/libtool" p
	(cd p && "$@" sh ../commands.sh) >"$how.out" 2>"$how.err"
	tree p >"$how.tree"
}
sed 's/^pic_mode=.*/pic_mode=yes/' both/libtool >pic/libtool # LT_INIT([pic-only])
for kind in both shared static pic; do
	made $kind plain
	made $kind gg "$GG" build --
	is "$kind: it says the same" "$(diff plain.out gg.out)" ""
	is "$kind: and the same of errors" "$(diff plain.err gg.err)" ""
	is "$kind: it leaves the same files" "$(diff plain.tree gg.tree)" ""
	made $kind gg "$GG" build --
	is "$kind: also when all is remembered" "$(diff plain.out gg.out; diff plain.tree gg.tree)" ""
done

# read SCRIPT...: how often a shell read it for one compile
count() {
	strace -f -qq -s 500 -e trace=execve -e signal=none -o trace "$GG" build -- sh -c "$1 ./libtool --tag=CC --mode=compile gcc -c -o a.lo a.c; true" >/dev/null 2>&1
	grep -cE 'execve\("/(usr/)?bin/(bash|sh)", \["[^"]*", "[^"]*libtool".* = 0' trace
}
if strace -qq -o trace true 2>/dev/null; then
	cd p || exit 1
	for kind in static shared pic both; do
		cp ../$kind/libtool . && count /bin/sh >/dev/null
		is "the script is not read, once it is known ($kind)" "$(count /bin/bash)" 0
	done
	cp ../both/libtool .
	is "the script is read once, to learn what it does" "$(count /bin/bash; count /bin/bash; count /bin/sh)" $'1\n0\n0'
	echo '# changed' >>libtool
	is "… and once more when it is another" "$(count /bin/bash; count /bin/bash)" $'1\n0'
	sed -i 's/non_pic_object=/other_object=/' libtool
	is "… and always where that is not what is known" "$(count /bin/bash; count /bin/bash)" $'2\n1'
	is "… whose file is its own" "$(grep -c other_object a.lo)" 1
	printf '#!/bin/sh\necho made >a.lo\n' >libtool
	is "… as for one of another kind" "$(count /bin/sh >/dev/null; cat a.lo)" made
fi
done_testing

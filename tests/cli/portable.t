#!/usr/bin/env bash
# gg build --portable: equal checkouts in other places share results, and none carries another's place.
# shellcheck disable=SC2016 # expanded by eval
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

# checkout DIR: a project that names its own place wherever it can
checkout() {
	mkdir -p "$1/src" "$1/inc"
	echo '#define X 1' >"$1/inc/x.h"
	printf '#include <stdio.h>\n#include "x.h"\n#warning look\nint main(void) { return printf("%%s %%d\\n", __FILE__, X) < 0; }\n' >"$1/src/m.c"
	printf 'const char *where(void) { return WHERE; }\n' >"$1/src/w.c"
	cat >"$1/Makefile" <<'END'
TOP := $(CURDIR)
CC = gcc
all: prog src/w.o
prog: src/m.o
	$(CC) -g -o $@ $^
src/m.o: src/m.c
	$(CC) -g -MD -MT src/m.o -I$(TOP)/inc -c $(TOP)/src/m.c -o $(TOP)/src/m.o
src/w.o: src/w.c
	$(CC) -DWHERE='"$(TOP)"' -c $< -o $@
-include src/m.d
clean:
	rm -f prog src/*.o src/*.d
END
}

export GG_DIR="$work/store"
for cc in gcc clang; do
	rm -rf "$work/one" "$work/two"
	checkout "$work/one"
	checkout "$work/two"
	cd "$work/one" || exit 1
	ok "$cc: the first checkout builds" "$GG" build --portable --stats-json "$work/stats" -- make CC=$cc
	is "$cc: what it prints names its own place" "$(cd "$work/one" && rm src/m.o && "$GG" build --portable -- make CC=$cc 2>&1 | grep -c "$work/one/src/m.c:3")" 1
	cd "$work/two" || exit 1
	ok "$cc: the second builds" "$GG" build --portable --stats-json "$work/stats" -- make CC=$cc
	is "$cc: only what holds the path of the checkout runs again" "$(stat_of "$work/stats" ran)" 1
	is "$cc: its depfile names its own files" "$(grep -c "$work/two/inc/x.h" src/m.d),$(grep -c "$work/one" src/m.d)" 1,0
	is "$cc: program and object are those of the first" "$(cat prog src/m.o | sha256sum)" "$(cat ../one/prog ../one/src/m.o | sha256sum)"
	is "$cc: no result names any checkout" "$(cat prog src/m.o | grep -acE "$work|__gg__")" 0
	is "$cc: a path that is content is the checkout's own" "$(grep -ac "$work/two" src/w.o),$(grep -ac "$work/one" src/w.o)" 1,0
	ok "$cc: make finds nothing to do afterwards" make -q CC=$cc
	is "$cc: the program runs" "$(./prog)" "./src/m.c 1"
	echo '#define X 2' >inc/x.h
	ok "$cc: an edit in one" "$GG" build --portable -- make CC=$cc
	is "$cc: … is seen there" "$(./prog)" "./src/m.c 2"
	cd "$work/one" || exit 1
	make clean >/dev/null
	ok "$cc: the other builds again" "$GG" build --portable -- make CC=$cc
	is "$cc: … and has its own content" "$(./prog)" "./src/m.c 1"
done
printf 'int main(void) { return x; }\n' >src/m.c
like "an error names the checkout's own file" "$("$GG" build --portable -- make 2>&1)" "$work/one/src/m.c:1"
# What holds the folder in ways that no option maps is made where it is, and holds that.
cat >other.mk <<'END'
all: thin.a lto sd.o verbose.s l.ll pre
thin.a: f.o
	ar rcsT $(CURDIR)/thin.a $(CURDIR)/f.o
f.o: f.c
	gcc -g -c $(CURDIR)/f.c -o $@
lto: m.c thin.a
	gcc -g -flto $(CURDIR)/m.c $(CURDIR)/thin.a -o $@
sd.o: f.c
	gcc -g -gsplit-dwarf -c $(CURDIR)/f.c -o $(CURDIR)/sd.o
verbose.s: f.c
	gcc -S -fverbose-asm $(CURDIR)/f.c -o $@
l.ll: f.c
	clang -emit-llvm -S $(CURDIR)/f.c -o $@
pre: m.c thin.a
	gcc $(CURDIR)/m.c thin.a -o $@
END
echo 'int f(void) { return 1; }' >f.c
echo 'int f(void); int main(void) { return f() - 1; }' >m.c
for i in 1 2; do
	rm -f thin.a lto ./*.o verbose.s l.ll pre
	ok "what can't be mapped is made ($i)" eval '"$GG" build --portable -- make -f other.mk >out 2>&1'
	is "... and nothing names another place ($i)" "$(grep -l __gg__ thin.a lto sd.o sd.dwo verbose.s l.ll pre f.o)" ""
done
make -s -B -f other.mk && sha256sum sd.o verbose.s l.ll >want
rm -f thin.a lto ./*.o verbose.s l.ll pre
"$GG" build --portable -- make -f other.mk >out 2>&1
ok "... as without gg, where no folder is mapped" sha256sum --quiet -c want
# What make reads in another way in a rule is quoted there as the compiler does it.
i=0
for name in 'plain' 'a blank' 'h#sh' 'd$l'; do
	for cc in gcc clang; do
		mkdir -p "$work/$name/inc"
		cd "$work/$name" || exit 1
		echo '#define X 1' >inc/x.h
		printf '#include "x.h"\nint x = X;\n' >a.c
		rule="$cc -MMD -c a.c -o a.o -I\"\$PWD/inc\""
		ok "$cc in $name: it builds" "$GG" build --portable --stats-json "$work/stats" -- sh -c "$rule"
		is "$cc in $name: … only once" "$(stat_of "$work/stats" ran)" $((i < 2))
		mv a.d "$work/rule"
		eval "$rule"
		is "$cc in $name: the depfile quotes as $cc does" "$(sed -z 's/ \\\n/ /g' "$work/rule" | tr -s ' ')" "$(sed -z 's/ \\\n/ /g' a.d | tr -s ' ')"
		i=$((i + 1))
	done
done
mkdir -p "$work/back\\ blank/inc"
cp a.c "$work/back\\ blank"
cp inc/x.h "$work/back\\ blank/inc"
cd "$work/back\\ blank" || exit 1
rule='clang -MMD -c a.c -o a.o -I"$PWD/inc"'
ok "where compilers differ the result is the folder's own" "$GG" build --portable -- sh -c "$rule"
mv a.d "$work/rule"
eval "$rule"
is "… and the compiler's" "$(cat "$work/rule")" "$(cat a.d)"
rule="gcc -MMD -MT \"\$PWD/a.o\" -c a.c -o a.o -I\"\$PWD/inc\""
ok "a target that is given" "$GG" build --portable -- sh -c "$rule"
mv a.d "$work/rule"
eval "$rule"
is "… stands there as it was" "$(cat "$work/rule")" "$(cat a.d)"
is "GG_BASEDIR that is no plain path is refused" "$(GG_BASEDIR=x/y "$GG" build -- true >/dev/null 2>&1; echo $?)" 2

done_testing

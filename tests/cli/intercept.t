#!/usr/bin/env bash
# The library in a build's programs: whoever opens or runs a product gets the real file, tools are
# found whatever they are called by, and nothing that a build writes down names a folder of gg's.
# What is quoted expands where it runs.
# shellcheck disable=SC2016
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir p p/bin
cd p || exit 1
cat >reader.c <<'END'
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	unsigned sum = 1;
	unsigned char c;
	int fd = open(argv[1], O_RDONLY);
	if (fd < 0) { perror(argv[1]); return 1; }
	while (read(fd, &c, 1) == 1) sum = sum * 31 + c;
	printf("%u\n", sum);
	return 0;
}
END
gcc -static -o bin/static-reader reader.c
gcc -o bin/suid-reader reader.c
chmod u+s bin/suid-reader
if command -v python3 >/dev/null; then py=python3; else py=true; fi
cat >Makefile <<END
.RECIPEPREFIX = >
PY = $py
END
cat >>Makefile <<'END'
all: table linked symbolic copied stripped sizes script compared deps moved static clean-env suid \
  shared modes appended long renamed.d preloaded absolute tarred sought sourced interpreted \
  loaded searched audited left elsewhere
gen: gen.c
> $(CC) -O1 -o $@ $<
table: gen
> ./gen >$@; sh -c ./gen >>$@; env ./gen >>$@
linked: gen2.c
> $(CC) -o lk gen2.c && ln lk lk2 && ./lk2 >$@ && cmp lk lk2 && test lk -ef lk2
symbolic: gen3.c
> $(CC) -o sy gen3.c && ln -s sy sy2 && ./sy2 >$@ && cat sy2 | cksum >>$@
copied: gen4.c
> $(CC) -o cp1 gen4.c && cp cp1 cp2 && cp -p cp1 cp3 && ./cp2 >$@ && ./cp3 >>$@
stripped: good.c
> $(CC) -g -c good.c -o st.o && strip -g st.o && objcopy -R .comment st.o && cksum st.o >$@
sizes: gen gen4.c
> $(CC) -o sz gen4.c && size sz >$@ && nm gen | sed 3q >>$@ && wc -c sz >>$@ && stat -c %s sz >>$@ && ls -l sz | cut -d' ' -f5 >>$@
script: good.c
> $(CC) -c good.c -o sc.o && $(PY) -c 'import os; print(os.path.getsize("sc.o"), len(open("sc.o","rb").read()))' >$@
> od -An -tx1 sc.o >>$@
compared: good.c
> $(CC) -c good.c -o c1.o && $(CC) -c good.c -o c2.o && cmp c1.o c2.o && echo same >$@
deps: good.c
> $(CC) -MD -MF d.Tpo -c good.c -o d.o && sed 's/d.o/x.o/' d.Tpo >$@ && mv -f d.Tpo d.Po && rm d.Po
moved: good.c
> mkdir -p objs && $(CC) -c good.c -o objs/m.o && mv objs/m.o m.lo && rmdir objs && mkdir -p sub && mv m.lo sub && cksum sub/m.lo >$@
static: good.c
> $(CC) -c good.c -o rd.o && bin/static-reader rd.o >$@
clean-env: good.c
> $(CC) -c good.c -o ce.o && env -i /usr/bin/cksum ce.o >$@ && env -i bin/static-reader ce.o >>$@
suid: good.c
> $(CC) -c good.c -o su.o && bin/suid-reader su.o >$@
shared: good.c gen.c
> $(CC) -shared -fPIC -o libgood.so good.c && $(CC) -o so use.c -L. -lgood && LD_LIBRARY_PATH=. ./so >$@
modes: good.c
> $(CC) -c good.c -o mo.o && chmod 640 mo.o && $(CC) -o mp gen.c && chmod 700 mp && cp mp mq && stat -c %a mo.o mp mq >$@
appended: good.c
> $(CC) -c good.c -o ap.o && echo tail >>ap.o && cksum ap.o >$@
long: good.c
> $(CC) -c good.c -o lo.o $(foreach n,$(LONG),-DA_NAME_THAT_TAKES_SOME_ROOM_$n) && cksum lo.o >$@
renamed.d: good.c
> $(CC) -MD -c good.c -o rn$$$$.o && mv rn$$$$.o rn.o && sed "s/rn$$$$/rn/" rn$$$$.d >$@ && rm rn$$$$.d
preloaded: good.c
> $(CC) -c good.c -o pr.o && LD_PRELOAD=libc.so.6 cksum pr.o >$@ && LD_PRELOAD= cksum pr.o >>$@
absolute: good.c
> /usr/bin/gcc -c good.c -o ab.o && cksum <ab.o >$@
tarred: good.c
> $(CC) -c good.c -o ta.o && tar cf ta.tar --mtime=@0 --owner=0 --group=0 ta.o && tar xOf ta.tar | cksum >$@
sought: good.c
> $(CC) -c good.c -o so1.o && find . -name so1.o -size +600c >$@
sourced: tool.sh.c
> $(CC) -E -P -xc tool.sh.c -o tool.sh; $(CC) -c good.c -o sr.o; . ./tool.sh >$@
interpreted: gen5.c
> $(CC) -o in gen5.c && printf '#!./in\nword\n' >in.script && chmod +x in.script && ./in.script >$@
loaded: good.c
> $(CC) -shared -fPIC -DNO=1 -o libpre.so tells.c && LD_PRELOAD=./libpre.so cksum good.c >$@ 2>&1
searched: good.c
> $(CC) -shared -fPIC -DNO=2 -o libsought.so tells.c && LD_LIBRARY_PATH=. LD_PRELOAD=libsought.so cksum good.c >$@ 2>&1
audited: good.c
> $(CC) -shared -fPIC -DNO=3 -o audit.so tells.c && LD_AUDIT=./audit.so cksum good.c >$@ 2>&1
left: good.c gen6.c
> $(CC) -DNO=4 -c tells.c -o le.o && $(CC) -o lp gen6.c && $(AWAY) cksum le.o >$@ && $(AWAY) ./lp >>$@
elsewhere: good.c
> mkdir -p $(FAR) far/er && $(CC) -DNO=5 -c tells.c -o el5.o && mv el5.o $(FAR)/el5.o
> $(CC) -DNO=6 -c tells.c -o far/er/el6.o && mv far/er $(FAR)
> $(CC) -DNO=7 -c tells.c -o $(FAR)/el7.o && mv $(FAR)/el7.o $(FAR)/er/el6.o . && cksum $(FAR)/el5.o el6.o el7.o | cut -d' ' -f1,2 >$@; rm -r $(FAR)
LONG = $(shell seq 600)
END
# Where the session is out of reach, and another file system.
away="unshare -n"
$away true 2>/dev/null || away="unshare -rn"
$away true 2>/dev/null || away="env"
far=$(mktemp -du /dev/shm/gg-far.XXXXXX)
[ "$(stat -c %d .)" != "$(stat -c %d /dev/shm)" ] || far=$(mktemp -du /tmp/gg-far.XXXXXX)
printf 'AWAY = %s\nFAR = %s\n' "$away" "$far" >>Makefile
cat >tells.c <<'END'
#include <stdio.h>
__attribute__((constructor)) static void tell(void) { fprintf(stderr, "loaded %d\n", NO); }
unsigned la_version(unsigned version) { return version; }
END
echo 'echo sourced; cksum sr.o' >tool.sh.c
echo 'int f(void); int puts(const char *); int main(void) { if (f()) puts("f works"); return 0; }' >use.c
echo 'int f(void) { return 1; }' >good.c
for n in "" 2 3 4 5 6; do
	printf '#include <stdio.h>\nint main(void) { for (int i = 0; i < 9; i++) printf("%%d\\n", i * i + 0%s); return 0; }\n' "$n" >gen$n.c
done
mkdir ../keep
cp -a . ../keep/
fresh() {
	cd ..
	rm -rf p
	cp -a keep p
	cd p || exit 1
}
make >../plain.log 2>&1 || sed 's/^/# /' ../plain.log
want=$(tree .)
read_back=$(cat table compared script)
for options in "" "--overlap -j2"; do
	fresh
	# shellcheck disable=SC2086 # several words
	ok "a build full of traps succeeds with options \"$options\"" "$GG" build $options --stats-json ../stats -- make -j2
	is "… and makes what plain make makes" "$(diff <(tree .) - <<<"$want")" ""
	ok "… with nothing left to do" make -q
	ok "… of thunks" test "$(stat_of ../stats thunks)" -ge 25
done
fresh
"$GG" infer make >/dev/null 2>&1
is "what a build reads is real also with gg infer" "$(cat table compared script)" "$read_back"
fresh

shown='command -v gcc; type cc; echo "$PATH"; which ar'
is "a program of the build sees the user's PATH" "$("$GG" build -- sh -c "$shown")" "$(sh -c "$shown")"
"$GG" build --stats-json ../stats -- sh -c 'ln -s "$(command -v gcc)" mycc; ./mycc -c good.c; "$(command -v gcc)" -c gen.c'
is "tools called by their paths, or by a link to them, become thunks" "$(stat_of ../stats thunks)" 2
"$GG" build --stats-json ../stats -- gcc -c gen2.c
is "so does the command itself" "$(stat_of ../stats thunks)" 1
mkdir -p early/none early/folder/gcc early/text
touch early/text/gcc
for line in "sh -c 'exec gcc -c good.c'" "env gcc -c good.c" "xargs gcc -c good.c </dev/null"; do
	rm -f good.o
	ok "a folder of PATH in which there is no such tool is passed by: $line" env \
		PATH="$PWD/early/none:$PWD/early/folder:$PWD/early/text:$PATH" \
		sh -c "\"$GG\" build --stats-json ../stats -- $line && test -s good.o"
	is "… and the tool becomes a thunk: $line" "$(stat_of ../stats thunks)" 1
done
for line in 'env -i PATH="$PATH" sh -c "gcc -c gen3.c"' 'env -i "$(command -v gcc)" -c gen3.c' \
	'perl -e "%ENV = (PATH => q($PATH)); exec(q(/bin/sh -c \"gcc -c gen3.c; true\"))"'; do
	rm -f gen3.o
	"$GG" build --stats-json ../stats -- sh -c "$line"
	is "a tool becomes a thunk in a clean environment, as SCons makes it: $line" "$(stat_of ../stats thunks)" 1
	ok "… and makes what it makes" test -s gen3.o
done
if command -v ccache >/dev/null; then
	export CCACHE_DIR=$PWD/../ccache
	mkdir masked && ln -s "$(command -v ccache)" masked/gcc
	PATH=$PWD/masked:$PATH "$GG" build --stats-json ../stats -- gcc -O1 -c gen3.c -o masked.o
	is "the compiler that ccache starts under its name becomes thunks" "$(stat_of ../stats thunks) $(stat_of ../stats delegated)" "2 1"
	gcc -O1 -c gen3.c
	ok "… and makes what it makes" cmp gen3.o masked.o
	PATH=$PWD/masked:$PATH "$GG" build --stats-json ../stats -- gcc -O1 -c gen3.c -o masked.o
	is "… while ccache remembers what it remembers" "$(stat_of ../stats thunks)" 0
	rm -rf masked masked.o ../ccache
	unset CCACHE_DIR
else
	skip "ccache under a compiler's name" "not installed"
fi
is "a program in a clean environment sees a clean one" \
	"$("$GG" build -- sh -c 'env -i env; env -i perl -e "print keys %ENV"; env -i X=1 env -u X env')" ""
is "… and real files" \
	"$("$GG" build -- env -i PATH="$PATH" sh -c 'gcc -c gen3.c -o z.o && head -c 4 z.o | od -An -c')" \
	"$(printf '\177ELF' | od -An -c)"
is "a static command runs" "$("$GG" build -- bin/static-reader good.c)" "$(bin/static-reader good.c)"

cat >own.c <<'END'
#include <unistd.h>
__attribute__((constructor)) static void here(void) { if (getppid()) (void)!write(2, "own\n", 4); }
END
gcc -shared -fPIC -o libown.so own.c
is "the user's own LD_PRELOAD stays" \
	"$("$GG" build -- env LD_PRELOAD="$PWD/libown.so" /bin/true 2>&1 | sort -u)" own
cat >asan.c <<'END'
int main(void) { return 0; }
END
if gcc -fsanitize=address -o asan asan.c 2>/dev/null && ./asan >/dev/null 2>&1; then
	ok "a program with the address sanitizer runs" "$GG" build -- sh -c ./asan
else
	skip "a program with the address sanitizer runs" "no sanitizer here"
fi
cat >dl.c <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void) { void *l = dlopen("libfind.so", RTLD_NOW); puts(l ? "found" : dlerror()); return 0; }
END
mkdir rp
gcc -shared -fPIC -o rp/libfind.so good.c
gcc -o dl dl.c -Wl,-rpath,"$PWD/rp"
is "dlopen() looks where its caller's RUNPATH says" "$("$GG" build --lazy -- sh -c ./dl)" found

cat >probe.sh <<'PROBE'
try() { if "$@" 2>>errors; then echo yes; else echo "no $?"; fi; }
echo '#include <no/such.h>' >conftest.c; try gcc -c conftest.c
echo 'int main(void) { return nosuch(); }' >conftest.c; try gcc -c conftest.c && rm conftest.o
try gcc -Werror=implicit-function-declaration -c conftest.c
try gcc conftest.c -o conftest
try gcc -c no-source.c
echo 'int main(void) { return 0; }' | try gcc -xc - -o conftest
rm -f conftest*
PROBE
sh probe.sh >../plain.out
mv errors ../plain.errors
for run in first second; do
	is "probes are answered truly the $run time" "$("$GG" build --stats-json ../stats -- sh probe.sh | diff - ../plain.out)" ""
	is "… with the compiler's own words" "$(diff <(sed 's/cc[A-Za-z0-9]*\.o/cc.o/' errors) <(sed 's/cc[A-Za-z0-9]*\.o/cc.o/' ../plain.errors))" ""
	rm errors
done
is "… the second time from memory" "$(stat_of ../stats remembered)" 5
mkdir no
echo >no/such.h
like "… and not when a header is there by then" "$("$GG" build -- sh -c 'sed -i s/gcc/"gcc -I."/ probe.sh; sh probe.sh')" '^yes'
rm -r no
like "… or has gone again" "$("$GG" build -- sh probe.sh)" '^no 1'

# Python asks for sh in one folder of PATH after the other.
echo 'int a;' >a.c
printf 'import subprocess, sys\nsys.exit(subprocess.run([sys.argv[1], "-c", "gcc -c a.c"]).returncode)\n' >ask.py
for shell in sh bash; do
	rm -f a.o
	ok "a search for $shell along PATH by exec finds it where it is" \
		env "PATH=/usr/sbin:/sbin:$PATH" "$GG" build -- python3 ask.py "$shell"
	like "… and the line is carried out" "$(file -b a.o)" ELF
done

if command -v cmake >/dev/null; then
	printf 'cmake_minimum_required(VERSION 3.10)\nproject(x C)\ninclude(CheckIncludeFile)\ncheck_include_file(stdio.h A)\ncheck_include_file(nosuch.h B)\nadd_executable(x gen.c)\n' >CMakeLists.txt
	written() { (cd b && cat CMakeCache.txt Makefile cmake_install.cmake CMakeFiles/*/CMakeCCompiler.cmake); }
	cmake -S . -B b >/dev/null
	plain=$(written)
	rm -rf b
	"$GG" build -- cmake -S . -B b >/dev/null
	is "cmake writes what it writes without gg" "$(written)" "$plain"
	"$GG" build -- cmake --build b >/dev/null
	ok "… and the build goes on without gg" cmake --build b
else
	skip "cmake writes what it writes without gg" "no cmake"
fi
done_testing

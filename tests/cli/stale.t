#!/usr/bin/env bash
# No stale result: a few of the random edits of tests/stale, of which "./check --all" does 500.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"

export GG_TEST_TMP=$work
ok "what is built after random edits is what a plain build from nothing makes" \
	"$here/../stale" 8 5

# again COMMAND...: makes the object as it is made now, with what gg remembers of a time before
again() {
	rm -f a.o
	"$GG" build -s -- "$@" 2>/dev/null
	cp a.o got.o
	rm a.o
	"$@" && cmp got.o a.o
}

# What the compiler would look at, or run, had it been there when it was asked.
mkdir later later/bin later/project && cd later/project || exit 1
printf '#include <later.h>\nint f(void) { return LATER; }\n' >a.c
cp a.c a.cc
mkdir fallback && echo '#define LATER 1' >fallback/later.h
export PATH=$work/later/bin:$PATH
for cc in gcc clang; do
	command -v $cc >/dev/null || continue
	root=$work/later/root-$cc
	compile=("$cc" "--sysroot=$root" -idirafter fallback -c a.c)
	again "${compile[@]}" && mkdir -p "$root/usr/include" && echo '#define LATER 2' >"$root/usr/include/later.h"
	ok "a folder of $cc for headers that comes later is searched" again "${compile[@]}"
	mkdir -p here-$cc/usr/include && echo '#define LATER 3' >here-$cc/usr/include/later.h
	ok "a root for $cc by a relative name is found from where it is" again "$cc" --sysroot=here-$cc -idirafter fallback -c a.c
done

again gcc -Ifallback -c a.c
printf '#!/bin/sh\nexec /usr/bin/as --defsym later=1 "$@"\n' >../bin/as
chmod +x ../bin/as
ok "another assembler that comes earlier on PATH is the one that runs" again gcc -Ifallback -c a.c
rm ../bin/as

if command -v clang >/dev/null; then
	triple=$(clang -print-target-triple 2>/dev/null)
	echo 'int main(void) { return 0; }' >main.c
	again clang main.c -o a.o
	printf '#!/bin/sh\nexec /usr/bin/ld --defsym later=1 "$@"\n' >"../bin/$triple-ld"
	chmod +x "../bin/$triple-ld"
	ok "so is a linker by the name that clang prefers" again clang main.c -o a.o
	rm "../bin/$triple-ld"
fi
# library FOLDER: of that name, which tells it
library() {
	mkdir -p "../$1"
	echo "const char *place(void) { return \"$1\"; }" |
		gcc -shared -fPIC -Wl,-soname,libplace.so.1 -x c - -o "../$1/libplace.so.1"
}
# told COMMAND...: what the tool wrote
told() {
	rm -f a.o
	"$@" >/dev/null 2>&1
	cat a.o
}
library second
cat >../tool.c <<'END'
#include <stdio.h>
const char *place(void);
int main(int n, char **words) { FILE *f = fopen(words[n - 1], "w"); fputs(place(), f); return fclose(f); }
END
gcc ../tool.c "../second/libplace.so.1" "-Wl,-rpath,$work/later/first:$work/later/second" -Wl,--enable-new-dtags -o ../bin/tell-place
echo 'tell-place @infile @outfile' >.gg/models.conf
gg=("$GG" build -s -- tell-place a.c a.o)
is "a tool's library is found" "$(told "${gg[@]}")" second
is "one that comes earlier in its RUNPATH is loaded" "$(library first && told "${gg[@]}")" first
is "and one of LD_LIBRARY_PATH" "$(library third && LD_LIBRARY_PATH=$work/later/third told "${gg[@]}")" third
is "which is not there where the variable is not" "$(told "${gg[@]}")" first

# What is written into a mapping shows in no time of a file, in a tmpfs.
memory=$(mktemp -d /dev/shm/gg-mapped.XXXXXX) && cd "$memory" || exit 1
cat >write.c <<'END'
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
int main(int n, char **words)
{
	int fd = open(words[n - 1], O_RDWR);
	struct stat st;
	fstat(fd, &st);
	char *p = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char *mark = memmem(p, st.st_size, "MARK1", 5);
	if (mark)
		mark[4] = '2';
	return !mark;
}
END
gcc write.c -o write
printf 'char mark[] = "MARK1"; int main(void) { return mark[4]; }\n' >main.c
printf 'all:\n\tgcc -c main.c\n\tar rcs lib.a main.o\n\t./write main.o\n\tgcc main.o -o main\n\t./write lib.a\n\tgcc -o other lib.a\n' >Makefile
make -s && cat main other >want && rm -f main main.o lib.a other
"$GG" build -s -- make -s
ok "what a program has written into a mapped file is there for the next command" eval 'cat main other | cmp - want'
cd "$work" && rm -rf "$memory"
done_testing

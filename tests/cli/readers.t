#!/usr/bin/env bash
# Builds that look at what they have just made, and commands whose exit status is the question.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir p
cd p || exit 1
cat >Makefile <<'END'
.RECIPEPREFIX = >
HAVE_GOOD := $(shell $(CC) -c good.c -o probe.o 2>/dev/null && echo yes || echo no)
HAVE_BAD := $(shell $(CC) -c bad.c -o probe.o 2>/dev/null && echo yes || echo no)
all: table.txt sums size.txt bytes.h config.h answers copy.o packed.tar
# a generator that is compiled and run
gen: gen.c
> $(CC) -O1 -o $@ $<
table.txt: gen
> ./gen > $@
# readers that nobody has heard of
sums: good.o gen
> sha256sum good.o gen > $@
size.txt: good.o
> wc -c < good.o > $@
bytes.h: good.o
> od -An -tx1 good.o > $@
copy.o: good.o
> cat < good.o > $@
packed.tar: good.o gen
> tar cf $@ --mtime=@0 --sort=name good.o gen
# probes within a recipe
config.h:
> if $(CC) -c bad.c -o probe.o 2>/dev/null; then echo '#define BAD'; else echo '/* no BAD */'; fi > $@
> $(CC) -c good.c -o probe.o && echo '#define GOOD' >> $@
> -$(CC) -c bad.c -o probe.o 2>/dev/null
> $(CC) -c bad.c -o probe.o 2>/dev/null || echo '/* still no BAD */' >> $@
> sh ./configure >> $@
answers:
> echo $(HAVE_GOOD) $(HAVE_BAD) > $@
%.o: %.c
> $(CC) -O1 -c -o $@ $<
clean:
> rm -f *.o gen table.txt sums size.txt bytes.h config.h answers packed.tar
END
cat >configure <<'END'
for f in good bad; do
	if ${CC:-cc} -o conftest "$f.c" -DMAIN=main 2>/dev/null && ./conftest; then echo "/* $f works */"; else echo "/* $f fails */"; fi
	rm -f conftest
done
END
cat >gen.c <<'END'
#include <stdio.h>
int main(void) { for (int i = 0; i < 9; i++) printf("%d\n", i * i); return 0; }
END
echo 'int f(void) { return 1; }
#ifdef MAIN
int MAIN(void) { return 0; }
#endif' >good.c
echo 'int f(void) { return }' >bad.c

make >/dev/null 2>&1
want=$(tree .)
for options in "-j2" "-j1 -k"; do
	make clean >/dev/null
	# shellcheck disable=SC2086 # several words
	ok "a build that reads its products succeeds with $options" "$GG" build $options -- make
	is "… and makes what plain make makes" "$(tree .)" "$want"
	make clean >/dev/null
	# shellcheck disable=SC2086
	"$GG" build $options --stats-json ../stats -- make >/dev/null 2>&1
	is "… also from the memo table" "$(tree .)" "$want"
done
make clean >/dev/null
"$GG" infer make good.o gen >/dev/null
ok "what gg infer left is made real before the build reads it" "$GG" build -- make
is "… and all is what plain make makes" "$(tree .)" "$want"
# tup refuses a command that writes a file which its Tupfile does not name.
mkdir ../tup
cd ../tup || exit 1
echo 'int f(void) { return 1; }' >a.c
printf ': a.c |> gcc -c %%f -o %%o |> a.o\n: a.o |> cp %%f %%o |> b.o\n' >Tupfile
tup init >/dev/null 2>&1
tup >/dev/null 2>&1
umount -l .tup/mnt 2>/dev/null
if [ -s b.o ]; then
	cp b.o plain.o
	sed -i 's/-c/-c -O1 -O0/' Tupfile
	rm a.o b.o
	"$GG" build --stats-json ../stats -- tup >/dev/null 2>&1
	ok "tup's commands run as they are" cmp b.o plain.o
	is "… which is counted" "$(stat_of ../stats thunks)" 0
else
	skip "tup's commands run as they are" "no tup, or no FUSE"
fi
umount -l .tup/mnt 2>/dev/null
done_testing

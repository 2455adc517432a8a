#!/usr/bin/env bash
# What must survive: two builds at once, kill -9, damage, a full disk.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

many() { # many DIR: 24 objects and a program, without depfiles
	mkdir -p "$1"
	{
		echo '.RECIPEPREFIX = >'
		printf 'prog: main.o'
		for i in $(seq 24); do printf ' m%d.o' "$i"; done
		printf '\n> gcc -o $@ $^\n%%.o: %%.c\n> gcc -O2 -c -o $@ $<\nclean:\n> rm -f *.o prog\n'
	} >"$1/Makefile"
	for i in $(seq 24); do
		printf '#include <stdio.h>\n#include <stdlib.h>\nint m%d(int x) { return printf("%%d", x + %d); }\n' "$i" "$i" >"$1/m$i.c"
	done
	echo 'int m1(int); int main(void) { return m1(0) != 1; }' >"$1/main.c"
}

running() { # running SESSION: its processes but for those that only wait to be reaped
	ps -s "$1" -o stat=,args= | awk '$1 !~ /^Z/'
}

many p
cd p || exit 1
make -j2 >/dev/null
want=$(tree .)
make clean >/dev/null

"$GG" init
cp -a . ../q
export GG_DIR=$PWD/.gg
"$GG" build -j2 -- make -j2 >/dev/null 2>&1 &
(cd ../q && "$GG" build -j2 -- make -j2 >/dev/null 2>&1) &
wait
is "two builds at once on one store: the first is right" "$(tree .)" "$want"
is "… and so is the second" "$(cd ../q && rm -rf .gg && tree .)" "$want"
unset GG_DIR

for delay in 0.1 0.25 0.5; do
	make clean >/dev/null
	rm -rf .gg
	setsid "$GG" build -j2 -- make -j2 >/dev/null 2>&1 &
	pid=$!
	sleep $delay
	kill -9 -- -$pid 2>/dev/null
	wait $pid 2>/dev/null
	for _ in $(seq 200); do [ -z "$(running $pid)" ] || sleep 0.1; done
	is "kill -9 after $delay s leaves nothing running" "$(running $pid)" ""
	ok "… a second run finishes the build" "$GG" build -j2 -- make -j2
	is "… with the right bytes" "$(tree .)" "$want"
	lies=0
	for blob in .gg/blobs/*; do [ "$("$GG" hash "$blob")" = "$(basename "$blob")" ] || lies=1; done
	is "… and no blob lies" $lies 0
done

again() { # again NAME: what a damaged store makes of a build
	make clean >/dev/null
	ok "$1: the build succeeds" "$GG" build -j2 -- make -j2
	is "$1: with the right bytes" "$(tree .)" "$want"
}
again "a whole store"
for blob in .gg/blobs/V*; do chmod u+w "$blob" && printf 'X' | dd of="$blob" conv=notrunc status=none; done
again "every value flipped"
for blob in .gg/blobs/V*; do chmod u+w "$blob" && : >"$blob"; done
again "every value truncated"
for blob in .gg/blobs/T*; do chmod u+w "$blob" && truncate -s 20 "$blob"; done
again "every thunk truncated"
rm -f .gg/blobs/*
again "no blobs at all"
find .gg -maxdepth 2 -name 'index*' -type f -exec truncate -s 5000 {} +
again "a truncated index"
find .gg -maxdepth 2 -name 'index*' -type f -exec dd if=/dev/urandom of={} bs=4096 count=3 conv=notrunc status=none \;
again "garbage in the index"

cd "$work" || exit 1
if unshare -rm true 2>/dev/null; then
	mkdir full
	cp -a p/Makefile p/*.c full
	cat >small.sh <<'END'
mkdir -p full/.gg && mount -t tmpfs -o size=200k gg full/.gg && cd full || exit 99
"$GG" build -j2 -- make -j2
END
	out=$(unshare -rm sh small.sh 2>&1)
	like "with a full file system under the store the build ends in the program or an error" \
		"$? $out $(test -x full/prog && echo made)" 'made|[Nn]o space'
	ok "… and leaves no placeholder" no_placeholders full
else
	skip "a full file system" "no namespaces here"
fi
mkdir -p empty/.gg && cd empty || exit 1
is "an empty GG_DIR is none" "$(GG_DIR='' "$GG" build -- echo built; ls -d .gg/index)" "built
.gg/index"
cd .. || exit 1

mkdir repo && cd repo || exit 1
git init -q .
echo 'int x;' >x.c
git add x.c
git -c user.name=n -c user.email=n@example.org commit -qm x
ok "in a repository" "$GG" build -- gcc -c x.c -o ../x.o
is "… git sees no store" "$(git status --porcelain)" ""
ok "… nor removes it" eval 'git clean -qfd && [ -d .gg/blobs ]'
mkdir ../kept && cp x.c ../kept
GG_DIR=$work/kept "$GG" build -- gcc -c x.c -o ../x.o
ok "a folder that was there before and is given as the store hides nothing" test ! -e ../kept/.gitignore
cd .. || exit 1

mkdir -p packed/qq-1/debian/source && cd packed/qq-1 || exit 1
echo 'int x;' >x.c
tar -C .. -czf ../qq_1.orig.tar.gz qq-1/x.c
echo '3.0 (quilt)' >debian/source/format
printf 'Source: qq\nMaintainer: N <n@example.org>\n\nPackage: qq\nArchitecture: any\nDescription: q\n' >debian/control
printf 'qq (1-1) unstable; urgency=low\n\n  * q\n\n -- N <n@example.org>  Mon, 01 Jan 2024 00:00:00 +0000\n' >debian/changelog
ok "what packs the folder it is called in does not find a store there" "$GG" build -- dpkg-source -b .
is "… but beside it" "$(ls -d .gg ../.gg 2>/dev/null)" "../.gg"
rm -rf ../.gg
ok "… behind env, too" "$GG" build -- env A=b dpkg-source -b .
rm -rf ../.gg
"$GG" build -- echo debuild >/dev/null
is "… where a word is none, there is a store as always" "$(ls -d .gg ../.gg 2>/dev/null)" ".gg"
like "… and one that is there is told of" "$("$GG" build -- dpkg-source -b . 2>&1)" 'find .gg in the folder that it packs.*mv .gg'
cd ../.. || exit 1
done_testing

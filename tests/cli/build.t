#!/usr/bin/env bash
# gg build, beside plain make in the same folder.
# The loop expands where it runs.
# shellcheck disable=SC2016
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

# both NAME MAKE-ARGUMENTS...: build plainly, then with gg at the same path; the same files
both() {
	local name=$1
	shift
	make clean >/dev/null
	make "$@" >"$work/.plain" 2>&1
	local want
	want=$(tree .)
	make clean >/dev/null
	rm -rf .gg
	ok "$name: gg builds it" "$GG" build -j2 --stats-json "$work/stats" -- make "$@"
	is "$name: every file has the bytes and the mode of plain make's" "$(tree .)" "$want"
	ok "$name: make finds nothing to do afterwards" make -q "$@"
	is "$name: no command ran as it is" "$(stat_of "$work/stats" delegated)" 0
	make clean >/dev/null
	"$GG" build -j2 --stats-json "$work/stats" -- make "$@" >/dev/null 2>&1
	is "$name: the second time nothing runs" "$(stat_of "$work/stats" ran)" 0
	is "$name: what is remembered has the same bytes" "$(tree .)" "$want"
}

project p
cd p || exit 1
both "gcc" CC=gcc
both "gcc with depfiles" CC=gcc "DEPS=-MD -MP"
both "make -j2" -j2 CC=gcc
if command -v clang >/dev/null; then both "clang" CC=clang DEPS=-MMD; fi

make clean >/dev/null
"$GG" build -- make >/dev/null 2>&1
sed -i 's/N 3/N 4/' x.h
"$GG" build -- make DEPS= >/dev/null 2>&1
make clean >/dev/null
"$GG" build -- make >/dev/null 2>&1
got=$(tree .)
make clean >/dev/null
make >/dev/null 2>&1
is "a header that was edited gives what a clean build gives" "$got" "$(tree .)"

make clean >/dev/null
ok "objects made under one name and moved to another are real" \
	"$GG" build -- sh -c 'gcc -c a.c && mkdir -p o && mv a.o o/a.o && gcc -c b.c -o o/b.o'
ok "… and hold no placeholder" no_placeholders .
rm -rf o

cat >gone.mk <<'END'
all: ; echo 'int g(void) { return 7; }' > gone.c; gcc -c gone.c; rm gone.c
END
ok "a source may be deleted right after its compile" "$GG" build -- make -f gone.mk
like "… and its object is real" "$(file gone.o)" 'ELF'
rm -f gone.o gone.mk

# zstd's makefile compares an object with its depfile.
echo 'int t;' >t.c
"$GG" build -s -- sh -c 'for i in $(seq 60); do gcc -c -MD t.c -o t$i.o; done'
ok "a depfile and its object have one time" \
	[ "$(stat -c %y t?*.d | sort -u | wc -l)" = "$(stat -c %y t?*.[do] | sort -u | wc -l)" ]
rm t*

echo 'int unused(void) { int x; return 0; }' >warn.c
first=$("$GG" build -- gcc -Wall -c warn.c 2>&1)
again=$("$GG" build -- gcc -Wall -c warn.c 2>&1)
plain=$(gcc -Wall -c warn.c 2>&1)
is "warnings are the compiler's" "$first" "$plain"
is "warnings are repeated when the result is remembered" "$again" "$plain"
rm -f warn.*

"$GG" build -- sh -c 'exit 7'
is "the exit status is the command's own" $? 7
"$GG" build -- no-such-program 2>/dev/null
is "a command that is not there gives 127" $? 127
is "what asks for the exit status gets the true one" \
	"$("$GG" build -- sh -c 'echo "int x = ;" | gcc -xc -c - -o z.o 2>/dev/null || echo no' 2>/dev/null)" no

echo 'int x = ;' >>b.c
make clean >/dev/null
out=$("$GG" build -- make 2>&1)
is "a build that fails fails" $? 2
like "the compiler's own message is there" "$out" 'b.c:3:9: error'
like "… and a command to paste" "$out" "cd .*/p && .* -c -o b.o b.c"
printf 'all:\n\t-gcc -c b.c 2>said\n\t-gcc -MD -c b.c >>said 2>&1\n\t-gcc -c b.c 2>&1 | cat >>said\n' >said.mk
make -f said.mk >/dev/null 2>&1
want=$(cat said)
"$GG" build -- make -f said.mk >/dev/null 2>&1
is "… but none in a file that the build makes of the message" "$(cat said)" "$want"
rm -f said said.mk b.d
ok "no placeholder is left after a failure" no_placeholders .
ok "what was made before stays" test -e a.o
make clean >/dev/null
"$GG" build -k -- make >/dev/null 2>&1
is "--keep-going fails in the end as make -k does" $? 2
ok "… but makes what does not depend on the failure" test -s c.o -a -s libs.so
ok "… and not what does" test ! -e libx.a -a ! -e prog
sed -i '$d' b.c

# Of another store: its thunk is none of ours.
printf '#!/usr/bin/env gg-force-and-run\n%s\n' Tolu6iTXVuG8aZnkySn_z0U_yHNKia0Fk7v71.jiNERQ00000081 >foreign
chmod 755 foreign
cp foreign again
make clean >/dev/null
out=$("$GG" build -- make 2>&1)
is "a placeholder of another store, there before, is nobody's business" $? 0
ok "… and stays, each copy of it" cmp foreign again
ok "… without a word" fails grep -q foreign <<<"$out"
# where placeholders stand for what is not made yet, who opens one asks for it
"$GG" build --lazy -- sh -c 'cat foreign again; cat foreign again' >seen 2>&1
ok "… also when it is read again and again" cmp foreign again
is "… as what it is" "$(sort -u seen)" "$(sort -u foreign)"
rm foreign again seen

cat >times.sh <<'END'
for i in $(seq 60); do
	echo 'int fresh;' >fresh.c
	test -e fresh.c # some kernels give finer times to what was looked at
	gcc -MD -c fresh.c
	[ ! fresh.o -ot fresh.c ] && [ ! fresh.d -ot fresh.c ] && [ ! fresh.o -nt fresh.d ] && [ ! fresh.d -nt fresh.o ] || echo "$i"
done
END
is "what is remembered is never older than a source that was written just now" "$("$GG" build -- sh times.sh)" ""
rm times.sh fresh.*

make clean >/dev/null
touch file
is "without a store that can be used the command runs as it is, and that is said" \
	"$(GG_DIR=$PWD/file/x "$GG" build -- echo ran 2>&1 | sed 's/^.*file/file/')" \
	"file/x: Not a directory; the command runs as it is
ran"
GG_DIR=$PWD/file/x "$GG" build -- ./nothing >/dev/null 2>&1
is "… with the status of a command that does not exist" $? 127
ok "… but not where isolation is asked for" fails env GG_DIR="$PWD/file/x" "$GG" build --sandbox=require -- true
rm file
(exec <&- >&- 2>&-; exec "$GG" build -- make)
is "a build without standard input, output and error succeeds" $? 0
ok "… and makes the program" ./prog
ok "… and the store is sound" "$GG" fsck
is "a signal that is ignored outside is ignored in a build too (nohup)" \
	"$(trap '' HUP; "$GG" build -- sh -c 'kill -HUP $$ $PPID; echo alive' 2>/dev/null)" alive
deaf() { perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' "$@"; }
is "one who ignores how children end still learns how the build did" \
	"$(for n in 0 3; do deaf "$GG" build -- sh -c "exit $n"; echo $?; done)" "0
3"
is "… and how a compile did that he starts" \
	"$(echo 'int x = ' >bad.c; "$GG" build -- perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' gcc -c bad.c 2>/dev/null; echo $?; rm bad.c)" 1
printf 'echo no first line, $1\n' >script
chmod +x script
is "a script without a first line is run by the shell" "$("$GG" build -- ./script x 2>/dev/null)" "no first line, x"
"$GG" build -- ./nothing 2>/dev/null
is "a command that does not exist ends with 127" $? 127
rm script

# A folder whose default ACL, not the umask, says what modes files get in it.
project acl
set_acl='import os, struct; entries = (1, 7), (4, 7), (0x20, 5)
os.setxattr(".", "system.posix_acl_default", struct.pack("<I", 2) + b"".join(struct.pack("<HHI", t, p, 2**32 - 1) for t, p in entries))'
if (cd acl && python3 -c "$set_acl") 2>/dev/null; then
	make -s -C acl
	want=$(tree acl)
	like "a default ACL gives other modes than the umask" "$want" '^./a.o 664 '
	for ran in 9 0; do
		make -s -C acl clean
		ok "a build in such a folder succeeds" "$GG" build --stats-json stats -- make -s -C acl
		is "… with the modes of a plain one" "$(tree acl)" "$want"
		is "… of thunks" "$(stat_of stats ran) $(stat_of stats delegated)" "$ran 0"
	done
else
	skip "default ACLs" "no ACLs here"
fi
rm -rf acl stats

# asks TOOL: how often gg runs it to find out about it, in a project that is new
asks() {
	rm -rf new && mkdir -p new/.gg && echo 'int x;' >new/x.c
	(cd new && strace -f -qq -e trace=execve -o ../trace "$GG" build -- "$1" -c x.c)
	cmp -s new/x.o x.o || echo "another object"
	grep -c 'execve("[^"]*'"$1"'", .*"-\(###\|print-prog-name=[a-z]*\|v\)"' trace
}

echo 'int x;' >x.c
if command -v strace >/dev/null; then
	gcc -c x.c
	first=$(XDG_CACHE_HOME=$PWD/cache asks gcc)
	ok "a new user's first compile asks gcc where things are ($first times)" [ "$first" -gt 1 ]
	is "… and the first one of the same user's next project does not" "$(XDG_CACHE_HOME=$PWD/cache asks gcc)" 0
	chmod 0777 cache/gg/tools
	is "… but where others may write what is known" "$(XDG_CACHE_HOME=$PWD/cache asks gcc)" "$first"
else
	skip "what is known of a compiler" "no strace"
fi
rm -rf new cache trace x.c x.o

# few FILES JOBS: a build in which so many files may be open at once, and what it says
few() {
	make clean >/dev/null
	rm -rf .gg
	(ulimit -n "$1" && timeout 60 "$GG" build -j"$2" -- make -j"$2" 2>&1 && ./prog)
}
like "where few files may be open the command runs as it is" "$(few 16 2 2>&1; echo $?)" 'only 16 files may be open.*ulimit -n'
ok "… and makes the program" ./prog
# twice: the first build makes a store, from which the second would have its head start
small() {
	make clean >/dev/null
	(ulimit -f "$1" && timeout 60 "$GG" build -- make 2>&1)
}
rm -rf .gg
like "where files may only be small the command runs as it is" "$(small 100; echo $?)" 'only 100 KiB.*ulimit -f.*runs as it is'
ok "… and makes the program" ./prog
make clean >/dev/null
"$GG" build -- make >/dev/null
like "… with a store that is there, too" "$(small 100; echo $?)" 'only 100 KiB.*ulimit -f.*runs as it is'
ok "… which makes the program" ./prog
mkdir many
for i in {1..150}; do echo "int f$i(void) { return $i; }" >"many/s$i.c"; done
{ echo "all:" s{1..150}.o && printf '%%.o: %%.c\n\tgcc -c -o $@ $<\n'; } >many/Makefile
ok "where there are too few for all jobs they are done all the same" \
	sh -c 'ulimit -n 64 && cd many && timeout -k 1 60 "$GG" build -j60 -- make -j150'
is "… each of them" "$(find many -name '*.o' | wc -l)" 150
rm -rf .gg many

make clean >/dev/null
like "where a list of compilers is made, the command runs as it is" \
	"$(INTERCEPT_REPORT_DESTINATION=none "$GG" build -- echo ran 2>&1 | tr '\n' ' ')" 'runs as it is.*ran'
if command -v bear >/dev/null; then
	bear -- "$GG" build -- make >/dev/null 2>err
	like "below bear the command runs as it is" "$(cat err)" 'bear is to see each compiler.*runs as it is'
	ok "… and bear sees the compilers" grep -q '"file": .*a\.c"' compile_commands.json
	rm -f compile_commands.json err
else
	skip "below bear" "not installed"
fi

make clean >/dev/null
ok "--lazy builds" "$GG" build --lazy -- make
like "… the program" "$(file -b prog)" 'ELF'
like "… and leaves what only other thunks use as placeholders" "$(head -n 1 libx.a)" '^OUTPUT_FORMAT'
ok "… which gg force makes real" "$GG" force libx.a
like "… as an archive" "$(file -b libx.a)" 'ar archive'
done_testing

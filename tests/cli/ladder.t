#!/usr/bin/env bash
# Where namespaces are refused gg goes down the ladder, says so once, and makes the same bytes.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

gcc -D_GNU_SOURCE -o refuse "$here/refuse.c" -lseccomp || exit 1
refuse=$PWD/refuse
project p
cd p || exit 1
make CC=gcc >/dev/null 2>&1
want=$(tree .)

make clean >/dev/null
out=$("$refuse" "$GG" build --stats-json "$work/stats" -- make CC=gcc 2>&1)
is "a build succeeds where namespaces are refused" $? 0
is "… with the same bytes" "$(tree .)" "$want"
is "… and says once what is missing" "$(printf '%s\n' "$out" | grep -c 'gg: isolation here')" 1
is "… every command is a thunk" "$(stat_of "$work/stats" delegated)" 0
make clean >/dev/null
"$refuse" "$GG" build --sandbox=require -- make CC=gcc >/dev/null 2>&1
ok "--sandbox=require refuses to go below namespaces" test $? -ne 0 -a ! -e a.o

as_is() { # as_is BUILDER: its bytes and what it says, as an ordinary user
	rm -rf .gg
	make clean >/dev/null
	"${closed[@]}" "$GG" build -j2 -- make -j2 CC="$1" >../said 2>&1
	is "$where: a build with $1 succeeds" $? 0
	is "$where: … with the same bytes" "$(tree .)" "$2"
	is "$where: … and says once what is missing" "$(grep -c 'gg: isolation here: path shim; missing' ../said)" 1
	"${closed[@]}" make clean >/dev/null
	"${closed[@]}" "$GG" build --stats-json stats -- make CC="$1" >/dev/null 2>&1
	is "$where: … and is remembered" "$(stat_of stats ran) $(stat_of stats delegated)" "0 0"
	rm -f stats
}

thunk() { # thunk OPTIONS of create-thunk: its result, made where nothing but a folder is ours
	rm -f result
	"${closed[@]}" "$GG" create-thunk -C result "$@" >/dev/null 2>../said &&
		"${closed[@]}" "$GG" force -s result >>../said 2>&1 && cat result
}

if [ "$(id -u)" != 0 ]; then
	skip "an ordinary user" "takes root"
	done_testing
	exit
fi
chmod 755 "$work"
chown -R 65534:65534 .
closed=("$refuse" -u 65534)
if ! "${closed[@]}" test -x "$GG" -a -w . 2>/dev/null; then
	skip "an ordinary user" "this folder is closed to others"
	done_testing
	exit
fi
where="an ordinary user, no namespaces"
as_is gcc "$want"
make clean >/dev/null
make CC=clang >/dev/null 2>&1
as_is clang "$(tree .)"
# clang names it by its whole path, past the root
for times in once again; do
	rm -f a.o a.gcno
	"${closed[@]}" "$GG" build -- clang --coverage -c a.c >/dev/null 2>&1
	ok "$where: what a program writes past its root is there $times" test -s a.o -a -s a.gcno
done
rm -f a.gcno
"${closed[@]}" "$GG" build --sandbox=require -- make CC=gcc >/dev/null 2>&1
ok "$where: --sandbox=require refuses" test $? -ne 0

# A program whose loader and library are nowhere on this host but in the thunk.
cat >../word.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	char cwd[4096], exe[4096] = "";
	FILE *f = fopen(argv[argc - 1], "w");
	if (!f || readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		return 1;
	fprintf(f, "%s %s %s %s%s\n", argv[0], getcwd(cwd, sizeof(cwd)), exe,
	        access("/etc/passwd", F_OK) ? "alone" : "not alone",
	        getenv("LD_PRELOAD") || getenv("GG_SHIM_BASE") ? " and told" : "");
	return fclose(f) != 0;
}
END
loader=/not-here/ld-linux-x86-64.so.2
gcc -o word ../word.c -Wl,--dynamic-linker=$loader -Wl,-rpath,/not-here
gcc -static -o static ../word.c
hash() { "${closed[@]}" "$GG" collect "$1"; }
word=$(hash word) libc=$(hash /lib/x86_64-linux-gnu/libc.so.6) ld=$(hash /lib64/ld-linux-x86-64.so.2) static=$(hash static)
is "a loader and libraries of another host are those of the thunk" \
	"$(thunk -e "$word=/not-here/word" -e "$ld=$loader" -v "$libc=/not-here/libc.so.6" --workdir /not-here/w -o out "$word" a-word out)" \
	"a-word /not-here/w /not-here/word alone"
like "a static program is run in its folder where its paths don't matter" \
	"$(thunk -e "$static" -o out "$static" static-word out)" '^static-word /.* not alone$'
is "… and as it is where they do" \
	"$(thunk -e "$static=$PWD/static" --workdir "$PWD" -o out "$static" static-word out)" \
	"static-word $PWD $PWD/static not alone"

# The same on a host where only /tmp can be written: what a cloud function is like.
mkdir "$work/bin" "$work/host"
cp "$GG" "$(dirname "$GG")/gg-model" "$refuse" "$work/bin"
cat >"$work/bin/inside" <<'END'
cd /tmp && cp -r /mnt/p . && cd p || exit 1
touch /mnt/x 2>/dev/null && echo "not closed"
make CC=gcc CFLAGS='-g -O2 -MD' >/dev/null 2>&1
all() { find . -path ./.gg -prune -o -type f -exec sha256sum {} + | sort; }
all >../want
make clean >/dev/null
/mnt/gg build -j2 -- make -j2 CC=gcc CFLAGS='-g -O2 -MD' 2>&1 | grep -o 'isolation here: path shim'
all | cmp - ../want && echo same
ls -A .gg/tmp
END
make clean >/dev/null
rm -rf .gg word static
cp -r "$work/p" "$work/bin/p"
# shellcheck disable=SC2016 # expanded by the inner shell
is "where only /tmp can be written, the same bytes" "$(unshare -m sh -c '
	mount --make-rprivate / && mount --bind / "$0/host" && mount --rbind /proc "$0/host/proc" && mount --rbind /dev "$0/host/dev" &&
	mount --bind "$0/bin" "$0/host/mnt" && mount -t tmpfs -o mode=1777 none "$0/host/tmp" && mount -o remount,bind,ro "$0/host" &&
	mount -o remount,bind,ro "$0/host/mnt" &&
	exec chroot "$0/host" /mnt/refuse -u 65534 sh /mnt/inside' "$work")" "isolation here: path shim
same"
done_testing

#!/usr/bin/env bash
# In a long build wrappers stand by for calls: what they make and say is what gcc does in the caller's place.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"

if [ ! -x "$(dirname "$GG")/gg-call" ]; then
	skip "wrappers that stand by" "gg-call is not made for this machine"
	done_testing
	exit
fi

# project NAME: compiles enough for all of them to stand by, and then the recipe that is read
project() {
	mkdir "$1" && cd "$1" || exit 1
	for i in $(seq 40); do echo "int f$i(void) { return $i; }" >"f$i.c"; done
	echo 'int a(void) { int unused; return UMASK; }' >a.c
	{
		# shellcheck disable=SC2016
		printf 'last: $(patsubst %%.c,%%.o,$(wildcard f*.c))\n'
		sed 's/^/\t/'
		printf '%%.o: %%.c\n\tgcc -c $< -o $@\n'
	} >Makefile
}

# said FILE: but for the names of temporary files and the numbers of processes
said() {
	grep -v -e '^gg: ' -e '^gcc -c f' "$1" | sed -E 's|/tmp/cc[A-Za-z0-9]{6}|TEMPORARY|g' | sort
}

# same NAME FILE...: plainly and under gg make says and makes the same
same() {
	local name=$1 file
	shift
	make -j2 >plain.out 2>&1
	mkdir plain
	for file; do cp -p "$file" plain 2>/dev/null || echo "no $file" >>plain.out; done
	rm -f ./*.o "$@"
	timeout 120 "$GG" build -j2 -- make -j2 >gg.out 2>&1
	for file; do [ -e "$file" ] || echo "no $file" >>gg.out; done
	is "$name: what make says" "$(said gg.out)" "$(said plain.out)"
	for file; do
		[ ! -e "plain/$file" ] || is "$name: $file" "$(sha256sum <"$file") $(stat -c %a "$file")" "$(sha256sum <"plain/$file") $(stat -c %a "plain/$file")"
	done
	cd ..
}

project usual <<'END'
	gcc -Wall -DUMASK=1 -c a.c -o a.o
END
same "a warning" a.o f1.o f40.o

project failing <<'END'
	-gcc -c a.c -o a.o
	gcc -DUMASK=1 -c a.c -o b.o
END
same "an error" a.o b.o

project once <<'END'
	-gcc -MD -c a.c -o a.o
END
same "an error that the compiler must say" a.o a.d
is "… is explained once" "$(grep -c '^gg: failed' once/gg.out)" 1

project folder <<'END'
	mkdir -p sub && cp a.c sub && (cd sub; umask 077; gcc -g -DUMASK=2 -c a.c -o ../a.o)
	(umask 027; gcc -DUMASK=3 -c a.c -o b.o)
END
same "a folder and an umask of its own" a.o b.o

project environment <<'END'
	mkdir -p h && echo '#define UMASK 7' >h/h.h && echo '#include "h.h"' | cat - a.c >c.c
	(CPATH=h; export CPATH; gcc -c c.c -o a.o)
	-(gcc -c c.c -o b.o)
	(LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=1000; export LC_ALL SOURCE_DATE_EPOCH; echo 'char d[] = __DATE__;' >d.c; gcc -c d.c -o d.o)
END
same "an environment of its own" a.o b.o d.o

project input <<'END'
	(gcc -x c -DUMASK=4 -c - -o a.o <a.c)
	(echo 'int piped;' | gcc -x c -c - -o b.o)
	(gcc -DUMASK=5 -c a.c -o c.o </dev/null)
	(gcc -x c -DUMASK=8 -c /dev/fd/7 -o d.o 7<a.c)
	(gcc -x c -DUMASK=9 -c /dev/stdin -o e.o <a.c)
END
same "files that only the caller has open" a.o b.o c.o d.o e.o

project streams <<'END'
	(gcc -Wall -DUMASK=4 -c a.c -o a.o 2>&1 | cat)
	(gcc -Wall -DUMASK=5 -c a.c -o b.o 2>text; cat text)
	(gcc -DUMASK=6 -c a.c -o c.o >&-)
	-(gcc -c a.c -o d.o 2>&-)
	(ulimit -f 0; gcc -DUMASK=6 -c a.c -o e.o; echo $$?)
END
same "streams that are pipes, files, or closed" a.o b.o c.o d.o e.o

project limit <<'END'
	(head -c 100000 /dev/zero | tr '\0' 0 | sed 's/./0,/g;s/^/int big[] = {/;s/$$/};/' >big.c)
	-(ulimit -f 1; gcc -c big.c -o big.o)
END
same "a limit of file sizes" big.o

project lines <<'END'
	mkdir -p sub .deps && cp a.c sub
	cd $(CURDIR)/sub && gcc -g -DUMASK=1 -c a.c -o ../a.o
	cd sub && gcc -g -DUMASK=2 -c a.c -o ../b.o && mv ../b.o ../c.o
	: && rm -f d.o && gcc -DUMASK=3 -c a.c -o d.o && :
	gcc -DUMASK=4 -c a.c -o e.o && gcc -DUMASK=5 -c a.c -o f.o; echo done $$?
	-echo first; gcc -c a.c -o g.o && echo never
	depbase=`echo h.o | sed 's|[^/]*$$|.deps/&|;s|\.o$$||'`;gcc -DUMASK=6 -MT h.o -MD -MP -MF $$depbase.Tpo -c -o h.o `test -f 'a.c' || echo './'`a.c && mv -f $$depbase.Tpo $$depbase.Po
	cat .deps/h.Po
	cd nowhere && gcc -DUMASK=7 -c a.c -o i.o || echo no
	-: && gcc -c a.c -o j.o && mv none other
	-: && gcc -DUMASK=8 -c a.c -o j.o && mv none other
	: && ar qc l.a a.o c.o && ranlib l.a && :
END
same "lines for a shell" a.o c.o d.o e.o f.o h.o j.o l.a .deps/h.Po

project appearing <<'END'
	@rm -rf near far many.c; mkdir -p near far && for i in 0 1 2 3 4 5 6 7 8 9 a b c d e f g h i j k l m n o p q r s t; do echo "#include \"h$$i.h\"" >>many.c; echo "int far$$i;" >far/h$$i.h; done; sleep .1
	gcc -Inear -Ifar -c many.c -o a.o
	gcc -Inear -Ifar -DAGAIN -c many.c -o a.o
	@echo 'int near7;' >near/h7.h
	gcc -Inear -Ifar -c many.c -o b.o
	gcc -Inear -Ifar -DAGAIN -c many.c -o c.o
	@rm near/h7.h
	gcc -Inear -Ifar -g -c many.c -o d.o
	@echo 'int other;' >far/hz.h; mv far/hz.h far/h8.h
	gcc -Inear -Ifar -g -c many.c -o e.o
END
same "headers that come and go" a.o b.o c.o d.o e.o

if unshare -rm true 2>/dev/null; then
	project mounted <<'END'
	echo '#define UMASK 1' >h.h && echo '#define UMASK 2' >other.h && echo '#include "h.h"' | cat - a.c >c.c
	gcc -c c.c -o a.o
	unshare -rm sh -c 'mount --bind other.h h.h && gcc -c c.c -o b.o'
	gcc -c c.c -o c.o
END
	same "mounts of its own" a.o b.o c.o
else
	skip "mounts of its own" "no namespaces here"
fi

project killed <<'END'
	@for p in $$(pgrep -f -- "--stand-by $${GG_SESSION:-none}"); do kill -9 $$p; done
	gcc -DUMASK=1 -c a.c -o a.o
	gcc -DUMASK=2 -c a.c -o b.o
END
same "wrappers that are killed" a.o b.o

# A compile whose caller is killed ends with it, whoever drives it.
for by in standing by-itself; do
	project "killed-$by" <<'END'
	echo old >big.o
	-timeout 0.5 gcc -O2 -c big.c -o big.o
	for i in 1 2 3 4 5 6 7 8 9 10; do pgrep -f "big[.]c" >/dev/null || break; sleep 0.1; done
	-pgrep -f "big[.]c" >running
	sleep 0.2; cp big.o seen.o
	gcc -O0 -c a.c -o a.o -DUMASK=1
END
	seq 20000 | sed 's/.*/int a&(int x){return x*&*3;}/' >big.c
	[ "$by" = standing ] || export GG_NO_STANDBY=1
	timeout 120 "$GG" build -j2 -- make >gg.out 2>&1
	unset GG_NO_STANDBY
	is "what is killed ($by) does not go on" "$(cat running)" ""
	is "… and writes nothing" "$(cat seen.o big.o)" "$(printf 'old\nold')"
	gcc -O2 -c big.c -o want.o
	"$GG" build -- gcc -O2 -c big.c -o big.o
	ok "… and is made the next time" cmp big.o want.o
	cd ..
done

mkdir left && cd left || exit 1
echo 'int x;' >x.c
# shellcheck disable=SC2016
printf 'all:\n\tfor i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do gcc -DI=$$i -c x.c -o x.o || exit 1; done\n\techo $$GG_SESSION >session\n\tpgrep -f -- "--stand-by $$GG_SESSION" | wc -l >count\n' >Makefile
"$GG" build -- make >/dev/null
ok "some stand by" test "$(cat count)" -gt 0
is "none is left when the build is over" "$(pgrep -f -- "--stand-by $(cat session)")" ""
GG_NO_STANDBY=1 "$GG" build -- make >/dev/null
is "none stands by where GG_NO_STANDBY is set" "$(cat count)" 0
cd ..

cd usual || exit 1
rm -rf .gg ./*.o
GG_NO_STANDBY=1 "$GG" infer make >/dev/null
want=$(cat ./*.o)
rm -rf .gg ./*.o
"$GG" infer make >/dev/null
is "what stands by infers the same" "$(cat ./*.o)" "$want"
ok "… which can be forced" "$GG" force f1.o f40.o a.o
is "… and is what gcc makes" "$(sha256sum <f40.o)" "$(gcc -c f40.c -o plain.o && sha256sum <plain.o)"
cd ..

# A bug of gg's own, at the worst moment: while its thunk runs.
mkdir bug && cd bug || exit 1
seq -f 'int f%.0f(int a) { int b = a; for (int i = 0; i < a; i++) b ^= (b << 3) + i * 7; return b; }' 600 >slow.c
cat >fails.sh <<'END'
gcc -O2 -c slow.c -o "$1" &
pid=$!
until grep -q gg-model /proc/$pid/comm; do sleep 0.01; done
sleep 0.5
kill -ABRT $pid
wait $pid
END
gcc -O2 -c slow.c -o want.o
said=$(GG_NO_STANDBY=1 "$GG" build -s -- sh fails.sh slow.o 2>&1)
is "where gg-model itself fails" $? 0
like "… it says so" "$said" 'gg-model has failed.*as it is runs: /usr/bin/gcc'
ok "… and the compiler makes the object" cmp slow.o want.o
cd ..

if strace -qq -o trace true 2>/dev/null; then
	cd usual || exit 1
	rm -rf .gg ./*.o
	strace -f -qq -e trace=execve -e signal=none -o trace "$GG" infer make >/dev/null 2>&1
	ok "most calls of an inference start no wrapper" test "$(grep -c 'gg-model".* = 0' trace)" -lt 25
	rm -rf .gg ./*.o
	strace -f -qq -e trace=execve -e signal=none -o trace "$GG" build -- make >/dev/null 2>&1
	ok "most calls start no wrapper" test "$(grep -c 'gg-model".* = 0' trace)" -lt 25
	cd ..
fi

done_testing

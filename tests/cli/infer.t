#!/usr/bin/env bash
# The two steps: infer makes placeholders and compiles nothing, force makes them real.
# shellcheck disable=SC2016 # expanded by eval
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

project p
cd p || exit 1
make DEPS=-MMD >/dev/null 2>&1
want=$(tree .)
depfiles=$(cat ./*.d)
make clean >/dev/null

ok "infer succeeds" "$GG" infer make DEPS=-MMD
is "every object, library and program is a placeholder" "$(grep -lE 'gg-force-and-run|OUTPUT_FORMAT' ./*.o ./*.a ./*.so prog | wc -l)" 8
is "dependency files are real at once" "$(cat ./*.d)" "$depfiles"
is "what a thunk would run is shown in a form to paste" "$("$GG" describe -c a.o)" \
	"cd $PWD && cc -O1 -g -Wall -MMD -c -o a.o a.c"
like "summary shows the program's tree" "$("$GG" summary prog)" 'main\.o|values, [0-9]+ thunks'

# Inputs were kept when they were seen.
mv a.c a.c.keep
echo 'broken(' >b.c
ok "force makes the program real although sources have changed since" "$GG" force -j2 prog
is "… with the bytes that plain make made" "$(sha256sum <prog)" "$(printf '%s\n' "$want" | sed -n 's|^\./prog [0-9]* ||p')  -"
mv a.c.keep a.c
printf '#include "x.h"\nint f_b(int x) { return x + N; }\n' >b.c
printf '%s\n' ./*.o libx.a libs.so >targets
ok "force takes a list of targets" "$GG" force @targets
rm targets
is "… and then everything is what plain make made" "$(tree .)" "$want"
ok "forcing what is real is no error" "$GG" force prog a.o

make clean >/dev/null
"$GG" infer make DEPS=-MMD >/dev/null
mv main.o moved.o
ln -s libx.a link.a
cp libs.so copy.so
ok "a placeholder may be moved, linked to and copied" "$GG" force moved.o link.a copy.so
is "… and each is the real file" "$(grep -lE 'gg-force-and-run|OUTPUT_FORMAT' moved.o libx.a copy.so)" ""
cmp -s copy.so libs.so || "$GG" force libs.so
is "… the copy too" "$(sha256sum <copy.so)" "$(sha256sum <libs.so)"

make clean >/dev/null
rm -f moved.o link.a copy.so
"$GG" infer make >/dev/null
is "run makes a program real and runs it" "$("$GG" run ./prog)" 13
make clean >/dev/null
"$GG" infer make >/dev/null
is "a placeholder of a program runs by itself" "$(PATH=$(dirname "$GG"):$PATH ./prog)" 13
ok "infer passes on the exit status" fails "$GG" infer sh -c 'exit 3'
ok "a target that is missing is an error" fails "$GG" force nothing.o
ok "an empty @list is none" "$GG" force @/dev/null
echo 'int main(void) { return 0; }' >zero.c
# The command itself is a program of the user's own: it is started by who answers what programs ask.
cp "$(command -v env)" ./own
ok "a program of one's own infers" timeout 60 "$GG" infer ./own gcc -c zero.c -o own.o
ok "… builds with --overlap" timeout 60 "$GG" build --overlap -- ./own gcc -c zero.c -o own2.o
ok "… and with --lazy" timeout 60 "$GG" build --lazy -- ./own gcc -c zero.c -o own3.o
# Thin archives of archives, whose members are read by whoever reads them.
mkdir thin && cd thin || exit 1
echo 'int a(void) { return 1; }' >a.c
echo 'int b(void) { return 2; }' >b.c
echo 'int a(void), b(void); int main(void) { return a() + b() - 3; }' >main.c
thins='gcc -c a.c b.c && ar rcsT one.a a.o && ar rcs two.a b.o && ar cDPrST all.a one.a two.a && gcc main.c -Wl,--whole-archive all.a -Wl,--no-whole-archive -o prog'
sh -c "$thins" && want=$(tree .)
rm -f ./*.[oa] prog
ok "thin archives can be inferred" "$GG" infer sh -c "$thins"
ok "… and forced" "$GG" force prog a.o b.o two.a
is "… and are what they are without gg" "$(tree .)" "$want"
cd ..

echo 'int x' >bad.c
"$GG" infer gcc -c bad.c -o bad.o
ok "a thunk that is forced by its name and fails" eval '! "$GG" force "$(sed -n 2p bad.o)" 2>err'
like "… says why" "$(tr '\n' ' ' <err)" 'error: expected .*failed .exit 1.'
done_testing

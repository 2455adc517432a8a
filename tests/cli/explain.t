#!/usr/bin/env bash
# gg explain: what is behind a file, and why it ran.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

# about FILE PATH-END EXPRESSION: of the thunk whose path ends so, in gg explain --json
about() {
	"$GG" explain --json "$1" | python3 -c 'import json, sys
for t in json.load(sys.stdin)[0].get("thunks", []):
    if t["path"].endswith(sys.argv[1]):
        print(eval(sys.argv[2], {"t": t}))
        break
else:
    print("no such thunk")' "$2" "$3"
}
why='sorted((c["kind"], c["name"].rsplit("/", 1)[-1]) for c in t["changes"])'

project p
cd p || exit 1
"$GG" build -- make >/dev/null 2>&1
like "a program is explained" "$("$GG" explain prog)" '^prog$'
for f in main.o a.o b.o c.o s.o libx.a libs.so; do
	is "$f is behind the program" "$(about prog /$f 't["state"], t["ok"], t["reason"]')" "('ran', True, 'first time')"
done
is "the archive's two steps are both there" \
	"$("$GG" explain --json prog | grep -cE '"command": ".*(ar rcs|ranlib) ')" 2
is "headers of the system are not" "$("$GG" explain prog | grep -c stdio.h)" 0

make clean >/dev/null
"$GG" build -- make >/dev/null 2>&1
is "what is remembered is said to be" "$(about prog /a.o 't["state"], t["in_last_run"]')" "('remembered', True)"
ok "… with what it took when it ran" test "$(about prog /a.o 't["wall_s"] > 0')" = True

printf '#include "x.h"\nint f_b(int x) { return x + N + 1; }\n' >b.c
"$GG" build -- make >/dev/null 2>&1
is "an edited source is the reason" "$(about prog /b.o "t['state'], $why")" "('ran', [('input', 'b.c')])"
is "… and what follows from it" "$(about libx.a /libx.a "t['state']")" "ran"
like "… told with old and new hash" "$("$GG" explain b.o)" 'input b.c: V.* → V'
is "what was not touched is not blamed" "$(about prog /a.o 't["state"], t["in_last_run"]')" "('remembered', False)"

rm a.o
"$GG" build -- make CFLAGS='-O1 -g -Wall -fno-common' a.o >/dev/null 2>&1
is "a new flag is the reason" "$(about a.o /a.o "[c['after'] for c in t['changes']]")" "['-fno-common']"
rm s.o
CPATH=/nonexistent "$GG" build -- make s.o >/dev/null 2>&1
is "a variable is the reason" "$(about s.o /s.o "$why")" "[('variable', 'CPATH')]"
echo '#define N 4' >x.h
rm c.o
"$GG" build -- make c.o >/dev/null 2>&1
is "a header is the reason" "$(about c.o /c.o "$why")" "[('input', 'x.h')]"

"$GG" explain Makefile >out 2>&1
is "a file that gg did not make is a plain answer" "$?: $(cat out)" "1: gg explain: Makefile: not made by gg"
ok "a file that is not there is an error" fails "$GG" explain nowhere
ok "a folder is not made by gg" fails "$GG" explain .
is "… in JSON too" "$("$GG" explain --json Makefile nowhere | python3 -c 'import json, sys
print([j["made_by_gg"] for j in json.load(sys.stdin)])')" "[False, False]"
ok "no file at all is wrong usage" fails "$GG" explain

mv a.o 'moved
here.o'
# (Two thunks have made these bytes: the flag changed nothing in them.)
is "a file that was moved is known by its content" "$(about 'moved
here.o' here.o 't["state"] in ("ran", "remembered")')" True
echo 'changed' >>prog
like "a file that was changed since is said to be" "$("$GG" explain prog)" 'has been changed since'

echo 'int broken(' >c.c
rm -f c.o
"$GG" build -- make c.o >/dev/null 2>&1
like "what failed is explained" "$("$GG" explain c.o 2>&1)" 'failed in the last run'

cd "$work" || exit 1
mkdir q && cd q || exit 1
evil=$'e\e[31m<b>"\x27.c'
echo 'int x;' >"$evil"
"$GG" build -- gcc -c "$evil" -o "$evil.o" >/dev/null 2>&1
# shellcheck disable=SC2016 # expanded by the inner shell
ok "hostile names do no harm on a terminal" sh -c '! "$0" explain "$1" | grep -q "$(printf "\033")"' "$GG" "$evil.o"
is "… and are whole in JSON" "$(about "$evil.o" "$evil.o" 't["state"]')" ran

echo 'int main(void) { return 0; }' >m.c
"$GG" infer -- sh -c 'gcc -c m.c && gcc -o m m.o' >/dev/null 2>&1
is "a placeholder is explained" "$(about m /m 't["state"]')" waiting
is "… and what is behind it" "$(about m /m.o 't["state"]')" unknown
"$GG" force m
is "… also when it has become real" "$(about m /m 't["state"]') $(about m m.o 't["state"]')" "ran ran"
done_testing

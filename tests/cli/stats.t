#!/usr/bin/env bash
# gg stats, and the records that runs leave.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

# number KEY...: of gg stats --json
number() {
	"$GG" stats --json | python3 -c 'import json, sys
j = json.load(sys.stdin)
for k in sys.argv[1:]:
    j = j[int(k)] if isinstance(j, list) else j[k]
print(j)' "$@"
}

project p
cd p || exit 1
like "without a store gg stats says what to do" "$("$GG" stats 2>&1; echo "exit $?")" 'gg init.*'
"$GG" init
like "before the first run it says so" "$("$GG" stats)" 'No runs yet'
is "… and in JSON" "$(number last)" None

"$GG" build -- make >/dev/null 2>&1
is "every command is seen" "$(number last commands)" 9
is "… and all became thunks that ran" "$(number last modelled) $(number last ran) $(number last remembered)" "9 9 0"
make clean >/dev/null
"$GG" build -- make >/dev/null 2>&1
is "the second time all are remembered" "$(number last ran) $(number last remembered)" "0 9"
is "… and what that saved is what they took" "$(number last saved_cpu_s)" "$(number total ran_cpu_s)"
is "… and the total is that of both runs" "$(number total runs) $(number total commands)" "2 18"
size=$(cat ./*.o libx.a libs.so prog | wc -c)
ok "bytes of all that was made are counted" test "$(number last remembered_bytes)" -ge "$size"

"$GG" build -- make >/dev/null 2>&1
is "a run that asked for nothing leaves no record" "$(number total runs)" 2

printf '%s\n' 'all:' '	gcc -v 2>/dev/null' '	echo "int x;" | gcc -c -o y.o -x c /dev/stdin' >m2
"$GG" build -- make -f m2 >/dev/null 2>&1
is "what ran as it is, is counted" "$(number last delegated) $(number last modelled_percent)" "2 0.0"
is "… and what only asks a tool about itself, apart" "$(number last questions)" 1
like "… with the reason" "$("$GG" stats)" '1  gcc: '
like "… and an example" "$("$GG" stats)" 'as in: gcc (-v|-c -o y.o)'

echo 'int broken(' >a.c
"$GG" build -- make >/dev/null 2>&1
is "failures are counted" "$(number last failed) $(number last status)" "1 2"
"$GG" build --no-record -- make >/dev/null 2>&1
is "--no-record leaves none" "$(number total runs)" 4

rm -rf .gg/runs/*
echo rubbish >.gg/runs/00000001
ok "a record that is no record is an error, not a crash" fails "$GG" stats
rm .gg/runs/00000001
like "lost records are no error" "$("$GG" stats)" 'No runs yet'

"$GG" build -- make -k >/dev/null 2>&1
is "counting begins again" "$(number total runs)" 1
"$GG" stats --zero
is "--zero counts anew" "$(number total runs) $(number total commands)" "0 0"
ok "… but keeps the last run" test "$(number last commands)" -gt 0
ok "an unknown option is refused" fails "$GG" stats --frobnicate
ok "operands are refused" fails "$GG" stats x

rm -rf .gg/runs && : >.gg/runs
make clean >/dev/null
echo 'int f_a(int x) { return x; }' >a.c
"$GG" build -- make >out 2>&1
is "a run whose record can't be kept is as good as another" "$?" 0
like "… and says so" "$(cat out)" 'keep the record|runs'

cd "$work" || exit 1
mkdir hostile && cd hostile || exit 1
evil=$'a\e[31m"<b>.c'
echo 'int x;' >"$evil"
"$GG" init
"$GG" build --trace t.json -- gcc -c "$evil" -o "$evil.o" >/dev/null 2>&1
ok "a trace is JSON, whatever files are called" python3 -c 'import json
t = json.load(open("t.json"))["traceEvents"]
x = [e for e in t if e["ph"] == "X" and e.get("cat", "").startswith("thunk")]
assert len(x) == 1 and "\x1b" in x[0]["name"] and x[0]["dur"] > 0, x
assert all(k in e for e in x for k in ("ts", "pid", "tid"))'
like "a trace that can't be written is said, and changes nothing" \
	"$("$GG" build --trace /nonexistent/t -- true 2>&1; echo "exit $?")" 'trace: .*'
is "… not even the exit status" "$("$GG" build --trace /nonexistent/t -- true 2>/dev/null; echo $?)" 0
# shellcheck disable=SC2016 # expanded by the inner shell
ok "gg stats shows no control characters" sh -c '! "$0" stats | grep -q "$(printf "\033")"' "$GG"
done_testing

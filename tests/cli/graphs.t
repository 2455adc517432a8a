#!/usr/bin/env bash
# Thunks that make thunks, that share what they depend on, and long rows of them.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

gcc -O1 -static -o word "$here/word.c" || exit 1
"$GG" init
word=$("$GG" collect word)

# thunk FILE OPTIONS... -- ARGUMENTS: a placeholder FILE of `word ARGUMENTS`, and its name
thunk() {
	local file=$1 options=()
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	"$GG" create-thunk -e "$word" "${options[@]}" -C "$file" "$word" word "$@" 2>&1
}

export GG_DIR=$work/fib/.gg
mkdir fib
for case in 0:0 1:1 2:1 10:55 30:832040; do
	is "fib ${case%:*}" "$("$here/../../examples/fib/fib.sh" "${case%:*}" 2>/dev/null)" "${case#*:}"
done
unset GG_DIR

# A recursion of 30 that ran every call would take hours: that the above ended says that equal
# calls run once. A tree of depth 12 in which both branches are the same says it in numbers.
below=$(thunk t0 -o out -- out leaf)
for level in $(seq 12); do
	below=$(thunk "t$level" -t "$below" -o out -- out "@{GGHASH:$below}" "@{GGHASH:$below}")
done
ok "a tree of 8,191 calls, two branches alike everywhere, is forced" timeout 300 "$GG" force -s -j2 t12
is "… to 4,096 leaves" "$(wc -w <t12)" 4096
# Each of the upper 12 is remembered under two names: as it was made, and with its inputs filled in.
is "… by 13 runs" "$(strings -n 5 .gg/memo.log | grep -oE 'MT[A-Za-z0-9_.]{51}' | sort -u | wc -l)" $((1 + 12 * 2))

# Two targets that share a thunk which fails: the other one is made with --keep-going.
failing=$(thunk bad -o out -- out)
good=$(thunk good -o out -- out fine)
thunk needs-bad -t "$failing" -o out -- out "@{GGHASH:$failing}" >/dev/null
thunk needs-good -t "$good" -o out -- out "@{GGHASH:$good}" >/dev/null
out=$("$GG" force -s -k needs-bad needs-good 2>&1)
is "a failing thunk makes force fail" $? 1
is "… and --keep-going makes what does not need it" "$(cat needs-good)" fine
like "… the failure is told with its command" "$out" 'word out'
like "… a target whose input failed stays a placeholder" "$(head -c 31 needs-bad)" '^#!/usr/bin/env gg-force-and-run'

# A row of 300, each using the one before; loading is tested for 100,000 in t_graph.
below=$(thunk row -o out -- out x)
for _ in $(seq 300); do below=$(thunk row -t "$below" -o out -- out "@{GGHASH:$below}"); done
ok "a row of 300 is forced" timeout 300 "$GG" force -s -j2 row
is "… to its first word" "$(cat row)" x
ok "forcing what is forced changes nothing" "$GG" force -s row

# A thunk that depends on itself can't exist: names are hashes. One whose input is missing can.
missing=TQtmlNPfoECnIQfaVQVHYszwy3y0Kugtha3buA7k1fhI00000091
thunk lost -t $missing -o out -- out "@{GGHASH:$missing}" >/dev/null
out=$(timeout 300 "$GG" force -s lost 2>&1)
is "a thunk that depends on one that is nowhere is an error" $? 101
like "… and says which" "$out" "$missing"
done_testing

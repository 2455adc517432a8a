#!/bin/sh
# fib.sh N: the N-th Fibonacci number, by thunks that make thunks. Equal calls run once, so fib 30
# takes 60 runs and not 1.6 million. GG names the gg to use; CC the compiler (for static programs).
set -eu

n=${1:-30}
gg=$(command -v "${GG:-gg}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
${CC:-cc} -O2 -static -o fib "$here/fib.c"
${CC:-cc} -O2 -static -o add "$here/add.c"
[ -n "${GG_DIR:-}" ] || "$gg" init

fib=$("$gg" collect fib)
add=$("$gg" collect add)
tool=$("$gg" collect "$gg")
if [ "$n" -lt 2 ]; then outputs="-o out"; else outputs="-o out -o left -o right"; fi
# shellcheck disable=SC2086 # several words
"$gg" create-thunk -e "$fib" -e "$add" -e "$tool" $outputs -C answer \
	"$fib" fib "$n" "@{GGHASH:$fib}" "@{GGHASH:$add}" "@{GGHASH:$tool}" 2>name
"$gg" force answer
cat answer

#!/bin/sh
# sort.sh FILE [CHUNKS]: the lines of FILE in order. The chunks are sorted by gg map, each a thunk.
set -eu

file=$1
chunks=${2:-4}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

split -n "l/$chunks" "$file" "$work/part."
# shellcheck disable=SC2086 # several words
(cd "$work" && "${GG:-gg}" map ${GG_FLAGS:-} 'sort {} > {}.sorted' ::: part.*)
sort -m "$work"/part.*.sorted

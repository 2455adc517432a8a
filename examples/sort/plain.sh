#!/bin/sh
# plain.sh FILE [CHUNKS]: as sort.sh, one chunk after the other.
set -eu

file=$1
chunks=${2:-4}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

split -n "l/$chunks" "$file" "$work/part."
for part in "$work"/part.*; do
	sort "$part" >"$part.sorted"
done
sort -m "$work"/part.*.sorted

#!/bin/sh
# plain.sh OUT.mkv [CHUNKS] [SECONDS]: as video.sh, one chunk after the other.
set -eu

out=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
"$here/source.sh" "${2:-4}" "${3:-2}"
for chunk in chunk*.y4m; do
	ffmpeg -nostdin -v error -i "$chunk" -threads 1 -c:v mpeg4 -q:v 4 \
		-fflags +bitexact -flags:v +bitexact "${chunk%.*}.mkv"
done
"$here/join.sh" "$out" chunk*.mkv

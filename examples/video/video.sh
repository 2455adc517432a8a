#!/bin/sh
# video.sh OUT.mkv [CHUNKS] [SECONDS]: encode a generated film in chunks; each is a thunk of gg map.
set -eu

out=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
gg=$(command -v "${GG:-gg}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
"$here/source.sh" "${2:-4}" "${3:-2}"
# shellcheck disable=SC2086 # several words
"$gg" map ${GG_FLAGS:-} --out '{.}.mkv' 'ffmpeg -nostdin -v error -i {} -threads 1 -c:v mpeg4 -q:v 4
	-fflags +bitexact -flags:v +bitexact {.}.mkv' ::: chunk*.y4m
"$here/join.sh" "$out" chunk*.mkv

#!/bin/sh
# source.sh CHUNKS SECONDS: chunk00.y4m, chunk01.y4m, …: consecutive pieces of a generated film.
set -eu

i=0
while [ "$i" -lt "$1" ]; do
	ffmpeg -nostdin -v error -f lavfi -i testsrc=size=320x180:rate=24 -ss $((i * $2)) -t "$2" \
		-pix_fmt yuv420p "$(printf 'chunk%02d.y4m' "$i")"
	i=$((i + 1))
done

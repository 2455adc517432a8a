#!/bin/sh
# join.sh OUT CHUNK...: one film of encoded chunks.
set -eu

out=$1
shift
for chunk; do
	echo "file '$chunk'"
done >list
ffmpeg -nostdin -v error -y -f concat -safe 0 -i list -c copy -fflags +bitexact "$out"

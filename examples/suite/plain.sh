#!/bin/sh
# plain.sh: run the tests of this folder one after the other.
set -u

cd "$(dirname "$0")" || exit 1
status=0
for test in tests/*.sh; do
	sh "$test" || status=1
done
exit "$status"

#!/bin/sh
# suite.sh: run the tests of this folder by gg map. A pass is remembered until the test or what it
# reads (--in) changes; a failure never is. The exit status is 1 if a test fails.
set -eu

cd "$(dirname "$0")"
# shellcheck disable=SC2086 # several words
exec "${GG:-gg}" map ${GG_FLAGS:-} --in words.txt sh {} ::: tests/*.sh

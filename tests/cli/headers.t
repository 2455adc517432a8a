#!/usr/bin/env bash
# The headers that a compile sees: a few of the random search paths of tests/headers, of which "./check --all" does 60.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"

export GG_TEST_TMP=$work
ok "what is found along random search paths is what a plain compile finds there" \
	"$here/../headers" 4 1
done_testing

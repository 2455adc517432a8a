#!/usr/bin/env bash
# No stale result: a few of the random edits of tests/stale, of which "./check --all" does 500.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"

export GG_TEST_TMP=$work
ok "what is built after random edits is what a plain build from nothing makes" \
	"$here/../stale" 8 5
done_testing

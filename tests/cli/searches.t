#!/usr/bin/env bash
# The headers that a compile sees and the libraries that a link sees: a few of the random search paths of
# tests/searches, of which "./check --all" does more.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"

export GG_TEST_TMP=$work
found="what is found along random search paths is what the plain tool finds there"
ok "headers: $found" "$here/../searches" headers 4 1
ok "libraries: $found" "$here/../searches" libraries 1 7
done_testing

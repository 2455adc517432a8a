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

# clang knows a folder by its inode, and calls what is in it by the name that came first.
if command -v clang >/dev/null; then
	mkdir -p twice/d1/sub && cd twice || exit 1
	ln -s d1 link
	echo 'extern int x;' >d1/sub/h5.h
	echo '#include "h5.h"' >d1/sub/h4.h
	printf '#include <%s.h>\n' h5 sub/h4 >a.c
	printf '#include <%s.h>\n' sub/h4 h5 >b.c
	both=(clang -isystem d1 -idirafter link/sub -MD -c)
	"${both[@]}" a.c && "${both[@]}" b.c
	want=$(cat ./*.d)
	rm ./*.[do]
	"$GG" build -s -- "${both[@]}" a.c && "$GG" build -s -- "${both[@]}" b.c
	is "a header in a folder with two names has the name that clang gives it" "$(cat ./*.d)" "$want"
	cd ..
fi
done_testing

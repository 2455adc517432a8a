#!/usr/bin/env bash
# What gg carries out itself instead of starting the program writes, leaves and answers what the program does.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
command -v cmake >/dev/null || { echo "1..0 # SKIP no cmake"; exit 0; }
cmake=$(realpath "$(command -v cmake)")
export XDG_CACHE_HOME=$work/cache
unset CLICOLOR CLICOLOR_FORCE MAKE_TERMOUT EMACS

# both COMMAND...: run in a new folder, plainly and under gg; what they wrote and left must be the same
both() {
	local how
	for how in plain gg; do
		rm -rf p && mkdir -p p/Progress && echo 40 >p/Progress/count.txt && cp -a link*.txt p 2>/dev/null
		[ $how = plain ] || set -- "$GG" build -- "$@"
		(cd p && "$@" >../"$how.out" 2>../"$how.err"; echo $? >>../"$how.out")
		tree p >"$how.tree"
	done
	diff plain.out gg.out && diff plain.err gg.err && diff plain.tree gg.tree
}

# executed COMMAND...: how often cmake was executed below gg
executed() {
	strace -f -qq -e trace=execve -o trace "$GG" build -- "$@" >/dev/null 2>&1
	grep -c "execve(\"$cmake\".*= 0" trace
}

cat >words <<'WORDS'
--green
--green --bold
--blue --bold
--cyan
--red
--normal
--black --no-newline
--white --newline
--magenta
--yellow
--progress-dir=Progress
--progress-dir=.
--progress-dir=nowhere
--progress-dir=
--progress-num=1
--progress-num=7,8
--progress-num=
--progress-num=,9,
--progress-num=../x
--progress-num=a
--switch=
--switch=1
--switch=OFF
Building
'C object CMakeFiles/a.dir/b.c.o'
''
'100%s %d \n'
--unknown
-E
WORDS
RANDOM=7
{
	for i in {1..120}; do
		printf '%s -E cmake_echo_color' "$cmake"
		for _ in $(seq $((RANDOM % 8))); do printf ' %s' "$(sed -n $((RANDOM % 29 + 1))p words)"; done
		# shellcheck disable=SC2016
		printf '; echo "$?"\n'
	done
} >messages.sh
ok "messages and marks are those of cmake" both sh ../messages.sh
ok "… in color where make says that its output is a terminal" env MAKE_TERMOUT=/dev/tty bash -c "$(declare -f both tree); both sh ../messages.sh"
ok "… where all shall be in color" env CLICOLOR_FORCE=1 bash -c "$(declare -f both tree); both sh ../messages.sh"
ok "… where none shall be" env CLICOLOR=0 MAKE_TERMOUT=x bash -c "$(declare -f both tree); both sh ../messages.sh"
ok "… where the count is none" both sh -c "echo many >Progress/count.txt; sh ../messages.sh"
ok "… where there is a count no more" both sh -c "rm Progress/count.txt; sh ../messages.sh"
ok "… where no marks can be made" both sh -c "mkdir Progress/1 Progress/7; sh ../messages.sh"

# shellcheck disable=SC2016 # all of them are for cmake to read
{
	printf 'echo a  b\tc\n\n  \t \necho "d  e" '\''f "g'\'' ""\n' >link1.txt
	printf 'echo \\$x \\  y\\\\z\necho no end' >link2.txt
	printf 'echo a\nsh -c "exit 7"\necho never\n' >link3.txt
	printf 'nosuchcommand\n' >link4.txt
	printf 'echo "a \\" b" $HOME `id` * ~ > out; echo x\r\n' >link5.txt
	printf 'sh -c "cat; pwd; echo >&2 error"\ntouch made\n' >link6.txt
	: >link7.txt
	printf 'echo "open\n' >link8.txt
}
{
	for i in 1 2 3 4 5 6 7 8 9; do
		for verbose in "" 1 0 ON off Maybe; do
			# shellcheck disable=SC2016
			printf 'echo in | %s -E cmake_link_script link%d.txt --verbose=%s; echo "$?"\n' "$cmake" $i "$verbose"
		done
	done
	printf '%s -E cmake_link_script link1.txt\n%s -E cmake_link_script\n' "$cmake" "$cmake"
} >scripts.sh
ok "link scripts do what they do by cmake" both sh ../scripts.sh

mkdir p/q
cat >p/q/CMakeLists.txt <<'LISTS'
cmake_minimum_required(VERSION 3.10)
project(x C)
add_library(one STATIC one.c)
add_library(two SHARED two.c)
target_link_options(two PRIVATE "-Wl,-rpath,\$ORIGIN/a b")
add_executable(main main.c)
target_link_libraries(main one two)
LISTS
echo 'int one(void) { return 1; }' >p/q/one.c
echo 'int two(void) { return 2; }' >p/q/two.c
echo 'int one(void), two(void); int main(void) { return one() + two() - 3; }' >p/q/main.c
mv p/q .
built() { # HOW BUILD...
	local how=$1
	shift
	rm -rf p && cp -a q p
	(cd p && cmake -S . -B b && "$@" make -C b && "$@" make -C b clean && "$@" make -C b VERBOSE=1 && b/main) >"$how.out" 2>&1
	echo $? >>"$how.out"
	find p -name '.gg' -prune -o -type f -path '*Progress*' -print -o -name '*.[oa]' -print -o -name '*.so' -print -o -name main -print | sort | xargs sha256sum >"$how.tree"
}
built plain
built gg "$GG" build --
is "a project of CMake's is built with the same words" "$(diff plain.out gg.out)" ""
is "… and to the same files" "$(diff plain.tree gg.tree)" ""
is "… which are some" "$(grep -c . gg.tree)" 6

if strace -qq -o trace true 2>/dev/null; then
	is "cmake is not even started" "$(executed "$cmake" -E cmake_echo_color --green x; executed sh -c "cd . && $cmake -E cmake_echo_color --green x; cd . && $cmake -E cmake_link_script $work/link1.txt --verbose=1")" $'1\n0'
	rm -r "$XDG_CACHE_HOME"
	is "… but once, to see whether it would do the same" "$(executed sh -c "$cmake -E cmake_echo_color x; $cmake -E cmake_echo_color y; true")" 3
	is "… and always where that can't be kept" "$(XDG_CACHE_HOME=/dev/null HOME=/dev/null executed sh -c "$cmake -E cmake_echo_color x; $cmake -E cmake_echo_color y; true")" 2
	rm -r "$XDG_CACHE_HOME"
	is "… or where nothing can be tried" "$(TMPDIR=/dev/null executed sh -c "$cmake -E cmake_echo_color x; true")" 1
	is "… until it can" "$(executed sh -c "$cmake -E cmake_echo_color x; true")$(executed sh -c "$cmake -E cmake_echo_color x; true")" 30
else
	skip "cmake is not even started" "no strace"
fi

mkdir other script bare
printf '#include <stdio.h>\nint main(int c, char **v) { printf("%%d words, the last is %%s\\n", c, v[c - 1]); return 3; }\n' >other/cmake.c
gcc -o other/cmake other/cmake.c
# shellcheck disable=SC2016
printf '#!/bin/sh\necho "$# words"\n' >script/cmake
printf 'echo "$# words, no first line"\n' >bare/cmake
chmod +x script/cmake bare/cmake
for folder in other script bare; do
	# not a part of the project
	ok "a program that is only named cmake is executed ($folder)" both sh -c "cd / && $work/$folder/cmake -E cmake_echo_color --green x; $work/$folder/cmake -E cmake_link_script $work/link1.txt --verbose=1"
done
# mv where there is something to say, and where there is not
cat >moves.sh <<'MOVES'
echo 1 >a; echo 2 >b; mkdir d; ln b hard; ln -s a link; ln -s nowhere dangling; ln -s d to_d; echo 3 >c; chmod 444 c
for words in '-f a b' 'a new' '-f new d' '-f d/new a' 'a c' '-f a c' '-f b hard' '-f link e' '-f a link' '-f b dangling' '-f hard to_d' \
	'-f nothing e' 'a' '' '-f' '-v a f' '-n a c' '-- a g' '-f a b c' '-f d/ h' '-f a d/none/x' '-f a/x b' '-t d a' '-b c b'; do
	mv $words </dev/null; echo "$words: $?"
done
MOVES
ok "files are moved as mv does" both sh ../moves.sh

cat >removals.sh <<MOVES
echo 1 >a; echo 2 >b; echo 3 >c; mkdir d; ln -s a link; ln -s d to_d
for words in '-f a none' '-f b d c' '-f link to_d' '-f' 'c' '-f -r d' '-rf none' '-f -- c' '-f c -x' '-f d/none/x'; do
	$cmake -E rm \$words; echo "\$words: \$?"
done
MOVES
ok "… and removed as cmake does" both sh ../removals.sh

ok "a line of models.conf for cmake changes nothing of it" bash -c "$(declare -f both tree); mkdir -p $work/config/gg && echo 'cmake out=2' >$work/config/gg/models.conf; XDG_CONFIG_HOME=$work/config both sh ../messages.sh"
done_testing

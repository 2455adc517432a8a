#!/usr/bin/env bash
# Every command has a help text with examples, a place in the man page, and completion.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

PATH=${GG%/*}:$PATH
man=$(cat "$top/man/gg.1.scd")
gg help >list
mapfile -t names < <(sed -n '/^  gg /d; s/^  \([a-z-]*\) .*/\1/p' list)
ok "there are commands" test "${#names[@]}" -gt 20
is "they are sorted" "$(printf '%s\n' "${names[@]}")" "$(printf '%s\n' "${names[@]}" | sort)"

# options TEXT-FILE: the long options that a help text names at the beginning of a line
options() {
	grep -oE '^ +(-[a-zA-Z0-9],)? *--[a-z-]+' "$1" | grep -oE -- '--[a-z-]+' | sort -u
}

# completed WORD…: what bash offers for the last word
completed() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_gg gg "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
	printf '%s\n' "${COMPREPLY[@]}" | sort -u
}
# shellcheck source=data/gg.bash
. "$top/data/gg.bash"

for name in "${names[@]}"; do
	gg "$name" --help >text 2>err
	is "$name --help says it" "$? $(cat err)" "0 "
	like "$name: its usage first" "$(head -n 1 text)" "^usage: gg $name( |\$)"
	like "$name: examples" "$(sed 1d text)" "^  (.*[ |])?gg $name( |\$)"
	gg help "$name" >again
	ok "$name: gg help says the same" cmp text again
	like "$name: in the man page" "$man" "^\*gg $name( [a-z]+)?\*"
	is "$name: bash completes it" "$(completed gg "$name" | grep -cx -- "$name")" 1
	is "$name: … and its options" "$(completed gg "$name" --)" "$(options text)"
	gg "$name" --no-such-option-at-all </dev/null >out 2>&1
	status=$?
	case $name in
	# these hand on what they don't know, or know no options
	help | infer | run | map | gtest | model-generic) ;;
	*) ok "$name: an unknown option is wrong usage" test $status = 2 -o $status = 3 ;;
	esac
done

is "bash completes no word of an example" "$(completed gg g | grep -cx gg)" 0
is "bash completes what --sandbox= takes" "$(completed gg build --sandbox = r)" require
is "… and all of it" "$(completed gg build --sandbox =)" "$(printf 'auto\nnone\nrequire')"

while read -r file; do
	ok "$file is named in README, ARCHITECTURE or another page" \
		grep -qF "$file" "$top/README.md" "$top/ARCHITECTURE.md" "$top"/docs/*.md
done < <(cd "$top" && ls docs/*.md)
if command -v zsh >/dev/null; then ok "zsh reads its completion" zsh -n "$top/data/_gg"; fi
if command -v fish >/dev/null; then ok "fish reads its completion" fish -n "$top/data/gg.fish"; fi
if command -v scdoc >/dev/null; then
	scdoc <"$top/man/gg.1.scd" >gg.1
	is "the man page can be made" $? 0
fi
done_testing

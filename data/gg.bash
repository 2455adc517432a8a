# shellcheck shell=bash
# Completion of gg for bash. Commands and options are what `gg help` says.

_gg() {
	local word=$2 command=${COMP_WORDS[1]} i
	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(gg help | sed -n '/^  gg /d; s/^  \([a-z-]*\) .*/\1/p')" -- "$word")
		return
	fi
	case $command in
	build | infer | run)
		# Behind "--", or the first word without a dash, the user's own command begins.
		for ((i = 2; i < COMP_CWORD; i++)); do
			[ "${COMP_WORDS[i]}" = -- ] || continue
			if declare -F _command_offset >/dev/null; then
				_command_offset $((i + 1))
			else
				mapfile -t COMPREPLY < <(compgen -c -f -- "$word")
			fi
			return
		done
		;;
	help)
		mapfile -t COMPREPLY < <(compgen -W "$(gg help | sed -n '/^  gg /d; s/^  \([a-z-]*\) .*/\1/p')" -- "$word")
		return
		;;
	esac
	# Readline begins a word behind "=", which is one by itself.
	local before=${COMP_WORDS[COMP_CWORD - 1]}
	[ "${COMP_WORDS[COMP_CWORD]}" = = ] && word="" before="$before="
	[ "$before" = = ] && before=${COMP_WORDS[COMP_CWORD - 2]}=
	if [ "$before" = --sandbox= ]; then
		mapfile -t COMPREPLY < <(compgen -W 'auto require none' -- "$word")
		return
	fi
	case $word in
	-*) mapfile -t COMPREPLY < <(compgen -W "$(gg help "$command" 2>/dev/null | grep -oE '^ +(-[a-zA-Z0-9],)? *--[a-z-]+' | grep -oE -- '--[a-z-]+')" -- "$word") ;;
	*) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	esac
}
complete -o default -F _gg gg

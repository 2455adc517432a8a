# shellcheck shell=bash
# Completion of gg for bash. Commands and options are what `gg help` says.

_gg() {
	local word=$2 command=${COMP_WORDS[1]} i
	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(gg help | sed -n 's/^  \([a-z-]*\)  .*/\1/p')" -- "$word")
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
		mapfile -t COMPREPLY < <(compgen -W "$(gg help | sed -n 's/^  \([a-z-]*\)  .*/\1/p')" -- "$word")
		return
		;;
	esac
	case $word in
	--sandbox=*) mapfile -t COMPREPLY < <(compgen -P --sandbox= -W 'auto require none' -- "${word#*=}") ;;
	-*) mapfile -t COMPREPLY < <(compgen -W "$(gg help "$command" 2>/dev/null | grep -oE '^ +(-[a-zA-Z0-9],)? *--[a-z-]+' | grep -oE -- '--[a-z-]+')" -- "$word") ;;
	*) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	esac
}
complete -o default -F _gg gg

# Completion of gg for fish. Commands and options are what `gg help` says.
function __gg_commands
    gg help | string match -rv '^  gg ' | string replace -rf '^  ([a-z-]+) +(.*)' '$1\t$2'
end
function __gg_options
    gg help (commandline -opc)[2] 2>/dev/null | string match -r -- '^ +(?:-[a-zA-Z0-9],)? *--[a-z-]+' | string match -r -- '--[a-z-]+'
end
complete -c gg -n 'test (count (commandline -opc)) -eq 1' -f -a '(__gg_commands)'
complete -c gg -n '__fish_seen_subcommand_from help' -f -a '(__gg_commands)'
complete -c gg -n 'test (count (commandline -opc)) -gt 1' -a '(__gg_options)'

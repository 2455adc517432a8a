#!/usr/bin/env bash
# gg doctor: what this machine can do.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
unset GG_STORAGE_URI AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY

# level TEXT: of the finding that holds it, in gg doctor --json
level() {
	"$GG" doctor --json | python3 -c 'import json, sys
print(next((f["level"] for f in json.load(sys.stdin)["findings"] if sys.argv[1] in f["text"]), "none"))' "$1"
}

ok "it works without a store" "$GG" doctor
like "… and says so" "$("$GG" doctor)" 'there is none here yet'
"$GG" init
ok "it works with one" "$GG" doctor
is "JSON says the same" "$("$GG" doctor --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["works"])')" True
is "the compiler is found" "$(level 'gcc: ')" ok
is "the model program is found" "$(level 'gg-model is ')" ok
like "isolation is told" "$("$GG" doctor)" 'namespace|chroot|none'
# shellcheck disable=SC2016 # expanded by the inner shell
ok "nothing on a pipe is coloured" sh -c '! "$0" doctor | grep -q "$(printf "\033")"' "$GG"

mkdir bin && printf '#!/bin/sh\n' >bin/ccache && chmod +x bin/ccache && ln -s ccache bin/gcc
is "a cache in front of the compiler is a lack" "$(PATH=$PWD/bin:$PATH level 'which is ccache')" lack
is "a switched-off model is a lack" "$(GG_BYPASS=1 level GG_BYPASS)" lack
is "a compiler by its path is a lack" "$(CC=/usr/bin/gcc level 'CC names')" lack

secret=s3cr3t-$$
out=$(GG_STORAGE_URI="s3://key:$secret@bucket/?region=x" AWS_SECRET_ACCESS_KEY=$secret "$GG" doctor; GG_STORAGE_URI="s3://key:$secret@bucket/?region=x" "$GG" doctor --json)
ok "secrets are never shown" fails grep -q "$secret" <<<"$out"
like "… but the place is" "$out" 'GG_STORAGE_URI: s3://'
is "half of a pair of keys is a lack" "$(GG_STORAGE_URI=s3://b AWS_ACCESS_KEY_ID=x level 'only one of')" lack
is "a kind of storage that there is not is a lack" "$(GG_STORAGE_URI=gopher://b level 'no kind that gg knows')" lack

ok "a relative GG_DIR is bad" fails env GG_DIR=x "$GG" doctor
is "… and it says why" "$(GG_DIR=x level 'no absolute path')" bad
printf 'rubbish' >.gg/index.x
: >notdir
ok "a store that is no folder is bad" fails env GG_DIR="$PWD/notdir" "$GG" doctor
ok "an unknown option is refused" fails "$GG" doctor --cure
done_testing

#!/usr/bin/env bash
# Workers that lie, and answers that are none: nothing wrong is taken, each try is counted in its class
# (docs/failures.md), and a build comes out right all the same.
peers=$(cd "$(dirname "$0")/../peers" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

unset GG_STORAGE_URI GG_REMOTE_TOKEN GG_REMOTE_TOKEN_FILE GG_CA_FILE GG_LAMBDA_FUNCTION
pids=()
trap 'kill "${pids[@]}"; chmod -R u+w "$work"; rm -rf "$work"' EXIT
store=file://$work/store
mkdir store
mkfifo ready

"$GG" serve --listen 127.0.0.1:0 --dir "$work/there" --allow-store "$store" -q >ready 2>log &
pids+=($!)
read -r place <ready
mkfifo until
python3 "$peers/liar.py" "${place##*:}" mode lies <until >ready 2>liar.log &
pids+=($!)
exec 9>until
read -r port <ready
echo a-token-for-the-worker >token
export GG_REMOTE_TOKEN_FILE=$work/token

force() {
	"$GG" force --store "$store" "$@" 2>&1
}

# anew LIE: a thunk of which nothing is known, and a worker that tells that lie
anew() {
	echo "$1" >mode
	: >lies
	rm -rf .gg
	cp -a kept .gg
	cp kept.o one.o
}

for name in one two; do echo "int $name(void) { return 1; }" >$name.c; done
gcc -c one.c -o plain.o
echo honest >mode
"$GG" init >/dev/null
"$GG" infer -- gcc -c two.c -o two.o
"$GG" infer -- gcc -c one.c -o one.o
force -e "remote=127.0.0.1:$port" --fallback-engine none two.o
is "an honest answer is taken" $? 0
cp -a .gg kept
cp one.o kept.o

# LIE, requests that follow, what is said
while read -r lie tries what; do
	anew "$lie"
	out=$(force -e "remote=127.0.0.1:$port" --fallback-engine none one.o)
	status=$?
	is "$lie: no result" "$status $(cmp one.o kept.o)" "1 "
	is "$lie: as often as its class says" "$(grep -c "^$lie" lies)" "$tries"
	like "$lie: which is told" "$out" "$what"
done <<-'END'
	another-thunk 3 wrong answer: it answers another thunk
	another-answer 3 wrong answer: it answers another thunk
	wrong-bytes 3 wrong answer: the bytes of output one.o are not what
	wrong-name 3 wrong answer: the bytes of output one.o are not what
	nowhere 9 is not in the store
	tampered 9 what came for V.* is V
	wrong-size 3 wrong answer: output one.o is said to have
	no-outputs 3 wrong answer: output one.o is missing
	more-outputs 3 wrong answer: it has outputs that the thunk does not have
	output-twice 3 wrong answer: it has outputs that the thunk does not have
	other-tag 3 wrong answer: output one.o is missing
	no-thunks 3 wrong answer: it answers 0 thunks
	two-thunks 3 wrong answer: it answers 2 thunks
	false-thunk 3 wrong answer: output one.o begins like a thunk and is none
	both 3 wrong answer: it says both
	name-is-path 3 wrong answer: response: .*is no object's name
	not-base64 3 wrong answer: response: .*not base64
	empty 3 wrong answer: response: is empty
	page 3 wrong answer: response: not JSON
	array 3 wrong answer: response: is no object
	null 3 wrong answer: response: not JSON
	deep 3 wrong answer: response: the message is too large
	binary 3 wrong answer: response: not JSON
	no-content 3 wrong answer: response: is empty
	teapot 4 HTTP status 418: I am a teapot
	half 3 wrong answer: response: not JSON
	cut 4 transfer closed
	oversized 3 the answer is longer than
	redirect 4 HTTP status 302
	no-http 4 HTTP/0.9
	long-header 3 headers are too long
END
ok "no redirection is followed" fails grep -q redirected lies
ok "the token goes nowhere else" fails grep -q a-token liar.log

# the same worker, and the machine itself for what it can't do
for lie in another-thunk wrong-bytes nowhere tampered cut; do
	anew "$lie"
	force -e "remote=127.0.0.1:$port" one.o >out
	is "$lie: the fallback engine makes it" "$? $(cmp one.o plain.o)" "0 "
done
anew nowhere
force -e "remote=127.0.0.1:$port" --fallback-engine none one.o >out
echo honest >mode
force -e "remote=127.0.0.1:$port" --fallback-engine none one.o >out
is "a lie is not remembered" "$? $(cmp one.o plain.o)" "0 "

project p
make -s -C p
want=$(tree p)
rm -rf p .gg
project p
echo all >mode
"$GG" build --store "$store" -e "remote=127.0.0.1:$port" -j 2 -- make -s -C p >out 2>&1
is "a build among nothing but lies ends well" $? 0
is "… with the bytes of a plain one" "$(tree p)" "$want"

# Lambda's answers are judged in the same way
export AWS_ACCESS_KEY_ID=AKIDTEST AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_ENDPOINT_URL=http://127.0.0.1:$port
while read -r lie what; do
	anew "$lie"
	out=$(force -e lambda --fallback-engine none one.o)
	is "lambda, $lie: no result" "$? $(cmp one.o kept.o)" "1 "
	like "… which is told" "$out" "$what"
done <<-'END'
	another-answer wrong answer: it answers another thunk
	wrong-bytes wrong answer: the bytes of output one.o
	no-outputs wrong answer: output one.o is missing
	half wrong answer: response: not JSON
	page wrong answer: response: not JSON
	redirect 302
END
done_testing

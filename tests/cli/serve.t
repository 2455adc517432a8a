#!/usr/bin/env bash
# gg serve on loopback: builds through it, who is let in, clients that misbehave.
peers=$(cd "$(dirname "$0")/../peers" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

unset GG_STORAGE_URI GG_SERVE_TOKEN GG_REMOTE_TOKEN GG_REMOTE_TOKEN_FILE GG_CA_FILE GG_CLIENT_CERT GG_CLIENT_KEY
pid=
trap '[ -z "$pid" ] || kill "$pid"; chmod -R u+w "$work"; rm -rf "$work"' EXIT

# serve OPTIONS…: start anew; $place is where it is
serve() {
	stop
	rm -f ready
	mkfifo ready
	"$GG" serve --listen 127.0.0.1:0 --dir "$work/there" --allow-store "file://$work/store" "$@" >ready 2>>log &
	pid=$!
	read -r place <ready
}

stop() {
	[ -z "$pid" ] && return
	kill "$pid"
	wait "$pid"
	status=$?
	pid=
	return $status
}

# there: build p there, from nothing
there() {
	rm -rf p .gg store
	mkdir store
	project p
	"$GG" build --store "file://$work/store" -e "remote=$place" -j 4 --fallback-engine none --stats -- \
		make -s -C p 2>&1
}

# one: force one thunk there, and nowhere else
one() {
	rm -rf .gg store one.o
	mkdir store
	echo 'int one(void) { return 1; }' >one.c
	"$GG" init >/dev/null && "$GG" infer -- gcc -c one.c -o one.o >/dev/null &&
		"$GG" force --store "file://$work/store" -e "remote=$place" --fallback-engine none one.o 2>&1
}

# all_ran TEXT: of --stats: every thunk ran, none failed or ran as its command is
all_ran() {
	like "$1" "$2" '\([1-9][0-9]* ran, 0 remembered, 0 failed\)'
}

project p
make -s -C p
mv p plain
openssl rand -hex 24 >token
export GG_REMOTE_TOKEN_FILE=$work/token

serve
out=$(there)
is "a build runs there" $? 0
is "… with the bytes of a plain one" "$(tree p)" "$(tree plain)"
all_ran "… all of it" "$out"
ok "… by the server" grep -q 'POST / 200' log
like "… whose log counts what came" "$(grep -m 1 'POST / 200' log)" ' [1-9][0-9]* bytes in'
ok "SIGTERM ends it well" stop

serve --token-file token --read-timeout 2
out=$(one)
is "with the token too" $? 0
echo wrong-token-of-some-length >wrong
: >log
out=$(GG_REMOTE_TOKEN_FILE=$work/wrong one)
is "with a wrong token nothing runs" $? 1
like "… and the token is named" "$out" '401: the server refuses the token.*GG_REMOTE_TOKEN'
out=$(GG_REMOTE_TOKEN_FILE='' one)
is "without one nothing either" $? 1
like "… and it is said what to set" "$out" '401: the server wants a token: set GG_REMOTE_TOKEN'
ok "… and the server has let nobody in" fails grep -q 'POST / 200' log
out=$(GG_REMOTE_TOKEN_FILE=$work/wrong there)
is "a build is not broken by that" $? 0
is "… and its bytes are right" "$(tree p)" "$(tree plain)"
like "… and why is said" "$out" 'refuses the token'

out=$(python3 "$peers/rude.py" "${place##*:}" "$(cat token)" "$pid")
while read -r name what want; do
	like "${name//_/ }" "$out" "^$what: $want\$"
done <<-'END'
	malformed_JSON_gets_400 malformed 400
	so_does_an_array array 400
	deep_nesting deep 400
	bytes_that_are_no_text binary 400
	nothing_at_all empty 400
	an_unknown_field unknown-field 400
	and_a_name_that_is_none bad-name 400
	a_body_beyond_the_limit_is_not_read oversized 413
	nor_one_of_more_than_can_be_counted overflowing 413
	one_that_does_not_say_its_length_ends_at_the_limit chunked 413
	a_length_below_zero_is_refused negative 400
	so_are_long_headers long-header 431
	and_too_many many-headers 431
	without_a_token_there_is_401 unauthorised 401
	with_another_scheme_too other-scheme 401
	with_a_part_of_it_too prefix-of-token 401
	before_the_body unauthorised-large 401
	what_is_no_HTTP_is_refused no-http (400|closed)
	other_methods_are_refused method 405
	half_a_request_ends truncated (400|408|closed)
	who_stops_in_the_middle_is_cut_off slow (408.)?(429.)?closed
	who_says_nothing_too silent closed
	who_announces_much_and_sends_nothing_too bodies 503.closed
	a_hundred_at_once_are_answered at-once 200(.429)?
	memory_is_bounded memory bounded
	it_still_serves after 200
END
out=$(python3 "$peers/rude.py" "${place##*:}" "$(cat token)" "$pid" 10000)
like "10,000 connections keep nobody out" "$out" '^crowd: [0-9]+ held, answers 200 400$'
like "… take a bounded number of descriptors" "$out" '^crowd-fds: bounded$'
like "… and memory" "$out" '^crowd-memory: bounded$'
like "… and leave no trace" "$out" '^after: 200$'
out=$(there)
is "it still builds" "$(tree p)" "$(tree plain)"
all_ran "… there" "$out"

# TLS
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout other.key -out other.pem 2>/dev/null
printf 'subjectAltName=IP:127.0.0.1\n' >ext
for name in server client; do
	openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout $name.key -out $name.csr 2>/dev/null
	openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out $name.pem 2>/dev/null
done
tls=(--tls-cert server.pem --tls-key server.key)
serve "${tls[@]}" --token-file token
like "TLS is announced" "$place" '^https://'
out=$(GG_CA_FILE=$work/ca.pem there)
is "a build runs over TLS" "$(tree p)" "$(tree plain)"
all_ran "… all of it" "$out"
: >log
out=$(one)
is "an authority that is not trusted is an error" $? 1
like "… which is said" "$out" '(certificate|SSL|TLS)'
ok "… and the token is not sent there" fails grep -q POST log
out=$(GG_CA_FILE=$work/ca.pem GG_REMOTE_TOKEN_FILE=$work/wrong one)
like "a wrong token is refused there too" "$out" '401'

serve "${tls[@]}" --client-ca ca.pem
: >log
GG_CA_FILE=$work/ca.pem one >out
is "without a certificate nobody comes in" $? 1
GG_CA_FILE=$work/ca.pem GG_CLIENT_CERT=$work/other.pem GG_CLIENT_KEY=$work/other.key one >out
is "with one of another authority neither" $? 1
ok "… and the server has run nothing" fails grep -q ' 200 ' log
GG_CA_FILE=$work/ca.pem GG_CLIENT_CERT=$work/client.pem GG_CLIENT_KEY=$work/client.key one >out
is "with a good one it runs" $? 0

# open to anybody
for options in "" "--token-file token" "--tls-cert server.pem --tls-key server.key"; do
	# shellcheck disable=SC2086
	out=$(timeout 20 "$GG" serve --listen 0.0.0.0:0 --dir "$work/there" $options 2>&1)
	is "not on all addresses with only [$options]" $? 2
	like "… and says what to add" "$out" 'Add --'
done
echo short >short
out=$(timeout 20 "$GG" serve --listen 127.0.0.1:0 --dir "$work/there" --token-file short 2>&1)
is "a token that can be guessed is refused" $? 2
out=$(GG_REMOTE_TOKEN_FILE=$work/token "$GG" force --store "file://$work/store" -e remote=192.0.2.1 --fallback-engine none one.o 2>&1)
is "a token is not sent in the clear" $? 2
like "… and says what to do" "$out" 'https://'

# busy
serve --jobs 1 --queue 1
out=$(there)
is "told to come back later, gg does" "$(tree p)" "$(tree plain)"
all_ran "… and all ran there" "$out"
done_testing

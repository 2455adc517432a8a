#!/usr/bin/env bash
# gg deploy container, and -e cloudrun: the worker in a root that holds nothing but the image's files, read-only but
# for /tmp, behind a token; with a store on the network.
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

command -v redis-server >/dev/null || {
	skip "cloudrun" "no redis-server"
	done_testing
	exit
}
unset GG_STORAGE_URI GG_CLOUDRUN_TOKEN GG_CLOUDRUN_TOKEN_FILE GG_CA_FILE GG_WORKER_TOKEN GG_WORKER_TOKEN_FILE
unset GG_WORKER_FRONT_AUTHORISES GG_WORKER_HOST GG_WORKER_ALLOW GG_WORKER_TLS_CERT GG_WORKER_TLS_KEY GG_PACKAGE
# there is no metadata server here
export GCE_METADATA_HOST=127.0.0.1:1
redis_pid='' pid=''
trap 'kill $pid $redis_pid; chmod -R u+w "$work"; rm -rf "$work"' EXIT

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

redis_port=$(free_port)
redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no --dir "$work" >redis.log 2>&1 &
redis_pid=$!
until redis-cli -p "$redis_port" ping >/dev/null 2>&1; do sleep 0.1; done
store=redis://127.0.0.1:$redis_port

# contained COMMAND…: as in a container of the image: its root, /proc, some devices, /tmp, nothing else; with $variables
variables=()
contained() {
	local spaces=(--mount)
	[ "$(id -u)" = 0 ] || spaces=(--mount --user --map-root-user)
	# shellcheck disable=SC2016
	exec env "${variables[@]}" unshare "${spaces[@]}" sh -c '
		set -e
		root=$1
		shift
		mount --bind image "$root"
		mount -t tmpfs none "$root/dev"
		for device in null zero full random urandom; do
			: >"$root/dev/$device"
			mount --bind "/dev/$device" "$root/dev/$device"
		done
		mount --rbind /proc "$root/proc"
		mount -o remount,bind,ro "$root"
		mount -t tmpfs none "$root/tmp"
		exec chroot "$root" "$@"' sh "$work/root" "$@"
}

out=$("$GG" deploy container -o image 2>&1)
is "an image's folder is made" $? 0
like "… and it is said how to go on" "$out" 'docker build -f image/Containerfile'
ok "… with the Containerfile of the sources" cmp image/Containerfile "$top/deploy/Containerfile"
"$GG" deploy container -o image >out 2>&1
ok "… once" test $? -ge 100
mkdir -p image/dev image/proc image/tmp root
if ! (contained /gg/bootstrap --version) >out 2>&1; then
	skip "the image" "mounts are refused here"
	done_testing
	exit
fi
like "the worker runs with nothing but the image" "$(cat out)" '^gg-worker [0-9]'
variables=(PORT=1234)
(contained /gg/bootstrap http) >out 2>&1
is "it does not serve everybody" $? 2
like "… and says what to set" "$(cat out)" 'GG_WORKER_TOKEN_FILE'

# serve VARIABLE=VALUE…: start the image anew; it is at $url
serve() {
	[ -z "$pid" ] || { kill "$pid" && wait "$pid"; }
	local port
	port=$(free_port)
	url=http://127.0.0.1:$port
	variables=(PORT="$port" "$@")
	contained /gg/bootstrap http 2>>log &
	pid=$!
	until curl -sk -o out "$url/healthz" || curl -sk -o out "https://127.0.0.1:$port/healthz"; do
		kill -0 "$pid" || break
		sleep 0.1
	done
}

# there ENGINE: build there, from nothing
there() {
	rm -rf p .gg
	project p
	"$GG" build --store "$store" -e "cloudrun=$1" -j 4 --fallback-engine none --stats -- make -s -C p 2>&1
}

# one ENGINE: force one thunk there, and nowhere else
one() {
	rm -rf .gg one.o
	echo 'int one(void) { return 1; }' >one.c
	"$GG" init >/dev/null && "$GG" infer -- gcc -c one.c -o one.o >/dev/null &&
		"$GG" force --store "$store" -e "cloudrun=$1" --fallback-engine none one.o 2>&1
}

project p
make -s -C p
mv p plain
token=$(openssl rand -hex 24)
serve GG_WORKER_HOST=127.0.0.1 GG_WORKER_TOKEN="$token" GG_WORKER_JOBS=2
echo "$token" >token
export GG_CLOUDRUN_TOKEN_FILE=$work/token
out=$(there "$url")
is "a build runs in the container" "$? $(tree p)" "0 $(tree plain)"
like "… all of it" "$out" '\([1-9][0-9]* ran, 0 remembered, 0 failed\)'
like "… in a sandbox" "$(cat log)" 'isolation: (user namespaces|mount namespace|chroot)'
like "health needs no token" "$(curl -s "$url/healthz")" '"protocol"'
is "anything else does" "$(curl -s -o out -w '%{http_code}' -d '{}' "$url/")" 401

out=$(GG_CLOUDRUN_TOKEN=another-token-of-some-length one "$url")
is "with a wrong token nothing runs" $? 1
like "… and it is said what to set" "$out" 'refuses the identity token.*GG_CLOUDRUN_TOKEN_FILE'
out=$(GG_CLOUDRUN_TOKEN_FILE='' one "$url")
is "without one nothing either" $? 1
out=$(one http://192.0.2.1)
is "a token is not sent in the clear" $? 2
kill "$pid"
wait "$pid"
is "SIGTERM ends it well" $? 0
pid=

# on all addresses: TLS and the token
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=w -addext 'subjectAltName=IP:127.0.0.1' \
	-keyout image/key.pem -out image/cert.pem 2>/dev/null
echo "$token" >image/token
serve GG_WORKER_TOKEN_FILE=/token GG_WORKER_TLS_CERT=/cert.pem GG_WORKER_TLS_KEY=/key.pem
GG_CA_FILE=$work/image/cert.pem one "https${url#http}" >out
is "a thunk runs over TLS" $? 0
out=$(one "https${url#http}")
is "not with an authority that is not known" $? 1
# what stands before it checks who calls
serve GG_WORKER_FRONT_AUTHORISES=1
out=$(unset GG_CLOUDRUN_TOKEN_FILE GCE_METADATA_HOST && one "$url")
is "a thunk runs where the platform lets only some through" "$? $out" "0 "
done_testing

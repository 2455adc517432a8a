#!/usr/bin/env bash
# The worker where a host refuses namespaces, chroot and ptrace, its user is nobody special, and everything but a
# small /tmp is read-only (a Lambda instance), with a store on the network: the same bytes come out. And a
# toolchain that was deployed with the worker is not fetched.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"
# shellcheck source=tests/cli/lambda.sh
. "$here/lambda.sh"
namespaces || {
	skip "an instance" "its emulation takes a mount namespace"
	done_testing
	exit
}
command -v redis-server >/dev/null || {
	skip "the jail" "no redis-server"
	done_testing
	exit
}

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$work" >redis.log 2>&1 &
pids+=($!)
until redis-cli -p "$port" ping >/dev/null 2>&1; do sleep 0.1; done
store=redis://127.0.0.1:$port

deploy() {
	"$GG" deploy lambda --role "$role" --store "$store" "$@" 2>&1
}

# there TARGET…: build there, from nothing
there() {
	rm -rf p .gg
	project p
	"$GG" build --store "$store" -e lambda -j 2 --fallback-engine none --stats -- make -s -C p "$@" 2>&1
}

# sent: bytes that the store has sent until now
sent() {
	redis-cli -p "$port" info stats | sed -n 's/^total_net_output_bytes:\([0-9]*\).*/\1/p'
}

project p
make -s -C p
mv p plain
want=$(tree plain)
compiler=$(stat -c %s "$(gcc -print-prog-name=cc1)")

service --jail
ok "a thunk runs in the jail, its output is in the store" deploy
before=$(sent)
there >out
is "a build runs in the jail" $? 0
is "… with the bytes of a plain one" "$(tree p)" "$want"
like "… all of it there" "$(cat out)" '\([1-9][0-9]* ran, 0 remembered, 0 failed\)'
like "… without namespaces" "$(cat instances* 2>/dev/null | tr -d '\0')" 'isolation: '
ok "… and the compiler comes from the store" test $(($(sent) - before)) -gt $((compiler / 4))

service --jail
redis-cli -p "$port" flushall >/dev/null
ok "the toolchain can be deployed as well" deploy --with gcc
# what is linked with may be too large for the package
before=$(sent)
there a.o b.o c.o main.o s.o >out
is "a build runs with that one" $? 0
is "… with the bytes of a plain one" "$(cd p && sha256sum ./*.o)" "$(cd plain && sha256sum ./*.o)"
like "… all of it there" "$(cat out)" '\([1-9][0-9]* ran, 0 remembered, 0 failed\)'
ok "… and the compiler is not fetched" test $(($(sent) - before)) -lt $((compiler / 10))
done_testing

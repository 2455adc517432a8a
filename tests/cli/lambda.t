#!/usr/bin/env bash
# gg deploy lambda and -e lambda, against a Lambda service on this machine whose instances have an empty,
# read-only root, a small /tmp and no namespaces.
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

deploy() {
	"$GG" deploy lambda "$@"
}

# without credentials
out=$(env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY "$GG" deploy lambda --dry-run --role $role \
	--store 's3://bucket/some?region=us-east-1' -o p.zip 2>&1)
is "a dry run needs no credentials" $? 0
like "… prints the calls" "$out" 'POST https://lambda.us-east-1.amazonaws.com/2015-03-31/functions '
like "… and the permissions" "$out" 'lambda:UpdateFunctionCode'
like "… of the store too" "$out" 'arn:aws:s3:::bucket/some/\*'
deploy --dry-run -o q.zip >/dev/null 2>&1
ok "the same program makes the same package" cmp p.zip q.zip
mkdir unzipped
ok "python reads the package" python3 -m zipfile -e p.zip unzipped
ok "it starts with nothing of this machine" test -s unzipped/bootstrap -a -s unzipped/lib/libc.so.6
out=$(env -u AWS_REGION "$GG" deploy lambda --dry-run 2>&1)
is "without a region it is not done" $? 2
like "… and says what to set" "$out" 'AWS_REGION'
deploy --memory 1 >/dev/null 2>&1
is "memory has bounds" $? 2
deploy >/dev/null 2>&1 <&-
ok "a service that is not there is an error" test $? -ge 100

service --jail --pending 2
out=$(deploy 2>&1)
is "a new function needs a role" $? 2
like "… and says so" "$out" 'GG_LAMBDA_ROLE'
out=$(deploy --role $role 2>&1)
is "a function is made, in an empty world" $? 0
like "… said" "$out" 'created function gg-lambda-function'
like "… and its worker answers" "$out" 'checked: the worker answers'
out=$(deploy 2>&1)
is "it is updated" $? 0
like "… said" "$out" 'updated function'
out=$(AWS_SECRET_ACCESS_KEY=wrong "$GG" deploy lambda 2>&1)
ok "a wrong key is refused" test $? -ne 0
like "… with AWS's code and a remedy" "$out" 'InvalidSignatureException.*AWS_SECRET_ACCESS_KEY'
is "the result as JSON" "$(deploy --json 2>/dev/null | python3 -c 'import json,sys;print(json.load(sys.stdin)["created"])')" False
ok "it is deleted" deploy --delete
out=$(deploy --delete 2>&1)
like "… once" "$out" 'ResourceNotFoundException'

# thunks; the store is a folder, so instances are not in a jail
# shellcheck disable=SC2016
printf 'o = f1.o f2.o f3.o f4.o f5.o f6.o\nlib.a: $(o)\n\tar rcs $@ $(o)\n%%.o: %%.c\n\tgcc -O1 -c -o $@ $<\n' >Makefile
for i in 1 2 3 4 5 6; do echo "int f$i(int x) { return x + $i; }" >f$i.c; done
make -s
want=$(cat ./*.o lib.a | sha256sum)
mkdir store
here() {
	deploy --role $role --env "GG_DIR=$work/cache" --env "GG_WORKER_ALLOW=file://$work/store" --store "file://$work/store"
}
# there: build there, from nothing
there() {
	rm -rf .gg ./*.o lib.a
	"$GG" build --store "file://$work/store" -e lambda -j 4 --fallback-engine none --stats -- make -s 2>&1
}
service
ok "a first thunk has its output in the store" here
out=$(there)
is "a build runs there" $? 0
is "… with the same bytes" "$(cat ./*.o lib.a | sha256sum)" "$want"
like "… and the price is said" "$out" 'USD'
service --throttle 20 --fail 10 --crash 10 --seed 3
here >/dev/null 2>&1
out=$(there)
is "throttling, failures and crashes are got over" $? 0
is "… with the same bytes" "$(cat ./*.o lib.a | sha256sum)" "$want"
done_testing

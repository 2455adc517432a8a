# shellcheck shell=bash
# What the tests of Lambda share: the emulated service. To be read after lib.sh.

emulator=${GG%/*}/tests/peers/lambda-emulator
[ -x "$emulator" ] || {
	skip "lambda" "no emulator is built"
	done_testing
	exit
}
export AWS_ACCESS_KEY_ID=AKIDTEST AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
unset AWS_SESSION_TOKEN AWS_PROFILE GG_STORAGE_URI GG_LAMBDA_FUNCTION GG_LAMBDA_ROLE
role=arn:aws:iam::123456789012:role/gg
pids=() # whom to end besides
pid=''  # of the service
trap 'kill $pid "${pids[@]}" 2>/dev/null; chmod -R u+w "$work"; rm -rf "$work"' EXIT

# service OPTIONS…: start the service anew, with no instance
service() {
	[ -z "$pid" ] || kill "$pid"
	rm -f ready
	mkfifo ready
	"$emulator" --work "$work" --log "$work/instances" "$@" >ready &
	pid=$!
	read -r line <ready
	export AWS_ENDPOINT_URL="http://${line##* }"
}

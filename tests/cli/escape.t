#!/usr/bin/env bash
# What a thunk does not name does not exist, it reaches nobody, writes nowhere else, and leaves nothing.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

gcc -D_GNU_SOURCE -O1 -static -o attempt "$here/attempt.c" || exit 1
gcc -D_GNU_SOURCE -o refuse "$here/refuse.c" -lseccomp || exit 1
"$GG" init
program=$("$GG" collect attempt)
head -c 2000000 /dev/zero >large
large=$("$GG" collect large)
echo small >small
small=$("$GG" collect small)
echo secret >secret

# Somebody to reach: a process, a port, an abstract socket, shared memory.
sleep 1000 &
victim=$!
python3 - "$work/port" "gg-escape-$$" <<'END' &
import socket, sys, time
tcp = socket.socket(); tcp.bind(("127.0.0.1", 0)); tcp.listen()
unix = socket.socket(socket.AF_UNIX); unix.bind("\0" + sys.argv[2]); unix.listen()
open(sys.argv[1] + ".tmp", "w").write(str(tcp.getsockname()[1]))
import os; os.rename(sys.argv[1] + ".tmp", sys.argv[1])
time.sleep(1000)
END
server=$!
trap 'kill $victim $server 2>/dev/null; ipcrm -M 7531 2>/dev/null; chmod -R u+w "$work"; rm -rf "$work"' EXIT
while [ ! -e port ]; do sleep 0.05; done
ipcmk -M 16 >/dev/null 2>&1
key=$(awk 'NR > 1 { k = $1 } END { print k }' /proc/sysvipc/shm)

# tried NAME [ARGUMENT [OPTIONS OF create-thunk]]: what came of it
tried() {
	local name=$1 arg=${2:-}
	shift $(($# > 1 ? 2 : 1))
	rm -f result
	"$GG" create-thunk -e "$program" "$@" -o out -C result "$program" attempt "$name" out ${arg:+"$arg"} 2>/dev/null &&
		"${via[@]}" "$GG" force -s -j1 "${how[@]}" result >force.log 2>&1 && cat result
}

# all_hold WHERE
all_hold() {
	local name
	for name in $(./attempt); do
		like "$1: $name" "$(tried "$name")" '^held: '
	done
	like "$1: read_file of the store" "$(tried read_file "$work/.gg/blobs/$small")" '^held: '
	like "$1: read_file beside the store" "$(tried read_file "$work/secret")" '^held: '
	like "$1: write_file beside the store" "$(tried write_file "$work/evil")" '^held: '
	like "$1: internet_socket" "$(tried internet_socket "$(cat port)")" '^held: '
	like "$1: abstract_socket" "$(tried abstract_socket "gg-escape-$$")" '^held: '
	like "$1: kill_another" "$(tried kill_another $victim)" '^held: '
	like "$1: trace_another" "$(tried trace_another $victim)" '^held: '
	like "$1: write_named_input, small" "$(tried write_named_input /in/small -v "$small=/in/small" --workdir /w)" '^held: '
	like "$1: write_named_input, large" "$(tried write_named_input /in/large -v "$large=/in/large" --workdir /w)" '^held: '
	like "$1: chmod_named_input, large" "$(tried chmod_named_input /in/large -v "$large=/in/large" --workdir /w)" '^held: '
	like "$1: remove_named_input" "$(tried remove_named_input /in/large -v "$large=/in/large" --workdir /w)" '^held: '
	# In its own folder a job may do what it likes, to a copy.
	tried write_named_input w.txt -v "$small=w.txt" >/dev/null
	tried write_named_input w.bin -v "$large=w.bin" >/dev/null
	is "$1: the store's copies are what they were" "$("$GG" hash ".gg/blobs/$small" ".gg/blobs/$large" | cut -d' ' -f1 | tr '\n' ' ')" "$small $large "
	tried leave files >/dev/null
	like "$1: the next job finds no file in /tmp" "$(tried read_file /tmp/left)" '^held: '
	like "$1: … nor in its folder" "$(tried read_file left)" '^held: '
	is "$1: a job may end with a daemon" "$(tried leave daemon)" "left daemon"
	is "$1: … which does not outlive it" "$(pgrep -fc 'attempt leave')" 0
	is "$1: an output that is a link to elsewhere is refused" "$(tried link "$work/secret")" ""
	is "$1: … as is a pipe" "$(tried fifo)" ""
	ok "$1: nobody was killed" kill -0 $victim
	ok "$1: nothing was written" test ! -e evil -a ! -e /evil -a ! -e /evil.d
}

via=()
how=(--sandbox=require)
if "$GG" execute "$("$GG" create-thunk -e "$program" -o out "$program" attempt leave out files 2>&1)" >/dev/null 2>&1 &&
	tried read_passwd >/dev/null; then
	all_hold namespaces
	like "namespaces: shared_memory" "$(tried shared_memory "$key")" '^held: '
else
	skip "namespaces" "refused on this host"
fi
if [ "$(id -u)" = 0 ]; then
	rm -rf .gg && "$GG" init && "$GG" collect attempt large small >/dev/null
	via=("$work/refuse")
	how=()
	all_hold chroot
else
	skip "chroot" "takes root"
fi
done_testing

#!/usr/bin/env bash
# A build's command is started before gg itself has begun, where all is as the last one wrote down; and it runs as it
# would have run without that.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"

if ! nm "$GG" 2>/dev/null | grep -q ' T gg_start$'; then
	skip "a head start" "not made for this machine, or under a sanitizer"
	done_testing
	exit
fi
library=$(dirname "$GG")/libstart.a
if [ -e "$library" ]; then
	is "it calls nothing of the C library, which is not there yet" "$(nm -u "$library" | awk '$1 == "U" { print $2 }' | sort | xargs)" "_start headstart"
fi
unset LD_PRELOAD
for name in $(compgen -v GG_); do [ "$name" = GG ] || unset "$name"; done

# who: a recipe's line that tells whether gg had begun, with the index open, before it
# shellcheck disable=SC2016
who='@read -r _ _ _ gg _ <"/proc/$$PPID/stat"; ls -l "/proc/$$gg/fd" | grep -q "data\.mdb" && echo gg || echo headstart'

mkdir project && cd project || exit 1
printf 'all: ; %s\n' "$who" >Makefile
# what gg says of the machine, where namespaces are refused, is not what this is about
gg() { timeout 60 "$GG" build "$@" 2>&1 | grep -v '^gg: isolation here'; return "${PIPESTATUS[0]}"; }
is "the first build of a command is gg's from the start" "$(gg -- make)" gg
is "the next has a head start" "$(gg -- make)" headstart
is "also with -j and -s, and by words behind the command" "$(gg -s -j 2 -- make -s; gg -j2 make all)" "headstart
headstart"
is "not with other options" "$(gg -k -- make; gg --stats -- make | head -1)" "gg
gg"
is "nor where a variable says something to gg" "$(GG_NO_HEADSTART=1 gg -- make; GG_NO_STANDBY=1 gg -- make)" "gg
gg"
is "it has with GG_BASEDIR, if that is as it was" \
	"$(export GG_BASEDIR=$PWD; gg -- make; gg -- make; GG_BASEDIR=$HOME gg -- make)" "gg
headstart
gg"
is "not with one that can't be" "$(GG_BASEDIR=here gg -- make | head -1)" 'gg build: GG_BASEDIR must be an absolute, plain path, not "here"'
gg -- make >/dev/null
is "after a build that had none it has one again" "$(gg -- make)" headstart

mkdir bin
is "not with another PATH" "$(PATH=$PWD/bin:$PATH gg -- make; PATH=$PWD/bin:$PATH gg -- make)" "gg
headstart"
printf '#!/bin/sh\necho other\n' >bin/make
chmod +x bin/make
is "a program that comes earlier on PATH is the one that runs" "$(PATH=$PWD/bin:$PATH gg -- make)" other
rm -r bin
gg -- make >/dev/null
is "not from another HOME" "$(HOME=$PWD gg -- make; HOME=$PWD gg -- make)" "gg
headstart"
mkdir -p .config/gg
echo 'copy @infile @outfile' >.config/gg/models.conf
is "a models.conf that has come is read" "$(HOME=$PWD gg -- make; HOME=$PWD gg -- make)" "gg
headstart"
gg -- make >/dev/null

cd .. && cp -a project copy && cd copy || exit 1
is "not in a copy of the project, whose store names the first" "$(gg -- make; gg -- make)" "gg
headstart"
cd ../project || exit 1
is "not in another folder" "$(mkdir -p sub && cp Makefile sub && cd sub && gg -- make)" gg
gg -- make >/dev/null
chmod g+w .gg/headstart/make
is "what others may have written is not believed" "$(gg -- make)" gg
chmod g-w .gg/headstart/make
gg -- make >/dev/null
for bytes in 0 8 15 16 40 200 1000; do
	cp .gg/headstart/make kept
	truncate -s "$bytes" .gg/headstart/make
	is "nor what is cut at $bytes bytes" "$(gg -- make; gg -- make)" "gg
headstart"
done
head -c 3000 /dev/urandom | cat <(head -c 16 kept) - >.gg/headstart/make
is "nor what is damaged" "$(gg -- make; gg -- make)" "gg
headstart"

gg -- env >/dev/null
without='^(GG_SESSION|_)='
"$GG" build -k -- env 2>/dev/null | grep -vE "$without|^MAKEFLAGS=" | sort >full
"$GG" build -- env 2>/dev/null | grep -vE "$without" | sort >early
"$GG" build -- env 2>/dev/null | grep -vE "$without" | sort >early
is "the environment is the same" "$(cat early)" "$(cat full)"

is "it exits with what the command exits with" "$(
	gg -- sh -c 'exit 0' >/dev/null
	for n in 0 3 255; do gg -- sh -c "exit $n"; echo $?; done
	gg -- sh -c 'kill -KILL $$'
	echo $?
)" "0
3
255
137"
is "not for one who ignores how children end" \
	"$(gg -- make >/dev/null; perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' "$GG" build -- make 2>&1; echo $?)" "gg
0"
is "signals that are held back meanwhile are not held back from the command" \
	"$(gg -- grep Sig /proc/self/status >/dev/null; gg -- grep SigBlk /proc/self/status)" "$(grep SigBlk /proc/self/status)"
is "it has no descriptors but the caller's" "$(gg -- ls /proc/self/fd >/dev/null; gg -- ls /proc/self/fd)" "$(ls /proc/self/fd)"

mkdir ../work && cd ../work || exit 1
echo 'int main(void) { return 7; }' >a.c
printf 'a: a.c ; %s\n\tgcc a.c -o a\n' "$who" >Makefile
like "work" "$(gg -- make)" gg
touch a.c
like "what the first wrapper needs gg does" "$(gg --stats-json ../stats -- make >/dev/null; touch a.c; gg -- make)" headstart
is "and it is remembered as ever" "$(rm a; gg -- make | tail -1; ./a; echo $?)" "gcc a.c -o a
7"
echo 'int main(void) { return 8; }' >a.c
is "and made as ever" "$(gg -- make | tail -1; ./a; echo $?)" "gcc a.c -o a
8"
like "gg stats counts it" "$("$GG" stats)" 'became thunks +1 +5'
printf 'a: a.c ; %s\n\t@sleep 1\n\tgcc a.c -o a\n' "$who" >Makefile
rm a
is "what is done before the first wrapper is part of the run" "$(gg -- make | head -1; "$GG" stats | grep -c 'elapsed *[1-9][0-9.]* s')" "headstart
1"
echo 'int main(void) { return }' >a.c
is "a failure is one" "$(gg -- make >/dev/null; echo $?)" 2
echo 'int main(void) { return 9; }' >a.c
timeout 60 "$GG" infer make >/dev/null 2>&1
is "what another run promised is made real first" "$(gg -- make >/dev/null; no_placeholders . && ./a; echo $?)" 9

# stopped SIGNAL: what gg prints and exits with when it comes while the command runs
stopped() {
	local job status
	"$GG" build -- make >out 2>&1 &
	job=$!
	for _ in $(seq 100); do grep -q ready out && break; sleep 0.1; done
	kill "-$1" "$job"
	wait "$job"
	status=$?
	echo "$(head -1 out) $status $(pgrep -f '^sleep 31$' | wc -l)"
}
printf 'all:\n\t%s\n\t@echo ready; exec sleep 31\n' "$who" >Makefile
gg -- make -n >/dev/null
is "a signal ends both" "$(stopped TERM; stopped HUP)" "headstart 143 0
headstart 129 0"

done_testing

#!/usr/bin/env bash
# One command over many inputs.
# shellcheck disable=SC2016 # expanded by eval
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

for i in 1 2 3; do seq "$i" 5 | sort -r >"p$i.txt"; done
map() {
	"$GG" map "$@" 2>err
}

ok "a redirection without a shell" map -j2 'sort -n {} > {.}.s' ::: p1.txt p2.txt p3.txt
ok "... makes what the command makes" cmp p2.s <(sort -n p2.txt)
ok "words made from the input are outputs" map 'sort -n -o {.}.t {}' ::: p1.txt p2.txt
ok "... and come out" cmp p1.t p1.s
is "what is printed comes in order" "$(map 'wc -l {}' ::: p3.txt p1.txt p2.txt)" "$(wc -l p3.txt; wc -l p1.txt; wc -l p2.txt)"
map 'cat {}' ::: p1.txt nope >out
is "a failure is the exit status" "$?" 1
like "... and told" "$(cat err)" '1 of 2 failed'
ok "... the others are there" cmp out p1.txt
ok "a change in place is made" map 'sed -i s/5/X/ {}' ::: p3.txt
is "... for real" "$(head -n 1 p3.txt)" X
ok "a shell, if asked for" map --out '{.}.q' sh -c 'grep -v 1 {} | sort > {.}.q' ::: p1.txt p2.txt
is "... with its pipe" "$(tr '\n' ' ' <p1.q)" "2 3 4 5 "
# shellcheck disable=SC2016
printf '#!/bin/sh\ncat secret "$1" >"$2"\nexit 0\n' >script
chmod +x script
echo hidden >secret
ok "a script that misses a file that nobody named" map --out '{.}.r' './script {} {.}.r' ::: p1.txt
ok "... makes what it makes as it is" cmp p1.r <(cat secret p1.txt)
like "... which is told" "$(cat err)" '1 of 1 ran as they are .*secret: No such file.*--in'
ok "named, the file is there" map --in secret --out '{.}.r' './script {} {.}.r' ::: p1.txt
ok "... as are the programs in the script's text" cmp p1.r <(cat secret p1.txt)
is "... without a word" "$(grep -v '^gg: isolation here' err)" ""
echo changed >secret
map --in secret --out '{.}.r' './script {} {.}.r' ::: p1.txt
ok "... and when it changes the job runs" cmp p1.r <(cat secret p1.txt)
like "none otherwise" "$(map 'cat {} | sort' ::: p1.txt; cat err)" 'needs a shell'

ok "a file that a job makes beside its outputs is no less made" eval 'seq 3 >z.txt; map "gzip -k {}" ::: z.txt; [ -f z.txt.gz ]'
ok "... with the time of its input, too" eval 'map "cp -p {} zz.txt" ::: z.txt; cmp z.txt zz.txt'
ok "... a link, a folder, a mode" eval 'map "ln -s {} zl" ::: z.txt; map "mkdir zd{}" ::: 1; map "chmod 600 {}" ::: z.txt; [ -L zl ] && [ -d zd1 ] && [ "$(stat -c %a z.txt)" = 600 ]'
like "... which is told" "$(cat err)" 'changed .*z.txt, which is no output'
echo old >target && ln -s target link
map 'echo new > {}' ::: link
is "what is written to a link is in the file that it leads to" "$([ -L link ] && cat target)" new
mkfifo pipe && cat pipe >through &
map 'echo new > {}' ::: pipe
wait $!
is "... to a pipe, is in the pipe" "$([ -p pipe ] && cat through)" new
echo old >mode && chmod 755 mode && ln mode second && map 'echo new > {}' ::: mode
is "... a file keeps its mode and its names" "$(stat -c %a mode) $(cat second)" "755 new"
echo precious >k.bak && echo one >k.txt && cp -p k.txt j.txt
map 'touch {.}.bak' ::: k.txt
is "what was there and is none of gg's making stays what it is to the job" "$(cat k.bak)" precious
like "... which is told" "$(cat err)" "k.bak is there, and not of gg's making"
map 'cp {} {.}.new' ::: k.txt
echo two >>k.txt
map 'cp {} {.}.new' ::: k.txt
is "... what gg has made is made anew" "$(cat k.new; grep -v '^gg: isolation here' err)" "$(cat k.txt)"
like "... and why is explained" "$("$GG" explain k.new)" 'input k.txt'
gzip -c j.txt >want && map 'gzip -c {} > {.}.gz' ::: j.txt
ok "a job that keeps the time of its input keeps the right one" cmp want j.gz
mkdir ld && echo 1 >ld/b && ln -s b ld/l
is "links in a folder are links" "$(map 'find {} -type l' ::: ld)" ld/l
for wrong in '--halt bogus echo' '--halt now,success=1 echo' '-d ,, echo' '-N 0 echo' '-C [ echo' '-I@ echo {}@' 'echo {%}' 'echo {=_=}' '-j 0 echo' 'echo {3}' 'echo {0}' 'echo {-2.}'; do
	# shellcheck disable=SC2086
	"$GG" map $wrong ::: a 2>err
	is "gg map $wrong ::: a is wrong usage" "$?" 2
done
is "a job that is killed runs once" "$(map 'sh -c "echo {} >&2; kill -9 \$\$"' ::: once; grep -c '^once$' err)" 1
is "a wrong guess of an output is no failure" "$(map 'sh -c "echo yes" {.}_%02d.png' ::: k.txt)" yes
like "an error's redirection is none of ours" "$(map 'echo {} 2> {}.err' ::: x; cat err)" 'needs a shell'
ok "output that can't be written is a failure" eval '! "$GG" map "echo {}" ::: 1 2 >/dev/full'
ok "... also another command's" eval '! "$GG" version >/dev/full && ! "$GG" help >/dev/full'

map --joblog log 'sh -c "exit {}"' ::: 0 3
is "... a log tells how each job ended" "$(cut -f 1,7,8,9 log | tail -n 2)" "$(printf '1\t0\t0\tsh -c '"'exit 0'"'\n2\t3\t0\tsh -c '"'exit 3'")"
ok "a job that fails leaves in its file what it printed" eval '! map "sh -c \"echo part; exit {}\" > o.{}" ::: 3; [ "$(cat o.3)" = part ]'
like "an unknown letter is told by itself" "$(map -k -L2 echo ::: a; cat err)" 'unknown option -L'
ok "... and one that can't be written is a failure" eval '! map --joblog /dev/full echo ::: a'
printf 'a,b\nc,d\ng\n' >rows
printf 'a,b3e.f\nc,d,g\n' >full
printf xby >short

# With -k, because without it the lines come as the jobs end.
if command -v parallel >/dev/null; then
	while read -r line; do
		read -ra words <<<"$line"
		is "as parallel: $line" "$(map --dry-run "${words[@]}")" "$(parallel -k --dry-run "${words[@]}" 2>/dev/null)"
	done <<-'END'
		echo {1}-{2} {#} ::: a b ::: 1 2
		echo {.} {/} {//} {/.} ::: a/b.c .rc d.e/f x. /x
		echo x ::: 1 2
		echo {2} {1} ::: a b c :::+ 1 2 3
		echo {-1} {1/.} ::: q/a.b ::: c
		echo {1} {2} ::: a b :::+ 1 2 3
		echo {} :::: p1.txt
		-N2 echo {1}-{2} {} {-1} {#} ::: a b c
		-n 2 echo ::: a b c
		-C , echo {2}+{1} {} :::: rows
		-a full --colsep [,3]+ echo {1} {3.}
		-d b echo {} :::: short
		-I % echo %x ::: a b
		-j 50% --bar echo {} ::: a b
		-j +1 --eta echo {} ::: a b
	END
	for how in --tag -v -t; do
is "as parallel with $how" "$(map $how echo {} ::: a b)" "$(parallel -k $how echo {} ::: a b 2>/dev/null)"
	done
else
	skip "as parallel" "not installed"
fi
printf ',f\ng\nh,i,j\n' >gaps
is "a column that is blank is a word, one that is not there is none" "$(map -C , printf '<%s>' '{1}' '{2}' '{3}' :::: gaps)" "<><f><g><h><i><j>"
is "several sources are several words" "$(map printf '<%s>' ::: a b ::: 1 2)" "<a><1><a><2><b><1><b><2>"

done_testing

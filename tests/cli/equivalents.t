#!/usr/bin/env bash
# Compiles that make the same object: the result of one answers for the other, and no other one does.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"

if ! namespaces; then
	skip "equivalent compiles" "no namespaces here"
	done_testing
	exit
fi

# ran COMMAND...: how many thunks a build had to run
ran() {
	"$GG" build -s --stats-json stats -- "$@" >.said 2>&1 || { echo failed && head -n 5 .said && return; }
	stat_of stats ran
}

mkdir one && cd one || exit 1
printf 'int f(int x) { return x; }\n#ifdef USED\nint used;\n#endif\n' >a.c
is "a first compile runs" "$(ran gcc -O1 -c a.c -o a.o)" 1
is "an object with another name is the same one" "$(ran gcc -O1 -c a.c -o b.o)" 0
is "a macro that nothing mentions changes nothing" "$(ran gcc -O1 -Dliba_EXPORTS -c a.c -o c.o)" 0
is "nor does what it is defined as" "$(ran gcc -O1 -DNOTE='"1.2 beta"' -c a.c -o d.o)" 0
ok "all of them are the same bytes" cmp a.o d.o
is "a macro that the source mentions is another compile" "$(ran gcc -O1 -DUSED -c a.c -o used.o)" 1
is "other options are another compile" "$(ran gcc -O2 -c a.c -o o2.o)" 1
is "debug information with macros is another compile" "$(ran gcc -O1 -g3 -DNOTE -c a.c -o g.o)$(ran gcc -O1 -g3 -DELSE -c a.c -o h.o)" 11
gcc -O1 -g3 -DELSE -c a.c -o want.o
ok "and names its own" cmp h.o want.o
for option in "-g -grecord-gcc-switches" "-g -grecord-command-line" -frecord-command-line -fembed-bitcode=marker; do
	if clang "${option##* }" -c a.c -o want.o 2>/dev/null; then
		# shellcheck disable=SC2086
		"$GG" build -s -- clang $option -DNOTE -c a.c -o g.o
		# shellcheck disable=SC2086
		"$GG" build -s -- clang $option -DELSE -c a.c -o h.o
		# shellcheck disable=SC2086
		cp h.o kept && clang $option -DELSE -c a.c -o h.o
		ok "clang $option writes its own command" cmp kept h.o
	fi
done
is "a source that changed is another compile" "$(echo 'int more;' >>a.c && ran gcc -O1 -c a.c -o b.o)" 1
cd ..

# two macros that only pasting makes, of which one decides whether the other is asked for
mkdir nested && cd nested || exit 1
cat >a.c <<'END'
#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
#if CAT(OUT, ER) + 0
int inner = CAT(INN, ER) + 0;
#endif
END
"$GG" build -s -- gcc -DOUTER=1 -DINNER=2 -c a.c -o a.o
"$GG" build -s -- gcc -DOUTER=1 -DINNER=3 -c a.c -o b.o
gcc -DOUTER=1 -DINNER=3 -c a.c -o want.o
ok "what both define alike is defined when the preprocessor is asked" cmp b.o want.o
cd ..

mkdir told && cd told || exit 1
printf 'static int unused;\nint f(int x) { return x; }\n' >a.c
gcc -Wall -c a.c -o a.o 2>want
"$GG" build -s -- gcc -Wall -c a.c -o a.o 2>got1
"$GG" build -s -- gcc -Wall -DNOTE -c a.c -o b.o 2>got2
ok "what a compiler said it says again" cmp want got2
cd ..

# The second begins while the first is being compiled, or after it.
mkdir twins && cd twins || exit 1
echo 'int first;' >known.c
"$GG" build -s -- gcc -c known.c
{
	echo '#include <stdio.h>'
	for n in $(seq 1500); do echo "int f$n(int x) { for (int i = 0; i < x; i++) x += x * i; return x; }"; done
} >a.c
cat >Makefile <<'END'
.RECIPEPREFIX = >
both: a.o b.o
> @:
b.o: WAIT = sleep 0.5 &&
%.o: a.c
> $(WAIT) gcc -O2 -D$*_EXPORTS -MD -c a.c -o $@
END
is "two that are made at the same time are made once" "$(ran make -j2)" 1
ok "and are the same bytes" cmp a.o b.o
cd ..

# folds COMPILER: the depfiles of targets of many lengths, from one compile and from the compiler
folds() {
	local cc=$1 n
	mkdir "fold-$1" && cd "fold-$1" || return 1
	mkdir sub
	for n in 1 22 333 4444 55555; do
		echo "#include \"sub/a-header-$n.h\"" >>a.c
		touch "sub/a-header-$n.h"
	done
	cat >all.sh <<-'END'
		for n in $(seq 1 2 83); do
			name=$(printf "%0${n}d" 0)
			"$1" -MD -MP -MT "$name" -MF "$n.d" -c a.c -o a.o || exit
		done
	END
	sh all.sh "$cc" && mkdir want && mv ./*.d want || return 1
	"$GG" build -s --stats-json stats -- sh all.sh "$cc" && mkdir got && mv ./*.d got || return 1
	diff -r want got && [ "$(stat_of stats ran)" = 1 ]
}

for cc in gcc clang; do
	if command -v $cc >/dev/null; then
		ok "a depfile of $cc with another target is folded as $cc folds it" folds $cc
		cd "$work" || exit 1
		export GG_TEST_TMP=$work
		ok "compiles of $cc with macros and outputs at random are the plain compiler's" "$here/../equivalents" $cc 60 3
	fi
done
done_testing

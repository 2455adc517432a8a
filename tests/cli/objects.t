#!/usr/bin/env bash
# The commands on objects and thunks.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"

# name_of FILE: computed without gg
name_of() {
	printf 'V%s%08x' "$(openssl dgst -sha256 -binary "$1" | base64 -w0 | tr '+/' '-_' | tr -- '-' '.' | tr -d =)" \
		"$(stat -c %s "$1")"
}

printf 'hello\n' >h
: >empty
is "a name is what WIRE says" "$("$GG" hash h)" VWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM00000006
is "the empty file has its name" "$("$GG" hash empty)" V47DEQpj8HBSa._TImW.5JCeuQeRkm5NMpJWZG3hSuFU00000000
head -c 3000000 /dev/urandom >big
is "a name can be computed with other tools" "$("$GG" hash big)" "$(name_of big)"
is "standard input has a name" "$("$GG" hash - <h)" "$("$GG" hash h)"
ok "hashing a missing file fails" fails "$GG" hash missing
"$GG" frobnicate 2>/dev/null
is "an unknown command is a usage error" $? 2
"$GG" hash --frobnicate 2>/dev/null
is "an unknown option is a usage error" $? 2
for c in build collect create-thunk describe execute force get hash help infer init put run summary version; do
	like "$c has help with an example" "$("$GG" $c --help)" "gg $c|gg build"
done
like "the version is printed" "$("$GG" version)" '^gg [0-9]'

ok "without a store collect says what to do" fails "$GG" collect h
ok "a store is made" "$GG" init
is "collect prints the name" "$("$GG" collect h)" "$("$GG" hash h)"

cat >t.c <<'END'
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	FILE *in = fopen(argv[1], "r"), *out = fopen("out", "w"), *side = fopen("side", "w");
	for (int c; in && (c = fgetc(in)) != EOF;) fputc(c == 'l' ? 'L' : c, out);
	fprintf(side, "%s\n", getenv("A") ? getenv("A") : "-");
	return argc != 2;
}
END
gcc -static -o t t.c
t=$("$GG" collect t)
h=$("$GG" hash h)
thunk=$("$GG" create-thunk -E A=1 -v "$h" -e "$t" -o out -o side -C ph "$t" t "@{GGHASH:$h}" 2>&1)
like "create-thunk prints a thunk's name" "$thunk" '^T.{51}$'
is "a placeholder names it" "$(sed -n 2p ph)" "$thunk"
is "a placeholder of a program has 85 bytes" "$(stat -c '%s %a' ph)" "85 755"
"$GG" create-thunk -v "$h" -e "$t" -o out -C ph.o "$t" t "@{GGHASH:$h}" 2>/dev/null
is "one of an object has 87" "$(stat -c '%s %a' ph.o)" "87 600"
like "describe shows it" "$("$GG" describe ph)" '"envars": \['
like "… by the beginning of its name" "$("$GG" describe "${thunk:0:12}")" '"outputs": \['
like "summary shows what it depends on" "$("$GG" summary ph)" "^$thunk"
ok "force makes it real" "$GG" force ph
is "… with the right bytes" "$(cat ph)" heLLo
like "… and then it is remembered" "$("$GG" summary "$thunk")" remembered
is "a second output is named by its tag" "$("$GG" force "$thunk" >/dev/null; printf '#!/usr/bin/env gg-force-and-run\n%s#side\n' "$thunk" >s; "$GG" force s; cat s)" 1
ok "execute runs it again" "$GG" execute "$thunk"
"$GG" execute "${thunk:0:51}0" 2>/dev/null
is "execute without such a thunk gives 3" $? 3
broken=$("$GG" create-thunk -e "$t" -o out "$t" t /nowhere x 2>&1)
"$GG" execute "$broken" 2>/dev/null
is "execute of a failing thunk gives 5" $? 5

two=$("$GG" create-thunk -t "$thunk=in" -e "$t" -o out -C two "$t" t "@{GGHASH:$thunk}" 2>&1)
like "a thunk may depend on another" "$two" '^T'
ok "… and is forced with it" "$GG" force two
is "… in order" "$(cat two)" heLLo

blob=.gg/blobs/$("$GG" hash two)
chmod u+w "$blob" && printf 'wrong!' >"$blob" && printf x >>.gg/blobs/"$two" 2>/dev/null
rm -f two && "$GG" create-thunk -t "$thunk=in" -e "$t" -o out -C two "$t" t "@{GGHASH:$thunk}" 2>/dev/null
"$GG" force two 2>/dev/null || "$GG" force two 2>/dev/null
ok "a blob whose bytes are others is made anew" test "$(cat two)" = heLLo
head -c 40 ph.o >cut.o
ok "a cut placeholder is left alone" "$GG" force cut.o
printf 'OUTPUT_FORMAT("elf64-x86-64")/*\nTnonsense but long enough to be looked at, surely, is it not so, dear reader\n*/' >non.o
ok "a placeholder that names nothing is an error" fails "$GG" force non.o

# by_protoc FILE: a thunk as protoc reads it and writes it again, the fields in gg's order
by_protoc() {
	tail -c +12 "$1" | protoc -I "$here" --decode=ThunkMessage "$here/thunk.proto" >text &&
		(head -c 11 "$1" && protoc -I "$here" --encode=ThunkMessage "$here/thunk.proto" <text)
}
if command -v protoc >/dev/null; then
	long=$(head -c 300 /dev/zero | tr '\0' x)
	"$GG" create-thunk -E "A=$long" -E B= -v "$("$GG" collect h)=/dir/$long" -v "$("$GG" collect empty)" -t "$thunk=in" -t "$thunk#side" \
		-e "$t=a b" -o out -o side -L "link=$t" -T 123456 --workdir "/w/$long" --write all "$t" t "" "@{GGHASH:$thunk}" 2>/dev/null
	"$GG" create-thunk -e "$t" -o o --write least "$t" t 2>/dev/null
	mkdir real && cd real || exit 1
	printf 'int main(void) { return 0; }\n' >m.c
	"$GG" infer sh -c 'gcc -O2 -Wall -c m.c -o m.o && gcc m.o -o m' >/dev/null 2>&1
	cd .. && find .gg/blobs -name 'T*' -size +0 >thunks
	ok "… and those of a real build" test "$(wc -l <thunks)" -ge 5
	for file in all least $(cat thunks); do
		by_protoc "$file" >again 2>/dev/null
		cmp -s "$file" again || echo "$file"
	done >different
	is "protoc reads thunks, and writes the same bytes" "$(cat different)" ""
	printf '##GGTHUNK##' >made
	printf 'executables: "%s" outputs: "out" timeout: 300 function { args: "t" hash: "%s" }\n' "$t" "$t" |
		protoc -I "$here" --encode=ThunkMessage "$here/thunk.proto" >>made
	like "gg reads what protoc writes" "$("$GG" describe made)" '"timeout(_ms)?": 300'
fi
mkdir hard && cd hard || exit 1
echo 'int a(void) { return 1; }' >a.c
gcc -c a.c && ln a.o b.o
ar rcTD want.a a.o b.o
"$GG" build -s -- ar rcTD got.a a.o b.o
ok "a thin archive names a file's hard link by its own name" cmp got.a want.a
cd ..
done_testing

#!/usr/bin/env bash
# gg report: one page, well-formed, that needs nothing else.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

cat >check.py <<'END'
import sys, re
from html.parser import HTMLParser
VOID = {"meta", "br", "link", "img"}
ALLOWED = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div", "span", "table",
           "thead", "tbody", "tr", "th", "td", "svg", "rect", "line", "text", "path", "i"}
class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.text = [], []
    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED, f"element {tag}"
        for k, v in attrs:
            assert not k.startswith("on"), k
            assert k not in ("src", "href", "xlink:href"), (k, v)
            assert "url(" not in (v or ""), v
        if tag not in VOID:
            self.open.append(tag)
    def handle_startendtag(self, tag, attrs):
        assert tag in ALLOWED, f"element {tag}"
    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()
    def handle_data(self, data):
        self.text.append(data)
raw = open(sys.argv[1], encoding="utf-8").read()
page = Page()
page.feed(raw)
page.close()
assert not page.open, page.open
assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", raw), "control characters"
assert "http://" not in raw and "https://" not in raw, "something from outside"
assert "@import" not in raw and "<script" not in raw
import xml.dom.minidom
xml.dom.minidom.parseString(raw.replace("<!DOCTYPE html>", ""))
text = "".join(page.text)
for want in sys.argv[2:]:
    assert want in text, f"{want!r} is not in the page"
END

project p
cd p || exit 1
"$GG" init
ok "without a run there is no page, but an error" fails "$GG" report
printf 'all: prog\n\tgcc -v 2>/dev/null\ninclude Makefile\n' >m2
"$GG" build -- make -f m2 >/dev/null 2>&1
ok "a page is written" "$GG" report
ok "… that is well-formed and has what it should" python3 ../check.py gg-report.html \
	"Timeline" "Critical path" "Slowest thunks" "Ran as they are" "main.o" "gcc -v" "libx.a"
is "standard output will do" "$("$GG" report -o - | wc -c)" "$(wc -c <gg-report.html)"
like "runs are listed" "$("$GG" report --list)" '1 .* gg build make -f m2'
ok "a run is named by its number" "$GG" report 1 -o one.html
ok "a run that is not there is an error" fails "$GG" report 7
ok "what is no number is wrong usage" fails "$GG" report -- -1
ok "a page that can't be written is an error" fails "$GG" report -o /nonexistent/x.html
# shellcheck disable=SC2016 # expanded by the inner shell
ok "a trace of an old run is JSON" sh -c '"$0" report --trace -o - | python3 -m json.tool' "$GG"

sed -i 's/return/retrun/' c.c
"$GG" build -- make >/dev/null 2>&1
"$GG" report
ok "failures are in the page" python3 ../check.py gg-report.html "Failed" "c.o"
make clean >/dev/null
"$GG" build -- make -k >/dev/null 2>&1
"$GG" report
ok "a run with almost all remembered has a page" python3 ../check.py gg-report.html "remembered"

cd "$work" || exit 1
mkdir h && cd h || exit 1
n=0
for evil in '<script>alert(1)<\/script>' '&amp;"quot"' $'esc\e[31m' $'bad\xff\xfeutf' $'\xe2\x80\xaertl' "]]>'--!>"; do
	n=$((n + 1))
	name=${evil//\\\//_}
	name=${name//\//_}
	echo "int x$n;" >"$name.c"
	# shellcheck disable=SC2016 # expanded by the inner shell
	printf 'gcc -c "./$(sed -n %dp list).c" -o "./$(sed -n %dp list).o"\n' $n $n >>run.sh
	printf '%s\n' "$name" >>list
done
printf '%s\n' 'gcc -fplugin=\<b\>.so -c x.c' >>run.sh
"$GG" build -- sh run.sh '<img src=x onerror=alert(1)>' >/dev/null 2>&1
"$GG" report
ok "whatever files and commands are called, it is text" python3 ../check.py gg-report.html '<script>' '<img src=x'
done_testing

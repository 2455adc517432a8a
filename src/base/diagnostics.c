#include "base/diagnostics.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BOLD  "01"
#define GREEN "32" /* gcc's range1 and fixit-insert */

static const char left_quote[] = "\xe2\x80\x98";
static const char right_quote[] = "\xe2\x80\x99";

struct kind {
	const char *word;
	const char *gcc;
	const char *clang;
};

static const struct kind kinds[] = {
	{ "fatal error: ", "01;31", "0;1;31" },
	{ "error: ", "01;31", "0;1;31" },
	{ "warning: ", "01;35", "0;1;35" },
	{ "note: ", "01;36", "0;1;30" },
};

struct painter {
	struct buf *out;
	bool is_gcc;
	const char *color; /* of the last message */
};

/* One line, without its end. */
struct line {
	const char *at;
	size_t len;
};

bool diagnostics_have_colors(int fd, char *const *argv)
{
	const char *term = getenv("TERM");
	const char *gcc = getenv("GCC_COLORS");

	if (!isatty(fd) || !term || strcmp(term, "dumb") == 0 || getenv("NO_COLOR") ||
	    (gcc && !*gcc))
		return false;
	for (; argv && *argv; argv++)
		if (strstr(*argv, "diagnostics-color") || strstr(*argv, "color-diagnostics"))
			return false; /* it was told */
	return true;
}

static void paint(struct painter *p, const char *color, const char *text, size_t len)
{
	const char *clear = p->is_gcc ? "\033[K" : "";

	if (len == 0)
		return;
	buf_addf(p->out, "\033[%sm%s", color, clear);
	buf_add(p->out, text, len);
	buf_addf(p->out, "\033[%sm%s", p->is_gcc ? "" : "0", clear);
}

/* gcc: what is quoted is bold, the option at the end has the message's colour. */
static void paint_message(struct painter *p, const char *at, const char *end)
{
	const char *option = memrchr(at, '[', (size_t)(end - at));

	if (option && (end - option < 4 || memcmp(option, "[-W", 3) != 0 || end[-1] != ']'))
		option = NULL;
	while (at < end) {
		size_t left = (size_t)(end - at);
		const char *from = memmem(at, left, left_quote, 3);
		const char *to =
			from ? memmem(from, (size_t)(end - from), right_quote, 3) : NULL;

		if (!to || (option && to > option))
			break;
		buf_add(p->out, at, (size_t)(from + 3 - at));
		paint(p, BOLD, from + 3, (size_t)(to - from) - 3);
		at = to;
	}
	if (!option || !p->color) {
		buf_add(p->out, at, (size_t)(end - at));
		return;
	}
	buf_add(p->out, at, (size_t)(option + 1 - at));
	paint(p, p->color, option + 1, (size_t)(end - option) - 2);
	buf_addc(p->out, ']');
}

/* What collect2 passes on of ld has no colours. @colon: behind the name. */
static bool is_linker(const struct line *l, const char *colon)
{
	const char *slash = memrchr(l->at, '/', (size_t)(colon - l->at));
	const char *base = slash ? slash + 1 : l->at;

	return strncmp(base, "ld:", 3) == 0 || strncmp(base, "ld.", 3) == 0;
}

/* "a.c:1:2: error: …" */
static bool take_message(struct painter *p, const struct line *l)
{
	const char *end = l->at + l->len;
	const char *first = NULL;
	const struct kind *kind = NULL;

	for (size_t i = 0; i < countof(kinds); i++) {
		const char *hit = memmem(l->at, l->len, kinds[i].word, strlen(kinds[i].word));

		if (hit && hit >= l->at + 2 && hit[-1] == ' ' && hit[-2] == ':' &&
		    (!first || hit < first)) {
			first = hit;
			kind = &kinds[i];
		}
	}
	if (!kind || memchr(l->at, ' ', (size_t)(first - 1 - l->at)) || is_linker(l, first - 2))
		return false;
	const char *message = first + strlen(kind->word);
	size_t place = (size_t)(first - 1 - l->at);

	p->color = p->is_gcc ? kind->gcc : kind->clang;
	if (p->is_gcc) {
		paint(p, BOLD, l->at, place);
		buf_addc(p->out, ' ');
		paint(p, p->color, first, (size_t)(message - first));
		paint_message(p, message, end);
		return true;
	}
	paint(p, "1", l->at, place + 1);
	paint(p, p->color, first, (size_t)(message - first));
	if (strcmp(kind->word, "note: ") != 0) {
		paint(p, "1", message, (size_t)(end - message));
	} else {
		buf_add(p->out, message, (size_t)(end - message));
		buf_adds(p->out, "\033[0m");
	}
	return true;
}

/* gcc: "a.c: In function ‘f’:", "a.c: At top level:" */
static bool take_heading(struct painter *p, const struct line *l)
{
	static const char *const words[] = { ": In ", ": At " };

	for (size_t i = 0; i < countof(words) && p->is_gcc; i++) {
		const char *hit = memmem(l->at, l->len, words[i], 5);

		if (!hit || memchr(l->at, ' ', (size_t)(hit - l->at)))
			continue;
		paint(p, BOLD, l->at, (size_t)(hit + 1 - l->at));
		p->color = NULL;
		paint_message(p, hit + 1, l->at + l->len);
		return true;
	}
	return false;
}

/* "In file included from a.c:1:", and the lines that go on with "from" */
static bool take_including(struct painter *p, const struct line *l)
{
	const char *hit = memmem(l->at, l->len, "from ", 5);
	size_t before = hit ? (size_t)(hit - l->at) : 0;

	if (!p->is_gcc || !hit || l->len < before + 7 ||
	    (strncmp(l->at, "In file included ", 17) != 0 && strspn(l->at, " ") != before))
		return false;
	buf_add(p->out, l->at, before + 5);
	paint(p, BOLD, hit + 5, l->len - before - 6);
	buf_addc(p->out, l->at[l->len - 1]);
	return true;
}

/* Where the text of a line behind gcc's margin ("   12 | ", "      | ") begins; 0: it has none.
 */
static size_t margin(const struct line *l, bool *numbered)
{
	size_t blanks = 0, digits = 0;

	while (blanks < l->len && l->at[blanks] == ' ')
		blanks++;
	while (blanks + digits < l->len && l->at[blanks + digits] >= '0' &&
	       l->at[blanks + digits] <= '9')
		digits++;
	size_t n = digits ? blanks + digits : blanks - (blanks > 0);
	*numbered = digits;
	return blanks && n + 2 < l->len && memcmp(l->at + n, " | ", 3) == 0 ? n + 3 : 0;
}

static bool is_marks(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] != ' ' && at[i] != '^' && at[i] != '~')
			return false;
	return len > 0;
}

static bool is_ascii(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] & 0x80)
			return false;
	return true;
}

/* The text of @l, in the colours of the marks below it; of the marks themselves where they are
 * the same. */
static void paint_marked(struct painter *p, const struct line *l, size_t from,
                         const struct line *marks)
{
	size_t at = from;

	buf_add(p->out, l->at, from);
	while (at < l->len) {
		size_t end = at;
		bool blank = at >= marks->len || marks->at[at] == ' ';

		while (end < l->len && (end >= marks->len || marks->at[end] == ' ') == blank)
			end++;
		size_t n = end - at;
		const char *color =
			!blank && memchr(marks->at + at, '^', n) && p->color ? p->color : GREEN;
		if (blank)
			buf_add(p->out, l->at + at, n);
		else
			paint(p, color, l->at + at, n);
		at = end;
	}
}

static bool take_source(struct painter *p, const struct line *l, const struct line *next)
{
	bool numbered, next_numbered;
	size_t from = p->is_gcc ? margin(l, &numbered) : 0;
	size_t below = margin(next, &next_numbered);

	if (!p->is_gcc && is_marks(l->at, l->len) && p->color) {
		paint(p, "0;1;32", l->at, l->len);
		return true;
	}
	if (!from)
		return false;
	if (!numbered && is_marks(l->at + from, l->len - from))
		paint_marked(p, l, from, l);
	else if (numbered && below == from && !next_numbered && is_ascii(l->at, l->len) &&
	         is_marks(next->at + from, next->len - from))
		paint_marked(p, l, from, next);
	else
		return false;
	return true;
}

static struct line line_at(const char *at, const char *end)
{
	const char *stop = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;

	return (struct line){ at, (size_t)((stop ? stop : end) - at) };
}

/* Only gcc has a margin, or such quotes. */
static bool looks_like_gcc(const char *text, size_t len)
{
	return memmem(text, len, " | ", 3) || memmem(text, len, left_quote, 3);
}

void diagnostics_color(const char *text, size_t len, struct buf *out)
{
	auto_buf whole = BUF_INIT; /* ends with a NUL */

	if (!len || memchr(text, '\033', len) || buf_add(&whole, text, len) < 0) {
		buf_add(out, text, len);
		return;
	}
	const char *end = whole.data + len;
	struct painter p = { out, looks_like_gcc(whole.data, len), NULL };
	for (const char *at = whole.data; at < end;) {
		struct line l = line_at(at, end);
		struct line next = line_at(l.at + l.len < end ? l.at + l.len + 1 : end, end);

		if (!take_message(&p, &l) && !take_heading(&p, &l) && !take_including(&p, &l) &&
		    !take_source(&p, &l, &next))
			buf_add(out, l.at, l.len);
		at = l.at + l.len;
		if (at < end)
			buf_addc(out, *at++);
	}
}

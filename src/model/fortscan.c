/*
 * Lines become statements: continuations joined, comments dropped, a string left as one quote.
 * A statement is then looked at without its blanks and in lower case, for blanks mean nothing
 * in fixed form; what that finds too much (of "module procedure x") does no harm. INCLUDE is no
 * statement but a line.
 */
#include "model/fortscan.h"

#include <ctype.h>
#include <string.h>

enum {
	FIXED_TEXT = 6, /* where statements begin in fixed form */
	JOINT = '\1',   /* where the preprocessor joins what a comment parts */
};

struct scanner {
	const struct fortscan_form *form;
	struct buf *items;
	struct buf text; /* the statement so far */
	char quote;      /* of the string that it is in, or 0 */
	bool joined;     /* the next line continues it (free form) */
};

static void item(struct buf *items, enum fortscan_item type, const char *text, size_t n)
{
	if (memchr(text, 0, n))
		return;
	buf_addc(items, (char)type);
	buf_add(items, text, n);
	buf_addc(items, '\0');
}

static void unsure(struct buf *items, const char *why)
{
	item(items, FORTSCAN_UNSURE, why, strlen(why));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\f' || c == '\v' || c == '\r';
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

static size_t name_length(const char *s)
{
	size_t n = 0;

	while (is_name(s[n]))
		n++;
	return n;
}

static bool begins(const char *s, const char *word)
{
	return strncmp(s, word, strlen(word)) == 0;
}

static bool holds_word(const char *text, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= len; i++)
		if (strncasecmp(text + i, word, n) == 0)
			return true;
	return false;
}

bool fortscan_hides_module(const char *body, size_t len)
{
	return holds_word(body, len, "module");
}

/* A statement without blanks: in lower case, and as it was written. */
struct statement {
	struct buf low;
	struct buf written;
	unsigned words;
};

static void squeeze(const struct buf *text, struct statement *s)
{
	size_t i = 0;
	bool blank = true;

	while (i < text->len &&
	       (is_blank(text->data[i]) || isdigit((unsigned char)text->data[i])))
		i++; /* a label */
	for (; i < text->len; i++) {
		char c = text->data[i];

		if (!is_blank(c)) {
			s->words += blank;
			buf_addc(&s->low, (char)tolower((unsigned char)c));
			buf_addc(&s->written, c);
		}
		blank = is_blank(c);
	}
}

/* A name at @at of the statement, as the module file of which it is a part is called. */
static void token(struct scanner *sc, const struct statement *s, const char *at, size_t n)
{
	if (sc->form->cpp && n > 0)
		item(sc->items, FORTSCAN_TOKEN, buf_str(&s->written) + (at - buf_str(&s->low)),
		     n);
}

static void files_of(struct scanner *sc, enum fortscan_item type, const char *stem, size_t n,
                     const char *ext)
{
	auto_buf name = BUF_INIT;

	buf_add(&name, stem, n);
	buf_adds(&name, ext);
	item(sc->items, type, name.data, name.len);
}

/* use m | use :: m | use, intrinsic :: m | use m, only: … */
static void use(struct scanner *sc, const struct statement *s)
{
	const char *at = buf_str(&s->low) + 3;

	if (begins(at, ",intrinsic::"))
		return;
	if (begins(at, ",non_intrinsic"))
		at += 14;
	if (begins(at, "::"))
		at += 2;
	size_t n = name_length(at);
	if (n == 0 || (at[n] && at[n] != ',' && !sc->form->cpp))
		return;
	token(sc, s, at, n);
	files_of(sc, FORTSCAN_READS, at, n, ".mod");
}

/* Is it one of what begins with "module" too, or an assignment? */
static bool is_procedure(const char *s)
{
	return strstr(s, "procedure") || strstr(s, "function") || strstr(s, "subroutine") ||
	       strchr(s, '=') || strchr(s, '%');
}

/* A module with separate procedures, its own or of those that it uses, also makes m.smod. */
static void module(struct scanner *sc, const struct statement *s)
{
	const char *at = buf_str(&s->low) + 6;
	size_t n = name_length(at);

	if (n > 0 && !at[n] && (sc->form->fixed || s->words <= 2)) {
		token(sc, s, at, n);
		files_of(sc, FORTSCAN_MAKES, at, n, ".mod");
		files_of(sc, FORTSCAN_MAKES, at, n, ".smod");
	} else if (sc->form->cpp && !is_procedure(at)) {
		unsure(sc->items, "a macro may name a module");
	}
}

/* submodule (m) s | submodule (m:parent) s */
static void submodule(struct scanner *sc, const struct statement *s)
{
	const char *ancestor = buf_str(&s->low) + 10;
	size_t n = name_length(ancestor);
	const char *parent = ancestor + n + 1;
	size_t m = ancestor[n] == ':' ? name_length(parent) : 0;
	const char *close = m ? parent + m : ancestor + n;
	const char *own = close + 1;
	auto_buf read = BUF_INIT;
	auto_buf made = BUF_INIT;

	size_t k = *close == ')' ? name_length(own) : 0;
	if (n == 0 || k == 0 || own[k]) {
		if (sc->form->cpp)
			unsure(sc->items, "a macro may name a module");
		return;
	}
	token(sc, s, ancestor, n);
	token(sc, s, parent, m);
	token(sc, s, own, k);
	buf_add(&read, ancestor, n);
	if (m) {
		buf_addc(&read, '@');
		buf_add(&read, parent, m);
	}
	files_of(sc, FORTSCAN_READS, read.data, read.len, ".smod");
	buf_add(&made, ancestor, n);
	buf_addc(&made, '@');
	buf_add(&made, own, k);
	files_of(sc, FORTSCAN_MAKES, made.data, made.len, ".smod");
}

static void end_statement(struct scanner *sc)
{
	struct statement s = { BUF_INIT, BUF_INIT, 0 };

	sc->quote = 0;
	squeeze(&sc->text, &s);
	buf_reset(&sc->text);
	const char *low = buf_str(&s.low);
	if (begins(low, "use"))
		use(sc, &s);
	else if (begins(low, "module"))
		module(sc, &s);
	else if (begins(low, "submodule("))
		submodule(sc, &s);
	buf_release(&s.low);
	buf_release(&s.written);
}

/* include 'file' */
static bool is_include(struct scanner *sc, const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	if (end - p < 9 || strncasecmp(p, "include", 7) != 0)
		return false;
	for (p += 7; p < end && is_blank(*p);)
		p++;
	if (p == end || (*p != '\'' && *p != '"'))
		return false;
	const char *close = memchr(p + 1, *p, (size_t)(end - p - 1));
	if (!close)
		return false;
	const char *rest = close + 1;
	while (rest < end && is_blank(*rest))
		rest++;
	if (rest < end && *rest != '!')
		return false;
	item(sc->items, FORTSCAN_INCLUDE, p + 1, (size_t)(close - p - 1));
	return true;
}

static bool only_comment(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p == end || *p == '!';
}

/* One character in a string; returns how many were taken. */
static int in_string(struct scanner *sc, const char *p, const char *end)
{
	if (sc->form->backslash && *p == '\\' && end - p >= 2)
		return 2;
	if (*p == sc->quote) {
		if (end - p >= 2 && p[1] == sc->quote)
			return 2;
		sc->quote = 0;
	}
	return 1;
}

/* What a line holds of statements; moves through them all. */
static void take_line(struct scanner *sc, const char *p, const char *end)
{
	bool free_form = !sc->form->fixed;

	sc->joined = false;
	while (p < end) {
		bool last = free_form && *p == '&' && only_comment(p + 1, end);

		if (last && sc->quote) /* in a string "!" is no comment */
			last = memchr(p, '!', (size_t)(end - p)) == NULL;
		if (last) {
			sc->joined = true;
			return;
		}
		if (sc->quote) {
			p += in_string(sc, p, end);
			continue;
		}
		if (*p == '!')
			return;
		if (*p == ';') {
			end_statement(sc);
		} else {
			if (*p == '\'' || *p == '"')
				sc->quote = *p;
			buf_addc(&sc->text, *p);
		}
		p++;
	}
}

static void free_line(struct scanner *sc, const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	if (sc->form->openmp && end - p > 2 && p[0] == '!' && p[1] == '$' &&
	    (is_blank(p[2]) || p[2] == '&'))
		p += 2;
	if (only_comment(p, end) || is_include(sc, p, end))
		return;
	while (p < end && is_blank(*p))
		p++;
	if (!sc->joined) {
		end_statement(sc);
	} else if (*p != '&') {
		buf_addc(&sc->text, ' ');
	}
	if (*p == '&')
		p++;
	take_line(sc, p, end);
	if (!sc->joined)
		end_statement(sc);
}

/* A tab before the text leads to it; after one a digit continues the line before. */
static void expand_tab(const char *p, const char *end, unsigned width, struct buf *line)
{
	bool tab = false;

	for (; p < end && (!width || line->len < width); p++) {
		if (tab && *p >= '1' && *p <= '9') {
			line->data[FIXED_TEXT - 1] = *p;
			tab = false;
			continue;
		}
		tab = *p == '\t' && line->len < FIXED_TEXT;
		if (!tab)
			buf_addc(line, *p);
		while (tab && line->len < FIXED_TEXT)
			buf_addc(line, ' ');
	}
}

/* "c$   1 …", "!$ 10 …": a line of OpenMP's conditional compilation. */
static void uncover(struct buf *line)
{
	size_t i = 2;

	if (line->len < FIXED_TEXT || !strchr("cC*!", line->data[0]) || line->data[1] != '$')
		return;
	while (i < FIXED_TEXT - 1 &&
	       (line->data[i] == ' ' || isdigit((unsigned char)line->data[i])))
		i++;
	if (i == FIXED_TEXT - 1)
		line->data[0] = line->data[1] = ' ';
}

static void fixed_line(struct scanner *sc, const char *start, const char *stop)
{
	auto_buf line = BUF_INIT;

	expand_tab(start, stop, sc->form->width, &line);
	if (line.len == 0)
		return;
	if (sc->form->openmp)
		uncover(&line);
	const char *p = line.data;
	const char *end = p + line.len;
	size_t blanks = strspn(p, " \t\r\f\v");
	if (strchr("cC*!", *p) || p + blanks >= end || is_include(sc, p, end) ||
	    (p[blanks] == '!' && blanks != FIXED_TEXT - 1))
		return;
	if (line.len < FIXED_TEXT) {
		end_statement(sc);
		return;
	}
	bool label = blanks < FIXED_TEXT - 1;
	if (label || p[FIXED_TEXT - 1] == ' ' || p[FIXED_TEXT - 1] == '0')
		end_statement(sc);
	if (*p == '&') /* an old way to continue */
		unsure(sc->items, "an ampersand in column 1");
	take_line(sc, p + FIXED_TEXT, end);
}

/* # 12 "file" 1: a name that messages show lines of. */
static void marker(struct scanner *sc, const char *line, const char *eol)
{
	const char *open = memchr(line, '"', (size_t)(eol - line));
	const char *close = open ? memchr(open + 1, '"', (size_t)(eol - open - 1)) : NULL;

	if (close && open[1] != '<' && close[-1] != '/')
		item(sc->items, FORTSCAN_SHOWN, open + 1, (size_t)(close - open - 1));
}

/* #define NAME …, with the lines that continue it; returns where the next line begins. */
static const char *directive(struct scanner *sc, const char *p, const char *stop)
{
	const char *end = p;
	auto_buf text = BUF_INIT;

	do {
		const char *line = memchr(end, '\n', (size_t)(stop - end));

		end = line ? line + 1 : stop;
	} while (sc->form->cpp && end < stop &&
	         (end[-2] == '\\' || (end[-2] == '\r' && end[-3] == '\\')));
	if (!sc->form->cpp) {
		marker(sc, p, end);
		return end;
	}
	for (p++; p < end && is_blank(*p);)
		p++;
	if (end - p < 8 || strncmp(p, "define", 6) != 0 || !is_blank(p[6]))
		return end;
	for (p += 6; p < end && is_blank(*p);)
		p++;
	buf_add(&text, p, (size_t)(end - p));
	size_t n = name_length(buf_str(&text));
	if (n > 0)
		item(sc->items, FORTSCAN_DEFINE, text.data, n);
	if (fortscan_hides_module(buf_str(&text) + n, text.len - n))
		unsure(sc->items, "a macro may name a module");
	return end;
}

/*
 * The first two lines of what was preprocessed: # 1 "file", and # 1 "/folder//" where the
 * compiler ran.
 */
static void origin(struct scanner *sc, const char *text, const char *end)
{
	static const char start[] = "# 1 \"";

	for (int i = 0; i < 2; i++) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		const char *name = text + strlen(start);

		if (!eol || eol - text < 8 || !begins(text, start) || eol[-1] != '"')
			return;
		if (memchr(name, '\\', (size_t)(eol - name)))
			unsure(sc->items, "an odd name of a source");
		if (i == 0 || (eol[-2] == '/' && eol[-3] == '/'))
			item(sc->items, FORTSCAN_ORIGIN, name, (size_t)(eol - 1 - name));
		text = eol + 1;
	}
}

/* Backslashes that end lines join them. What they join is looked at in parts all the same, as
 * "module" may stand after the joint of a comment that is none; within a word they may not. */
static void check_joints(const struct buf *text, struct buf *items)
{
	const char *end = text->data + text->len;

	for (const char *at = text->data; (at = memchr(at, '\\', (size_t)(end - at))); at++) {
		const char *next = at + 1;

		while (next < end && is_blank(*next))
			next++;
		if (next + 1 < end && *next == '\n' && at > text->data && is_name(at[-1]) &&
		    is_name(next[1]))
			unsure(items, "a word on two lines");
	}
}

/* Where a comment of the preprocessor ends that begins at @start. */
static const char *comment_end(const char *start, const char *end)
{
	const char *close = memmem(start + 2, (size_t)(end - start - 2), "*/", 2);

	return close ? close + 2 : end;
}

/* Drops the preprocessor's comments. Where one may be none, it must not hide a module. */
static void drop_comments(struct buf *text, struct buf *items)
{
	const char *end = text->data + text->len;
	char *to = text->data;
	char quote = 0;

	for (const char *p = text->data; p < end;) {
		if (*p == '\n' || *p == quote)
			quote = 0;
		else if (!quote && (*p == '"' || *p == '\''))
			quote = *p;
		if (quote || *p != '/' || end - p < 2 || p[1] != '*') {
			*to++ = *p++;
			continue;
		}
		const char *after = comment_end(p, end);
		if (fortscan_hides_module(p, (size_t)(after - p)))
			unsure(items, "\"module\" in a comment of the preprocessor");
		if (memchr(p, '\n', (size_t)(after - p)))
			*to++ = '\n';
		else if (to > text->data && is_name(to[-1]) && after < end && is_name(*after))
			*to++ = JOINT;
		p = after;
	}
	text->len = (size_t)(to - text->data);
}

void fortscan_text(const char *text, size_t len, const struct fortscan_form *form,
                   struct buf *items)
{
	struct scanner sc = { .form = form, .items = items };
	auto_buf copy = BUF_INIT;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	if (len == 0)
		return;
	buf_add(&copy, text, len);
	if (form->cpp) {
		check_joints(&copy, items);
		drop_comments(&copy, items);
	}
	const char *p = copy.data;
	const char *stop = p + copy.len;
	if (!form->cpp && *p == '#')
		origin(&sc, p, stop);
	while (p < stop) {
		const char *eol = memchr(p, '\n', (size_t)(stop - p));
		const char *end = eol ? eol : stop;

		if (*p == '#') {
			p = directive(&sc, p, stop);
			continue;
		}
		if (form->fixed)
			fixed_line(&sc, p, end);
		else
			free_line(&sc, p, end);
		p = eol ? eol + 1 : stop;
	}
	end_statement(&sc);
	buf_release(&sc.text);
}

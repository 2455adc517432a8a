/*
 * Two steps. A file's content is turned once into a list of what it may include (the scan),
 * cached by content: items of one type byte and a NUL-terminated text. Then the lists are
 * walked from the sources on, each name looked for as the preprocessor does. No conditional is
 * evaluated, so the result is a superset.
 */
#include "model/depscan.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "core/digest.h"
#include "store/look.h"
#include "model/input.h"
#include "model/macros.h"
#include "model/precompiled.h"

enum { FILE_MAX_SIZE = 256 << 20, FILES_MAX = 200000 };

enum item {
	ITEM_QUOTE = 'q',
	ITEM_BRACKET = 'b',
	ITEM_NEXT = 'n',
	ITEM_HAS_QUOTE = 'Q', /* of __has_include */
	ITEM_HAS_BRACKET = 'B',
	ITEM_HAS_NEXT = 'N',
	ITEM_ASM = 'a',      /* .include, .incbin */
	ITEM_COMPUTED = 'm', /* the operand of an #include that begins with a macro */
	ITEM_ASKED = 'k',    /* of a __has_include */
	ITEM_ASKS = 'i',     /* a macro stands for __has_include */
	ITEM_DEFINE = 'd', /* "NAME text" where text is "x", <x> or the first word of something
	                      else */
	ITEM_TIME = 't',
	ITEM_PART = 'p',  /* a letter of enum part */
	ITEM_ONCE = 'o',  /* #pragma once */
	ITEM_ONCES = 'O', /* #import or _Pragma("once"): of whatever file */
	ITEM_RAW = 'r', /* a raw string, if there are any, with what else would be of account */
	ITEM_HARD = 'h', /* what the preprocessor can't tell either */
	ITEM_UNSURE = 'u',
};

/* In the second list, for what macros make: whole directives. */
enum directive {
	DIRECTIVE_DEFINE = 'd',
	DIRECTIVE_CONDITION = 'c', /* of #if and #elif */
};

struct scanner {
	const char *p;
	const char *end;
	bool assembler;
	bool bol;     /* only blanks since the start of the line */
	bool defines; /* within a #define */
	bool decides; /* within an #if or #elif */
	bool has_params;
	const char *begin;
	const char *macro; /* what a #define defines, or NULL */
	size_t macro_len;
	unsigned n_clocks; /* looked for */
	struct buf *out;
	struct buf *directives; /* NULL: not wanted */
};

static void item(struct scanner *s, enum item type, const char *text, size_t n)
{
	if (memchr(text, 0, n))
		return;
	buf_addc(s->out, (char)type);
	buf_add(s->out, text, n);
	buf_addc(s->out, '\0');
}

static bool is_ident(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* Blanks and comments within a line; block comments may span lines. */
static void skip_blanks(struct scanner *s)
{
	while (s->p < s->end) {
		if (*s->p == ' ' || *s->p == '\t' || *s->p == '\f' || *s->p == '\v' ||
		    *s->p == '\r') {
			s->p++;
		} else if (s->end - s->p >= 2 && s->p[0] == '/' && s->p[1] == '*') {
			const char *e = memmem(s->p + 2, (size_t)(s->end - s->p - 2), "*/", 2);
			s->p = e ? e + 2 : s->end;
		} else {
			return;
		}
	}
}

static size_t ident_length(const struct scanner *s)
{
	const char *e = s->p;

	while (e < s->end && is_ident(*e))
		e++;
	return (size_t)(e - s->p);
}

static bool word_is(const char *w, size_t n, const char *want)
{
	return strlen(want) == n && memcmp(w, want, n) == 0;
}

/* A string or a character, to its end or the line's. */
static const char *literal_end(const char *p, const char *end)
{
	char quote = *p++;

	while (p < end && *p != '\n' && *p != quote)
		p += *p == '\\' && end - p >= 2 && p[1] != '\n' ? 2 : 1;
	return p < end && *p == quote ? p + 1 : p;
}

/* What follows on this line, or before the parenthesis that closes, without comments. */
static void rest_of_line(const struct scanner *s, bool to_paren, struct buf *text)
{
	struct scanner ahead = *s;
	int depth = 0;

	for (skip_blanks(&ahead); ahead.p < ahead.end && *ahead.p != '\n';) {
		const char *from = ahead.p;

		skip_blanks(&ahead);
		if (ahead.p != from) {
			buf_addc(text, ' ');
			continue;
		}
		if (*from == '/' && ahead.end - from >= 2 && from[1] == '/')
			break;
		depth += (*from == '(') - (*from == ')');
		if (to_paren && depth < 0)
			break;
		ahead.p =
			*from == '"' || *from == '\'' ? literal_end(from, ahead.end) : from + 1;
		buf_add(text, from, (size_t)(ahead.p - from));
	}
	while (text->len && text->data[text->len - 1] == ' ')
		text->data[--text->len] = '\0';
}

static void rest_item(struct scanner *s, enum item type, bool to_paren)
{
	auto_buf text = BUF_INIT;

	rest_of_line(s, to_paren, &text);
	item(s, type, buf_str(&text), text.len);
}

/* What "##" may make of words is told by none of them alone: of a name's two parts one is
 * seldom used for anything else. Is @w the first @head characters of @name or more, or its last
 * @tail? */
static bool is_part_of(const char *w, size_t n, const char *name, size_t head, size_t tail)
{
	size_t len = strlen(name);

	return n < len && ((n >= head && memcmp(w, name, n) == 0) ||
	                   (n >= tail && memcmp(w, name + len - n, n) == 0));
}

static bool is_part_of_time(const char *w, size_t n)
{
	static const char *const names[] = { "__DATE__", "__TIME__", "__TIMESTAMP__" };

	if (n < 3 || w[n - 1] != '_')
		return false;
	for (size_t i = 0; i < countof(names); i++)
		if (is_part_of(w, n, names[i], strlen(names[i]) - 1, 3))
			return true;
	return false;
}

/* Of __has_include, in a condition or in a macro. */
static bool is_part_of_asking(const struct scanner *s, const char *w, size_t n)
{
	static const char name[] = "__has_include";

	return s->decides ? is_part_of(w, n, name, 3, 4)
	                  : s->defines && n != 6 && is_part_of(w, n, name, 4, 8);
}

/* Parts that are common alone, and only together may make a name. */
enum part {
	PART_TIME = 'a',      /* TIME, DATE, TIMESTAMP */
	PART_TIME_END = 'b',  /* "__" behind another */
	PART_ASKING = 'c',    /* "__has_##" */
	PART_ASKING_END = 'd' /* "include" in a macro */
};

static bool is_followed(const struct scanner *s, const char *by)
{
	struct scanner ahead = *s;
	size_t n = strlen(by);

	skip_blanks(&ahead);
	return (size_t)(ahead.end - ahead.p) >= n && memcmp(ahead.p, by, n) == 0;
}

/* The enum part that @w is, before s->p; 0: none. */
static char part_of(const struct scanner *s, const char *w, size_t n)
{
	if (word_is(w, n, "TIME") || word_is(w, n, "DATE") || word_is(w, n, "TIMESTAMP") ||
	    (n >= 4 &&
	     (is_part_of(w, n, "__DATE__", 4, 8) || is_part_of(w, n, "__TIMESTAMP__", 4, 13))))
		return PART_TIME;
	if (word_is(w, n, "__"))
		return is_followed(s, "##") || is_followed(s, ",") ? 0 : PART_TIME_END;
	if (word_is(w, n, "__has_"))
		return PART_ASKING;
	return s->defines && word_is(w, n, "include") ? PART_ASKING_END : 0;
}

/* The items for "x", <x>, and both with _next. */
static const char computed_asking[] = "computed __has_include";

static const enum item included[] = { ITEM_QUOTE, ITEM_BRACKET, ITEM_NEXT };
static const enum item asked[] = { ITEM_HAS_QUOTE, ITEM_HAS_BRACKET, ITEM_HAS_NEXT };

/* _Pragma("once"), maybe in a macro. */
static void pragma_word(struct scanner *s)
{
	auto_buf text = BUF_INIT;

	skip_blanks(s);
	if (s->p < s->end && *s->p == '(')
		rest_of_line(s, false, &text);
	if (strstr(buf_str(&text), "once"))
		item(s, ITEM_ONCES, "", 0);
}

/* Would some of it be an item, if it were none of a string? */
static bool would_count(const char *text, size_t n)
{
	static const char *const words[] = { "include", "import", "embed",
		                             "pragma",  "__",     "define" };

	for (size_t i = 0; i < countof(words); i++)
		if (memmem(text, n, words[i], strlen(words[i])))
			return true;
	return false;
}

/* "x" or <x>, and moves past it. False: it is neither. */
static bool literal(struct scanner *s, const enum item types[3], bool next)
{
	char close = s->p >= s->end ? 0 : *s->p == '<' ? '>' : *s->p == '"' ? '"' : 0;

	if (!close)
		return false;
	const char *start = ++s->p;
	while (s->p < s->end && *s->p != close && *s->p != '\n')
		s->p++;
	if (s->p < s->end && *s->p == close)
		item(s, types[next ? 2 : close == '>'], start, (size_t)(s->p++ - start));
	return true;
}

static void include(struct scanner *s, bool next)
{
	static const char why[] = "computed #include_next";

	skip_blanks(s);
	/* without a name it is an error, or is never read */
	if (s->p >= s->end || *s->p == '\n' || literal(s, included, next))
		return;
	if (next)
		item(s, ITEM_UNSURE, why, strlen(why));
	else if (is_ident(*s->p))
		rest_item(s, ITEM_COMPUTED, false);
}

/* "and" or "or", as C++ spells what joins two conditions. */
static bool joins(const struct scanner *s)
{
	size_t n = ident_length(s);

	return word_is(s->p, n, "and") || word_is(s->p, n, "or");
}

/* Behind __has_include. That the answer is no is told by nothing that the compiler prints. */
static void has_include(struct scanner *s, bool next)
{
	static const char why[] = "computed __has_include_next";

	skip_blanks(s);
	bool called = s->p < s->end && *s->p == '(';
	if (called) {
		s->p++;
		skip_blanks(s);
	}
	/* in a macro's text the name may have its parameters in it, and clang begins at the
	 * first folder */
	bool named =
		!next && s->p < s->end && (*s->p == '"' || (*s->p == '<' && !s->has_params));
	if (s->defines && !(called && named))
		item(s, ITEM_ASKS, "", 0);
	/* a macro may stand for nothing, or for the parenthesis */
	if (s->decides && !called && s->p < s->end && is_ident(*s->p) && !joins(s))
		item(s, ITEM_HARD, computed_asking, strlen(computed_asking));
	if (!called || literal(s, asked, next) || s->defines)
		return;
	if (next)
		item(s, ITEM_HARD, why, strlen(why));
	else
		rest_item(s, ITEM_ASKED, true);
}

static void has_embed(struct scanner *s)
{
	static const char why[] = "__has_embed";

	skip_blanks(s);
	if (s->defines || (s->p < s->end && *s->p == '('))
		item(s, ITEM_HARD, why, strlen(why));
}

/* Where a macro's value ends that may be a file's name, or stand for one; NULL: it is none. */
static const char *value_end(const struct scanner *s)
{
	char close = s->p >= s->end ? 0 : *s->p == '<' ? '>' : *s->p == '"' ? '"' : 0;

	if (!close) {
		size_t n = ident_length(s);

		return n && !isdigit((unsigned char)*s->p) ? s->p + n : NULL;
	}
	size_t left = (size_t)(s->end - s->p - 1);
	const char *line = memchr(s->p + 1, '\n', left);
	const char *e = memchr(s->p + 1, close, line ? (size_t)(line - s->p - 1) : left);
	return e ? e + 1 : NULL;
}

static void define(struct scanner *s)
{
	skip_blanks(s);
	size_t n = ident_length(s);
	const char *name = s->p;
	auto_buf text = BUF_INIT;

	s->macro = n ? name : NULL;
	s->macro_len = n;
	s->p += n;
	s->has_params = s->p < s->end && *s->p == '(';
	if (n == 0 || s->p >= s->end || s->has_params)
		return;
	skip_blanks(s);
	const char *e = value_end(s);
	if (!e)
		return;
	buf_add(&text, name, n);
	buf_addc(&text, ' ');
	buf_add(&text, s->p, (size_t)(e - s->p));
	item(s, ITEM_DEFINE, text.data, text.len);
}

static void pragma(struct scanner *s)
{
	static const char compares[] = "#pragma GCC dependency"; /* ages */
	static const char reads[] = "#pragma GCC pch_preprocess";

	skip_blanks(s);
	size_t n = ident_length(s);
	const char *w = s->p;
	s->p += n;
	if (word_is(w, n, "once"))
		item(s, ITEM_ONCE, "", 0);
	if (!word_is(w, n, "GCC") && !word_is(w, n, "clang"))
		return;
	skip_blanks(s);
	n = ident_length(s);
	if (word_is(s->p, n, "dependency"))
		item(s, ITEM_HARD, compares, strlen(compares));
	else if (word_is(s->p, n, "pch_preprocess"))
		item(s, ITEM_HARD, reads, strlen(reads));
	s->p += n;
}

static void whole_directive(struct scanner *s, enum directive type)
{
	auto_buf text = BUF_INIT;

	if (!s->directives)
		return;
	rest_of_line(s, false, &text);
	if (memchr(buf_str(&text), 0, text.len))
		return;
	buf_addc(s->directives, (char)type);
	buf_add(s->directives, buf_str(&text), text.len + 1);
}

static void directive(struct scanner *s)
{
	skip_blanks(s);
	size_t n = ident_length(s);
	const char *w = s->p;

	s->p += n;
	s->defines = word_is(w, n, "define");
	s->macro = NULL;
	s->decides = word_is(w, n, "if") || word_is(w, n, "elif");
	if (s->defines)
		whole_directive(s, DIRECTIVE_DEFINE);
	else if (s->decides)
		whole_directive(s, DIRECTIVE_CONDITION);
	if (word_is(w, n, "import"))
		item(s, ITEM_ONCES, "", 0);
	if (word_is(w, n, "include") || word_is(w, n, "import"))
		include(s, false);
	else if (word_is(w, n, "include_next"))
		include(s, true);
	else if (s->defines)
		define(s);
	else if (word_is(w, n, "embed"))
		item(s, ITEM_UNSURE, "#embed", 6);
	else if (word_is(w, n, "pragma"))
		pragma(s);
}

static bool begins_raw(const char *w, size_t n)
{
	static const char *const prefixes[] = { "R", "LR", "uR", "UR", "u8R" };

	for (size_t i = 0; i < countof(prefixes); i++)
		if (word_is(w, n, prefixes[i]))
			return true;
	return false;
}

static void asm_reads(struct scanner *s)
{
	static const char why[] = "the assembler reads a file";

	item(s, ITEM_HARD, why, strlen(why));
}

/* Does the time stand in a macro that this text names nowhere else? Of many none is looked for:
 * each costs a pass. */
static bool is_clock(struct scanner *s)
{
	enum { LOOKED_FOR_MAX = 16 };
	const char *at = s->begin;
	unsigned n = 0;

	if (!s->defines || !s->macro || memchr(s->macro, '$', s->macro_len) ||
	    s->n_clocks++ >= LOOKED_FOR_MAX)
		return false;
	while ((at = memmem(at, (size_t)(s->end - at), s->macro, s->macro_len))) {
		const char *e = at + s->macro_len;

		n += (at == s->begin || !is_ident(at[-1])) && (e == s->end || !is_ident(*e));
		at = e;
	}
	return n == 1;
}

static void identifier(struct scanner *s)
{
	size_t n = ident_length(s);
	const char *w = s->p;

	s->p += n;
	if (word_is(w, n, "__DATE__") || word_is(w, n, "__TIME__") ||
	    word_is(w, n, "__TIMESTAMP__")) {
		bool clock = is_clock(s);

		item(s, ITEM_TIME, clock ? s->macro : "", clock ? s->macro_len : 0);
	} else if (n >= 13 && memcmp(w, "__has_include", 13) == 0) {
		has_include(s, n >= 18 && memcmp(w + 13, "_next", 5) == 0);
	} else if (word_is(w, n, "__has_embed")) {
		has_embed(s);
	} else if (word_is(w, n, "_Pragma")) {
		pragma_word(s);
	} else if (is_part_of_time(w, n)) {
		item(s, ITEM_TIME, "", 0);
	} else if (is_part_of_asking(s, w, n)) {
		item(s, ITEM_HARD, computed_asking, strlen(computed_asking));
	} else if ((w[0] == '_' || w[0] == 'T' || w[0] == 'D' || w[0] == 'i') &&
	           part_of(s, w, n)) {
		char part = part_of(s, w, n);

		item(s, ITEM_PART, &part, 1);
	} else if (begins_raw(w, n) && s->p < s->end && *s->p == '"') {
		const char *open = memchr(s->p, '(', (size_t)(s->end - s->p));
		char stop[24];

		if (!open || open - s->p > 17)
			return;
		int len = snprintf(stop, sizeof(stop), ")%.*s\"", (int)(open - s->p - 1),
		                   s->p + 1);
		const char *e = memmem(open, (size_t)(s->end - open), stop, (size_t)len);
		if (!e)
			return;
		size_t body = (size_t)(e - open);
		if (memmem(open, body, ".incbin", 7) || memmem(open, body, ".include", 8))
			asm_reads(s);
		if (would_count(open, body))
			item(s, ITEM_RAW, "", 0);
		s->p = e + len;
	}
}

/* Assemblers don't mind capitals. */
static bool asm_word_is(const char *w, size_t n, const char *want)
{
	return strlen(want) == n && strncasecmp(w, want, n) == 0;
}

static bool is_asm_include(const char *w, size_t n)
{
	return asm_word_is(w, n, "incbin") || asm_word_is(w, n, "include");
}

/* @s->p is the end of a string: does another follow, or what may be one, or a comment? */
static bool goes_on(const struct scanner *s)
{
	const char *at = s->p + 1;

	while (at < s->end && strchr(" \t\r\n", *at))
		at++;
	return at < s->end && (is_ident(*at) || strchr("\"\\/#", *at));
}

/* ".incbin" in a string of C: a statement of inline assembly, not the end of "file.include",
 * nor nothing but that word, which programs compare with? */
static void inline_word(struct scanner *s, const char *start)
{
	const char *dot = s->p++;
	size_t n = ident_length(s);
	bool begins = dot == start || !is_ident(dot[-1]);

	if (!begins || !is_asm_include(s->p, n))
		return;
	s->p += n;
	if (s->p < s->end && (strchr(" \t\\", *s->p) || (*s->p == '"' && goes_on(s))))
		asm_reads(s);
}

/* ".incbin" and ".include": statements of an assembler file, or of C that a macro quotes. A
 * macro's argument in the name ("\f") is told by no scan; with .altmacro it looks like any
 * text. */
static void assembler_word(struct scanner *s)
{
	const char *w = ++s->p;
	size_t n = ident_length(s);

	if (s->assembler && asm_word_is(w, n, "altmacro"))
		asm_reads(s);
	if (!is_asm_include(w, n))
		return;
	s->p += n;
	skip_blanks(s);
	bool named = s->p < s->end && *s->p == '"';
	if (!s->assembler) {
		if (named || (s->p < s->end && is_ident(*s->p)))
			asm_reads(s);
		return;
	}
	if (!named) {
		asm_reads(s);
		return;
	}
	const char *start = ++s->p;
	const char *e = memchr(start, '"', (size_t)(s->end - start));
	if (e && memchr(start, '\\', (size_t)(e - start)))
		asm_reads(s);
	else if (e)
		item(s, ITEM_ASM, start, (size_t)(e - start));
}

static void string(struct scanner *s, char quote)
{
	const char *start = ++s->p; /* of what stands alone: after an escape too */

	while (s->p < s->end && *s->p != '\n') {
		if (*s->p == '\\' && s->end - s->p >= 2)
			start = s->p += 2;
		else if (*s->p == quote) {
			s->p++;
			return;
		} else if (*s->p == '.' && quote == '"')
			inline_word(s, start);
		else
			s->p++;
	}
}

static void scan_step(struct scanner *s)
{
	char c = *s->p;
	bool bol = s->bol;

	if (c == '\n') {
		s->bol = true;
		s->defines = s->decides = false;
		s->p++;
		return;
	}
	const char *before = s->p;
	skip_blanks(s);
	if (s->p != before)
		return;
	s->bol = false;
	if (is_ident(c)) {
		identifier(s);
		if (s->p < s->end && *s->p == '\'' && isdigit((unsigned char)c))
			s->p++;
	} else if (c == '/' && s->end - s->p >= 2 && s->p[1] == '/') {
		const char *e = memchr(s->p, '\n', (size_t)(s->end - s->p));
		s->p = e ? e : s->end;
	} else if (c == '"' || (c == '\'' && !s->assembler)) {
		string(s, c);
	} else if (bol && c == '#') {
		s->p++;
		directive(s);
	} else if (bol && c == '%' && s->end - s->p >= 2 && s->p[1] == ':') {
		s->p += 2;
		directive(s);
	} else if (c == '.') {
		assembler_word(s);
	} else {
		if (c == '?' && s->end - s->p >= 3 && s->p[1] == '?' &&
		    (s->p[2] == '=' || s->p[2] == '/'))
			item(s, ITEM_UNSURE, "trigraph", 8);
		s->p++;
	}
}

/* Removes backslash-newline. */
static void splice(struct buf *b)
{
	size_t to = 0;

	for (size_t i = 0; i < b->len; i++) {
		if (b->data[i] == '\\') {
			size_t k = i + 1;

			while (k < b->len &&
			       (b->data[k] == ' ' || b->data[k] == '\t' || b->data[k] == '\r'))
				k++;
			if (k < b->len && b->data[k] == '\n') {
				i = k;
				continue;
			}
		}
		b->data[to++] = b->data[i];
	}
	b->len = to;
}

/* @directives: the second list, or NULL. */
static void scan_text(struct buf *text, bool assembler, struct buf *out, struct buf *directives)
{
	static const char mark[] = "\357\273\277"; /* of UTF-8, for the order of bytes */

	if (text->len == 0)
		return;
	splice(text);
	size_t at = text->len >= 3 && memcmp(text->data, mark, 3) == 0 ? 3 : 0;
	struct scanner s = { .p = text->data + at,
		             .begin = text->data + at,
		             .end = text->data + text->len,
		             .assembler = assembler,
		             .bol = true,
		             .out = out,
		             .directives = directives };
	while (s.p < s.end)
		scan_step(&s);
}

struct node {
	struct oid id;
	char *list; /* owned; the items */
	size_t list_len;
	char *directives; /* owned; the second list, or NULL: not read */
	size_t directives_len;
	int dir; /* index into dirs where it was found; -1: beside its includer */
	bool is_followed;
	bool again; /* found in an earlier folder after it was followed */
};

struct walk {
	const struct call *call;
	struct depscan_result *out;
	bool assembler;
	char *const *defines;
	struct strv dirs;
	size_t n_quote;
	struct node *nodes;  /* as many as out->files */
	struct map paths;    /* path → index + 1, or 0: no file */
	struct map brackets; /* name → 1: looked for already */
	struct map once;     /* content with #pragma once → its inode */
	struct map folders;  /* "sub/" of a search path → enum folder */
	size_t n_sources;
	size_t n_again;         /* nodes that are to be followed once more */
	struct macros *macros;  /* owned; NULL: what they make was not needed yet */
	struct map untold;      /* operands → is it known that they can't be told? */
	bool is_told;           /* DEPSCAN_TOLD */
	bool only_looks;        /* where files are, and does not add them */
	bool takes_precompiled; /* DEPSCAN_PRECOMPILED */
	bool lacks_raw;         /* DEPSCAN_NO_RAW */
	bool onces;             /* any file may be read once only */
	bool wants_macros;      /* for names of #include */
	struct strv options;    /* the definitions of the command line */
	unsigned parts;         /* bits of enum part */
	bool needs_macros;      /* for those of __has_include, which nothing else tells */
	bool from_source;       /* the includer is one: where a precompiled header counts */
	char unsure[80];
};

static void hard(struct walk *w, const char *why)
{
	snprintf(w->out->hard, sizeof(w->out->hard), "%s", why);
	snprintf(w->unsure, sizeof(w->unsure), "%s", why);
}

static const char computed[] = "computed include";

/* An #include of this file can't be told. */
static void guess(struct walk *w, size_t k, const char *why)
{
	const char *path = w->out->files[k].path;
	auto_free char *folder = xstrndup(path, (size_t)(path_base(path) - path));

	if (!strv_has(&w->out->guessing, folder))
		strv_add(&w->out->guessing, folder);
	snprintf(w->unsure, sizeof(w->unsure), "%.70s", why);
}

/* gcc takes equal files of one age for the same one, and in the sandbox ages differ. */
static void note_once(struct walk *w, const struct oid *id, const struct stat *st)
{
	bool added;
	struct map_entry *e = map_add(&w->once, id->s, &added);

	if (added)
		e->num = st->st_ino;
	else if (e->num != st->st_ino)
		hard(w, "equal files with #pragma once");
}

/* What a list is made of must be what it is kept for. */
static int read_content(struct walk *w, const char *path, const struct oid *id,
                        struct buf *text, struct err *err)
{
	struct oid read;

	if (strcmp(path, "-") == 0)
		return input_read(text, err);
	if (file_read(path, text, err) < 0)
		return -1;
	digest_bytes(buf_str(text), text->len, &read);
	if (oid_eq(&read, id))
		return 0;
	hard(w, "a source changes while it is read");
	return err_set(err, ERR_UNSURE, "%s", w->unsure);
}

static int scan_file(struct walk *w, const char *path, const struct stat *st, struct node *node,
                     struct err *err)
{
	auto_buf list = BUF_INIT;
	auto_buf text = BUF_LIMIT(FILE_MAX_SIZE);
	struct file_info info;
	char key[80];
	enum file_keep keep =
		path[0] == '/' && !path_below(path, w->call->cwd) ? FILE_REFERENCE : FILE_KEEP;

	bool piped = strcmp(path, "-") == 0;

	if (piped && input_read(&text, err) < 0)
		return -1;
	if (piped)
		digest_bytes(text.data, text.len, &info.id);
	else if (store_file_stat(w->call->store, path, st, keep, &info, err) < 0)
		return -1;
	if (!piped && info.placeholder) {
		snprintf(w->unsure, sizeof(w->unsure), "a source is made by the build");
		w->out->opaque = true;
		return 0;
	}
	node->id = info.id;
	int n = snprintf(key, sizeof(key), "10%c%s", w->assembler ? 'a' : 'c', info.id.s);
	int rc = store_cache_get(w->call->store, CACHE_SCAN, key, (size_t)n, &list, err);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		if (!piped && read_content(w, path, &info.id, &text, err) < 0)
			return -1;
		scan_text(&text, w->assembler, &list, NULL);
		buf_addc(&list, '.'); /* never empty */
		if (store_cache_put(w->call->store, CACHE_SCAN, key, (size_t)n, list.data,
		                    list.len, err) < 0)
			return -1;
	}
	node->list_len = list.len;
	node->list = buf_steal(&list);
	for (size_t at = 0; at + 1 < node->list_len; at += strlen(node->list + at) + 1)
		if (node->list[at] == ITEM_ONCE)
			note_once(w, &info.id, st);
	return 0;
}

/* Notes a file that exists and scans it, once. @st: NULL where it is noted already. */
static int add_file(struct walk *w, const char *path, const struct stat *st, bool is_link,
                    int dir, struct err *err)
{
	struct depscan_result *r = w->out;
	struct map_entry *e = map_add(&w->paths, path, NULL);

	if (e->num) {
		/* found by another way too: #include_next then starts at the earlier one */
		struct node *old = &w->nodes[e->num - 1];
		if (dir < old->dir) {
			old->dir = dir;
			old->again = old->is_followed;
			w->n_again += old->again;
		}
		return 0;
	}
	if (r->n >= FILES_MAX) {
		r->opaque = true;
		return err_set(err, ERR_UNSURE, "too many headers");
	}
	if ((r->n & (r->n - 1)) == 0) {
		size_t cap = r->n ? r->n * 2 : 1;

		r->files = xrealloc(r->files, cap * sizeof(*r->files));
		w->nodes = xrealloc(w->nodes, cap * sizeof(*w->nodes));
	}
	w->nodes[r->n] = (struct node){ .dir = dir };
	r->files[r->n] =
		(struct depscan_file){ .path = xstrdup(path), .st = *st, .is_link = is_link };
	e->num = ++r->n;
	if (scan_file(w, path, st, &w->nodes[r->n - 1], err) < 0)
		return -1;
	r->files[r->n - 1].id = w->nodes[r->n - 1].id;
	return 0;
}

/* gcc takes "x.h.gch" even where there is no x.h. Then it is to be known what is in it. */
static int note_precompiled(struct walk *w, const char *path, struct err *err)
{
	auto_strv made_of = STRV_INIT;
	struct stat st;

	if (strncmp(path, "/usr/", 5) == 0)
		return 0;
	auto_free char *gch = xasprintf("%s.gch", path);
	if (look_access(gch, F_OK) < 0 || look_stat(path, &st) == 0 ||
	    strv_has(&w->out->precompiled, gch))
		return 0;
	if (!w->takes_precompiled || !precompiled_get(w->call, gch, &made_of)) {
		hard(w, "precompiled header");
		return 0;
	}
	strv_add(&w->out->precompiled, gch);
	for (size_t i = 0; i < made_of.n; i++)
		if (look_stat(made_of.v[i], &st) == 0 &&
		    add_file(w, made_of.v[i], &st, true, -1, err) < 0)
			return -1;
	return 0;
}

enum folder { FOLDER_NEW, FOLDER_MISSED, FOLDER_THERE, FOLDER_GONE };

/*
 * Is a folder of a search path ("/usr/local/include/bits") not there, so that nothing in it is?
 * Asked where a file was missed before: one look instead of one for each name below it.
 */
static bool folder_gone(struct walk *w, const char *path, struct map_entry **folder)
{
	auto_free char *dir = xstrndup(path, (size_t)(path_base(path) - path));
	struct stat st;

	*folder = map_add(&w->folders, dir, NULL);
	if ((*folder)->num == FOLDER_MISSED)
		(*folder)->num = look_stat(dir, &st) < 0 ? FOLDER_GONE : FOLDER_THERE;
	return (*folder)->num == FOLDER_GONE;
}

/* 1 found (and added), 0 not, -1. */
static int try_path(struct walk *w, const char *dir, size_t dir_len, const char *name,
                    int index, struct err *err)
{
	char path[4096];
	size_t name_len = strlen(name);
	struct map_entry *folder = NULL;
	struct stat st = { 0 };
	bool is_new;

	if (dir_len + name_len + 2 > sizeof(path))
		return 0;
	memcpy(path, dir, dir_len);
	if (dir_len && dir[dir_len - 1] != '/')
		path[dir_len++] = '/';
	memcpy(path + dir_len, name, name_len + 1);
	if (strchr(name, '/') && folder_gone(w, path, &folder))
		return 0;
	if (w->from_source && note_precompiled(w, path, err) < 0)
		return -1;
	const struct map_entry *known = map_add(&w->paths, path, &is_new);
	if (known->num && w->only_looks)
		return 1;
	if (known->num)
		return add_file(w, path, &st, false, index, err) < 0 ? -1 : 1;
	if (!is_new)
		return 0;
	int rc = look_lstat(path, &st);
	bool is_link = rc == 0 && S_ISLNK(st.st_mode);
	if (rc < 0 || (is_link && look_stat(path, &st) < 0)) {
		/* of other errors compilers tell, and look no further */
		if (errno != ENOENT && errno != ENOTDIR)
			hard(w, strerror(errno));
		if (folder && folder->num == FOLDER_NEW)
			folder->num = FOLDER_MISSED;
		return 0;
	}
	if (!S_ISREG(st.st_mode))
		return 0;
	if (w->only_looks)
		return 1;
	return add_file(w, path, &st, is_link, index, err) < 0 ? -1 : 1;
}

static int search(struct walk *w, const char *name, size_t from, struct err *err)
{
	if (name[0] == '/')
		return try_path(w, "", 0, name, -1, err);
	for (size_t i = from; i < w->dirs.n; i++) {
		int rc = try_path(w, w->dirs.v[i], strlen(w->dirs.v[i]), name, (int)i, err);

		if (rc != 0)
			return rc;
	}
	return 0;
}

static int search_or_note(struct walk *w, const char *name, size_t from, struct err *err)
{
	int rc = search(w, name, from, err);

	if (rc == 0)
		strv_add(&w->out->missing, name);
	return rc;
}

static int find_bracket(struct walk *w, const char *name, struct err *err)
{
	bool added;

	map_add(&w->brackets, name, &added);
	return added ? search_or_note(w, name, w->n_quote, err) : 0;
}

static int find_quote(struct walk *w, size_t from, const char *name, struct err *err)
{
	const char *includer = w->out->files[from].path;
	size_t dir = (size_t)(path_base(includer) - includer);
	int rc = name[0] == '/' ? 0 : try_path(w, includer, dir, name, -1, err);

	return rc != 0 ? rc : search_or_note(w, name, 0, err);
}

/* All of include_next's possible targets: every later folder's. In the source itself it is an
 * #include like any other. */
static int find_next(struct walk *w, size_t from, const char *name, struct err *err)
{
	const char *includer = w->out->files[from].path;
	size_t dir = (size_t)(path_base(includer) - includer);

	if (from < w->n_sources && try_path(w, includer, dir, name, -1, err) < 0)
		return -1;
	for (size_t i = (size_t)(w->nodes[from].dir + 1); i < w->dirs.n; i++)
		if (try_path(w, w->dirs.v[i], strlen(w->dirs.v[i]), name, (int)i, err) < 0)
			return -1;
	return 0;
}

/* "x" or <x>. 1 found, 0 not, -1. */
static int find_spelled(struct walk *w, size_t from, const char *text, struct err *err)
{
	auto_free char *name = xstrndup(text + 1, strlen(text) - 2);

	return text[0] == '"' ? find_quote(w, from, name, err) : find_bracket(w, name, err);
}

/* A macro's value, where it is all of a name; else all macros are looked at. */
static int find_value(struct walk *w, size_t from, const char *text, struct err *err)
{
	size_t n = strlen(text);
	bool is_name = n >= 3 && (text[0] == '"' || text[0] == '<') &&
	               text[n - 1] == (text[0] == '<' ? '>' : '"');
	int rc = is_name ? find_spelled(w, from, text, err) : 0;

	/* in <x/y.h> there may be macros */
	if (rc == 0 && text[0] != '"')
		w->wants_macros = true;
	return rc;
}

static bool is_word(const char *text)
{
	while (is_ident(*text))
		text++;
	return !*text;
}

/* Names of the file that is read. */
static bool names_includer(const char *name)
{
	static const char *const names[] = { "__FILE__", "__BASE_FILE__", "__FILE_NAME__" };

	for (size_t i = 0; i < countof(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static int untold_key(const char *operand, char key[80])
{
	struct oid id;

	digest_bytes(operand, strlen(operand), &id);
	return snprintf(key, 80, "u%s", id.s);
}

/* Macros make too much of some operands. That was so in another file: it would take as long to
 * find out in this one. */
static int is_untold(struct walk *w, const char *operand, bool *untold, struct err *err)
{
	bool added;

	*untold = w->is_told;
	if (w->is_told)
		return 0;
	struct map_entry *e = map_add(&w->untold, operand, &added);
	if (added) {
		auto_buf list = BUF_INIT;
		char key[80];
		size_t n = (size_t)untold_key(operand, key);
		int rc = store_cache_get(w->call->store, CACHE_SCAN, key, n, &list, err);

		if (rc < 0)
			return -1;
		e->num = (uint64_t)rc;
	}
	*untold = e->num;
	return 0;
}

static int note_untold(struct walk *w, const char *operand, struct err *err)
{
	char key[80];
	size_t n = (size_t)untold_key(operand, key);

	map_add(&w->untold, operand, NULL)->num = true;
	return store_cache_put(w->call->store, CACHE_SCAN, key, n, ".", 1, err);
}

/*
 * #include NAME: every string that NAME is ever defined as. One that is nowhere a file's name
 * stands in dead code ("#if defined(LUA_USER_H)"), or is an error in plain builds too.
 */
static int find_computed(struct walk *w, size_t from, const char *name, struct err *err)
{
	size_t n = strlen(name);
	bool untold;

	if (is_untold(w, name, &untold, err) < 0)
		return -1;
	if (untold) {
		guess(w, from, computed);
		return 0;
	}
	if (!is_word(name) || names_includer(name)) {
		w->wants_macros = true;
		return 0;
	}
	for (char *const *d = w->defines; d && *d; d++) {
		if (strncmp(*d, "-D", 2) != 0 || strncmp(*d + 2, name, n) != 0 ||
		    (*d)[n + 2] != '=')
			continue;
		if (find_value(w, from, *d + n + 3, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < w->out->n; i++) {
		size_t len = w->nodes[i].list_len;

		for (size_t at = 0; at + 1 < len; at += strlen(w->nodes[i].list + at) + 1) {
			const char *it = w->nodes[i].list + at;

			if (it[0] != ITEM_DEFINE || strncmp(it + 1, name, n) != 0 ||
			    it[n + 1] != ' ')
				continue;
			if (find_value(w, from, it + n + 2, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int find_included(struct walk *w, size_t from, const char *it, struct err *err)
{
	switch ((enum item)it[0]) {
	case ITEM_QUOTE: return find_quote(w, from, it + 1, err);
	case ITEM_BRACKET: return find_bracket(w, it + 1, err);
	case ITEM_NEXT: return find_next(w, from, it + 1, err);
	default: return 0;
	}
}

static bool has_parts(const struct walk *w, enum part one, enum part other)
{
	return w->parts & 1U << (one - PART_TIME) && w->parts & 1U << (other - PART_TIME);
}

static void join_parts(struct walk *w)
{
	w->out->has_time |= has_parts(w, PART_TIME, PART_TIME_END);
	if (has_parts(w, PART_ASKING, PART_ASKING_END))
		hard(w, computed_asking);
}

/* @macro: the clock, or "". */
static void note_time(struct depscan_result *r, size_t from, const char *macro)
{
	r->has_time |= !*macro;
	for (size_t i = 0; i < r->n_clocks; i++)
		if (r->clocks[i].file == from && strcmp(r->clocks[i].name, macro) == 0)
			return;
	if (!*macro)
		return;
	r->clocks = xrealloc(r->clocks, (r->n_clocks + 1) * sizeof(*r->clocks));
	r->clocks[r->n_clocks++] =
		(struct depscan_clock){ .name = xstrdup(macro), .file = from };
}

static int follow(struct walk *w, size_t from, const char *it, struct err *err)
{
	switch ((enum item)it[0]) {
	case ITEM_QUOTE:
	case ITEM_BRACKET:
	case ITEM_NEXT: return w->is_told ? 0 : find_included(w, from, it, err);
	case ITEM_HAS_QUOTE: return find_quote(w, from, it + 1, err);
	case ITEM_HAS_BRACKET: return find_bracket(w, it + 1, err);
	case ITEM_HAS_NEXT: return find_next(w, from, it + 1, err);
	case ITEM_ASM:
		if (!w->assembler)
			return 0;
		return try_path(w, "", 0, it + 1, -1, err) != 0 ? 0 : search(w, it + 1, 0, err);
	case ITEM_TIME: note_time(w->out, from, it + 1); return 0;
	case ITEM_PART: w->parts |= 1U << (it[1] - PART_TIME); return 0;
	case ITEM_HARD: hard(w, it + 1); return 0;
	case ITEM_UNSURE: guess(w, from, it + 1); return 0;
	case ITEM_ASKS: w->needs_macros = true; return 0;
	case ITEM_ONCES: w->onces = true; return 0;
	case ITEM_RAW:
		if (w->lacks_raw)
			hard(w, "a raw string that is none here");
		return 0;
	default: return 0;
	}
}

/* Follows the list of one node; @last: what is computed, else all others. */
static int follow_node(struct walk *w, size_t k, bool last, struct err *err)
{
	BUG_IF(!w->nodes);
	w->nodes[k].is_followed = true;
	w->from_source = k < w->n_sources;
	for (size_t at = 0; at + 1 < w->nodes[k].list_len;
	     at += strlen(w->nodes[k].list + at) + 1) {
		const char *it = w->nodes[k].list + at;
		int rc = 0;

		if (!last)
			rc = follow(w, k, it, err);
		else if (it[0] == ITEM_COMPUTED)
			rc = find_computed(w, k, it + 1, err);
		else if (it[0] == ITEM_ASKED)
			w->needs_macros = true;
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int follow_again(struct walk *w, struct err *err)
{
	w->n_again = 0;
	for (size_t k = 0; k < w->out->n; k++) {
		if (!w->nodes[k].again)
			continue;
		w->nodes[k].again = false;
		if (follow_node(w, k, false, err) < 0)
			return -1;
	}
	return 0;
}

/* The second list of a file, and its definitions. */
static int take_directives(struct walk *w, size_t k, struct err *err)
{
	struct node *node = &w->nodes[k];
	const char *path = w->out->files[k].path;
	auto_buf list = BUF_INIT;
	auto_buf unused = BUF_INIT;
	auto_buf text = BUF_LIMIT(FILE_MAX_SIZE);
	char key[80];

	if (node->directives || !node->list)
		return 0;
	int n = snprintf(key, sizeof(key), "d%c%s", w->assembler ? 'a' : 'c', node->id.s);
	int rc = store_cache_get(w->call->store, CACHE_SCAN, key, (size_t)n, &list, err);
	if (rc == 0) {
		if (read_content(w, path, &node->id, &text, err) < 0)
			return -1;
		scan_text(&text, w->assembler, &unused, &list);
		buf_addc(&list, '.'); /* never empty */
		rc = store_cache_put(w->call->store, CACHE_SCAN, key, (size_t)n, list.data,
		                     list.len, err);
	}
	if (rc < 0)
		return -1;
	node->directives_len = list.len;
	node->directives = buf_steal(&list);
	for (size_t at = 0; at + 1 < node->directives_len;
	     at += strlen(node->directives + at) + 1)
		if (node->directives[at] == DIRECTIVE_DEFINE)
			macros_define(w->macros, node->directives + at + 1);
	return 0;
}

/* What "-DNAME=text" says, as #define does. */
static void define_options(struct walk *w)
{
	w->macros = macros_new();
	for (size_t i = 0; i < w->options.n; i++)
		macros_define(w->macros, w->options.v[i]);
}

static int find_all(struct walk *w, size_t from, const struct strv *names, struct err *err)
{
	for (size_t i = 0; i < names->n; i++)
		if (find_spelled(w, from, names->v[i], err) < 0)
			return -1;
	return 0;
}

/* In a macro's text clang's __has_include_next begins with the first folder. */
static int find_all_next(struct walk *w, size_t from, const struct strv *names, struct err *err)
{
	for (size_t i = 0; i < names->n; i++) {
		auto_free char *name = xstrndup(names->v[i] + 1, strlen(names->v[i]) - 2);

		if (find_next(w, from, name, err) < 0)
			return -1;
	}
	return find_all(w, from, names, err);
}

/* What macros can make of an #include's operand. */
static int find_computed_names(struct walk *w, size_t k, const char *operand, struct err *err)
{
	auto_strv names = STRV_INIT;
	bool untold;

	if (is_untold(w, operand, &untold, err) < 0)
		return -1;
	if (untold || !macros_names(w->macros, operand, &names)) {
		guess(w, k, computed);
		return untold ? 0 : note_untold(w, operand, err);
	}
	return find_all(w, k, &names, err);
}

/* The same for __has_include. That its answer is no is told by nothing that the compiler
 * prints: it can't be asked. */
static int find_asked(struct walk *w, size_t k, const char *operand, struct err *err)
{
	auto_strv names = STRV_INIT;

	if (!macros_names(w->macros, operand, &names))
		hard(w, computed_asking);
	return find_all(w, k, &names, err);
}

static int find_made(struct walk *w, size_t k, struct err *err)
{
	for (size_t at = 0; at + 1 < w->nodes[k].list_len;
	     at += strlen(w->nodes[k].list + at) + 1) {
		const char *it = w->nodes[k].list + at;
		int rc = it[0] == ITEM_COMPUTED ? find_computed_names(w, k, it + 1, err)
		         : it[0] == ITEM_ASKED  ? find_asked(w, k, it + 1, err)
		                                : 0;

		if (rc < 0)
			return -1;
	}
	return 0;
}

/* What the conditions of one file ask for, through macros. */
static int find_conditions(struct walk *w, size_t k, struct err *err)
{
	for (size_t at = 0; at + 1 < w->nodes[k].directives_len;
	     at += strlen(w->nodes[k].directives + at) + 1) {
		const char *it = w->nodes[k].directives + at;
		auto_strv names = STRV_INIT;
		auto_strv next = STRV_INIT;

		if (it[0] != DIRECTIVE_CONDITION)
			continue;
		if (!macros_asked(w->macros, it + 1, &names, &next))
			hard(w, computed_asking);
		if (find_all(w, k, &names, err) < 0 || find_all_next(w, k, &next, err) < 0)
			return -1;
	}
	return 0;
}

/* All that macros can make, by all definitions that are known. */
static int follow_macros(struct walk *w, struct err *err)
{
	size_t n = w->out->n;

	if (!w->macros)
		define_options(w);
	for (size_t k = 0; k < n; k++)
		if (take_directives(w, k, err) < 0)
			return -1;
	for (size_t k = 0; k < n && !w->out->hard[0]; k++) {
		w->from_source = k < w->n_sources;
		if (find_made(w, k, err) < 0 ||
		    (w->needs_macros && find_conditions(w, k, err) < 0))
			return -1;
	}
	return 0;
}

static int follow_computed(struct walk *w, struct err *err)
{
	for (size_t k = 0, n = w->out->n; k < n; k++)
		if (follow_node(w, k, true, err) < 0)
			return -1;
	return w->needs_macros || (w->wants_macros && !w->unsure[0]) ? follow_macros(w, err)
	                                                             : 0;
}

static int follow_lists(struct walk *w, size_t *done, struct err *err)
{
	for (;;) {
		/* what was told includes no more */
		size_t n = w->is_told ? w->n_sources : w->out->n;
		int rc = 0;

		if (*done < n)
			rc = follow_node(w, (*done)++, false, err);
		else if (w->n_again)
			rc = follow_again(w, err);
		else
			return 0;
		if (rc < 0)
			return -1;
	}
}

/* What is included was told; where it was found must be seen, for it to be so again. */
static int look_at_included(struct walk *w, struct err *err)
{
	w->only_looks = true;
	w->from_source = false;
	map_release(&w->brackets);
	w->brackets = (struct map)MAP_INIT;
	for (size_t k = 0; k < w->n_sources; k++)
		for (size_t at = 0; at + 1 < w->nodes[k].list_len;
		     at += strlen(w->nodes[k].list + at) + 1)
			if (find_included(w, k, w->nodes[k].list + at, err) < 0)
				return -1;
	return 0;
}

/* The definitions of the command line, and what stands in them, as if the first source began
 * with them. */
static int follow_options(struct walk *w, struct err *err)
{
	auto_buf text = BUF_INIT;
	auto_buf list = BUF_INIT;
	int rc = 0;

	for (char *const *d = w->defines; d && *d; d++) {
		if (strncmp(*d, "-D", 2) != 0)
			continue;
		const char *name = *d + 2;
		size_t n = strcspn(name, "=");

		strv_addf(&w->options, "%.*s %s", (int)n, name, name[n] ? name + n + 1 : "1");
		buf_addf(&text, "#define %s\n", w->options.v[w->options.n - 1]);
	}
	scan_text(&text, w->assembler, &list, NULL);
	for (size_t at = 0; rc >= 0 && at + 1 < list.len && w->n_sources;
	     at += strlen(list.data + at) + 1)
		if (list.data[at] == ITEM_TIME)
			note_time(w->out, 0, "");
		else if (list.data[at] != ITEM_DEFINE)
			rc = follow(w, 0, list.data + at, err);
	return rc < 0 ? -1 : 0;
}

/* Follows every list; what is computed when all definitions are known, and once more when
 * there are others. */
static int walk_all(struct walk *w, struct err *err)
{
	size_t done = 0, before = 0;

	do {
		if (follow_lists(w, &done, err) < 0)
			return -1;
		before = w->out->n;
		if (follow_computed(w, err) < 0)
			return -1;
	} while (w->out->n > before || w->n_again);
	return w->is_told ? look_at_included(w, err) : 0;
}

static void note_equal_files(struct walk *w)
{
	for (size_t i = 0; w->onces && i < w->out->n; i++)
		note_once(w, &w->nodes[i].id, &w->out->files[i].st);
}

static void walk_release(struct walk *w)
{
	for (size_t i = 0; w->nodes && i < w->out->n; i++) {
		free(w->nodes[i].list);
		free(w->nodes[i].directives);
	}
	macros_free(w->macros);
	strv_release(&w->options);
	map_release(&w->untold);
	free(w->nodes);
	strv_release(&w->dirs);
	map_release(&w->paths);
	map_release(&w->brackets);
	map_release(&w->once);
	map_release(&w->folders);
}

static void add_dirs(struct walk *w, const struct strv *dirs)
{
	struct stat st;

	for (size_t i = 0; dirs && i < dirs->n; i++)
		if (look_stat(dirs->v[i], &st) == 0 && S_ISDIR(st.st_mode))
			strv_add(&w->dirs, dirs->v[i]);
}

int depscan_run(const struct call *call, char *const *sources, const struct depscan_dirs *dirs,
                char *const *defines, int how, struct depscan_result *out, struct err *err)
{
	struct walk w = { .call = call,
		          .out = out,
		          .assembler = how & DEPSCAN_ASSEMBLER,
		          .is_told = how & DEPSCAN_TOLD,
		          .takes_precompiled = how & DEPSCAN_PRECOMPILED,
		          .lacks_raw = how & (DEPSCAN_NO_RAW | DEPSCAN_ASSEMBLER),
		          .defines = defines };
	int rc = 0;

	*out = (struct depscan_result){ 0 };
	add_dirs(&w, dirs->quote);
	w.n_quote = w.dirs.n;
	add_dirs(&w, dirs->bracket);
	for (; *sources && rc == 0; sources++) {
		struct stat st = { 0 };

		if (strcmp(*sources, "-") != 0 &&
		    (look_stat(*sources, &st) < 0 || !S_ISREG(st.st_mode))) {
			hard(&w, "missing input");
			rc = err_set(err, ERR_UNSURE, "missing input");
		} else
			rc = add_file(&w, *sources, &st, true, -1, err);
	}
	w.n_sources = out->n;
	if (rc == 0)
		rc = follow_options(&w, err);
	if (rc == 0)
		rc = walk_all(&w, err);
	join_parts(&w);
	note_equal_files(&w);
	if (rc == 0 && w.unsure[0])
		rc = err_set(err, ERR_UNSURE, "%s", w.unsure);
	walk_release(&w);
	return rc;
}

void depscan_result_release(struct depscan_result *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->files[i].path);
	free(r->files);
	strv_release(&r->folders);
	strv_release(&r->missing);
	strv_release(&r->precompiled);
	strv_release(&r->guessing);
	for (size_t i = 0; i < r->n_clocks; i++)
		free(r->clocks[i].name);
	free(r->clocks);
	*r = (struct depscan_result){ 0 };
}

/*
 * A text is read as the preprocessor does, from left to right, with what it calls the contexts
 * of macros: the text of a macro is put in its place with a mark behind it, and up to that mark
 * the macro is not replaced again.
 *
 * Where a macro is met first, a choice is made: one of its definitions, or none. While a
 * directive is read it does not change. Then the text is read again with the last choice made
 * otherwise, until there is none left (a search in depth, by doing it all again).
 */
#include "model/macros.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"

enum { NAME_MAX_BYTES = 256 };

enum kind { KIND_NAME, KIND_NUMBER, KIND_STRING, KIND_CHAR, KIND_OTHER, KIND_END };

struct token {
	const char *s;       /* n bytes; borrowed */
	struct macro *macro; /* KIND_NAME: of this name. KIND_END: the text of this one ends */
	unsigned n;
	unsigned char kind;
	bool blank;   /* stands before it */
	bool painted; /* a macro's name that stays as it is */
	bool strange; /* a name that the compiler may have defined, or made of one */
};

struct tokens {
	struct token *v; /* in an arena */
	size_t n;
};

struct definition {
	struct definition *next;
	struct macro *macro;
	const char *text; /* borrowed; behind the name */
	bool is_read;
	bool odd; /* what it stands for can't be told */
	bool takes_any;
	bool has_params;
	struct tokens params;
	struct tokens body;
};

/* A name, which need not be defined. */
struct macro {
	const char *name;
	struct definition *definitions;
	size_t n;          /* of them */
	bool asks;         /* __has_include may come of it */
	unsigned question; /* the last one that depends on it */
	unsigned reading;  /* the last one in which it was met */
	size_t choice;     /* of that reading */
	int inside;        /* in that reading: how often its text is being read */
};

/* What an answer depends on. */
struct met {
	const struct macro *macro;
	size_t n; /* its definitions then */
};

struct answer {
	bool told;
	struct strv names;
	struct met *met; /* owned */
	size_t n_met;
};

struct choice {
	const struct macro *macro;
	struct definition *taken; /* NULL: none of them */
};

struct macros {
	struct map names;   /* → struct macro */
	struct map found;   /* header's name → the last question that found it */
	struct map answers; /* to macros_names: text → struct answer, owned */
	struct arena kept;
	struct arena room;       /* of one question */
	struct definition **all; /* owned */
	size_t n, cap_all;
	size_t n_searched;           /* of them for __has_include */
	const struct macro **asking; /* owned; from which it may come */
	size_t n_asking, cap_asking;
	struct choice *choices; /* owned; in the order in which they were made */
	size_t n_choices, cap;
	size_t n_made;   /* in this reading */
	struct met *met; /* owned; in this question */
	size_t n_met, met_cap;
	unsigned reading, question; /* count */
	unsigned steps, depth;
	bool lost; /* it can't be told */
};

struct macros *macros_new(void)
{
	struct macros *m = xcalloc(1, sizeof(*m));

	m->kept.chunk_bytes = 64 << 10;
	m->room.chunk_bytes = 64 << 10;
	/* with -std=gnu…, on Linux and on some machines */
	macros_define(m, "linux 1");
	macros_define(m, "unix 1");
	macros_define(m, "i386 1");
	return m;
}

/* @v with room for one more than @n. */
static void *grown(void *v, size_t n, size_t *cap, size_t item_bytes)
{
	if (n < *cap)
		return v;
	*cap = *cap ? 2 * *cap : 64;
	return xrealloc(v, *cap * item_bytes);
}

static void answer_free(struct answer *a)
{
	strv_release(&a->names);
	free(a->met);
	free(a);
}

void macros_free(struct macros *m)
{
	struct map_entry *e;

	if (!m)
		return;
	for (size_t at = 0; (e = map_next(&m->answers, &at));)
		answer_free(e->ptr);
	map_release(&m->answers);
	map_release(&m->found);
	map_release(&m->names);
	free(m->choices);
	free(m->met);
	free(m->all);
	free(m->asking);
	arena_release(&m->kept);
	arena_release(&m->room);
	free(m);
}

void macros_freep(struct macros **m)
{
	macros_free(*m);
}

static bool begins_name(char c)
{
	return isalpha((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

static bool is_name_char(char c)
{
	return begins_name(c) || isdigit((unsigned char)c);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\f' || c == '\v' || c == '\r';
}

static size_t name_length(const char *s)
{
	size_t n = 0;

	while (is_name_char(s[n]))
		n++;
	return n;
}

static size_t number_length(const char *s)
{
	size_t n = 1;

	while (is_name_char(s[n]) || s[n] == '.' ||
	       ((s[n] == '+' || s[n] == '-') && strchr("eEpP", s[n - 1])))
		n++;
	return n;
}

/* 0: it has no end. */
static size_t string_length(const char *s)
{
	size_t n = 1;

	while (s[n] && s[n] != *s)
		n += s[n] == '\\' && s[n + 1] ? 2 : 1;
	return s[n] ? n + 1 : 0;
}

/* The token at *at, and moves past it; false at the end. */
static bool next_token(const char **at, struct token *t)
{
	const char *s = *at;

	*t = (struct token){ .kind = KIND_OTHER, .n = 1 };
	while (is_blank(*s)) {
		s++;
		t->blank = true;
	}
	if (!*s)
		return false;
	t->s = s;
	if (begins_name(*s)) {
		t->kind = KIND_NAME;
		t->n = (unsigned)name_length(s);
	} else if (isdigit((unsigned char)*s) || (*s == '.' && isdigit((unsigned char)s[1]))) {
		t->kind = KIND_NUMBER;
		t->n = (unsigned)number_length(s);
	} else if ((*s == '"' || *s == '\'') && string_length(s)) {
		t->kind = *s == '"' ? KIND_STRING : KIND_CHAR;
		t->n = (unsigned)string_length(s);
	} else if (s[0] == '#' && s[1] == '#') {
		t->n = 2;
	}
	*at = s + t->n;
	return true;
}

static bool token_is(const struct token *t, const char *text)
{
	return t->kind != KIND_END && t->n == strlen(text) && memcmp(t->s, text, t->n) == 0;
}

static struct tokens tokens_room(struct arena *a, size_t n)
{
	return (struct tokens){ arena_take(a, (n ? n : 1) * sizeof(struct token)), 0 };
}

static void tokens_add(struct tokens *to, const struct token *v, size_t n)
{
	if (n)
		memcpy(to->v + to->n, v, n * sizeof(*v));
	to->n += n;
}

static const char *copy(struct arena *a, const char *s, size_t n)
{
	char *to = arena_take(a, n + 1);

	memcpy(to, s, n);
	to[n] = '\0';
	return to;
}

static struct macro *find_macro(struct macros *m, const char *s, size_t n)
{
	char name[NAME_MAX_BYTES];
	bool added;

	if (n >= sizeof(name))
		return NULL;
	memcpy(name, s, n);
	name[n] = '\0';
	struct map_entry *e = map_add(&m->names, name, &added);
	if (added) {
		e->ptr = arena_take(&m->kept, sizeof(struct macro));
		*(struct macro *)e->ptr = (struct macro){ .name = copy(&m->kept, name, n) };
	}
	return e->ptr;
}

static struct tokens read_tokens(struct macros *m, struct arena *a, const char *text)
{
	struct token t;
	size_t n = 0;

	for (const char *at = text; next_token(&at, &t);)
		n++;
	struct tokens out = tokens_room(a, n);
	while (next_token(&text, &t)) {
		if (t.kind == KIND_NAME)
			t.macro = find_macro(m, t.s, t.n);
		out.v[out.n++] = t;
	}
	return out;
}

void macros_define(struct macros *m, const char *text)
{
	while (is_blank(*text))
		text++;
	size_t n = begins_name(*text) ? name_length(text) : 0;
	struct macro *macro = n ? find_macro(m, text, n) : NULL;

	if (!macro)
		return;
	text += n;
	for (const struct definition *d = macro->definitions; d; d = d->next)
		if (strcmp(d->text, text) == 0)
			return;
	struct definition *d = arena_take(&m->kept, sizeof(*d));
	*d = (struct definition){ .next = macro->definitions, .macro = macro, .text = text };
	macro->definitions = d;
	macro->n++;
	m->all = grown(m->all, m->n, &m->cap_all, sizeof(struct definition *));
	m->all[m->n++] = d;
}

static bool token_begins(const struct token *t, const char *text)
{
	size_t n = strlen(text);

	return t->kind == KIND_NAME && t->n >= n && memcmp(t->s, text, n) == 0;
}

/* gcc before 10 makes __has_include__ of __has_include */
static bool asks(const struct token *t)
{
	return token_begins(t, "__has_include");
}

static bool asks_next(const struct token *t)
{
	return token_begins(t, "__has_include_next");
}

/* Names that only the compiler may define, and what it does define of the others. */
static bool is_strange(const struct token *t)
{
	static const char *const some[] = { "mips", "sparc", "sun", "vax", "PPC", "R3000" };

	if (t->n > 1 && t->s[0] == '_' && (t->s[1] == '_' || isupper((unsigned char)t->s[1])))
		return !asks(t);
	for (size_t i = 0; i < countof(some); i++)
		if (token_is(t, some[i]))
			return true;
	return false;
}

/* Where in the parameters; their number: it is none. */
static size_t find_param(const struct definition *d, const struct token *t)
{
	size_t i = 0;

	while (i < d->params.n && !(t->kind == KIND_NAME && d->params.v[i].n == t->n &&
	                            memcmp(d->params.v[i].s, t->s, t->n) == 0))
		i++;
	return i;
}

/* "(a, b, ...)": names and commas, the last one with dots. */
static const char *read_params(struct arena *a, struct definition *d)
{
	static const char any[] = "__VA_ARGS__";
	const char *at = d->text + 1;
	struct token t;
	size_t n = strcspn(d->text, ")");

	d->has_params = true;
	d->params = tokens_room(a, n);
	while (next_token(&at, &t) && !token_is(&t, ")")) {
		if (t.kind == KIND_NAME && !d->takes_any) {
			d->params.v[d->params.n++] = t;
		} else if (token_is(&t, ".")) {
			const struct token *last =
				d->params.n ? &d->params.v[d->params.n - 1] : NULL;
			bool named = last && at - 1 == last->s + last->n;

			if (!d->takes_any && !named)
				d->params.v[d->params.n++] =
					(struct token){ any,       NULL,  sizeof(any) - 1,
					                KIND_NAME, false, false,
					                false };
			d->takes_any = true;
		} else if (!token_is(&t, ",")) {
			d->odd = true;
			return at;
		}
	}
	return at;
}

/* What this module doesn't know how to put in. */
static bool is_odd(const struct definition *d)
{
	const struct tokens *b = &d->body;

	for (size_t i = 0; i < b->n; i++) {
		const struct token *t = &b->v[i];
		const struct token *later = i + 2 < b->n ? t + 2 : NULL;

		if (token_is(t, "__VA_OPT__") || token_is(t, "%") || token_is(t, "\\"))
			return true;
		/* the comma goes when there are no arguments */
		if (token_is(t, ",") && later && token_is(t + 1, "##") && d->takes_any &&
		    find_param(d, later) == d->params.n - 1)
			return true;
		if (token_is(t, "##") && (i == 0 || i + 1 == b->n))
			return true;
		if (d->has_params && token_is(t, "#") &&
		    (i + 1 == b->n || find_param(d, t + 1) == d->params.n))
			return true;
	}
	return false;
}

static void read_definition(struct macros *m, struct definition *d)
{
	if (d->is_read)
		return;
	d->is_read = true;
	d->body = read_tokens(m, &m->kept,
	                      d->text[0] == '(' ? read_params(&m->kept, d) : d->text);
	d->odd = d->odd || is_odd(d);
}

enum aim { AIM_NAMES, AIM_ARGUMENT, AIM_ASKED };

struct reading {
	struct macros *m;
	enum aim aim;
	struct tokens done; /* what was passed */
	size_t cap;
	struct strv *names; /* of headers */
	struct strv *next;
};

static void pass(struct reading *r, const struct token *t)
{
	if (r->done.n == r->cap) {
		struct tokens more = tokens_room(&r->m->room, 2 * r->cap + 16);

		tokens_add(&more, r->done.v, r->done.n);
		r->cap = 2 * r->cap + 16;
		r->done = more;
	}
	r->done.v[r->done.n++] = *t;
}

static void add_name(struct reading *r, struct strv *names, const char *name)
{
	auto_free char *key = xasprintf("%c%s", names == r->next ? 'n' : ' ', name);
	struct map_entry *e = map_add(&r->m->found, key, NULL);

	if (e->num == r->m->question)
		return;
	e->num = r->m->question;
	strv_add(names, name);
}

/* <x>: from the first token to the closing one. Blanks within are part of the name. */
static void add_bracketed(struct reading *r, const struct token *from, const struct token *to,
                          struct strv *names)
{
	auto_buf spaced = BUF_INIT;
	auto_buf name = BUF_INIT;

	for (const struct token *t = from; t <= to; t++) {
		if (t->strange)
			r->m->lost = true;
		if (t->blank && t > from && t < to)
			buf_addc(&spaced, ' ');
		buf_add(&spaced, t->s, t->n);
		buf_add(&name, t->s, t->n);
	}
	add_name(r, names, buf_str(&name));
	if (spaced.len != name.len)
		add_name(r, names, buf_str(&spaced));
}

static void add_quoted(struct reading *r, const struct token *t, struct strv *names)
{
	auto_free char *name = xstrndup(t->s, t->n);

	if (t->strange)
		r->m->lost = true;
	add_name(r, names, name);
}

/* What was passed begins a header's name, or is all of one: then it is noted, and the way ends:
 * true. So it does where it can't become one. */
static bool name_ends(struct reading *r)
{
	const struct token *first = r->done.v, *last = r->done.v + r->done.n - 1;

	if (first->kind == KIND_STRING) {
		add_quoted(r, first, r->names);
		return true;
	}
	if (!token_is(first, "<")) {
		if (first->strange)
			r->m->lost = true;
		return true;
	}
	if (!token_is(last, ">"))
		return false;
	add_bracketed(r, first, last, r->names);
	return true;
}

/* Is this "defined NAME", or "defined(NAME)"? */
static bool is_defined(const struct token *v, size_t k)
{
	return (k > 0 && token_is(&v[k - 1], "defined")) ||
	       (k > 1 && token_is(&v[k - 1], "(") && token_is(&v[k - 2], "defined"));
}

/* "__has_include ( <x> )" in what a condition has become. */
static void note_asked(struct reading *r)
{
	for (size_t k = 0; k < r->done.n; k++) {
		const struct token *t = &r->done.v[k];
		const struct token *end = r->done.v + r->done.n;
		struct strv *names = asks_next(t) ? r->next : r->names;

		if (!asks(t) || is_defined(r->done.v, k))
			continue;
		if (t + 2 >= end || !token_is(t + 1, "(")) {
			r->m->lost = true;
			return;
		}
		const struct token *last = t + 2;
		while (last < end && !token_is(last, ">"))
			last++;
		if (t[2].kind == KIND_STRING)
			add_quoted(r, t + 2, names);
		else if (token_is(t + 2, "<") && last < end)
			add_bracketed(r, t + 2, last, names);
		else if (t[2].strange)
			r->m->lost = true;
	}
}

/* Is this place within the text of the macro? */
static bool is_within(const struct macros *m, const struct macro *macro)
{
	return macro && macro->reading == m->reading && macro->inside > 0;
}

/* Where the argument that begins at @at ends: at its comma or parenthesis; in->n: nowhere. */
static size_t argument_end(const struct tokens *in, size_t at, bool to_the_last)
{
	int depth = 0;

	for (; at < in->n; at++) {
		const struct token *t = &in->v[at];

		if (depth == 0 && (token_is(t, ")") || (token_is(t, ",") && !to_the_last)))
			return at;
		depth += token_is(t, "(") - token_is(t, ")");
	}
	return at;
}

/* Where the arguments of a call lie; @at: behind the opening parenthesis. One end for each
 * parameter, and for none: one. Where the call ends; 0: it is no call of this macro. */
static size_t find_arguments(const struct definition *d, const struct tokens *in, size_t at,
                             size_t *ends)
{
	size_t n = d->params.n;

	for (size_t i = 0; i < n || i == 0; i++) {
		ends[i] = argument_end(in, at, d->takes_any && i + 1 >= n);
		if (ends[i] == in->n)
			return 0;
		at = ends[i] + 1;
		if (!token_is(&in->v[ends[i]], ")"))
			continue;
		/* the last one may be left out */
		if (i + 2 == n && d->takes_any)
			ends[i + 1] = ends[i];
		else if (i + 1 < n)
			return 0;
		return at;
	}
	return 0;
}

static void leave(struct macro *macro)
{
	macro->inside--;
}

/* What is read as an argument keeps the names of macros whose texts it stands in. */
static struct tokens take_argument(struct macros *m, const struct tokens *in, size_t from,
                                   size_t to)
{
	struct tokens out = tokens_room(&m->room, to > from ? to - from : 0);

	for (; from < to; from++) {
		struct token t = in->v[from];

		if (t.kind == KIND_END) {
			leave(t.macro);
			continue;
		}
		t.painted = t.painted || is_within(m, t.macro);
		out.v[out.n++] = t;
	}
	m->steps += (unsigned)out.n;
	return out;
}

/* "x" of the tokens of an argument. */
static struct token spell(struct macros *m, const struct tokens *in)
{
	auto_buf text = BUF_INIT;
	bool strange = false;

	buf_addc(&text, '"');
	for (size_t i = 0; i < in->n; i++) {
		const struct token *t = &in->v[i];
		bool literal = t->kind == KIND_STRING || t->kind == KIND_CHAR;

		if (i && t->blank)
			buf_addc(&text, ' ');
		strange |= t->strange;
		for (size_t k = 0; k < t->n; k++) {
			if (literal && (t->s[k] == '"' || t->s[k] == '\\'))
				buf_addc(&text, '\\');
			buf_addc(&text, t->s[k]);
		}
	}
	buf_addc(&text, '"');
	return (struct token){ copy(&m->room, text.data, text.len),
		               NULL,
		               (unsigned)text.len,
		               KIND_STRING,
		               false,
		               false,
		               strange };
}

static struct token paste(struct macros *m, const struct token *a, const struct token *b)
{
	size_t n = (size_t)a->n + b->n;
	char *s = arena_take(&m->room, n + 1);
	struct token t;

	memcpy(s, a->s, a->n);
	memcpy(s + a->n, b->s, b->n);
	s[n] = '\0';
	const char *at = s;
	next_token(&at, &t);
	t.kind = t.n == n ? t.kind : KIND_OTHER;
	t.s = s;
	t.n = (unsigned)n;
	t.macro = t.kind == KIND_NAME ? find_macro(m, s, n) : NULL;
	t.blank = a->blank;
	t.strange = a->strange || b->strange;
	return t;
}

/* What one token of a macro's text stands for. Moves *at past it. */
static struct tokens operand(struct macros *m, const struct definition *d, size_t *at,
                             const struct tokens *raw, const struct tokens *expanded)
{
	const struct token *v = d->body.v;
	size_t k = *at;
	bool spelled = d->has_params && token_is(&v[k], "#");
	size_t param = find_param(d, &v[k + spelled]);
	struct tokens out = { NULL, 0 };

	*at = k + spelled + 1;
	if (spelled || param == d->params.n) {
		out = tokens_room(&m->room, 1);
		out.v[out.n++] = spelled ? spell(m, &raw[param]) : v[k];
	} else {
		bool pasted = (k > 0 && token_is(&v[k - 1], "##")) ||
		              (k + 1 < d->body.n && token_is(&v[k + 1], "##"));
		const struct tokens *from = pasted ? &raw[param] : &expanded[param];

		out = tokens_room(&m->room, from->n);
		tokens_add(&out, from->v, from->n);
	}
	if (out.n)
		out.v[0].blank = v[k].blank;
	return out;
}

/* The macro's text with the arguments put in. */
static struct tokens replaced(struct macros *m, const struct definition *d,
                              const struct tokens *raw, const struct tokens *expanded)
{
	size_t room = d->body.n;

	for (size_t i = 0; i < d->body.n; i++) {
		size_t p = find_param(d, &d->body.v[i]);

		if (p < d->params.n)
			room += raw[p].n + expanded[p].n;
	}
	struct tokens out = tokens_room(&m->room, room);
	bool is_empty = true; /* what stands left of here, up to the last thing not pasted */
	for (size_t at = 0; at < d->body.n;) {
		bool pasted = token_is(&d->body.v[at], "##");

		at += pasted;
		if (at >= d->body.n || token_is(&d->body.v[at], "##")) {
			m->lost = true;
			break;
		}
		struct tokens more = operand(m, d, &at, raw, expanded);
		if (pasted && !is_empty && more.n) {
			out.v[out.n - 1] = paste(m, &out.v[out.n - 1], &more.v[0]);
			tokens_add(&out, more.v + 1, more.n - 1);
		} else {
			tokens_add(&out, more.v, more.n);
		}
		is_empty = (is_empty || !pasted) && more.n == 0;
	}
	return out;
}

/* Notes that the answer depends on this name. NULL: it is not defined anywhere. */
static struct macro *depend(struct macros *m, struct macro *macro)
{
	if (!macro)
		return NULL;
	if (macro->question != m->question) {
		macro->question = m->question;
		m->met = grown(m->met, m->n_met, &m->met_cap, sizeof(*m->met));
		m->met[m->n_met++] = (struct met){ macro, macro->n };
	}
	return macro->definitions ? macro : NULL;
}

/* What a macro is in this reading; NULL: nothing. */
static struct definition *choose(struct macros *m, struct macro *macro)
{
	if (macro->reading != m->reading) {
		macro->reading = m->reading;
		macro->inside = 0;
		macro->choice = m->n_made++;
		m->choices = grown(m->choices, macro->choice, &m->cap, sizeof(*m->choices));
		if (macro->choice == m->n_choices)
			m->choices[m->n_choices++] =
				(struct choice){ macro, macro->definitions };
	}
	return m->choices[macro->choice].taken;
}

/* The next way to choose; false: that was the last. */
static bool choose_otherwise(struct macros *m)
{
	while (m->n_choices) {
		struct choice *last = &m->choices[m->n_choices - 1];

		if (last->taken) {
			last->taken = last->taken->next;
			return true;
		}
		m->n_choices--;
	}
	return false;
}

static struct tokens read_all(struct reading *r, struct tokens in);

/* An argument on its own, but within the macros around the call. */
static struct tokens expanded(struct macros *m, struct tokens arg)
{
	struct reading own = { .m = m, .aim = AIM_ARGUMENT };

	if (m->depth >= MACROS_DEPTH_MAX) {
		m->lost = true;
		return arg;
	}
	m->depth++;
	arg = read_all(&own, arg);
	m->depth--;
	return arg;
}

/* The text that a call of a macro stands for; *at is where its name is, then where it ends.
 * False: it is no call. */
static bool call_text(struct macros *m, const struct definition *d, const struct tokens *in,
                      size_t *at, struct tokens *text)
{
	size_t n = d->params.n, open = *at + 1;
	struct tokens *args = arena_take(&m->room, 2 * (n + 1) * sizeof(*args));
	size_t *ends = arena_take(&m->room, (n + 1) * sizeof(*ends));

	while (open < in->n && in->v[open].kind == KIND_END)
		open++;
	if (open == in->n || !token_is(&in->v[open], "("))
		return false;
	size_t after = find_arguments(d, in, open + 1, ends);
	if (after == 0)
		return false;
	take_argument(m, in, *at + 1, open); /* leaves what ends there */
	for (size_t i = 0; i < n || i == 0; i++)
		args[i] = take_argument(m, in, i ? ends[i - 1] + 1 : open + 1, ends[i]);
	for (size_t i = 0; i < n; i++)
		args[n + 1 + i] = expanded(m, args[i]);
	*text = replaced(m, d, args, args + n + 1);
	*at = after;
	return true;
}

/* Puts the macro's text in the place of what begins at @at. False: it stays as it is. */
static bool replace(struct reading *r, struct macro *macro, struct tokens *in, size_t at)
{
	struct macros *m = r->m;
	struct definition *d = choose(m, macro);
	struct tokens text = { NULL, 0 };
	bool blank = in->v[at].blank;

	if (!d)
		return false;
	read_definition(m, d);
	if (d->odd) {
		m->lost = true;
		return false;
	}
	if (!d->has_params) {
		text = replaced(m, d, NULL, NULL);
		at++;
	} else if (!call_text(m, d, in, &at, &text)) {
		return false;
	}
	struct tokens next = tokens_room(&m->room, text.n + 1 + in->n - at);
	tokens_add(&next, text.v, text.n);
	if (next.n)
		next.v[0].blank = blank;
	next.v[next.n++] = (struct token){ NULL, macro, 0, KIND_END, false, false, false };
	tokens_add(&next, in->v + at, in->n - at);
	macro->inside++;
	*in = next;
	m->steps += (unsigned)next.n; /* they were copied */
	return true;
}

/* Reads a text to its end, or until it is told what it is read for. What was passed. */
static struct tokens read_all(struct reading *r, struct tokens in)
{
	struct macros *m = r->m;

	for (size_t at = 0; at < in.n && !m->lost;) {
		struct token t = in.v[at];

		if (++m->steps > MACROS_STEPS_MAX)
			m->lost = true;
		if (t.kind == KIND_END) {
			leave(t.macro);
			at++;
			continue;
		}
		struct macro *macro = NULL;
		if (t.kind == KIND_NAME && !t.painted)
			macro = depend(m, t.macro);
		if (is_within(m, macro)) {
			t.painted = true;
		} else if (macro && replace(r, macro, &in, at)) {
			at = 0;
			continue;
		}
		t.strange = t.strange || (t.kind == KIND_NAME && is_strange(&t));
		pass(r, &t);
		at++;
		if (r->aim == AIM_NAMES && name_ends(r))
			break;
	}
	if (r->aim == AIM_ASKED && !m->lost)
		note_asked(r);
	return r->done;
}

static void forget(struct macros *m)
{
	arena_release(&m->room);
	m->room = (struct arena){ .chunk_bytes = 64 << 10 };
}

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((*text & 0x80) || *text == '\\')
			return false;
	return true;
}

/* Reads a text in every way. False: it can't be told. */
static bool read_every_way(struct reading r, struct tokens in)
{
	struct macros *m = r.m;

	m->steps = m->depth = 0;
	m->lost = false;
	m->n_choices = m->n_met = 0;
	m->question++;
	do {
		m->n_made = 0;
		m->reading++;
		r.done = (struct tokens){ NULL, 0 };
		r.cap = 0;
		read_all(&r, in);
	} while (!m->lost && choose_otherwise(m));
	return !m->lost;
}

/* Has nothing been defined since that it depends on? */
static bool still_holds(const struct answer *a)
{
	for (size_t i = 0; i < a->n_met; i++)
		if (a->met[i].macro->n != a->met[i].n)
			return false;
	return true;
}

static struct answer *answer(struct macros *m, const char *operand)
{
	struct answer *a = xcalloc(1, sizeof(*a));
	struct reading r = { .m = m, .aim = AIM_NAMES, .names = &a->names };

	m->n_met = 0;
	a->told = is_plain(operand) && read_every_way(r, read_tokens(m, &m->room, operand));
	forget(m);
	a->n_met = m->n_met;
	a->met = xcalloc(m->n_met + 1, sizeof(*a->met));
	if (a->n_met)
		memcpy(a->met, m->met, a->n_met * sizeof(*a->met));
	return a;
}

bool macros_names(struct macros *m, const char *operand, struct strv *names)
{
	struct map_entry *e = map_add(&m->answers, operand, NULL);

	if (e->ptr && !still_holds(e->ptr)) {
		answer_free(e->ptr);
		e->ptr = NULL;
	}
	if (!e->ptr)
		e->ptr = answer(m, operand);
	const struct answer *a = e->ptr;
	strv_add_all(names, a->names.v);
	return a->told;
}

static bool mentions(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = text; (at = strstr(at, name)); at += n)
		if ((at == text || !is_name_char(at[-1])) && !is_name_char(at[n]))
			return true;
	return false;
}

static bool any_mentioned(const struct macros *m, const char *text)
{
	for (size_t i = 0; i < m->n_asking; i++)
		if (mentions(text, m->asking[i]->name))
			return true;
	return false;
}

static void note_asking(struct macros *m, struct macro *macro)
{
	if (macro->asks)
		return;
	macro->asks = true;
	m->asking = grown(m->asking, m->n_asking, &m->cap_asking, sizeof(struct macro *));
	m->asking[m->n_asking++] = macro;
}

/* The macros in whose definitions __has_include stands, or one of them, and so on. */
static void find_asking(struct macros *m)
{
	size_t done = m->n_asking;

	for (; m->n_searched < m->n; m->n_searched++) {
		const struct definition *d = m->all[m->n_searched];

		if (strstr(d->text, "__has_include") || any_mentioned(m, d->text))
			note_asking(m, d->macro);
	}
	for (; done < m->n_asking; done++)
		for (size_t i = 0; i < m->n; i++)
			if (mentions(m->all[i]->text, m->asking[done]->name))
				note_asking(m, m->all[i]->macro);
}

/* The name at @k of a condition with its arguments. */
static bool ask_part(struct reading *r, const struct tokens *line, size_t k)
{
	size_t end = k + 1;

	if (end < line->n && token_is(&line->v[end], "(")) {
		end = argument_end(line, end + 1, true) + 1;
		if (end > line->n)
			return false;
	} else {
		const struct macro *macro = line->v[k].macro;

		for (const struct definition *d = macro->definitions; d; d = d->next)
			if (d->text[0] == '(')
				return false; /* it is called somewhere else */
	}
	struct tokens part = tokens_room(&r->m->room, end - k);
	tokens_add(&part, line->v + k, end - k);
	return read_every_way(*r, part);
}

bool macros_asked(struct macros *m, const char *condition, struct strv *names,
                  struct strv *next)
{
	struct reading r = { .m = m, .aim = AIM_ASKED, .names = names, .next = next };
	bool told = true;

	find_asking(m);
	if (!any_mentioned(m, condition))
		return true;
	struct tokens line = read_tokens(m, &m->room, condition);
	for (size_t k = 0; k < line.n && told; k++) {
		const struct token *t = &line.v[k];
		const struct macro *macro = t->kind == KIND_NAME ? t->macro : NULL;

		if (macro && macro->asks && !is_defined(line.v, k))
			told = is_plain(condition) && ask_part(&r, &line, k);
	}
	forget(m);
	return told;
}

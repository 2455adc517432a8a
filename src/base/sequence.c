#include "base/sequence.h"

#include <string.h>

bool span_is(struct span s, const char *text)
{
	return strlen(text) == s.len && memcmp(s.text, text, s.len) == 0;
}

/* ASCII's, whatever the locale. */
static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What means nothing to a shell wherever it stands, but for "=" in a command's first word. */
static bool is_plain(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || (c && strchr("_-./+=:,@%^", c));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool ends_word(char c)
{
	return !c || is_blank(c) || strchr("\n;&", c);
}

static size_t span_of_plain(const char *at)
{
	size_t n = 0;

	while (is_plain(at[n]))
		n++;
	return n;
}

/* Of a variable that no shell has a meaning for. */
static size_t span_of_name(const char *at)
{
	size_t n = 0;

	while ((at[n] >= 'a' && at[n] <= 'z') || at[n] == '_')
		n++;
	return n;
}

/* -- substitutions -- */

/* Where @text is not what comes next, *@at is NULL from there on. */
static void expect(const char **at, const char *text)
{
	size_t n = strlen(text);

	*at = *at && strncmp(*at, text, n) == 0 ? *at + n : NULL;
}

/* A plain word, perhaps between quotes, that is no option. */
static void expect_word(const char **at, struct span *out)
{
	bool is_quoted = *at && **at == '\'';

	if (is_quoted)
		++*at;
	*out = (struct span){ *at, *at ? span_of_plain(*at) : 0 };
	if (!out->len || out->text[0] == '-')
		*at = NULL;
	else
		*at += out->len;
	if (is_quoted)
		expect(at, "'");
}

static bool is_test(const char *at, const char *end, struct substitution *out)
{
	out->is_test = true;
	expect(&at, "test -f ");
	expect_word(&at, &out->operand);
	expect(&at, " || echo ");
	expect_word(&at, &out->answer);
	return at == end;
}

static bool is_depfile(const char *at, const char *end, struct substitution *out)
{
	out->is_test = false;
	expect(&at, "echo ");
	expect_word(&at, &out->operand);
	expect(&at, " | sed 's|[^/]*$|");
	expect_word(&at, &out->answer);
	expect(&at, "&|;s|\\.");
	out->suffix.text = at;
	for (out->suffix.len = 0; at && is_letter(*at); at++)
		out->suffix.len++;
	expect(&at, "$||'");
	return at == end && out->suffix.len && out->answer.text[out->answer.len - 1] == '/';
}

bool sequence_substitution(struct span text, struct substitution *out)
{
	*out = (struct substitution){ 0 };
	return is_test(text.text, text.text + text.len, out) ||
	       is_depfile(text.text, text.text + text.len, out);
}

/* -- words -- */

struct word {
	sequence_take *take;
	void *arg;
	bool is_text;    /* nothing may be expanded */
	bool is_there;   /* it is not empty, whatever is substituted */
	bool may_vanish; /* else, for there is a substitution that may be nothing */
	bool is_odd;     /* with what means something to a shell where it is not quoted */
};

static void give(struct word *w, enum sequence_part part, const char *text, size_t len)
{
	struct substitution s;
	bool may_be_nothing = false;

	if (!len)
		return;
	if (part == SEQUENCE_TEXT)
		for (size_t i = 0; i < len; i++)
			w->is_odd |= !is_plain(text[i]);
	else if (part == SEQUENCE_SUBSTITUTION)
		may_be_nothing =
			sequence_substitution((struct span){ text, len }, &s) && s.is_test;
	w->is_there |= !may_be_nothing;
	w->may_vanish |= may_be_nothing;
	w->take(w->arg, part, (struct span){ text, len });
}

/* Each of these reads one part behind *@at, and returns false where a shell is needed. */

static bool read_single(const char **at, struct word *w)
{
	size_t n = 0;

	++*at;
	while ((*at)[n] && (*at)[n] != '\'')
		if ((unsigned char)(*at)[n++] >= 0x80)
			return false;
	if (!(*at)[n])
		return false;
	give(w, SEQUENCE_TEXT, *at, n);
	*at += n + 1;
	return true;
}

static bool read_double(const char **at, struct word *w)
{
	for (++*at; **at != '"'; ++*at) {
		char c = **at;

		if (!c || c == '$' || c == '`' || (unsigned char)c >= 0x80)
			return false;
		if (c == '\\' && (*at)[1] == '\n') {
			++*at;
			continue;
		}
		if (c == '\\' && (*at)[1] && strchr("$`\"\\", (*at)[1]))
			++*at;
		give(w, SEQUENCE_TEXT, *at, 1);
	}
	++*at;
	return true;
}

static bool read_escaped(const char **at, struct word *w)
{
	char c = (*at)[1];

	if (c != '\n' && (c < ' ' || c > '~'))
		return false;
	if (c != '\n')
		give(w, SEQUENCE_TEXT, *at + 1, 1);
	*at += 2;
	return true;
}

static bool read_variable(const char **at, struct word *w, struct span variable)
{
	struct span name = { *at + 1, span_of_name(*at + 1) };
	char next = name.text[name.len];

	if (w->is_text || !name.len || !variable.len || is_letter(next) ||
	    (next >= '0' && next <= '9') || name.len != variable.len ||
	    memcmp(name.text, variable.text, name.len) != 0)
		return false;
	give(w, SEQUENCE_VARIABLE, name.text, name.len);
	*at = name.text + name.len;
	return true;
}

static bool read_substitution(const char **at, struct word *w)
{
	struct span text = { *at + 1, strcspn(*at + 1, "`") };
	struct substitution ignored;

	if (w->is_text || !text.text[text.len] || !sequence_substitution(text, &ignored))
		return false;
	give(w, SEQUENCE_SUBSTITUTION, text.text, text.len);
	*at = text.text + text.len + 1;
	return true;
}

static bool read_word(struct sequence *s, struct word *w)
{
	bool good = true;

	while (good && !ends_word(*s->at)) {
		size_t n = span_of_plain(s->at);

		give(w, SEQUENCE_TEXT, s->at, n);
		s->at += n;
		if (n)
			continue;
		switch (*s->at) {
		case '\'': good = read_single(&s->at, w); break;
		case '"': good = read_double(&s->at, w); break;
		case '\\': good = read_escaped(&s->at, w); break;
		case '$': good = read_variable(&s->at, w, s->variable); break;
		case '`': good = read_substitution(&s->at, w); break;
		default: good = false;
		}
	}
	return good && (w->is_there || !w->may_vanish);
}

/* -- commands -- */

void sequence_begin(struct sequence *s, const char *line)
{
	*s = (struct sequence){ .at = line, .last = SEQUENCE_THEN };
}

static enum sequence_item read_assignment(struct sequence *s, sequence_take *take, void *arg)
{
	struct word w = { .take = take, .arg = arg };
	struct span name = { s->at, span_of_name(s->at) };

	/* one in a line, which is no value of itself, and is carried out whatever was before */
	if (s->variable.len || s->last == SEQUENCE_AND)
		return SEQUENCE_BAD;
	s->at += name.len + 1;
	/* where the value is used it is one word, as it is */
	if (!read_word(s, &w) || !w.is_there || w.is_odd)
		return SEQUENCE_BAD;
	s->variable = name;
	return SEQUENCE_ASSIGNMENT;
}

static enum sequence_item read_one(struct sequence *s, sequence_take *take, void *arg)
{
	struct word w = { .take = take, .arg = arg, .is_text = s->n_words == 0 };
	size_t name = span_of_name(s->at);

	if (s->last == SEQUENCE_ASSIGNMENT)
		return SEQUENCE_BAD;
	if (w.is_text && name && s->at[name] == '=')
		return read_assignment(s, take, arg);
	/* an assignment to another sort of variable */
	if (w.is_text && memchr(s->at, '=', span_of_plain(s->at)))
		return SEQUENCE_BAD;
	return read_word(s, &w) ? SEQUENCE_WORD : SEQUENCE_BAD;
}

static void skip_blanks(struct sequence *s)
{
	for (;;) {
		bool is_joined = s->at[0] == '\\' && s->at[1] == '\n';

		/* between commands, a newline is none */
		if (!is_blank(*s->at) && !is_joined && (*s->at != '\n' || s->n_words))
			return;
		s->at += is_joined ? 2 : 1;
	}
}

/* The command is read; @n bytes are behind it. */
static enum sequence_item end_command(struct sequence *s, enum sequence_item how, size_t n)
{
	/* "a && ", "; a" */
	if (!s->n_words && (how != SEQUENCE_END || s->last == SEQUENCE_AND))
		return SEQUENCE_BAD;
	s->at += n;
	s->n_words = 0;
	return how;
}

enum sequence_item sequence_read(struct sequence *s, sequence_take *take, void *arg)
{
	skip_blanks(s);
	if (!*s->at)
		s->last = end_command(s, SEQUENCE_END, 0);
	else if (*s->at == '\n' || (*s->at == ';' && s->at[1] != ';'))
		s->last = end_command(s, SEQUENCE_THEN, 1);
	else if (*s->at == '&' && s->at[1] == '&')
		s->last = end_command(s, SEQUENCE_AND, 2);
	else if (*s->at == ';' || *s->at == '&')
		s->last = SEQUENCE_BAD;
	else {
		s->last = read_one(s, take, arg);
		s->n_words++;
	}
	return s->last;
}

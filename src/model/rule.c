#include "model/rule.h"

#include <ctype.h>
#include <string.h>

static bool is_join(const char *p)
{
	return p[0] == '\\' && (p[1] == '\n' || (p[1] == '\r' && p[2] == '\n'));
}

/* One word of the rule at *at into @word; false at the end of the line. */
static bool next_word(const char **at, struct buf *word)
{
	const char *p = *at;

	buf_reset(word);
	while (*p == ' ' || *p == '\t' || *p == '\r' || is_join(p))
		p += is_join(p) ? (p[1] == '\r' ? 3 : 2) : 1;
	for (; *p && !strchr(" \t\r\n", *p) && !is_join(p); p++) {
		if ((*p == '\\' && p[1] && strchr(" #\\:", p[1])) || (*p == '$' && p[1] == '$'))
			p++;
		buf_addc(word, *p);
	}
	*at = p;
	return word->len > 0;
}

int rule_prerequisites(const char *text, struct strv *files)
{
	auto_buf word = BUF_INIT;
	bool any = false;

	for (const char *at = text; *at; at += *at == '\n') {
		bool behind = false; /* the colon */

		while (next_word(&at, &word)) {
			bool colon = word.data[word.len - 1] == ':';

			if (behind && !strv_has(files, word.data))
				strv_add(files, word.data);
			behind |= colon;
			any |= colon;
		}
	}
	return any ? 0 : -1;
}

/* No compiler quotes these, whatever it makes a name of. */
static bool is_plain_char(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_-./+,=@%~^", c));
}

static size_t plain_length(const char *p)
{
	size_t n = 0;

	while (is_plain_char(p[n]))
		n++;
	return n;
}

/* make_write in gcc's libcpp/mkdeps.cc, for the 72 columns of c-family/c-opts.cc;
 * outputDependencyFile in clang's lib/Frontend/DependencyFile.cpp. */
static void write_name(struct buf *out, enum rule_folding folding, size_t *column,
                       const char *name, size_t n)
{
	enum { GCC_COLUMNS = 72, CLANG_COLUMNS = 75 };

	if (folding == RULE_GCC ? *column + n > GCC_COLUMNS : *column + n + 3 > CLANG_COLUMNS) {
		buf_adds(out, folding == RULE_GCC ? " \\\n" : " \\\n ");
		*column = folding == RULE_GCC ? 0 : 2;
	}
	buf_addc(out, ' ');
	buf_add(out, name, n);
	*column += n + 1;
}

/* The rule of @target for what stands in @p; its end. NULL: there is a name that may be quoted.
 */
static const char *write_rule(const char *p, enum rule_folding folding, const char *target,
                              struct buf *out)
{
	size_t column = strlen(target) + 1;

	buf_addf(out, "%s:", target);
	while (*p != '\n') {
		while (*p == ' ' || is_join(p))
			p += is_join(p) ? 2 : 1;
		size_t n = plain_length(p);

		if (n == 0 && *p != '\n')
			return NULL;
		if (n > 0)
			write_name(out, folding, &column, p, n);
		p += n;
	}
	return p;
}

/* gcc leaves "./" out (apply_vpath in libcpp/mkdeps.cc). */
static const char *as_written(const char *target, enum rule_folding folding)
{
	while (folding == RULE_GCC && target[0] == '.' && target[1] == '/') {
		target += 2;
		target += strspn(target, "/");
	}
	return target;
}

bool rule_retarget(const char *text, enum rule_folding folding, const char *target,
                   struct buf *out)
{
	auto_free char *own = xstrndup(text, plain_length(text));
	const char *names = text + strlen(own) + 1;
	auto_buf again = BUF_INIT;

	target = as_written(target, folding);
	if (!*own || as_written(own, folding) != own || !*target ||
	    plain_length(target) != strlen(target) || names[-1] != ':')
		return false;
	/* the same again, to be sure of the way */
	const char *end = write_rule(names, folding, own, &again);
	if (!end || again.len != (size_t)(end - text) ||
	    memcmp(again.data, text, again.len) != 0)
		return false;
	write_rule(names, folding, target, out);
	buf_adds(out, end);
	return true;
}

#include "base/words.h"

#include <string.h>

#include "base/buf.h"

struct splitter {
	const char *at;
	enum words_flags flags;
	struct buf word;
	bool in_word; /* also for an empty one, as in '' */
};

static void end_word(struct splitter *s, struct strv *out)
{
	if (s->in_word)
		strv_add(out, buf_str(&s->word));
	buf_reset(&s->word);
	s->in_word = false;
}

/* Between double quotes a backslash quotes only what would mean something there. */
static bool quotes_next(const char *at, char quote)
{
	return at[0] == '\\' && at[1] && (!quote || (quote == '"' && strchr("\"\\$`", at[1])));
}

static int quoted(struct splitter *s, struct err *err)
{
	char quote = *s->at++;

	s->in_word = true;
	for (; *s->at && *s->at != quote; s->at++) {
		s->at += quotes_next(s->at, quote);
		buf_addc(&s->word, *s->at);
	}
	if (!*s->at)
		return err_set(err, ERR_USAGE, "a %c without its end", quote);
	s->at++;
	return 0;
}

/* Not ">>", ">&", ">|", or "2>". */
static bool is_plain_redirection(const struct splitter *s)
{
	size_t n = s->in_word ? s->word.len : 0;
	bool numbered = n && strspn(buf_str(&s->word), "0123456789") == n;

	return !numbered && (!s->at[1] || !strchr(">&|", s->at[1]));
}

static int plain(struct splitter *s, struct strv *out, struct err *err)
{
	char c = *s->at;
	bool special = (s->flags & WORDS_COMMAND) && strchr("|&;<$`()*?[~", c);

	if ((s->flags & WORDS_COMMAND) && c == '>' && !is_plain_redirection(s))
		special = true;
	else if ((s->flags & WORDS_COMMAND) && c == '>') {
		end_word(s, out);
		strv_add(out, ">");
		s->at++;
		return 0;
	}
	/* "~" means something only in front */
	if (special && (c != '~' || !s->in_word))
		return err_set(err, ERR_USAGE,
		               "\"%c\" needs a shell, and none is used: quote it, or write "
		               "sh -c '…'",
		               c);
	s->at += quotes_next(s->at, 0);
	buf_addc(&s->word, *s->at++);
	s->in_word = true;
	return 0;
}

static int split(struct splitter *s, struct strv *out, struct err *err)
{
	while (*s->at) {
		char c = *s->at;
		int rc = 0;

		if (strchr(" \t\r\n", c)) {
			end_word(s, out);
			s->at++;
		} else if (c == '#' && !s->in_word && (s->flags & WORDS_COMMENTS)) {
			break;
		} else if (c == '\'' || c == '"') {
			rc = quoted(s, err);
		} else {
			rc = plain(s, out, err);
		}
		if (rc < 0)
			return -1;
	}
	end_word(s, out);
	return 0;
}

int words_split(const char *text, enum words_flags flags, struct strv *out, struct err *err)
{
	struct splitter s = { .at = text, .flags = flags };
	int rc = split(&s, out, err);

	buf_release(&s.word);
	return rc;
}

const char *words_after(const char *word, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(word, prefix, n) == 0 ? word + n : NULL;
}

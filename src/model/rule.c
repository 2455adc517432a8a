#include "model/rule.h"

#include <string.h>

#include "base/buf.h"

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

/* Any bytes are a line: what is read of it without an expansion has the words that base/words.h
 * finds, too. */
#include "fuzz.h"

#include <string.h>

#include "base/buf.h"
#include "base/sequence.h"
#include "base/words.h"

struct reading {
	struct buf word;
	bool is_text;
};

static void take(void *arg, enum sequence_part part, struct span text)
{
	struct reading *r = arg;
	struct substitution ignored;

	r->is_text &= part == SEQUENCE_TEXT;
	MUST(text.len && text.text);
	MUST(part != SEQUENCE_SUBSTITUTION || sequence_substitution(text, &ignored));
	buf_add(&r->word, text.text, text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf line = BUF_INIT;
	auto_strv got = STRV_INIT;
	auto_strv want = STRV_INIT;
	struct reading r = { BUF_INIT, true };
	struct sequence s;
	struct err ignored;
	enum sequence_item item;
	size_t commands = 0;

	buf_add(&line, data, size);
	sequence_begin(&s, buf_str(&line));
	do {
		buf_reset(&r.word);
		item = sequence_read(&s, take, &r);
		MUST(s.at >= buf_str(&line) && s.at <= buf_str(&line) + line.len);
		commands += item != SEQUENCE_WORD;
		if (item == SEQUENCE_WORD)
			strv_add(&got, buf_str(&r.word));
	} while (item != SEQUENCE_END && item != SEQUENCE_BAD);
	buf_release(&r.word);
	/* words_split() makes words of a newline that is quoted by a backslash */
	if (item == SEQUENCE_BAD || commands != 1 || !r.is_text ||
	    strstr(buf_str(&line), "\\\n"))
		return 0;
	MUST(words_split(buf_str(&line), 0, &want, &ignored) == 0);
	MUST(want.n == got.n);
	for (size_t i = 0; i < got.n; i++)
		MUST(strcmp(got.v[i], want.v[i]) == 0);
	return 0;
}

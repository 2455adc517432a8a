/**
 * Text into words as a POSIX shell quotes them: blanks separate, '…', "…" and \ quote. Nothing
 * is expanded.
 */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include "base/err.h"
#include "base/strv.h"

enum words_flags {
	WORDS_COMMENTS = 1 << 0, /* "#" at the beginning of a word ends the text */
	/* an unquoted character that only a shell understands (| & ; < $ ` ( ) * ? [ ~) is an
	   error, and so is ">" but in its plainest form, in which it becomes a word of its own
	 */
	WORDS_COMMAND = 1 << 1,
};

/** Append the words of @text to @out. USAGE: a quote without its end, or see WORDS_COMMAND. */
int words_split(const char *text, enum words_flags flags, struct strv *out, struct err *err);

/** The rest of @word behind @prefix, or NULL; borrowed. */
const char *words_after(const char *word, const char *prefix);

#endif

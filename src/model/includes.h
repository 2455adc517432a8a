/**
 * What sources read besides themselves, in languages of which no more is known than the words
 * that name other files:  WORD "FILE"  or  WORD 'FILE', in any case of letters.
 *
 * All that can be meant is taken: whether or not a condition or a comment is around the word,
 * and each file of that name (beside the one that names it, in the working folder, in a folder
 * that is searched).
 */
#ifndef MODEL_INCLUDES_H
#define MODEL_INCLUDES_H

#include <stdbool.h>

#include "base/strv.h"

struct includes_words {
	char *const *include; /* NULL-terminated; the file is a source in its turn */
	char *const *embed;   /* NULL-terminated; the file is data */
};

typedef void includes_fn(void *arg, const char *name, bool is_data);

/** Call @fn for each name in a text. False: it can't be told, for a word is followed by
 * something else, or a name is made from others. */
bool includes_scan(const char *text, const struct includes_words *words, includes_fn *fn,
                   void *arg);
/** Append to @sources what they name, directly or not, and to @data what is taken as it is.
 * @dirs are searched, as folders and as what the name is just put behind. False: it can't be
 * told (includes_scan), or a source can't be read; the lists are incomplete then. Cost: reads
 * each source once. */
bool includes_find(const struct includes_words *words, const struct strv *dirs,
                   struct strv *sources, struct strv *data);

#endif

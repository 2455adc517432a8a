/**
 * Words of what a compile reads: which macros does it mention? All that looks like one counts,
 * in comments and strings too; what "##" may make of words does not.
 */
#ifndef MODEL_MENTION_H
#define MODEL_MENTION_H

#include "store/store.h"

enum { MENTION_BITS = 1 << 19 };

/** A Bloom filter of one hash: a word that was added is always found, another seldom. */
struct mentions {
	uint64_t *bits; /* owned; MENTION_BITS of them; NULL before mentions_init */
};

void mentions_init(struct mentions *m);
void mentions_release(struct mentions *m);
/** Add all words of an object. Its list is cached by its name. Cost when known: a look-up, and
 * 1 ns a word. */
int mentions_add(struct mentions *m, struct store *st, const struct oid *id, struct err *err);
void mentions_add_text(struct mentions *m, const char *text, size_t len);
bool mentions_have(const struct mentions *m, const char *word);

#define auto_mentions struct mentions cleanup(mentions_release)

#endif

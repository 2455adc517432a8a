/**
 * What a backend is believed to hold, across runs and processes: names of objects, below the
 * name of the place. Only a belief: a place may be emptied behind our back. What was not
 * confirmed for REMOTESET_AGE_S is not believed any more.
 *
 * New beliefs are gathered and written in one transaction each few hundred, by remoteset_flush
 * and when it is freed; those that a crash loses are sent again.
 */
#ifndef STORE_REMOTESET_H
#define STORE_REMOTESET_H

#include "store/store.h"

enum { REMOTESET_AGE_S = 14 * 24 * 3600 };

struct remoteset;

/** @place: identity of the backend, without secrets; copied. @st is borrowed. */
struct remoteset *remoteset_new(struct store *st, const char *place);
/** Flushes first. NULL is fine. */
void remoteset_free(struct remoteset *rs);
/** Cost: a look-up. */
bool remoteset_has(struct remoteset *rs, const struct oid *id);
void remoteset_add(struct remoteset *rs, const struct oid *id);
void remoteset_remove(struct remoteset *rs, const struct oid *id);
/** Believe nothing of this place any more. */
int remoteset_clear(struct remoteset *rs, struct err *err);
/** Call fn(arg, id, when_s) for each object that is believed to be there, and when (time())
 * that was learned. It may not use the index. Flushes first. */
int remoteset_each(struct remoteset *rs,
                   void (*fn)(void *arg, const struct oid *id, int64_t when_s), void *arg,
                   struct err *err);
int remoteset_flush(struct remoteset *rs, struct err *err);

#endif

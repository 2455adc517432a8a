/**
 * What differs between two thunks, as a list that a person can read.
 */
#ifndef UI_THUNKDIFF_H
#define UI_THUNKDIFF_H

#include "core/thunk.h"
#include "store/store.h"
#include "ui/explain.h"

enum { THUNKDIFF_MAX = 1000 };

/** Append to *list (grown with xrealloc) at most THUNKDIFF_MAX changes from @a to @b. Manifests
 * are read from @st; one that is gone is compared by name only. */
void thunkdiff(struct store *st, const struct thunk *a, const struct thunk *b,
               struct explain_change **list, size_t *n);

#endif

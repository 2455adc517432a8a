/**
 * Rewrite a thunk for its run: every reference to a thunk's output becomes that output's value
 * (WIRE 5), in one pass over references and texts. The same as thunk_substitute for each
 * reference in turn, but linear: a link of 10,000 objects has 10,000 references and arguments.
 */
#ifndef SCHED_REWRITE_H
#define SCHED_REWRITE_H

#include "core/thunk.h"

/** The value (never a thunk) of output @tag (NULL: first) of @thunk; -1 with @err if none. */
typedef int rewrite_resolve_fn(void *arg, const struct oid *thunk, const char *tag,
                               struct oid *value, struct err *err);

int rewrite_thunk(struct thunk *t, rewrite_resolve_fn *resolve, void *arg, struct err *err);

#endif

/**
 * What a worker answers, made of a memo entry and the store: outputs, what was printed, how it
 * failed (core/wire.h).
 */
#ifndef EXEC_REPLY_H
#define EXEC_REPLY_H

#include "core/wire.h"
#include "exec/engine.h"
#include "store/store.h"

/** Bytes of what a program printed that an answer holds; the rest is said to be left out. */
enum { REPLY_TEXT_MAX = 1 << 20 };

/**
 * Add the thunk @id of @req with its outputs. Outputs that are thunks come along always, others
 * as long as they fit into req->inline_max together. NOTFOUND, IO.
 */
int reply_add_thunk(struct wire_response *r, struct store *st, const struct wire_request *req,
                    const struct oid *id, const struct memo *m, struct err *err);
/** What it printed, in place of what an earlier one did, and the time that it took. */
void reply_add_texts(struct wire_response *r, struct store *st, const struct memo *m);
/** It has failed: thunks that went well before are left out. */
void reply_fail(struct wire_response *r, enum outcome_class what, const char *text);

#endif

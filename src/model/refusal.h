/**
 * Failures that are answers: a compiler that refuses a source does so again, as long as the
 * thunk is the same. configure asks by the hundred.
 *
 * Only what is sure to be the compiler's word on its input is remembered: it exited by itself,
 * with an error that names a place or a symbol, and nothing in what it said smells of the
 * machine (memory, disk, a killed helper).
 */
#ifndef MODEL_REFUSAL_H
#define MODEL_REFUSAL_H

#include "store/store.h"

struct refusal {
	int status; /* exit status, 1 to 125 */
	struct buf out;
	struct buf errs;
};

void refusal_release(struct refusal *r);
/** Do all errors in @errs complain of an included file among @missing? Then a sandbox in which
 * it is missing too has told the truth. */
bool refusal_is_of_headers(const char *errs, const struct strv *missing);
/** May it be remembered? */
bool refusal_is_lasting(const struct refusal *r);
/** Remember how a thunk fails. Nothing happens when it is not lasting, or long. */
int refusal_put(struct store *st, const struct oid *thunk, const struct refusal *r,
                struct err *err);
/** 1 and @out filled, 0, -1. */
int refusal_get(struct store *st, const struct oid *thunk, struct refusal *out,
                struct err *err);

#define auto_refusal struct refusal cleanup(refusal_release)

#endif

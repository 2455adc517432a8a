/**
 * The objects that must be at hand where a thunk runs: its values and executables, its
 * manifests, and the files and links that those list.
 */
#ifndef EXEC_INPUTS_H
#define EXEC_INPUTS_H

#include "core/thunk.h"
#include "store/store.h"

struct inputs {
	struct oid *v; /* owned; in no order; no repeats */
	size_t n;
	size_t cap;
};

#define INPUTS_INIT        \
	{                  \
		NULL, 0, 0 \
	}

void inputs_release(struct inputs *in);
/** Append one; repeats are not looked for. */
void inputs_add(struct inputs *in, const struct oid *id);
/**
 * The inputs of a reduced thunk. Manifests must be in the store: NOTFOUND names one that is not
 * (then it is among @out, which holds what is known).
 *
 * Cost: one read of each manifest; about 50 ns for each of its files.
 */
int inputs_of(struct store *st, const struct thunk *t, struct inputs *out, struct err *err);
/** Keep only those that the store does not have: a stat each. */
void inputs_drop_present(struct store *st, struct inputs *in);

#define auto_inputs struct inputs cleanup(inputs_release)

#endif

/**
 * What a thunk needs in the backend before somebody else can run it: its own inputs, and those
 * that many thunks share (a manifest and the files that it lists), which are read once.
 */
#ifndef EXEC_GATHER_H
#define EXEC_GATHER_H

#include "base/map.h"
#include "core/thunk.h"
#include "store/store.h"

/** A growable array of names. */
struct oids {
	struct oid *v; /* owned */
	size_t n;
	size_t cap;
};

void oids_add(struct oids *o, const struct oid *id);
void oids_release(struct oids *o);

/** A manifest with all that it lists. */
struct bundle {
	struct oids ids;   /* the manifest first */
	struct oids execs; /* those of them that must be executable files */
	uint64_t size_bytes;
	void *user; /* whoever uses the gather */
};

struct gather {
	struct store *store; /* borrowed */
	struct map bundles;  /* name → struct bundle */
};

void gather_init(struct gather *g, struct store *st);
/** @drop: called for each bundle first; may be NULL. */
void gather_release(struct gather *g, void (*drop)(struct bundle *b));
/** Append the thunk's own inputs: executables first, values, what links lead to. No I/O. */
void gather_own(const struct thunk *t, struct oids *out);
/** A manifest's bundle, valid as long as the gather. NOTFOUND, CORRUPT; NULL then. */
struct bundle *gather_bundle(struct gather *g, const char *manifest, struct err *err);
/** Bytes of all inputs; manifests that can't be read count as 0. */
uint64_t gather_size(struct gather *g, const struct thunk *t);

#endif

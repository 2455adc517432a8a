/**
 * Which thunk made the file at a path, last; kept in the index for the files of all builds, so
 * that it can be explained later. Only a hint: what is at the path now may be anything.
 */
#ifndef STORE_PRODUCED_H
#define STORE_PRODUCED_H

#include "store/store.h"

enum { PRODUCED_BEFORE_MAX = 7 };

struct produced {
	struct oid thunk;
	char *tag;     /* owned; NULL: the first output */
	int64_t at_ns; /* wall clock, when this thunk was last noted as a new one */
	/* Other thunks whose output it was, newest first: a file may be made in several steps
	 * (ar, ranlib), and again and again. */
	struct oid before[PRODUCED_BEFORE_MAX];
	size_t n_before;
};

void produced_release(struct produced *p);
/**
 * Note that output @tag (NULL: the first) of @thunk is to be at @path (absolute). Nothing is
 * written when that is known already. Cost: a look-up; gathered in a batch.
 */
int store_produced_note(struct store *st, const char *path, const struct oid *thunk,
                        const char *tag, struct err *err);
/** 1 and @out filled (release it), 0 not known, -1. */
int store_produced_get(struct store *st, const char *path, struct produced *out,
                       struct err *err);
int store_produced_forget(struct store *st, const char *path, struct err *err);
/** Call fn(arg, path, p) for each, on a snapshot taken first. */
int store_produced_each(struct store *st,
                        void (*fn)(void *arg, const char *path, const struct produced *p),
                        void *arg, struct err *err);

#define auto_produced struct produced cleanup(produced_release)

#endif

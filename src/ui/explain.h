/**
 * Why a file is what it is: the thunks behind it, whether each was remembered or run, when,
 * where and how long, and what had changed since the file was last made.
 *
 * The thunk of a file is found by its path, as noted when it was made (store/produced), or by
 * its content among all remembered results: a file that was moved or copied is found too.
 */
#ifndef UI_EXPLAIN_H
#define UI_EXPLAIN_H

#include "store/record.h"
#include "store/store.h"

struct explainer;

struct explain_change {
	const char *kind; /* "input", "argument", "variable", "program", … */
	char *name;       /* owned */
	char *before;     /* owned; NULL: it was not there */
	char *after;      /* owned; NULL: it is there no more */
};

enum explain_state {
	EXPLAIN_UNKNOWN,    /* none of the records tells of it */
	EXPLAIN_RAN,        /* run, well or not */
	EXPLAIN_REMEMBERED, /* its result was there */
	EXPLAIN_WAITING,    /* a placeholder that nobody has forced */
};

enum explain_reason {
	EXPLAIN_NO_REASON,  /* it did not run, or nothing is known */
	EXPLAIN_FIRST_TIME, /* nothing is known of an earlier thunk for this file */
	EXPLAIN_CHANGED,    /* see changes */
	EXPLAIN_LOST,       /* the same thunk had run: its result was gone */
};

struct explained {
	char *path; /* owned; the file, as far as known */
	struct oid thunk;
	char *command; /* owned; as a shell reads it; "" when the thunk is gone */
	enum explain_state state;
	enum explain_reason reason;
	bool in_last_run;
	uint64_t run;      /* the run that state is of; 0: none */
	int64_t run_at_ns; /* when that began, wall clock */
	bool ok;
	char *why;                          /* owned; of a failure; "" */
	char *engine;                       /* owned; where it ran; "" when not known */
	int64_t wall_ns, queued_ns, cpu_ns; /* of the run that made the result; -1: not known */
	uint32_t tries;
	bool altered;                   /* the file is not what the thunk made */
	struct explain_change *changes; /* owned */
	size_t n_changes;
};

/** Loads the records of the last runs. @st is borrowed. */
struct explainer *explainer_new(struct store *st, struct err *err);
void explainer_free(struct explainer *x);
/**
 * Explain the file at @path (absolute): itself first, then what is behind it, each thunk once.
 * 1: done; 0: gg did not make it; -1: NOTFOUND and others. The explanations are borrowed until
 * the next call. Iterative: any depth will do.
 */
int explainer_file(struct explainer *x, const char *path, const struct explained **out,
                   size_t *n, struct err *err);

/** Append all of it for a terminal; paths below @cwd are shown relative to it. */
void explain_format(const struct explained *v, size_t n, const char *cwd, struct buf *out);
const char *explain_state_name(enum explain_state s);
const char *explain_reason_name(enum explain_reason r);

#endif

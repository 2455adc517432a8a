/**
 * From a thunk to a sandboxed job, and from the job's result to an outcome: inputs are located
 * in the store, manifests expanded once, outputs adopted into the store.
 *
 * A classic thunk runs in an otherwise empty folder and finds its objects below EXECUTE_BLOBS;
 * one with a workdir finds each named input at its real path (core/thunk.h).
 */
#ifndef EXEC_EXECUTE_H
#define EXEC_EXECUTE_H

#include "exec/engine.h"
#include "sandbox/box.h"

/** Where objects that a thunk names without a path stand inside. */
#define EXECUTE_BLOBS "/__gg__/blobs"

struct executor;
struct execution;

struct executor *executor_new(struct store *st);
void executor_free(struct executor *ex);
/** For BOX_SHIM, where a program may write past its root: an output that is not there must have
 * been made elsewhere, also one that need not be made. */
void executor_set_leaky(struct executor *ex);

/**
 * Describe the job of a reduced thunk. NOTFOUND names an input that the store has no more;
 * USAGE: the thunk still has thunk dependencies or unsafe names. @out owned by the caller.
 */
int executor_prepare(struct executor *ex, const struct oid *id, const struct thunk *t,
                     struct execution **out, struct err *err);
const struct box_job *execution_job(const struct execution *x);
/** Turn the result into an outcome: adopts outputs and texts; releases @r. */
void executor_finish(struct executor *ex, struct execution *x, struct box_result *r,
                     struct outcome *out);
void execution_free(struct execution *x);

/**
 * May this failure come from a file that no model named (or from the sandbox itself), so that
 * the command deserves a run as it is? @line: the telling line of what it printed; may be NULL.
 */
bool execution_is_suspicious(struct store *st, const struct outcome *o, struct buf *line);

#endif

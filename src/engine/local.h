/**
 * The local engine: thunks on the cores at hand, each in a slot of a sandbox (sandbox/box.h).
 * Slots are started with the first job, unless local_prepare() did it before.
 */
#ifndef ENGINE_LOCAL_H
#define ENGINE_LOCAL_H

#include "exec/engine.h"
#include "sandbox/box.h"

#include <uv.h>

struct local_options {
	unsigned jobs;      /* slots; at least 1 */
	enum box_step step; /* BOX_AUTO: the strongest that works */
	bool require;       /* fail rather than go below BOX_MOUNTNS */
	char *const *envp;  /* for commands that run as they are, outside */
	void *arg;
	/** A sandboxed command failed in a way that looks like a file that no model named; may
	 * it be run again as it is, outside? NULL: no. */
	bool (*may_run_outside)(void *arg, const struct oid *id);
	/** It is run outside: say so. @line: what the program printed about it. */
	void (*runs_outside)(void *arg, const struct thunk *t, const char *line);
	/** The sandbox was started on this step. */
	void (*started)(void *arg, enum box_step step);
};

/** Owned; free through ops->free. */
struct engine *local_new(uv_loop_t *loop, struct store *st, const struct local_options *o);
/** Start the slots now: call it while the process is small. */
int local_prepare(struct engine *e, struct err *err);

#endif

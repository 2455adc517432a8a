/**
 * Who watches a run: status line, logs, traces. Every member may be NULL.
 */
#ifndef SCHED_OBSERVER_H
#define SCHED_OBSERVER_H

#include "exec/engine.h"
#include "sched/graph.h"

/** A thunk that starts, for the first time or again. All borrowed for the call. */
struct observed {
	const struct oid *id;    /* as it runs: rewritten */
	const struct oid *asked; /* as it was asked for */
	const struct thunk *thunk;
	const char *engine;
	int64_t ready_ns; /* monotonic: since when it could have run */
	unsigned tries;   /* this one included */
};

struct observer {
	void *arg;
	void (*started)(void *arg, const struct observed *o);
	/** A process ended for good (after its last try), well or not; @t is what ran, NULL
	 * when the thunk failed before it could run (then @id is the original name). */
	void (*finished)(void *arg, const struct oid *id, const struct thunk *t,
	                 const struct outcome *o);
	/** Something is tried again, or elsewhere. */
	void (*retried)(void *arg, const struct oid *id, const char *why);
	/** An engine has failed so often that it is left alone for a while. */
	void (*engine_down)(void *arg, const char *engine, const char *why);
	/** Counts changed. Cheap: may be called very often. */
	void (*counts)(void *arg, const struct graph_counts *c);
};

#endif

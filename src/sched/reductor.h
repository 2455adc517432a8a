/**
 * Forces a graph on engines: takes ready nodes in order, gives each to the first engine that
 * can run it and has room, applies the policy table to failures, starts stragglers twice, tells
 * the observers.
 *
 * Driven by an event loop that the engines live in; the reductor itself only reacts:
 * reductor_pump() starts what can be started and returns. It is tested with a fake engine and a
 * fake clock.
 *
 *   graph_next ─▶ job ─▶ attempt on an engine ─▶ answer ─▶ graph_done | graph_failed
 *                  ▲ │ a second attempt, when the first takes longer than its peers: the first
 *                  │ │ answer wins, what the other says then changes nothing
 *                  │ ▼
 *                waits for its next try (back-off), there, elsewhere, or on a fallback engine
 */
#ifndef SCHED_REDUCTOR_H
#define SCHED_REDUCTOR_H

#include "sched/observer.h"
#include "sched/policy.h"

struct reductor;

struct reductor_options {
	bool keep_going;      /* go on with what does not depend on a failure */
	unsigned max_tries;   /* for one thunk; 0: the policy's own */
	int64_t straggler_ns; /* an attempt elsewhere that takes longer is started twice; 0:
	                         when it passes its peers */
	void *arg;
	int64_t (*now_ns)(void *arg); /* NULL: clock_now_ns */
	/** Call reductor_pump at that time (in now_ns terms), or earlier; replaces what was
	 * asked for before. -1: no need. NULL: nothing is ever tried later. */
	void (*wake_at)(void *arg, int64_t due_ns);
};

/** For which thunks an engine is there. */
enum engine_role {
	ENGINE_PRIMARY = 1 << 0,
	ENGINE_FALLBACK = 1 << 1, /* for what the primary ones can't take or keep failing at */
};

struct reductor *reductor_new(struct graph *g, const struct reductor_options *o);
/** After the engines were freed: nothing may answer any more. */
void reductor_free(struct reductor *r);
/** Engines are tried in the order added. Borrowed. @roles: enum engine_role. */
void reductor_add_engine(struct reductor *r, struct engine *e, unsigned roles);
void reductor_add_observer(struct reductor *r, const struct observer *o);
/** Start what can be started now. Call after adding targets; engines' answers call it
 * themselves. */
void reductor_pump(struct reductor *r);
/** Nothing runs and nothing can be started. */
bool reductor_idle(const struct reductor *r);
/** A failure has stopped the run (and !keep_going): running jobs end, nothing new starts. */
bool reductor_stopped(const struct reductor *r);
/** Nobody wants this node any more: if it runs, it is cancelled, where its engine can do that,
 * and fails. */
void reductor_drop(struct reductor *r, const struct node *n);
/** Stop: nothing new starts, what runs is cancelled. */
void reductor_cancel(struct reductor *r);
/** What all tries have cost until now. */
double reductor_price_usd(const struct reductor *r);

#endif

/**
 * Forces a graph on engines: takes ready nodes in order, gives each to the first engine that
 * can run it and has room, applies the policy table to failures, tells the observers.
 *
 * Driven by an event loop that the engines live in; the reductor itself only reacts:
 * reductor_pump() starts what can be started and returns. It is tested with a fake engine.
 */
#ifndef SCHED_REDUCTOR_H
#define SCHED_REDUCTOR_H

#include "sched/observer.h"

struct reductor;

struct reductor_options {
	bool keep_going;    /* go on with what does not depend on a failure */
	unsigned max_tries; /* for one thunk; 0: the policy's own */
};

struct reductor *reductor_new(struct graph *g, const struct reductor_options *o);
void reductor_free(struct reductor *r);
/** Engines are tried in the order added. Borrowed. */
void reductor_add_engine(struct reductor *r, struct engine *e);
void reductor_add_observer(struct reductor *r, const struct observer *o);
/** Start what can be started now. Call after adding targets; engines' answers call it
 * themselves. */
void reductor_pump(struct reductor *r);
/** Nothing runs and nothing can be started. */
bool reductor_idle(const struct reductor *r);
/** A failure has stopped the run (and !keep_going): running jobs end, nothing new starts. */
bool reductor_stopped(const struct reductor *r);
/** Stop: nothing new starts, what runs is cancelled. */
void reductor_cancel(struct reductor *r);

/** sched/policy.c: what a class of failure leads to. */
struct policy {
	enum outcome_class what;
	unsigned tries;    /* in all */
	bool other_engine; /* next try elsewhere if there is another */
	const char *text;  /* for a person */
};
const struct policy *policy_for(enum outcome_class what);

#endif

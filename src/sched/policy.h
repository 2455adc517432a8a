/**
 * What each class of failure leads to, as one table (docs/failures.md is made from the same
 * facts). All tries are bounded: when those of the engines asked for are used up, the fallback
 * engines get their own, then the thunk has failed.
 */
#ifndef SCHED_POLICY_H
#define SCHED_POLICY_H

#include "exec/engine.h"

struct policy {
	enum outcome_class what;
	unsigned tries;     /* of one thunk, in all, before the fallback engines are asked */
	bool other_engine;  /* the next try is better made elsewhere */
	bool falls_back;    /* … and at last on a fallback engine */
	bool blames_engine; /* several in a row mean that the engine is down */
	uint32_t base_ms;   /* back-off before the second try; doubles; 0: at once */
	uint32_t cap_ms;    /* … up to this */
	const char *text;   /* for a person */
};

const struct policy *policy_for(enum outcome_class what);

/**
 * How long to wait before the next try: "full jitter", a random part of base × 2^(tries - 1),
 * cut at the cap, and at least what the service asked for.
 *
 * @tries   made so far, at least 1
 * @random  any number; each value gives one wait
 */
int64_t policy_wait_ns(const struct policy *p, unsigned tries, uint32_t retry_after_ms,
                       uint32_t random);

#endif

/**
 * How many requests a service that throttles is given at once. It starts wide, because most of
 * the time the limit is above what is asked for; learns the limit from refusals; and feels its
 * way up again.
 *
 *   refused while more than was lately accepted is open   the limit is there: fall to it
 *   refused while less is open   by chance, or for the rate: no reason to shrink …
 *   … but more than half are refused   the limit has come down: halve
 *   accepted   grow, by 1/8 a round up to where it last fell, by 1/64 above; where it fell is
 *              forgotten after 10 s
 *
 * Times are given by the caller, so that tests need not wait. Not thread-safe; no allocation.
 */
#ifndef ENGINE_RAMP_H
#define ENGINE_RAMP_H

#include "base/compat.h"

enum {
	/* AWS starts at most so many instances of a function at once, and so many more every
	 * 10 s: https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html */
	RAMP_BURST = 1000,
	RAMP_PER_10S = 1000,
};

struct ramp {
	unsigned max; /* what is wanted */
	double width;
	double ceiling;    /* where it last fell; max at first */
	double refused;    /* smoothed share of refusals */
	unsigned open;     /* requests under way */
	unsigned peak;     /* most that were open when one was accepted, in this window */
	unsigned peak_old; /* in the window before */
	int64_t window_ns; /* when this window began */
	bool fell;         /* in this window */
	int64_t first_ns;  /* when the first request began; 0: none yet */
};

void ramp_init(struct ramp *r, unsigned max);
/** A request begins. */
void ramp_began(struct ramp *r, int64_t now_ns);
/** One has ended; @refused: it was throttled. */
void ramp_ended(struct ramp *r, bool refused, int64_t now_ns);
/** How many may be open now: 1 to max. */
unsigned ramp_width(const struct ramp *r, int64_t now_ns);

#endif

#include "sched/policy.h"

/* In the order of enum outcome_class. */
static const struct policy table[] = {
	/* class, tries, other engine, falls back, blames the engine, back-off from … to, text
	 */
	{ OUTCOME_OK, 1, false, false, false, 0, 0, "it went well" },
	{ OUTCOME_FAILED, 1, false, false, false, 0, 0, "the program failed" },
	{ OUTCOME_MISSING, 5, false, true, false, 0, 0, "an input is gone from the store" },
	{ OUTCOME_NOSPC, 2, true, true, false, 100, 1000, "no space left" },
	{ OUTCOME_LOST, 4, true, true, false, 50, 2000, "its worker died" },
	{ OUTCOME_TIMEOUT, 2, true, true, false, 0, 0, "it took too long" },
	{ OUTCOME_WRONG, 3, true, true, true, 50, 1000,
	  "the answer does not fit the question" },
	{ OUTCOME_CANCELLED, 1, false, false, false, 0, 0, "cancelled" },
	{ OUTCOME_THROTTLED, 12, false, true, false, 100, 5000, "throttled" },
	{ OUTCOME_UNREACHABLE, 4, true, true, true, 200, 5000, "unreachable" },
	{ OUTCOME_CANT_RUN, 1, true, true, false, 0, 0, "it can't run there" },
	{ OUTCOME_INTERNAL, 1, true, true, false, 0, 0, "internal error" },
};

const struct policy *policy_for(enum outcome_class what)
{
	BUG_IF((size_t)what >= countof(table) || table[what].what != what);
	return &table[what];
}

int64_t policy_wait_ns(const struct policy *p, unsigned tries, uint32_t retry_after_ms,
                       uint32_t random)
{
	uint64_t most_ms = p->base_ms;

	for (unsigned i = 1; i < tries && most_ms < p->cap_ms; i++)
		most_ms *= 2;
	if (most_ms > p->cap_ms)
		most_ms = p->cap_ms;
	uint64_t ms = retry_after_ms + (most_ms * random >> 32);
	return (int64_t)ms * 1000000;
}

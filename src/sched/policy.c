#include "sched/reductor.h"

/* In the order of enum outcome_class. */
static const struct policy table[] = {
	{ OUTCOME_OK, 1, false, "it went well" },
	{ OUTCOME_FAILED, 1, false, "the program failed" },
	{ OUTCOME_MISSING, 2, false, "an input is gone from the store" },
	{ OUTCOME_NOSPC, 2, true, "no space left" },
	{ OUTCOME_LOST, 3, true, "its worker died" },
	{ OUTCOME_TIMEOUT, 2, true, "it took too long" },
	{ OUTCOME_WRONG, 3, true, "the answer does not fit the question" },
	{ OUTCOME_CANCELLED, 1, false, "cancelled" },
	{ OUTCOME_THROTTLED, 12, false, "throttled" },
	{ OUTCOME_UNREACHABLE, 4, true, "unreachable" },
	{ OUTCOME_CANT_RUN, 1, true, "can't run there" },
	{ OUTCOME_INTERNAL, 1, true, "internal error" },
};

const struct policy *policy_for(enum outcome_class what)
{
	BUG_IF((size_t)what >= countof(table) || table[what].what != what);
	return &table[what];
}

#include "exec/engine.h"

#include <string.h>

void outcome_release(struct outcome *o)
{
	memo_release(&o->memo);
	strv_release(&o->missing);
}

/* In the order of the enum. Workers and coordinators of other versions know them by these
 * names, so they stay. */
static const char *const names[] = {
	"ok",          "program failed", "inputs missing", "storage full",
	"worker lost", "timed out",      "wrong answer",   "cancelled",
	"throttled",   "unreachable",    "can't run",      "internal error",
};

const char *outcome_class_name(enum outcome_class what)
{
	BUG_IF((size_t)what >= countof(names));
	return names[what];
}

enum outcome_class outcome_class_parse(const char *name)
{
	for (size_t i = 0; i < countof(names); i++)
		if (strcmp(names[i], name) == 0)
			return (enum outcome_class)i;
	return OUTCOME_INTERNAL;
}

/**
 * What a tool is asked about itself ("gcc --version", "ld --help"): the answer hangs on nothing
 * but the tool and the language, so it is remembered like a result.
 */
#ifndef MODEL_QUESTION_H
#define MODEL_QUESTION_H

#include "model/plan.h"

/** Is this all that @call does, for whatever tool, and can it be remembered? */
bool question_is(const struct call *call);
/** Does it make nothing, but ask what hangs on more than that, or is refused ("ld -v", "gcc
 * -V")? It runs as it is then, for QUESTION_REASON: gg stats counts it apart. */
bool question_is_other(const struct call *call);
#define QUESTION_REASON "only prints information"
int question_plan(const struct call *call, struct plan *p, struct err *err);

#endif

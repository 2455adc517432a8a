/**
 * What a tool is asked about itself ("gcc --version", "ld --help"): the answer hangs on nothing
 * but the tool and the language, so it is remembered like a result.
 */
#ifndef MODEL_QUESTION_H
#define MODEL_QUESTION_H

#include "model/plan.h"

/** Is this all that @call does, for whatever tool? */
bool question_is(const struct call *call);
int question_plan(const struct call *call, struct plan *p, struct err *err);

#endif

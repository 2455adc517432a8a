/**
 * A plan had again: the command line is one that was planned before, and all that the plan saw
 * then (store/look.h) would be seen now, so its thunk and its outputs are the same. Inputs that
 * were written anew (generated again, checked out again) must have the content that the thunk
 * names. Only for plans that say so (plan->again), of commands whose inputs are all plain
 * files.
 */
#ifndef MODEL_RECALL_H
#define MODEL_RECALL_H

#include "model/plan.h"

/** 1: @thunk is its name and @p has its outputs, and nothing else; 0: it must be planned; -1.
 * Cost: one look-up, and a stat for each file and folder that was seen. */
int recall_get(const struct call *call, struct plan *p, struct oid *thunk, struct err *err);
/** Keep a plan for the next time. @looks: from look_end(). */
int recall_put(const struct call *call, const struct plan *p, const struct oid *thunk,
               const struct buf *looks, struct err *err);

#endif

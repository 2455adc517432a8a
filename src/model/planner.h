/**
 * Which gg this is: another one may plan, and find out about compilers, in another way.
 */
#ifndef MODEL_PLANNER_H
#define MODEL_PLANNER_H

#include "base/buf.h"

/** Append what tells this program from others: some numbers. Cost: a stat. */
void planner_pack(struct buf *to);

#endif

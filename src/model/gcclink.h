/**
 * The link half of the driver's model: what a link reads besides its operands, and what it
 * makes.
 */
#ifndef MODEL_GCCLINK_H
#define MODEL_GCCLINK_H

#include "model/gccopts.h"
#include "model/toolchain.h"

/**
 * Add to @p the inputs, the closure and the outputs of the link in @c. Its sources, if it has
 * any, are the caller's business. Delegates (through @p) when an option may name a file that is
 * not known.
 */
int gcclink_plan(const struct call *call, const struct gcc_call *c, const struct toolchain *tc,
                 struct plan *p, struct err *err);

#endif

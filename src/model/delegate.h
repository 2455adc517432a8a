/**
 * Running the real tool: after the placeholders among its operands have been made real, with
 * gg's models taken off PATH. Never an abort: the tool's own exit status is the wrapper's.
 */
#ifndef MODEL_DELEGATE_H
#define MODEL_DELEGATE_H

#include "model/plan.h"

/**
 * Make every placeholder among @reads real: through the coordinator @session, or without one by
 * running "@gg force". FAILED when one of them can't be.
 */
int delegate_force(const struct strv *reads, const char *session, const char *gg,
                   struct err *err);

/** Become the real tool. @path: PATH for it. Returns only on error. */
int delegate_exec(const char *tool, char *const *argv, const char *path, struct err *err);

#endif

/**
 * Running a thunk's command as it is, outside of any sandbox: what gg does when a sandboxed
 * command failed on something that no model named. The result is used but never remembered.
 *
 * A thunk with a workdir runs in that very folder, on the real files, after checking that each
 * still has the content that the thunk names; its outputs are the real files. A classic thunk
 * runs in a temporary folder of the store.
 */
#ifndef ENGINE_DIRECT_H
#define ENGINE_DIRECT_H

#include "exec/engine.h"

#include <uv.h>

/** Begin; @done is called once, from the loop. CORRUPT when an input has changed meanwhile. */
int direct_start(uv_loop_t *loop, struct store *st, const struct oid *id, const struct thunk *t,
                 char *const *envp, engine_done_fn *done, void *arg, struct err *err);

/** Do the named files still hold what the thunk names? Placeholders among them are made real.
 */
int direct_check_inputs(struct store *st, const struct thunk *t, struct err *err);

#endif

/**
 * Names that a build system makes up for one probe: CMake's try_compile works in
 * CMakeFiles/CMakeScratch/TryCompile-Ab12Cd, on a target cmTC_0a1b2, Meson in
 * meson-private/tmpa_1b2c3d, and both take it all away afterwards. A thunk with such a name in
 * it would never be met again, so inside of the sandbox they are always the same; a result that
 * holds one of them is not used.
 */
#ifndef MODEL_SCRATCH_H
#define MODEL_SCRATCH_H

#include "base/buf.h"
#include "model/plan.h"

/**
 * Rewrite the plan of a probe, before the own manifest is stored. Sets p->scratch if it was
 * done; else nothing was changed: no made-up name is in it, or a result might show it (debug
 * information, coverage, what the driver prints).
 */
void scratch_apply(struct plan *p);
bool scratch_is_used(const struct plan *p);
/** Does this output hold a name that is only true inside? */
bool scratch_shows(const struct plan *p, const void *data, size_t len);
/** Put the real names back into what a tool printed. */
void scratch_restore(const struct plan *p, struct buf *text);

#endif

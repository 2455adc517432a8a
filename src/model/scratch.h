/**
 * Names that a build system makes up for one probe: CMake's try_compile works in
 * CMakeFiles/CMakeScratch/TryCompile-Ab12Cd, on a target cmTC_0a1b2, Meson in
 * meson-private/tmpa_1b2c3d, and a configure script of its own kind on a ztest12345.c that has
 * its process id in its name; all of them take it away afterwards. A thunk with such a name in
 * it would never be met again, so inside of the sandbox they are always the same.
 *
 * A result that holds a name of inside is not used, but for an object that names its source
 * nowhere else than compilers always do (a symbol of the type STT_FILE): there the name of
 * outside, which is as long, is put in its place.
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
void scratch_forget(struct plan *p);

enum scratch_shown {
	SCRATCH_HIDDEN, /* the output is the same outside */
	SCRATCH_NAMED,  /* it is once its text is restored */
	SCRATCH_SHOWN,  /* it holds what is only true inside */
};
enum scratch_shown scratch_shows(const struct plan *p, const void *data, size_t len);
/** Put the real names back into what a tool printed, or into a result that is NAMED. */
void scratch_restore(const struct plan *p, struct buf *text);

#endif

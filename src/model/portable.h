/**
 * Thunks that do not name where the checkout lies (gg build --portable, GG_BASEDIR): below the
 * base folder every name is written as if the base were PORTABLE_BASE, the sandbox lays the
 * files out there, and compilers map that prefix to "." in debug information and __FILE__. So
 * equal checkouts have equal thunks, and no result holds the path of the checkout that made it.
 *
 * What could carry the path in another way (a -D with the path in it, a response file, a link
 * whose text names the base) leaves the thunk as it is: right, but not shared.
 */
#ifndef MODEL_PORTABLE_H
#define MODEL_PORTABLE_H

#include "model/plan.h"

#define PORTABLE_BASE "/__gg__/base"

/**
 * Rewrite the plan of a call below @base (absolute, normalised, not "/"). Before the own
 * manifest is stored. Returns whether it was done; else nothing was changed.
 */
bool portable_apply(struct plan *p, const char *base);
/** Is @base fit to be one? */
bool portable_base_is_valid(const char *base);
/** Put the real base back into what a tool printed. */
void portable_restore(const char *base, struct buf *text);
/** Put it back into a depfile, with blanks and the like quoted for make as compilers do. */
void portable_restore_rule(const char *base, struct buf *text);

#endif

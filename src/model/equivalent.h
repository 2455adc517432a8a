/**
 * Compiles that make the same object. An object does not depend on what it is called, nor on a
 * macro (-D, -U) that nothing asks for. So the result of one compile answers for others: for
 * the shared and the static library of CMake, which differ by -Dname_EXPORTS; for the objects
 * of two programs that share a source; for what was built before with another -DVERSION="…" and
 * does not use it.
 *
 * A macro is thought to be in vain if none of the files that the compile may read mentions it
 * (mention.h). Where two compiles differ by such ones, the compiler's own preprocessor has the
 * last word: it is run with the macros poisoned (#pragma GCC poison), and complains if anything
 * asks for one, in whatever way.
 *
 * A thunk stays what it is; it is only not run where an equivalent one was. Its depfile is the
 * other's, with its own target.
 */
#ifndef MODEL_EQUIVALENT_H
#define MODEL_EQUIVALENT_H

#include "model/plan.h"

/**
 * The plan is complete, and the result of its thunk @id is not known. 1: that of an equivalent
 * one is, and is now remembered as its own, in @m (released by the caller); 0: there is none,
 * or none that is sure, and the next equivalent one will ask for this. Cost: a look-up, for a
 * compile with macros also one for each file that it reads, and a preprocessor's run where they
 * differ. @session: of a coordinator, or NULL; an equivalent one that it is making right now is
 * waited for.
 */
int equivalent_find(const struct plan *p, const char *session, const struct oid *id,
                    struct memo *m, struct err *err);

#endif

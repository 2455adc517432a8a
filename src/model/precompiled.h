/**
 * What a precompiled header was made of. What is in it counts for whoever uses it: names
 * of other headers, and the time. It is what those files held, whatever they hold now, and they
 * need not be where it is used (Meson puts it into a folder of its own). Known of those that a
 * thunk made.
 */
#ifndef MODEL_PRECOMPILED_H
#define MODEL_PRECOMPILED_H

#include "model/depscan.h"

/** The sources that one is made of, as plan.header has them; owned. NULL: they can't be said.
 */
char *precompiled_describe(const struct call *call, const struct strv *sources);
/** Note that @thunk made the object @id of them. Written at once: the next command uses it. */
int precompiled_note(struct store *st, const struct oid *id, const struct oid *thunk,
                     const char *header, struct err *err);
/** Add the sources of the file @path, as absolute paths. False: they are not known, or not
 * there any more; nothing is added. */
bool precompiled_get(const struct call *call, const char *path, struct strv *out);
/** Was all that it was made of as it is now? @r: what was found, and need not be read. */
bool precompiled_is_current(const struct call *call, const char *path,
                            const struct depscan_result *r);

#endif

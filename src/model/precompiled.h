/**
 * What a precompiled header of gcc was made of. It may be used where its header is not found
 * (Meson puts them into a folder of their own), and what the header defines counts all the
 * same: for names of other headers, and for the time. Known of those that a thunk made.
 */
#ifndef MODEL_PRECOMPILED_H
#define MODEL_PRECOMPILED_H

#include "model/plan.h"

/** The files that one is made of, as plan.header has them; owned. NULL: they can't be said. */
char *precompiled_describe(const struct call *call, const struct strv *sources);
/** Note it for the object @id. */
int precompiled_note(struct store *st, const struct oid *id, const char *header,
                     struct err *err);
/** What the file @path was made of, as absolute paths. False: it is not known. */
bool precompiled_get(const struct call *call, const char *path, struct strv *out);

#endif

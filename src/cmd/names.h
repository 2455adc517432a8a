/**
 * How users name objects: by name, by file (a placeholder or a thunk), by the beginning of a
 * name.
 */
#ifndef CMD_NAMES_H
#define CMD_NAMES_H

#include "store/store.h"

/** Find the thunk that @text means. NOTFOUND, or USAGE when a beginning fits several. */
int names_thunk(struct store *st, const char *text, struct oid *out, struct err *err);

#endif

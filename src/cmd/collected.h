/** A file of the user's becomes an object: what gg collect and gg put share. */
#ifndef CMD_COLLECTED_H
#define CMD_COLLECTED_H

#include "store/store.h"

/** Keep the file in the store and learn its name; of a placeholder, the thunk's. A program
 * keeps its right to be run. */
int collect_file(struct store *st, const char *path, struct oid *out, struct err *err);

#endif

/**
 * The folder that goes in front of PATH: one link to the wrapper for every tool on PATH that a
 * model stands for, and none for a tool that is not there (a configure script must not find
 * it).
 */
#ifndef CMD_TOOLS_H
#define CMD_TOOLS_H

#include "store/store.h"

/**
 * The folder for this @path, below the store; made when it is new or PATH's folders have
 * changed. Any number of processes may do so at once. Owned. Cost when known: a stat per folder
 * of PATH. @readers: also for tools that only read products (cp, install, nm, …), which matters
 * while products may be placeholders.
 */
char *tools_folder(struct store *st, const char *path, bool readers, struct err *err);

/** A program installed beside this one: "gg-model", "libgg-shim.so". Owned. */
char *tools_beside(const char *name);

/** "K=V" list for a command whose tools are gg's models: this environment with PATH, GG_DIR,
 *  GG_BASEPATH, GG_MODELPATH set, and the @extra strings ("K=V", or "K=" to unset). */
struct strv tools_environment(struct store *st, const char *folder, const char *path,
                              const char *const *extra);

#endif

/**
 * What was found out about installed tools, for all projects of a user:
 * $XDG_CACHE_HOME/gg/tools, a file for each question, with the objects that the answer names.
 * Asking gcc where it looks for headers, and hashing it and its libraries, is twenty
 * milliseconds of the first command of every new project.
 *
 * Only answers about files of the system (FILE_REFERENCE) are shared. They are believed while
 * those files have the path, device, inode, size and times that they had, since this boot, and
 * in a folder that is the user's own and nobody else's to write; what else an answer depends on
 * is the caller's to check. Losing it costs time only.
 */
#ifndef STORE_SHARED_H
#define STORE_SHARED_H

#include "core/manifest.h"
#include "store/store.h"

/** More answers than this, and all are forgotten. */
#define SHARED_MAX 512

/**
 * 1: @value is appended to, and the manifests that it came with are in the store, with all that
 * they name. 0: there is none that can be believed. -1: the store can't be written.
 * Cost: a file read, a stat for each file of the manifests.
 */
int shared_get(struct store *st, const void *key, size_t key_len, struct buf *value,
               struct err *err);
/** Note it for other stores. Whatever goes wrong is no error, and nothing is noted. */
void shared_put(struct store *st, const void *key, size_t key_len, const struct buf *value,
                const struct oid *manifests, size_t n);

#endif

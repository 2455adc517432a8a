/**
 * A store as a cache of bounded size: what was used least recently goes. For workers, whose
 * blobs are copies of what a backend holds; a store that a user works in is never trimmed.
 */
#ifndef STORE_TRIM_H
#define STORE_TRIM_H

#include "store/store.h"

/** A blob is about to be used: its age begins anew, and if @executable it can be run.
 * NOTFOUND. Costs two or three system calls. */
int store_use(struct store *st, const struct oid *id, bool executable, struct err *err);

/**
 * Remove blobs, oldest use first, until the rest take at most @keep_bytes. Those for which
 * spared(arg, id) says yes stay, whatever they take. @spared may be NULL.
 *
 * @freed_bytes, @left_bytes  out, as the names say; may be NULL
 * Cost: a stat for each blob. Open files stay readable.
 */
int store_trim(struct store *st, uint64_t keep_bytes,
               bool (*spared)(void *arg, const struct oid *id), void *arg,
               uint64_t *freed_bytes, uint64_t *left_bytes, struct err *err);
/** What the blobs take. A stat for each. */
int store_size(struct store *st, uint64_t *size_bytes, struct err *err);

#endif

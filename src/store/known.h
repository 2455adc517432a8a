/**
 * What is known of files of the system (compilers, their libraries), for all projects of a
 * user: $XDG_CACHE_HOME/gg/KIND, a small file for each path. Names are one kind: hashing clang
 * and what it is linked with costs a third of a second in every new store.
 *
 * Believed only while path, device, inode, size and times are the same since this boot, and in
 * a folder that is the user's own and nobody else's to write. Losing it costs time only.
 */
#ifndef STORE_KNOWN_H
#define STORE_KNOWN_H

#include "base/buf.h"
#include "core/oid.h"

#include <stdint.h>
#include <sys/stat.h>

/** Smaller files are as quickly hashed. */
#define KNOWN_MIN_BYTES (1 << 20)
enum { KNOWN_NOTE_MAX = 256 };

/** The name of @path, whose stat is @sb, and the wall clock when it was hashed. */
bool known_get(const char *path, const struct stat *sb, struct oid *id, int64_t *hashed_ns);
/** Note it for other stores. Whatever goes wrong is no error. */
void known_put(const char *path, const struct stat *sb, const struct oid *id,
               int64_t hashed_ns);

/** Any other short note of one line, less than KNOWN_NOTE_MAX bytes: appended to @note. */
bool known_note_get(const char *kind, const char *path, const struct stat *sb,
                    struct buf *note);
void known_note_put(const char *kind, const char *path, const struct stat *sb,
                    const char *note);

#endif

/**
 * Files of the build, made from objects: real ones and placeholders. Always a temporary file
 * beside the target, then a rename: nobody sees half a file, and an object in the store never
 * shares an inode with a file that the user may change.
 */
#ifndef MODEL_OUTPUT_H
#define MODEL_OUTPUT_H

#include "store/store.h"

#include <time.h>

/**
 * Make @path a real file with the bytes of @id.
 *
 * @mode  permission bits, already without the umask's
 * @mtime NULL: now
 * The bytes are hashed on the way: CORRUPT, and the object set aside, when they are others. The
 * stat cache learns what the file holds.
 */
int output_write(struct store *st, const char *path, const struct oid *id, unsigned mode,
                 const struct timespec *mtime, struct err *err);

/** Give @path the bytes of @id as a shell's ">" does: what is there keeps its mode, its owner
 * and its names; a device is written to. @mode: of a new file. */
int output_redirect(struct store *st, const char *path, const struct oid *id, unsigned mode,
                    struct err *err);

/** Make @path a placeholder for output @tag (NULL: first) of @thunk, recorded as pending;
 *  @mode is the mode that the real file will get. */
int output_promise(struct store *st, const char *path, const struct oid *thunk, const char *tag,
                   unsigned mode, struct err *err);

/**
 * If @path is still a placeholder for @thunk and @tag, replace it by the bytes of @id, keeping
 * its mtime, and forget it as pending. A mode that somebody changed since is kept. 1 replaced,
 * 0 the file is something else by now (left alone), -1.
 */
int output_keep_promise(struct store *st, const char *path, const struct oid *thunk,
                        const char *tag, const struct oid *id, unsigned mode, struct err *err);

#endif

/**
 * Whole-file operations. All descriptors are O_CLOEXEC; all copies are
 * streamed (reflink, then copy_file_range, then read/write).
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

/** Read a whole file into @out; CORRUPT when it is longer than out's limit. */
int file_read(const char *path, struct buf *out, struct err *err);
/** Read a descriptor to its end into @out. */
int file_read_fd(int fd, struct buf *out, struct err *err);
/** Write all bytes to @fd, through short writes and EINTR. */
int file_write_fd(int fd, const void *data, size_t len, struct err *err);
/**
 * Put @tmp in @path's place at once, whatever file is there; @tmp is gone afterwards, also on
 * failure. Unlike rename(2) over a file, this does not make ext4 write the new one to the disk
 * at once (its option auto_da_alloc). After kill -9 the old file may be left as @tmp.
 */
int file_replace(const char *tmp, const char *path, struct err *err);
/** Replace @path by these bytes at once: a temporary file beside it, then rename. */
int file_write(const char *path, const void *data, size_t len, mode_t mode, struct err *err);
/**
 * May the file @path be replaced by another of its name without a difference to who looks? 1:
 * it is a plain file of ours with no other name, and *mode its permissions; 0: there is none,
 * *mode stays; -1: it is a link, a device, a pipe, has more names or another owner: then it is
 * opened and written.
 */
int file_stands_alone(const char *path, mode_t *mode);
/** Give the file that a user has named these bytes, as a shell's ">" does: see
 * file_stands_alone(). @mode: of a new one. At once, where that can be. */
int file_give(const char *path, const void *data, size_t len, mode_t mode, struct err *err);
/** Copy all of @from to @to, both at their current offset; reflink where possible. */
int file_copy_fd(int from, int to, struct err *err);
/** Make a folder and its parents; fine if it is there. */
int file_mkdirs(const char *path, mode_t mode, struct err *err);
/** Remove a file or a whole tree; fine if it is not there. Follows no symlink. */
int file_remove_tree(const char *path, struct err *err);
/**
 * The working folder: @pwd ($PWD; may be NULL) where it is a plain path to that very folder, as
 * compilers have it, else the physical one. Owned; NULL with errno set.
 */
char *file_working_folder(const char *pwd);
/** "DEVICE:INODE" of an open file, in hex; owned; NULL with errno set. */
char *file_identity(int fd);
/** readlink into a new, owned string; NULL with errno set. */
char *file_readlink(const char *path);
/** "$XDG_CACHE_HOME/gg/NAME" or "$HOME/.cache/gg/NAME"; owned; NULL: neither is an absolute
 * path. */
char *file_user_cache(const char *name);
/** The same, if it is a folder of this user's that nobody else may write, else NULL. @make:
 * make it when it is missing. */
char *file_user_cache_own(const char *name, bool make);

#endif

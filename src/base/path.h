/**
 * Paths as text. Nothing here touches the file system.
 */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include "base/buf.h"

/** The part after the last '/', never NULL; borrowed from @path. */
const char *path_base(const char *path);
/** Everything before the last '/': "." for a bare name, "/" for one below the root. Owned. */
char *path_dir(const char *path);
/** @path made absolute against @cwd and freed of "", "." and ".." by text alone. Owned. */
char *path_absolute(const char *cwd, const char *path);
/** "dir/name" with one slash. Owned. */
char *path_join(const char *dir, const char *name);
/** Is @path equal to @dir or below it? Both normalised. */
bool path_below(const char *path, const char *dir);
/** A normalised relative name without "..", "" or NUL: fit to be created below a folder. */
bool path_is_safe_relative(const char *path);
/** Does the path hold a ".." component? */
bool path_has_dotdot(const char *path);
/** The extension with its dot ("" if none); borrowed. */
const char *path_ext(const char *path);
/** Append @arg to @b so that a POSIX shell reads it back as one word. */
void path_shell_quote(struct buf *b, const char *arg);

#endif

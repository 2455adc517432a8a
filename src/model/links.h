/**
 * Symbolic links on the way to an input, for a tool that looks at them: gcc spells the header
 * of a system folder by its real path if that is shorter. They stand inside as they do outside.
 */
#ifndef MODEL_LINKS_H
#define MODEL_LINKS_H

#include "model/plan.h"

/**
 * The real path of @name (absolute, without ".."), owned. Every link on the way becomes an
 * entry of the own manifest, once. NULL with @err if it leads nowhere. One readlink for each
 * component that was not seen before.
 */
char *links_follow(struct plan *p, const char *name, struct err *err);

/** The same for a @name that is no link itself: only its folders are asked. */
char *links_follow_folder(struct plan *p, const char *name, struct err *err);

/** Is the real path of @path, a file or folder that is there, shorter than @path as it is? A
 * realpath(3) for each that was not asked before. */
bool links_shorten(struct plan *p, const char *path);

#endif

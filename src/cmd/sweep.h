/**
 * Finding placeholders that were moved or copied while their thunks were still to be forced.
 */
#ifndef CMD_SWEEP_H
#define CMD_SWEEP_H

#include "base/err.h"

/**
 * Call fn(arg, path, ref) for each placeholder file below @dir; ".git" and ".gg" folders are
 * left out, symbolic links not followed. Cost: a readdir per folder and an lstat per file; only
 * files of a placeholder's size are opened.
 */
int sweep(const char *dir, void (*fn)(void *arg, const char *path, const char *ref), void *arg,
          struct err *err);

#endif

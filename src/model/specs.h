/**
 * gcc's specs files ("Specifying Subprocesses and the Switches to Pass to Them" in its manual):
 * rules for what a driver adds to the commands that it runs.
 */
#ifndef MODEL_SPECS_H
#define MODEL_SPECS_H

#include "base/err.h"

/** Is "NAME%s" among the driver's own files? */
typedef bool specs_found_fn(void *arg, const char *name);

/**
 * Can a driver that knows the options of a call, and was asked in another folder, have told
 * what the rules of the file at @path add? UNSURE where they look for files that may not be
 * there, name folders for some options only or by a relative name, or go on in other files.
 */
int specs_check(const char *path, specs_found_fn *found, void *arg, struct err *err);

#endif

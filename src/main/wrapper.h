/**
 * One call of a tool that gg models: its command line is turned into a thunk, or the real tool
 * is run.
 */
#ifndef MAIN_WRAPPER_H
#define MAIN_WRAPPER_H

#include <stdbool.h>

enum { WRAPPER_NO_TOOL = 127 };

/**
 * @tool: its absolute path; @path: PATH for it, without gg's models. Becomes the real tool
 * where that must be run and is not @is_followed by something that this process has to do.
 * Returns the exit status, 128 + signal where it was killed. The environment is changed.
 */
int wrapper_run(const char *tool, char *const *argv, const char *path, bool is_followed);

#endif

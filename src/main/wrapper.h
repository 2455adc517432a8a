/**
 * One call of a tool that gg models: its command line is turned into a thunk, or the real tool
 * is run.
 */
#ifndef MAIN_WRAPPER_H
#define MAIN_WRAPPER_H

#include <stdbool.h>

enum { WRAPPER_NO_TOOL = 127 };

enum wrapper_flags {
	WRAPPER_IS_FOLLOWED = 1 << 0, /* this process has something to do afterwards */
	WRAPPER_STANDS_BY = 1 << 1,   /* for another (main/standby.h): it runs no tool, and
	                                 returns STANDBY_DECLINED where one must be run */
};

/** PATH where there is none; as libc. */
#define WRAPPER_DEFAULT_PATH "/bin:/usr/bin"

/** The tool that the preload library says this process stands for (GG_TOOL): owned, or NULL. */
char *wrapper_told(void);

/**
 * @tool: its absolute path; @path: PATH for it, without gg's models. Becomes the real tool
 * where that must be run, or does as the flags say.
 * Returns the exit status, 128 + signal where it was killed. The environment is changed.
 */
int wrapper_run(const char *tool, char *const *argv, const char *path,
                enum wrapper_flags flags);

#endif

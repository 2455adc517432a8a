/**
 * Inside the preload library: what its hooks share.
 *
 * The library lives in every dynamic program of a build. It stands before libc's functions that
 * execute programs (hook_exec.c) and that open, look at or rename files (hook_file.c). The
 * first see to it that tools reach gg's models; the second, that nobody meets a placeholder,
 * and they pass everything on at once where products are real files from the start.
 *
 * It starts no thread, allocates nothing, needs nothing but libc, and does nothing when a
 * program starts but to look at some variables and keep them.
 */
#ifndef INTERCEPT_PRELOAD_H
#define INTERCEPT_PRELOAD_H

#include <stdbool.h>

#include "intercept/launch.h"

struct preload {
	bool files;        /* products may be placeholders, and this program may meet them */
	bool looks_only;   /* … its looks at files mean their times, as those of make do */
	char session[128]; /* to be asked */
	char *own[LAUNCH_OWN_MAX]; /* gg's variables as they were at the start; none: own[0] is
	                              NULL */
};

extern struct preload preload;

/** Make @path real if it is a placeholder. -1 with errno ENOENT when that can't be. */
int preload_want(int dirfd, const char *path);

#define HOOK __attribute__((visibility("default")))

/* The function that would be called without us. */
#define NEXT(name)                                                          \
	({                                                                  \
		static __typeof__(name) *next_;                             \
		if (!next_)                                                 \
			next_ = (__typeof__(next_))dlsym(RTLD_NEXT, #name); \
		next_;                                                      \
	})

#endif

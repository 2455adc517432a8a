/**
 * What kind of program a file is, as seen before it is executed: will the preload library be
 * there once it runs?
 *
 * Safe in a child of vfork and in a signal handler: system calls and the stack only.
 */
#ifndef INTERCEPT_TARGET_H
#define INTERCEPT_TARGET_H

enum target_kind {
	TARGET_NONE,        /* it can't be read; whoever executes it will hear why */
	TARGET_HOOKED,      /* dynamic, of this machine's kind: the library will be loaded */
	TARGET_OPAQUE,      /* static, setuid, of another kind, with system calls of its own, or
	                       with a sanitizer that must come first */
	TARGET_PLACEHOLDER, /* it stands for a program that is still to be made */
};

/** Look at @path, and for a script at its interpreter. Of a placeholder the name without links
 *  goes to @real (@room bytes, at least PATH_MAX). Cost: open, stat, one read. */
enum target_kind target_inspect(const char *path, char *real, unsigned long room);

/** Is it a placeholder (not a device, pipe, …)? @dirfd as for openat. The name without links
 *  goes to @real (@room bytes, at least PATH_MAX) when it is. */
_Bool target_is_placeholder(int dirfd, const char *path, char *real, unsigned long room);

/** Below a folder of the system, where a build makes nothing? */
_Bool target_is_system(const char *path);

#endif

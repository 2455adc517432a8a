/**
 * How a program of a staged root is executed where chroot is refused: the kernel would take the
 * interpreter of an ELF file or of a script from the host, so they are named explicitly. Part
 * of the slot, for a job's first program, and of the preloaded library, for all others.
 */
#ifndef SANDBOX_SHIM_LAUNCH_H
#define SANDBOX_SHIM_LAUNCH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/** What the library is told, in its environment; jobs never see these. */
#define SHIM_VARS  "GG_SHIM_"
#define SHIM_BASE  "GG_SHIM_BASE="  /* folder, without links: root/, shim.so, refused */
#define SHIM_LIBS  "GG_SHIM_LIBS="  /* library folders, for the loader: a:b:c */
#define SHIM_WORKS "GG_SHIM_WORKS=" /* what a job may write to, in its own terms: a:b:c */
#define SHIM_ARGV0 "GG_SHIM_ARGV0="
#define SHIM_EXE   "GG_SHIM_EXE=" /* the program, in the job's terms */

enum {
	LAUNCH_SCRIPTS = 4, /* interpreters that are scripts themselves; the kernel's limit */
	LAUNCH_FIRST = 7,   /* the loader, its options, the program */
	LAUNCH_VARS = 5,
	LAUNCH_LINE = 256, /* of a script's first line; the kernel's limit */
};

/** Where a job's root is: variables with their names, borrowed. */
struct launch_root {
	const char *base; /* GG_SHIM_BASE=… */
	const char *libs;
	const char *works;
};

/** A program to execute. Points into itself, and to what launch_plan was given. */
struct launch {
	char loader[PATH_MAX];  /* the host's file to execute: the loader of the root */
	char program[PATH_MAX]; /* the host's path of the ELF file */
	char shim[PATH_MAX];
	char argv0[PATH_MAX];
	char exe[PATH_MAX];
	char line[LAUNCH_SCRIPTS][LAUNCH_LINE];
	const char *scripts[LAUNCH_SCRIPTS * 2 + 1]; /* stand for argv[0] */
	size_t n_scripts;
};

/**
 * Plan the execution of @path, absolute in the job's terms. @name: what the caller calls it,
 * @argv0: how it is to see itself. Only system calls: safe after vfork. Returns 0 or an errno;
 * with @refused true when the library can't be loaded into the program, which is static or made
 * for another platform.
 */
int launch_plan(const struct launch_root *root, const char *path, const char *name,
                const char *argv0, struct launch *l, bool *refused);
/** How many pointers launch_argv writes at most for @argc arguments. */
size_t launch_argc(size_t argc);
void launch_argv(const struct launch_root *root, const struct launch *l, char *const *argv,
                 char **out);
/** @out has room for those of @envp, LAUNCH_VARS and a NULL. */
void launch_envp(const struct launch_root *root, const struct launch *l, char *const *envp,
                 char **out);

#endif

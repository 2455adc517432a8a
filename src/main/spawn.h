/**
 * Finding and starting programs as those of a build do, through intercept/launch.h.
 */
#ifndef MAIN_SPAWN_H
#define MAIN_SPAWN_H

#include <sys/types.h>

/** Start @program, a path, and wait. Returns its wait status; -1 with errno: it could not be
 * started. */
int spawn_run(const char *program, char *const *argv, char *const *envp);
/** As a shell's "$?" has it, which also says what killed it. */
int spawn_exit_status(int wait_status);
/** Wait for @pid; its exit status. */
int spawn_wait(pid_t pid);
/** A program by its name, with PATH; owned. NULL: there is none, or which one it is depends on
 * the folder. */
char *spawn_find(const char *name);
/** A tool's own path, behind links that a build has made to it, where the wrapper stands for
 * @program; owned. NULL: it does not. */
char *spawn_tool(const char *program, char *const *argv);

#endif

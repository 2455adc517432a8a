/**
 * A child process on the event loop. Started by posix_spawn, which shares our memory until the
 * program begins: libuv's fork copies the page tables, and that is most of what a short command
 * costs. What is ignored here stays ignored there (nohup), but for SIGPIPE.
 */
#ifndef EXEC_CHILD_H
#define EXEC_CHILD_H

#include "base/err.h"

#include <sys/types.h>
#include <uv.h>

/** @status as waitpid has it. Called once, from the loop; the child is not to be used then. */
typedef void child_done_fn(void *arg, int status);

struct child_options {
	const char *file; /* a path; a script without "#!" is run by /bin/sh, as execvp does */
	char *const *argv;
	char *const *envp;
	const char *cwd; /* NULL: ours */
	int fds[3];      /* standard input, output, error; -1: /dev/null */
};

struct child;

/** NOTFOUND when there is no such program, else IO; nothing is called then. */
int child_start(uv_loop_t *loop, const struct child_options *o, child_done_fn *done, void *arg,
                struct child **out, struct err *err);
/** A child that was started already; it may have ended since. IO. */
int child_adopt(uv_loop_t *loop, pid_t pid, child_done_fn *done, void *arg, struct child **out,
                struct err *err);
void child_kill(struct child *c, int signal);
/** 128 + signal, or what it exited with: a status as shells have it. */
int child_exit_code(int status);

#endif

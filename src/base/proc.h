/**
 * Child processes of our own: run a tool and read what it prints. No shell.
 */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/**
 * Run @argv (argv[0] an absolute path or found on @envp's or our PATH) and wait.
 *
 * @cwd   NULL: ours
 * @envp  NULL: ours
 * @out   standard output, NULL to discard
 * @errs  standard error, NULL to discard; may equal @out
 * Returns the exit status (128 + signal when killed, 127 when there is no such
 * program), or -1 with @err.
 */
int proc_capture(char *const *argv, const char *cwd, char *const *envp, struct buf *out,
                 struct buf *errs, struct err *err);

/** Find @name on the colon-separated @path, skipping folder @skip (may be NULL). Owned, or
 * NULL. */
char *proc_find_on_path(const char *name, const char *path, const char *skip);

struct proc_ancestor {
	pid_t pid;
	int64_t age_ns; /* since it was started, to 10 ms */
};
/** This process, its parent, its parent's parent, …: at most @max, as far as /proc tells.
 * Returns how many. */
size_t proc_lineage(struct proc_ancestor *out, size_t max);
/** From now on that is the lineage of @pid, in whose place this process acts; 0: its own. */
void proc_stand_in(pid_t pid);

/** The umask, which stays. Not while another thread makes files. */
mode_t proc_umask(void);
/** Value of NAME in an environment, or NULL; borrowed. */
const char *proc_env(char *const *envp, const char *name);

/** Are standard input, output and error open? */
bool proc_has_standard_fds(void);
/**
 * Let something stand where standard input, output or error is closed, until this program
 * executes another: what is opened next would get that number, and be written to as if it were
 * the standard output.
 */
void proc_hold_standard_fds(void);
/** Whoever ignores SIGCHLD hands that on to what he starts, and how a child ended would be
 * lost: no longer here. */
void proc_heed_children(void);

#endif

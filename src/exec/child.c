#include "exec/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/strv.h"

struct child {
	union {
		uv_handle_t handle;
		uv_poll_t poll;
		uv_signal_t signal;
	};
	pid_t pid;
	int pidfd; /* readable when it has ended; -1: the kernel has none, SIGCHLD tells */
	child_done_fn *done;
	void *arg;
};

static void on_closed(uv_handle_t *h)
{
	struct child *c = h->data;

	if (c->pidfd >= 0)
		close(c->pidfd);
	free(c);
}

static void look(struct child *c)
{
	int how = 127 << 8; /* somebody else took it */
	pid_t rc;

	do
		rc = waitpid(c->pid, &how, WNOHANG);
	while (rc < 0 && errno == EINTR);
	if (rc == 0)
		return;
	uv_close(&c->handle, on_closed);
	c->done(c->arg, how);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	(void)status, (void)events;
	look(poll->data);
}

static void on_signal(uv_signal_t *signal, int number)
{
	(void)number;
	look(signal->data);
}

static int watch(uv_loop_t *loop, struct child *c)
{
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->pidfd >= 0 && uv_poll_init(loop, &c->poll, c->pidfd) == 0)
		return uv_poll_start(&c->poll, UV_READABLE, on_readable);
	uv_signal_init(loop, &c->signal);
	if (uv_signal_start(&c->signal, on_signal, SIGCHLD) < 0)
		return -1;
	/* it may have ended before we listened */
	return kill(getpid(), SIGCHLD);
}

static int spawn(const struct child_options *o, const char *file, char *const *argv,
                 const posix_spawnattr_t *attributes, pid_t *pid)
{
	posix_spawn_file_actions_t actions;

	posix_spawn_file_actions_init(&actions);
	for (int i = 0; i < 3; i++)
		if (o->fds[i] < 0)
			posix_spawn_file_actions_addopen(&actions, i, "/dev/null",
			                                 i ? O_WRONLY : O_RDONLY, 0);
		else
			posix_spawn_file_actions_adddup2(&actions, o->fds[i], i);
	if (o->cwd)
		posix_spawn_file_actions_addchdir_np(&actions, o->cwd);
	int rc = posix_spawn(pid, file, &actions, attributes, argv, o->envp);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

static int spawn_or_shell(const struct child_options *o, pid_t *pid)
{
	posix_spawnattr_t attributes;
	sigset_t usual;

	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &usual);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	int rc = spawn(o, o->file, o->argv, &attributes, pid);
	if (rc == ENOEXEC) {
		auto_strv args = STRV_INIT;

		strv_add(&args, "/bin/sh");
		strv_add(&args, o->file);
		for (char *const *a = o->argv + 1; o->argv[0] && *a; a++)
			strv_add(&args, *a);
		rc = spawn(o, "/bin/sh", strv_argv(&args), &attributes, pid);
	}
	posix_spawnattr_destroy(&attributes);
	return rc;
}

int child_adopt(uv_loop_t *loop, pid_t pid, child_done_fn *done, void *arg, struct child **out,
                struct err *err)
{
	struct child *c = xcalloc(1, sizeof(*c));

	c->pid = pid;
	c->done = done;
	c->arg = arg;
	c->handle.data = c;
	if (watch(loop, c) < 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		uv_close(&c->handle, on_closed);
		return err_set(err, ERR_IO, "wait for process %d", (int)pid);
	}
	*out = c;
	return 0;
}

int child_start(uv_loop_t *loop, const struct child_options *o, child_done_fn *done, void *arg,
                struct child **out, struct err *err)
{
	pid_t pid = -1;

	errno = spawn_or_shell(o, &pid);
	if (errno)
		return err_sys(err, "run %s", o->file);
	return child_adopt(loop, pid, done, arg, out, err);
}

void child_kill(struct child *c, int signal)
{
	kill(c->pid, signal);
}

int child_exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

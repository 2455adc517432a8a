#include "main/spawn.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/compat.h"
#include "intercept/launch.h"

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

int spawn_run(const char *program, char *const *argv, char *const *envp)
{
	struct launch l = { .path = program, .argv = argv, .envp = envp };
	auto_free char *room = xmalloc(launch_room(l.path, l.envp));
	pid_t pid;

	l.room = room;
	launch_prepare(&l);
	int error = posix_spawn(&pid, l.path, NULL, NULL, argv, l.envp);
	if (error) {
		errno = error;
		return -1;
	}
	return wait_for(pid);
}

int spawn_exit_status(int wait_status)
{
	if (!WIFSIGNALED(wait_status))
		return WEXITSTATUS(wait_status);
	int signal = WTERMSIG(wait_status);
	/* these two a shell says nothing of */
	if (signal != SIGINT && signal != SIGPIPE)
		fprintf(stderr, "%s\n", strsignal(signal));
	return 128 + signal;
}

int spawn_wait(pid_t pid)
{
	int status = wait_for(pid);

	return status < 0 ? 127 : spawn_exit_status(status);
}

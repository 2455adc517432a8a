#include "main/spawn.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/compat.h"
#include "base/proc.h"
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

/* PATH, where it leads to the same programs from every folder. */
static const char *absolute_path(void)
{
	const char *path = getenv("PATH");

	for (const char *p = path; p; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL)
		if (*p != '/')
			return NULL;
	return path;
}

char *spawn_find(const char *name)
{
	const char *path = absolute_path();

	if (strchr(name, '/'))
		return xstrdup(name);
	return path ? proc_find_on_path(name, path, NULL) : NULL;
}

char *spawn_tool(const char *program, char *const *argv)
{
	struct launch l = { .path = program, .argv = argv, .envp = environ };
	auto_free char *room = xmalloc(launch_room(l.path, l.envp));
	const char *const ours[] = { getenv("GG_WRAPPER"), getenv("GG_CALL") };
	bool is_tool = false;

	l.room = room;
	launch_prepare(&l);
	for (size_t i = 0; i < countof(ours); i++)
		is_tool |= ours[i] && strcmp(l.path, ours[i]) == 0;
	return is_tool ? xstrdup(launch_env(l.envp, LAUNCH_TOOL)) : NULL;
}

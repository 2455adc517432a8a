/*
 * Hooks of what executes programs. libc's own functions call each other without going through
 * these, so each of them is here. A search along PATH is made here, as libc would make it, and
 * libc is then given the path that was found.
 */
#undef _FILE_OFFSET_BITS
#include <alloca.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "intercept/ask.h"
#include "intercept/launch.h"
#include "intercept/preload.h"

/* Needs memory of the caller of exec, hence a macro. */
#define PREPARE(l, file, args, env)                                                        \
	struct launch l = { .path = file, .argv = args, .envp = (env) ? (env) : nothing }; \
	if (l.path) {                                                                      \
		if (is_cleared(l.envp))                                                    \
			restore(&l, alloca(restored_size(l.envp)));                        \
		l.room = alloca(launch_room(l.path, l.envp));                              \
		launch_prepare(&l);                                                        \
	}

static char *const nothing[] = { NULL };

/* Was this program of a build, and is the one that it executes not to know? */
static bool is_cleared(char *const *envp)
{
	return preload.own[0] && !launch_env(envp, LAUNCH_SESSION);
}

static size_t count(char *const *v)
{
	size_t n = 0;

	while (v[n])
		n++;
	return n;
}

static size_t restored_size(char *const *envp)
{
	return (count(envp) + LAUNCH_OWN_MAX) * sizeof(char *);
}

/* Give back what makes a command one of the build; or what is read must be real, for the
 * library will not be there. */
static void restore(struct launch *l, char **envp)
{
	size_t n = count(l->envp);
	int saved = errno;

	if (launch_belongs(l, preload.own)) {
		memcpy(envp, l->envp, n * sizeof(*envp));
		memcpy(envp + n, preload.own, (count(preload.own) + 1) * sizeof(*envp));
		l->envp = envp;
	} else if (preload.files) {
		ask(preload.session, "settle", NULL, NULL, true);
	}
	errno = saved;
}

static bool is_program(const char *path)
{
	struct stat st;

	return syscall(SYS_faccessat, AT_FDCWD, path, X_OK) == 0 &&
	       syscall(SYS_newfstatat, AT_FDCWD, path, &st, 0) == 0 && S_ISREG(st.st_mode);
}

/* @file as execvp() finds it; itself when it does not. */
static const char *find(const char *file, char found[PATH_MAX])
{
	const char *path = getenv("PATH");
	int saved = errno;
	const char *result = file;

	if (!file || !*file || strchr(file, '/'))
		return file;
	for (const char *p = path ? path : "/bin:/usr/bin"; p && result == file;
	     p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL) {
		size_t n = strcspn(p, ":");
		size_t len = strlen(file);

		if (n + len + 2 > PATH_MAX)
			continue;
		memcpy(found, p, n);
		if (n)
			found[n++] = '/';
		memcpy(found + n, file, len + 1);
		if (is_program(found))
			result = found;
	}
	errno = saved;
	return result;
}

HOOK int execve(const char *path, char *const argv[], char *const envp[])
{
	PREPARE(l, path, argv, envp);
	return NEXT(execve)(l.path, argv, l.envp);
}

HOOK int execv(const char *path, char *const argv[])
{
	PREPARE(l, path, argv, environ);
	return NEXT(execve)(l.path, argv, l.envp);
}

HOOK int execvpe(const char *file, char *const argv[], char *const envp[])
{
	char found[PATH_MAX];
	PREPARE(l, find(file, found), argv, envp);

	return NEXT(execvpe)(l.path, argv, l.envp);
}

HOOK int execvp(const char *file, char *const argv[])
{
	return execvpe(file, argv, environ);
}

/* The vector of a call with its arguments in line. */
#define GATHER(argv, ap, first)                                \
	size_t n_##argv = 1;                                   \
	va_start(ap, first);                                   \
	while (va_arg(ap, char *))                             \
		n_##argv++;                                    \
	va_end(ap);                                            \
	char **argv = alloca((n_##argv + 1) * sizeof(char *)); \
	argv[0] = (char *)(first);                             \
	va_start(ap, first);                                   \
	for (size_t i_ = 1; i_ <= n_##argv; i_++)              \
	argv[i_] = va_arg(ap, char *)

HOOK int execl(const char *path, const char *arg, ...)
{
	va_list ap;

	GATHER(argv, ap, arg);
	va_end(ap);
	return execve(path, argv, environ);
}

HOOK int execlp(const char *file, const char *arg, ...)
{
	va_list ap;

	GATHER(argv, ap, arg);
	va_end(ap);
	return execvpe(file, argv, environ);
}

HOOK int execle(const char *path, const char *arg, ...)
{
	va_list ap;

	GATHER(argv, ap, arg);
	char *const *envp = va_arg(ap, char *const *);
	va_end(ap);
	return execve(path, argv, envp);
}

HOOK int posix_spawn(pid_t *restrict pid, const char *restrict path,
                     const posix_spawn_file_actions_t *restrict actions,
                     const posix_spawnattr_t *restrict attributes, char *const argv[restrict],
                     char *const envp[restrict])
{
	PREPARE(l, path, argv, envp);
	return NEXT(posix_spawn)(pid, l.path, actions, attributes, argv, l.envp);
}

HOOK int posix_spawnp(pid_t *restrict pid, const char *restrict file,
                      const posix_spawn_file_actions_t *restrict actions,
                      const posix_spawnattr_t *restrict attributes, char *const argv[restrict],
                      char *const envp[restrict])
{
	char found[PATH_MAX];
	PREPARE(l, find(file, found), argv, envp);

	return NEXT(posix_spawnp)(pid, l.path, actions, attributes, argv, l.envp);
}

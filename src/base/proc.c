#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/path.h"

mode_t proc_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return mask;
}

const char *proc_env(char *const *envp, const char *name)
{
	size_t n = strlen(name);

	for (; envp && *envp; envp++)
		if (strncmp(*envp, name, n) == 0 && (*envp)[n] == '=')
			return *envp + n + 1;
	return NULL;
}

char *proc_find_on_path(const char *name, const char *path, const char *skip)
{
	for (const char *p = path; p; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL) {
		size_t n = strcspn(p, ":");
		auto_free char *dir = n ? xstrndup(p, n) : xstrdup(".");

		if (skip && strcmp(dir, skip) == 0)
			continue;
		auto_free char *full = path_join(dir, name);
		struct stat st;
		if (stat(full, &st) == 0 && S_ISREG(st.st_mode) && access(full, X_OK) == 0)
			return steal(&full);
	}
	return NULL;
}

/* Fills @out and returns the parent's id; 0: nothing can be told. proc(5), /proc/PID/stat:
 * "PID (NAME) STATE PARENT …", of which NAME may hold anything, and the 22nd is the start in
 * ticks since the boot. */
static pid_t read_process(pid_t pid, struct proc_ancestor *out)
{
	enum { PARENT = 4, START = 22 };
	char path[32];
	char text[1024];
	char *rest = NULL;
	int64_t parent = 0, start = 0;
	struct timespec now;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	char *at = strrchr(text, ')');
	if (!at || !strtok_r(at + 1, " ", &rest)) /* the state */
		return 0;
	for (int i = PARENT; i <= START; i++) {
		const char *word = strtok_r(NULL, " ", &rest);

		if (!word)
			return 0;
		if (i == PARENT)
			parent = strtoll(word, NULL, 10);
		start = strtoll(word, NULL, 10);
	}
	clock_gettime(CLOCK_BOOTTIME, &now);
	*out = (struct proc_ancestor){ pid, clock_ns_of(now) - start * (1000000000 /
		                                                        sysconf(_SC_CLK_TCK)) };
	return (pid_t)parent;
}

static pid_t stands_in_for;

void proc_stand_in(pid_t pid)
{
	stands_in_for = pid;
}

size_t proc_lineage(struct proc_ancestor *out, size_t max)
{
	size_t n = 0;

	for (pid_t pid = stands_in_for ? stands_in_for : getpid(); n < max && pid > 0;) {
		pid = read_process(pid, &out[n]);
		n += pid > 0;
	}
	return n;
}

static void child(char *const *argv, const char *cwd, char *const *envp, int out, int errs)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, 0);
	dup2(out >= 0 ? out : null, 1);
	dup2(errs >= 0 ? errs : null, 2);
	if (cwd && chdir(cwd) < 0)
		_exit(127);
	if (envp)
		environ = (char **)envp;
	/* We may ignore it; programs count on it. */
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], argv);
	_exit(127);
}

/* Reads both pipes until their ends; a descriptor of -1 is none. */
static int drain(int fds[2], struct buf *bufs[2], struct err *err)
{
	struct pollfd p[2] = { { fds[0], POLLIN, 0 }, { fds[1], POLLIN, 0 } };

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return err_sys(err, "poll");
		for (int i = 0; i < 2; i++) {
			char chunk[16384];

			if (p[i].fd < 0 || !(p[i].revents & (POLLIN | POLLHUP | POLLERR)))
				continue;
			ssize_t n = read(p[i].fd, chunk, sizeof(chunk));
			if (n > 0)
				buf_add(bufs[i], chunk, (size_t)n);
			else if (n == 0 || errno != EINTR)
				p[i].fd = -1;
		}
	}
	return 0;
}

int proc_capture(char *const *argv, const char *cwd, char *const *envp, struct buf *out,
                 struct buf *errs, struct err *err)
{
	int o[2] = { -1, -1 };
	int e[2] = { -1, -1 };

	if (out && pipe2(o, O_CLOEXEC) < 0)
		return err_sys(err, "pipe");
	if (errs && errs != out && pipe2(e, O_CLOEXEC) < 0) {
		err_sys(err, "pipe");
		close(o[0]);
		close(o[1]);
		return -1;
	}
	pid_t pid = fork();
	if (pid == 0)
		child(argv, cwd, envp, o[1], errs && errs == out ? o[1] : e[1]);
	if (o[1] >= 0)
		close(o[1]);
	if (e[1] >= 0)
		close(e[1]);
	int fds[2] = { o[0], e[0] };
	struct buf *bufs[2] = { out, errs };
	int rc = pid < 0 ? err_sys(err, "fork") : drain(fds, bufs, err);
	int status = 0;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (o[0] >= 0)
		close(o[0]);
	if (e[0] >= 0)
		close(e[0]);
	if (rc < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool proc_has_standard_fds(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return false;
	return true;
}

void proc_heed_children(void)
{
	struct sigaction now;

	if (sigaction(SIGCHLD, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
		signal(SIGCHLD, SIG_DFL);
}

void proc_hold_standard_fds(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", O_RDWR | O_CLOEXEC);
}

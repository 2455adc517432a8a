/**
 * A helper program of tests/peers that prints its port and ends when its standard input does.
 */
#ifndef PEER_FIXTURE_H
#define PEER_FIXTURE_H

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "check.h"

struct peer {
	pid_t pid;
	int in;
	unsigned port;
};

/* @argv: argv[0] is a file name in tests/peers, run by python3. */
static inline void peer_start(struct peer *p, const char *const *argv)
{
	const char *root = getenv("GG_SOURCE");
	const char *args[12] = { "python3" };
	char path[512], line[32] = "";
	int in[2], out[2];
	size_t n = 1;

	snprintf(path, sizeof(path), "%s/tests/peers/%s", root ? root : ".", argv[0]);
	args[n++] = path;
	for (size_t i = 1; argv[i] && n < 11; i++)
		args[n++] = argv[i];
	CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0, "pipe");
	p->pid = fork();
	if (p->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* it must not outlive us */
		dup2(in[0], 0);
		dup2(out[1], 1);
		execvp(args[0], (char *const *)args);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	p->in = in[1];
	for (size_t at = 0; at + 1 < sizeof(line); at++)
		if (read(out[0], line + at, 1) != 1 || line[at] == '\n')
			break;
	close(out[0]);
	p->port = (unsigned)strtoul(line, NULL, 10);
	CHECK(p->port > 0, "%s did not start", path);
}

static inline void peer_stop(struct peer *p)
{
	close(p->in);
	kill(p->pid, SIGTERM);
	waitpid(p->pid, NULL, 0);
}

#endif

/* spawn N COMMAND...: runs COMMAND N times, one after another: what a bare spawn costs. "{}" in
 * an argument stands for 0 … N-1. A command without a slash is looked for on PATH. Prints the
 * children's CPU seconds. */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char **environ;

/* A copy of @arg with the number in place of the first "{}". Never freed: it is a short life.
 */
static char *numbered(const char *arg, long number)
{
	const char *at = strstr(arg, "{}");
	size_t room = strlen(arg) + 24;
	char *out = malloc(room);

	if (at)
		snprintf(out, room, "%.*s%ld%s", (int)(at - arg), arg, number, at + 2);
	else
		snprintf(out, room, "%s", arg);
	return out;
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? atol(argv[1]) : 0;
	struct rusage u;

	for (long i = 0; i < n; i++) {
		char *args[64] = { NULL };
		pid_t pid;
		int status;

		for (int k = 2; k < argc && k < 65; k++)
			args[k - 2] = numbered(argv[k], i);
		if (posix_spawnp(&pid, args[0], NULL, NULL, args, environ) != 0 ||
		    waitpid(pid, &status, 0) < 0 || status != 0) {
			fprintf(stderr, "spawn: %s failed\n", argv[2]);
			return 1;
		}
	}
	getrusage(RUSAGE_CHILDREN, &u);
	printf("%.6f %ld\n",
	       (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	               (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6,
	       u.ru_maxrss);
	return 0;
}

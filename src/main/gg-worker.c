/* gg-worker: runs other machines' thunks, in one of several places. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/proc.h"
#include "base/compat.h"
#include "main/worker_http.h"
#include "main/worker_lambda.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
} modes[] = {
	{ "http", worker_http, "behind HTTP, set up by variables (Cloud Run, containers)" },
	{ "lambda", worker_lambda, "as an AWS Lambda function (its bootstrap)" },
};

static int usage(FILE *to)
{
	fputs("usage: gg-worker MODE [OPTIONS]\n\n", to);
	for (size_t i = 0; i < countof(modes); i++)
		fprintf(to, "  %-8s %s\n", modes[i].name, modes[i].what);
	return to == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
	proc_hold_standard_fds();
	proc_heed_children();
	/* A log that nobody reads any more, or a peer that went, is no reason to end. */
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; argc > 1 && i < countof(modes); i++)
		if (strcmp(argv[1], modes[i].name) == 0)
			return modes[i].run(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		puts("gg-worker " GG_VERSION);
		return 0;
	}
	return usage(argc > 1 && strcmp(argv[1], "--help") == 0 ? stdout : stderr);
}

/* gg: finds the command and runs it. As a link called gg-NAME it is that command. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/proc.h"
#include "cmd/cmd.h"

/* The original's names for what is called otherwise here. */
static const struct {
	const char *old;
	const char *now;
} renamed[] = {
	{ "force-and-run", "run" },
	{ "thunksummary", "summary" },
};

static const char *current_name(const char *name)
{
	for (size_t i = 0; i < countof(renamed); i++)
		if (strcmp(renamed[i].old, name) == 0)
			return renamed[i].now;
	return name;
}

static int run_command(const char *name, int argc, char **argv)
{
	const struct command *c = command_find(current_name(name));

	if (!c) {
		fprintf(stderr, "gg: there is no command \"%s\"; see: gg help\n", name);
		return 2;
	}
	return c->run(c, argc, argv);
}

/* As everywhere, a folder without a name is none. */
static void unset_empty(const char *name)
{
	const char *value = getenv(name);

	if (value && !*value)
		unsetenv(name);
}

static int run(int argc, char **argv)
{
	const char *self = argc > 0 ? path_base(argv[0]) : "gg";

	if (strcmp(self, "model-generic") == 0) /* its name in the original, without "gg-" */
		return run_command(self, argc, argv);
	if (strncmp(self, "gg-", 3) == 0)
		return run_command(self + 3, argc, argv);
	if (argc < 2) {
		run_command("help", 1, argv);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return run_command("help", argc - 1, argv + 1);
	if (strcmp(argv[1], "--version") == 0)
		return run_command("version", argc - 1, argv + 1);
	return run_command(argv[1], argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	unset_empty("GG_DIR");
	proc_hold_standard_fds();
	proc_heed_children();
	int rc = run(argc, argv);
	bool failed = ferror(stdout);

	/* what is lost here was the answer */
	if (fflush(stdout) == 0 && !failed)
		return rc;
	fprintf(stderr, "gg: standard output can't be written%s%s\n", failed ? "" : ": ",
	        failed ? "" : strerror(errno));
	return rc ? rc : 1;
}

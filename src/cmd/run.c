/* gg run (gg-force-and-run): what a placeholder's first line starts. */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "core/placeholder.h"
#include "model/delegate.h"

#include "cmd/tools.h"

int cmd_run(const struct command *self, int argc, char **argv)
{
	auto_strv files = STRV_INIT;
	struct err err = ERR_INIT;

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return command_help(self);
	int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;
	if (argc <= first)
		return command_usage(self, "name the file to run");
	auto_free char *gg = realpath("/proc/self/exe", NULL);
	auto_free char *file = realpath(argv[first], NULL);
	if (!file || !gg) {
		err_sys(&err, "%s", argv[first]);
		return command_failed(self, &err);
	}
	strv_add(&files, file);
	/* Through the coordinator of the build that we are in, or by ourselves. */
	if (delegate_force(&files, getenv("GG_SESSION"), gg, &err) < 0)
		return command_failed(self, &err);
	struct placeholder h = { 0 };
	if (placeholder_read(file, &h, &err) == 1) {
		err_set(&err, ERR_FAILED, "%s: still a placeholder", argv[first]);
		return command_failed(self, &err);
	}
	execv(file, argv + first);
	err_sys(&err, "run %s", argv[first]);
	command_failed(self, &err);
	return err.kind == ERR_NOTFOUND ? 127 : 126;
}

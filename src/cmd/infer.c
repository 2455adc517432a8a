/* gg infer: run a build whose compilers make thunks and placeholders, and nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/tools.h"
#include "store/gc.h"

int cmd_infer(const struct command *self, int argc, char **argv)
{
	static const char *const extra[] = { "GG_SESSION=", "GG_MODE=", NULL };
	struct err err = ERR_INIT;
	auto_store st = NULL;
	int first = 1;

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return command_help(self);
	if (argc > 1 && strcmp(argv[1], "--") == 0)
		first = 2;
	if (argc <= first)
		return command_usage(self, "name the command to run");
	if (command_open_store(true, &st, &err) < 0)
		return command_failed(self, &err);
	const char *path = getenv("PATH");
	const char *models = getenv("GG_MODELPATH");
	path = path ? path : "/usr/local/bin:/usr/bin:/bin";
	auto_free char *folder = models ? xstrdup(models) : tools_folder(st, path, true, &err);
	if (!folder)
		return command_failed(self, &err);
	auto_strv env = tools_environment(st, folder, path, extra);
	/* The command and its children keep gc away. */
	int held = store_hold(st);
	if (held >= 0)
		fcntl(held, F_SETFD, 0);
	store_close(steal(&st));
	environ = strv_argv(&env);
	execvp(argv[first], argv + first);
	err_sys(&err, "run %s", argv[first]);
	command_failed(self, &err);
	return err.kind == ERR_NOTFOUND ? 127 : 126;
}

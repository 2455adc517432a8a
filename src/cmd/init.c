/* gg init: make a store. */
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "cmd/cmd.h"

int cmd_init(const struct command *self, int argc, char **argv)
{
	struct err err = ERR_INIT;
	auto_store st = NULL;

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return command_help(self);
	if (argc > 1 && argv[1][0] == '-')
		return command_usage(self, "unknown option %s", argv[1]);
	if (argc > 2)
		return command_usage(self, "one folder at most");
	auto_free char *cwd = getcwd(NULL, 0);
	auto_free char *dir = path_absolute(cwd ? cwd : "/", argc == 2 ? argv[1] : ".gg");
	if (store_open(dir, STORE_CREATE, &st, &err) < 0)
		return command_failed(self, &err);
	return 0;
}

/* gg-remote: the commands that gg hands over. */
#include "cmd/remote.h"

#include <string.h>

int remote_handover(const struct command *self, char **argv, struct err *err)
{
	(void)self;
	(void)argv;
	(void)err;
	return 0;
}

static const struct {
	const char *name;
	int (*run)(const struct command *self, int argc, char **argv);
} commands_here[] = {
	{ "deploy", cmd_deploy }, { "gc", cmd_gc_remote }, { "get", cmd_get },
	{ "put", cmd_put },       { "serve", cmd_serve },  { "stats", cmd_stats_remote },
};

int remote_command(const struct command *self, int argc, char **argv)
{
	for (size_t i = 0; i < countof(commands_here); i++)
		if (strcmp(commands_here[i].name, self->name) == 0)
			return commands_here[i].run(self, argc, argv);
	BUG_IF("a remote command without a row");
	return 2;
}

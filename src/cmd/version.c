/* gg version. */
#include <string.h>

#include "cmd/cmd.h"

int cmd_version(const struct command *self, int argc, char **argv)
{
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return command_help(self);
	if (argc > 1 && strcmp(argv[1], "--json") == 0)
		puts("{\"version\": \"" GG_VERSION "\"}");
	else if (argc > 1)
		return command_usage(self, "unknown option %s", argv[1]);
	else
		puts("gg " GG_VERSION);
	return 0;
}

/* gg help: the list of commands, or one command's help. */
#include <string.h>

#include "cmd/cmd.h"

static void print_list(FILE *to)
{
	fputs("gg runs builds and other batches of commands as thunks: sandboxed, remembered, "
	      "in "
	      "parallel.\n\n"
	      "usage: gg COMMAND [OPTIONS] [ARGUMENTS]\n\n",
	      to);
	for (const struct command *c = commands; c->name; c++)
		fprintf(to, "  %-13s %s\n", c->name, c->summary);
	fputs("\n  gg build -- make      build the project here\n"
	      "  gg help build         more on a command\n",
	      to);
}

int cmd_help(const struct command *self, int argc, char **argv)
{
	/* "gg" alone comes here without a command: that is a usage error, so it goes to stderr.
	 */
	bool asked = argc > 1 || strcmp(argv[0], "help") == 0 || strstr(argv[0], "-h");
	const struct command *c = argc > 1 ? command_find(argv[1]) : NULL;

	if (argc > 1 && argv[1][0] == '-')
		return command_help(self);
	if (argc > 1 && !c)
		return command_usage(self, "there is no command \"%s\"", argv[1]);
	if (c)
		return command_help(c);
	print_list(asked ? stdout : stderr);
	return 0;
}

/* gg itself: hands over to gg-remote. */
#include "cmd/remote.h"

#include <unistd.h>

#include "base/strv.h"
#include "cmd/tools.h"

int remote_handover(const struct command *self, char **argv, struct err *err)
{
	auto_free char *program = tools_beside("gg-remote");
	auto_strv args = STRV_INIT;

	if (!program)
		return err_set(err, ERR_NOTFOUND,
		               "gg-remote, which talks to other machines, is not beside gg: "
		               "installed wrongly?");
	strv_add(&args, "gg");
	strv_add(&args, self->name);
	strv_add_all(&args, argv + 1);
	execv(program, strv_argv(&args));
	return err_sys(err, "run %s", program);
}

int remote_command(const struct command *self, int argc, char **argv)
{
	struct err err = ERR_INIT;

	(void)argc;
	remote_handover(self, argv, &err);
	return command_failed(self, &err);
}

#include "cmd/cmd.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "cmd/remote.h"
#include "store/gc.h"

const struct command commands[] = {
	{ "build", "run a build; what it compiles is forced while it runs", help_build,
	  cmd_build },
	{ "collect", "keep files in the store and print their names", help_collect,
	  cmd_collect },
	{ "create-thunk", "make a thunk by hand", help_create_thunk, cmd_create_thunk },
	{ "deploy", "make the cloud function that runs thunks", help_deploy, remote_command },
	{ "describe", "show a thunk as JSON", help_describe, cmd_describe },
	{ "doctor", "show what this machine can do, and what is lacking", help_doctor,
	  cmd_doctor },
	{ "execute", "run thunks now, without asking the memo table", help_execute,
	  cmd_execute },
	{ "explain", "show the thunks behind a file, and why they ran", help_explain,
	  cmd_explain },
	{ "force", "make placeholders real", help_force, cmd_force },
	{ "fsck", "check every object of the store", help_fsck, cmd_fsck },
	{ "gc", "remove from the store what was not used for long", help_gc, cmd_gc },
	{ "get", "bring objects from the backend", help_get, remote_command },
	{ "gtest", "run the tests of a GoogleTest program, each by itself", help_gtest,
	  cmd_gtest },
	{ "hash", "print the names of files", help_hash, cmd_hash },
	{ "help", "show this list, or help on a command", help_help, cmd_help },
	{ "infer", "run a build that makes thunks and placeholders only", help_infer,
	  cmd_infer },
	{ "init", "make a store here", help_init, cmd_init },
	{ "map", "run a command over many inputs", help_map, cmd_map },
	{ "model-generic", "make a thunk of a command by a description of it",
	  help_model_generic, cmd_model_generic },
	{ "models", "list the tools that are modelled, and check models.conf", help_models,
	  cmd_models },
	{ "put", "send files and objects to the backend", help_put, remote_command },
	{ "report", "write a page about a run", help_report, cmd_report },
	{ "run", "make a placeholder real, then run it", help_run, cmd_run },
	{ "serve", "run other machines' thunks", help_serve, remote_command },
	{ "stats", "show what became of the commands, in the last run and in all", help_stats,
	  cmd_stats },
	{ "summary", "show what a thunk depends on, as a tree", help_summary, cmd_summary },
	{ "version", "print the version", help_version, cmd_version },
	{ NULL, NULL, NULL, NULL },
};

const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

int command_help(const struct command *self)
{
	fputs(self->help, stdout);
	return 0;
}

int command_usage(const struct command *self, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "gg %s: ", self->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\ntry: gg %s --help\n", self->name);
	return 2;
}

int command_failed(const struct command *self, const struct err *err)
{
	fprintf(stderr, "gg %s: %s\n", self->name, err->msg);
	return err_exit_code(err->kind);
}

static int open_store(bool create, struct store **out, struct err *err)
{
	auto_free char *cwd = getcwd(NULL, 0);
	const char *named = getenv("GG_DIR");

	if (!cwd)
		return err_sys(err, "current folder");
	if (named && named[0] != '/')
		return err_set(err, ERR_USAGE, "GG_DIR must be an absolute path, not \"%s\"",
		               named);
	auto_free char *dir = store_find(named, cwd);
	/* The original makes GG_DIR when it is named: whoever names it wants it. */
	enum store_flags flags = create || named ? STORE_CREATE : 0;
	if (!dir && !create)
		return err_set(
			err, ERR_USAGE,
			"no store here: run \"gg init\", or set GG_DIR to an absolute path");
	if (!dir)
		dir = path_join(cwd, ".gg");
	return store_open(dir, flags, out, err);
}

int command_open_store(bool create, struct store **out, struct err *err)
{
	if (open_store(create, out, err) < 0)
		return -1;
	/* Until this process ends; that it can't be held is told by what can't be written. */
	store_hold(*out);
	return 0;
}

int command_open_store_alone(struct store **out, struct err *err)
{
	return open_store(false, out, err);
}

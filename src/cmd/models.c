/* gg models: what is modelled here, and whether models.conf can be read. */
#include <getopt.h>
#include <string.h>

#include "cmd/cmd.h"
#include "base/proc.h"
#include "model/conf.h"
#include "model/plan.h"

static void list(const struct conf *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct conf_tool *t = &c->v[i];
		auto_free char *found = proc_find_on_path(t->name, getenv("PATH"), NULL);
		const char *note = "";
		size_t at = i;
		const struct conf_tool *counts = conf_next(c, t->name, &at);

		if (model_for(t->name))
			note = "  (gg has a model of its own: this line counts for nothing)";
		else if (t->off)
			note = "  (off)";
		else if (counts != t)
			note = "  (another file's line counts)";
		else if (!found)
			note = "  (not on PATH)";
		printf("%-16s %s%s\n", t->name, t->source, note);
	}
}

int cmd_models(const struct command *self, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "check", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	bool check = false;
	int o;

	optind = 1;
	opterr = 0;
	while ((o = getopt_long(argc, argv, "+ch", longs, NULL)) != -1) {
		if (o == 'h')
			return command_help(self);
		if (o != 'c')
			return command_usage(self, "unknown option %s", argv[optind - 1]);
		check = true;
	}
	if (optind < argc)
		return command_usage(self, "takes no operands");
	auto_free char *cwd = getcwd(NULL, 0);
	auto_free char *dir = store_find(getenv("GG_DIR"), cwd ? cwd : "/");
	auto_free char *home = conf_home(environ);
	auto_conf c = { 0 };
	conf_load(&c, dir, home);
	if (!check)
		list(&c);
	for (size_t i = 0; i < c.errors.n; i++)
		fprintf(stderr, "gg models: %s\n", c.errors.v[i]);
	return c.errors.n ? 1 : 0;
}

/* gg explain: why files are what they are. */
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "cmd/cmd.h"
#include "cmd/json.h"
#include "ui/explain.h"
#include "ui/text.h"

struct explain {
	const struct command *self;
	struct explainer *explainer;
	char *cwd;   /* owned */
	json_t *all; /* NULL: text */
	int status;
};

static json_t *change_json(const struct explain_change *c)
{
	json_t *j = json_object();

	json_object_set_new(j, "kind", json_string(c->kind));
	json_object_set_new(j, "name", json_text(c->name));
	json_object_set_new(j, "before", json_text(c->before));
	json_object_set_new(j, "after", json_text(c->after));
	return j;
}

static json_t *seconds(int64_t ns)
{
	return ns < 0 ? json_null() : json_real((double)ns / 1e9);
}

static json_t *thunk_json(const struct explained *e)
{
	json_t *j = json_object();
	json_t *changes = json_array();

	for (size_t i = 0; i < e->n_changes; i++)
		json_array_append_new(changes, change_json(&e->changes[i]));
	json_object_set_new(j, "path", json_text(e->path));
	json_object_set_new(j, "thunk", json_name(&e->thunk));
	json_object_set_new(j, "command", json_text(e->command));
	json_object_set_new(j, "state", json_string(explain_state_name(e->state)));
	json_object_set_new(j, "in_last_run", json_boolean(e->in_last_run));
	json_object_set_new(j, "run", e->run ? json_count(e->run) : json_null());
	json_object_set_new(j, "ok", json_boolean(e->ok));
	json_object_set_new(j, "why", json_text(e->why));
	json_object_set_new(j, "reason", json_string(explain_reason_name(e->reason)));
	json_object_set_new(j, "changes", changes);
	json_object_set_new(j, "engine", json_text(e->engine));
	json_object_set_new(j, "wall_s", seconds(e->wall_ns));
	json_object_set_new(j, "queued_s", seconds(e->queued_ns));
	json_object_set_new(j, "cpu_s", seconds(e->cpu_ns));
	json_object_set_new(j, "tries", json_integer(e->tries));
	json_object_set_new(j, "altered", json_boolean(e->altered));
	return j;
}

static void not_made(struct explain *x, const char *target, const char *why)
{
	auto_buf text = BUF_INIT;

	x->status = 1;
	if (x->all) {
		json_t *j = json_object();

		json_object_set_new(j, "target", json_text(target));
		json_object_set_new(j, "made_by_gg", json_false());
		json_object_set_new(j, "error", json_text(why));
		json_array_append_new(x->all, j);
		return;
	}
	text_plain(&text, why);
	fprintf(stderr, "gg explain: %s\n", buf_str(&text));
}

static void made(struct explain *x, const char *target, const struct explained *v, size_t n)
{
	auto_buf text = BUF_INIT;

	if (!x->all) {
		explain_format(v, n, x->cwd, &text);
		fwrite(buf_str(&text), 1, text.len, stdout);
		return;
	}
	json_t *j = json_object();
	json_t *thunks = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(thunks, thunk_json(&v[i]));
	json_object_set_new(j, "target", json_text(target));
	json_object_set_new(j, "made_by_gg", json_true());
	json_object_set_new(j, "thunks", thunks);
	json_array_append_new(x->all, j);
}

static void explain_one(struct explain *x, const char *target)
{
	auto_free char *path = path_absolute(x->cwd, target);
	auto_free char *real = realpath(target, NULL);
	const struct explained *v;
	struct err err = ERR_INIT;
	size_t n;
	int rc = explainer_file(x->explainer, path, &v, &n, &err);

	/* It may have been made under another name of the same folder. */
	if (rc <= 0 && real && strcmp(real, path) != 0)
		rc = explainer_file(x->explainer, real, &v, &n, &err);
	if (rc == 1) {
		made(x, target, v, n);
		return;
	}
	auto_free char *why =
		rc < 0 ? xstrdup(err.msg) : xasprintf("%s: not made by gg", target);
	not_made(x, target, why);
}

/* The folder as the shell names it, when that is where we are: files are noted so. */
static char *working_folder(void)
{
	const char *pwd = getenv("PWD");
	struct stat a;
	struct stat b;

	if (pwd && pwd[0] == '/' && stat(pwd, &a) == 0 && stat(".", &b) == 0 &&
	    a.st_ino == b.st_ino && a.st_dev == b.st_dev)
		return path_absolute("/", pwd);
	return getcwd(NULL, 0);
}

int cmd_explain(const struct command *self, int argc, char **argv)
{
	static const struct option longs[] = { { "json", no_argument, NULL, 'J' },
		                               { "help", no_argument, NULL, 'h' },
		                               { NULL, 0, NULL, 0 } };
	struct explain x = { .self = self };
	struct err err = ERR_INIT;
	auto_store st = NULL;
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+h", longs, NULL)) != -1) {
		switch (c) {
		case 'J': x.all = x.all ? x.all : json_array(); break;
		case 'h': return command_help(self);
		default: return command_usage(self, "unknown option %s", argv[optind - 1]);
		}
	}
	if (optind == argc)
		return command_usage(self, "name at least one file");
	if (command_open_store(false, &st, &err) < 0)
		return command_failed(self, &err);
	x.cwd = working_folder();
	x.explainer = explainer_new(st, &err);
	if (!x.explainer || !x.cwd) {
		free(x.cwd);
		return command_failed(self, &err);
	}
	for (int i = optind; i < argc; i++)
		explain_one(&x, argv[i]);
	if (x.all)
		json_print(x.all);
	explainer_free(x.explainer);
	free(x.cwd);
	return x.status;
}

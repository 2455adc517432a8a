/* gg force: make placeholders real. */
#include <getopt.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "cmd/cmd.h"
#include "cmd/forcer.h"
#include "cmd/options.h"
#include "core/placeholder.h"

struct force {
	const struct command *self;
	struct store *store;
	struct forcer *forcer;
	struct strv targets;
	size_t asked;
	int status;
};

/* Who waits is told, and nobody else is. */
static void print_failure(const struct force *f, const struct forcer_result *r)
{
	const struct oid *const texts[] = { &r->out_text, &r->err_text };
	struct oid id;
	struct err err;

	for (size_t i = 0; i < countof(texts); i++) {
		auto_fd fd = -1;

		if (*texts[i]->s && store_open_blob(f->store, texts[i], &fd, &err) == 0)
			file_copy_fd(fd, 2, &err);
	}
	graph_id(r->node, &id);
	forcer_say(f->forcer, "failed (exit %d): %s; see: gg describe -c %s", r->status, id.s,
	           id.s);
}

static void print_value(void *arg, const struct forcer_result *r)
{
	struct force *f = arg;
	struct err err;
	struct oid value;
	bool executable;

	if (r->ok && graph_output(forcer_graph(f->forcer), r->node, NULL, &value, &executable,
	                          &err) == 0)
		puts(value.s);
	else
		f->status = 1;
	if (!r->ok && r->ran) {
		forcer_hide_status(f->forcer);
		print_failure(f, r);
	}
}

static int add_target(struct force *f, const char *path, struct err *err)
{
	auto_placeholder h = { 0 };
	struct oid id;

	if (access(path, F_OK) < 0 && oid_valid(path) && path[0] == 'T') {
		f->asked++;
		return oid_parse(path, strlen(path), &id, err) < 0
		               ? -1
		               : forcer_wait(f->forcer, &id, print_value, f, err);
	}
	int rc = access(path, R_OK) < 0 ? err_sys(err, "%s", path)
	                                : placeholder_read(path, &h, err);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		fprintf(stderr, "gg force: %s: not a placeholder, left as it is\n", path);
		return 0;
	}
	auto_free char *full = realpath(path, NULL);
	auto_free char *ref = h.tag ? xasprintf("%s#%s", h.thunk.s, h.tag) : xstrdup(h.thunk.s);
	f->asked++;
	return forcer_promise(f->forcer, ref, full ? full : path, forcer_mode_for(path), err);
}

static int read_list(struct force *f, const char *file, struct err *err)
{
	auto_buf text = BUF_INIT;

	if (file_read(file, &text, err) < 0)
		return -1;
	for (const char *at = buf_str(&text); *at;) {
		size_t n = strcspn(at, "\n");

		if (n)
			strv_addn(&f->targets, at, n);
		at += n + (at[n] == '\n');
	}
	return 0;
}

static int add_targets(struct force *f, struct err *err)
{
	for (size_t i = 0; i < f->targets.n; i++)
		if (add_target(f, f->targets.v[i], err) < 0)
			return -1;
	return 0;
}

static int run(struct force *f, struct store *st, const struct forcer_options *o)
{
	struct err err = ERR_INIT;

	f->store = st;
	f->forcer = forcer_new(st, o);
	if (forcer_connect(f->forcer, &err) < 0) {
		forcer_free(f->forcer);
		return command_failed(f->self, &err);
	}
	forcer_on_failure(f->forcer, (void (*)(void *))forcer_cancel, f->forcer);
	struct options_signals sig;
	options_watch_signals(&sig, f->forcer);
	int rc = add_targets(f, &err);
	if (rc == 0)
		forcer_run(f->forcer);
	bool failed = forcer_failed(f->forcer) || f->status;
	int signal = options_unwatch_signals(&sig);
	forcer_keep_all(f->forcer);
	forcer_free(f->forcer);
	if (store_sync(st, rc == 0 ? &err : NULL) < 0 && rc == 0)
		rc = -1;
	if (rc < 0)
		return command_failed(f->self, &err);
	return signal ? 128 + signal : failed;
}

int cmd_force(const struct command *self, int argc, char **argv)
{
	struct options o = OPTIONS_INIT;
	struct force f = { .self = self };
	struct err err = ERR_INIT;
	auto_store st = NULL;
	int rc = options_parse(&o, self, argc, argv);

	if (rc >= 0)
		return rc;
	if (optind == argc)
		return command_usage(self, "name at least one placeholder, or @FILE");
	for (int i = optind; i < argc; i++) {
		if (argv[i][0] != '@')
			strv_add(&f.targets, argv[i]);
		else if (read_list(&f, argv[i] + 1, &err) < 0)
			return command_failed(self, &err);
	}
	if (command_open_store(false, &st, &err) < 0) {
		rc = command_failed(self, &err);
	} else {
		options_record(&o, self, strv_argv(&f.targets));
		rc = run(&f, st, &o.forcer);
		options_record_end(&o, self, st, rc);
	}
	strv_release(&f.targets);
	return rc;
}

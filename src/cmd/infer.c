/*
 * gg infer: run a build whose compilers make thunks and placeholders, and nothing else. What
 * the build reads or runs itself is forced at that moment.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>

#include "cmd/coordinator.h"
#include "cmd/options.h"
#include "cmd/tools.h"
#include "intercept/launch.h"
#include "store/gc.h"

struct inference {
	const struct command *self;
	struct store *store;
	struct tools tools;
	struct forcer *forcer;
	struct coordinator *coordinator;
	uv_process_t child;
	bool runs;
	int status; /* as a shell has it */
};

static void on_exit_of_child(uv_process_t *p, int64_t status, int signal)
{
	struct inference *in = p->data;

	in->runs = false;
	in->status = signal ? 128 + signal : (int)status;
	uv_close((uv_handle_t *)p, NULL);
}

static int start(struct inference *in, char **argv, struct err *err)
{
	auto_free char *session =
		xasprintf(LAUNCH_SESSION "%s", coordinator_session(in->coordinator));
	const char *const extra[] = { session, LAUNCH_MODE "infer", NULL };
	auto_strv env = tools_environment(&in->tools, in->store, extra);
	auto_free char *found = tools_program(&in->tools, argv[0]);
	struct launch l = { .path = found, .envp = strv_argv(&env), .is_first = true };
	auto_free char *room = xmalloc(launch_room(l.path, l.envp));
	uv_stdio_container_t stdio[3];

	l.room = room;
	launch_prepare(&l);
	for (int i = 0; i < 3; i++)
		stdio[i] = (uv_stdio_container_t){ .flags = UV_INHERIT_FD, .data.fd = i };
	const uv_process_options_t options = {
		.exit_cb = on_exit_of_child,
		.file = l.path,
		.args = argv,
		.env = (char **)l.envp,
		.stdio_count = 3,
		.stdio = stdio,
	};
	in->child.data = in;
	int rc = uv_spawn(forcer_loop(in->forcer), &in->child, &options);
	if (rc < 0) {
		uv_close((uv_handle_t *)&in->child, NULL);
		in->status = rc == UV_ENOENT ? 127 : 126;
		return err_set(err, rc == UV_ENOENT ? ERR_NOTFOUND : ERR_IO, "run %s: %s",
		               argv[0], uv_strerror(rc));
	}
	in->runs = true;
	return 0;
}

/* Signals go to the command; what it does with them is its own affair. */
static int run(struct inference *in, char **argv)
{
	struct options_signals signals;
	struct err err = ERR_INIT;
	int told = 0;

	options_watch_signals(&signals, in->forcer);
	if (start(in, argv, &err) < 0)
		command_failed(in->self, &err);
	while (in->runs) {
		uv_run(forcer_loop(in->forcer), UV_RUN_ONCE);
		if (signals.got && signals.got != told && in->runs) {
			told = signals.got;
			uv_process_kill(&in->child, told);
			coordinator_cancel(in->coordinator);
		}
	}
	coordinator_drain(in->coordinator);
	forcer_run(in->forcer);
	options_unwatch_signals(&signals);
	return in->status;
}

int cmd_infer(const struct command *self, int argc, char **argv)
{
	struct inference in = { .self = self };
	const struct forcer_options options = { .lazy = true, .step = BOX_AUTO };
	struct err err = ERR_INIT;
	auto_store st = NULL;
	int first = 1;
	int rc = 0;

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return command_help(self);
	if (argc > 1 && strcmp(argv[1], "--") == 0)
		first = 2;
	if (argc <= first)
		return command_usage(self, "name the command to run");
	if (command_open_store(true, &st, &err) < 0)
		return command_failed(self, &err);
	in.store = st;
	/* The command and its children keep gc away. */
	auto_fd held = store_hold(st);
	if (held >= 0)
		fcntl(held, F_SETFD, 0);
	in.forcer = forcer_new(st, &options);
	in.coordinator = coordinator_new(in.forcer, st, &err);
	if (!in.coordinator || tools_find(st, argv[first], true, &in.tools, &err) < 0)
		rc = command_failed(self, &err);
	else
		rc = run(&in, argv + first);
	coordinator_free(in.coordinator);
	forcer_free(in.forcer);
	tools_release(&in.tools);
	return rc;
}

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
#include "cmd/standbys.h"
#include "cmd/tools.h"
#include "exec/child.h"
#include "intercept/launch.h"
#include "store/gc.h"

struct inference {
	const struct command *self;
	struct store *store;
	struct tools tools;
	struct forcer *forcer;
	struct coordinator *coordinator;
	struct child *child; /* NULL: it does not run */
	int status;          /* as a shell has it */
};

static void on_exit_of_child(void *arg, int status)
{
	struct inference *in = arg;

	in->child = NULL;
	in->status = child_exit_code(status);
}

static int start(struct inference *in, char **argv, struct err *err)
{
	auto_strv added = tools_additions(&in->tools, in->store);
	auto_free char *caller = standbys_caller();
	if (caller)
		strv_addf(&added, LAUNCH_CALL "%s", caller);
	strv_addf(&added, LAUNCH_SESSION "%s", coordinator_session(in->coordinator));
	strv_add(&added, LAUNCH_MODE "infer");
	auto_strv env = tools_environment(&added);
	auto_free char *found = tools_program(&in->tools, argv[0]);
	struct launch l = { .path = found, .envp = strv_argv(&env), .is_first = true };
	auto_free char *room = xmalloc(launch_room(l.path, l.envp));

	l.room = room;
	launch_prepare(&l);
	const struct child_options options = {
		.file = l.path, .argv = argv, .envp = l.envp, .fds = { 0, 1, 2 }
	};
	if (child_start(forcer_loop(in->forcer), &options, on_exit_of_child, in, &in->child,
	                err) < 0) {
		in->status = err->kind == ERR_NOTFOUND ? 127 : 126;
		return -1;
	}
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
	while (in->child) {
		uv_run(forcer_loop(in->forcer), UV_RUN_ONCE);
		if (signals.got && signals.got != told && in->child) {
			told = signals.got;
			child_kill(in->child, told);
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
	if (!in.coordinator || tools_find(st, argv[first], true, &in.tools, &err) < 0) {
		rc = command_failed(self, &err);
	} else {
		coordinator_stand_by(in.coordinator, uv_available_parallelism());
		rc = run(&in, argv + first);
	}
	coordinator_free(in.coordinator);
	forcer_free(in.forcer);
	tools_release(&in.tools);
	return rc;
}

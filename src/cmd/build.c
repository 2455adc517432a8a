/*
 * gg build: run a build with the models in front of the tools.
 *
 * Wrappers wait for their results: whoever reads a product, with whatever program, reads the
 * real file, and whoever asks for the exit status gets the true one.
 *
 * With --overlap make's recipes are told "fine" at once, and thunks are forced meanwhile. When
 * one fails after all, make is run again with every wrapper waiting, so that it meets the
 * failure as it would without gg ("-" before a recipe, "||", make -k); what was done is
 * remembered.
 *
 *   pending of earlier, killed runs ─▶ command ─▶ drain wrappers ─▶ force what is left
 *                                                       ─▶ sweep for moved and copied ones
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/among.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/map.h"
#include "base/path.h"
#include "cmd/coordinator.h"
#include "cmd/headstart.h"
#include "cmd/options.h"
#include "cmd/relay.h"
#include "cmd/standbys.h"
#include "cmd/sweep.h"
#include "cmd/tools.h"
#include "core/placeholder.h"
#include "exec/child.h"
#include "intercept/launch.h"
#include "model/portable.h"

enum {
	/* wrappers that wait, beside those whose thunks run */
	STANDBYS_MORE = 2,
};

struct build {
	const struct command *self;
	struct options options;
	struct store *store;
	struct forcer *forcer;
	struct coordinator *coordinator;
	struct relay *relay;
	struct tools tools;
	struct child *child; /* NULL: it does not run */
	int status;          /* of the command, as a shell has it */
	bool stopped;        /* by us, after a failure */
	bool is_make;        /* may be run again */
	bool overlaps;       /* recipes are told "fine" before they are done */
	bool is_direct;      /* the command is the program itself, no wrapper */
	bool ran;            /* something was executed, in any run */
	bool left_over;      /* files of an earlier run that have gone elsewhere */
	int64_t started_ns;
};

static void on_exit_of_child(void *arg, int status)
{
	struct build *b = arg;

	b->child = NULL;
	b->status = child_exit_code(status);
}

/* After the first failure the command has nothing more to do. */
static void on_failure(void *arg)
{
	struct build *b = arg;

	b->stopped = true;
	forcer_cancel(b->forcer);
	if (b->child)
		child_kill(b->child, SIGTERM);
	coordinator_cancel(b->coordinator);
}

/* Do jobs run apart from the real files here? What the probe found is kept, as long as this is
 * the same user in the same namespace. */
static bool is_isolated(const struct build *b)
{
	auto_buf known = BUF_INIT;
	struct err ignored;
	struct stat ns = { 0 };

	if (b->options.forcer.step == BOX_NONE)
		return false;
	stat("/proc/self/ns/mnt", &ns);
	auto_free char *key = xasprintf("isolation:%u:%llu:%d", geteuid(),
	                                (unsigned long long)ns.st_ino, prctl(PR_GET_SECCOMP));
	if (store_cache_get(b->store, CACHE_TOOLCHAIN, key, strlen(key), &known, &ignored) !=
	    1) {
		buf_addc(&known, (char)('0' + box_probe()));
		store_cache_put(b->store, CACHE_TOOLCHAIN, key, strlen(key), known.data,
		                known.len, &ignored);
	}
	return known.len == 1 && known.data[0] >= '0' + BOX_CHROOT;
}

/* Where wrappers wait, it is make that goes on, or not: "MAKEFLAGS=k…" for --keep-going, or
 * NULL. */
static char *make_flags(const struct build *b)
{
	const char *old = getenv("MAKEFLAGS");

	if (!b->is_make || !b->options.forcer.keep_going || b->overlaps)
		return NULL;
	old = old ? old : "";
	return xasprintf("MAKEFLAGS=k%s%s", *old == '-' ? " " : "", old);
}

/* Wrappers explain a failure there only, not in files that the build makes of what was said. */
static char *errors_place(int fd)
{
	auto_free char *place = file_identity(fd);

	return xasprintf(LAUNCH_ERRORS "%s", place ? place : "");
}

/* What the command has in its environment, but for what each has anew: its session, and where
 * its errors go. */
static struct strv additions(const struct build *b)
{
	struct strv added = tools_additions(&b->tools, b->store);
	const char *mode = b->options.forcer.lazy ? LAUNCH_MODE "lazy"
	                   : b->overlaps && forcer_is_remote(&b->options.forcer) ? LAUNCH_MODE
	                           "far"
	                   : b->overlaps ? LAUNCH_MODE "build"
	                                 : LAUNCH_MODE "wait";
	auto_free char *flags = make_flags(b);
	auto_free char *caller = standbys_caller();
	strv_add(&added, mode);
	if (caller)
		strv_addf(&added, LAUNCH_CALL "%s", caller);
	if (flags)
		strv_add(&added, flags);
	if (b->options.forcer.basedir)
		strv_addf(&added, LAUNCH_BASE "%s", b->options.forcer.basedir);
	return added;
}

static int start_command(struct build *b, char **argv, struct err *err)
{
	auto_strv added = additions(b);
	strv_addf(&added, LAUNCH_SESSION "%s", coordinator_session(b->coordinator));
	strv_take(&added, errors_place(relay_fd(b->relay, 2)));
	auto_strv env = tools_environment(&added);
	auto_free char *found = tools_program(&b->tools, argv[0]);
	struct launch l = { .path = found, .envp = strv_argv(&env), .is_first = true };
	auto_free char *room = xmalloc(launch_room(l.path, l.envp));
	l.room = room;
	launch_prepare(&l);
	b->is_direct = l.path == found && l.envp == env.v;
	const struct child_options options = {
		.file = l.path,
		.argv = argv,
		.envp = l.envp,
		.fds = { 0, relay_fd(b->relay, 1), relay_fd(b->relay, 2) },
	};
	if (child_start(forcer_loop(b->forcer), &options, on_exit_of_child, b, &b->child, err) <
	    0) {
		b->status = err->kind == ERR_NOTFOUND ? 127 : 126;
		return -1;
	}
	return 0;
}

/* Something stands at @path that an earlier run promised, or that was moved or copied. */
static void adopt_placeholder(void *arg, const char *path, const char *ref)
{
	struct build *b = arg;
	struct err err = ERR_INIT;
	auto_free char *full = realpath(path, NULL);

	if (forcer_promise(b->forcer, ref, full ? full : path, forcer_mode_for(path), &err) < 0)
		forcer_say(b->forcer, "%s: %s", path, err.msg);
}

static void adopt_swept(void *arg, const char *path, const char *ref)
{
	struct build *b = arg;
	struct oid id;

	if (oid_parse(ref, strcspn(ref, "#"), &id, NULL) < 0 ||
	    !forcer_is_foreign(b->forcer, path, &id))
		adopt_placeholder(arg, path, ref);
}

static void adopt_pending(void *arg, const char *path, const char *ref, unsigned mode)
{
	struct build *b = arg;
	auto_placeholder h = { 0 };
	struct err err = ERR_INIT;

	if (placeholder_read(path, &h, &err) != 1) {
		/* made real by hand, deleted, or moved away: the sweep will tell */
		b->left_over = true;
		store_pending_remove(b->store, path, &err);
	} else if (forcer_promise(b->forcer, ref, path, mode, &err) < 0) {
		forcer_say(b->forcer, "%s: %s", path, err.msg);
	}
}

static void adopt_all_pending(struct build *b)
{
	struct err err = ERR_INIT;

	if (!store_pending_empty(b->store) &&
	    store_pending_each(b->store, adopt_pending, b, &err) < 0)
		forcer_say(b->forcer, "%s", err.msg);
	forcer_run(b->forcer);
}

static void finish(struct build *b)
{
	struct err err = ERR_INIT;

	coordinator_drain(b->coordinator);
	forcer_run(b->forcer);
	bool handed_out = coordinator_counts(b->coordinator).promises > 0;
	if (b->options.forcer.lazy) {
		if (forcer_finish_lazy(b->forcer, &err) < 0)
			forcer_say(b->forcer, "%s", err.msg);
		return;
	}
	if (forcer_failed(b->forcer) && !b->options.forcer.keep_going)
		return;
	adopt_all_pending(b);
	if (handed_out || b->left_over) {
		if (sweep(".", adopt_swept, b, &err) < 0)
			forcer_say(b->forcer, "%s", err.msg);
		forcer_run(b->forcer);
	}
}

static void report_json(const struct build *b, double wall_s)
{
	struct coordinator_counts c = coordinator_counts(b->coordinator);
	struct forcer_counts f = forcer_counts(b->forcer);
	const struct map *why = coordinator_reasons(b->coordinator);
	json_t *reasons = json_object();
	size_t at = 0;

	for (struct map_entry *e; (e = map_next(why, &at));)
		json_object_set_new(reasons, e->key, json_integer((json_int_t)e->num));
	json_t *j = json_pack("{sI sI sI sI sI sI sf so}", "commands", (json_int_t)c.commands,
	                      "thunks", (json_int_t)c.modelled, "ran", (json_int_t)f.ran,
	                      "remembered", (json_int_t)(c.remembered + f.remembered),
	                      "delegated", (json_int_t)c.delegated, "failed",
	                      (json_int_t)f.failed, "wall_s", wall_s, "reasons", reasons);
	if (json_dump_file(j, b->options.stats_json, JSON_INDENT(2)) < 0)
		fprintf(stderr, "gg build: %s: %s\n", b->options.stats_json, strerror(errno));
	json_decref(j);
}

static void report_text(const struct build *b, double wall_s)
{
	struct coordinator_counts c = coordinator_counts(b->coordinator);
	struct forcer_counts f = forcer_counts(b->forcer);
	const struct map *why = coordinator_reasons(b->coordinator);
	auto_buf traffic = BUF_INIT;
	size_t at = 0;

	fprintf(stderr,
	        "gg: %zu commands: %zu became thunks (%zu ran, %zu remembered, %zu failed), "
	        "%zu ran "
	        "as they are; %.2f s\n",
	        c.commands, c.modelled, f.ran, c.remembered + f.remembered, f.failed,
	        c.delegated, wall_s);
	for (struct map_entry *e; (e = map_next(why, &at));)
		fprintf(stderr, "gg:   %llu x %s\n", (unsigned long long)e->num, e->key);
	forcer_describe_traffic(b->forcer, &traffic);
	if (traffic.len)
		fprintf(stderr, "gg:   %s; %zu tries again; %.4f USD\n", buf_str(&traffic),
		        f.retried, f.price_usd);
}

/* It runs already where it had a head start. */
static int take_command(struct build *b, char **argv, struct err *err)
{
	if (!headstart.pid)
		return start_command(b, argv, err);
	b->is_direct = true;
	headstart_release_signals();
	return child_adopt(forcer_loop(b->forcer), headstart.pid, on_exit_of_child, b,
	                   &b->child, err);
}

static int run(struct build *b, char **argv)
{
	struct options_signals sig;
	struct err err = ERR_INIT;
	int rc = 0;

	options_watch_signals(&sig, b->forcer);
	forcer_on_failure(b->forcer, on_failure, b);
	/* What must be isolated or fail is not to fail thunk by thunk. */
	bool refused = b->options.forcer.require && forcer_prepare(b->forcer, &err) < 0;
	if (refused || take_command(b, argv, &err) < 0) {
		command_failed(b->self, &err);
		rc = b->status ? b->status : err_exit_code(err.kind);
	}
	bool told = false;
	while (b->child) {
		uv_run(forcer_loop(b->forcer), UV_RUN_ONCE);
		if (sig.got && !told && b->child) {
			told = true;
			child_kill(b->child, sig.got);
			coordinator_cancel(b->coordinator);
		}
	}
	if (rc == 0 && !sig.got)
		finish(b);
	int signal = options_unwatch_signals(&sig);
	if (signal)
		b->stopped = false; /* by the user: not to be run again */
	if (rc == 0 && signal)
		rc = 128 + signal;
	else if (rc == 0)
		rc = forcer_failed(b->forcer) ? 1 : b->status;
	return rc;
}

static unsigned jobs_at_once(const struct build *b)
{
	unsigned jobs = b->options.forcer.jobs;

	return jobs ? jobs : uv_available_parallelism();
}

/* One run of the command, with a scheduler of its own. */
static int run_once(struct build *b, char **argv)
{
	struct err err = ERR_INIT;

	b->stopped = false;
	b->coordinator = NULL;
	b->options.forcer.hold_failures = b->overlaps && !b->options.forcer.keep_going;
	b->forcer = forcer_new(b->store, &b->options.forcer);
	if (forcer_connect(b->forcer, &err) == 0)
		b->coordinator =
			headstart.pid ? coordinator_adopt(b->forcer, b->store,
		                                          headstart.listener, headstart.session)
				      : coordinator_new(b->forcer, b->store, &err);
	if (!b->coordinator) {
		forcer_free(b->forcer);
		return command_failed(b->self, &err);
	}
	coordinator_stand_by(b->coordinator, jobs_at_once(b) + STANDBYS_MORE);
	b->relay = relay_new(b->forcer);
	int rc = run(b, argv);
	relay_free(steal(&b->relay));
	bool again = b->stopped && b->options.forcer.hold_failures;
	double wall_s = (double)(clock_now_ns() - b->started_ns) / 1e9;
	if (b->options.stats_json && !again)
		report_json(b, wall_s);
	if (b->options.stats && !again)
		report_text(b, wall_s);
	b->ran |= forcer_counts(b->forcer).ran > 0;
	coordinator_free(b->coordinator);
	forcer_free(b->forcer);
	return rc;
}

/* What a killed run, or gg infer, left behind must not be taken for a product. */
static void make_left_over_real(struct build *b)
{
	struct forcer_options o = b->options.forcer;
	struct err err = ERR_INIT;

	if (o.lazy || headstart.pid || store_pending_empty(b->store))
		return;
	o.keep_going = o.hold_failures = true;
	b->forcer = forcer_new(b->store, &o);
	if (forcer_connect(b->forcer, &err) == 0)
		adopt_all_pending(b);
	b->ran |= forcer_counts(b->forcer).ran > 0;
	forcer_free(b->forcer);
	b->forcer = NULL;
}

static bool is_make(const char *program)
{
	const char *name = path_base(program);

	return strcmp(name, "make") == 0 || strcmp(name, "gmake") == 0;
}

/* Without a store, which somebody else owns or no disk has room for, there is still a build. */
static int run_plainly(const struct build *b, char **argv, const struct err *err)
{
	if (headstart.pid) {
		fprintf(stderr, "gg build: %s; the command runs as it is\n", err->msg);
		return headstart_wait();
	}
	if (err->kind == ERR_USAGE || b->options.forcer.require)
		return command_failed(b->self, err);
	fprintf(stderr, "gg build: %s; the command runs as it is\n", err->msg);
	execvp(argv[0], argv);
	int status = errno == ENOENT ? 127 : 126;
	fprintf(stderr, "gg build: %s: %s\n", argv[0], strerror(errno));
	return status;
}

/* A wrapper that finds no room runs its command as it is (cmd/coordinator). */
static bool may_open_enough(struct err *err)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= HEADSTART_FILES_MIN)
		return true;
	err_set(err, ERR_UNSURE,
	        "only %llu files may be open at once (ulimit -n), %d are needed",
	        (unsigned long long)limit.rlim_cur, HEADSTART_FILES_MIN);
	return false;
}

/* What is too large for this is too large for the command's own files, too: the limit is for
 * it. */
static bool may_write_enough(struct err *err)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur >= HEADSTART_SIZE_MIN)
		return true;
	err_set(err, ERR_UNSURE,
	        "files may have only %llu KiB (ulimit -f), a store may need %llu",
	        (unsigned long long)limit.rlim_cur >> 10, HEADSTART_SIZE_MIN >> 10);
	return false;
}

/* bear lists the compilers that it sees run, and would see gg's own programs. */
static bool is_listed(struct err *err)
{
	if (!getenv("INTERCEPT_REPORT_DESTINATION"))
		return false;
	err_set(err, ERR_UNSURE, "bear is to see each compiler, and would see gg");
	return true;
}

/* For the next build by the same words. */
static void save_headstart(struct build *b, const char *command)
{
	const struct forcer_options *o = &b->options.forcer;

	if (o->lazy || o->keep_going || b->options.portable || b->overlaps ||
	    !b->tools.library || !b->is_direct)
		return;
	auto_strv added = additions(b);
	auto_free char *found = tools_program(&b->tools, command);
	headstart_save(b->store, &(struct headstart_plan){ .command = command,
	                                                   .path = b->tools.path,
	                                                   .program = found,
	                                                   .added = strv_argv(&added) });
}

/* What packs the folder that it is called in, or refuses it for what is new there: the command,
 * or what env, nice and their like start. */
static const char *packer(char *const *command)
{
	static const char *const names[] = { "dpkg-buildpackage", "debuild", "dpkg-source",
		                             "gbp" };
	static const char *const starters[] = { "eatmydata", "env",    "fakeroot", "nice",
		                                "nohup",     "setsid", "time" };

	while (*command && (AMONG(path_base(*command), starters) || strchr(*command, '=') ||
	                    **command == '-'))
		command++;
	return *command && AMONG(path_base(*command), names) ? *command : NULL;
}

/* For them a new store goes beside the folder, where their packages go, too. */
static void make_store_beside(char *const *command)
{
	const char *program = packer(command);
	auto_free char *cwd = program ? getcwd(NULL, 0) : NULL;
	struct err ignored;
	auto_store st = NULL;

	if (!cwd)
		return;
	auto_free char *found = store_find(getenv("GG_DIR"), cwd);
	auto_free char *here = path_join(cwd, ".gg");
	auto_free char *above = path_dir(cwd);
	auto_free char *dir = path_join(above, ".gg");
	if (!found)
		store_open(dir, STORE_CREATE, &st, &ignored);
	else if (strcmp(found, here) == 0)
		fprintf(stderr,
		        "gg build: %s will find .gg in the folder that it packs; if it minds: "
		        "mv .gg ..\n",
		        path_base(program));
}

int cmd_build(const struct command *self, int argc, char **argv)
{
	struct build b = { .self = self,
		           .options = OPTIONS_INIT,
		           .started_ns = headstart.pid ? headstart.began_ns : clock_now_ns() };
	struct err err = ERR_INIT;
	auto_store st = NULL;
	int rc = options_parse(&b.options, self, argc, argv);

	if (rc >= 0)
		return rc;
	if (optind == argc)
		return command_usage(self, "name the command to run, as in: gg build -- make");
	char **command = argv + optind;
	make_store_beside(command);
	if (is_listed(&err) || !may_open_enough(&err) || !may_write_enough(&err) ||
	    command_open_store(true, &st, &err) < 0)
		return run_plainly(&b, command, &err);
	b.store = st;
	const char *base = getenv("GG_BASEDIR");
	auto_free char *here = base ? NULL : file_working_folder(getenv("PWD"));
	if (base && *base && !portable_base_is_valid(base))
		return command_usage(
			self, "GG_BASEDIR must be an absolute, plain path, not \"%s\"", base);
	if (base && *base)
		b.options.forcer.basedir = base;
	else if (b.options.portable)
		b.options.forcer.basedir = here;
	b.is_make = is_make(command[0]) && !b.options.forcer.lazy;
	if (tools_find(st, command[0], b.options.forcer.lazy || b.options.overlap, &b.tools,
	               &err) < 0)
		return run_plainly(&b, command, &err);
	/* A command on the real files can't be left to itself: its output is half there
	 * meanwhile. */
	b.overlaps = (b.options.overlap || forcer_is_remote(&b.options.forcer)) && b.is_make &&
	             b.tools.library && is_isolated(&b);
	options_record(&b.options, self, command);
	recorder_began(b.options.forcer.recorder, b.started_ns);
	make_left_over_real(&b);
	rc = run_once(&b, command);
	if (b.stopped && b.options.forcer.hold_failures) {
		b.overlaps = false;
		rc = run_once(&b, command);
	}
	if (b.ran && store_sync(st, &err) < 0)
		command_failed(self, &err);
	options_record_end(&b.options, self, st, rc);
	save_headstart(&b, command[0]);
	tools_release(&b.tools);
	return rc;
}

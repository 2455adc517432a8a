#include "main/wrapper.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "main/lastresort.h"
#include "main/spawn.h"
#include "main/standby.h"
#include "model/delegate.h"
#include "model/emit.h"
#include "model/generic.h"
#include "model/portable.h"
#include "model/question.h"
#include "model/recall.h"
#include "model/session.h"
#include "store/look.h"

struct wrapper {
	char *const *argv;
	const char *tool; /* the real tool */
	const char *name; /* its last part */
	const char *path; /* PATH without gg's models */
	const char *session;
	char *self_dir;    /* folder of this program, where gg is found; owned */
	char *preload;     /* LD_PRELOAD as it was; owned, or NULL */
	bool dies_of_size; /* SIGXFSZ is not ignored */
	enum wrapper_flags flags;
};

/* As a shell would read it, cut: an example for whoever wonders about the reason. */
static void add_command(const struct wrapper *w, struct strv *words)
{
	enum { EXAMPLE_MAX = 500 };
	auto_buf text = BUF_INIT;

	for (char *const *a = w->argv; *a && text.len < EXAMPLE_MAX; a++) {
		if (text.len)
			buf_addc(&text, ' ');
		path_shell_quote(&text, *a);
	}
	strv_addn(words, buf_str(&text), text.len < EXAMPLE_MAX ? text.len : EXAMPLE_MAX);
}

static void tell_delegated(const struct wrapper *w, const char *reason)
{
	auto_strv words = STRV_INIT;
	struct err ignored;

	if (!w->session)
		return;
	strv_add(&words, "delegated");
	strv_add(&words, w->name);
	strv_add(&words, reason);
	add_command(w, &words);
	session_say(w->session, &words, NULL, &ignored);
}

static bool mode_is(const char *name)
{
	const char *mode = getenv("GG_MODE");

	return mode && strcmp(mode, name) == 0;
}

/* gg infer is told nothing else of calls, and lets others stand by where there are many. */
static void tell_called(const struct wrapper *w)
{
	auto_strv words = STRV_INIT;
	struct err ignored;

	if (!w->session || (w->flags & WRAPPER_STANDS_BY) || !mode_is("infer"))
		return;
	strv_add(&words, "called");
	session_say(w->session, &words, NULL, &ignored);
}

static _Noreturn void become_real(const struct wrapper *w, const struct plan *plan)
{
	struct err err = ERR_INIT;

	if (w->dies_of_size)
		signal(SIGXFSZ, SIG_DFL);
	/* It may read placeholders that are not among its operands. */
	bool others = plan && plan->starts_others;
	if (w->preload && w->session && (others || !mode_is("wait"))) {
		setenv("LD_PRELOAD", w->preload, 1);
		if (!others)
			setenv("GG_BYPASS", "1", 1);
	}
	delegate_exec(w->tool, w->argv, w->path, &err);
	fprintf(stderr, "gg: %s\n", err.msg);
	_exit(WRAPPER_NO_TOOL);
}

static int run_real(const struct wrapper *w, const struct plan *plan, const char *reason)
{
	const struct strv *reads = plan ? &plan->reads : NULL;
	auto_free char *gg = w->self_dir ? path_join(w->self_dir, "gg") : xstrdup("gg");
	struct err err = ERR_INIT;

	if (w->flags & WRAPPER_STANDS_BY)
		return STANDBY_DECLINED;
	if (reason)
		tell_delegated(w, reason);
	if (reads && reads->n && delegate_force(reads, w->session, gg, &err) < 0) {
		fprintf(stderr, "gg: %s\n", err.msg);
		return err.kind == ERR_FAILED ? 1 : err_exit_code(err.kind);
	}
	pid_t pid = w->flags & WRAPPER_IS_FOLLOWED ? fork() : 0;
	if (pid == 0)
		become_real(w, plan);
	return pid < 0 ? WRAPPER_NO_TOOL : spawn_wait(pid);
}

/* For tools that we run: PATH as it was, and without the library that would send them back. */
static void set_environment(const char *path)
{
	const char *library = getenv("GG_INTERCEPT");
	const char *list = getenv("LD_PRELOAD");
	const char *hit = library && *library && list ? strstr(list, library) : NULL;

	setenv("PATH", path, 1);
	unsetenv("GG_TOOL");
	if (!hit)
		return;
	const char *rest = hit + strlen(library);
	rest += strspn(rest, ": ");
	auto_free char *others = xasprintf("%.*s%s", (int)(hit - list), list, rest);
	size_t n = strlen(others);
	while (n && (others[n - 1] == ':' || others[n - 1] == ' '))
		others[--n] = '\0';
	if (*others)
		setenv("LD_PRELOAD", others, 1);
	else
		unsetenv("LD_PRELOAD");
}

/* The folder whose place thunks don't name, or NULL. */
static const char *basedir(void)
{
	const char *dir = getenv("GG_BASEDIR");

	return dir && portable_base_is_valid(dir) ? dir : NULL;
}

/* With the tool's own model, or by the lines of models.conf. */
static int plan_call(const struct wrapper *w, const struct model *model,
                     const struct call *call, struct plan *plan, struct err *err)
{
	if (model && question_is(call))
		return question_plan(call, plan, err);
	if (model ? question_is_other(call) : question_is(call))
		return plan_delegate(plan, QUESTION_REASON);
	if (model)
		return model->plan(call, plan, err);
	auto_free char *home = conf_home(environ);
	auto_conf conf = { 0 };

	conf_load(&conf, store_dir(call->store), home);
	return generic_plan(&conf, w->name, call, plan, err);
}

/* What was planned before, of inputs that are still the same. 1 and *status, else it must be
 * planned, and @plan is empty. */
static int try_again(const struct call *call, struct plan *plan, const struct emit_mode *mode,
                     int *status)
{
	struct err ignored;
	struct oid thunk;

	if (recall_get(call, plan, &thunk, &ignored) == 1 &&
	    emit_recalled(call, plan, &thunk, mode, status, &ignored) == 1)
		return 1;
	plan_release(plan);
	plan_init(plan, call);
	look_begin();
	return 0;
}

/* Do errors go where those of the whole build go, and into no file that it makes? */
static bool is_told_to_people(void)
{
	const char *told = getenv("GG_ERRORS");
	auto_free char *place = told && getenv("MAKELEVEL") ? file_identity(2) : NULL;

	return place && strcmp(place, told) == 0;
}

/* Plans and emits. Returns the exit status, or -1 after filling @plan and @err: run the real
 * tool. */
static int try_model(const struct wrapper *w, const struct model *model, struct store *st,
                     struct plan *plan, struct err *err)
{
	auto_free char *cwd = file_working_folder(getenv("PWD"));
	struct emit_mode mode = {
		/* gg infer only forces what is read */
		.session = mode_is("infer") ? NULL : w->session,
		.placeholders = !w->session || mode_is("lazy") || mode_is("infer"),
		/* Only a recipe of make may be told "fine" before it is: gg runs make again if
		   not. */
		.wait = !mode_is("lazy") && !mode_is("infer") &&
		        ((!mode_is("build") && !mode_is("far")) || !getenv("MAKELEVEL")),
		.far = mode_is("far"),
		.explain = is_told_to_people(),
		.hands_back = (w->flags & WRAPPER_STANDS_BY) != 0,
	};
	int status = 0;

	if (!cwd)
		return err_sys(err, "working folder");
	int argc = 0;
	while (w->argv[argc])
		argc++;
	struct call call = {
		.store = st,
		.cwd = cwd,
		.envp = environ,
		.tool = w->tool,
		.argv = w->argv,
		.argc = argc,
		.umask = proc_umask(),
		.basedir = basedir(),
		.waits = mode.wait && mode.session,
	};
	plan_init(plan, &call);
	store_batch_begin(st);
	/* Whoever only wants the plans pays for no list of what they saw. */
	bool again = model && model->recalls && !mode.placeholders;
	if (again && try_again(&call, plan, &mode, &status) == 1)
		return status;
	if (!again)
		look_without_notes();
	int rc = plan_call(w, model, &call, plan, err);
	if (!again)
		look_drop();
	if (rc < 0)
		return -1;
	if (plan->delegate) {
		store_flush(st, err);
		return err_set(err, ERR_UNSURE, "%s", plan->reason);
	}
	return emit(&call, plan, &mode, &status, err) < 0 ? -1 : status;
}

/* On failure the inputs that are placeholders must still be forced: they are the plan's thunks.
 */
static void collect_reads(struct plan *plan)
{
	for (size_t i = 0; plan->thunk && i < plan->thunk->thunks.n; i++)
		if (plan->thunk->thunks.v[i].name)
			strv_add(&plan->reads, plan->thunk->thunks.v[i].name);
	for (int i = 1; plan->call && i < plan->call->argc; i++)
		if (plan->call->argv[i][0] != '-')
			plan_reads(plan, plan->call, plan->call->argv[i]);
}

/* A tool that only reads its operands gets them real; nothing else is to be known. */
static int run_reader(const struct wrapper *w)
{
	auto_free char *cwd = file_working_folder(getenv("PWD"));
	struct call call = { .cwd = cwd, .envp = environ, .tool = w->tool, .argv = w->argv };
	struct err err = ERR_INIT;
	auto_plan plan = { 0 };

	while (w->argv[call.argc])
		call.argc++;
	plan_init(&plan, &call);
	model_reader.plan(&call, &plan, &err);
	return run_real(w, &plan, NULL);
}

static int run(struct wrapper *w)
{
	const struct model *model = model_for(w->name);
	bool bypass = getenv("GG_BYPASS") != NULL;

	/* set for tup's commands: it refuses those that write what it was not told of */
	if (getenv("tup_vardict"))
		return run_real(w, NULL, "tup is to see what each command reads and writes");
	auto_free char *cwd = getcwd(NULL, 0);
	auto_free char *dir = !bypass && cwd ? store_find(getenv("GG_DIR"), cwd) : NULL;
	struct err err = ERR_INIT;
	auto_store st = NULL;

	if (dir && model == &model_reader)
		return run_reader(w);
	if (!dir)
		return run_real(w, NULL, NULL);
	/* What is opened would get its number; and tools fail, or not, by what they have to
	 * say. */
	if (!proc_has_standard_fds())
		return run_real(w, NULL, "standard input, output or error is closed");
	auto_plan plan = { 0 };
	if (store_open(dir, 0, &st, &err) < 0)
		return run_real(w, NULL, err.msg);
	int status = try_model(w, model, st, &plan, &err);
	if (status >= 0) {
		tell_called(w);
		return status;
	}
	collect_reads(&plan);
	store_close(steal(&st));
	return run_real(w, &plan, err.msg);
}

/* Is @path a link to this very program? */
static bool is_this(const char *path)
{
	struct stat self, st;

	return stat("/proc/self/exe", &self) == 0 && stat(path, &st) == 0 &&
	       st.st_ino == self.st_ino && st.st_dev == self.st_dev;
}

char *wrapper_told(void)
{
	const char *told = getenv("GG_TOOL");

	return told && told[0] == '/' && !is_this(told) ? xstrdup(told) : NULL;
}

int wrapper_run(const char *tool, char *const *argv, const char *path, enum wrapper_flags flags)
{
	struct wrapper w = {
		.argv = argv,
		.tool = tool,
		.name = path_base(tool),
		.path = path,
		.session = getenv("GG_SESSION"),
		.flags = flags,
	};
	auto_free char *self = file_readlink("/proc/self/exe");
	const char *preload = getenv("LD_PRELOAD");

	w.self_dir = self ? path_dir(self) : NULL;
	w.preload = preload ? xstrdup(preload) : NULL;
	set_environment(path);
	/* A file over the limit is an error to recover from; the tool gets its own death. */
	w.dies_of_size = signal(SIGXFSZ, SIG_IGN) == SIG_DFL;
	if (!flags)
		last_resort(tool, argv, w.dies_of_size);
	int status = run(&w);
	/* for programs that may be started afterwards */
	if (w.dies_of_size)
		signal(SIGXFSZ, SIG_DFL);
	free(w.self_dir);
	free(w.preload);
	return status;
}

/*
 * The wrapper behind gcc, g++, ar, ld, …: found first on PATH under the tool's name, it turns
 * one command line into a thunk, or runs the real tool.
 *
 * It runs once per compiler call, so it does nothing that it need not: one store, one look
 * at each file, no locale, no shared libraries.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "main/builtin.h"
#include "model/delegate.h"
#include "model/emit.h"
#include "model/generic.h"
#include "model/portable.h"
#include "model/question.h"
#include "model/recall.h"
#include "model/session.h"
#include "store/look.h"

enum { EXIT_NO_TOOL = 127, LINKS_MAX = 8 };

struct wrapper {
	char **argv;
	char *name;     /* the tool's name; owned */
	char *self_dir; /* folder of this program, where gg is found */
	char *path;     /* PATH without gg's models; owned */
	char *tool;     /* the real tool; owned */
	char *preload;  /* LD_PRELOAD as it was; owned, or NULL */
	const char *session;
	bool dies_of_size; /* SIGXFSZ is not ignored */
};

/* Is dir/name a link to this very program? */
static bool is_ours(const char *dir, size_t dir_len, const char *name, const struct stat *self)
{
	auto_free char *full = xasprintf("%.*s/%s", (int)dir_len, dir, name);
	struct stat st;

	return stat(full, &st) == 0 && st.st_ino == self->st_ino && st.st_dev == self->st_dev;
}

/* PATH without the folders in which the tool's name leads back to this program. */
static char *path_without_models(const char *path, const char *name)
{
	struct buf out = BUF_INIT;
	struct stat self;

	if (stat("/proc/self/exe", &self) < 0)
		return xstrdup(path);
	for (const char *p = path; p; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL) {
		size_t n = strcspn(p, ":");

		if (n && is_ours(p, n, name, &self))
			continue;
		if (out.len)
			buf_addc(&out, ':');
		buf_add(&out, n ? p : ".", n ? n : 1);
	}
	return buf_steal(&out);
}

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

static int run_real(const struct wrapper *w, const struct plan *plan, const char *reason)
{
	const struct strv *reads = plan ? &plan->reads : NULL;
	auto_free char *gg = w->self_dir ? path_join(w->self_dir, "gg") : xstrdup("gg");
	struct err err = ERR_INIT;

	if (reason)
		tell_delegated(w, reason);
	if (reads && reads->n && delegate_force(reads, w->session, gg, &err) < 0) {
		fprintf(stderr, "gg: %s\n", err.msg);
		return err.kind == ERR_FAILED ? 1 : err_exit_code(err.kind);
	}
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
	return EXIT_NO_TOOL;
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

/* Plans and emits. Returns the exit status, or -1 after filling @plan and @err: run the real
 * tool. */
static int try_model(const struct wrapper *w, const struct model *model, struct store *st,
                     struct plan *plan, struct err *err)
{
	auto_free char *cwd = file_working_folder(getenv("PWD"));
	mode_t mask = umask(0);
	struct emit_mode mode = {
		/* gg infer only forces what is read */
		.session = mode_is("infer") ? NULL : w->session,
		.placeholders = !w->session || mode_is("lazy") || mode_is("infer"),
		/* Only a recipe of make may be told "fine" before it is: gg runs make again if
		   not. */
		.wait = !mode_is("lazy") && !mode_is("infer") &&
		        ((!mode_is("build") && !mode_is("far")) || !getenv("MAKELEVEL")),
		.far = mode_is("far"),
		.explain = getenv("MAKELEVEL") != NULL,
	};
	int status = 0;

	umask(mask);
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
		.umask = mask,
		.basedir = basedir(),
		.waits = mode.wait && mode.session,
	};
	plan_init(plan, &call);
	store_batch_begin(st);
	/* Whoever only wants the plans pays for no list of what they saw. */
	if (model && model->recalls && !mode.placeholders &&
	    try_again(&call, plan, &mode, &status) == 1)
		return status;
	if (plan_call(w, model, &call, plan, err) < 0)
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
	if (status >= 0)
		return status;
	collect_reads(&plan);
	store_close(steal(&st));
	return run_real(w, &plan, err.msg);
}

/*
 * The tool's name: that of the link to this program, however it was come to. "mycc" may be a
 * link that a build made to where it found gcc.
 */
static char *tool_name(const char *argv0)
{
	const char *executed = (const char *)(uintptr_t)getauxval(AT_EXECFN);
	char *path = xstrdup(executed ? executed : argv0);
	char to[PATH_MAX];

	for (int i = 0; i < LINKS_MAX; i++) {
		ssize_t n = readlink(path, to, sizeof(to) - 1);

		if (n <= 0)
			break;
		to[n] = '\0';
		if (strcmp(path_base(to), "gg-model") == 0)
			break;
		auto_free char *dir = path_dir(path);
		free(path);
		path = to[0] == '/' ? xstrdup(to) : path_join(dir, to);
	}
	char *name = xstrdup(path_base(path));
	free(path);
	return name;
}

/* The preload library says which tool it is, and what the caller called it. */
static bool find_told(struct wrapper *w)
{
	const char *told = getenv("GG_TOOL");
	struct stat self;

	if (!told || told[0] != '/' || stat("/proc/self/exe", &self) < 0 ||
	    is_ours("", 0, told + 1, &self))
		return false;
	w->tool = xstrdup(told);
	w->name = xstrdup(path_base(told));
	return true;
}

static bool find_on_path(struct wrapper *w, const char *path)
{
	char *name = tool_name(w->argv[0]);

	w->name = name;
	if (strcmp(name, "gg-model") == 0) {
		fprintf(stderr, "gg-model: stands for a tool by the name that it is called by; "
		                "see gg(1)\n");
		return false;
	}
	w->path = path_without_models(path, name);
	w->tool = proc_find_on_path(name, w->path, NULL);
	if (!w->tool) {
		fprintf(stderr, "gg: %s: command not found (PATH=%s)\n", name, w->path);
		return false;
	}
	/* Drivers look for their helpers beside the path that they are called by. */
	if (strchr(w->argv[0], '/') || strcmp(w->argv[0], name) != 0)
		w->argv[0] = w->tool;
	return true;
}

int main(int argc, char **argv)
{
	struct wrapper w = { .argv = argv, .session = getenv("GG_SESSION") };
	const char *path = getenv("PATH");

	if (argc < 1)
		return EXIT_NO_TOOL;
	path = path ? path : "/bin:/usr/bin"; /* as libc */
	bool is_told = find_told(&w);
	if (is_told && builtin_is(w.tool, argv)) {
		unsetenv("GG_TOOL");
		return builtin_run(w.tool, argv);
	}
	if (is_told)
		w.path = xstrdup(path);
	else if (!find_on_path(&w, path))
		return EXIT_NO_TOOL;
	auto_free char *self = file_readlink("/proc/self/exe");
	w.self_dir = self ? path_dir(self) : NULL;
	const char *preload = getenv("LD_PRELOAD");
	w.preload = preload ? xstrdup(preload) : NULL;
	set_environment(w.path);
	/* A file over the limit is an error to recover from; the tool gets its own death. */
	w.dies_of_size = signal(SIGXFSZ, SIG_IGN) == SIG_DFL;
	int status = run(&w);
	free(w.self_dir);
	free(w.preload);
	free(w.path);
	free(w.tool);
	free(w.name);
	return status;
}

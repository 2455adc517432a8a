/*
 * gg map: one command over many inputs, each a thunk.
 *
 *   template + values of the job ─▶ words ─▶ plan (inputs by hash, closure) ─▶ forcer
 *        done: outputs written, what it printed kept until all jobs before have been shown
 *        failed in the sandbox, or missed a file there: run as it is, on the real files
 */
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/shebang.h"
#include "cmd/cmd.h"
#include "cmd/made.h"
#include "cmd/mapping.h"
#include "cmd/options.h"
#include "core/codec.h"
#include "engine/direct.h"
#include "exec/execute.h"
#include "model/generic.h"
#include "model/output.h"

struct map_run;

struct map_job {
	struct map_run *run;
	size_t number; /* from 0 */
	struct mapped is;
	struct oid id;
	struct thunk *thunk;
	struct oid out_text;
	struct oid err_text;
	int64_t wall_ns;
	int status;
	bool done;
	bool outside; /* is to run, runs or ran as it is */
	bool foreign; /* an output was there that gg had not made */
	char why[200];
};

enum { SCRIPT_MAX = 1 << 20 /* bytes of a script that are looked through */ };

struct map_run {
	const struct command *self;
	struct options options;
	struct store *store;
	struct forcer *forcer;
	struct mapping mapping;
	FILE *joblog; /* or NULL */
	bool halted;
	char *cwd;
	unsigned mask;
	struct map_job *jobs;
	size_t n;
	size_t shown;
	size_t left;
	size_t failed;
	size_t waiting; /* the first job that may be waiting for a run outside */
	unsigned outside;
	bool unwritten;      /* what a job has printed could not be shown */
	size_t well_outside; /* missed something in the sandbox, went well as they are */
	char first_why[200]; /* what the first of them said there */
};

/* -- plans -- */

static int add_file(struct plan *p, const struct call *call, const struct map_job *j,
                    const char *word, struct err *err)
{
	struct stat sb;

	if (!*word || strv_has(&j->is.outputs, word) || stat(word, &sb) < 0)
		return 0;
	if (S_ISDIR(sb.st_mode))
		return strcmp(word, ".") == 0 || strcmp(word, "/") == 0
		               ? 0
		               : generic_add_tree(p, call, word, err);
	return S_ISREG(sb.st_mode) ? plan_add_input_stat(p, call, word, &sb, err) : 0;
}

/* Every word, and what follows "=" or "@" in one, that is a file is an input. */
static int add_inputs(struct plan *p, const struct call *call, const struct map_job *j,
                      struct err *err)
{
	for (size_t i = 1; i < j->is.words.n; i++) {
		const char *word = j->is.words.v[i];
		const char *value = strchr(word, '=');

		if (add_file(p, call, j, word, err) < 0 ||
		    (value && add_file(p, call, j, value + 1, err) < 0) ||
		    (*word == '@' && add_file(p, call, j, word + 1, err) < 0))
			return -1;
	}
	for (size_t i = 0; i < j->run->mapping.sources.n; i++)
		if (j->is.values[i] && add_file(p, call, j, j->is.values[i], err) < 0)
			return -1;
	for (size_t i = 0; i < j->run->mapping.ins.n; i++)
		if (add_file(p, call, j, j->run->mapping.ins.v[i], err) < 0)
			return -1;
	return 0;
}

/* The programs that a shell's text names: words of it that are on PATH. */
static void programs_in_text(const char *text, struct strv *run)
{
	for (const char *at = text; *at;) {
		size_t n = strcspn(at, " \t\n|&;()<>'\"`$");
		auto_free char *word = xstrndup(at, n);
		auto_free char *found = n && !strchr(word, '/')
		                                ? proc_find_on_path(word, getenv("PATH"), NULL)
		                                : NULL;

		if (found && !strv_has(run, found))
			strv_add(run, found);
		at += n + (at[n] != '\0');
	}
}

static bool is_shell(const char *word)
{
	const char *name = path_base(word);

	return strcmp(name, "sh") == 0 || strcmp(name, "bash") == 0 ||
	       strcmp(name, "dash") == 0;
}

static bool is_shell_script(const char *path)
{
	struct shebang s;

	return shebang_read(path, &s) && is_shell(s.by_env ? s.arg : s.program);
}

/* What a job runs besides its program: what the text of a shell's -c or of a script names, and
 * the programs among its inputs. */
static void programs_in(const struct call *call, const struct map_job *j, struct strv *run)
{
	auto_buf text = BUF_LIMIT(SCRIPT_MAX);
	bool shell = j->is.words.n > 1 && is_shell(j->is.words.v[0]);
	const char *script = shell ? j->is.words.v[1] : call->tool;
	struct err ignored;

	if (shell && j->is.words.n > 2 && strcmp(script, "-c") == 0)
		programs_in_text(j->is.words.v[2], run);
	else if ((shell || is_shell_script(script)) && file_read(script, &text, &ignored) == 0)
		programs_in_text(buf_str(&text), run);
	for (size_t i = 0; i < j->run->mapping.ins.n; i++) {
		auto_free char *full = path_absolute(j->run->cwd, j->run->mapping.ins.v[i]);
		struct stat sb;

		if (stat(full, &sb) == 0 && S_ISREG(sb.st_mode) && sb.st_mode & 0111 &&
		    !strv_has(run, full))
			strv_add(run, full);
	}
}

/* What is a link, a device or another's file only the program itself can write. */
static void refuse_output(struct plan *p, const struct map_job *j, const char *path)
{
	auto_free char *full = path_absolute(j->run->cwd, path);
	mode_t mode;

	if (file_stands_alone(full, &mode) < 0)
		plan_delegate(p, "%.100s is no plain file", path);
}

/* What such programs make tells more of a file than its bytes: its owner, its mode, its time.
 */
static bool tells_more(const char *word)
{
	static const char *const names[] = { "7z",  "7za",   "7zr",        "bsdtar", "cpio",
		                             "du",  "ls",    "pax",        "stat",   "tar",
		                             "zip", "rsync", "mksquashfs", "xorriso" };

	for (size_t i = 0; i < countof(names); i++)
		if (strcmp(path_base(word), names[i]) == 0)
			return true;
	return false;
}

static bool keeps_time(const char *word)
{
	return strcmp(path_base(word), "gzip") == 0 || strcmp(path_base(word), "pigz") == 0;
}

/* @run: programs that it starts. */
static bool any_of(const struct map_job *j, const struct strv *run,
                   bool (*is)(const char *word))
{
	bool any = is(j->is.words.v[0]);

	for (size_t i = 0; i < run->n && !any; i++)
		any = is(run->v[i]);
	return any;
}

static void add_times(struct plan *p, const struct call *call)
{
	for (size_t i = 0; i < p->thunk->values.n; i++) {
		const char *name = p->thunk->values.v[i].name;
		struct stat sb;

		if (name && name[0] == '/' && stat(name, &sb) == 0)
			plan_add_time(p, call, name, &sb);
	}
}

static void note_made(const struct map_job *j, const char *path)
{
	auto_free char *full = path_absolute(j->run->cwd, path);

	made_note(j->run->store, full);
}

static void look_at_outputs(struct map_job *j)
{
	for (size_t i = 0; i < j->is.outputs.n; i++) {
		auto_free char *full = path_absolute(j->run->cwd, j->is.outputs.v[i]);
		mode_t mode;

		if (file_stands_alone(full, &mode) <= 0 || made_is(j->run->store, full))
			continue;
		j->foreign = true;
		if (!j->outside)
			snprintf(j->why, sizeof(j->why),
			         "%.100s is there, and not of gg's making", j->is.outputs.v[i]);
		j->outside = true;
	}
}

static void add_outputs(struct plan *p, const struct call *call, const struct map_job *j)
{
	for (size_t i = 0; i < j->is.outputs.n; i++)
		plan_add_output(p, call, j->is.outputs.v[i], OUTPUT_FILE, false);
	if (j->is.redirect || !j->is.outputs.n)
		strv_add(&p->thunk->outputs, THUNK_STDOUT);
}

static int describe(struct plan *p, const struct call *call, struct map_job *j, struct err *err)
{
	auto_strv run = STRV_INIT;

	programs_in(call, j, &run);
	if (add_inputs(p, call, j, err) < 0)
		return -1;
	if (!p->delegate && generic_set_up(p, call, strv_argv(&run), NULL,
	                                   strv_argv(&j->run->mapping.env), err) < 0)
		return -1;
	for (size_t i = 0; i < j->is.outputs.n; i++)
		refuse_output(p, j, j->is.outputs.v[i]);
	if (any_of(j, &run, tells_more))
		plan_delegate(p, "%.60s tells owners, modes and times",
		              path_base(j->is.words.v[0]));
	if (any_of(j, &run, keeps_time))
		add_times(p, call);
	add_outputs(p, call, j);
	plan_set_args(p, call->argv);
	return p->delegate ? 0 : plan_finish(p, call, err);
}

/* What can't be a thunk still has a program, arguments and outputs. */
static int describe_outside(struct plan *p, const struct call *call, const struct map_job *j,
                            struct err *err)
{
	plan_init(p, call);
	if (plan_set_program(p, call, call->tool, err) < 0)
		return -1;
	add_outputs(p, call, j);
	plan_set_args(p, call->argv);
	return 0;
}

static int make_thunk(struct map_job *j, struct err *err)
{
	struct map_run *r = j->run;
	auto_buf raw = BUF_INIT;
	auto_plan p = { 0 };
	const char *name = j->is.words.v[0];
	auto_free char *tool = strchr(name, '/')
	                               ? path_absolute(r->cwd, name)
	                               : proc_find_on_path(name, getenv("PATH"), NULL);

	if (!tool || access(tool, X_OK) < 0) {
		j->status = 127;
		return err_set(err, ERR_NOTFOUND, "%s: command not found", name);
	}
	const struct call call = { .store = r->store,
		                   .cwd = r->cwd,
		                   .envp = environ,
		                   .tool = tool,
		                   .argv = strv_argv(&j->is.words),
		                   .argc = (int)j->is.words.n,
		                   .umask = r->mask };
	plan_init(&p, &call);
	if (describe(&p, &call, j, err) < 0)
		return -1;
	if (p.delegate) {
		snprintf(j->why, sizeof(j->why), "%s", p.reason);
		j->outside = true;
		plan_release(&p);
		if (describe_outside(&p, &call, j, err) < 0)
			return -1;
	}
	j->thunk = steal(&p.thunk);
	if (thunk_encode(j->thunk, &raw, err) < 0)
		return -1;
	if (store_put(r->store, raw.data, raw.len, &j->id, err) < 0)
		return -1;
	look_at_outputs(j);
	return 0;
}

/* -- endings -- */

static void show(struct map_run *r);

/* As parallel's; what was remembered has the times of when it was made. */
static int joblog_open(struct map_run *r, struct err *err)
{
	if (!r->mapping.joblog)
		return 0;
	r->joblog = fopen(r->mapping.joblog, "we");
	if (!r->joblog)
		return err_sys(err, "--joblog %s", r->mapping.joblog);
	fputs("Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n",
	      r->joblog);
	return 0;
}

static int joblog_close(struct map_run *r, struct err *err)
{
	bool bad = r->joblog && ferror(r->joblog);

	if (r->joblog && fclose(r->joblog) != 0)
		bad = true;
	r->joblog = NULL;
	return bad ? err_set(err, ERR_IO, "--joblog %s could not be written whole",
	                     r->mapping.joblog)
	           : 0;
}

static void joblog_add(const struct map_job *j)
{
	FILE *f = j->run->joblog;
	auto_buf text = BUF_INIT;
	struct timespec now;

	if (!f)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	mapped_command(&j->is, &text);
	double took_s = (double)j->wall_ns / 1e9;
	int signal = j->status > 128 ? j->status - 128 : 0;
	fprintf(f, "%zu\t:\t%.3f\t%10.3f\t0\t%llu\t%d\t%d\t%s\n", j->number + 1,
	        (double)clock_ns_of(now) / 1e9 - took_s, took_s,
	        (unsigned long long)(*j->out_text.s ? oid_size(&j->out_text) : 0),
	        signal ? 0 : j->status, signal, buf_str(&text));
	fflush(f);
}

static void settle(struct map_job *j, int status)
{
	struct map_run *r = j->run;

	j->status = status;
	j->done = true;
	r->left--;
	r->failed += status != 0;
	if (status && r->mapping.halts && !r->halted) {
		r->halted = true;
		forcer_cancel(r->forcer);
	}
	thunk_free(steal(&j->thunk));
	joblog_add(j);
	show(r);
}

/* Each line of it behind what tells its job from others. */
static int copy_tagged(const struct map_job *j, int from, int fd, struct err *err)
{
	auto_buf name = BUF_INIT;
	auto_buf text = BUF_INIT;
	auto_buf out = BUF_INIT;

	mapped_name(&j->run->mapping, &j->is, &name);
	if (file_read_fd(from, &text, err) < 0)
		return -1;
	for (size_t at = 0; at < text.len;) {
		const char *end = memchr(text.data + at, '\n', text.len - at);
		size_t n = end ? (size_t)(end - text.data) + 1 - at : text.len - at;

		buf_addf(&out, "%s\t", buf_str(&name));
		buf_add(&out, text.data + at, n);
		at += n;
	}
	return file_write_fd(fd, buf_str(&out), out.len, err);
}

static void copy_out(const struct map_job *j, const struct oid *id, int fd)
{
	struct map_run *r = j->run;
	struct err err = ERR_INIT;
	auto_fd from = -1;

	if (!*id->s || r->unwritten)
		return;
	if (store_open_blob(r->store, id, &from, &err) < 0 ||
	    (r->mapping.tag ? copy_tagged(j, from, fd, &err) : file_copy_fd(from, fd, &err)) <
	            0) {
		forcer_say(r->forcer, "what the jobs print can't be shown: %s", err.msg);
		r->unwritten = true;
	}
}

static void show_one(const struct map_job *j)
{
	struct map_run *r = j->run;
	auto_buf text = BUF_INIT;

	mapped_command(&j->is, &text);
	forcer_hide_status(r->forcer);
	if (r->mapping.tell)
		dprintf(r->mapping.tell, "%s\n", buf_str(&text));
	copy_out(j, &j->out_text, 1);
	copy_out(j, &j->err_text, 2);
	if (j->status && *j->why)
		forcer_say(r->forcer, "failed (%s): %s", j->why, buf_str(&text));
	else if (j->status)
		forcer_say(r->forcer, "failed (exit %d): %s", j->status, buf_str(&text));
}

/* In the order of the inputs, as far as that is known. */
static void show(struct map_run *r)
{
	for (; r->shown < r->n && r->jobs[r->shown].done; r->shown++)
		show_one(&r->jobs[r->shown]);
}

static int write_one(struct map_job *j, const char *path, const struct oid *id, bool executable,
                     struct err *err)
{
	auto_free char *full = path_absolute(j->run->cwd, path);
	mode_t mode = (executable ? 0777 : 0666) & ~j->run->mask;

	file_stands_alone(full, &mode);
	if (output_write(j->run->store, full, id, mode, NULL, err) < 0)
		return -1;
	note_made(j, path);
	return 0;
}

static int redirect(struct map_job *j, const struct oid *id, struct err *err)
{
	auto_free char *full = path_absolute(j->run->cwd, j->is.redirect);

	return output_redirect(j->run->store, full, id, 0666 & ~j->run->mask, err);
}

/* Standard output goes into its file, or is shown later. */
static int take_stdout(struct map_job *j, const struct oid *id, struct err *err)
{
	if (j->is.redirect)
		return redirect(j, id, err);
	j->out_text = *id;
	return 0;
}

/* For gg explain. */
static void note_output(const struct map_job *j, size_t i)
{
	const char *tag = j->thunk->outputs.v[i];
	const char *path = strcmp(tag, THUNK_STDOUT) == 0 ? j->is.redirect : tag;

	if (!path)
		return;
	auto_free char *full = path_absolute(j->run->cwd, path);
	recorder_output(forcer_recorder(j->run->forcer), full, &j->id, i ? tag : NULL);
}

static int take_results(struct map_job *j, const struct forcer_result *res, struct err *err)
{
	struct graph *g = forcer_graph(j->run->forcer);
	struct memo m = { 0 };

	for (size_t i = 0; i < j->thunk->outputs.n; i++) {
		const char *tag = j->thunk->outputs.v[i];
		struct oid value = { "" };
		bool executable = false;
		int rc = graph_output(g, res->node, i ? tag : NULL, &value, &executable, err);

		if (rc == 0)
			rc = strcmp(tag, THUNK_STDOUT) == 0
			             ? take_stdout(j, &value, err)
			             : write_one(j, tag, &value, executable, err);
		if (rc < 0)
			return -1;
		note_output(j, i);
	}
	if (store_memo_get(j->run->store, &j->id, &m, err) == 1) {
		if (*m.out_text.s)
			j->out_text = m.out_text;
		j->err_text = m.err_text;
		j->wall_ns = m.wall_ns;
		memo_release(&m);
	}
	return 0;
}

/* The program itself writes what it makes: that a guess was wrong is no failure of it. */
static void expect_less(struct map_job *j)
{
	if (j->run->mapping.outs.n)
		return;
	strv_clear(&j->thunk->outputs);
	strv_add(&j->thunk->outputs, THUNK_STDOUT);
}

/* What a job had printed when it failed is in the file, as a shell leaves it. */
static void redirect_partly(struct map_job *j, struct err *err)
{
	struct oid text = j->out_text;

	if (!j->is.redirect || (!*text.s && store_put(j->run->store, "", 0, &text, err) < 0))
		return;
	if (redirect(j, &text, err) == 0)
		j->out_text = (struct oid){ "" };
}

static void start_outside(struct map_run *r);

static void on_outside(void *arg, struct outcome *o)
{
	struct map_job *j = arg;
	struct map_run *r = j->run;
	struct err err = ERR_INIT;
	int status = o->what == OUTCOME_OK    ? 0
	             : WIFSIGNALED(o->status) ? 128 + WTERMSIG(o->status)
	                                      : WEXITSTATUS(o->status);

	r->outside--;
	if (o->what == OUTCOME_OK && *j->why && r->well_outside++ == 0)
		memcpy(r->first_why, j->why, sizeof(r->first_why));
	j->out_text = o->memo.out_text;
	j->err_text = o->memo.err_text;
	j->wall_ns = o->memo.wall_ns;
	for (size_t i = 0; i < o->memo.n_outputs; i++)
		if (strcmp(o->memo.outputs[i].tag, THUNK_STDOUT) == 0 &&
		    take_stdout(j, &o->memo.outputs[i].id, &err) < 0)
			status = 1;
	if (o->what != OUTCOME_OK && status == 0)
		status = 1;
	if (o->what != OUTCOME_OK)
		redirect_partly(j, &err);
	for (size_t i = 0; i < j->is.outputs.n && !status && !j->foreign; i++)
		note_made(j, j->is.outputs.v[i]);
	snprintf(j->why, sizeof(j->why), "%.199s", err.kind ? err.msg : status ? o->why : "");
	outcome_release(o);
	settle(j, status);
	start_outside(r);
}

static void start_outside(struct map_run *r)
{
	unsigned max = r->options.forcer.jobs ? r->options.forcer.jobs : 1;

	for (size_t i = r->waiting; i < r->n && r->outside < max && !r->halted; i++) {
		struct map_job *j = &r->jobs[i];
		struct err err = ERR_INIT;

		if (j->done || !j->outside || !j->thunk || j->status < 0)
			continue;
		j->status = -1; /* started */
		r->outside++;
		if (direct_start(forcer_loop(r->forcer), r->store, &j->id, j->thunk, environ,
		                 on_outside, j, &err) < 0) {
			r->outside--;
			snprintf(j->why, sizeof(j->why), "%.199s", err.msg);
			settle(j, 1);
		}
	}
	while (r->waiting < r->n && r->jobs[r->waiting].done)
		r->waiting++;
}

/* What it did there, or the first line of what it said. */
static void note_why(struct map_job *j, const struct forcer_result *res)
{
	const struct oid *said = &res->err_text;
	auto_buf text = BUF_INIT;
	struct err ignored;

	if (res->why)
		buf_adds(&text, res->why);
	else if (!*said->s || store_get(j->run->store, said, &text, &ignored) < 0 || !text.len)
		buf_adds(&text, "it said nothing");
	snprintf(j->why, sizeof(j->why), "%.*s", (int)strcspn(buf_str(&text), "\n"),
	         buf_str(&text));
}

/* It ended well, and complained of a file all the same: a script goes on without what it can't
 * read, and makes something else. */
static bool complained(struct map_job *j)
{
	struct outcome o = { .what = OUTCOME_FAILED, .status = 1 << 8 };
	auto_buf line = BUF_INIT;
	struct err ignored;

	if (store_memo_get(j->run->store, &j->id, &o.memo, &ignored) != 1)
		return false;
	bool yes = *o.memo.err_text.s && store_has(j->run->store, &o.memo.err_text) &&
	           execution_is_suspicious(j->run->store, &o, &line);
	if (yes)
		snprintf(j->why, sizeof(j->why), "%.199s", buf_str(&line));
	outcome_release(&o);
	return yes;
}

/* What the sandbox says of a failure is settled by the real command. */
static void run_outside(struct map_job *j)
{
	j->outside = true;
	expect_less(j);
	j->run->waiting = j->number < j->run->waiting ? j->number : j->run->waiting;
	start_outside(j->run);
}

static bool died(const struct forcer_result *res)
{
	return !res->ok && res->ran && !res->exited && res->status > 128;
}

static void on_result(void *arg, const struct forcer_result *res)
{
	struct map_job *j = arg;
	struct err err = ERR_INIT;

	if (res->ok && complained(j)) {
		run_outside(j);
	} else if (res->ok && take_results(j, res, &err) == 0) {
		settle(j, 0);
	} else if (res->ok) {
		snprintf(j->why, sizeof(j->why), "%.199s", err.msg);
		settle(j, 1);
	} else if (forcer_cancelled(j->run->forcer) && !j->run->halted) {
		return; /* by a signal: it is neither done nor failed */
	} else if (died(res)) {
		/* what it signals may be more than itself: not once more, and outside */
		snprintf(j->why, sizeof(j->why), "killed by signal %d", res->status - 128);
		j->out_text = res->out_text;
		j->err_text = res->err_text;
		redirect_partly(j, &err);
		settle(j, res->status);
	} else if (res->rerun || !j->run->halted) {
		note_why(j, res);
		run_outside(j);
	} else {
		settle(j, res->status ? res->status : 1);
	}
}

/* -- running -- */

static void begin(struct map_job *j)
{
	struct map_run *r = j->run;
	struct err err = ERR_INIT;

	int rc = make_thunk(j, &err);
	if (rc == 0 && j->outside)
		run_outside(j);
	else if (rc == 0)
		rc = forcer_wait(r->forcer, &j->id, on_result, j, &err);
	if (rc < 0) {
		snprintf(j->why, sizeof(j->why), "%.199s", err.msg);
		settle(j, j->status ? j->status : err_exit_code(err.kind));
	}
}

static void make_jobs(struct map_run *r)
{
	r->n = r->left = sources_count(&r->mapping.sources);
	r->jobs = xcalloc(r->n, sizeof(*r->jobs));
	for (size_t i = 0; i < r->n; i++) {
		r->jobs[i].run = r;
		r->jobs[i].number = i;
		mapping_job(&r->mapping, i, &r->jobs[i].is);
	}
}

static int run_jobs(struct map_run *r)
{
	struct options_signals sig;
	struct err err = ERR_INIT;

	r->forcer = forcer_new(r->store, &r->options.forcer);
	if (!r->options.forcer.jobs)
		r->options.forcer.jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	if (forcer_connect(r->forcer, &err) < 0 ||
	    (r->options.forcer.require && forcer_prepare(r->forcer, &err) < 0)) {
		forcer_free(r->forcer);
		return command_failed(r->self, &err);
	}
	options_watch_signals(&sig, r->forcer);
	for (size_t i = 0; i < r->n && !sig.got && !r->halted; i++) {
		begin(&r->jobs[i]);
		uv_run(forcer_loop(r->forcer), UV_RUN_NOWAIT);
	}
	while (r->left && !sig.got && (!r->halted || r->outside))
		if (uv_run(forcer_loop(r->forcer), UV_RUN_ONCE) == 0)
			break;
	forcer_run(r->forcer);
	int signal = options_unwatch_signals(&sig);
	forcer_free(r->forcer);
	if (store_sync(r->store, &err) < 0)
		command_failed(r->self, &err);
	if (r->well_outside)
		fprintf(stderr,
		        "gg map: %zu of %zu ran as they are and are not remembered (%s); name "
		        "with --in what they read, with --out what they make\n",
		        r->well_outside, r->n, r->first_why);
	if (r->failed)
		fprintf(stderr, "gg map: %zu of %zu failed%s\n", r->failed, r->n,
		        r->halted ? "; stopped at the first" : "");
	return signal ? 128 + signal : r->failed || r->left || r->unwritten ? 1 : 0;
}

/* -- the command line -- */

static void map_release_run(struct map_run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		thunk_free(r->jobs[i].thunk);
		mapped_release(&r->jobs[i].is);
	}
	free(r->jobs);
	free(r->cwd);
	joblog_close(r, NULL);
	mapping_release(&r->mapping);
	store_close(r->store);
}

static int prepare(struct map_run *r, char **argv, struct err *err)
{
	if (mapping_take(&r->mapping, argv, err) < 0)
		return -1;
	r->cwd = getcwd(NULL, 0);
	if (!r->cwd)
		return err_sys(err, "current folder");
	r->mask = proc_umask();
	make_jobs(r);
	if (r->mapping.dry_run)
		return 0;
	if (joblog_open(r, err) < 0)
		return -1;
	return command_open_store(true, &r->store, err);
}

static void print_plan(const struct map_run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		auto_buf text = BUF_INIT;

		mapped_command(&r->jobs[i].is, &text);
		puts(buf_str(&text));
	}
}

int cmd_map(const struct command *self, int argc, char **argv)
{
	struct map_run r = { .self = self, .options = OPTIONS_INIT, .mapping = MAPPING_INIT };
	auto_strv rest = STRV_INIT;
	struct err err = ERR_INIT;

	strv_add(&rest, argv[0]);
	mapping_options(&r.mapping, argc, argv, &rest);
	int rc = options_parse(&r.options, self, (int)rest.n, strv_argv(&rest));
	if (rc < 0 && prepare(&r, rest.v + optind, &err) < 0) {
		rc = err.kind == ERR_USAGE ? command_usage(self, "%s", err.msg)
		                           : command_failed(self, &err);
	} else if (rc < 0 && r.mapping.dry_run) {
		print_plan(&r);
		rc = 0;
	} else if (rc < 0) {
		options_record(&r.options, self, argv);
		rc = run_jobs(&r);
		if (joblog_close(&r, &err) < 0)
			rc = command_failed(self, &err);
		options_record_end(&r.options, self, r.store, rc);
	}
	map_release_run(&r);
	return rc;
}

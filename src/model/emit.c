#include "model/emit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/acl.h"
#include "base/diagnostics.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "core/codec.h"
#include "core/placeholder.h"
#include "model/dated.h"
#include "model/equivalent.h"
#include "model/output.h"
#include "model/precompiled.h"
#include "model/portable.h"
#include "model/recall.h"
#include "model/refusal.h"
#include "model/scratch.h"
#include "model/session.h"
#include "store/look.h"

struct emission {
	const struct call *call;
	struct plan *plan;
	const struct emit_mode *mode;
	struct oid id;
	bool replaces; /* an output is there already */
};

static unsigned mode_of(const struct emission *e, size_t i, bool executable)
{
	const struct plan_output *o = &e->plan->outputs[i];
	unsigned mode = 0666 & ~o->umask;

	/* as a linker does it: a file like any other, and then what the umask leaves of this */
	return o->kind == OUTPUT_PROGRAM || executable ? mode | (0111 & ~e->call->umask) : mode;
}

/*
 * What stands at an output's path may be replaced if that leaves what a new file would be. Some
 * tools write into the old file instead: its mode stays, and its other names see the new text.
 */
static const char *why_not_replace(const struct emission *e, size_t i, const struct stat *old)
{
	auto_placeholder h = { 0 };
	struct err ignored;

	if (!S_ISREG(old->st_mode))
		return "an output is not a regular file";
	if (old->st_nlink > 1)
		return "an output has several names";
	if ((old->st_mode & 07777) != mode_of(e, i, false) &&
	    placeholder_read(e->plan->outputs[i].path, &h, &ignored) != 1)
		return "an output is there with another mode";
	return NULL;
}

/* An output must be a plain file, or nothing yet, in a folder that is there. */
static int check_targets(struct emission *e, struct err *err)
{
	struct stat sb;

	for (size_t i = 0; i < e->plan->n_outputs; i++) {
		const char *path = e->plan->outputs[i].path;
		const char *why = NULL;

		if (e->plan->outputs[i].kind == OUTPUT_STDOUT)
			continue;
		auto_free char *folder = path_dir(path);
		e->plan->outputs[i].umask = acl_umask(folder, e->call->umask);
		if (lstat(path, &sb) == 0) {
			e->replaces = true;
			why = why_not_replace(e, i, &sb);
		}
		if (why)
			return err_set(err, ERR_UNSURE, "%s", why);
		if (e->plan->outputs[i].optional)
			continue;
		if (access(folder, W_OK) < 0)
			return err_set(err, ERR_UNSURE, "an output can't be written");
	}
	return 0;
}

/* What has been forced since its placeholder was written is an input like any other. */
static int resolve_known(struct store *st, struct thunk *t, struct err *err)
{
	for (size_t i = 0; i < t->thunks.n;) {
		struct thunk_ref *r = &t->thunks.v[i];
		struct memo m = { 0 };
		size_t k = 0;
		int rc = store_memo_get(st, &r->id, &m, err);

		if (rc < 0)
			return -1;
		while (rc == 1 && r->tag && k < m.n_outputs && strcmp(m.outputs[k].tag, r->tag))
			k++;
		if (rc == 0 || k == m.n_outputs || oid_is_thunk(&m.outputs[k].id)) {
			i++;
		} else {
			struct oid old = r->id;
			auto_free char *tag = r->tag ? xstrdup(r->tag) : NULL;

			thunk_substitute(t, &old, tag, &m.outputs[k].id, NULL);
		}
		memo_release(&m);
	}
	return 0;
}

static bool is_restored(const struct plan *p)
{
	return p->portable || scratch_is_used(p);
}

/* How the place of a checkout is put into a text: as it is, or as it stands in a rule. */
typedef void place_fn(const char *base, struct buf *text);

/* With the place of this checkout, and the names of a probe, in it again. */
static void restore(const struct emission *e, place_fn *place, struct buf *text)
{
	if (e->plan->portable)
		place(e->call->basedir, text);
	scratch_restore(e->plan, text);
}

/* An object's bytes, as they would have been outside. */
static int read_restored(const struct emission *e, const struct oid *id, place_fn *place,
                         struct buf *out, struct err *err)
{
	if (store_get(e->call->store, id, out, err) < 0)
		return -1;
	restore(e, place, out);
	return 0;
}

/* As the tool itself would have on this terminal. */
static int write_message(const struct emission *e, const struct buf *text, int to,
                         struct err *err)
{
	auto_buf colored = BUF_INIT;

	if (to != 2 || !diagnostics_have_colors(to, e->call->argv))
		return file_write_fd(to, text->data, text->len, err);
	diagnostics_color(text->data, text->len, &colored);
	return file_write_fd(to, colored.data, colored.len, err);
}

static int copy_text(const struct emission *e, const char *name, int to, struct err *err)
{
	auto_buf text = BUF_INIT;
	auto_fd fd = -1;
	struct oid id;

	if (!*name)
		return 0;
	if (oid_parse(name, strlen(name), &id, err) < 0)
		return -1;
	if (is_restored(e->plan) || (to == 2 && isatty(2)))
		return read_restored(e, &id, portable_restore, &text, err) < 0
		               ? -1
		               : write_message(e, &text, to, err);
	if (store_open_blob(e->call->store, &id, &fd, err) < 0)
		return -1;
	return file_copy_fd(fd, to, err);
}

static int repeat_texts(const struct emission *e, const char *out, const char *errs,
                        struct err *err)
{
	if (copy_text(e, out, 1, err) < 0 || copy_text(e, errs, 2, err) < 0)
		return -1;
	return 0;
}

/* gfortran leaves a module's file alone, with its time, when it would be the same. */
static bool is_kept(const struct emission *e, const struct plan_output *o, const struct oid *id)
{
	struct file_info info;
	struct err ignored;
	struct stat sb;

	return o->kind == OUTPUT_MODULE && lstat(o->path, &sb) == 0 && S_ISREG(sb.st_mode) &&
	       store_file(e->call->store, o->path, FILE_HASH_ONLY, &info, &ignored) == 0 &&
	       !info.placeholder && strcmp(info.id.s, id->s) == 0;
}

static int write_text(const struct plan_output *o, const struct buf *text, unsigned mode,
                      const struct timespec *mtime, struct err *err)
{
	const struct timespec omit = { .tv_nsec = UTIME_OMIT };
	const struct timespec times[2] = { omit, mtime ? *mtime : omit };

	if (file_write(o->path, text->data, text->len, mode, err) < 0)
		return -1;
	return utimensat(AT_FDCWD, o->path, times, 0) < 0 ? err_sys(err, "%s", o->path) : 0;
}

/* 1: written, with the name of a probe in it again; 0: the object is as it is outside. */
static int write_named(const struct emission *e, const struct plan_output *o,
                       const struct oid *id, unsigned mode, const struct timespec *mtime,
                       struct err *err)
{
	auto_buf bytes = BUF_INIT;

	if (store_get(e->call->store, id, &bytes, err) < 0)
		return -1;
	if (scratch_shows(e->plan, bytes.data, bytes.len) != SCRATCH_NAMED)
		return 0;
	scratch_restore(e->plan, &bytes);
	return write_text(o, &bytes, mode, mtime, err) < 0 ? -1 : 1;
}

static int write_output(const struct emission *e, const struct plan_output *o,
                        const struct oid *id, unsigned mode, const struct timespec *mtime,
                        struct err *err)
{
	auto_buf text = BUF_INIT;

	if (is_kept(e, o, id))
		return 0;
	if (is_restored(e->plan) && o->kind == OUTPUT_DEPFILE)
		return read_restored(e, id, portable_restore_rule, &text, err) < 0
		               ? -1
		               : write_text(o, &text, mode, mtime, err);
	int rc = scratch_is_used(e->plan) ? write_named(e, o, id, mode, mtime, err) : 0;
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (output_write(e->call->store, o->path, id, mode, mtime, err) < 0)
		return -1;
	return e->plan->header && o->kind == OUTPUT_FILE
	               ? precompiled_note(e->call->store, id, &e->id, e->plan->header, err)
	               : 0;
}

static const struct memo_output *output_called(const struct memo *m, const char *tag)
{
	for (size_t i = 0; i < m->n_outputs; i++)
		if (strcmp(m->outputs[i].tag, tag) == 0)
			return &m->outputs[i];
	return NULL;
}

/* The next time the real tool runs at once. */
static int give_up(const struct emission *e, const char *why, struct err *err)
{
	struct err ignored;

	store_cache_put(e->call->store, CACHE_MISSED, e->id.s, strlen(e->id.s), "", 0,
	                &ignored);
	store_flush(e->call->store, &ignored);
	return err_set(err, ERR_UNSURE, "%s", why);
}

/* A result that shows where it was made would not be what it is outside. */
static int check_shown(const struct emission *e, const struct plan_output *o,
                       const struct oid *id, struct err *err)
{
	auto_buf bytes = BUF_INIT;

	if (o->kind == OUTPUT_DEPFILE || o->kind == OUTPUT_STDOUT || !is_restored(e->plan))
		return 0;
	if (store_get(e->call->store, id, &bytes, err) < 0)
		return -1;
	bool shown = scratch_is_used(e->plan) &&
	             scratch_shows(e->plan, bytes.data, bytes.len) == SCRATCH_SHOWN;

	if (e->plan->portable)
		shown |= memmem(bytes.data, bytes.len, PORTABLE_BASE,
		                sizeof(PORTABLE_BASE) - 1) != NULL;
	return shown ? give_up(e, "its result shows the name of its folder", err) : 0;
}

/* Where both go to one file, only the tool itself knows in which order. */
static bool share_a_file(void)
{
	struct stat out, errs;

	return fstat(1, &out) == 0 && fstat(2, &errs) == 0 && out.st_dev == errs.st_dev &&
	       out.st_ino == errs.st_ino && out.st_rdev == errs.st_rdev &&
	       !(S_ISCHR(out.st_mode) && !isatty(1));
}

static bool is_empty(const struct oid *id)
{
	return !*id->s || oid_size(id) == 0;
}

static bool prints_on_both(const struct emission *e, const struct memo *m)
{
	bool out = !is_empty(&m->out_text);

	for (size_t i = 0; i < e->plan->n_outputs; i++) {
		const struct memo_output *r = output_called(m, e->plan->outputs[i].tag);

		out |= e->plan->outputs[i].kind == OUTPUT_STDOUT && r && !is_empty(&r->id);
	}
	return out && !is_empty(&m->err_text);
}

/*
 * Makes every output real. Nothing is touched unless all of them can be. They get one time:
 * rules like "%.o: %.c %.d" hold that none is newer than another.
 */
static int write_outputs(const struct emission *e, const struct memo *m, struct err *err)
{
	struct stat first = { 0 };

	if (prints_on_both(e, m) && share_a_file())
		return err_set(err, ERR_UNSURE, "two outputs to one file");
	for (size_t i = 0; i < e->plan->n_outputs; i++) {
		const struct plan_output *o = &e->plan->outputs[i];
		const struct memo_output *r = output_called(m, o->tag);

		if ((!r || !*r->id.s) ? !o->optional : oid_is_thunk(&r->id))
			return err_set(err, ERR_CORRUPT, "no result for %s", o->tag);
		if (r && *r->id.s && check_shown(e, o, &r->id, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < e->plan->n_outputs; i++) {
		const struct plan_output *o = &e->plan->outputs[i];
		const struct memo_output *r = output_called(m, o->tag);

		if (!r || !*r->id.s)
			continue;
		if (o->kind == OUTPUT_STDOUT) {
			if (copy_text(e, r->id.s, 1, err) < 0)
				return -1;
			continue;
		}
		if (write_output(e, o, &r->id, mode_of(e, i, r->executable),
		                 first.st_nlink ? &first.st_mtim : NULL, err) < 0)
			return -1;
		/* by the file system's own clock, which may be ahead of all that can be asked
		 */
		if (!first.st_nlink && o->kind != OUTPUT_MODULE && e->plan->n_outputs > 1 &&
		    lstat(o->path, &first) < 0)
			return err_sys(err, "%s", o->path);
	}
	return repeat_texts(e, m->out_text.s, m->err_text.s, err);
}

/* What is to be where: for whoever asks later what made a file. */
static void add_outputs(const struct emission *e, struct strv *words)
{
	for (size_t i = 0; i < e->plan->n_outputs; i++) {
		strv_add(words, e->plan->outputs[i].tag);
		strv_add(words, e->plan->outputs[i].path);
	}
}

static void say_remembered(const struct emission *e, const struct memo *m)
{
	auto_strv words = STRV_INIT;
	unsigned long long bytes = 0;
	struct err ignored;

	if (!e->mode->session)
		return;
	for (size_t i = 0; i < m->n_outputs; i++)
		bytes += *m->outputs[i].id.s ? oid_size(&m->outputs[i].id) : 0;
	strv_add(&words, "remembered");
	strv_add(&words, e->id.s);
	strv_addf(&words, "%lld", (long long)m->wall_ns);
	strv_addf(&words, "%lld", (long long)m->cpu_ns);
	strv_addf(&words, "%llu", bytes);
	add_outputs(e, &words);
	session_say(e->mode->session, &words, NULL, &ignored);
}

static int promise_outputs(const struct emission *e, struct err *err)
{
	auto_strv words = STRV_INIT;
	struct err ignored;

	strv_add(&words, "thunk");
	strv_add(&words, e->id.s);
	for (size_t i = 0; i < e->plan->n_outputs; i++) {
		const struct plan_output *o = &e->plan->outputs[i];
		unsigned mode = mode_of(e, i, false);

		if (o->optional || o->kind == OUTPUT_DEPFILE)
			continue;
		if (output_promise(e->call->store, o->path, &e->id, i ? o->tag : NULL, mode,
		                   err) < 0)
			return -1;
		strv_addf(&words, i ? "%s#%s" : "%s", e->id.s, o->tag);
		strv_add(&words, o->path);
		strv_addf(&words, "%o", mode);
	}
	if (store_flush(e->call->store, err) < 0)
		return -1;
	/* A coordinator that has gone does no harm: the outputs are recorded as pending. */
	if (e->mode->session)
		session_say(e->mode->session, &words, NULL, &ignored);
	return 0;
}

static int memo_from_answer(const struct strv *a, struct memo *m, struct err *err)
{
	for (size_t i = 1; i < 3 && i < a->n; i++) {
		struct oid *text = i == 1 ? &m->out_text : &m->err_text;

		if (*a->v[i] && oid_parse(a->v[i], strlen(a->v[i]), text, err) < 0)
			return -1;
	}
	for (size_t i = 3; i + 2 < a->n; i += 3) {
		struct oid id = { "" };

		if (*a->v[i + 1] && oid_parse(a->v[i + 1], strlen(a->v[i + 1]), &id, err) < 0)
			return -1;
		memo_add_output(m, a->v[i], &id, a->v[i + 2][0] == 'x');
	}
	return 0;
}

/* "gg: failed (exit 1): cd FOLDER && COMMAND" */
static void explain_failure(const struct emission *e, int status)
{
	auto_buf text = BUF_INIT;

	buf_addf(&text, "gg: failed (exit %d): cd ", status);
	path_shell_quote(&text, e->call->cwd);
	buf_adds(&text, " &&");
	for (int i = 0; i < e->call->argc; i++) {
		buf_addc(&text, ' ');
		path_shell_quote(&text, e->call->argv[i]);
	}
	buf_addc(&text, '\n');
	(void)!write(2, text.data, text.len);
}

/* Is there an output that a placeholder can't stand for? */
static bool is_needed_now(const struct plan *p)
{
	for (size_t i = 0; i < p->n_outputs; i++)
		if (p->outputs[i].kind == OUTPUT_NOW || p->outputs[i].kind == OUTPUT_MODULE ||
		    p->outputs[i].kind == OUTPUT_STDOUT)
			return true;
	return false;
}

static int read_text(struct store *st, const char *name, struct buf *out, struct err *err)
{
	struct oid id;

	if (!*name)
		return 0;
	return oid_parse(name, strlen(name), &id, err) < 0 ? -1 : store_get(st, &id, out, err);
}

/* What a failing tool leaves, keeps or removes is its own business, unless it can't have
 * touched anything. */
static bool may_leave_files(const struct emission *e)
{
	if (e->plan->n_outputs == 1 && strcmp(e->plan->outputs[0].tag, THUNK_STDOUT) == 0)
		return false;
	return e->replaces || e->plan->n_outputs > 1 || is_needed_now(e->plan);
}

/* What was said, with the place of this checkout in it again. */
static void tell_text(const struct emission *e, const struct buf *said, int to)
{
	auto_buf text = BUF_INIT;
	struct err ignored;

	if (said->len == 0)
		return;
	buf_add(&text, said->data, said->len);
	restore(e, portable_restore, &text);
	write_message(e, &text, to, &ignored);
}

static int tell_refusal(const struct emission *e, const struct refusal *r, int *status,
                        struct err *err)
{
	bool untold = may_leave_files(e) || (r->out.len && r->errs.len && share_a_file());

	if (!untold) {
		tell_text(e, &r->out, 1);
		tell_text(e, &r->errs, 2);
	}
	if (e->mode->explain && !(untold && e->mode->hands_back))
		explain_failure(e, r->status);
	*status = r->status;
	return untold ? err_set(err, ERR_UNSURE, "a failure that may leave files") : 0;
}

static void remember_refusal(const struct emission *e, const struct refusal *r)
{
	struct err ignored; /* it is asked again */

	store_batch_begin(e->call->store);
	refusal_put(e->call->store, &e->id, r, &ignored);
	store_flush(e->call->store, &ignored);
}

/* 1: it was told; 0: nothing is known; -1: the real tool must say it. */
static int repeat_refusal(const struct emission *e, int *status, struct err *err)
{
	auto_refusal r = { 0 };

	if (!e->mode->session || !e->mode->wait ||
	    refusal_get(e->call->store, &e->id, &r, err) != 1)
		return 0;
	if (tell_refusal(e, &r, status, err) < 0)
		return -1;
	say_remembered(e, &(struct memo){ 0 });
	return 1;
}

/* failed STATUS OUT ERR [sure | doubtful] */
static int take_failure(const struct emission *e, const struct strv *a, int *status,
                        struct err *err)
{
	auto_refusal r = { .status = (int)strtol(a->v[1], NULL, 10) };
	bool silent = !*a->v[2] && !*a->v[3]; /* given up, as after Ctrl-C */
	const char *trust = a->n > 4 ? a->v[4] : "";

	if (!silent && e->plan->doubtful)
		return give_up(e, "failed as its line in models.conf describes it", err);
	if (read_text(e->call->store, a->v[2], &r.out, err) < 0 ||
	    read_text(e->call->store, a->v[3], &r.errs, err) < 0)
		return -1;
	if (strcmp(trust, "doubtful") == 0 &&
	    !refusal_is_of_headers(buf_str(&r.errs), &e->plan->missing))
		return err_set(err, ERR_UNSURE,
		               "failed in the sandbox on something that no model named");
	if (*trust)
		remember_refusal(e, &r);
	if (silent)
		*status = r.status;
	return silent ? 0 : tell_refusal(e, &r, status, err);
}

static int take_answer(const struct emission *e, const struct strv *a, int *status,
                       struct err *err)
{
	if (strcmp(a->v[0], "failed") == 0 && a->n >= 4)
		return take_failure(e, a, status, err);
	if (strcmp(a->v[0], "ok") == 0 && a->n >= 3) {
		struct memo m = { 0 };
		int rc = memo_from_answer(a, &m, err);

		if (rc == 0)
			rc = write_outputs(e, &m, err);
		memo_release(&m);
		*status = 0;
		return rc;
	}
	if (e->plan->doubtful && strcmp(a->v[0], "rerun") == 0)
		return give_up(e, a->n > 1 ? a->v[1] : "failed", err);
	return err_set(err, ERR_UNSURE, "%s", a->n > 1 ? a->v[1] : "the coordinator gave up");
}

static int wait_for_result(const struct emission *e, int *status, struct err *err)
{
	auto_strv words = STRV_INIT;
	auto_strv answer = STRV_INIT;

	strv_add(&words, "wait");
	strv_add(&words, e->id.s);
	add_outputs(e, &words);
	if (store_flush(e->call->store, err) < 0)
		return -1;
	if (session_say(e->mode->session, &words, &answer, err) < 0)
		return -1;
	/* The coordinator's writes are newer than our snapshot. */
	store_batch_begin(e->call->store);
	return take_answer(e, &answer, status, err);
}

static const struct plan_output *depfile_of(const struct plan *p)
{
	for (size_t i = 0; i < p->n_outputs; i++)
		if (p->outputs[i].kind == OUTPUT_DEPFILE)
			return &p->outputs[i];
	return NULL;
}

/* Without a coordinator the compiler's own preprocessor writes the depfile now. */
static int make_depfile(const struct emission *e, const struct plan_output *dep, int *status,
                        struct err *err)
{
	auto_strv args = STRV_INIT;
	auto_buf text = BUF_INIT;
	char *const *argv = e->call->argv;
	bool named_target = false;

	strv_add(&args, e->call->tool);
	for (int i = 1; i < e->call->argc; i++) {
		const char *a = argv[i];

		named_target |= strncmp(a, "-MT", 3) == 0 || strncmp(a, "-MQ", 3) == 0 ||
		                strstr(a, ",-MT") || strstr(a, ",-MQ");
		if (strcmp(a, "-o") == 0 || strcmp(a, "-MF") == 0)
			i++;
		else if (strcmp(a, "-c") && strcmp(a, "-S") && strncmp(a, "-MF", 3) &&
		         !(a[0] == '-' && a[1] == 'o'))
			strv_add(&args, a);
	}
	strv_add(&args, "-E");
	strv_add(&args, "-o");
	strv_add(&args, "/dev/null");
	strv_add(&args, "-MF");
	strv_add(&args, dep->path);
	if (!named_target) {
		strv_add(&args, "-MQ");
		strv_add(&args, e->plan->outputs[0].tag);
	}
	*status = proc_capture(strv_argv(&args), NULL, e->call->envp, NULL, &text, err);
	if (*status > 0 && text.len)
		(void)!write(2, text.data, text.len);
	return *status < 0 ? -1 : 0;
}

/* Will somebody be asked for the result, and answer at once? */
static bool waits(const struct emission *e)
{
	return e->mode->session && ((depfile_of(e->plan) && !e->mode->far) ||
	                            is_needed_now(e->plan) || e->mode->wait);
}

static int emit_unknown(const struct emission *e, int *status, struct err *err)
{
	const struct plan_output *dep = depfile_of(e->plan);
	auto_buf why = BUF_INIT;

	if (store_cache_get(e->call->store, CACHE_MISSED, e->id.s, strlen(e->id.s), &why,
	                    err) == 1)
		return err_set(err, ERR_UNSURE, "reads a file that no model names");
	int told = repeat_refusal(e, status, err);
	if (told != 0)
		return told < 0 ? -1 : 0;
	if (waits(e))
		return wait_for_result(e, status, err);
	if (is_needed_now(e->plan))
		return err_set(err, ERR_UNSURE, "its result is needed at once");
	*status = 0;
	if (dep && e->plan->doubtful)
		return err_set(err, ERR_UNSURE, "a depfile, and nobody to wait for");
	if (dep && make_depfile(e, dep, status, err) < 0)
		return -1;
	return *status ? 0 : promise_outputs(e, err);
}

/* A depfile is real in every mode: make and ninja read it at once. */
static int write_depfile(const struct emission *e, const struct memo *m, struct err *err)
{
	const struct plan_output *dep = depfile_of(e->plan);
	const struct memo_output *r = dep ? output_called(m, dep->tag) : NULL;
	unsigned mode = dep ? 0666 & ~dep->umask : 0;

	return r ? write_output(e, dep, &r->id, mode, NULL, err) : 0;
}

static int emit_remembered(const struct emission *e, const struct memo *m, int *status,
                           struct err *err)
{
	*status = 0;
	if (e->mode->placeholders && !is_needed_now(e->plan)) {
		if (write_depfile(e, m, err) < 0 || promise_outputs(e, err) < 0)
			return -1;
		return repeat_texts(e, m->out_text.s, m->err_text.s, err);
	}
	if (write_outputs(e, m, err) < 0)
		return -1;
	say_remembered(e, m);
	return store_flush(e->call->store, err);
}

int emit_recalled(const struct call *call, struct plan *p, const struct oid *thunk,
                  const struct emit_mode *mode, int *status, struct err *err)
{
	struct emission e = { call, p, mode, *thunk, false };
	struct memo m = { 0 };

	int rc =
		store_has(call->store, thunk) ? store_memo_get(call->store, thunk, &m, err) : 0;
	if (rc <= 0)
		return rc;
	rc = check_targets(&e, err) < 0 ? -1 : emit_remembered(&e, &m, status, err);
	memo_release(&m);
	return rc < 0 ? -1 : 1;
}

int emit(const struct call *call, struct plan *p, const struct emit_mode *mode, int *status,
         struct err *err)
{
	struct emission e = { call, p, mode, { "" }, false };
	auto_buf looks = BUF_INIT;
	auto_buf raw = BUF_INIT;
	struct memo m = { 0 };

	if (plan_finish(p, call, err) < 0)
		return -1;
	/* what follows depends on the thunk alone, and on what is there to be replaced */
	bool again = look_end(&looks) && p->again && !p->delegate && p->thunk->thunks.n == 0 &&
	             !scratch_is_used(p);
	if (check_targets(&e, err) < 0)
		return -1;
	/* Where placeholders are wanted their thunks are what the build is made of. */
	if (!mode->placeholders && resolve_known(call->store, p->thunk, err) < 0)
		return -1;
	if (thunk_encode(p->thunk, &raw, err) < 0 ||
	    store_put(call->store, raw.data, raw.len, &e.id, err) < 0 ||
	    dated_settle(p, call, &e.id, err) < 0)
		return -1;
	if (p->delegate)
		return err_set(err, ERR_UNSURE, "%s", p->reason);
	if (again && recall_put(call, p, &e.id, &looks, err) < 0)
		return -1;
	int rc = store_memo_get(call->store, &e.id, &m, err);
	if (rc == 0)
		rc = equivalent_find(p, waits(&e) ? mode->session : NULL, &e.id, &m, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return emit_unknown(&e, status, err);
	rc = emit_remembered(&e, &m, status, err);
	memo_release(&m);
	/* a damaged result is no result */
	if (rc < 0 && err->kind == ERR_CORRUPT)
		rc = emit_unknown(&e, status, err);
	return rc;
}

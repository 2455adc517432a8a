#include "engine/direct.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "core/placeholder.h"
#include "exec/child.h"
#include "model/output.h"

struct direct {
	struct store *store;
	struct strv outputs; /* tags */
	struct strv args;
	struct strv env;
	char *folder;   /* where it runs */
	bool temporary; /* the folder is ours, to be removed */
	int in;
	int out;
	int errs;
	int64_t started_ns;
	engine_done_fn *done;
	void *arg;
};

static void direct_free(struct direct *d)
{
	struct err ignored;

	if (d->temporary)
		file_remove_tree(d->folder, &ignored);
	strv_release(&d->outputs);
	strv_release(&d->args);
	strv_release(&d->env);
	free(d->folder);
	if (d->out >= 0)
		close(d->out);
	if (d->errs >= 0)
		close(d->errs);
	if (d->in >= 0)
		close(d->in);
	free(d);
}

static int take_text(struct direct *d, int fd, struct oid *id, struct err *err)
{
	if (lseek(fd, 0, SEEK_END) <= 0)
		return 0;
	lseek(fd, 0, SEEK_SET);
	return store_put_fd(d->store, fd, false, id, err);
}

static int take_stdout(struct direct *d, struct memo *m, struct err *err)
{
	struct oid id = m->out_text;

	if (!*id.s && store_put(d->store, "", 0, &id, err) < 0)
		return -1;
	memo_add_output(m, THUNK_STDOUT, &id, false);
	m->out_text = (struct oid){ "" };
	return 0;
}

static int take_outputs(struct direct *d, struct memo *m, struct err *err)
{
	for (size_t i = 0; i < d->outputs.n; i++) {
		if (strcmp(d->outputs.v[i], THUNK_STDOUT) == 0) {
			if (take_stdout(d, m, err) < 0)
				return -1;
			continue;
		}
		auto_free char *path = path_absolute(d->folder, d->outputs.v[i]);
		auto_fd fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		struct oid id;
		struct stat sb;

		if (fd < 0 && errno == ENOENT && i > 0)
			continue;
		if (fd < 0 || fstat(fd, &sb) < 0)
			return err_sys(err, "%s", path);
		if (!S_ISREG(sb.st_mode))
			return err_set(err, ERR_FAILED, "%s is no regular file", path);
		if (store_put_fd(d->store, fd, sb.st_mode & 0111, &id, err) < 0)
			return -1;
		memo_add_output(m, d->outputs.v[i], &id, sb.st_mode & 0111);
	}
	return 0;
}

static void ended(void *arg, int status)
{
	struct direct *d = arg;
	struct outcome o = { .what = OUTCOME_OK, .status = status };
	int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	struct err err = ERR_INIT;

	o.memo.wall_ns = clock_now_ns() - d->started_ns;
	snprintf(o.memo.engine, sizeof(o.memo.engine), "direct");
	if (take_text(d, d->out, &o.memo.out_text, &err) < 0 ||
	    take_text(d, d->errs, &o.memo.err_text, &err) < 0)
		o.what = OUTCOME_INTERNAL;
	if (o.status) {
		o.what = OUTCOME_FAILED;
		snprintf(o.why, sizeof(o.why), signal ? "killed by signal %d" : "exit %d",
		         signal ? signal : WEXITSTATUS(status));
	} else if (take_outputs(d, &o.memo, &err) < 0) {
		o.what = err.kind == ERR_NOTFOUND ? OUTCOME_FAILED : OUTCOME_INTERNAL;
	}
	if (err.kind && !*o.why)
		snprintf(o.why, sizeof(o.why), "%s", err.msg);
	d->done(d->arg, &o);
	direct_free(d);
}

/* The real files must still be what the thunk names; those that are placeholders are made real.
 */
int direct_check_inputs(struct store *st, const struct thunk *t, struct err *err)
{
	for (size_t i = 0; i < t->values.n; i++) {
		const struct thunk_ref *r = &t->values.v[i];
		struct file_info info;

		if (!r->name || r->name[0] != '/' || strcmp(r->name, THUNK_STDIN) == 0)
			continue;
		if (store_file(st, r->name, FILE_HASH_ONLY, &info, err) < 0)
			return err_wrap(err, "input gone since its command was seen");
		if (info.placeholder) {
			if (output_write(st, r->name, &r->id, 0644, &info.st.st_mtim, err) < 0)
				return -1;
		} else if (!oid_eq(&info.id, &r->id)) {
			return err_set(err, ERR_CORRUPT,
			               "%s has changed since its command was seen", r->name);
		}
	}
	return 0;
}

/* A tool that opens its output for writing would keep the placeholder's mode. */
static void drop_placeholders(const struct thunk *t)
{
	for (size_t i = 0; i < t->outputs.n; i++) {
		if (strcmp(t->outputs.v[i], THUNK_STDOUT) == 0)
			continue;
		auto_free char *path = path_absolute(t->workdir, t->outputs.v[i]);
		auto_placeholder h = { 0 };
		struct err ignored;

		if (placeholder_read(path, &h, &ignored) == 1)
			unlink(path);
	}
}

static int text_file(struct store *st, struct err *err)
{
	int fd = open(store_tmp(st), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return fd < 0 ? err_sys(err, "temporary file in %s", store_tmp(st)) : fd;
}

static int describe_classic(struct direct *d, const struct thunk *t, char **program,
                            struct err *err)
{
	static const char mark[] = "@{GGHASH:";
	auto_buf path = BUF_INIT;

	d->folder = xasprintf("%s/direct-%d-XXXXXX", store_tmp(d->store), (int)getpid());
	if (!mkdtemp(d->folder))
		return err_sys(err, "%s", d->folder);
	d->temporary = true;
	for (struct strv *list = &d->args; list; list = list == &d->args ? &d->env : NULL) {
		for (size_t i = 0; i < list->n; i++) {
			auto_buf text = BUF_INIT;
			const char *at = list->v[i];

			for (const char *hit; (hit = strstr(at, mark)) && strchr(hit, '}');) {
				const char *name = hit + sizeof(mark) - 1;

				buf_add(&text, at, (size_t)(hit - at));
				buf_addf(&text, "%s/blobs/%.*s", store_dir(d->store),
				         (int)strcspn(name, "#}"), name);
				at = strchr(hit, '}') + 1;
			}
			buf_adds(&text, at);
			free(list->v[i]);
			list->v[i] = buf_steal(&text);
		}
	}
	for (size_t i = 0; i < t->n_links; i++) {
		auto_free char *name = path_join(d->folder, t->links[i].name);
		auto_free char *target =
			xasprintf("%s/blobs/%s", store_dir(d->store), t->links[i].target.s);

		if (!path_is_safe_relative(t->links[i].name) || symlink(target, name) < 0)
			return err_set(err, ERR_CORRUPT, "link %s", t->links[i].name);
	}
	strv_addf(&d->env, "__GG_DIR__=%s/blobs", store_dir(d->store));
	strv_add(&d->env, "__GG_ENABLED__=1");
	if (store_locate(d->store, &t->function, &path, err) < 0)
		return -1;
	*program = buf_steal(&path);
	return 0;
}

static int describe_real(struct direct *d, const struct thunk *t, char *const *envp,
                         char **program, struct err *err)
{
	d->folder = xstrdup(t->workdir);
	if (direct_check_inputs(d->store, t, err) < 0)
		return -1;
	drop_placeholders(t);
	strv_add_all(&d->env, envp);
	for (size_t i = 0; i < t->execs.n; i++)
		if (t->execs.v[i].name && oid_eq(&t->execs.v[i].id, &t->function))
			*program = xstrdup(t->execs.v[i].name);
	return *program ? 0 : err_set(err, ERR_USAGE, "no program");
}

static int open_stdin(struct direct *d, const struct thunk *t, struct err *err)
{
	for (size_t i = 0; i < t->values.n; i++)
		if (t->values.v[i].name && strcmp(t->values.v[i].name, THUNK_STDIN) == 0)
			return store_open_blob(d->store, &t->values.v[i].id, &d->in, err);
	return 0;
}

static int spawn(struct direct *d, uv_loop_t *loop, char *program, struct err *err)
{
	const struct child_options options = {
		.file = program,
		.argv = strv_argv(&d->args),
		.envp = strv_argv(&d->env),
		.cwd = d->folder,
		.fds = { d->in, d->out, d->errs },
	};
	struct child *child;

	d->started_ns = clock_now_ns();
	if (child_start(loop, &options, ended, d, &child, err) < 0) {
		if (err)
			err->kind = ERR_FAILED;
		return -1;
	}
	return 0;
}

int direct_start(uv_loop_t *loop, struct store *st, const struct oid *id, const struct thunk *t,
                 char *const *envp, engine_done_fn *done, void *arg, struct err *err)
{
	struct direct *d = xcalloc(1, sizeof(*d));
	auto_free char *program = NULL;

	*d = (struct direct){
		.store = st, .in = -1, .out = -1, .errs = -1, .done = done, .arg = arg
	};
	strv_add_all(&d->args, t->args.v);
	strv_add_all(&d->outputs, t->outputs.v);
	if (!t->workdir)
		strv_add_all(&d->env, t->env.v);
	int rc = t->workdir ? describe_real(d, t, envp, &program, err)
	                    : describe_classic(d, t, &program, err);
	if (rc == 0 &&
	    ((d->out = text_file(st, err)) < 0 || (d->errs = text_file(st, err)) < 0))
		rc = -1;
	if (rc == 0 && t->workdir)
		rc = open_stdin(d, t, err);
	if (rc == 0)
		rc = spawn(d, loop, program, err);
	if (rc < 0)
		direct_free(d);
	return rc ? err_wrap(err, "thunk %s", id->s) : 0;
}

#include "exec/execute.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/map.h"
#include "base/path.h"
#include "core/manifest.h"

/* A set of inputs with the strings that they point to. */
struct input_set {
	char *key; /* a manifest's name, or NULL */
	struct box_input *v;
	size_t n;
	size_t cap;
	struct strv strings;
};

struct executor {
	struct store *store;
	struct map manifests; /* name → struct input_set */
	struct map verified;  /* names of blobs whose bytes were checked by this process */
	bool is_leaky;
};

struct execution {
	struct box_job job;
	struct input_set own;
	struct box_shared *shared;
	struct box_output *outputs;
	struct strv args;
	struct strv env;
	struct strv names; /* of outputs that are files, and the tags beside them */
	struct strv tags;
	size_t stdout_at; /* place of THUNK_STDOUT among the outputs, or SIZE_MAX */
	char *program;
	char *workdir;
	const char *input; /* file that is its standard input; borrowed from own */
};

static void input_set_release(struct input_set *s)
{
	free(s->key);
	free(s->v);
	strv_release(&s->strings);
}

static const char *keep(struct input_set *s, char *text)
{
	strv_take(&s->strings, text);
	return text;
}

static struct box_input *add_input(struct input_set *s)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 32;
		s->v = xrealloc(s->v, s->cap * sizeof(*s->v));
	}
	struct box_input *in = &s->v[s->n++];
	*in = (struct box_input){ 0 };
	return in;
}

/* A blob is hashed before it is used, unless that was done already; the system's own files are
 * told by their stat. */
static int verify(struct executor *ex, const struct oid *id, const char *path, struct err *err)
{
	bool is_new;

	if (!path_below(path, store_dir(ex->store)))
		return 0;
	map_add(&ex->verified, id->s, &is_new);
	return is_new ? store_trust(ex->store, id, err) : 0;
}

static int add_file(struct executor *ex, struct input_set *s, char *name, const struct oid *id,
                    unsigned mode, struct err *err)
{
	auto_buf path = BUF_INIT;
	const char *at = keep(s, name);

	if (store_locate(ex->store, id, &path, err) < 0 ||
	    verify(ex, id, buf_str(&path), err) < 0)
		return err_wrap(err, "input %s", name);
	struct box_input *in = add_input(s);
	in->name = at;
	in->source = keep(s, buf_steal(&path));
	in->key = keep(s, xstrdup(id->s));
	in->mode = S_IFREG | (mode & 0777);
	in->size_bytes = oid_size(id);
	return 0;
}

static int add_manifest_entry(struct executor *ex, struct input_set *s,
                              const struct manifest_entry *e, const char *workdir,
                              struct err *err)
{
	char *name = path_absolute(workdir ? workdir : "/", e->name);

	if (S_ISREG(e->mode))
		return add_file(ex, s, name, &e->id, e->mode, err);
	struct box_input *in = add_input(s);
	in->name = keep(s, name);
	in->mode = e->mode;
	in->key = "";
	if (S_ISLNK(e->mode)) {
		auto_buf text = BUF_LIMIT(4096);

		if (store_get(ex->store, &e->id, &text, err) < 0)
			return err_wrap(err, "link %s", e->name);
		in->source = keep(s, buf_steal(&text));
		in->key = keep(s, xstrdup(e->id.s));
	}
	return 0;
}

static int expand_manifest(struct executor *ex, const char *name, const char *workdir,
                           struct input_set *s, struct err *err)
{
	auto_buf raw = BUF_INIT;
	auto_manifest m = MANIFEST_INIT;
	struct oid id;

	if (oid_parse(name, strlen(name), &id, err) < 0 ||
	    store_get(ex->store, &id, &raw, err) < 0 ||
	    manifest_decode(raw.data, raw.len, &m, err) < 0)
		return err_wrap(err, "manifest %s", name);
	for (size_t i = 0; i < m.n; i++) {
		if (add_manifest_entry(ex, s, &m.v[i], workdir, err) == 0)
			continue;
		/* Without it whoever has listed these files lists them again, and keeps them.
		 */
		if (err->kind == ERR_NOTFOUND)
			store_remove(ex->store, &id);
		return -1;
	}
	return 0;
}

static struct input_set *manifest_inputs(struct executor *ex, const char *name,
                                         const char *workdir, struct err *err)
{
	auto_free char *cache_key = xasprintf("%s %s", name, workdir ? workdir : "");
	struct map_entry *e = map_find(&ex->manifests, cache_key);

	if (e)
		return e->ptr;
	struct input_set *s = xcalloc(1, sizeof(*s));
	if (expand_manifest(ex, name, workdir, s, err) < 0) {
		input_set_release(s);
		free(s);
		return NULL;
	}
	s->key = xstrdup(cache_key);
	map_add(&ex->manifests, cache_key, NULL)->ptr = s;
	return s;
}

struct executor *executor_new(struct store *st)
{
	struct executor *ex = xcalloc(1, sizeof(*ex));

	ex->store = st;
	return ex;
}

void executor_set_leaky(struct executor *ex)
{
	ex->is_leaky = true;
}

void executor_free(struct executor *ex)
{
	if (!ex)
		return;
	for (size_t at = 0; at < ex->manifests.cap; at++) {
		if (!ex->manifests.slots[at].key)
			continue;
		input_set_release(ex->manifests.slots[at].ptr);
		free(ex->manifests.slots[at].ptr);
	}
	map_release(&ex->manifests);
	map_release(&ex->verified);
	free(ex);
}

/* "@{GGHASH:name}" or "@{GGHASH:name#tag}" becomes the object's path inside. */
static char *expand_hashes(const char *text)
{
	static const char mark[] = "@{GGHASH:";
	struct buf out = BUF_INIT;
	const char *at = text;

	for (const char *hit; (hit = strstr(at, mark));) {
		const char *name = hit + sizeof(mark) - 1;
		const char *end = strchr(name, '}');

		if (!end)
			break;
		buf_add(&out, at, (size_t)(hit - at));
		buf_addf(&out, "%s/%.*s", EXECUTE_BLOBS,
		         (int)strcspn(name, "#}") /* the tag is dropped */, name);
		at = end + 1;
	}
	buf_adds(&out, at);
	return buf_steal(&out);
}

static char *blob_path(const struct oid *id)
{
	return xasprintf("%s/%s", EXECUTE_BLOBS, id->s);
}

/* The text stands nowhere inside. */
static int add_stdin(struct executor *ex, struct execution *x, const struct oid *id,
                     struct err *err)
{
	auto_buf path = BUF_INIT;

	if (store_locate(ex->store, id, &path, err) < 0 ||
	    verify(ex, id, buf_str(&path), err) < 0)
		return err_wrap(err, "standard input");
	x->input = keep(&x->own, buf_steal(&path));
	return 0;
}

/* Files are told apart by their keys: the bytes, and the time where that counts. */
static void set_time(struct input_set *s, struct box_input *in, int64_t seconds)
{
	in->is_timed = true;
	in->time_s = seconds;
	in->key = keep(s, xasprintf("%s@%lld", in->key, (long long)seconds));
}

/* @times: of a thunk, by name. */
static void map_times(const struct thunk *t, struct map *times)
{
	for (size_t i = 0; i < t->times.n; i++) {
		const char *name;
		int64_t seconds;

		if (thunk_time_split(t->times.v[i], &seconds, &name))
			map_add(times, name, NULL)->num = (uint64_t)seconds;
	}
}

static int add_refs(struct executor *ex, struct execution *x, const struct thunk *t,
                    const struct thunk_refs *refs, unsigned mode, struct err *err)
{
	auto_map times = MAP_INIT;

	map_times(t, &times);
	for (size_t i = 0; i < refs->n; i++) {
		const struct thunk_ref *r = &refs->v[i];
		bool named = t->workdir && r->name;

		if (named && strcmp(r->name, THUNK_STDIN) == 0) {
			if (add_stdin(ex, x, &r->id, err) < 0)
				return -1;
			continue;
		}
		char *name = named ? path_absolute(t->workdir, r->name) : blob_path(&r->id);

		if (add_file(ex, &x->own, name, &r->id, mode, err) < 0)
			return -1;
		const struct map_entry *e = named ? map_find(&times, r->name) : NULL;
		if (e)
			set_time(&x->own, &x->own.v[x->own.n - 1], (int64_t)e->num);
		if (mode == 0755 && !x->program && oid_eq(&r->id, &t->function) &&
		    (!t->workdir || !r->name || r->name[0] == '/'))
			x->program = xstrdup(name);
	}
	return 0;
}

/* The thunk itself, for __GG_THUNK_PATH__. */
static int add_self(struct executor *ex, struct execution *x, const struct oid *id,
                    struct err *err)
{
	enum { SMALL_BYTES = 4 << 10 };
	auto_buf raw = BUF_INIT;

	if (oid_size(id) > SMALL_BYTES)
		return add_file(ex, &x->own, blob_path(id), id, 0644, err);
	if (store_get(ex->store, id, &raw, err) < 0)
		return -1;
	struct box_input *in = add_input(&x->own);
	in->name = keep(&x->own, blob_path(id));
	in->key = keep(&x->own, xstrdup(id->s));
	in->mode = S_IFREG | 0644;
	in->size_bytes = raw.len;
	in->bytes = keep(&x->own, buf_steal(&raw));
	return 0;
}

static void add_links(struct execution *x, const struct thunk *t)
{
	for (size_t i = 0; i < t->n_links; i++) {
		struct box_input *in = add_input(&x->own);

		in->name = keep(&x->own, path_absolute("/work", t->links[i].name));
		in->source = keep(&x->own, blob_path(&t->links[i].target));
		in->key = in->source;
		in->mode = S_IFLNK | 0777;
	}
}

static void add_process(struct execution *x, const struct oid *id, const struct thunk *t)
{
	for (size_t i = 0; i < t->args.n; i++)
		strv_take(&x->args, expand_hashes(t->args.v[i]));
	for (size_t i = 0; i < t->env.n; i++)
		strv_take(&x->env, expand_hashes(t->env.v[i]));
	if (!t->workdir) {
		strv_addf(&x->env, "__GG_THUNK_PATH__=%s/%s", EXECUTE_BLOBS, id->s);
		strv_add(&x->env, "__GG_DIR__=" EXECUTE_BLOBS);
		strv_add(&x->env, "__GG_ENABLED__=1");
	}
	x->workdir = xstrdup(t->workdir ? t->workdir : "");
	const char *base = t->workdir ? t->workdir : "/work";
	x->stdout_at = SIZE_MAX;
	for (size_t i = 0; i < t->outputs.n; i++) {
		if (strcmp(t->outputs.v[i], THUNK_STDOUT) == 0) {
			x->stdout_at = i;
			continue;
		}
		strv_take(&x->names, path_absolute(base, t->outputs.v[i]));
		strv_add(&x->tags, t->outputs.v[i]);
	}
}

static int add_shared(struct executor *ex, struct execution *x, const struct thunk *t,
                      struct err *err)
{
	x->shared = xcalloc(t->manifests.n, sizeof(*x->shared));
	for (size_t i = 0; i < t->manifests.n; i++) {
		struct input_set *s = manifest_inputs(ex, t->manifests.v[i], t->workdir, err);

		if (!s)
			return -1;
		x->shared[i] = (struct box_shared){ s->key, s->v, s->n };
	}
	return 0;
}

static int describe(struct executor *ex, struct execution *x, const struct oid *id,
                    const struct thunk *t, struct err *err)
{
	if (t->thunks.n)
		return err_set(err, ERR_USAGE, "thunk %s still depends on thunks", id->s);
	if (add_refs(ex, x, t, &t->execs, 0755, err) < 0 ||
	    add_refs(ex, x, t, &t->values, 0644, err) < 0 || add_shared(ex, x, t, err) < 0)
		return -1;
	if (!t->workdir && add_self(ex, x, id, err) < 0)
		return -1;
	if (!x->program)
		return err_set(err, ERR_USAGE, "thunk %s: its function is no executable of it",
		               id->s);
	add_links(x, t);
	add_process(x, id, t);
	x->outputs = xcalloc(x->names.n, sizeof(*x->outputs));
	for (size_t i = 0; i < x->names.n; i++)
		/* Only the main output must be there for a job that says it went well:
		 * compilers leave out a .dwo or a depfile in corner cases. */
		x->outputs[i] = (struct box_output){ x->names.v[i], i > 0 && t->workdir };
	x->job = (struct box_job){
		.argv = strv_argv(&x->args),
		.envp = strv_argv(&x->env),
		.program = x->program,
		.input = x->input,
		.workdir = x->workdir,
		.inputs = x->own.v,
		.n_inputs = x->own.n,
		.shared = x->shared,
		.n_shared = t->manifests.n,
		.outputs = x->outputs,
		.n_outputs = x->names.n,
		.timeout_ms = t->timeout_ms,
		.movable = t->workdir ? NULL : EXECUTE_BLOBS,
	};
	return 0;
}

int executor_prepare(struct executor *ex, const struct oid *id, const struct thunk *t,
                     struct execution **out, struct err *err)
{
	struct execution *x = xcalloc(1, sizeof(*x));

	if (describe(ex, x, id, t, err) < 0) {
		execution_free(x);
		return -1;
	}
	*out = x;
	return 0;
}

const struct box_job *execution_job(const struct execution *x)
{
	return &x->job;
}

void execution_free(struct execution *x)
{
	if (!x)
		return;
	input_set_release(&x->own);
	free(x->shared);
	free(x->outputs);
	strv_release(&x->args);
	strv_release(&x->env);
	strv_release(&x->names);
	strv_release(&x->tags);
	free(x->program);
	free(x->workdir);
	free(x);
}

static int adopt(struct executor *ex, const struct box_file *f, struct err *err)
{
	return f->path ? store_adopt(ex->store, f->path, &f->id, f->mode & 0111, err) : 0;
}

/* Standard output that was asked for as an output is not shown. */
static int adopt_stdout(struct executor *ex, const struct box_result *r, struct memo *m,
                        struct err *err)
{
	struct oid id = r->out_text.id;

	if (!*id.s && store_put(ex->store, "", 0, &id, err) < 0)
		return -1;
	memo_add_output(m, THUNK_STDOUT, &id, false);
	m->out_text = (struct oid){ "" };
	return 0;
}

static int adopt_all(struct executor *ex, const struct execution *x, const struct box_result *r,
                     struct outcome *out, struct err *err)
{
	bool ok = out->what == OUTCOME_OK;

	if (adopt(ex, &r->out_text, err) < 0 || adopt(ex, &r->err_text, err) < 0)
		return -1;
	out->memo.out_text = r->out_text.id;
	out->memo.err_text = r->err_text.id;
	for (size_t i = 0; ok && i <= r->n_outputs; i++) {
		if (i == x->stdout_at && adopt_stdout(ex, r, &out->memo, err) < 0)
			return -1;
		const struct box_file *f = &r->outputs[i];
		if (i == r->n_outputs || !f->path)
			continue;
		if (adopt(ex, f, err) < 0)
			return -1;
		memo_add_output(&out->memo, x->tags.v[i], &f->id, f->mode & 0111);
	}
	return 0;
}

/* A result says of a file whether it may be executed, and nothing more. One with another mode
 * than the umask of a sandbox leaves is not remembered: a private key must not become public.
 */
static void check_mode(const struct execution *x, const struct box_result *r, size_t i,
                       struct outcome *out)
{
	unsigned mode = r->outputs[i].mode & 0777;

	if (!r->outputs[i].path || mode == 0644 || mode == 0755)
		return;
	out->what = OUTCOME_FAILED;
	snprintf(out->why, sizeof(out->why), "gave %s the mode %03o", x->tags.v[i], mode);
}

static void classify(const struct executor *ex, const struct execution *x,
                     const struct box_result *r, struct outcome *out)
{
	out->status = r->status;
	out->what = OUTCOME_OK;
	if (r->timed_out) {
		out->what = OUTCOME_TIMEOUT;
		snprintf(out->why, sizeof(out->why), "took longer than %u ms",
		         x->job.timeout_ms);
	} else if (r->failed) {
		out->what = r->why_kind == ERR_NOSPC    ? OUTCOME_NOSPC
		            : r->why_kind == ERR_DENIED ? OUTCOME_CANT_RUN
		                                        : OUTCOME_LOST;
		snprintf(out->why, sizeof(out->why), "%s", r->why);
	} else if (WIFSIGNALED(r->status)) {
		out->what = OUTCOME_FAILED;
		snprintf(out->why, sizeof(out->why), "killed by signal %d",
		         WTERMSIG(r->status));
	} else if (WEXITSTATUS(r->status) != 0) {
		out->what = OUTCOME_FAILED;
		snprintf(out->why, sizeof(out->why), "exit %d", WEXITSTATUS(r->status));
	}
	/* A classic thunk may leave what it likes in a folder that is its own. */
	if (out->what == OUTCOME_OK && r->stray && *x->workdir) {
		out->what = OUTCOME_FAILED;
		snprintf(out->why, sizeof(out->why), "changed %s, which is no output of it",
		         r->stray);
	}
	for (size_t i = 0; out->what == OUTCOME_OK && i < r->n_outputs && *x->workdir; i++)
		check_mode(x, r, i, out);
	for (size_t i = 0; out->what == OUTCOME_OK && i < r->n_outputs; i++) {
		if (r->outputs[i].path || (x->outputs[i].optional && !ex->is_leaky))
			continue;
		out->what = OUTCOME_FAILED;
		snprintf(out->why, sizeof(out->why), "made no %s", x->tags.v[i]);
	}
}

static void drop_staged(const struct box_file *f)
{
	if (f->path)
		unlink(f->path);
}

void executor_finish(struct executor *ex, struct execution *x, struct box_result *r,
                     struct outcome *out)
{
	struct err err = ERR_INIT;

	*out = (struct outcome){ .memoizable = true };
	classify(ex, x, r, out);
	out->memo.wall_ns = r->wall_ns;
	out->memo.cpu_ns = r->cpu_ns;
	snprintf(out->memo.engine, sizeof(out->memo.engine), "local");
	if (adopt_all(ex, x, r, out, &err) < 0) {
		out->what = err.kind == ERR_NOSPC ? OUTCOME_NOSPC : OUTCOME_INTERNAL;
		snprintf(out->why, sizeof(out->why), "%s", err.msg);
	}
	/* What was not adopted must not stay behind. */
	if (out->what != OUTCOME_OK)
		for (size_t i = 0; i < r->n_outputs; i++)
			drop_staged(&r->outputs[i]);
	box_result_release(r);
}

bool execution_is_suspicious(struct store *st, const struct outcome *o, struct buf *line)
{
	/* How programs say that a file or a right is missing. Anything else that a compiler
	 * prints about its source is the user's error, and is shown as it is. */
	static const char *const signs[] = {
		"No such file",
		"no such file",
		"annot find",
		"ould not find",
		"an't find",
		"nable to find",
		"not found",
		"annot open",
		"ould not open",
		"an't open",
		"nable to open",
		"ailed to open",
		"rror opening",
		"annot locate",
		"an't locate",
		"annot load",
		"ould not load",
		"nable to load",
		"ailed to load",
		"oes not exist",
		"No module named",
		"Permission denied",
		"not permitted",
		"No such device",
		"Read-only file system",
		"No space left",
		"cannot execute",
		"unrecognized option",
		"Function not implemented",
		"Bad system call",
		"error while loading shared",
	};
	auto_buf text = BUF_LIMIT(1 << 20);
	struct err err;

	if (o->what != OUTCOME_FAILED)
		return false;
	/* It went well by its own account, but did something else than was said. */
	if (o->status == 0 && line)
		buf_adds(line, o->why);
	if (o->status == 0 || WIFSIGNALED(o->status) || !*o->memo.err_text.s)
		return true;
	if (store_get(st, &o->memo.err_text, &text, &err) < 0)
		return true;
	for (size_t i = 0; i < countof(signs); i++) {
		const char *hit = strstr(buf_str(&text), signs[i]);

		if (!hit)
			continue;
		while (hit > text.data && hit[-1] != '\n')
			hit--;
		if (line)
			buf_add(line, hit, strcspn(hit, "\n"));
		return true;
	}
	return false;
}

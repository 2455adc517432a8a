#include "engine/drive.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/map.h"
#include "base/path.h"

struct drive {
	struct store *store;
	struct map patterns; /* key → pattern, owned; "" where the driver itself is to run */
};

enum { ANSWER_MAX = 1 << 20, TIMEOUT_MS = 10000 };

struct drive *drive_new(struct store *st)
{
	struct drive *d = xcalloc(1, sizeof(*d));

	d->store = st;
	return d;
}

void drive_free(struct drive *d)
{
	struct map_entry *e;

	if (!d)
		return;
	for (size_t at = 0; (e = map_next(&d->patterns, &at));)
		free(e->ptr);
	map_release(&d->patterns);
	free(d);
}

/* The programs, by their content: the driver, and the closure that it finds the others in. */
static void add_programs(const struct thunk *t, struct buf *key)
{
	buf_addf(key, "%s\n", t->function.s);
	for (size_t i = 0; i < t->execs.n; i++)
		buf_addf(key, "%s=%s\n", t->execs.v[i].id.s,
		         t->execs.v[i].name ? t->execs.v[i].name : "");
	for (size_t i = 0; i < t->manifests.n; i++)
		buf_addf(key, "%s\n", t->manifests.v[i]);
}

static const struct box_input *input_called(const struct box_job *job, const char *name)
{
	for (size_t i = 0; i < job->n_inputs; i++)
		if (strcmp(job->inputs[i].name, name) == 0)
			return &job->inputs[i];
	return NULL;
}

static void drop(const struct box_file *f)
{
	if (f->path)
		unlink(f->path);
}

/* The job, but with another command line and one more input. False: it could not be asked; what
 * the driver refuses is an answer, of nothing that can be learnt. */
static bool run_question(struct box *box, const struct box_job *job, struct strv *argv,
                         struct strv *env, const struct box_input *source, struct buf *answer)
{
	struct box_job question = *job;
	struct box_result r = { 0 };
	struct err ignored;

	struct box_input *inputs = xcalloc(job->n_inputs + 1, sizeof(*inputs));
	if (job->n_inputs)
		memcpy(inputs, job->inputs, job->n_inputs * sizeof(*inputs));
	inputs[job->n_inputs] = *source;
	question.inputs = inputs;
	question.n_inputs++;
	question.n_outputs = 0;
	question.timeout_ms = TIMEOUT_MS;
	question.argv = strv_argv(argv);
	question.envp = strv_argv(env);
	bool ok = box_run(box, &question, &r, &ignored) == 0 && !r.failed && !r.timed_out &&
	          !WIFSIGNALED(r.status);
	if (ok && r.status == 0 && r.err_text.path)
		ok = file_read(r.err_text.path, answer, &ignored) == 0;
	drop(&r.err_text);
	drop(&r.out_text);
	box_result_release(&r);
	free(inputs);
	return ok;
}

static bool ask(struct box *box, const struct driver_call *c, const struct thunk *t,
                const struct box_job *job, unsigned which, struct buf *answer)
{
	auto_strv argv = STRV_INIT;
	auto_strv env = STRV_INIT;
	char *source = NULL;
	auto_free char *path = path_absolute(t->workdir, c->source_path);
	const struct box_input *real = input_called(job, path);

	if (!real)
		return false;
	driver_question(c, t, which, &argv, &env, &source);
	struct box_input other = *real;
	other.name = path_absolute(t->workdir, source);
	bool ok = run_question(box, job, &argv, &env, &other, answer);
	free((char *)other.name);
	free(source);
	return ok;
}

/* False: it could not be asked. Else @pattern, empty where nothing can be learnt. */
static bool learn(struct box *box, const struct driver_call *c, const struct thunk *t,
                  const struct box_job *job, struct buf *pattern)
{
	auto_buf first = BUF_LIMIT(ANSWER_MAX);
	auto_buf second = BUF_LIMIT(ANSWER_MAX);

	if (!ask(box, c, t, job, 0, &first) || !ask(box, c, t, job, 1, &second))
		return false;
	if (!driver_learn((const char *const[]){ buf_str(&first), buf_str(&second) }, pattern))
		buf_reset(pattern);
	return true;
}

/* "" where nothing is known. Borrowed. */
static const char *pattern_for(struct drive *d, struct box *box, const struct driver_call *c,
                               const struct thunk *t, const struct box_job *job)
{
	auto_buf key = BUF_INIT;
	auto_buf pattern = BUF_INIT;
	struct err ignored;
	bool is_new;

	add_programs(t, &key);
	driver_add_key(c, t, &key);
	struct map_entry *e = map_add(&d->patterns, buf_str(&key), &is_new);
	if (!is_new)
		return e->ptr;
	if (store_cache_get(d->store, CACHE_DRIVER, key.data, key.len, &pattern, &ignored) !=
	            1 &&
	    learn(box, c, t, job, &pattern))
		store_cache_put(d->store, CACHE_DRIVER, key.data, key.len, buf_str(&pattern),
		                pattern.len, &ignored);
	e->ptr = buf_steal(&pattern);
	return e->ptr;
}

bool drive_commands(struct drive *d, struct box *box, const struct thunk *t,
                    const struct box_job *job, struct driver_commands *out)
{
	auto_driver_call c = { 0 };

	*out = (struct driver_commands){ 0 };
	if (!driver_read(t, &c))
		return false;
	const char *pattern = pattern_for(d, box, &c, t, job);
	return *pattern && driver_commands(&c, t, pattern, out);
}

/*
 *   NEW ─▶ the thunk's bytes are checked and stored; remembered? ─▶ PUSHING
 *   FETCHING  inputs that the store lacks come from the backend, in rounds: a manifest first,
 *             then what it lists
 *   READY     waits for a slot
 *   RUNNING   in the sandbox
 *   PUSHING   outputs go to the backend; then the next thunk of the request, or
 *   ENDED     the answer waits for the loop
 *
 * A task that has ended is freed when the last transfer that it waited for has called back
 * (refs).
 */
#include "exec/worker.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/map.h"
#include "core/codec.h"
#include "core/digest.h"
#include "exec/execute.h"
#include "exec/gather.h"
#include "exec/reply.h"
#include "exec/storage.h"
#include "store/trim.h"

enum {
	ROUNDS_MAX = 6,       /* of fetching one thunk's inputs */
	TRIM_TO_PERCENT = 75, /* of store_max_bytes */
};

enum stage {
	STAGE_NEW,
	STAGE_FETCHING,
	STAGE_READY,
	STAGE_RUNNING,
	STAGE_PUSHING,
	STAGE_ENDED,
};

/* An executor remembers where files of manifests are; after the store was emptied there is
 * another one, and the old one goes with its last task. */
struct generation {
	struct executor *executor;
	unsigned refs;
};

struct slot {
	uv_poll_t *poll; /* on the heap: the loop frees it */
	int fd;          /* what poll watches, or -1 */
	struct task *task;
	struct worker *worker;
	unsigned number;
};

struct task {
	struct worker *worker; /* NULL: it is gone */
	struct task *next, *prev;
	unsigned refs; /* 1 until it is answered, 1 for each call back to come */
	enum stage stage;
	bool cancelled;
	struct wire_request req;
	size_t at; /* thunk of the request */
	struct storage *storage;
	struct oid id;
	struct thunk *thunk;
	struct oids own, want;
	unsigned rounds;
	bool cleaned; /* the disk was full, and the store has been cleaned for this task */
	struct generation *generation;
	struct execution *execution;
	struct outcome out;
	struct wire_response answer;
	worker_done_fn *done;
	void *arg;
};

struct worker {
	uv_loop_t *loop;
	struct store *store;
	struct worker_options o;
	struct box *box;
	struct slot *slots;
	struct storages *storages;
	struct gather gather;
	struct generation *generation;
	uintptr_t cleanings;   /* bundles checked since the last one are complete */
	uint64_t stored_bytes; /* what the blobs take, about */
	struct task *tasks, *last;
	uv_timer_t *soon; /* on the heap: the loop frees it. Begins and ends tasks */
	bool cold;        /* nothing was asked yet */
	struct worker_counts counts;
};

/* -- generations of the executor -- */

static struct generation *generation_new(struct store *st)
{
	struct generation *g = xcalloc(1, sizeof(*g));

	g->executor = executor_new(st);
	g->refs = 1;
	return g;
}

static void generation_unref(struct generation *g)
{
	if (!g || --g->refs > 0)
		return;
	executor_free(g->executor);
	free(g);
}

static void worker_renew_executor(struct worker *w)
{
	generation_unref(w->generation);
	w->generation = generation_new(w->store);
}

/* -- the life of a task -- */

/* What belongs to one thunk of the request. */
static void task_drop_thunk(struct task *t)
{
	execution_free(t->execution);
	t->execution = NULL;
	generation_unref(t->generation);
	t->generation = NULL;
	thunk_free(t->thunk);
	t->thunk = NULL;
	oids_release(&t->own);
	oids_release(&t->want);
	outcome_release(&t->out);
	t->out = (struct outcome){ 0 };
	t->rounds = 0;
}

static void task_unref(struct task *t)
{
	if (--t->refs > 0)
		return;
	task_drop_thunk(t);
	storage_done(t->storage);
	wire_request_release(&t->req);
	wire_response_release(&t->answer);
	free(t);
}

static void task_unlink(struct task *t)
{
	struct worker *w = t->worker;

	*(t->prev ? &t->prev->next : &w->tasks) = t->next;
	*(t->next ? &t->next->prev : &w->last) = t->prev;
	t->worker = NULL;
	w->counts.busy--;
}

static void task_answer(struct task *t)
{
	struct wire_response r = t->answer;
	worker_done_fn *done = t->done;
	void *arg = t->arg;

	t->answer = (struct wire_response){ 0 };
	if (r.return_code != WIRE_OK)
		t->worker->counts.failed++;
	task_unlink(t);
	task_unref(t);
	done(arg, &r);
}

static void on_soon(uv_timer_t *timer);
static void task_begin(struct task *t);
static void task_fetch(struct task *t);
static void run_ready(struct worker *w);

static void task_end_soon(struct task *t)
{
	t->stage = STAGE_ENDED;
	uv_timer_start(t->worker->soon, on_soon, 0, 0);
}

static void task_begin_soon(struct task *t)
{
	t->stage = STAGE_NEW;
	uv_timer_start(t->worker->soon, on_soon, 0, 0);
}

/* One a turn: a call back may do anything. */
static void on_soon(uv_timer_t *timer)
{
	struct worker *w = timer->data;
	struct task *t = w->tasks;

	while (t && t->stage != STAGE_ENDED && t->stage != STAGE_NEW)
		t = t->next;
	if (!t)
		return;
	uv_timer_start(timer, on_soon, 0, 0);
	if (t->stage == STAGE_NEW)
		task_begin(t);
	else
		task_answer(t);
}

/* -- answers -- */

static void task_fail(struct task *t, enum outcome_class what, const char *fmt, ...)
	printflike(3, 4);

static void task_fail(struct task *t, enum outcome_class what, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (t->cancelled)
		what = OUTCOME_CANCELLED;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	reply_fail(&t->answer, what, text);
	if (t->stage == STAGE_PUSHING)
		t->answer.return_code = WIRE_UPLOAD;
	task_end_soon(t);
}

/* A thunk of the request is done: the next one, or the answer. */
static void task_succeed(struct task *t)
{
	struct err err = ERR_INIT;

	if (reply_add_thunk(&t->answer, t->worker->store, &t->req, &t->id, &t->out.memo, &err) <
	    0) {
		task_fail(t, OUTCOME_LOST, "%s", err.msg);
		return;
	}
	reply_add_texts(&t->answer, t->worker->store, &t->out.memo);
	task_drop_thunk(t);
	if (++t->at < t->req.n)
		task_begin_soon(t);
	else
		task_end_soon(t);
}

/* -- room on the disk -- */

static void pin(struct map *pinned, const struct oids *ids)
{
	for (size_t i = 0; i < ids->n; i++)
		map_add(pinned, ids->v[i].s, NULL);
}

static void pin_bundle(struct worker *w, struct map *pinned, const char *manifest)
{
	struct bundle *b = gather_bundle(&w->gather, manifest, NULL);

	if (b)
		pin(pinned, &b->ids);
}

static void pin_task(struct map *pinned, const struct task *t)
{
	pin(pinned, &t->own);
	map_add(pinned, t->id.s, NULL);
	for (size_t i = 0; t->thunk && i < t->thunk->manifests.n; i++)
		pin_bundle(t->worker, pinned, t->thunk->manifests.v[i]);
	for (size_t i = 0; i < t->out.memo.n_outputs; i++)
		map_add(pinned, t->out.memo.outputs[i].id.s, NULL);
	map_add(pinned, t->out.memo.out_text.s, NULL);
	map_add(pinned, t->out.memo.err_text.s, NULL);
}

static bool is_pinned(void *arg, const struct oid *id)
{
	return map_find(arg, id->s) != NULL;
}

/*
 * Removes what was used least recently until the store takes @keep_bytes: not what tasks need,
 * and not the manifests known here with their files, unless @all.
 */
static uint64_t worker_clean(struct worker *w, uint64_t keep_bytes, bool all)
{
	auto_map pinned = MAP_INIT;
	struct err err = ERR_INIT;
	uint64_t freed_bytes = 0;
	size_t at = 0;

	for (const struct task *t = w->tasks; t; t = t->next)
		pin_task(&pinned, t);
	if (!all)
		for (struct map_entry *e; (e = map_next(&w->gather.bundles, &at));)
			pin(&pinned, &((struct bundle *)e->ptr)->ids);
	store_trim(w->store, keep_bytes, is_pinned, &pinned, &freed_bytes, &w->stored_bytes,
	           &err);
	w->cleanings++;
	if (all)
		worker_renew_executor(w);
	return freed_bytes;
}

static void worker_stored(struct worker *w, uint64_t more_bytes)
{
	uint64_t max = w->o.store_max_bytes;

	w->stored_bytes += more_bytes;
	if (!max || w->stored_bytes <= max)
		return;
	worker_clean(w, max / 100 * TRIM_TO_PERCENT, false);
	/* Toolchains of yesterday take the room. */
	if (w->stored_bytes > max)
		worker_clean(w, max / 100 * TRIM_TO_PERCENT, true);
}

/* The disk is full: clean, and once more; then give up. */
static void task_no_space(struct task *t, const char *why)
{
	struct worker *w = t->worker;
	uint64_t freed_bytes = worker_clean(w, 0, false);

	if (freed_bytes == 0 || t->cleaned)
		freed_bytes += worker_clean(w, 0, true);
	if (t->cleaned || freed_bytes == 0) {
		task_fail(t, OUTCOME_NOSPC, "storage full on the worker: %s", why);
		return;
	}
	t->cleaned = true;
	execution_free(t->execution);
	t->execution = NULL;
	outcome_release(&t->out);
	t->out = (struct outcome){ 0 };
	if (t->thunk)
		task_fetch(t);
	else
		task_begin_soon(t);
}

static void task_fail_err(struct task *t, enum outcome_class otherwise, const struct err *err)
{
	switch (err->kind) {
	case ERR_NOSPC: task_no_space(t, err->msg); break;
	case ERR_USAGE: task_fail(t, OUTCOME_CANT_RUN, "%s", err->msg); break;
	default: task_fail(t, otherwise, "%s", err->msg);
	}
}

/* -- pushing -- */

static void on_pushed(void *arg, const struct err *err)
{
	struct task *t = arg;

	if (t->worker && t->stage == STAGE_PUSHING) {
		if (!err)
			task_succeed(t);
		else
			task_fail(t,
			          err->kind == ERR_NOSPC ? OUTCOME_NOSPC : OUTCOME_UNREACHABLE,
			          "send outputs: %.900s", err->msg);
	}
	task_unref(t);
}

/* What we sent in earlier runs may be gone: it is sent again. */
static void push(struct task *t, const struct oids *ids)
{
	struct err err = ERR_INIT;

	if (ids->n == 0) {
		task_succeed(t);
		return;
	}
	transfer_forget(t->storage->transfer, ids->v, ids->n);
	if (transfer_push(t->storage->transfer, ids->v, ids->n, on_pushed, t, &err) < 0) {
		task_fail(t, OUTCOME_UNREACHABLE, "send outputs: %s", err.msg);
		return;
	}
	t->refs++;
}

static void outputs_of(const struct memo *m, struct oids *out)
{
	for (size_t i = 0; i < m->n_outputs; i++)
		oids_add(out, &m->outputs[i].id);
}

static void task_push(struct task *t)
{
	struct oids ids = { 0 };

	t->stage = STAGE_PUSHING;
	outputs_of(&t->out.memo, &ids);
	push(t, &ids);
	oids_release(&ids);
}

/* A remembered result: only what the backend does not have is sent. */
static void on_outputs_missing(void *arg, const struct strv *missing)
{
	struct task *t = arg;
	struct oids ids = { 0 };
	struct oid id;

	for (size_t i = 0; i < missing->n; i++)
		if (oid_parse(missing->v[i], strlen(missing->v[i]), &id, NULL) == 0)
			oids_add(&ids, &id);
	if (t->worker && t->stage == STAGE_PUSHING)
		push(t, &ids);
	oids_release(&ids);
	task_unref(t);
}

static void task_push_remembered(struct task *t)
{
	struct oids ids = { 0 };

	t->stage = STAGE_PUSHING;
	outputs_of(&t->out.memo, &ids);
	t->refs++;
	storage_missing(t->worker->loop, t->storage, ids.v, ids.n, on_outputs_missing, t);
	oids_release(&ids);
}

/* -- running -- */

static bool says_no_space(struct store *st, const struct oid *text)
{
	auto_buf raw = BUF_LIMIT(REPLY_TEXT_MAX);
	struct err err = ERR_INIT;

	return *text->s && store_get(st, text, &raw, &err) == 0 &&
	       strstr(buf_str(&raw), strerror(ENOSPC));
}

static uint32_t limit_ms(const struct task *t)
{
	const uint32_t limits[] = { t->thunk->timeout_ms, t->req.timeout_ms,
		                    t->worker->o.timeout_ms };
	uint32_t least = 0;

	for (size_t i = 0; i < countof(limits); i++)
		if (limits[i] && (!least || limits[i] < least))
			least = limits[i];
	return least;
}

/* Its outcome is there. */
static void task_ran(struct task *t)
{
	struct worker *w = t->worker;
	struct outcome *o = &t->out;
	struct err err = ERR_INIT;
	uint64_t made_bytes = 0;

	for (size_t i = 0; i < o->memo.n_outputs; i++)
		made_bytes += oid_size(&o->memo.outputs[i].id);
	worker_stored(w, made_bytes);
	if (o->what == OUTCOME_NOSPC ||
	    (o->what == OUTCOME_FAILED && says_no_space(w->store, &o->memo.err_text))) {
		task_no_space(t, *o->why ? o->why : strerror(ENOSPC));
		return;
	}
	if (o->what == OUTCOME_OK) {
		/* Forgetting is no failure. */
		if (o->memoizable)
			store_memo_put(w->store, &t->id, &o->memo, &err);
		task_push(t);
		return;
	}
	/* A file that the executor thought was there may be gone. */
	if (o->what == OUTCOME_LOST)
		worker_renew_executor(w);
	if (o->what == OUTCOME_TIMEOUT)
		snprintf(o->why, sizeof(o->why), "took longer than %u ms", limit_ms(t));
	t->answer.wait_status = o->status;
	reply_add_texts(&t->answer, w->store, &o->memo);
	task_fail(t, o->what, "%s", o->why);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct slot *s = poll->data;
	struct worker *w = s->worker;
	struct box_result r = { 0 };
	struct err err = ERR_INIT;
	struct task *t = s->task;

	(void)status;
	(void)events;
	uv_poll_stop(poll);
	if (!t)
		return;
	s->task = NULL;
	w->counts.running--;
	if (box_collect(w->box, s->number, &r, &err) < 0) {
		t->out.what = OUTCOME_LOST;
		snprintf(t->out.why, sizeof(t->out.why), "%s", err.msg);
	} else {
		executor_finish(t->generation->executor, t->execution, &r, &t->out);
	}
	task_ran(t);
	run_ready(w);
}

static void free_handle(uv_handle_t *h)
{
	free(h);
}

static void unwatch(struct slot *s)
{
	if (s->poll)
		uv_close((uv_handle_t *)s->poll, free_handle);
	s->poll = NULL;
	s->fd = -1;
}

/* A slot that was restarted has another descriptor. */
static void watch(struct worker *w, struct slot *s)
{
	int fd = box_slot_fd(w->box, s->number);

	if (s->fd != fd) {
		unwatch(s);
		s->poll = xcalloc(1, sizeof(*s->poll));
		uv_poll_init(w->loop, s->poll, fd);
		s->poll->data = s;
		s->fd = fd;
	}
	uv_poll_start(s->poll, UV_READABLE, on_readable);
}

/* An input that was there has gone, or was found damaged: fetch it (again). */
static void task_prepare_failed(struct task *t, const struct err *err)
{
	if (err->kind == ERR_NOTFOUND || err->kind == ERR_CORRUPT) {
		t->worker->cleanings++;
		worker_renew_executor(t->worker);
		task_fetch(t);
	} else {
		task_fail_err(t, OUTCOME_INTERNAL, err);
	}
}

static void task_run(struct task *t)
{
	struct worker *w = t->worker;
	struct err err = ERR_INIT;

	generation_unref(t->generation);
	t->generation = w->generation;
	t->generation->refs++;
	if (executor_prepare(t->generation->executor, &t->id, t->thunk, &t->execution, &err) <
	    0) {
		task_prepare_failed(t, &err);
		return;
	}
	struct box_job job = *execution_job(t->execution);
	job.timeout_ms = limit_ms(t);
	int slot = box_submit(w->box, &job, &err);
	if (slot < 0) {
		task_fail_err(t, OUTCOME_LOST, &err);
		return;
	}
	t->stage = STAGE_RUNNING;
	w->slots[slot].task = t;
	w->counts.running++;
	w->counts.ran++;
	watch(w, &w->slots[slot]);
}

/* Tasks are in the order in which they came. */
static void run_ready(struct worker *w)
{
	for (struct task *next, *t = w->tasks; t && w->counts.running < w->o.slots; t = next) {
		next = t->next;
		if (t->stage == STAGE_READY)
			task_run(t);
	}
}

/* -- fetching -- */

static void fail_missing(struct task *t, const struct strv *missing)
{
	for (size_t i = 0; i < missing->n; i++)
		strv_add(&t->answer.missing, missing->v[i]);
	task_fail(t, OUTCOME_MISSING, "%zu inputs are not in the storage: %s%s", missing->n,
	          missing->n ? missing->v[0] : "", missing->n > 1 ? ", …" : "");
}

static void on_missing_known(void *arg, const struct strv *missing)
{
	struct task *t = arg;

	if (t->worker && t->stage == STAGE_FETCHING)
		fail_missing(t, missing);
	task_unref(t);
}

/* The wanted objects that are still not here. */
static void keep_absent(struct task *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->want.n; i++)
		if (!store_has(t->worker->store, &t->want.v[i]))
			t->want.v[kept++] = t->want.v[i];
	t->want.n = kept;
}

static void name_absent(const struct oids *ids, struct strv *out)
{
	for (size_t i = 0; i < ids->n; i++)
		strv_add(out, ids->v[i].s);
}

static void task_pull_failed(struct task *t, const struct err *err)
{
	auto_strv absent = STRV_INIT;

	keep_absent(t);
	switch (err->kind) {
	case ERR_NOTFOUND:
		t->refs++;
		storage_missing(t->worker->loop, t->storage, t->want.v, t->want.n,
		                on_missing_known, t);
		break;
	case ERR_CORRUPT: /* as good as missing: they must be sent anew */
		name_absent(&t->want, &absent);
		fail_missing(t, &absent);
		break;
	default: task_fail_err(t, OUTCOME_UNREACHABLE, err);
	}
}

static void on_pulled(void *arg, const struct err *err)
{
	struct task *t = arg;

	if (t->worker && t->stage == STAGE_FETCHING) {
		for (size_t i = 0; i < t->want.n; i++)
			t->worker->stored_bytes += oid_size(&t->want.v[i]);
		worker_stored(t->worker, 0);
		if (err)
			task_pull_failed(t, err);
		else
			task_fetch(t);
	}
	task_unref(t);
}

static void want_absent(struct task *t, const struct oids *ids)
{
	for (size_t i = 0; i < ids->n; i++)
		if (!store_has(t->worker->store, &ids->v[i]))
			oids_add(&t->want, &ids->v[i]);
}

/* A manifest's files were all there once, and nothing was removed since. */
static bool bundle_is_complete(const struct worker *w, const struct bundle *b)
{
	return (uintptr_t)b->user == w->cleanings;
}

static int want_bundle(struct task *t, const char *manifest, struct err *err)
{
	struct worker *w = t->worker;
	struct bundle *b = gather_bundle(&w->gather, manifest, err);
	struct oid id;

	if (b) {
		if (!bundle_is_complete(w, b))
			want_absent(t, &b->ids);
		return 0;
	}
	if (oid_parse(manifest, strlen(manifest), &id, NULL) < 0 || store_has(w->store, &id))
		return -1; /* it is there and is no manifest */
	oids_add(&t->want, &id);
	return 0;
}

static int use_all(struct worker *w, const struct oids *ids, bool executable, struct err *err)
{
	for (size_t i = 0; i < ids->n; i++)
		if (store_use(w->store, &ids->v[i], executable, err) < 0)
			return -1;
	return 0;
}

/* Everything is here: let executables be executed, and remember that it was used. */
static int use_inputs(struct task *t, struct err *err)
{
	struct worker *w = t->worker;

	for (size_t i = 0; i < t->own.n; i++)
		if (store_use(w->store, &t->own.v[i], i < t->thunk->execs.n, err) < 0)
			return -1;
	for (size_t i = 0; i < t->thunk->manifests.n; i++) {
		struct bundle *b = gather_bundle(&w->gather, t->thunk->manifests.v[i], err);

		if (!b)
			return -1;
		if (bundle_is_complete(w, b))
			continue;
		if (use_all(w, &b->ids, false, err) < 0 || use_all(w, &b->execs, true, err) < 0)
			return -1;
		b->user = (void *)w->cleanings;
	}
	return 0;
}

static void task_fetched(struct task *t)
{
	struct err err = ERR_INIT;

	if (use_inputs(t, &err) < 0) {
		task_prepare_failed(t, &err);
		return;
	}
	t->stage = STAGE_READY;
	run_ready(t->worker);
}

static void task_fetch(struct task *t)
{
	struct err err = ERR_INIT;

	t->stage = STAGE_FETCHING;
	oids_release(&t->want);
	want_absent(t, &t->own);
	for (size_t i = 0; i < t->thunk->manifests.n; i++) {
		if (want_bundle(t, t->thunk->manifests.v[i], &err) < 0) {
			task_fail(t, OUTCOME_CANT_RUN, "%s", err.msg);
			return;
		}
	}
	if (++t->rounds > ROUNDS_MAX) {
		task_fail(t, OUTCOME_LOST,
		          "its inputs do not stay: is the worker's storage too small?");
		return;
	}
	if (t->want.n == 0) {
		task_fetched(t);
		return;
	}
	if (transfer_pull(t->storage->transfer, t->want.v, t->want.n, on_pulled, t, &err) < 0)
		task_fail_err(t, OUTCOME_UNREACHABLE, &err);
	else
		t->refs++;
}

/* -- beginning -- */

/* Its bytes came along and are stored, or are here. 1, 0 (must be fetched), -1. */
static int thunk_is_here(struct task *t, const struct wire_thunk *in, struct err *err)
{
	struct oid real;

	if (in->data.len == 0)
		return store_has(t->worker->store, &t->id);
	digest_bytes(in->data.data, in->data.len, &real);
	if (!oid_eq(&real, &t->id))
		return err_set(err, ERR_USAGE, "the thunk's bytes are not what %s names",
		               t->id.s);
	return store_put(t->worker->store, in->data.data, in->data.len, &real, err) < 0 ? -1
	                                                                                : 1;
}

static int load_thunk(struct task *t, struct err *err)
{
	auto_buf raw = BUF_LIMIT(WIRE_REQUEST_MAX);

	if (store_get(t->worker->store, &t->id, &raw, err) < 0)
		return -1;
	if (thunk_decode(raw.data, raw.len, &t->thunk, err) < 0) {
		err->kind = ERR_USAGE;
		return -1;
	}
	if (t->thunk->platform && strcmp(t->thunk->platform, worker_platform()) != 0)
		return err_set(err, ERR_USAGE, "it needs %s, and this worker is %s",
		               t->thunk->platform, worker_platform());
	if (t->thunk->thunks.n)
		return err_set(err, ERR_USAGE, "it still depends on thunks");
	gather_own(t->thunk, &t->own);
	return 0;
}

/* The thunk is here: is it remembered, or must it run? */
static void task_known(struct task *t)
{
	struct worker *w = t->worker;
	struct err err = ERR_INIT;

	if (load_thunk(t, &err) < 0) {
		task_fail_err(t, OUTCOME_INTERNAL, &err);
		return;
	}
	if (store_memo_get(w->store, &t->id, &t->out.memo, &err) == 1) {
		w->counts.remembered++;
		task_push_remembered(t);
		return;
	}
	task_fetch(t);
}

static void on_thunk_pulled(void *arg, const struct err *err)
{
	struct task *t = arg;

	if (t->worker && t->stage == STAGE_FETCHING) {
		if (err)
			task_pull_failed(t, err);
		else
			task_known(t);
	}
	task_unref(t);
}

static void task_begin(struct task *t)
{
	const struct wire_thunk *in = &t->req.thunks[t->at];
	struct err err = ERR_INIT;

	t->id = in->hash;
	t->stage = STAGE_FETCHING;
	if (!t->storage)
		t->storage = storages_get(t->worker->storages, t->req.storage, &err);
	if (!t->storage) {
		task_fail(t, err.kind == ERR_RETRY ? OUTCOME_THROTTLED : OUTCOME_CANT_RUN, "%s",
		          err.msg);
		return;
	}
	int here = thunk_is_here(t, in, &err);
	if (here < 0) {
		task_fail_err(t, OUTCOME_INTERNAL, &err);
		return;
	}
	if (here) {
		task_known(t);
		return;
	}
	oids_release(&t->want);
	oids_add(&t->want, &t->id);
	if (transfer_pull(t->storage->transfer, &t->id, 1, on_thunk_pulled, t, &err) < 0)
		task_fail_err(t, OUTCOME_UNREACHABLE, &err);
	else
		t->refs++;
}

/* -- the worker -- */

bool worker_has_room(const struct worker *w)
{
	return w->counts.busy < w->o.slots + w->o.queue;
}

static void task_prepare_answer(struct task *t)
{
	struct worker *w = t->worker;
	struct wire_response *r = &t->answer;

	r->text = xstrdup("");
	r->protocol = t->req.protocol < WIRE_PROTOCOL ? t->req.protocol : WIRE_PROTOCOL;
	r->worker = w->o.name ? xstrdup(w->o.name) : NULL;
	r->cold = w->cold;
	w->cold = false;
}

void worker_start(struct worker *w, struct wire_request *req, worker_done_fn *done, void *arg)
{
	struct task *t = xcalloc(1, sizeof(*t));
	bool room = worker_has_room(w);

	*t = (struct task){ .worker = w, .refs = 1, .done = done, .arg = arg, .prev = w->last };
	t->req = *req;
	*req = (struct wire_request){ 0 };
	*(w->last ? &w->last->next : &w->tasks) = t;
	w->last = t;
	w->counts.busy++;
	w->counts.requests++;
	task_prepare_answer(t);
	if (!room)
		task_fail(t, OUTCOME_THROTTLED, "the worker has as much as it can take");
	else if (t->req.n == 0)
		task_fail(t, OUTCOME_CANT_RUN, "the request holds no thunk");
	else
		task_begin_soon(t);
}

void worker_cancel(struct worker *w, void *arg)
{
	for (struct task *t = w->tasks; t; t = t->next) {
		if (t->arg != arg || t->cancelled)
			continue;
		t->cancelled = true;
		if (t->stage == STAGE_RUNNING) {
			for (unsigned i = 0; i < w->o.slots; i++)
				if (w->slots[i].task == t)
					box_cancel(w->box, i);
		} else if (t->stage != STAGE_ENDED) {
			task_fail(t, OUTCOME_CANCELLED, "cancelled");
		}
		return;
	}
}

enum box_step worker_step(const struct worker *w)
{
	return box_step_of(w->box);
}

struct worker_counts worker_counts(const struct worker *w)
{
	return w->counts;
}

const char *worker_platform(void)
{
#if defined(__x86_64__)
	return "x86_64-linux";
#elif defined(__aarch64__)
	return "aarch64-linux";
#else
	return "unknown-linux";
#endif
}

/* Down the ladder from the step that was asked for: a probe can't foresee everything. */
static int start_box(struct worker *w, struct err *err)
{
	enum box_step step = w->o.step == BOX_AUTO ? box_probe() : w->o.step;

	for (; step >= (w->o.require ? BOX_MOUNTNS : BOX_NONE); step--) {
		*err = (struct err)ERR_INIT;
		if (box_start(step, w->o.slots, store_tmp(w->store), &w->box, err) == 0)
			return 0;
		if (err->kind != ERR_DENIED)
			break;
	}
	if (w->o.require && !err->kind)
		err_set(err, ERR_DENIED,
		        "this host refuses namespaces (the best it allows: %s)",
		        box_step_name(step));
	return err_wrap(err, "start the sandbox");
}

static void worker_set_up(struct worker *w)
{
	struct err err = ERR_INIT;

	w->slots = xcalloc(w->o.slots, sizeof(*w->slots));
	for (unsigned i = 0; i < w->o.slots; i++)
		w->slots[i] = (struct slot){ .fd = -1, .worker = w, .number = i };
	w->storages = storages_new(w->loop, w->store,
	                           &(struct storages_options){
					   .standard = w->o.storage,
					   .allow = w->o.allow,
					   .allow_any = w->o.allow_any,
					   .envp = w->o.envp,
					   .user_agent = w->o.user_agent,
				   });
	gather_init(&w->gather, w->store);
	w->generation = generation_new(w->store);
	w->cleanings = 1;
	w->cold = true;
	w->soon = xcalloc(1, sizeof(*w->soon));
	uv_timer_init(w->loop, w->soon);
	w->soon->data = w;
	if (w->o.store_max_bytes)
		store_size(w->store, &w->stored_bytes, &err);
	worker_stored(w, 0);
}

int worker_new(uv_loop_t *loop, struct store *st, const struct worker_options *o,
               struct worker **out, struct err *err)
{
	struct worker *w = xcalloc(1, sizeof(*w));

	w->loop = loop;
	w->store = st;
	w->o = *o;
	if (!w->o.slots)
		w->o.slots = 1;
	if (start_box(w, err) < 0) {
		free(w);
		return -1;
	}
	worker_set_up(w);
	*out = w;
	return 0;
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	for (unsigned i = 0; i < w->o.slots; i++) {
		w->slots[i].task = NULL;
		unwatch(&w->slots[i]);
	}
	for (struct task *t = w->tasks, *next; t; t = next) {
		next = t->next;
		task_unlink(t);
		task_unref(t);
	}
	box_stop(w->box);
	storages_free(w->storages);
	gather_release(&w->gather, NULL);
	generation_unref(w->generation);
	uv_close((uv_handle_t *)w->soon, free_handle);
	free(w->slots);
	free(w);
}

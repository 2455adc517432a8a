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
#include "exec/worker_priv.h"

#include <string.h>

#include "core/codec.h"
#include "core/digest.h"
#include "exec/reply.h"
#include "store/trim.h"

static void free_handle(uv_handle_t *h)
{
	free(h);
}

/* -- generations of the executor -- */

static struct generation *generation_new(const struct worker *w)
{
	struct generation *g = xcalloc(1, sizeof(*g));

	g->executor = executor_new(w->store);
	if (box_step_of(w->box) == BOX_SHIM)
		executor_set_leaky(g->executor);
	g->refs = 1;
	return g;
}

void generation_unref(struct generation *g)
{
	if (!g || --g->refs > 0)
		return;
	executor_free(g->executor);
	free(g);
}

void worker_renew_executor(struct worker *w)
{
	generation_unref(w->generation);
	w->generation = generation_new(w);
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

void task_unref(struct task *t)
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

static void task_end_soon(struct task *t)
{
	t->stage = STAGE_ENDED;
	uv_timer_start(t->worker->soon, on_soon, 0, 0);
}

void task_begin_soon(struct task *t)
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

void task_fail(struct task *t, enum outcome_class what, const char *fmt, ...)
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

void task_fail_err(struct task *t, enum outcome_class otherwise, const struct err *err)
{
	switch (err->kind) {
	case ERR_NOSPC: task_no_space(t, err->msg); break;
	case ERR_USAGE: task_fail(t, OUTCOME_CANT_RUN, "%s", err->msg); break;
	default: task_fail(t, otherwise, "%s", err->msg);
	}
}

/* A thunk of the request is done: the next one, or the answer. */
void task_succeed(struct task *t)
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
		w->slots[i] = (struct slot){ .worker = w, .number = i };
	w->storages = storages_new(w->loop, w->store,
	                           &(struct storages_options){
					   .standard = w->o.storage,
					   .allow = w->o.allow,
					   .allow_any = w->o.allow_any,
					   .envp = w->o.envp,
					   .user_agent = w->o.user_agent,
				   });
	gather_init(&w->gather, w->store);
	w->generation = generation_new(w);
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
		watch_stop(&w->slots[i].watch);
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

#include "exec/worker_priv.h"

#include <errno.h>
#include <string.h>

#include "exec/reply.h"

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

void task_push_remembered(struct task *t)
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
	if (!t) { /* it has died */
		watch_stop(&s->watch);
		return;
	}
	watch_rest(&s->watch);
	s->task = NULL;
	w->counts.running--;
	if (box_collect(w->box, s->number, &r, &err) < 0) {
		t->out.what = OUTCOME_LOST;
		snprintf(t->out.why, sizeof(t->out.why), "%s", err.msg);
	} else {
		executor_finish(t->generation->executor, t->execution, &r, &t->out);
	}
	task_ran(t);
	worker_run_ready(w);
}

/* An input that was there has gone, or was found damaged: fetch it (again). */
void task_prepare_failed(struct task *t, const struct err *err)
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
	watch_start(&w->slots[slot].watch, w->loop, box_slot_fd(w->box, (unsigned)slot),
	            on_readable, &w->slots[slot]);
}

/* Tasks are in the order in which they came. */
void worker_run_ready(struct worker *w)
{
	for (struct task *next, *t = w->tasks; t && w->counts.running < w->o.slots; t = next) {
		next = t->next;
		if (t->stage == STAGE_READY)
			task_run(t);
	}
}

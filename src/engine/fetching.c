#include "engine/fetching.h"

#include <string.h>

#include "core/codec.h"
#include "exec/inputs.h"

struct fetching {
	struct engine engine;
	struct engine_ops ops; /* with the inner engine's name */
	struct store *store;
	struct transfer *transfer;
	struct engine *inner;
	struct job *jobs;
	unsigned fetching; /* jobs that wait for their inputs; each will need a slot */
};

struct job {
	struct job *next;
	struct job **at; /* what points here */
	struct fetching *owner;
	struct oid id;
	struct thunk *thunk; /* owned */
	struct inputs missing;
	engine_done_fn *done;
	void *arg;
	bool cancelled;
};

static void job_free(struct job *j)
{
	*j->at = j->next;
	if (j->next)
		j->next->at = j->at;
	thunk_free(j->thunk);
	inputs_release(&j->missing);
	free(j);
}

static enum outcome_class class_of(enum err_kind kind)
{
	switch (kind) {
	case ERR_NOTFOUND: return OUTCOME_MISSING;
	case ERR_NOSPC: return OUTCOME_NOSPC;
	case ERR_CORRUPT: return OUTCOME_MISSING; /* a lie is as good as nothing */
	case ERR_RETRY: return OUTCOME_UNREACHABLE;
	case ERR_DENIED: return OUTCOME_UNREACHABLE;
	default: return OUTCOME_INTERNAL;
	}
}

static void answer(struct job *j, enum outcome_class what, const char *why)
{
	engine_done_fn *done = j->done;
	void *arg = j->arg;
	struct outcome o = { .what = j->cancelled ? OUTCOME_CANCELLED : what };

	snprintf(o.why, sizeof(o.why), "%s", why);
	for (size_t i = 0; o.what == OUTCOME_MISSING && i < j->missing.n; i++)
		strv_add(&o.missing, j->missing.v[i].s);
	job_free(j);
	done(arg, &o);
}

static void fetched(void *arg, const struct err *err)
{
	struct job *j = arg;
	struct fetching *f = j->owner;
	struct err mine = ERR_INIT;

	f->fetching--;
	if (err) {
		/* What was not there must not be believed to be. */
		if (class_of(err->kind) == OUTCOME_MISSING) {
			inputs_drop_present(f->store, &j->missing);
			transfer_doubt(f->transfer, j->missing.v, j->missing.n);
		}
		answer(j, class_of(err->kind), err->msg);
	} else if (j->cancelled) {
		answer(j, OUTCOME_CANCELLED, "cancelled");
	} else if (f->inner->ops->start(f->inner, &j->id, j->thunk, j->done, j->arg, &mine) <
	           0) {
		answer(j, class_of(mine.kind), mine.msg);
	} else {
		job_free(j);
	}
}

static bool fetching_can_run(struct engine *e, const struct thunk *t)
{
	struct fetching *f = (struct fetching *)e;

	return f->inner->ops->can_run(f->inner, t);
}

static unsigned fetching_free_slots(struct engine *e)
{
	struct fetching *f = (struct fetching *)e;
	unsigned n = f->inner->ops->free_slots(f->inner);

	return n > f->fetching ? n - f->fetching : 0;
}

static int copy_thunk(const struct thunk *t, struct thunk **out, struct err *err)
{
	auto_buf raw = BUF_INIT;

	if (thunk_encode((struct thunk *)t, &raw, err) < 0)
		return -1;
	return thunk_decode(raw.data, raw.len, out, err);
}

static int fetching_start(struct engine *e, const struct oid *id, const struct thunk *t,
                          engine_done_fn *done, void *arg, struct err *err)
{
	struct fetching *f = (struct fetching *)e;
	auto_inputs missing = INPUTS_INIT;

	if (inputs_of(f->store, t, &missing, err) < 0)
		return -1;
	inputs_drop_present(f->store, &missing);
	if (missing.n == 0)
		return f->inner->ops->start(f->inner, id, t, done, arg, err);
	struct job *j = xcalloc(1, sizeof(*j));
	*j = (struct job){
		.next = f->jobs, .at = &f->jobs, .owner = f, .id = *id, .done = done, .arg = arg
	};
	if (j->next)
		j->next->at = &j->next;
	f->jobs = j;
	j->missing = missing;
	missing = (struct inputs)INPUTS_INIT;
	if (copy_thunk(t, &j->thunk, err) < 0 ||
	    transfer_pull(f->transfer, j->missing.v, j->missing.n, fetched, j, err) < 0) {
		job_free(j);
		return -1;
	}
	f->fetching++;
	return 0;
}

static void fetching_cancel_all(struct engine *e)
{
	struct fetching *f = (struct fetching *)e;

	for (struct job *j = f->jobs; j; j = j->next)
		j->cancelled = true;
	f->inner->ops->cancel_all(f->inner);
}

static void fetching_cancel(struct engine *e, void *arg)
{
	struct fetching *f = (struct fetching *)e;

	for (struct job *j = f->jobs; j; j = j->next)
		if (j->arg == arg)
			j->cancelled = true;
	if (f->inner->ops->cancel)
		f->inner->ops->cancel(f->inner, arg);
}

/* The transfer has been freed before, and has answered. */
static void fetching_free(struct engine *e)
{
	struct fetching *f = (struct fetching *)e;

	for (struct job *j = f->jobs, *next; j; j = next) {
		next = j->next;
		job_free(j);
	}
	f->inner->ops->free(f->inner);
	free(f);
}

struct engine *fetching_new(struct store *st, struct transfer *transfer, struct engine *inner)
{
	struct fetching *f = xcalloc(1, sizeof(*f));

	*f = (struct fetching){
		.ops = { .name = inner->ops->name,
		         .can_run = fetching_can_run,
		         .free_slots = fetching_free_slots,
		         .start = fetching_start,
		         .cancel_all = fetching_cancel_all,
		         .cancel = fetching_cancel,
		         .elsewhere = inner->ops->elsewhere,
		         .free = fetching_free },
		.store = st,
		.transfer = transfer,
		.inner = inner,
	};
	f->engine.ops = &f->ops;
	return &f->engine;
}

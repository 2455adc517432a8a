#include "exec/worker_priv.h"

#include <string.h>

#include "store/trim.h"

enum { ROUNDS_MAX = 6 }; /* of fetching one thunk's inputs */

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

void task_pull_failed(struct task *t, const struct err *err)
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
	worker_run_ready(t->worker);
}

void task_fetch(struct task *t)
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

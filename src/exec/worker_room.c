#include "exec/worker_priv.h"

#include "store/trim.h"

enum { TRIM_TO_PERCENT = 75 }; /* of store_max_bytes */

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

void worker_stored(struct worker *w, uint64_t more_bytes)
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
void task_no_space(struct task *t, const char *why)
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

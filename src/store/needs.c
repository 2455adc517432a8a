#include "store/needs.h"

#include <string.h>

#include "core/codec.h"
#include "core/manifest.h"

struct needs {
	struct store *store;
	bool (*fn)(void *arg, const struct oid *id);
	void *arg;
};

static bool mark(struct needs *n, const struct oid *id)
{
	return *id->s && n->fn(n->arg, id);
}

static void mark_manifest(struct needs *n, const char *name)
{
	auto_buf raw = BUF_INIT;
	auto_manifest list = MANIFEST_INIT;
	struct oid id;

	if (oid_parse(name, strlen(name), &id, NULL) < 0 || !mark(n, &id) ||
	    store_get(n->store, &id, &raw, NULL) < 0 ||
	    manifest_decode(raw.data, raw.len, &list, NULL) < 0)
		return;
	for (size_t i = 0; i < list.n; i++)
		mark(n, &list.v[i].id);
}

static void mark_references(struct needs *n, const struct thunk_refs *refs,
                            struct strv *waiting)
{
	for (size_t i = 0; i < refs->n; i++)
		if (oid_is_thunk(&refs->v[i].id))
			strv_add(waiting, refs->v[i].id.s);
		else
			mark(n, &refs->v[i].id);
}

/* A result that is remembered is needed too: who forces the placeholder takes it. */
static void mark_result(struct needs *n, const struct oid *id, struct strv *waiting)
{
	struct memo m = { 0 };

	if (store_memo_get(n->store, id, &m, NULL) != 1)
		return;
	for (size_t i = 0; i < m.n_outputs; i++)
		if (oid_is_thunk(&m.outputs[i].id))
			strv_add(waiting, m.outputs[i].id.s);
		else
			mark(n, &m.outputs[i].id);
	mark(n, &m.out_text);
	mark(n, &m.err_text);
	memo_release(&m);
}

static void mark_thunk(struct needs *n, const char *name, struct strv *waiting)
{
	auto_buf raw = BUF_INIT;
	auto_thunk t = NULL;
	struct oid id;

	if (oid_parse(name, strlen(name), &id, NULL) < 0 || !mark(n, &id) ||
	    store_get(n->store, &id, &raw, NULL) < 0 ||
	    thunk_decode(raw.data, raw.len, &t, NULL) < 0)
		return;
	mark_references(n, &t->values, waiting);
	mark_references(n, &t->execs, waiting);
	mark_references(n, &t->thunks, waiting);
	for (size_t i = 0; i < t->n_links; i++)
		mark(n, &t->links[i].target);
	for (size_t i = 0; i < t->manifests.n; i++)
		mark_manifest(n, t->manifests.v[i]);
	mark_result(n, &id, waiting);
}

static void add_waiting(void *arg, const char *path, const char *ref, unsigned mode)
{
	(void)path;
	(void)mode;
	strv_addn(arg, ref, strcspn(ref, "#"));
}

int store_needs_pending(struct store *st, bool (*fn)(void *arg, const struct oid *id),
                        void *arg, struct err *err)
{
	struct needs n = { st, fn, arg };
	auto_strv waiting = STRV_INIT;

	if (store_pending_each(st, add_waiting, &waiting, err) < 0)
		return -1;
	for (size_t i = 0; i < waiting.n; i++)
		mark_thunk(&n, waiting.v[i], &waiting);
	return 0;
}

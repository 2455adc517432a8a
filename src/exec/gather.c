#include "exec/gather.h"

#include <string.h>
#include <sys/stat.h>

#include "core/manifest.h"

void oids_add(struct oids *o, const struct oid *id)
{
	if (o->n == o->cap) {
		o->cap = o->cap ? o->cap * 2 : 16;
		o->v = xrealloc(o->v, o->cap * sizeof(*o->v));
	}
	o->v[o->n++] = *id;
}

void oids_release(struct oids *o)
{
	free(o->v);
	*o = (struct oids){ 0 };
}

void gather_init(struct gather *g, struct store *st)
{
	*g = (struct gather){ .store = st };
}

void gather_release(struct gather *g, void (*drop)(struct bundle *b))
{
	size_t at = 0;

	for (struct map_entry *e; (e = map_next(&g->bundles, &at));) {
		struct bundle *b = e->ptr;

		if (drop)
			drop(b);
		oids_release(&b->ids);
		oids_release(&b->execs);
		free(b);
	}
	map_release(&g->bundles);
}

void gather_own(const struct thunk *t, struct oids *out)
{
	for (size_t i = 0; i < t->execs.n; i++)
		oids_add(out, &t->execs.v[i].id);
	for (size_t i = 0; i < t->values.n; i++)
		oids_add(out, &t->values.v[i].id);
	for (size_t i = 0; i < t->n_links; i++)
		oids_add(out, &t->links[i].target);
}

static struct bundle *bundle_read(struct gather *g, const struct oid *id, struct err *err)
{
	auto_buf raw = BUF_INIT;
	auto_manifest m = MANIFEST_INIT;

	if (store_get(g->store, id, &raw, err) < 0 ||
	    manifest_decode(raw.data, raw.len, &m, err) < 0)
		return NULL;
	struct bundle *b = xcalloc(1, sizeof(*b));
	oids_add(&b->ids, id);
	b->size_bytes = oid_size(id);
	for (size_t i = 0; i < m.n; i++) {
		if (!*m.v[i].id.s)
			continue;
		oids_add(&b->ids, &m.v[i].id);
		if (S_ISREG(m.v[i].mode) && m.v[i].mode & 0111)
			oids_add(&b->execs, &m.v[i].id);
		b->size_bytes += oid_size(&m.v[i].id);
	}
	return b;
}

struct bundle *gather_bundle(struct gather *g, const char *manifest, struct err *err)
{
	struct map_entry *e = map_find(&g->bundles, manifest);
	struct oid id;

	if (e)
		return e->ptr;
	if (oid_parse(manifest, strlen(manifest), &id, err) < 0)
		return NULL;
	struct bundle *b = bundle_read(g, &id, err);
	if (!b) {
		err_wrap(err, "manifest %s", manifest);
		return NULL;
	}
	map_add(&g->bundles, manifest, NULL)->ptr = b;
	return b;
}

uint64_t gather_size(struct gather *g, const struct thunk *t)
{
	uint64_t size_bytes = 0;

	for (size_t i = 0; i < t->execs.n; i++)
		size_bytes += oid_size(&t->execs.v[i].id);
	for (size_t i = 0; i < t->values.n; i++)
		size_bytes += oid_size(&t->values.v[i].id);
	for (size_t i = 0; i < t->manifests.n; i++) {
		struct bundle *b = gather_bundle(g, t->manifests.v[i], NULL);

		size_bytes += b ? b->size_bytes : 0;
	}
	return size_bytes;
}

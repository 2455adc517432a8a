#include "exec/inputs.h"

#include <string.h>
#include <sys/stat.h>

#include "base/map.h"
#include "core/manifest.h"

void inputs_release(struct inputs *in)
{
	free(in->v);
	*in = (struct inputs)INPUTS_INIT;
}

void inputs_add(struct inputs *in, const struct oid *id)
{
	if (in->n == in->cap) {
		in->cap = in->cap ? in->cap * 2 : 64;
		in->v = xrealloc(in->v, in->cap * sizeof(*in->v));
	}
	in->v[in->n++] = *id;
}

static void add(struct inputs *in, struct map *seen, const struct oid *id)
{
	bool is_new;

	map_add(seen, id->s, &is_new);
	if (is_new)
		inputs_add(in, id);
}

static int add_manifest(struct store *st, const char *name, struct inputs *in, struct map *seen,
                        struct err *err)
{
	auto_manifest m = MANIFEST_INIT;
	auto_buf raw = BUF_INIT;
	struct oid id;

	if (oid_parse(name, strlen(name), &id, err) < 0)
		return -1;
	add(in, seen, &id);
	if (store_get(st, &id, &raw, err) < 0 ||
	    manifest_decode(raw.data, raw.len, &m, err) < 0)
		return err_wrap(err, "manifest %s", name);
	for (size_t i = 0; i < m.n; i++)
		if (!S_ISDIR(m.v[i].mode))
			add(in, seen, &m.v[i].id);
	return 0;
}

int inputs_of(struct store *st, const struct thunk *t, struct inputs *out, struct err *err)
{
	auto_map seen = MAP_INIT;
	int rc = 0;

	for (size_t i = 0; i < t->values.n; i++)
		add(out, &seen, &t->values.v[i].id);
	for (size_t i = 0; i < t->execs.n; i++)
		add(out, &seen, &t->execs.v[i].id);
	for (size_t i = 0; i < t->n_links; i++)
		add(out, &seen, &t->links[i].target);
	for (size_t i = 0; i < t->manifests.n; i++)
		if (rc == 0)
			rc = add_manifest(st, t->manifests.v[i], out, &seen, err);
	return rc;
}

void inputs_drop_present(struct store *st, struct inputs *in)
{
	size_t kept = 0;

	for (size_t i = 0; i < in->n; i++)
		if (!store_has(st, &in->v[i]))
			in->v[kept++] = in->v[i];
	in->n = kept;
}

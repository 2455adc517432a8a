/*
 * Inputs are compared by name: each side becomes a map from name to hash, manifests expanded
 * where the two have different ones. Arguments have no names: what is only on one side is
 * listed; when both sides have the same ones, their order differs.
 */
#include "ui/thunkdiff.h"

#include <string.h>

#include "base/map.h"
#include "core/manifest.h"

struct difference {
	struct store *store;
	struct explain_change **list;
	size_t *n;
};

static void add(struct difference *d, const char *kind, const char *name, const char *before,
                const char *after)
{
	if (*d->n >= THUNKDIFF_MAX)
		return;
	*d->list = xrealloc(*d->list, (*d->n + 1) * sizeof(**d->list));
	(*d->list)[(*d->n)++] = (struct explain_change){
		.kind = kind,
		.name = xstrdup(name),
		.before = before ? xstrdup(before) : NULL,
		.after = after ? xstrdup(after) : NULL,
	};
}

static void add_if_other(struct difference *d, const char *kind, const char *a, const char *b)
{
	if (a && b ? strcmp(a, b) != 0 : a != b)
		add(d, kind, "", a, b);
}

/* -- named things: name → text (owned by the map) -- */

static void names_put(struct map *m, const char *name, char *text)
{
	struct map_entry *e = map_add(m, name, NULL);

	free(e->ptr);
	e->ptr = text;
}

static void names_release(struct map *m)
{
	size_t at = 0;

	for (struct map_entry *e; (e = map_next(m, &at));)
		free(e->ptr);
	map_release(m);
}

static void names_compare(struct difference *d, const char *kind, const struct map *a,
                          const struct map *b)
{
	size_t at = 0;

	for (const struct map_entry *e; (e = map_next(a, &at));) {
		const struct map_entry *other = map_find(b, e->key);

		if (!other || strcmp(e->ptr, other->ptr) != 0)
			add(d, kind, e->key, e->ptr, other ? other->ptr : NULL);
	}
	at = 0;
	for (const struct map_entry *e; (e = map_next(b, &at));)
		if (!map_find(a, e->key))
			add(d, kind, e->key, NULL, e->ptr);
}

static void put_references(struct map *m, const struct thunk_refs *refs)
{
	for (size_t i = 0; i < refs->n; i++) {
		const struct thunk_ref *r = &refs->v[i];

		names_put(m, r->name ? r->name : r->id.s,
		          r->tag ? xasprintf("%s#%s", r->id.s, r->tag) : xstrdup(r->id.s));
	}
}

static void put_manifest(struct store *st, const char *name, struct map *m)
{
	auto_buf raw = BUF_INIT;
	auto_manifest list = MANIFEST_INIT;
	struct oid id;

	if (oid_parse(name, strlen(name), &id, NULL) < 0 ||
	    store_get(st, &id, &raw, NULL) < 0 ||
	    manifest_decode(raw.data, raw.len, &list, NULL) < 0) {
		names_put(m, "a list of files", xstrdup(name));
		return;
	}
	for (size_t i = 0; i < list.n; i++)
		names_put(m, list.v[i].name,
		          *list.v[i].id.s ? xstrdup(list.v[i].id.s) : xstrdup("a folder"));
}

static void put_manifests(struct store *st, const struct thunk *t, const struct thunk *other,
                          struct map *m)
{
	for (size_t i = 0; i < t->manifests.n; i++)
		if (!strv_has(&other->manifests, t->manifests.v[i]))
			put_manifest(st, t->manifests.v[i], m);
}

static void put_links(struct map *m, const struct thunk *t)
{
	for (size_t i = 0; i < t->n_links; i++)
		names_put(m, t->links[i].name, xstrdup(t->links[i].target.s));
}

static void compare_inputs(struct difference *d, const struct thunk *a, const struct thunk *b)
{
	const struct thunk *const side[] = { a, b };
	struct map inputs[2] = { MAP_INIT, MAP_INIT };
	struct map programs[2] = { MAP_INIT, MAP_INIT };

	for (size_t i = 0; i < 2; i++) {
		put_references(&programs[i], &side[i]->execs);
		put_manifests(d->store, side[i], side[1 - i], &inputs[i]);
		put_references(&inputs[i], &side[i]->values);
		put_references(&inputs[i], &side[i]->thunks);
		put_links(&inputs[i], side[i]);
	}
	names_compare(d, "program", &programs[0], &programs[1]);
	names_compare(d, "input", &inputs[0], &inputs[1]);
	for (size_t i = 0; i < 2; i++) {
		names_release(&inputs[i]);
		names_release(&programs[i]);
	}
}

static void compare_times(struct difference *d, const struct thunk *a, const struct thunk *b)
{
	const struct thunk *const side[] = { a, b };
	struct map times[2] = { MAP_INIT, MAP_INIT };

	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < side[i]->times.n; k++) {
			const char *entry = side[i]->times.v[k];
			const char *name;
			int64_t seconds;

			if (thunk_time_split(entry, &seconds, &name))
				names_put(&times[i], name,
				          xasprintf("%lld", (long long)seconds));
		}
	names_compare(d, "time of change", &times[0], &times[1]);
	names_release(&times[0]);
	names_release(&times[1]);
}

static void compare_environment(struct difference *d, const struct thunk *a,
                                const struct thunk *b)
{
	const struct thunk *const side[] = { a, b };
	struct map vars[2] = { MAP_INIT, MAP_INIT };

	for (size_t i = 0; i < 2; i++) {
		for (size_t k = 0; k < side[i]->env.n; k++) {
			const char *v = side[i]->env.v[k];
			size_t len = strcspn(v, "=");
			auto_free char *name = xstrndup(v, len);

			names_put(&vars[i], name, xstrdup(v[len] ? v + len + 1 : ""));
		}
	}
	names_compare(d, "variable", &vars[0], &vars[1]);
	names_release(&vars[0]);
	names_release(&vars[1]);
}

/* -- lists without names -- */

/* How often each is in @v. */
static void count_words(const struct strv *v, struct map *m)
{
	for (size_t i = 0; i < v->n; i++)
		map_add(m, v->v[i], NULL)->num++;
}

/* Those of @v that @m has no more; takes them away from it. */
static void words_beyond(struct difference *d, const char *kind, const struct strv *v,
                         struct map *m, bool after)
{
	for (size_t i = 0; i < v->n; i++) {
		struct map_entry *e = map_find(m, v->v[i]);

		if (e && e->num > 0)
			e->num--;
		else
			add(d, kind, "", after ? NULL : v->v[i], after ? v->v[i] : NULL);
	}
}

static void compare_words(struct difference *d, const char *kind, const struct strv *a,
                          const struct strv *b)
{
	auto_map in_a = MAP_INIT;
	auto_map in_b = MAP_INIT;
	size_t before = *d->n;
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = strcmp(a->v[i], b->v[i]) == 0;
	if (same)
		return;
	count_words(a, &in_a);
	count_words(b, &in_b);
	words_beyond(d, kind, a, &in_b, false);
	words_beyond(d, kind, b, &in_a, true);
	if (*d->n == before)
		add(d, kind, "their order", "another", "this one");
}

void thunkdiff(struct store *st, const struct thunk *a, const struct thunk *b,
               struct explain_change **list, size_t *n)
{
	struct difference d = { st, list, n };

	compare_words(&d, "argument", &a->args, &b->args);
	compare_environment(&d, a, b);
	add_if_other(&d, "working folder", a->workdir, b->workdir);
	add_if_other(&d, "platform", a->platform, b->platform);
	compare_inputs(&d, a, b);
	compare_times(&d, a, b);
	compare_words(&d, "output", &a->outputs, &b->outputs);
	if (a->timeout_ms != b->timeout_ms) {
		auto_free char *x = xasprintf("%u ms", a->timeout_ms);
		auto_free char *y = xasprintf("%u ms", b->timeout_ms);

		add(&d, "time limit", "", x, y);
	}
}

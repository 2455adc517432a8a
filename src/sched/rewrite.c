#include "sched/rewrite.h"

#include <string.h>

#include "base/buf.h"
#include "base/map.h"

static const char mark[] = "@{GGHASH:";

/* Replace the marks of references that are known (ref → value's name). */
static void rewrite_text(char **text, const struct map *known)
{
	auto_buf out = BUF_INIT;
	const char *at = *text;

	for (const char *hit; (hit = strstr(at, mark));) {
		const char *ref = hit + sizeof(mark) - 1;
		const char *end = strchr(ref, '}');

		if (!end)
			break;
		auto_free char *key = xstrndup(ref, (size_t)(end - ref));
		const struct map_entry *e = map_find(known, key);
		if (e) {
			buf_add(&out, at, (size_t)(ref - at));
			buf_adds(&out, e->ptr);
			at = end;
		} else {
			buf_add(&out, at, (size_t)(ref - at));
			at = ref;
		}
	}
	if (out.len == 0)
		return;
	buf_adds(&out, at);
	free(*text);
	*text = buf_steal(&out);
}

static void rewrite_texts(struct thunk *t, const struct oid *values)
{
	auto_map known = MAP_INIT;

	for (size_t i = 0; i < t->thunks.n; i++) {
		const struct thunk_ref *r = &t->thunks.v[i];
		auto_free char *key =
			r->tag ? xasprintf("%s#%s", r->id.s, r->tag) : xstrdup(r->id.s);

		map_add(&known, key, NULL)->ptr = (void *)values[i].s;
	}
	for (size_t i = 0; i < t->args.n; i++)
		rewrite_text(&t->args.v[i], &known);
	for (size_t i = 0; i < t->env.n; i++)
		rewrite_text(&t->env.v[i], &known);
}

int rewrite_thunk(struct thunk *t, rewrite_resolve_fn *resolve, void *arg, struct err *err)
{
	auto_free struct oid *values = xcalloc(t->thunks.n, sizeof(*values));

	for (size_t i = 0; i < t->thunks.n; i++) {
		const struct thunk_ref *r = &t->thunks.v[i];

		if (resolve(arg, &r->id, r->tag, &values[i], err) < 0)
			return -1;
	}
	if (thunk_has_hash_args(t))
		rewrite_texts(t, values);
	for (size_t i = 0; i < t->thunks.n; i++) {
		struct thunk_ref *r = &t->thunks.v[i];

		thunk_refs_add(&t->values, &values[i], NULL, r->name);
		free(r->tag);
		free(r->name);
	}
	t->thunks.n = 0;
	return 0;
}

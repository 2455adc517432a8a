#include "store/produced.h"

#include <string.h>

#include "base/clock.h"
#include "core/digest.h"
#include "store/pack.h"
#include "store/store_priv.h"

static const char PRODUCED_PREFIX[] = { INDEX_PRODUCED, '\0' };

void produced_release(struct produced *p)
{
	free(p->tag);
	*p = (struct produced){ 0 };
}

/* Paths may be longer than a key of the index. */
static void produced_key(const char *path, char key[INDEX_KEY_MAX])
{
	struct oid name;

	digest_bytes(path, strlen(path), &name);
	snprintf(key, INDEX_KEY_MAX, "%s%s", PRODUCED_PREFIX, name.s);
}

/* The path (owned), or NULL for anything but a whole record. */
static char *produced_decode(const struct index_value *value, struct produced *out)
{
	struct unpack u = { value->data, value->len, false };

	*out = (struct produced){ 0 };
	unpack_oid(&u, false, &out->thunk);
	uint32_t n = unpack_u32(&u);
	u.bad |= n > PRODUCED_BEFORE_MAX;
	while (!u.bad && out->n_before < n)
		unpack_oid(&u, false, &out->before[out->n_before++]);
	out->at_ns = (int64_t)unpack_u64(&u);
	out->tag = unpack_str(&u);
	auto_free char *path = unpack_str(&u);

	if (u.bad || u.left) {
		produced_release(out);
		return NULL;
	}
	if (!*out->tag) {
		free(out->tag);
		out->tag = NULL;
	}
	return steal(&path);
}

int store_produced_get(struct store *st, const char *path, struct produced *out,
                       struct err *err)
{
	char key[INDEX_KEY_MAX];
	struct index_value value;

	*out = (struct produced){ 0 };
	produced_key(path, key);
	int found = index_get(st->index, key, &value, err);
	if (found <= 0)
		return found < 0 ? err_wrap(err, "what made %s", path) : 0;
	auto_free char *noted = produced_decode(&value, out);
	return noted != NULL;
}

/* The one that was the last comes first; the new one is not among them. */
static void pack_before(const struct produced *old, bool known, const struct oid *thunk,
                        struct buf *out)
{
	const struct oid *list[PRODUCED_BEFORE_MAX];
	uint32_t n = 0;

	if (known)
		list[n++] = &old->thunk;
	for (size_t i = 0; i < old->n_before && n < PRODUCED_BEFORE_MAX; i++)
		if (!oid_eq(&old->before[i], thunk))
			list[n++] = &old->before[i];
	pack_u32(out, n);
	for (uint32_t i = 0; i < n; i++)
		pack_str(out, list[i]->s);
}

int store_produced_note(struct store *st, const char *path, const struct oid *thunk,
                        const char *tag, struct err *err)
{
	auto_produced old = { 0 };
	auto_buf value = BUF_INIT;
	char key[INDEX_KEY_MAX];
	int known = store_produced_get(st, path, &old, err);

	if (known < 0)
		return -1;
	if (known && oid_eq(&old.thunk, thunk))
		return 0;
	pack_str(&value, thunk->s);
	pack_before(&old, known == 1, thunk, &value);
	pack_u64(&value, (uint64_t)clock_wall_ns());
	pack_str(&value, tag ? tag : "");
	pack_str(&value, path);
	produced_key(path, key);
	if (index_put(st->index, key, value.data, value.len, err) < 0)
		return err_wrap(err, "note what made %s", path);
	return 0;
}

int store_produced_forget(struct store *st, const char *path, struct err *err)
{
	char key[INDEX_KEY_MAX];

	produced_key(path, key);
	return index_del(st->index, key, err);
}

struct produced_entry {
	char *path; /* owned */
	struct produced p;
};

struct produced_list {
	struct produced_entry *v;
	size_t n, cap;
};

static int produced_collect(void *arg, const char *key, const struct index_value *value)
{
	struct produced_list *list = arg;
	struct produced_entry e;

	(void)key;
	e.path = produced_decode(value, &e.p);
	if (!e.path)
		return 0;
	if (list->n == list->cap) {
		list->cap = list->cap ? list->cap * 2 : 64;
		list->v = xrealloc(list->v, list->cap * sizeof(*list->v));
	}
	list->v[list->n++] = e;
	return 0;
}

int store_produced_each(struct store *st,
                        void (*fn)(void *arg, const char *path, const struct produced *p),
                        void *arg, struct err *err)
{
	struct produced_list list = { 0 };
	int rc = index_each(st->index, PRODUCED_PREFIX, produced_collect, &list, err);

	for (size_t i = 0; i < list.n; i++) {
		if (rc == 0)
			fn(arg, list.v[i].path, &list.v[i].p);
		free(list.v[i].path);
		produced_release(&list.v[i].p);
	}
	free(list.v);
	return rc;
}

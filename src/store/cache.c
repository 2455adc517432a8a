#include "store/store_priv.h"

#include "core/digest.h"

static void cache_key(enum cache_kind kind, const void *key, size_t key_len,
                      char name[INDEX_KEY_MAX])
{
	struct oid question;

	digest_bytes(key, key_len, &question);
	snprintf(name, INDEX_KEY_MAX, "%c%u.%s", INDEX_CACHE, (unsigned)kind, question.s);
}

int store_cache_get(struct store *st, enum cache_kind kind, const void *key, size_t key_len,
                    struct buf *out, struct err *err)
{
	char name[INDEX_KEY_MAX];
	struct index_value value;

	cache_key(kind, key, key_len, name);
	int found = index_get(st->index, name, &value, err);

	if (found == 1 && buf_add(out, value.data, value.len) < 0)
		return err_set(err, ERR_NOSPC, "cached value of %zu bytes is too long",
		               value.len);
	return found;
}

int store_cache_put(struct store *st, enum cache_kind kind, const void *key, size_t key_len,
                    const void *value, size_t value_len, struct err *err)
{
	char name[INDEX_KEY_MAX];

	cache_key(kind, key, key_len, name);
	return index_put(st->index, name, value, value_len, err);
}

struct cache_walk {
	void (*fn)(void *arg, const char *name, const struct buf *value);
	void *arg;
};

static int cache_walk_one(void *arg, const char *key, const struct index_value *value)
{
	const struct cache_walk *w = arg;
	const struct buf view = { .data = (char *)value->data, .len = value->len };

	w->fn(w->arg, key, &view);
	return 0;
}

int store_cache_each(struct store *st, enum cache_kind kind,
                     void (*fn)(void *arg, const char *name, const struct buf *value),
                     void *arg, struct err *err)
{
	struct cache_walk w = { fn, arg };
	char prefix[8];

	snprintf(prefix, sizeof(prefix), "%c%u.", INDEX_CACHE, (unsigned)kind);
	return index_each(st->index, prefix, cache_walk_one, &w, err);
}

int store_cache_forget(struct store *st, const char *name, struct err *err)
{
	return index_del(st->index, name, err);
}

#include "store/store_priv.h"

#include "base/map.h"
#include "core/digest.h"

#include <string.h>

enum {
	KEY_MAX = 128, /* of what is kept in memory */
	KEPT_BYTES_MAX = 64 << 20,
};

/* kind, key → struct buf, owned */
static struct {
	bool is_on;
	struct map values;
	size_t bytes;
} kept;

static void cache_key(enum cache_kind kind, const void *key, size_t key_len,
                      char name[INDEX_KEY_MAX])
{
	struct oid question;

	digest_bytes(key, key_len, &question);
	snprintf(name, INDEX_KEY_MAX, "%c%u.%s", INDEX_CACHE, (unsigned)kind, question.s);
}

void store_cache_keep(void)
{
	kept.is_on = true;
}

/* The key in @name, if values of this kind may be kept. */
static bool kept_key(enum cache_kind kind, const void *key, size_t key_len, char name[KEY_MAX])
{
	if (!kept.is_on || (kind != CACHE_SCAN && kind != CACHE_WORDS) ||
	    key_len + 2 > KEY_MAX || memchr(key, '\0', key_len))
		return false;
	name[0] = (char)('0' + kind);
	memcpy(name + 1, key, key_len);
	name[key_len + 1] = '\0';
	return true;
}

static void keep(const char *name, const struct index_value *value)
{
	struct map_entry *e = map_add(&kept.values, name, NULL);

	if (e->ptr)
		return;
	struct buf *b = xcalloc(1, sizeof(*b));
	buf_add(b, value->data, value->len);
	e->ptr = b;
	kept.bytes += value->len;
}

int store_cache_get(struct store *st, enum cache_kind kind, const void *key, size_t key_len,
                    struct buf *out, struct err *err)
{
	char name[INDEX_KEY_MAX];
	char kept_name[KEY_MAX];
	struct index_value value;
	bool may_keep = kept_key(kind, key, key_len, kept_name);
	const struct map_entry *e = may_keep ? map_find(&kept.values, kept_name) : NULL;

	if (e) {
		const struct buf *b = e->ptr;

		return buf_add(out, b->data, b->len) < 0
		               ? err_set(err, ERR_NOSPC,
		                         "cached value of %zu bytes is too long", b->len)
		               : 1;
	}
	cache_key(kind, key, key_len, name);
	int found = index_get(st->index, name, &value, err);

	if (found == 1 && may_keep && kept.bytes < KEPT_BYTES_MAX)
		keep(kept_name, &value);
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

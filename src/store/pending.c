#include "store/store_priv.h"

#include <string.h>

#include "core/digest.h"
#include "store/pack.h"

static const char PENDING_PREFIX[] = { INDEX_PENDING, '\0' };

/* Paths may be longer than a key of the index. */
static void pending_key(const char *path, char key[INDEX_KEY_MAX])
{
	struct oid name;

	digest_bytes(path, strlen(path), &name);
	snprintf(key, INDEX_KEY_MAX, "%s%s", PENDING_PREFIX, name.s);
}

int store_pending_add(struct store *st, const char *path, const char *ref, unsigned mode,
                      struct err *err)
{
	char key[INDEX_KEY_MAX];
	auto_buf value = BUF_INIT;

	pending_key(path, key);
	pack_u32(&value, mode);
	pack_str(&value, ref);
	pack_str(&value, path);
	if (index_put(st->index, key, value.data, value.len, err) < 0)
		return err_wrap(err, "note placeholder %s", path);
	return 0;
}

int store_pending_remove(struct store *st, const char *path, struct err *err)
{
	char key[INDEX_KEY_MAX];

	pending_key(path, key);
	if (index_del(st->index, key, err) < 0)
		return err_wrap(err, "forget placeholder %s", path);
	return 0;
}

bool store_pending_empty(struct store *st)
{
	return index_any(st->index, PENDING_PREFIX, NULL) == 0;
}

struct pending {
	char *path; /* owned */
	char *ref;  /* owned */
	unsigned mode;
};

struct pending_list {
	struct pending *v;
	size_t n, cap;
};

static int pending_collect(void *arg, const char *key, const struct index_value *value)
{
	struct pending_list *list = arg;
	struct unpack u = { value->data, value->len, false };
	struct pending p = { .mode = unpack_u32(&u) };

	p.ref = unpack_str(&u);
	p.path = unpack_str(&u);
	if (u.bad) {
		free(p.ref);
		free(p.path);
		return 0;
	}
	if (list->n == list->cap) {
		list->cap = list->cap ? list->cap * 2 : 64;
		list->v = xrealloc(list->v, list->cap * sizeof(*list->v));
	}
	list->v[list->n++] = p;
	return 0;
}

int store_pending_each(struct store *st,
                       void (*fn)(void *arg, const char *path, const char *ref, unsigned mode),
                       void *arg, struct err *err)
{
	struct pending_list list = { 0 };
	int rc = index_each(st->index, PENDING_PREFIX, pending_collect, &list, err);

	for (size_t i = 0; i < list.n; i++) {
		if (rc == 0)
			fn(arg, list.v[i].path, list.v[i].ref, list.v[i].mode);
		free(list.v[i].path);
		free(list.v[i].ref);
	}
	free(list.v);
	return rc;
}

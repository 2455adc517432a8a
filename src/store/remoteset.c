#include "store/remoteset.h"

#include <string.h>
#include <time.h>

#include "base/map.h"
#include "core/digest.h"
#include "store/index.h"
#include "store/pack.h"
#include "store/store_priv.h"

enum { GATHER_MAX = 512, PLACE_LEN = 16 };

struct remoteset {
	struct store *st;
	char prefix[PLACE_LEN + 2]; /* INDEX_REMOTE and the place */
	struct map news;            /* key → 1: there, 0: not; to be written */
};

struct remoteset *remoteset_new(struct store *st, const char *place)
{
	struct remoteset *rs = xcalloc(1, sizeof(*rs));
	struct oid id;

	rs->st = st;
	digest_bytes(place, strlen(place), &id);
	snprintf(rs->prefix, sizeof(rs->prefix), "%c%.*s", INDEX_REMOTE, PLACE_LEN, id.s + 1);
	return rs;
}

void remoteset_free(struct remoteset *rs)
{
	if (!rs)
		return;
	remoteset_flush(rs, NULL);
	map_release(&rs->news);
	free(rs);
}

static void key_of(const struct remoteset *rs, const struct oid *id, char key[INDEX_KEY_MAX])
{
	snprintf(key, INDEX_KEY_MAX, "%s%s", rs->prefix, id->s);
}

static bool is_fresh(int64_t when_s)
{
	int64_t age_s = time(NULL) - when_s;

	return age_s < REMOTESET_AGE_S && age_s > -REMOTESET_AGE_S;
}

bool remoteset_has(struct remoteset *rs, const struct oid *id)
{
	char key[INDEX_KEY_MAX];
	struct index_value v;
	int64_t when;

	key_of(rs, id, key);
	struct map_entry *e = rs->news.n ? map_find(&rs->news, key) : NULL;
	if (e)
		return e->num != 0;
	if (index_get(rs->st->index, key, &v, NULL) != 1 || v.len != sizeof(when))
		return false;
	memcpy(&when, v.data, sizeof(when));
	return is_fresh(when);
}

static void gather(struct remoteset *rs, const struct oid *id, bool there)
{
	char key[INDEX_KEY_MAX];

	key_of(rs, id, key);
	map_add(&rs->news, key, NULL)->num = there;
	if (rs->news.n >= GATHER_MAX)
		remoteset_flush(rs, NULL);
}

void remoteset_add(struct remoteset *rs, const struct oid *id)
{
	gather(rs, id, true);
}

void remoteset_remove(struct remoteset *rs, const struct oid *id)
{
	gather(rs, id, false);
}

int remoteset_flush(struct remoteset *rs, struct err *err)
{
	int64_t now = time(NULL);
	auto_strv there = STRV_INIT, gone = STRV_INIT;
	struct map_entry *e;
	size_t at = 0;

	while ((e = map_next(&rs->news, &at)))
		strv_add(e->num ? &there : &gone, e->key);
	map_release(&rs->news);
	rs->news = (struct map)MAP_INIT;
	if (index_put_all(rs->st->index, there.v, there.n, &now, sizeof(now), err) < 0)
		return -1;
	return index_put_all(rs->st->index, gone.v, gone.n, NULL, 0, err);
}

static int collect(void *arg, const char *key, const struct index_value *value)
{
	(void)value;
	strv_add(arg, key);
	return 0;
}

int remoteset_clear(struct remoteset *rs, struct err *err)
{
	auto_strv keys = STRV_INIT;

	map_release(&rs->news);
	rs->news = (struct map)MAP_INIT;
	if (index_each(rs->st->index, rs->prefix, collect, &keys, err) < 0)
		return -1;
	return index_put_all(rs->st->index, keys.v, keys.n, NULL, 0, err);
}

struct telling {
	const struct remoteset *rs;
	void (*fn)(void *arg, const struct oid *id, int64_t when_s);
	void *arg;
};

static int tell(void *arg, const char *key, const struct index_value *value)
{
	const struct telling *t = arg;
	const char *name = key + strlen(t->rs->prefix);
	struct oid id;
	int64_t when_s;

	if (value->len != sizeof(when_s) || oid_parse(name, strlen(name), &id, NULL) < 0)
		return 0;
	memcpy(&when_s, value->data, sizeof(when_s));
	if (is_fresh(when_s))
		t->fn(t->arg, &id, when_s);
	return 0;
}

int remoteset_each(struct remoteset *rs,
                   void (*fn)(void *arg, const struct oid *id, int64_t when_s), void *arg,
                   struct err *err)
{
	struct telling t = { rs, fn, arg };

	if (remoteset_flush(rs, err) < 0)
		return -1;
	return index_each(rs->st->index, rs->prefix, tell, &t, err);
}

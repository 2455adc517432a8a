#include "model/finding.h"

#include "model/planner.h"
#include "store/look.h"
#include "store/shared.h"

#include <string.h>

void finding_release(struct finding *a)
{
	buf_release(&a->text);
}

/* Of a folder its times tell; of what is not there, nothing does. */
static struct pack_stat seen_of(const char *path)
{
	struct stat sb = { 0 };

	if (look_listed(path, &sb) < 0)
		return (struct pack_stat){ 0 };
	if (S_ISDIR(sb.st_mode))
		sb.st_size = 0;
	return pack_stat(&sb);
}

static void pack_watch(struct buf *b, const struct strv *paths)
{
	auto_strv sorted = STRV_INIT;
	auto_strv once = STRV_INIT;

	strv_add_all(&sorted, paths->v);
	strv_sort(&sorted);
	for (size_t i = 0; i < sorted.n; i++)
		if (i == 0 || strcmp(sorted.v[i], sorted.v[i - 1]) != 0)
			strv_add(&once, sorted.v[i]);
	pack_u32(b, (uint32_t)once.n);
	for (size_t i = 0; i < once.n; i++) {
		const struct pack_stat seen = seen_of(once.v[i]);

		pack_str(b, once.v[i]);
		buf_add(b, &seen, sizeof(seen));
	}
}

static bool is_unchanged(struct unpack *u)
{
	for (uint32_t n = unpack_u32(u); n && !u->bad; n--) {
		auto_free char *path = unpack_str(u);
		const void *then = unpack_bytes(u, sizeof(struct pack_stat));

		if (!path || !then)
			return false;
		const struct pack_stat now = seen_of(path);
		if (memcmp(&now, then, sizeof(now)) != 0)
			return false;
	}
	return !u->bad;
}

/* Does it hold? Then it is unpacked. */
static bool accept(const struct call *call, const struct buf *value, struct finding *out)
{
	struct unpack u = { (unsigned char *)value->data, value->len, false };

	if (!is_unchanged(&u))
		return false;
	out->n_manifests = unpack_u32(&u);
	if (out->n_manifests > FINDING_MANIFESTS_MAX)
		return false;
	for (size_t i = 0; i < out->n_manifests; i++) {
		unpack_oid(&u, false, &out->manifests[i]);
		if (u.bad || !store_has(call->store, &out->manifests[i]))
			return false;
	}
	return !u.bad && buf_add(&out->text, u.at, u.left) == 0;
}

/* The same question, asked by this gg. */
static void make_key(struct buf *key, const struct buf *question)
{
	planner_pack(key);
	buf_add(key, question->data, question->len);
}

int finding_get(const struct call *call, const struct buf *question, struct finding *out,
                struct err *err)
{
	auto_buf key = BUF_INIT;
	auto_buf own = BUF_INIT;
	auto_buf shared = BUF_INIT;

	make_key(&key, question);
	int rc = store_cache_get(call->store, CACHE_TOOLCHAIN, key.data, key.len, &own, err);

	if (rc < 0)
		return -1;
	if (rc == 1 && accept(call, &own, out))
		return 1;
	rc = shared_get(call->store, key.data, key.len, &shared, err);
	if (rc <= 0 || !accept(call, &shared, out))
		return rc < 0 ? -1 : 0;
	return store_cache_put(call->store, CACHE_TOOLCHAIN, key.data, key.len, shared.data,
	                       shared.len, err) < 0
	               ? -1
	               : 1;
}

int finding_put(const struct call *call, const struct buf *question, const struct finding *a,
                const struct strv *watch, struct err *err)
{
	auto_buf key = BUF_INIT;
	auto_buf value = BUF_INIT;

	make_key(&key, question);
	pack_watch(&value, watch);
	pack_u32(&value, (uint32_t)a->n_manifests);
	for (size_t i = 0; i < a->n_manifests; i++)
		pack_str(&value, a->manifests[i].s);
	buf_add(&value, a->text.data, a->text.len);
	shared_put(call->store, key.data, key.len, &value, a->manifests, a->n_manifests);
	return store_cache_put(call->store, CACHE_TOOLCHAIN, key.data, key.len, value.data,
	                       value.len, err);
}

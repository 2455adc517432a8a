#include "model/recall.h"

#include <string.h>
#include <sys/stat.h>

#include "base/map.h"
#include "base/path.h"
#include "core/codec.h"
#include "model/planner.h"
#include "store/look.h"
#include "store/pack.h"

enum { FORMAT = 2 };

static void make_key(struct buf *key, const struct call *call)
{
	buf_addf(key, "recall%d", FORMAT);
	pack_u32(key, call->umask);
	pack_u32(key, call->waits);
	pack_str(key, call->basedir ? call->basedir : "");
	pack_str(key, call->cwd);
	pack_str(key, call->tool);
	for (int i = 0; i < call->argc; i++)
		pack_str(key, call->argv[i]);
}

static bool is_same_planner(struct unpack *u)
{
	auto_buf now = BUF_INIT;

	planner_pack(&now);
	const void *then = unpack_bytes(u, now.len);
	return then && memcmp(then, now.data, now.len) == 0;
}

static void unpack_output(struct unpack *u, struct plan *p)
{
	auto_free char *path = unpack_str(u);
	auto_free char *tag = unpack_str(u);
	uint32_t kind = unpack_u32(u);
	bool optional = unpack_u32(u);

	if (u->bad)
		return;
	p->outputs = xrealloc(p->outputs, (p->n_outputs + 1) * sizeof(*p->outputs));
	p->outputs[p->n_outputs++] =
		(struct plan_output){ steal(&path), steal(&tag), (enum output_kind)kind,
		                      optional, 0 };
}

/* Has the file at @path the content that the thunk names? One with other names is another
 * matter. */
static bool is_unchanged(struct store *st, const char *path, const struct oid *id)
{
	struct file_info info;
	struct err ignored;
	struct stat sb;

	return look_lstat(path, &sb) == 0 && S_ISREG(sb.st_mode) && sb.st_nlink == 1 &&
	       store_file_stat(st, path, &sb, FILE_HASH_ONLY, &info, &ignored) == 0 &&
	       !info.placeholder && oid_eq(&info.id, id);
}

/* Have all files at @paths the content that @thunk names? */
static bool all_unchanged(const struct plan *p, const struct oid *thunk,
                          const struct strv *paths)
{
	auto_buf raw = BUF_INIT;
	auto_map inputs = MAP_INIT;
	auto_thunk t = NULL;
	struct err ignored;

	if (paths->n == 0)
		return true;
	if (store_get(p->call->store, thunk, &raw, &ignored) < 0 ||
	    thunk_decode(raw.data, raw.len, &t, &ignored) < 0)
		return false;
	for (size_t i = 0; i < t->values.n; i++) {
		auto_free char *path = plan_input_path(p, &t->values.v[i]);

		if (path)
			map_add(&inputs, path, NULL)->ptr = &t->values.v[i].id;
	}
	for (size_t i = 0; i < paths->n; i++) {
		auto_free char *path = path_absolute(p->call->cwd, paths->v[i]);
		const struct map_entry *known = map_find(&inputs, path);

		if (!known || !is_unchanged(p->call->store, path, known->ptr))
			return false;
	}
	return true;
}

int recall_get(const struct call *call, struct plan *p, struct oid *thunk, struct err *err)
{
	auto_buf key = BUF_INIT;
	auto_buf value = BUF_INIT;
	auto_strv touched = STRV_INIT;

	make_key(&key, call);
	int rc = store_cache_get(call->store, CACHE_RECALL, key.data, key.len, &value, err);
	if (rc <= 0)
		return rc;
	struct unpack u = { (unsigned char *)value.data, value.len, false };
	unpack_oid(&u, false, thunk);
	if (!is_same_planner(&u))
		return 0;
	p->portable = unpack_u32(&u);
	for (uint32_t n = unpack_u32(&u); n > 0 && !u.bad; n--)
		unpack_output(&u, p);
	return !u.bad && look_again(&u, &touched) && all_unchanged(p, thunk, &touched);
}

int recall_put(const struct call *call, const struct plan *p, const struct oid *thunk,
               const struct buf *looks, struct err *err)
{
	auto_buf key = BUF_INIT;
	auto_buf value = BUF_INIT;

	make_key(&key, call);
	pack_str(&value, thunk->s); /* first, for gg gc (store.h) */
	planner_pack(&value);
	pack_u32(&value, p->portable);
	pack_u32(&value, (uint32_t)p->n_outputs);
	for (size_t i = 0; i < p->n_outputs; i++) {
		pack_str(&value, p->outputs[i].path);
		pack_str(&value, p->outputs[i].tag);
		pack_u32(&value, p->outputs[i].kind);
		pack_u32(&value, p->outputs[i].optional);
	}
	buf_add(&value, looks->data, looks->len);
	return store_cache_put(call->store, CACHE_RECALL, key.data, key.len, value.data,
	                       value.len, err);
}

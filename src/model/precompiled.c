#include "model/precompiled.h"

#include <string.h>
#include <sys/stat.h>

#include "base/map.h"
#include "base/path.h"
#include "core/codec.h"
#include "store/look.h"

enum { KEY_MAX = 80 };

static size_t key_of(const struct oid *id, char key[KEY_MAX])
{
	return (size_t)snprintf(key, KEY_MAX, "g%s", id->s);
}

char *precompiled_describe(const struct call *call, const struct strv *sources)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < sources->n; i++) {
		auto_free char *path = path_absolute(call->cwd, sources->v[i]);

		if (strchr(path, '\n')) {
			buf_release(&out);
			return NULL;
		}
		buf_addf(&out, "%s\n", path);
	}
	return buf_steal(&out);
}

int precompiled_note(struct store *st, const struct oid *id, const struct oid *thunk,
                     const char *header, struct err *err)
{
	auto_free char *text = xasprintf("%s\n%s", thunk->s, header);
	char key[KEY_MAX];
	size_t n = key_of(id, key);

	if (store_cache_put(st, CACHE_SCAN, key, n, text, strlen(text), err) < 0)
		return -1;
	return store_flush(st, err);
}

static bool id_of(const struct call *call, const char *path, struct oid *id)
{
	struct file_info info;
	struct err ignored;
	struct stat st;

	if (look_stat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
	    store_file_stat(call->store, path, &st, FILE_KEEP, &info, &ignored) < 0 ||
	    info.placeholder)
		return false;
	*id = info.id;
	return true;
}

/* The lines of the note: the thunk, and the sources. */
static bool read_note(const struct call *call, const char *path, struct strv *lines)
{
	auto_buf text = BUF_INIT;
	struct err ignored;
	struct oid id;
	char key[KEY_MAX];

	if (!id_of(call, path, &id))
		return false;
	size_t n = key_of(&id, key);
	if (store_cache_get(call->store, CACHE_SCAN, key, n, &text, &ignored) != 1)
		return false;
	for (const char *at = buf_str(&text); *at; at += strcspn(at, "\n") + 1)
		strv_addn(lines, at, strcspn(at, "\n"));
	return lines->n > 1;
}

bool precompiled_get(const struct call *call, const char *path, struct strv *out)
{
	auto_strv lines = STRV_INIT;
	struct stat st;

	if (!read_note(call, path, &lines))
		return false;
	for (size_t i = 1; i < lines.n; i++)
		if (look_stat(lines.v[i], &st) < 0 || !S_ISREG(st.st_mode))
			return false;
	strv_add_all(out, lines.v + 1);
	return true;
}

static bool read_thunk(const struct call *call, const char *name, struct thunk **out)
{
	auto_buf raw = BUF_INIT;
	struct err ignored;
	struct oid id;

	return oid_parse(name, strlen(name), &id, &ignored) == 0 &&
	       store_get(call->store, &id, &raw, &ignored) == 0 &&
	       thunk_decode(raw.data, raw.len, out, &ignored) == 0 && (*out)->workdir &&
	       (*out)->thunks.n == 0;
}

bool precompiled_is_current(const struct call *call, const char *path,
                            const struct depscan_result *r)
{
	auto_strv lines = STRV_INIT;
	auto_thunk t = NULL;
	auto_map found = MAP_INIT;
	bool same = read_note(call, path, &lines) && read_thunk(call, lines.v[0], &t);

	for (size_t i = 0; same && i < r->n; i++) {
		auto_free char *whole = path_absolute(call->cwd, r->files[i].path);

		map_add(&found, whole, NULL)->ptr = &r->files[i].id;
	}
	for (size_t i = 0; same && i < t->values.n; i++) {
		const struct thunk_ref *v = &t->values.v[i];
		auto_free char *name = path_absolute(t->workdir, v->name ? v->name : "");
		const struct map_entry *e = map_find(&found, name);
		struct oid now;

		if (e)
			now = *(const struct oid *)e->ptr;
		same = (e || id_of(call, name, &now)) && oid_eq(&now, &v->id);
	}
	return same;
}

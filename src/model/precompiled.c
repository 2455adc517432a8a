#include "model/precompiled.h"

#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
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

int precompiled_note(struct store *st, const struct oid *id, const char *header,
                     struct err *err)
{
	char key[KEY_MAX];
	size_t n = key_of(id, key);

	if (store_cache_put(st, CACHE_SCAN, key, n, header, strlen(header), err) < 0)
		return -1;
	return store_flush(st, err); /* the next command uses it */
}

bool precompiled_get(const struct call *call, const char *path, struct strv *out)
{
	auto_buf text = BUF_INIT;
	struct file_info info;
	struct err ignored;
	struct stat st;
	char key[KEY_MAX];

	if (look_stat(path, &st) < 0 ||
	    store_file_stat(call->store, path, &st, FILE_KEEP, &info, &ignored) < 0 ||
	    info.placeholder)
		return false;
	size_t n = key_of(&info.id, key);
	if (store_cache_get(call->store, CACHE_SCAN, key, n, &text, &ignored) != 1)
		return false;
	for (const char *at = buf_str(&text); *at; at += strcspn(at, "\n") + 1)
		strv_addn(out, at, strcspn(at, "\n"));
	return out->n > 0;
}

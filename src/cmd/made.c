#include "cmd/made.h"

#include <string.h>

bool made_is(struct store *st, const char *path)
{
	auto_buf made = BUF_INIT;
	struct file_info info;
	struct err ignored;

	if (store_file(st, path, FILE_HASH_ONLY, &info, &ignored) < 0)
		return false;
	return info.placeholder ||
	       (store_cache_get(st, CACHE_MADE, path, strlen(path), &made, &ignored) == 1 &&
	        strcmp(buf_str(&made), info.id.s) == 0);
}

void made_note(struct store *st, const char *path)
{
	struct file_info info;
	struct err ignored;

	if (store_file(st, path, FILE_HASH_ONLY, &info, &ignored) == 0 && !info.placeholder)
		store_cache_put(st, CACHE_MADE, path, strlen(path), info.id.s,
		                strlen(info.id.s), &ignored);
}

#include "cmd/sweep.h"

#include <errno.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>

#include "core/placeholder.h"

static void look_at(const char *path, void (*fn)(void *, const char *, const char *), void *arg)
{
	auto_placeholder h = { 0 };
	struct err ignored;

	if (placeholder_read(path, &h, &ignored) != 1)
		return;
	auto_free char *ref = h.tag ? xasprintf("%s#%s", h.thunk.s, h.tag) : xstrdup(h.thunk.s);
	fn(arg, path, ref);
}

int sweep(const char *dir, void (*fn)(void *arg, const char *path, const char *ref), void *arg,
          struct err *err)
{
	char *const roots[] = { (char *)dir, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);

	if (!tree)
		return err_sys(err, "look through %s", dir);
	for (FTSENT *e; (e = fts_read(tree));) {
		if (e->fts_info == FTS_D &&
		    (strcmp(e->fts_name, ".git") == 0 || strcmp(e->fts_name, ".gg") == 0))
			fts_set(tree, e, FTS_SKIP);
		if (e->fts_info == FTS_F && e->fts_statp->st_size >= PLACEHOLDER_MIN &&
		    e->fts_statp->st_size <= PLACEHOLDER_MAX)
			look_at(e->fts_path, fn, arg);
	}
	fts_close(tree);
	return 0;
}

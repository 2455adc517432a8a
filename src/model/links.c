#include "model/links.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "store/look.h"

enum { DEPTH_MAX = 40 }; /* as the kernel's own limit for a path */

static const char *follow(struct plan *p, const char *name, int depth, struct err *err);

/* As follow(), of a name in a folder that is reached without links; owned. */
static char *follow_last(struct plan *p, const char *dir, const char *name, int depth,
                         struct err *err)
{
	auto_free char *text = look_readlink(name);

	if (!text)
		return xstrdup(name);
	if (depth >= DEPTH_MAX) {
		err_set(err, ERR_IO, "%s: too many links", name);
		return NULL;
	}
	auto_free char *target = path_absolute(dir, text);
	if (plan_add_symlink(p, name, text, err) < 0)
		return NULL;
	const char *end = follow(p, target, depth + 1, err);
	return end ? xstrdup(end) : NULL;
}

/* @name without links, or NULL; borrowed from p->real. */
static const char *follow(struct plan *p, const char *name, int depth, struct err *err)
{
	bool added;

	if (strcmp(name, "/") == 0)
		return name;
	struct map_entry *e = map_find(&p->real, name);
	if (e)
		return e->ptr;
	auto_free char *dir = path_dir(name);
	const char *parent = follow(p, dir, depth, err);
	if (!parent)
		return NULL;
	auto_free char *direct = path_join(parent, path_base(name));
	char *real = NULL;
	if (strcmp(direct, name) == 0) {
		real = follow_last(p, parent, direct, depth, err);
	} else {
		const char *end = follow(p, direct, depth, err);
		real = end ? xstrdup(end) : NULL;
	}
	if (!real)
		return NULL;
	e = map_add(&p->real, name, &added);
	if (added)
		e->ptr = real;
	else
		free(real);
	return e->ptr;
}

char *links_follow(struct plan *p, const char *name, struct err *err)
{
	const char *real = follow(p, name, 0, err);

	return real ? xstrdup(real) : NULL;
}

char *links_follow_folder(struct plan *p, const char *name, struct err *err)
{
	auto_free char *dir = path_dir(name);
	const char *real = follow(p, dir, 0, err);

	return real ? path_join(real, path_base(name)) : NULL;
}

bool links_shorten(struct plan *p, const char *path)
{
	bool added;
	struct map_entry *e = map_add(&p->shorter, path, &added);

	if (added) {
		auto_free char *real = look_realpath(path);

		e->ptr = real && strlen(real) < strlen(path) ? p : NULL;
	}
	return e->ptr != NULL;
}

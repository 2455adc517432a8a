#include "store/trim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "store/store_priv.h"

struct old_blob {
	struct oid id;
	struct timespec used;
	uint64_t size_bytes; /* on disk */
};

struct census {
	struct old_blob *v;
	size_t n, cap;
	uint64_t size_bytes;
};

int store_use(struct store *st, const struct oid *id, bool executable, struct err *err)
{
	static const struct timespec now[2] = { { 0, UTIME_NOW }, { 0, UTIME_OMIT } };
	struct stat sb;
	char name[80];

	if (blob_state(st, id, &sb) != BLOB_THERE)
		return store_has(st, id)
		               ? 0
		               : err_set(err, ERR_NOTFOUND, "%s is not in the store", id->s);
	snprintf(name, sizeof(name), "blobs/%s", id->s);
	/* Fails on another user's blob; then its age is that user's business. */
	(void)!utimensat(st->dir_fd, name, now, 0);
	if (executable && !(sb.st_mode & 0111) && fchmodat(st->dir_fd, name, 0555, 0) < 0)
		return err_sys(err, "make %s executable", id->s);
	return 0;
}

static void census_add(struct census *c, const struct oid *id, const struct stat *sb)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 256;
		c->v = xrealloc(c->v, c->cap * sizeof(*c->v));
	}
	uint64_t size_bytes = (uint64_t)sb->st_blocks * 512;
	c->v[c->n++] = (struct old_blob){ *id, sb->st_atim, size_bytes };
	c->size_bytes += size_bytes;
}

static int census_take(struct store *st, struct census *c, struct err *err)
{
	int fd = openat(st->dir_fd, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct stat sb;
	struct oid id;

	if (!dir) {
		err_sys(err, "%s/blobs", st->dir);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	for (struct dirent *e; (e = readdir(dir));)
		if (oid_parse(e->d_name, strlen(e->d_name), &id, NULL) == 0 &&
		    fstatat(fd, e->d_name, &sb, AT_SYMLINK_NOFOLLOW) == 0)
			census_add(c, &id, &sb);
	closedir(dir);
	return 0;
}

static int by_age(const void *a, const void *b)
{
	const struct timespec *x = &((const struct old_blob *)a)->used;
	const struct timespec *y = &((const struct old_blob *)b)->used;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? -1 : 1;
	return x->tv_nsec < y->tv_nsec ? -1 : x->tv_nsec > y->tv_nsec;
}

static int blob_remove(struct store *st, const struct oid *id, struct err *err)
{
	char name[80];

	snprintf(name, sizeof(name), "blobs/%s", id->s);
	if (unlinkat(st->dir_fd, name, 0) < 0 && errno != ENOENT)
		return err_sys(err, "remove %s", id->s);
	return 0;
}

int store_trim(struct store *st, uint64_t keep_bytes,
               bool (*spared)(void *arg, const struct oid *id), void *arg,
               uint64_t *freed_bytes, uint64_t *left_bytes, struct err *err)
{
	struct census c = { 0 };
	uint64_t left;
	int rc = census_take(st, &c, err);

	left = c.size_bytes;
	if (rc == 0 && left > keep_bytes && c.n)
		qsort(c.v, c.n, sizeof(*c.v), by_age);
	for (size_t i = 0; rc == 0 && i < c.n && left > keep_bytes; i++) {
		if (spared && spared(arg, &c.v[i].id))
			continue;
		rc = blob_remove(st, &c.v[i].id, err);
		if (rc == 0)
			left -= c.v[i].size_bytes;
	}
	if (freed_bytes)
		*freed_bytes = c.size_bytes - left;
	if (left_bytes)
		*left_bytes = left;
	free(c.v);
	return rc;
}

int store_size(struct store *st, uint64_t *size_bytes, struct err *err)
{
	struct census c = { 0 };
	int rc = census_take(st, &c, err);

	*size_bytes = c.size_bytes;
	free(c.v);
	return rc;
}

/*
 * A folder that several machines share. One file an object, in the way of the local store:
 * temporary file beside it, then rename. The copying is done by libuv's threads, since such a
 * folder may be slow; what touches the store stays on the loop.
 */
#include "remote/backend_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "remote/incoming.h"
#include "remote/outgoing.h"

enum { WIDTH = 16, PAGE = 1000, PIECE = 256 << 10, STALE_S = 24 * 3600 };

struct dir {
	struct backend base;
	uv_loop_t *loop;
	struct store *store;
	char *path;
	unsigned width;
	struct work *works; /* under way */
	bool freed;         /* freed with works under way: the last of them frees it */
};

struct entry {
	char name[OID_TEXT_MAX + 4];
	uint64_t size_bytes;
	int64_t modified_s;
};

struct work {
	uv_work_t req;
	struct work *next, **link;
	struct dir *dir;
	void (*run)(struct work *w); /* in a thread */
	struct oid id;
	char *path;
	int fd;    /* of the blob that is sent */
	char *tmp; /* the store's folder: the store itself is the loop's */
	struct incoming in;
	bool executable;
	struct entry *entries;
	size_t n_entries;
	struct err err;
	backend_done_fn *done;
	backend_list_fn *list;
	void *arg;
};

static void dir_release(struct dir *d)
{
	free(d->path);
	free(d);
}

static void work_free(struct work *w)
{
	struct dir *d = w->dir;

	*w->link = w->next;
	if (w->next)
		w->next->link = w->link;
	if (w->fd >= 0)
		close(w->fd);
	incoming_drop(&w->in);
	free(w->entries);
	free(w->path);
	free(w->tmp);
	free(w);
	if (d->freed && !d->works)
		dir_release(d);
}

static void answer_list(struct work *w)
{
	size_t at = 0;

	if (w->err.kind != ERR_NONE) {
		w->list(w->arg, NULL, 0, false, &w->err);
		return;
	}
	do {
		struct backend_entry page[PAGE];
		size_t n = w->n_entries - at < PAGE ? w->n_entries - at : PAGE;

		for (size_t i = 0; i < n; i++)
			page[i] = (struct backend_entry){ w->entries[at + i].name,
				                          w->entries[at + i].size_bytes,
				                          w->entries[at + i].modified_s };
		at += n;
		w->list(w->arg, page, n, at < w->n_entries, NULL);
	} while (at < w->n_entries);
}

static void on_worked(uv_work_t *req, int status)
{
	struct work *w = req->data;

	/* freed: the store may be closed by now */
	if (status == UV_ECANCELED || w->dir->freed) {
		err_set(&w->err, ERR_RETRY, "cancelled");
		w->err.sys = ECANCELED;
	}
	if (w->err.kind == ERR_NONE && w->in.fd >= 0)
		incoming_finish(&w->in, w->executable, &w->err);
	if (w->list)
		answer_list(w);
	else
		w->done(w->arg, w->err.kind == ERR_NONE ? NULL : &w->err);
	work_free(w);
}

static void on_work(uv_work_t *req)
{
	struct work *w = req->data;

	w->run(w);
}

static struct work *work_new(struct backend *b, void (*run)(struct work *w),
                             const struct oid *id, void *arg)
{
	struct dir *d = (struct dir *)b;
	struct work *w = xcalloc(1, sizeof(*w));

	w->dir = d;
	w->run = run;
	w->fd = w->in.fd = -1;
	w->arg = arg;
	w->req.data = w;
	if (id) {
		char name[BACKEND_NAME_MAX];

		w->id = *id;
		backend_name(b, id, name);
		w->path = path_join(d->path, name);
	}
	w->next = d->works;
	w->link = &d->works;
	if (w->next)
		w->next->link = &w->next;
	d->works = w;
	return w;
}

static int work_start(struct work *w)
{
	uv_queue_work(w->dir->loop, &w->req, on_work, on_worked);
	return 0;
}

/* In the threads. */

/* The folder is not made for anybody: a share that is not mounted must not be filled. */
static void explain_folder(struct work *w)
{
	if (w->err.sys == ENOENT && access(w->dir->path, F_OK) < 0)
		err_set(&w->err, ERR_DENIED, "there is no folder %s: make it, or mount it",
		        w->dir->path);
}

/* Is it there, and what it should be? Another machine may have written to it. */
static bool is_there(const struct work *w)
{
	auto_fd fd = open(w->path, O_RDONLY | O_CLOEXEC);
	struct stat sb;
	struct oid real;

	return fd >= 0 && fstat(fd, &sb) == 0 && (uint64_t)sb.st_size == oid_size(&w->id) &&
	       digest_fd(fd, &real, NULL) == 0 && oid_eq(&real, &w->id);
}

static void run_put(struct work *w)
{
	struct outgoing o = { .fd = w->fd, .as = w->id };
	bool packs = backend_packs(&w->dir->base, &w->id);

	/* a frame can't be told by its name: it is written again */
	if (!packs && is_there(w)) {
		/* its age counts for gg gc --remote */
		utimensat(AT_FDCWD, w->path, NULL, 0);
		return;
	}
	auto_free char *tmp = xasprintf("%s/.gg-put.XXXXXX", w->dir->path);
	auto_fd fd = mkostemp(tmp, O_CLOEXEC);
	struct oid real;
	if (fd < 0) {
		err_sys(&w->err, "put %s: a file in %s", w->id.s, w->dir->path);
		explain_folder(w);
		return;
	}
	int rc = packs ? outgoing_pack(w->fd, w->tmp, &w->id, &o, &w->err) : 0;
	if (rc == 0)
		rc = digest_copy(o.fd, fd, &real, &w->err);
	if (packs && o.fd != w->fd)
		close(o.fd);
	if (rc == 0 && !oid_eq(&real, &o.as))
		rc = err_set(&w->err, ERR_CORRUPT, "%s is damaged in the local store", w->id.s);
	if (rc == 0 && fchmod(fd, 0444) < 0)
		rc = err_sys(&w->err, "%s", tmp);
	/* a full share may tell only now */
	if (rc == 0 && close(steal_fd(&fd)) < 0)
		rc = err_sys(&w->err, "%s", tmp);
	if (rc == 0 && rename(tmp, w->path) < 0)
		rc = err_sys(&w->err, "%s", w->path);
	if (rc < 0)
		unlink(tmp);
}

static void run_get(struct work *w)
{
	auto_fd fd = open(w->path, O_RDONLY | O_CLOEXEC);
	auto_free char *piece = xmalloc(PIECE);
	ssize_t n;

	if (fd < 0) {
		err_sys(&w->err, "get %s", w->path);
		explain_folder(w);
		return;
	}
	while ((n = read(fd, piece, PIECE)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_sys(&w->err, "get %s", w->path);
			return;
		}
		if (incoming_add(&w->in, piece, (size_t)n, &w->err) < 0)
			return;
	}
}

static void run_has(struct work *w)
{
	struct stat sb;

	if (stat(w->path, &sb) < 0) {
		err_sys(&w->err, "%s", w->path);
		explain_folder(w);
	} else if (!S_ISREG(sb.st_mode) ||
	           !backend_length_fits(&w->dir->base, &w->id, (uint64_t)sb.st_size)) {
		err_set(&w->err, ERR_NOTFOUND, "%s has the wrong size", w->path);
	}
}

static void run_remove(struct work *w)
{
	if (unlink(w->path) < 0 && errno != ENOENT)
		err_sys(&w->err, "remove %s", w->path);
}

/* What a put that died left behind. */
static void sweep(const struct dir *d, const char *name)
{
	auto_free char *path = path_join(d->path, name);
	struct stat sb;

	if (lstat(path, &sb) == 0 && sb.st_mtim.tv_sec < time(NULL) - STALE_S)
		unlink(path);
}

static void run_list(struct work *w)
{
	DIR *dir = opendir(w->dir->path);
	size_t room = 0;

	if (!dir) {
		err_sys(&w->err, "list %s", w->dir->path);
		explain_folder(w);
		return;
	}
	for (struct dirent *e; (e = readdir(dir));) {
		struct stat sb;
		struct oid id;

		if (strncmp(e->d_name, ".gg-put.", 8) == 0)
			sweep(w->dir, e->d_name);
		if (!backend_object(&w->dir->base, e->d_name, &id) ||
		    fstatat(dirfd(dir), e->d_name, &sb, 0) < 0)
			continue;
		if (w->n_entries == room) {
			room = room ? room * 2 : 256;
			w->entries = xrealloc(w->entries, room * sizeof(*w->entries));
		}
		struct entry *to = &w->entries[w->n_entries++];
		snprintf(to->name, sizeof(to->name), "%s", id.s);
		to->size_bytes = (uint64_t)sb.st_size;
		to->modified_s = sb.st_mtim.tv_sec;
	}
	closedir(dir);
}

/* On the loop. */

static int dir_put(struct backend *b, const struct oid *id, backend_done_fn *done, void *arg,
                   struct err *err)
{
	struct dir *d = (struct dir *)b;
	auto_fd fd = -1;

	if (store_open_blob(d->store, id, &fd, err) < 0)
		return -1;
	struct work *w = work_new(b, run_put, id, arg);
	w->fd = steal_fd(&fd);
	w->tmp = xstrdup(store_tmp(d->store));
	w->done = done;
	return work_start(w);
}

static int dir_get(struct backend *b, const struct oid *id, bool executable,
                   backend_done_fn *done, void *arg, struct err *err)
{
	struct dir *d = (struct dir *)b;
	struct incoming in = INCOMING_INIT;

	if (incoming_open(&in, d->store, id, backend_packs(b, id), err) < 0)
		return -1;
	struct work *w = work_new(b, run_get, id, arg);
	w->in = in;
	w->executable = executable;
	w->done = done;
	return work_start(w);
}

static int dir_simple(struct backend *b, void (*run)(struct work *w), const struct oid *id,
                      backend_done_fn *done, void *arg)
{
	struct work *w = work_new(b, run, id, arg);

	w->done = done;
	return work_start(w);
}

static int dir_has(struct backend *b, const struct oid *id, backend_done_fn *done, void *arg,
                   struct err *err)
{
	(void)err;
	return dir_simple(b, run_has, id, done, arg);
}

static int dir_remove(struct backend *b, const struct oid *id, backend_done_fn *done, void *arg,
                      struct err *err)
{
	(void)err;
	return dir_simple(b, run_remove, id, done, arg);
}

static int dir_list(struct backend *b, backend_list_fn *fn, void *arg, struct err *err)
{
	struct work *w = work_new(b, run_list, NULL, arg);

	(void)err;
	w->list = fn;
	return work_start(w);
}

static unsigned dir_width(struct backend *b)
{
	return ((struct dir *)b)->width;
}

static void dir_cancel_all(struct backend *b)
{
	/* those that a thread has begun go on to their end */
	for (struct work *w = ((struct dir *)b)->works; w; w = w->next)
		uv_cancel((uv_req_t *)&w->req);
}

static void dir_free(struct backend *b)
{
	struct dir *d = (struct dir *)b;

	dir_cancel_all(b);
	d->freed = true;
	if (!d->works)
		dir_release(d);
}

static const struct backend_ops dir_ops = {
	.name = "file",
	.put = dir_put,
	.get = dir_get,
	.has = dir_has,
	.remove = dir_remove,
	.list = dir_list,
	.width = dir_width,
	.cancel_all = dir_cancel_all,
	.free = dir_free,
};

int dir_open(const struct uri *u, const struct backend_options *o, struct backend **out,
             struct err *err)
{
	unsigned width;

	if (*u->host && strcmp(u->host, "localhost") != 0)
		return err_set(err, ERR_USAGE,
		               "storage: file:// takes an absolute path, as in file:///%s%s",
		               u->host, u->path);
	auto_free char *prefix = backend_prefix(u->path);
	if (!*prefix)
		return err_set(err, ERR_USAGE, "storage: file:// needs a folder");
	if (backend_number(u, "width", WIDTH, 1, 1024, &width, err) < 0)
		return -1;
	struct dir *d = xcalloc(1, sizeof(*d));

	d->base.ops = &dir_ops;
	d->loop = o->loop;
	d->store = o->store;
	d->path = xasprintf("/%s", prefix);
	d->width = width;
	*out = &d->base;
	return 0;
}

/*
 * .gg/use.lock   held shared by whoever uses the store (store_hold), exclusively by a gc that
 *                found nobody. Its mtime is set by a user who finds no other: so it is not
 * later than the start of any command that runs.
 *
 * Removal of one object, beside others who may look at it:
 *
 *     gc:     rename blobs/X → tmp/…, stat it: older still? unlink : rename back
 *     a look: stat blobs/X, renew its atime; that fails when it was moved meanwhile: not there
 *
 * An atime that was renewed before the rename is seen by the stat after it.
 */
#include "store/gc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/map.h"
#include "store/journal.h"
#include "store/needs.h"
#include "store/pack.h"
#include "store/produced.h"
#include "store/store_priv.h"

enum { PROGRESS_EVERY = 1000 };

static const int64_t slack_ns = 60000000000; /* clocks, coarse and fine */
static const int64_t refresh_ns = 86400000000000;

int store_hold(struct store *st)
{
	static const struct timespec now[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };
	int fd = openat(st->dir_fd, "use.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)!futimens(fd, now);
	if (flock(fd, LOCK_SH) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

struct blob {
	struct oid id;
	int64_t used_ns;
	uint64_t bytes; /* on the disk */
	bool needed;    /* by a placeholder */
};

struct collection {
	struct store *store;
	const struct gc_options *options;
	struct gc_result *result;
	struct blob *v;
	size_t n, cap;
	struct map index;     /* name → 1 + place in v */
	int64_t protected_ns; /* what was used later stays; INT64_MAX: nothing is protected */
	int64_t cutoff_ns;    /* what was used before goes */
};

static void tell(const struct collection *c, const char *doing, uint64_t done, uint64_t all)
{
	if (c->options->progress && (done % PROGRESS_EVERY == 0 || done == all))
		c->options->progress(c->options->arg, doing, done, all);
}

/* -- what is there -- */

static int by_use(const void *a, const void *b)
{
	const struct blob *x = a;
	const struct blob *y = b;

	if (x->used_ns != y->used_ns)
		return x->used_ns < y->used_ns ? -1 : 1;
	return strcmp(x->id.s, y->id.s);
}

static void add_blob(struct collection *c, int dir_fd, const char *name)
{
	struct stat sb;
	struct oid id;

	if (oid_parse(name, strlen(name), &id, NULL) < 0 ||
	    fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(sb.st_mode))
		return;
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 1024;
		c->v = xrealloc(c->v, c->cap * sizeof(*c->v));
	}
	c->v[c->n++] = (struct blob){ .id = id,
		                      .used_ns = clock_ns_of(sb.st_atim),
		                      .bytes = (uint64_t)sb.st_blocks * 512 };
	c->result->bytes += (uint64_t)sb.st_blocks * 512;
	tell(c, "looking", c->n, 0);
}

static int list_blobs(struct collection *c, struct err *err)
{
	int fd = openat(c->store->dir_fd, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		int rc = errno == ENOENT ? 0 : err_sys(err, "%s/blobs", c->store->dir);

		if (fd >= 0)
			close(fd);
		return rc;
	}
	for (struct dirent *e; (e = readdir(dir));)
		if (e->d_name[0] != '.')
			add_blob(c, fd, e->d_name);
	closedir(dir);
	if (c->n)
		qsort(c->v, c->n, sizeof(*c->v), by_use);
	for (size_t i = 0; i < c->n; i++)
		map_add(&c->index, c->v[i].id.s, NULL)->num = i + 1;
	c->result->blobs = c->n;
	return 0;
}

/* -- what placeholders need -- */

static bool mark(void *arg, const struct oid *id)
{
	struct collection *c = arg;
	const struct map_entry *e = map_find(&c->index, id->s);

	if (!e || c->v[e->num - 1].needed)
		return false;
	c->v[e->num - 1].needed = true;
	return true;
}

/* -- removal -- */

/* 1 removed, 0 somebody has looked at it since, -1. */
static int remove_blob(struct collection *c, const struct blob *b, unsigned seq,
                       struct err *err)
{
	char from[80];
	char to[80];
	struct stat sb;

	snprintf(from, sizeof(from), "blobs/%s", b->id.s);
	snprintf(to, sizeof(to), "tmp/%d.gc%u", (int)getpid(), seq);
	if (renameat(c->store->dir_fd, from, c->store->dir_fd, to) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "remove %s", b->id.s);
	bool used = fstatat(c->store->dir_fd, to, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	            clock_ns_of(sb.st_atim) != b->used_ns;
	if (used &&
	    renameat2(c->store->dir_fd, to, c->store->dir_fd, from, RENAME_NOREPLACE) == 0)
		return 0;
	if (unlinkat(c->store->dir_fd, to, 0) < 0)
		return err_sys(err, "remove %s", b->id.s);
	return 1;
}

/* Is it to go, with @left bytes on the disk? Counts what is kept for a reason. */
static bool must_go(struct collection *c, const struct blob *b, uint64_t left)
{
	if (b->used_ns >= c->cutoff_ns && left <= c->options->max_bytes)
		return false;
	if (b->needed) {
		c->result->kept_for_placeholders++;
		return false;
	}
	if (b->used_ns >= c->protected_ns) {
		c->result->kept_for_runs++;
		return false;
	}
	return true;
}

static int remove_blobs(struct collection *c, struct err *err)
{
	uint64_t left = c->result->bytes;

	for (size_t i = 0; i < c->n; i++) {
		const struct blob *b = &c->v[i];
		int gone = 1;

		tell(c, "removing", i + 1, c->n);
		if (!must_go(c, b, left))
			continue;
		if (!c->options->dry_run)
			gone = remove_blob(c, b, (unsigned)i, err);
		if (gone < 0)
			return -1;
		if (gone == 0)
			continue;
		map_find(&c->index, b->id.s)->num = 0;
		left -= b->bytes;
		c->result->removed++;
		c->result->removed_bytes += b->bytes;
	}
	return 0;
}

/* -- results -- */

struct memo_check {
	struct collection *collection;
	struct strv gone; /* names of thunks */
};

/* Will it be there? What is not among the blobs is a reference to a file of the system. */
static bool stays(const struct collection *c, const struct oid *id)
{
	const struct map_entry *e = *id->s ? map_find(&c->index, id->s) : NULL;

	return !e || e->num > 0;
}

static void check_memo(void *arg, const struct oid *thunk, const struct memo *m)
{
	struct memo_check *k = arg;
	struct collection *c = k->collection;
	bool whole = stays(c, &m->out_text) && stays(c, &m->err_text);

	for (size_t i = 0; whole && i < m->n_outputs; i++)
		whole = stays(c, &m->outputs[i].id);
	c->result->memos++;
	if (!whole)
		strv_add(&k->gone, thunk->s);
}

/* Those whose objects were gone before, too. */
static bool is_dangling(struct collection *c, const struct oid *thunk)
{
	struct memo m = { 0 };
	struct err err = ERR_INIT;
	int found = store_memo_get(c->store, thunk, &m, &err);

	if (found == 1)
		memo_release(&m);
	return found == 0;
}

static void forget(struct collection *c, const char *thunk)
{
	struct oid id;

	c->result->removed_memos++;
	if (c->options->dry_run || oid_parse(thunk, strlen(thunk), &id, NULL) < 0)
		return;
	/* Made anew in this instant? Then it stays. */
	if (is_dangling(c, &id))
		store_memo_forget(c->store, &id, NULL);
}

static int forget_memos(struct collection *c, struct err *err)
{
	struct memo_check k = { .collection = c };
	int rc = store_memo_each(c->store, check_memo, &k, err);

	for (size_t i = 0; rc == 0 && i < k.gone.n; i++) {
		tell(c, "forgetting", i + 1, k.gone.n);
		forget(c, k.gone.v[i]);
	}
	strv_release(&k.gone);
	return rc;
}

/* -- plans -- */

struct plan_check {
	struct collection *collection;
	struct strv gone; /* names of cached plans */
};

static void check_plan(void *arg, const char *name, const struct buf *value)
{
	struct plan_check *k = arg;
	struct unpack u = { (const unsigned char *)value->data, value->len, false };
	const struct map_entry *e = NULL;
	struct oid thunk;

	unpack_oid(&u, false, &thunk);
	if (!u.bad)
		e = map_find(&k->collection->index, thunk.s);
	if (!e || e->num == 0)
		strv_add(&k->gone, name);
}

/* What is planned in this instant may go, too: it is planned again then. */
static int forget_plans(struct collection *c, struct err *err)
{
	static const enum cache_kind kinds[] = { CACHE_RECALL, CACHE_EQUIVALENT };
	struct plan_check k = { .collection = c };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < countof(kinds); i++)
		rc = store_cache_each(c->store, kinds[i], check_plan, &k, err);
	c->result->removed_plans = k.gone.n;
	for (size_t i = 0; rc == 0 && !c->options->dry_run && i < k.gone.n; i++)
		rc = store_cache_forget(c->store, k.gone.v[i], err);
	strv_release(&k.gone);
	return rc;
}

/* -- what else lies around -- */

static void remove_other(struct collection *c, const char *path, const struct stat *sb)
{
	if (clock_ns_of(sb->st_ctim) >= c->cutoff_ns)
		return;
	c->result->removed_other++;
	c->result->other_bytes += (uint64_t)sb->st_blocks * 512;
	if (!c->options->dry_run)
		file_remove_tree(path, NULL);
}

/* Entries of .gg/@folder whose names begin with @prefix. */
static void remove_others(struct collection *c, const char *folder, const char *prefix)
{
	auto_free char *path = xasprintf("%s/%s", c->store->dir, folder);
	DIR *dir = opendir(path);
	struct stat sb;

	if (!dir)
		return;
	for (struct dirent *e; (e = readdir(dir));) {
		auto_free char *full = xasprintf("%s/%s", path, e->d_name);

		if (e->d_name[0] != '.' && strncmp(e->d_name, prefix, strlen(prefix)) == 0 &&
		    lstat(full, &sb) == 0)
			remove_other(c, full, &sb);
	}
	closedir(dir);
}

struct path_check {
	struct collection *collection;
	struct strv gone;
};

static void check_path(void *arg, const char *path, const struct produced *p)
{
	struct path_check *k = arg;

	(void)p;
	if (access(path, F_OK) < 0 && errno == ENOENT)
		strv_add(&k->gone, path);
}

/* Only for what nobody can have made lately: a file may be about to come. */
static int forget_paths(struct collection *c, struct err *err)
{
	struct path_check k = { .collection = c };
	int rc = store_produced_each(c->store, check_path, &k, err);

	c->result->forgotten_paths = k.gone.n;
	for (size_t i = 0; rc == 0 && !c->options->dry_run && i < k.gone.n; i++)
		rc = store_produced_forget(c->store, k.gone.v[i], err);
	strv_release(&k.gone);
	return rc;
}

/* -- all together -- */

static int collect(struct collection *c, struct err *err)
{
	if (list_blobs(c, err) < 0 || store_needs_pending(c->store, mark, c, err) < 0 ||
	    remove_blobs(c, err) < 0 || forget_memos(c, err) < 0 || forget_plans(c, err) < 0)
		return -1;
	remove_others(c, "corrupt", "");
	remove_others(c, ".", "index.damaged-");
	if (c->result->others_run)
		return 0;
	if (forget_paths(c, err) < 0)
		return -1;
	if (c->options->dry_run)
		return 0;
	/* Nobody else appends to it now. */
	c->result->log_rewritten = store_memo_rewrite_log(c->store, err) == 0;
	return c->result->log_rewritten ? 0 : -1;
}

int store_gc(struct store *st, const struct gc_options *o, struct gc_result *out,
             struct err *err)
{
	auto_fd lock = openat(st->dir_fd, "use.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	int64_t now_ns = clock_wall_ns();
	struct stat sb;

	*out = (struct gc_result){ 0 };
	if (lock < 0)
		return err_sys(err, "%s/use.lock", st->dir);
	struct collection c = {
		.store = st,
		.options = o,
		.result = out,
		.protected_ns = INT64_MAX,
		.cutoff_ns = o->older_ns < now_ns ? now_ns - o->older_ns : 0,
	};
	out->others_run = flock(lock, LOCK_EX | LOCK_NB) < 0;
	if (out->others_run && fstat(lock, &sb) == 0)
		c.protected_ns = clock_ns_of(sb.st_mtim) - refresh_ns - slack_ns;
	int rc = collect(&c, err);
	free(c.v);
	map_release(&c.index);
	return rc;
}

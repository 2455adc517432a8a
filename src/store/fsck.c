#include "store/fsck.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "store/journal.h"
#include "store/store_priv.h"

struct check {
	struct store *store;
	const struct fsck_options *options;
	struct fsck_result *result;
	struct strv names; /* of files among the objects */
	struct strv dangling;
};

static void found(const struct check *c, const char *name, const char *what)
{
	if (c->options->found)
		c->options->found(c->options->arg, name, what);
}

static void tell(const struct check *c, const char *doing, uint64_t done, uint64_t all)
{
	if (c->options->progress)
		c->options->progress(c->options->arg, doing, done, all);
}

/* The index first: what can't be trusted is made anew before it is asked. */
static int check_index(struct check *c, struct err *err)
{
	tell(c, "index", 0, 1);
	int whole = index_check(c->store->index, err);

	if (whole < 0)
		return -1;
	if (!whole) {
		c->result->index_damaged = true;
		found(c, "index", "damaged; set aside and made anew from memo.log");
	}
	return 0;
}

static int list_names(struct check *c, struct err *err)
{
	int fd = openat(c->store->dir_fd, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		err_sys(err, "%s/blobs", c->store->dir);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	for (struct dirent *e; (e = readdir(dir));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			strv_add(&c->names, e->d_name);
	closedir(dir);
	return 0;
}

static void set_stranger_aside(struct check *c, const char *name)
{
	auto_free char *from = xasprintf("blobs/%s", name);
	auto_free char *to = xasprintf("corrupt/%s", name);

	c->result->strangers++;
	found(c, name, c->options->repair ? "no object; set aside" : "no object");
	mkdirat(c->store->dir_fd, "corrupt", 0777);
	if (c->options->repair)
		renameat(c->store->dir_fd, from, c->store->dir_fd, to);
}

static int check_blob(struct check *c, const char *name, struct err *err)
{
	struct err why = ERR_INIT;
	struct oid id;

	if (oid_parse(name, strlen(name), &id, NULL) < 0) {
		set_stranger_aside(c, name);
		return 0;
	}
	c->result->blobs++;
	c->result->bytes += oid_size(&id);
	if (store_verify(c->store, &id, &why) == 0)
		return 0;
	if (why.kind == ERR_NOTFOUND)
		return 0; /* collected meanwhile */
	if (why.kind != ERR_CORRUPT) {
		*err = why;
		return -1;
	}
	c->result->corrupt++;
	found(c, name, why.msg);
	return 0;
}

static int check_blobs(struct check *c, struct err *err)
{
	if (list_names(c, err) < 0)
		return -1;
	for (size_t i = 0; i < c->names.n; i++) {
		tell(c, "objects", i, c->names.n);
		if (check_blob(c, c->names.v[i], err) < 0)
			return -1;
	}
	tell(c, "objects", c->names.n, c->names.n);
	return 0;
}

static void add_memo(void *arg, const struct oid *thunk, const struct memo *m)
{
	struct check *c = arg;

	(void)m;
	c->result->memos++;
	strv_add(&c->dangling, thunk->s);
}

static int check_memo(struct check *c, const char *name, struct err *err)
{
	struct memo m = { 0 };
	struct oid id;

	if (oid_parse(name, strlen(name), &id, err) < 0)
		return -1;
	int whole = store_memo_get(c->store, &id, &m, err);
	if (whole < 0)
		return -1;
	if (whole) {
		memo_release(&m);
		return 0;
	}
	c->result->dangling++;
	return c->options->repair ? store_memo_forget(c->store, &id, err) : 0;
}

static int check_memos(struct check *c, struct err *err)
{
	if (store_memo_each(c->store, add_memo, c, err) < 0)
		return -1;
	for (size_t i = 0; i < c->dangling.n; i++) {
		tell(c, "results", i + 1, c->dangling.n);
		if (check_memo(c, c->dangling.v[i], err) < 0)
			return -1;
	}
	return 0;
}

static int count_record(void *arg, const char *key, const void *data, size_t len)
{
	uint64_t *bytes = arg;

	(void)data;
	bytes[0]++;
	bytes[1] += journal_record_bytes(strlen(key), len);
	return 0;
}

static int check_log(struct check *c, struct err *err)
{
	uint64_t seen[2] = { 0, 0 };
	struct stat sb = { 0 };

	if (fstatat(c->store->dir_fd, "memo.log", &sb, 0) < 0 && errno != ENOENT)
		return err_sys(err, "memo.log");
	int rc = journal_replay(c->store->dir, count_record, seen);
	if (rc) {
		errno = rc;
		return err_sys(err, "memo.log");
	}
	c->result->log_records = seen[0];
	/* Others may append meanwhile: never less than nothing. */
	if ((uint64_t)sb.st_size > seen[1])
		c->result->log_bad_bytes = (uint64_t)sb.st_size - seen[1];
	if (c->result->log_bad_bytes)
		found(c, "memo.log", "has bytes that belong to no record");
	return 0;
}

/* The log anew, where nobody else can be appending to it. */
static int repair_log(struct check *c, struct err *err)
{
	auto_fd lock = openat(c->store->dir_fd, "use.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	if (lock < 0)
		return err_sys(err, "%s/use.lock", c->store->dir);
	if (flock(lock, LOCK_EX | LOCK_NB) < 0)
		return err_set(err, ERR_RETRY,
		               "memo.log can't be written anew while another gg is running; "
		               "try again when it has ended");
	return store_memo_rewrite_log(c->store, err);
}

static int check_all(struct check *c, struct err *err)
{
	if (check_index(c, err) < 0 || check_blobs(c, err) < 0 || check_memos(c, err) < 0 ||
	    check_log(c, err) < 0)
		return -1;
	if (!c->options->repair)
		return 0;
	if ((c->result->log_bad_bytes || c->result->dangling) && repair_log(c, err) < 0)
		return -1;
	c->result->repaired = true;
	return 0;
}

int store_fsck(struct store *st, const struct fsck_options *o, struct fsck_result *out,
               struct err *err)
{
	struct check c = { .store = st, .options = o, .result = out };

	*out = (struct fsck_result){ 0 };
	int rc = check_all(&c, err);
	strv_release(&c.names);
	strv_release(&c.dangling);
	return rc;
}

bool fsck_is_clean(const struct fsck_result *r)
{
	return !r->corrupt && !r->strangers && !r->log_bad_bytes && !r->index_damaged;
}

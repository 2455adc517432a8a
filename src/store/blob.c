/*
 * A blob is made as tmp/<pid>.put<n>, gets its mode and its fixed mtime, and is
 * renamed to blobs/<name>. Its age, which collecting garbage goes by, is the atime.
 *
 * The nanoseconds of the atime are a seal: a number of this run of the machine, so that it was
 * hashed since the last crash. Who writes into a blob changes its mtime. A look at it may renew
 * the atime, and break the seal: then it is hashed once more.
 */
#include "store/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/file.h"
#include "base/path.h"
#include "core/digest.h"
#include "core/placeholder.h"
#include "store/pack.h"

enum {
	BLOB_MTIME_S = 1000000000, /* 2001-09-09 01:46:40 UTC */
	BLOB_FRESH_S = 86400,      /* an age is refreshed when it is older */
	BLOB_SMALL = 256 << 10,    /* read whole, hashed, and written only when new */
	/* Later than any change that follows at once, or the first reader's atime takes its
	   place
	   ("relatime" in mount(8)). */
	SEAL_AHEAD_S = 2,
};

static void blob_name(const struct oid *id, char name[80])
{
	static const char folder[] = "blobs/";

	memcpy(name, folder, sizeof(folder) - 1);
	memcpy(name + sizeof(folder) - 1, id->s, sizeof(id->s));
}

/* Of this run of the machine, in microseconds, which every file system keeps that keeps any
 * part of a second; 0: unknown, and nothing is sealed. */
static long seal_of(const struct store *st)
{
	const char *boot = index_boot(st->index, NULL);
	size_t n = boot ? strlen(boot) : 0;

	return n ? (long)(pack_sum("seal", 4, boot, n) % 999999 + 1) * 1000 : 0;
}

static struct timespec sealed_now(const struct store *st)
{
	long seal = seal_of(st);

	return seal ? (struct timespec){ time(NULL) + SEAL_AHEAD_S, seal }
	            : (struct timespec){ 0, UTIME_NOW };
}

/* Nobody else's, for anybody can set times. */
static bool is_sealed(const struct store *st, const struct stat *sb)
{
	long seal = seal_of(st);

	return seal && S_ISREG(sb->st_mode) && sb->st_atim.tv_nsec == seal &&
	       sb->st_mtim.tv_sec == BLOB_MTIME_S && sb->st_mtim.tv_nsec == 0 &&
	       sb->st_uid == st->uid;
}

/* It was just hashed. What is written meanwhile has another mtime. */
static void blob_seal(const struct store *st, const struct oid *id)
{
	const struct timespec times[2] = { sealed_now(st), { 0, UTIME_OMIT } };
	char name[80];

	blob_name(id, name);
	(void)!utimensat(st->dir_fd, name, times, AT_SYMLINK_NOFOLLOW); /* another user's */
}

/* Renews the age of what is looked at, so that it is not collected (store/gc). False: it has
 * just been taken away. Fails on another user's blob; then its age is that user's business. */
static bool blob_still_there(const struct store *st, const char *name, const struct stat *sb)
{
	if (sb->st_atime >= time(NULL) - BLOB_FRESH_S)
		return true;
	const struct timespec now[2] = {
		is_sealed(st, sb) ? sealed_now(st) : (struct timespec){ 0, UTIME_NOW },
		{ 0, UTIME_OMIT },
	};
	return utimensat(st->dir_fd, name, now, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

enum blob_state blob_state(const struct store *st, const struct oid *id, struct stat *sb)
{
	char name[80];

	blob_name(id, name);
	if (fstatat(st->dir_fd, name, sb, AT_SYMLINK_NOFOLLOW) < 0)
		return BLOB_ABSENT;
	if (!S_ISREG(sb->st_mode) || (uint64_t)sb->st_size != oid_size(id))
		return BLOB_WRONG_SIZE;
	return blob_still_there(st, name, sb) ? BLOB_THERE : BLOB_ABSENT;
}

/* A blob is put that is there already (and whose age was renewed): let it be executed if need
 * be. */
static int blob_renew(struct store *st, const struct oid *id, const struct stat *sb,
                      bool executable, struct err *err)
{
	char name[80];

	blob_name(id, name);
	if (executable && !(sb->st_mode & 0111) && fchmodat(st->dir_fd, name, 0555, 0) < 0)
		return err_sys(err, "make %s executable", id->s);
	return 0;
}

/* 1 when the blob is there (and renewed), 0 when it must be written, -1. */
static int blob_present(struct store *st, const struct oid *id, bool executable,
                        struct err *err)
{
	struct stat sb;

	if (blob_state(st, id, &sb) != BLOB_THERE)
		return 0;
	return blob_renew(st, id, &sb, executable, err) < 0 ? -1 : 1;
}

/* Rename @from (absolute, or relative to dir_fd) to the blob's name. A good blob that another
 * process put there meanwhile stays, so that its mode is not lost. */
static int blob_rename(struct store *st, const char *from, const struct oid *id,
                       bool executable, struct err *err)
{
	char name[80];
	bool made = false;

	blob_name(id, name);
	for (;;) {
		if (renameat2(st->dir_fd, from, st->dir_fd, name, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno == ENOENT && !made) {
			made = true;
			if (dirs_make(st->dir_fd, err) < 0)
				return -1;
			continue;
		}
		int there = errno == EEXIST ? blob_present(st, id, executable, err) : 0;

		if (there < 0)
			return -1;
		if (there)
			return unlinkat(st->dir_fd, from, 0) == 0 ? 0
			                                          : err_sys(err, "%s", from);
		/* EEXIST: of the wrong size. EINVAL: this file system has no such flag. */
		if ((errno == EEXIST || errno == EINVAL) &&
		    renameat(st->dir_fd, from, st->dir_fd, name) == 0)
			return 0;
		return err_sys(err, "put %s", id->s);
	}
}

static int blob_finish(const struct store *st, int fd, bool executable, struct err *err)
{
	const struct timespec times[2] = { sealed_now(st), { BLOB_MTIME_S, 0 } };

	if (fchmod(fd, executable ? 0555 : 0444) < 0 || futimens(fd, times) < 0)
		return err_sys(err, "finish blob");
	return 0;
}

/* A complete temporary file becomes blob @id, or goes. Closes @fd. */
static int blob_publish(struct store *st, int fd, const char *tmp, const struct oid *id,
                        bool executable, struct err *err)
{
	int rc = blob_finish(st, fd, executable, err);

	/* Network file systems tell of a full disk only here. */
	if (close(fd) < 0 && rc == 0)
		rc = err_sys(err, "put %s", id->s);
	if (rc == 0)
		rc = blob_rename(st, tmp, id, executable, err);
	if (rc < 0)
		unlinkat(st->dir_fd, tmp, 0);
	return rc;
}

static int blob_write(struct store *st, const void *data, size_t len, const struct oid *id,
                      bool executable, struct err *err)
{
	char tmp[64];
	int there = blob_present(st, id, executable, err);

	if (there)
		return there < 0 ? -1 : 0;
	int fd = dirs_tmp_open(st, tmp, err);
	if (fd < 0)
		return -1;
	if (file_write_fd(fd, data, len, err) < 0) {
		close(fd);
		unlinkat(st->dir_fd, tmp, 0);
		return err_wrap(err, "put %s", id->s);
	}
	return blob_publish(st, fd, tmp, id, executable, err);
}

int store_put(struct store *st, const void *data, size_t len, struct oid *out, struct err *err)
{
	digest_bytes(data, len, out);
	return blob_write(st, data, len, out, false, err);
}

/* Copy @from into @to and name it: one pass, or a reflink and then a pass. */
static int blob_copy(int from, int to, struct oid *out, struct err *err)
{
	if (lseek(from, 0, SEEK_CUR) == 0 && ioctl(to, FICLONE, from) == 0)
		return digest_fd(to, out, err);
	return digest_copy(from, to, out, err);
}

static int blob_stream(struct store *st, int from, bool executable, struct oid *out,
                       struct err *err)
{
	char tmp[64];
	int fd = dirs_tmp_open(st, tmp, err);

	if (fd < 0)
		return -1;
	int rc = blob_copy(from, fd, out, err);
	int there = rc < 0 ? -1 : blob_present(st, out, executable, err);

	if (there == 0)
		return blob_publish(st, fd, tmp, out, executable, err);
	close(fd);
	unlinkat(st->dir_fd, tmp, 0);
	return there < 0 ? err_wrap(err, "put") : 0;
}

/* Read at most BLOB_SMALL bytes: 1 that was all, 0 there is more, -1. */
static int blob_read_small(int fd, uint64_t expect, struct buf *out, struct err *err)
{
	for (;;) {
		size_t step = out->len <= expect ? (size_t)(expect - out->len) + 1 : 4096;

		if (out->len + step > BLOB_SMALL + 1)
			step = BLOB_SMALL + 1 - out->len;
		if (step == 0)
			return 0;
		char *at = buf_room(out, step);
		ssize_t n = read(fd, at, step);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "read");
		if (n == 0)
			return 1;
		out->len += (size_t)n;
	}
}

int blob_read_in(struct store *st, int fd, uint64_t size_bytes, bool keep, bool executable,
                 struct oid *out, bool *placeholder, struct err *err)
{
	auto_buf small = BUF_INIT;

	*placeholder = false;
	if (size_bytes <= BLOB_SMALL) {
		int whole = blob_read_small(fd, size_bytes, &small, err);

		if (whole < 0)
			return -1;
		if (whole) {
			digest_bytes(buf_str(&small), small.len, out);
			if (small.len >= PLACEHOLDER_MIN && small.len <= PLACEHOLDER_MAX)
				*placeholder = placeholder_sniff(small.data, small.len);
			if (!keep || *placeholder)
				return 0;
			return blob_write(st, buf_str(&small), small.len, out, executable, err);
		}
		if (lseek(fd, 0, SEEK_SET) < 0)
			return err_sys(err, "seek");
	}
	return keep ? blob_stream(st, fd, executable, out, err) : digest_fd(fd, out, err);
}

int store_put_fd(struct store *st, int fd, bool executable, struct oid *out, struct err *err)
{
	auto_buf small = BUF_INIT;
	off_t at = lseek(fd, 0, SEEK_CUR);
	struct stat sb;

	if (fstat(fd, &sb) < 0)
		return err_sys(err, "put");
	if (at < 0 || !S_ISREG(sb.st_mode) || sb.st_size > at + BLOB_SMALL)
		return blob_stream(st, fd, executable, out, err);
	int whole = blob_read_small(fd, sb.st_size > at ? (uint64_t)(sb.st_size - at) : 0,
	                            &small, err);

	if (whole < 0)
		return err_wrap(err, "put");
	if (!whole)
		return lseek(fd, at, SEEK_SET) < 0 ? err_sys(err, "put")
		                                   : blob_stream(st, fd, executable, out, err);
	digest_bytes(buf_str(&small), small.len, out);
	return blob_write(st, buf_str(&small), small.len, out, executable, err);
}

int store_adopt(struct store *st, const char *tmp_path, const struct oid *id, bool executable,
                struct err *err)
{
	const struct timespec times[2] = { sealed_now(st), { BLOB_MTIME_S, 0 } };
	struct stat sb;

	if (lstat(tmp_path, &sb) < 0)
		return err_sys(err, "adopt %s", tmp_path);
	if (!S_ISREG(sb.st_mode) || (uint64_t)sb.st_size != oid_size(id))
		return err_set(err, ERR_CORRUPT, "adopt %s: it is not what %s names", tmp_path,
		               id->s);
	const mode_t mode = executable ? 0555 : 0444;

	if (((sb.st_mode & 07777) != mode && chmod(tmp_path, mode) < 0) ||
	    utimensat(AT_FDCWD, tmp_path, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, "adopt %s", tmp_path);
	auto_free char *abs = tmp_path[0] == '/' ? xstrdup(tmp_path) : realpath(tmp_path, NULL);
	if (!abs)
		return err_sys(err, "adopt %s", tmp_path);
	return blob_rename(st, abs, id, executable, err);
}

void store_add_base(struct store *st, const char *dir)
{
	free(st->base);
	st->base = xstrdup(dir);
}

/* The path of an object in the base store, if it is there. */
static bool base_find(const struct store *st, const struct oid *id, struct buf *path)
{
	size_t before = path->len;
	struct stat sb;

	if (!st->base)
		return false;
	buf_addf(path, "%s/blobs/%s", st->base, id->s);
	if (lstat(buf_str(path) + before, &sb) == 0 && S_ISREG(sb.st_mode) &&
	    (uint64_t)sb.st_size == oid_size(id))
		return true;
	path->len = before;
	return false;
}

bool store_has(struct store *st, const struct oid *id)
{
	auto_buf path = BUF_INIT;
	struct stat sb;

	if (reference_is_found(st, id, &path) || blob_state(st, id, &sb) == BLOB_THERE ||
	    base_find(st, id, &path))
		return true;
	return reference_find(st, id, &path, NULL) == 1;
}

void store_set_elsewhere(struct store *st, bool (*fn)(void *arg, const struct oid *id),
                         void *arg)
{
	st->elsewhere = fn;
	st->elsewhere_arg = arg;
}

bool store_held(struct store *st, const struct oid *id)
{
	return store_has(st, id) || (st->elsewhere && st->elsewhere(st->elsewhere_arg, id));
}

int store_locate(struct store *st, const struct oid *id, struct buf *path, struct err *err)
{
	struct stat sb;

	if (reference_is_found(st, id, path))
		return 0;
	if (blob_state(st, id, &sb) == BLOB_THERE) {
		buf_addf(path, "%s/blobs/%s", st->dir, id->s);
		return 0;
	}
	if (base_find(st, id, path))
		return 0;
	int found = reference_find(st, id, path, err);

	if (found == 0)
		return err_set(err, ERR_NOTFOUND, "%s is not in the store", id->s);
	return found < 0 ? -1 : 0;
}

/* Open the blob or the referenced file; @is_blob tells which, @sb what was opened. */
static int blob_open(struct store *st, const struct oid *id, bool *is_blob, struct stat *sb,
                     struct err *err)
{
	auto_buf path = BUF_INIT;
	char name[80];

	blob_name(id, name);
	*is_blob = true;
	auto_fd fd = openat(st->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT) {
		*is_blob = false;
		if (store_locate(st, id, &path, err) < 0)
			return -1;
		fd = open(buf_str(&path), O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0 || fstat(fd, sb) < 0)
		return err_sys(err, "open %s", id->s);
	if (*is_blob)
		(void)!blob_still_there(st, name, sb);
	if (!S_ISREG(sb->st_mode) || (uint64_t)sb->st_size != oid_size(id))
		return err_set(err, ERR_CORRUPT, "%s has %lld bytes", id->s,
		               (long long)sb->st_size);
	return steal_fd(&fd);
}

int store_open_blob(struct store *st, const struct oid *id, int *fd, struct err *err)
{
	struct stat sb;
	bool is_blob;
	int got = blob_open(st, id, &is_blob, &sb, err);

	if (got < 0)
		return -1;
	*fd = got;
	return 0;
}

/* The bytes are not what their name says: out of the way, so that they are made anew. */
static int blob_condemn(struct store *st, const struct oid *id, bool is_blob, struct err *err)
{
	char name[80], to[80];

	if (!is_blob) {
		reference_forget(st, id);
		return err_set(err, ERR_CORRUPT, "%s: the file it refers to has other content",
		               id->s);
	}
	blob_name(id, name);
	snprintf(to, sizeof(to), "corrupt/%s", id->s);
	mkdirat(st->dir_fd, "corrupt", 0777);
	if (renameat(st->dir_fd, name, st->dir_fd, to) < 0 && errno != ENOENT)
		return err_sys(err, "%s is damaged and can't be set aside", id->s);
	return err_set(err, ERR_CORRUPT, "%s is damaged (set aside in %s/corrupt)", id->s,
	               st->dir);
}

/* A small blob as it should be, in one read. False: whoever asks finds out why. */
static bool get_at_once(struct store *st, const struct oid *id, struct buf *out)
{
	char name[80];
	struct oid real;
	size_t size = (size_t)oid_size(id);

	if (oid_size(id) > BLOB_SMALL)
		return false;
	blob_name(id, name);
	auto_fd fd = openat(st->dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	char *at = buf_room(out, size + 1);
	if (read(fd, at, size + 1) != (ssize_t)size)
		return false;
	digest_bytes(at, size, &real);
	if (!oid_eq(id, &real))
		return false;
	at[size] = '\0';
	out->len += size;
	return true;
}

int store_get(struct store *st, const struct oid *id, struct buf *out, struct err *err)
{
	if (get_at_once(st, id, out))
		return 0;
	bool is_blob = true;
	size_t before = out->len;
	struct oid real;
	struct err why = ERR_INIT;
	struct stat sb;
	auto_fd fd = blob_open(st, id, &is_blob, &sb, &why);

	if (fd < 0) {
		if (why.kind == ERR_CORRUPT)
			return blob_condemn(st, id, is_blob, err);
		if (err)
			*err = why;
		return -1;
	}
	if (file_read_fd(fd, out, err) < 0)
		return err_wrap(err, "get %s", id->s);
	digest_bytes(buf_str(out) + before, out->len - before, &real);
	if (oid_eq(id, &real))
		return 0;
	out->len = before;
	return blob_condemn(st, id, is_blob, err);
}

int store_verify(struct store *st, const struct oid *id, struct err *err)
{
	bool is_blob = true;
	struct oid real;
	struct err why = ERR_INIT;
	struct stat sb;
	auto_fd fd = blob_open(st, id, &is_blob, &sb, &why);

	if (fd < 0) {
		if (why.kind == ERR_CORRUPT)
			return blob_condemn(st, id, is_blob, err);
		if (err)
			*err = why;
		return -1;
	}
	if (digest_fd(fd, &real, err) < 0)
		return err_wrap(err, "verify %s", id->s);
	if (!oid_eq(id, &real))
		return blob_condemn(st, id, is_blob, err);
	if (is_blob)
		blob_seal(st, id);
	return 0;
}

void store_remove(struct store *st, const struct oid *id)
{
	char name[80];

	blob_name(id, name);
	unlinkat(st->dir_fd, name, 0);
}

int store_trust(struct store *st, const struct oid *id, struct err *err)
{
	struct stat sb;

	return blob_state(st, id, &sb) == BLOB_THERE && is_sealed(st, &sb)
	               ? 0
	               : store_verify(st, id, err);
}

/* What is sealed, if it is small: in one read. False: nothing was written. */
static bool copy_at_once(int from, uint64_t size_bytes, int to, int *rc, struct err *err)
{
	enum { AT_ONCE = 16 << 10 };
	char text[AT_ONCE + 1];

	if (size_bytes > AT_ONCE ||
	    pread(from, text, (size_t)size_bytes + 1, 0) != (ssize_t)size_bytes)
		return false;
	*rc = file_write_fd(to, text, (size_t)size_bytes, err);
	return true;
}

int store_copy(struct store *st, const struct oid *id, int fd, struct err *err)
{
	int rc;
	bool is_blob = true;
	struct oid real;
	struct stat sb;
	auto_fd from = blob_open(st, id, &is_blob, &sb, err);

	if (from < 0)
		return -1;
	if (is_blob && is_sealed(st, &sb))
		return copy_at_once(from, oid_size(id), fd, &rc, err)
		               ? rc
		               : file_copy_fd(from, fd, err);
	if (digest_copy(from, fd, &real, err) < 0)
		return -1;
	if (!oid_eq(id, &real))
		return blob_condemn(st, id, is_blob, err);
	if (is_blob)
		blob_seal(st, id);
	return 0;
}

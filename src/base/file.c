#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/path.h"

int file_read_fd(int fd, struct buf *out, struct err *err)
{
	struct stat st;
	size_t step = 65536;

	if (fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size < (1 << 30))
		step = (size_t)st.st_size + 1;
	for (;;) {
		char *at = buf_room(out, step);

		if (!at && step > 4096) {
			out->overflow = false;
			step = 4096;
			continue;
		}
		if (!at) {
			char one;
			ssize_t n = read(fd, &one, 1);

			if (n == 0) {
				out->overflow = false;
				return 0;
			}
			return err_set(err, ERR_CORRUPT, "longer than the %zu bytes allowed",
			               out->max ? out->max : (size_t)BUF_MAX_DEFAULT);
		}
		ssize_t n = read(fd, at, step);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "read");
		out->len += (size_t)n;
		out->data[out->len] = '\0';
		if (n == 0)
			return 0;
		if (step > 65536 && (size_t)n == step - 1)
			step = 65536;
	}
}

int file_read(const char *path, struct buf *out, struct err *err)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, "%s", path);
	if (file_read_fd(fd, out, err) < 0)
		return err_wrap(err, "%s", path);
	return 0;
}

int file_write_fd(int fd, const void *data, size_t len, struct err *err)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "write");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* 1: done; 0: it can't be done like that, or there is nothing to replace; -1. */
static int swap(const char *tmp, const char *path, struct err *err)
{
	if (renameat2(AT_FDCWD, tmp, AT_FDCWD, path, RENAME_EXCHANGE) < 0)
		return 0;
	if (unlink(tmp) == 0)
		return 1;
	/* a folder was there */
	err_sys(err, "%s", path);
	renameat2(AT_FDCWD, tmp, AT_FDCWD, path, RENAME_EXCHANGE);
	return -1;
}

int file_replace(const char *tmp, const char *path, struct err *err)
{
	int rc = swap(tmp, path, err);

	if (rc == 0 && rename(tmp, path) < 0)
		rc = err_sys(err, "%s", path);
	if (rc < 0)
		unlink(tmp);
	return rc < 0 ? -1 : 0;
}

int file_write(const char *path, const void *data, size_t len, mode_t mode, struct err *err)
{
	auto_free char *tmp = xasprintf("%s.gg-%d.tmp", path, (int)getpid());
	auto_fd fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(err, "%s", tmp);
	if (file_write_fd(fd, data, len, err) < 0) {
		unlink(tmp);
		return err_wrap(err, "%s", tmp);
	}
	if (fchmod(fd, mode) < 0) {
		err_sys(err, "%s", path);
		unlink(tmp);
		return -1;
	}
	return file_replace(tmp, path, err);
}

int file_stands_alone(const char *path, mode_t *mode)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISREG(st.st_mode) || st.st_nlink > 1 || st.st_uid != geteuid() ||
	    access(path, W_OK) < 0)
		return -1;
	*mode = st.st_mode & 07777;
	return 1;
}

int file_give(const char *path, const void *data, size_t len, mode_t mode, struct err *err)
{
	if (file_stands_alone(path, &mode) >= 0)
		return file_write(path, data, len, mode, err);
	auto_fd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0)
		return err_sys(err, "%s", path);
	return file_write_fd(fd, data, len, err) < 0 ? err_wrap(err, "%s", path) : 0;
}

static int copy_by_hand(int from, int to, struct err *err)
{
	enum { CHUNK = 256 << 10 };
	auto_free char *chunk = xmalloc(CHUNK);

	for (;;) {
		ssize_t n = read(from, chunk, CHUNK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "read");
		if (n == 0)
			return 0;
		if (file_write_fd(to, chunk, (size_t)n, err) < 0)
			return -1;
	}
}

int file_copy_fd(int from, int to, struct err *err)
{
	enum { SMALL = 64 << 10 }; /* not worth the trouble */
	struct stat st;

	if (fstat(from, &st) == 0 && st.st_size <= SMALL)
		return copy_by_hand(from, to, err);
	if (lseek(from, 0, SEEK_CUR) == 0 && ioctl(to, FICLONE, from) == 0)
		return 0;
	for (;;) {
		ssize_t n = copy_file_range(from, NULL, to, NULL, 1 << 30, 0);

		if (n == 0)
			/* Some file systems answer 0 where they can't: read() tells the end. */
			return copy_by_hand(from, to, err);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO))
			return err_sys(err, "copy");
		if (n < 0)
			return copy_by_hand(from, to, err);
	}
}

int file_mkdirs(const char *path, mode_t mode, struct err *err)
{
	if (mkdir(path, mode) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT)
		return err_sys(err, "%s", path);
	auto_free char *dir = path_dir(path);
	if (file_mkdirs(dir, mode, err) < 0)
		return -1;
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return err_sys(err, "%s", path);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int file_remove_tree(const char *path, struct err *err)
{
	if (nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
		return err_sys(err, "remove %s", path);
	return 0;
}

char *file_identity(int fd)
{
	struct stat sb;

	if (fstat(fd, &sb) < 0)
		return NULL;
	return xasprintf("%llx:%llx", (unsigned long long)sb.st_dev,
	                 (unsigned long long)sb.st_ino);
}

char *file_readlink(const char *path)
{
	char target[4096];
	ssize_t n = readlink(path, target, sizeof(target));

	if (n == (ssize_t)sizeof(target))
		errno = ENAMETOOLONG;
	return n < 0 || n == (ssize_t)sizeof(target) ? NULL : xstrndup(target, (size_t)n);
}

char *file_working_folder(const char *pwd)
{
	struct stat a;
	struct stat b;

	if (pwd && pwd[0] == '/' && !path_has_dotdot(pwd) && stat(pwd, &a) == 0 &&
	    stat(".", &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev) {
		char *clean = path_absolute("/", pwd);

		if (strcmp(clean, pwd) == 0)
			return clean;
		free(clean);
	}
	return getcwd(NULL, 0);
}

char *file_user_cache(const char *name)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	if (cache && *cache == '/')
		return xasprintf("%s/gg/%s", cache, name);
	return home && *home == '/' ? xasprintf("%s/.cache/gg/%s", home, name) : NULL;
}

char *file_user_cache_own(const char *name, bool make)
{
	char *dir = file_user_cache(name);
	struct err ignored;
	struct stat st;

	if (!dir)
		return NULL;
	if (make)
		file_mkdirs(dir, 0700, &ignored);
	if (stat(dir, &st) == 0 && st.st_uid == geteuid() &&
	    !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return dir;
	free(dir);
	return NULL;
}

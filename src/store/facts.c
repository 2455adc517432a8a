#include "store/store_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* Tried out, with a file of one block: the kernel has no other way to tell. */
static bool has_reflinks(struct store *st)
{
	char names[2][64];
	bool works = false;

	int from = dirs_tmp_open(st, names[0], NULL);
	int to = from < 0 ? -1 : dirs_tmp_open(st, names[1], NULL);
	if (to >= 0)
		works = ftruncate(from, 4096) == 0 && ioctl(to, FICLONE, from) == 0;
	if (from >= 0) {
		unlinkat(st->dir_fd, names[0], 0);
		close(from);
	}
	if (to >= 0) {
		unlinkat(st->dir_fd, names[1], 0);
		close(to);
	}
	return works;
}

static int count_blobs(struct store *st, struct store_facts *out, struct err *err)
{
	int fd = openat(st->dir_fd, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct stat sb;

	if (!dir) {
		int rc = errno == ENOENT ? 0 : err_sys(err, "%s/blobs", st->dir);

		if (fd >= 0)
			close(fd);
		return rc;
	}
	for (struct dirent *e; (e = readdir(dir));) {
		if (e->d_name[0] == '.' || fstatat(fd, e->d_name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		out->blobs++;
		out->blob_bytes += (uint64_t)sb.st_blocks * 512;
	}
	closedir(dir);
	return 0;
}

int store_facts(struct store *st, struct store_facts *out, struct err *err)
{
	struct index_facts index;
	struct statvfs fs;
	struct stat sb;

	*out = (struct store_facts){ 0 };
	if (index_facts(st->index, &index, err) < 0 || count_blobs(st, out, err) < 0)
		return -1;
	out->index_entries = index.entries;
	out->index_bytes = index.bytes;
	out->readers = index.readers;
	out->max_readers = index.max_readers;
	out->dead_readers = index.dead_readers;
	out->read_only = index.read_only;
	if (fstatat(st->dir_fd, "memo.log", &sb, 0) == 0)
		out->log_bytes = (uint64_t)sb.st_size;
	if (fstatvfs(st->dir_fd, &fs) == 0)
		out->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	out->reflinks = has_reflinks(st);
	return 0;
}

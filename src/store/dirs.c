#include "store/store_priv.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/path.h"

enum {
	SWEEP_AGE_S = 600,       /* a dead process's leftovers */
	SWEEP_FOREIGN_S = 86400, /* names that carry no process id */
};

static bool is_folder(const char *path)
{
	struct stat sb;

	return stat(path, &sb) == 0 && S_ISDIR(sb.st_mode);
}

char *store_find(const char *gg_dir, const char *cwd)
{
	if (gg_dir)
		return path_absolute(cwd, gg_dir);
	auto_free char *at = path_absolute(cwd, ".");

	for (;;) {
		auto_free char *dir = path_join(at, ".gg");

		if (is_folder(dir))
			return steal(&dir);
		if (strcmp(at, "/") == 0)
			return NULL;
		char *up = path_dir(at);
		free(at);
		at = up;
	}
}

int dirs_make(int dir_fd, struct err *err)
{
	static const char *const names[] = { "blobs", "tmp" };

	for (size_t i = 0; i < countof(names); i++)
		if (mkdirat(dir_fd, names[i], 0777) < 0 && errno != EEXIST)
			return err_sys(err, "make store folder %s", names[i]);
	return 0;
}

int dirs_tmp_open(struct store *st, char name[64], struct err *err)
{
	bool made = false;

	for (;;) {
		snprintf(name, 64, "tmp/%d.put%u", (int)getpid(), st->seq++);
		int fd = openat(st->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		if (fd >= 0)
			return fd;
		/* EEXIST: a thread of ours, or a dead process that had our number. */
		if (errno == EEXIST)
			continue;
		if (errno != ENOENT || made)
			return err_sys(err, "%s/%s", st->dir, name);
		made = true;
		if (dirs_make(st->dir_fd, err) < 0)
			return -1;
	}
}

/* The first number in a name, or 0. */
static pid_t pid_in(const char *name)
{
	while (*name && !isdigit((unsigned char)*name))
		name++;
	unsigned long n = strtoul(name, NULL, 10);

	return n > INT32_MAX ? 0 : (pid_t)n;
}

static bool is_leftover(int tmp_fd, const char *name, time_t now)
{
	pid_t pid = pid_in(name);
	struct stat sb;

	if (fstatat(tmp_fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	/* The age guards against processes of another pid namespace, which look dead. */
	if (now - sb.st_mtime < (pid ? SWEEP_AGE_S : SWEEP_FOREIGN_S))
		return false;
	return pid == 0 || (kill(pid, 0) < 0 && errno == ESRCH);
}

static void sweep(struct store *st)
{
	DIR *dir = opendir(st->tmp);
	time_t now = time(NULL);
	struct dirent *e;

	if (!dir)
		return;
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.' && (!e->d_name[1] || strcmp(e->d_name, "..") == 0))
			continue;
		if (is_leftover(dirfd(dir), e->d_name, now)) {
			auto_free char *path = path_join(st->tmp, e->d_name);
			/* What can't be removed does no harm: it is tried again next time. */
			file_remove_tree(path, NULL);
		}
	}
	closedir(dir);
}

static char *absolute_of(const char *dir, struct err *err)
{
	char cwd[PATH_MAX];

	if (dir[0] == '/')
		return path_absolute("/", dir);
	if (!getcwd(cwd, sizeof(cwd))) {
		err_sys(err, "working directory");
		return NULL;
	}
	return path_absolute(cwd, dir);
}

/* A store lies among sources: to git there is nothing new. Not in a folder of another name that
 * was there before: it may hold what is not the store's. */
static void hide_from_git(int dir_fd)
{
	auto_fd fd =
		openat(dir_fd, ".gitignore", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd >= 0)
		(void)!write(fd, "*\n", 2);
}

int store_open(const char *dir, enum store_flags flags, struct store **out, struct err *err)
{
	auto_free char *abs = absolute_of(dir, err);

	if (!abs)
		return -1;
	bool made = (flags & STORE_CREATE) && mkdir(abs, 0777) == 0;
	if ((flags & STORE_CREATE) && !made && file_mkdirs(abs, 0777, err) < 0)
		return err_wrap(err, "make store");
	auto_fd fd = open(abs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "store %s", abs);
	if ((flags & STORE_CREATE) && dirs_make(fd, err) < 0)
		return err_wrap(err, "%s", abs);
	if (made || ((flags & STORE_CREATE) && strcmp(path_base(abs), ".gg") == 0))
		hide_from_git(fd);

	struct store *st = xcalloc(1, sizeof(*st));
	st->dir = steal(&abs);
	st->tmp = path_join(st->dir, "tmp");
	st->dir_fd = steal_fd(&fd);
	st->uid = geteuid();
	st->journal = -1;
	st->index = index_new(st->dir);
	if (flags & STORE_CREATE)
		sweep(st);
	*out = st;
	return 0;
}

void store_warm(struct store *st)
{
	struct err ignored;

	index_boot(st->index, &ignored);
}

void store_close(struct store *st)
{
	if (!st)
		return;
	index_free(st->index);
	references_release(st);
	if (st->journal >= 0)
		close(st->journal);
	close(st->dir_fd);
	free(st->base);
	free(st->tmp);
	free(st->dir);
	free(st);
}

const char *store_dir(const struct store *st)
{
	return st->dir;
}

const char *store_tmp(const struct store *st)
{
	return st->tmp;
}

void store_batch_begin(struct store *st)
{
	index_batch_begin(st->index);
}

int store_flush(struct store *st, struct err *err)
{
	return index_flush(st->index, err);
}

void store_hold_writes(struct store *st)
{
	index_hold(st->index);
}

int store_release_writes(struct store *st, struct err *err)
{
	return index_release(st->index, err);
}

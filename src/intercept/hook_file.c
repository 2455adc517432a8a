/*
 * Hooks of what opens, looks at, renames or links files. Each asks for the real file first,
 * where what is there is a placeholder, and then calls on. Renaming needs no content: the
 * coordinator is told where the placeholder went.
 *
 * The two spellings (open, open64) are separate symbols here: no renaming by the headers.
 */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "intercept/ask.h"
#include "intercept/preload.h"
#include "intercept/target.h"

/* -- open -- */

#define WANT(dirfd, path, failed)                                   \
	do {                                                        \
		if (preload.files && preload_want(dirfd, path) < 0) \
			return failed;                              \
	} while (0)

/* The third argument of open() is there only with these flags; reading it where it is not does
 * no harm on machines that pass arguments in registers. */
#define OPEN_HOOK(name)                                 \
	HOOK int name(const char *path, int flags, ...) \
	{                                               \
		va_list ap;                             \
		va_start(ap, flags);                    \
		mode_t mode = va_arg(ap, mode_t);       \
		va_end(ap);                             \
		WANT(AT_FDCWD, path, -1);               \
		return NEXT(name)(path, flags, mode);   \
	}

#define OPENAT_HOOK(name)                                          \
	HOOK int name(int dirfd, const char *path, int flags, ...) \
	{                                                          \
		va_list ap;                                        \
		va_start(ap, flags);                               \
		mode_t mode = va_arg(ap, mode_t);                  \
		va_end(ap);                                        \
		WANT(dirfd, path, -1);                             \
		return NEXT(name)(dirfd, path, flags, mode);       \
	}

/* What programs call that were compiled with _FORTIFY_SOURCE. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dirfd, const char *path, int flags);
int __openat64_2(int dirfd, const char *path, int flags);

OPEN_HOOK(open)
OPEN_HOOK(open64)
OPENAT_HOOK(openat)
OPENAT_HOOK(openat64)

HOOK int __open_2(const char *path, int flags)
{
	WANT(AT_FDCWD, path, -1);
	return NEXT(__open_2)(path, flags);
}

HOOK int __open64_2(const char *path, int flags)
{
	WANT(AT_FDCWD, path, -1);
	return NEXT(__open64_2)(path, flags);
}

HOOK int __openat_2(int dirfd, const char *path, int flags)
{
	WANT(dirfd, path, -1);
	return NEXT(__openat_2)(dirfd, path, flags);
}

HOOK int __openat64_2(int dirfd, const char *path, int flags)
{
	WANT(dirfd, path, -1);
	return NEXT(__openat64_2)(dirfd, path, flags);
}

HOOK int creat(const char *path, mode_t mode)
{
	WANT(AT_FDCWD, path, -1);
	return NEXT(creat)(path, mode);
}

HOOK int creat64(const char *path, mode_t mode)
{
	WANT(AT_FDCWD, path, -1);
	return NEXT(creat64)(path, mode);
}

HOOK FILE *fopen(const char *path, const char *mode)
{
	WANT(AT_FDCWD, path, NULL);
	return NEXT(fopen)(path, mode);
}

HOOK FILE *fopen64(const char *path, const char *mode)
{
	WANT(AT_FDCWD, path, NULL);
	return NEXT(fopen64)(path, mode);
}

HOOK FILE *freopen(const char *path, const char *mode, FILE *f)
{
	WANT(AT_FDCWD, path, NULL);
	return NEXT(freopen)(path, mode, f);
}

HOOK FILE *freopen64(const char *path, const char *mode, FILE *f)
{
	WANT(AT_FDCWD, path, NULL);
	return NEXT(freopen64)(path, mode, f);
}

HOOK int truncate(const char *path, off_t length)
{
	WANT(AT_FDCWD, path, -1);
	return NEXT(truncate)(path, length);
}

HOOK int truncate64(const char *path, off64_t length)
{
	WANT(AT_FDCWD, path, -1);
	return NEXT(truncate64)(path, length);
}

/*
 * The caller decides where dlopen() looks (its RUNPATH), and libc knows it by the return
 * address: this must end in a jump.
 */
typedef void *dlopen_fn(const char *path, int flags);

__attribute__((noinline)) static dlopen_fn *next_dlopen(const char *path)
{
	if (preload.files && path && strchr(path, '/'))
		preload_want(AT_FDCWD, path);
	return NEXT(dlopen);
}

HOOK __attribute__((optimize("O2"))) void *dlopen(const char *path, int flags)
{
	return next_dlopen(path)(path, flags);
}

/* -- looks: sizes -- */

#define LOOK(dirfd, path)                                                                  \
	do {                                                                               \
		if (preload.files && !preload.looks_only && preload_want(dirfd, path) < 0) \
			return -1;                                                         \
	} while (0)

HOOK int stat(const char *restrict path, struct stat *restrict st)
{
	LOOK(AT_FDCWD, path);
	return NEXT(stat)(path, st);
}

HOOK int stat64(const char *restrict path, struct stat64 *restrict st)
{
	LOOK(AT_FDCWD, path);
	return NEXT(stat64)(path, st);
}

HOOK int lstat(const char *restrict path, struct stat *restrict st)
{
	LOOK(AT_FDCWD, path);
	return NEXT(lstat)(path, st);
}

HOOK int lstat64(const char *restrict path, struct stat64 *restrict st)
{
	LOOK(AT_FDCWD, path);
	return NEXT(lstat64)(path, st);
}

HOOK int fstatat(int dirfd, const char *restrict path, struct stat *restrict st, int flags)
{
	LOOK(dirfd, path);
	return NEXT(fstatat)(dirfd, path, st, flags);
}

HOOK int fstatat64(int dirfd, const char *restrict path, struct stat64 *restrict st, int flags)
{
	LOOK(dirfd, path);
	return NEXT(fstatat64)(dirfd, path, st, flags);
}

HOOK int statx(int dirfd, const char *restrict path, int flags, unsigned mask,
               struct statx *restrict st)
{
	LOOK(dirfd, path);
	return NEXT(statx)(dirfd, path, flags, mask, st);
}

/* Programs compiled before glibc 2.33. */
int __xstat(int version, const char *path, struct stat *st);
int __xstat64(int version, const char *path, struct stat64 *st);
int __lxstat(int version, const char *path, struct stat *st);
int __lxstat64(int version, const char *path, struct stat64 *st);
int __fxstatat(int version, int dirfd, const char *path, struct stat *st, int flags);
int __fxstatat64(int version, int dirfd, const char *path, struct stat64 *st, int flags);

HOOK int __xstat(int version, const char *path, struct stat *st)
{
	LOOK(AT_FDCWD, path);
	return NEXT(__xstat)(version, path, st);
}

HOOK int __xstat64(int version, const char *path, struct stat64 *st)
{
	LOOK(AT_FDCWD, path);
	return NEXT(__xstat64)(version, path, st);
}

HOOK int __lxstat(int version, const char *path, struct stat *st)
{
	LOOK(AT_FDCWD, path);
	return NEXT(__lxstat)(version, path, st);
}

HOOK int __lxstat64(int version, const char *path, struct stat64 *st)
{
	LOOK(AT_FDCWD, path);
	return NEXT(__lxstat64)(version, path, st);
}

HOOK int __fxstatat(int version, int dirfd, const char *path, struct stat *st, int flags)
{
	LOOK(dirfd, path);
	return NEXT(__fxstatat)(version, dirfd, path, st, flags);
}

HOOK int __fxstatat64(int version, int dirfd, const char *path, struct stat64 *st, int flags)
{
	LOOK(dirfd, path);
	return NEXT(__fxstatat64)(version, dirfd, path, st, flags);
}

/* -- names and modes -- */

HOOK int chmod(const char *path, mode_t mode)
{
	WANT(AT_FDCWD, path, -1);
	return NEXT(chmod)(path, mode);
}

HOOK int fchmodat(int dirfd, const char *path, mode_t mode, int flags)
{
	WANT(dirfd, path, -1);
	return NEXT(fchmodat)(dirfd, path, mode, flags);
}

/* Both names are to be one real file. */
HOOK int link(const char *old, const char *new)
{
	WANT(AT_FDCWD, old, -1);
	return NEXT(link)(old, new);
}

HOOK int linkat(int old_dir, const char *old, int new_dir, const char *new, int flags)
{
	WANT(old_dir, old, -1);
	return NEXT(linkat)(old_dir, old, new_dir, new, flags);
}

struct move {
	bool known;
	char from[PATH_MAX];
};

/* Is the folder of @path on another file system than @old? */
static bool is_elsewhere(int old_dir, const char *old, int dirfd, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	char folder[PATH_MAX] = ".";
	struct stat from, to;

	if (slash && (size_t)(slash - path) + 2 <= sizeof(folder)) {
		memcpy(folder, path, (size_t)(slash - path) + 1);
		folder[slash - path + 1] = '\0';
	}
	return syscall(SYS_newfstatat, old_dir, old, &from, AT_SYMLINK_NOFOLLOW) == 0 &&
	       syscall(SYS_newfstatat, dirfd, folder, &to, 0) == 0 && from.st_dev != to.st_dev;
}

/* What can't be renamed is copied, and mv minds where a file that it has looked at is replaced
 * by the real one when it is opened: then its looks mean what a file holds. */
static void before_move(struct move *m, int old_dir, const char *old, int new_dir,
                        const char *new)
{
	int saved = errno;

	m->known = preload.files && old &&
	           target_is_placeholder(old_dir, old, m->from, sizeof(m->from));
	if (preload.files && preload.looks_only && is_elsewhere(old_dir, old, new_dir, new))
		preload.looks_only = false;
	errno = saved;
}

static int after_move(const struct move *m, int dirfd, const char *new, int rc)
{
	char to[PATH_MAX];

	if (rc == 0 && m->known && target_is_placeholder(dirfd, new, to, sizeof(to)))
		ask(preload.session, "moved", m->from, to, false);
	return rc;
}

HOOK int rename(const char *old, const char *new)
{
	struct move m;

	before_move(&m, AT_FDCWD, old, AT_FDCWD, new);
	return after_move(&m, AT_FDCWD, new, NEXT(rename)(old, new));
}

HOOK int renameat(int old_dir, const char *old, int new_dir, const char *new)
{
	struct move m;

	before_move(&m, old_dir, old, new_dir, new);
	return after_move(&m, new_dir, new, NEXT(renameat)(old_dir, old, new_dir, new));
}

HOOK int renameat2(int old_dir, const char *old, int new_dir, const char *new, unsigned flags)
{
	struct move m;

	before_move(&m, old_dir, old, new_dir, new);
	return after_move(&m, new_dir, new, NEXT(renameat2)(old_dir, old, new_dir, new, flags));
}

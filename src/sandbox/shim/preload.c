/*
 * Preloaded into a job where nothing stronger works (BOX_SHIM): every path that a program gives
 * to the C library is looked up below the job's root, and every path that it is told is told as
 * if that were "/". What a job would find read-only on the other steps is so here. Enforces
 * nothing: a program that calls the kernel by itself is not reached. One that this library
 * can't be loaded into is not executed, and the slot is told (launch.h).
 *
 * May run after vfork: no allocation, no lock, buffers on the stack. A path is never resolved
 * by text but to keep it from climbing out of the root: what ".." leads to is the kernel's to
 * say.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <libintl.h>
#include <locale.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

#include "sandbox/shim/launch.h"

#define PUBLIC __attribute__((visibility("default")))
/* The C library's own. */
#define REAL(name)                                \
	({                                        \
		static __typeof__(&(name)) real_; \
		if (!real_)                       \
			real_ = real(#name);      \
		real_;                            \
	})

enum { SEARCH_MAX = 2 * PATH_MAX };

/* Is the path only looked at, or is what it names changed? */
enum use { LOOK, CHANGE };

static char root[PATH_MAX]; /* "": not active */
static size_t root_len;
static struct launch_root told_root;
static const char *works;
static const char *exe; /* in the job's terms */

static void *real(const char *name)
{
	void *f = dlsym(RTLD_NEXT, name);

	if (!f)
		_exit(127);
	return f;
}

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* -- what we were told; the program never sees it -- */

static void read_variable(char *variable, const char **argv0)
{
	if (starts(variable, SHIM_BASE))
		told_root.base = variable;
	else if (starts(variable, SHIM_LIBS))
		told_root.libs = variable;
	else if (starts(variable, SHIM_WORKS))
		told_root.works = variable;
	else if (starts(variable, SHIM_EXE))
		exe = variable + strlen(SHIM_EXE);
	else if (starts(variable, SHIM_ARGV0))
		*argv0 = variable + strlen(SHIM_ARGV0);
}

/* Before anything asks for a path, which may be another library's constructor. */
static const char *start(void)
{
	const char *argv0 = NULL;
	char **kept = environ;

	if (root_len || !environ)
		return NULL;
	for (char **at = environ; *at; at++)
		if (starts(*at, SHIM_VARS))
			read_variable(*at, &argv0);
		else
			*kept++ = *at;
	*kept = NULL;
	if (!told_root.base || !told_root.libs || !told_root.works || !exe)
		return NULL;
	works = told_root.works + strlen(SHIM_WORKS);
	snprintf(root, sizeof(root), "%s/root", told_root.base + strlen(SHIM_BASE));
	root_len = strlen(root);
	return argv0;
}

__attribute__((constructor)) static void start_program(int argc, char **argv)
{
	static const char *argv0;

	if (!argv0)
		argv0 = start();
	if (!argv0 || argc < 1)
		return;
	argv[0] = (char *)argv0;
	program_invocation_name = argv[0];
	const char *slash = strrchr(argv0, '/');
	program_invocation_short_name = (char *)(slash ? slash + 1 : argv0);
}

/* -- paths, in and out -- */

static bool below(const char *path, const char *dir, size_t n)
{
	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static bool is_ours(const char *path)
{
	return root_len && below(path, root, root_len);
}

/* A path of the host becomes one of the job, in place. */
static char *told(char *path)
{
	if (!path || !is_ours(path))
		return path;
	size_t n = strlen(path + root_len);
	memmove(path, path + root_len, n + 1);
	if (n == 0)
		memcpy(path, "/", 2);
	return path;
}

/* How far the path climbs above where it starts, at its highest. */
static int climb(const char *path)
{
	int depth = 0, highest = 0;

	while (*(path += strspn(path, "/"))) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.')
			depth--;
		else if (n != 1 || path[0] != '.')
			depth++;
		if (depth < highest)
			highest = depth;
		path += n;
	}
	return -highest;
}

/* Appends @path to the absolute @out by text; none of its ".." leads above "/". */
static bool append_plain(char *out, const char *path)
{
	size_t len = strlen(out);

	while (*(path += strspn(path, "/"))) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.') {
			while (len > 0 && out[--len] != '/')
				;
		} else if (n != 1 || path[0] != '.') {
			if (len + 1 + n >= PATH_MAX)
				return false;
			out[len++] = '/';
			memcpy(out + len, path, n);
			len += n;
		}
		out[len] = '\0';
		path += n;
	}
	return true;
}

/* The folder that we are in, in the job's terms, without a slash at its end. */
static bool working_folder(char *out)
{
	if (syscall(SYS_getcwd, out, PATH_MAX) < 0)
		return false;
	told(out);
	if (strcmp(out, "/") == 0)
		out[0] = '\0';
	return true;
}

static bool is_writable(const char *path)
{
	for (const char *at = works; *at; at += *at == ':') {
		size_t n = strcspn(at, ":");

		if (below(path, at, n))
			return true;
		at += n;
	}
	return false;
}

static bool put_below_root(const char *path, char *buf)
{
	size_t n = strlen(path);

	if (root_len + n >= PATH_MAX)
		return false;
	memcpy(buf, root, root_len);
	memcpy(buf + root_len, path, n + 1);
	return true;
}

static bool refuse(int why)
{
	errno = why;
	return false;
}

/* A relative path: the kernel knows where we are; only what climbs or changes is looked at. */
static bool found_relative(const char *path, char *buf, const char **at, enum use use)
{
	char plain[PATH_MAX];
	int up = climb(path), depth = 0;

	if (use == LOOK && !up)
		return true;
	if (!working_folder(plain))
		return true;
	for (const char *p = plain; *p; p++)
		depth += *p == '/';
	if (up <= depth && use == LOOK)
		return true;
	if (!append_plain(plain, path))
		return refuse(ENAMETOOLONG);
	if (use == CHANGE && !is_writable(plain))
		return refuse(EROFS);
	if (up <= depth)
		return true;
	*at = buf;
	return put_below_root(plain, buf) || refuse(ENAMETOOLONG);
}

/*
 * Where the kernel finds what the job calls @path: @at is that, or @buf (PATH_MAX bytes).
 * False, with errno, when it is too long, or must not be changed.
 */
__attribute__((noinline)) static bool found(const char *path, char *buf, const char **at,
                                            enum use use)
{
	char plain[PATH_MAX] = "";

	start();
	*at = path;
	if (!root_len || !path || !*path)
		return true;
	if (path[0] != '/')
		return found_relative(path, buf, at, use);
	if (strcmp(path, "/proc/self/exe") == 0)
		path = exe;
	else if (below(path, "/proc", 5) || below(path, "/dev", 4) || is_ours(path))
		return true;
	if (climb(path)) {
		if (!append_plain(plain, path))
			return refuse(ENAMETOOLONG);
		path = *plain ? plain : "/";
	}
	if (use == CHANGE && !is_writable(path))
		return refuse(EROFS);
	*at = buf;
	return put_below_root(path, buf) || refuse(ENAMETOOLONG);
}

/* -- calls that take one path -- */

#define PATH_CALL(type, bad, use, name, params, args)                      \
	PUBLIC type name params                                            \
	{                                                                  \
		char buf[PATH_MAX];                                        \
		const char *at;                                            \
		return found(path, buf, &at, use) ? REAL(name) args : bad; \
	}
#define LOOKS(name, params, args)   PATH_CALL(int, -1, LOOK, name, params, args)
#define CHANGES(name, params, args) PATH_CALL(int, -1, CHANGE, name, params, args)

#define USE_OF_MODE  (mode & W_OK ? CHANGE : LOOK)
#define USE_OF_FOPEN (mode[0] == 'r' && !strchr(mode, '+') ? LOOK : CHANGE)

PATH_CALL(int, -1, USE_OF_MODE, access, (const char *path, int mode), (at, mode))
PATH_CALL(int, -1, USE_OF_MODE, eaccess, (const char *path, int mode), (at, mode))
PATH_CALL(int, -1, USE_OF_MODE, euidaccess, (const char *path, int mode), (at, mode))
PATH_CALL(int, -1, USE_OF_MODE, faccessat, (int d, const char *path, int mode, int flags),
          (d, at, mode, flags))
LOOKS(chdir, (const char *path), (at))
CHANGES(chmod, (const char *path, mode_t mode), (at, mode))
CHANGES(chown, (const char *path, uid_t u, gid_t g), (at, u, g))
CHANGES(lchown, (const char *path, uid_t u, gid_t g), (at, u, g))
CHANGES(creat, (const char *path, mode_t mode), (at, mode))
CHANGES(creat64, (const char *path, mode_t mode), (at, mode))
CHANGES(mkdir, (const char *path, mode_t mode), (at, mode))
CHANGES(mkfifo, (const char *path, mode_t mode), (at, mode))
CHANGES(mknod, (const char *path, mode_t mode, dev_t dev), (at, mode, dev))
CHANGES(rmdir, (const char *path), (at))
CHANGES(unlink, (const char *path), (at))
CHANGES(remove, (const char *path), (at))
CHANGES(truncate, (const char *path, off_t n), (at, n))
CHANGES(truncate64, (const char *path, off64_t n), (at, n))
CHANGES(utime, (const char *path, const struct utimbuf *t), (at, t))
CHANGES(utimes, (const char *path, const struct timeval t[2]), (at, t))
CHANGES(lutimes, (const char *path, const struct timeval t[2]), (at, t))
LOOKS(stat, (const char *path, struct stat *st), (at, st))
LOOKS(stat64, (const char *path, struct stat64 *st), (at, st))
LOOKS(lstat, (const char *path, struct stat *st), (at, st))
LOOKS(lstat64, (const char *path, struct stat64 *st), (at, st))
LOOKS(statfs, (const char *path, struct statfs *st), (at, st))
LOOKS(statfs64, (const char *path, struct statfs64 *st), (at, st))
LOOKS(statvfs, (const char *path, struct statvfs *st), (at, st))
LOOKS(statvfs64, (const char *path, struct statvfs64 *st), (at, st))
PATH_CALL(long, -1, LOOK, pathconf, (const char *path, int name), (at, name))
PATH_CALL(DIR *, NULL, LOOK, opendir, (const char *path), (at))
PATH_CALL(FILE *, NULL, USE_OF_FOPEN, fopen, (const char *path, const char *mode), (at, mode))
PATH_CALL(FILE *, NULL, USE_OF_FOPEN, fopen64, (const char *path, const char *mode), (at, mode))
PATH_CALL(FILE *, NULL, USE_OF_FOPEN, freopen, (const char *path, const char *mode, FILE *f),
          (at, mode, f))
PATH_CALL(FILE *, NULL, USE_OF_FOPEN, freopen64, (const char *path, const char *mode, FILE *f),
          (at, mode, f))
PATH_CALL(ssize_t, -1, LOOK, getxattr,
          (const char *path, const char *name, void *value, size_t n), (at, name, value, n))
PATH_CALL(ssize_t, -1, LOOK, lgetxattr,
          (const char *path, const char *name, void *value, size_t n), (at, name, value, n))
PATH_CALL(ssize_t, -1, LOOK, listxattr, (const char *path, char *list, size_t n), (at, list, n))
PATH_CALL(ssize_t, -1, LOOK, llistxattr, (const char *path, char *list, size_t n),
          (at, list, n))
CHANGES(setxattr, (const char *path, const char *name, const void *value, size_t n, int flags),
        (at, name, value, n, flags))
CHANGES(lsetxattr, (const char *path, const char *name, const void *value, size_t n, int flags),
        (at, name, value, n, flags))
/* a bare name is the loader's to find */
PATH_CALL(void *, NULL, LOOK, dlopen, (const char *path, int flags),
          (path && strchr(path, '/') ? at : path, flags))
PATH_CALL(int, -1, LOOK, scandir,
          (const char *path, struct dirent ***list, int (*keep)(const struct dirent *),
           int (*order)(const struct dirent **, const struct dirent **)),
          (at, list, keep, order))
PATH_CALL(int, -1, LOOK, scandir64,
          (const char *path, struct dirent64 ***list, int (*keep)(const struct dirent64 *),
           int (*order)(const struct dirent64 **, const struct dirent64 **)),
          (at, list, keep, order))

CHANGES(fchmodat, (int d, const char *path, mode_t mode, int flags), (d, at, mode, flags))
CHANGES(fchownat, (int d, const char *path, uid_t u, gid_t g, int flags), (d, at, u, g, flags))
CHANGES(mkdirat, (int d, const char *path, mode_t mode), (d, at, mode))
CHANGES(mkfifoat, (int d, const char *path, mode_t mode), (d, at, mode))
CHANGES(mknodat, (int d, const char *path, mode_t mode, dev_t dev), (d, at, mode, dev))
CHANGES(unlinkat, (int d, const char *path, int flags), (d, at, flags))
CHANGES(futimesat, (int d, const char *path, const struct timeval t[2]), (d, at, t))
CHANGES(utimensat, (int d, const char *path, const struct timespec t[2], int flags),
        (d, at, t, flags))
LOOKS(fstatat, (int d, const char *path, struct stat *st, int flags), (d, at, st, flags))
LOOKS(fstatat64, (int d, const char *path, struct stat64 *st, int flags), (d, at, st, flags))
LOOKS(statx, (int d, const char *path, int flags, unsigned mask, struct statx *st),
      (d, at, flags, mask, st))

/* What programs that were linked with an older C library call. */
#define OLD_STAT(name, call, type)                                      \
	int name(int version, const char *path, struct type *st);       \
	PUBLIC int name(int version, const char *path, struct type *st) \
	{                                                               \
		(void)version;                                          \
		return call(path, st);                                  \
	}

OLD_STAT(__xstat, stat, stat)
OLD_STAT(__xstat64, stat64, stat64)
OLD_STAT(__lxstat, lstat, stat)
OLD_STAT(__lxstat64, lstat64, stat64)

static int open_found(int dir, const char *path, int flags, mode_t mode)
{
	bool changes = (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
	char buf[PATH_MAX];
	const char *at;

	return found(path, buf, &at, changes ? CHANGE : LOOK)
	               ? REAL(openat)(dir, at, flags, mode)
	               : -1;
}

#define OPEN(name, dir, ...)                                          \
	PUBLIC int name(__VA_ARGS__ const char *path, int flags, ...) \
	{                                                             \
		mode_t mode = 0;                                      \
		va_list ap;                                           \
		va_start(ap, flags);                                  \
		if (flags & (O_CREAT | __O_TMPFILE))                  \
			mode = va_arg(ap, mode_t);                    \
		va_end(ap);                                           \
		return open_found(dir, path, flags, mode);            \
	}
#define COMMA ,

OPEN(open, AT_FDCWD)
OPEN(open64, AT_FDCWD)
OPEN(openat, d, int d COMMA)
OPEN(openat64, d, int d COMMA)

/* The checked forms that -D_FORTIFY_SOURCE calls. */
#define OPEN_CHECKED(name, dir, ...)                             \
	int name(__VA_ARGS__ const char *path, int flags);       \
	PUBLIC int name(__VA_ARGS__ const char *path, int flags) \
	{                                                        \
		return open_found(dir, path, flags, 0);          \
	}

OPEN_CHECKED(__open_2, AT_FDCWD)
OPEN_CHECKED(__open64_2, AT_FDCWD)
OPEN_CHECKED(__openat_2, d, int d COMMA)
OPEN_CHECKED(__openat64_2, d, int d COMMA)

/* -- two paths -- */

#define PAIR_CALL(use, name, params, args)                                           \
	PUBLIC int name params                                                       \
	{                                                                            \
		char buf[PATH_MAX], buf2[PATH_MAX];                                  \
		const char *at, *to_at;                                              \
		return found(path, buf, &at, use) && found(to, buf2, &to_at, CHANGE) \
		               ? REAL(name) args                                     \
		               : -1;                                                 \
	}

PAIR_CALL(CHANGE, rename, (const char *path, const char *to), (at, to_at))
PAIR_CALL(CHANGE, renameat, (int d, const char *path, int e, const char *to), (d, at, e, to_at))
PAIR_CALL(CHANGE, renameat2, (int d, const char *path, int e, const char *to, unsigned f),
          (d, at, e, to_at, f))
PAIR_CALL(LOOK, link, (const char *path, const char *to), (at, to_at))
PAIR_CALL(LOOK, linkat, (int d, const char *path, int e, const char *to, int f),
          (d, at, e, to_at, f))

/* An absolute text is of the job's terms, like the path: read_link tells it back. */
static int link_to(const char *text, int d, const char *path)
{
	char buf[PATH_MAX], buf2[PATH_MAX];
	const char *at, *to = text;

	if (!found(path, buf, &at, CHANGE) || (*text == '/' && !found(text, buf2, &to, LOOK)))
		return -1;
	return REAL(symlinkat)(to, d, at);
}

PUBLIC int symlink(const char *text, const char *path)
{
	return link_to(text, AT_FDCWD, path);
}

PUBLIC int symlinkat(const char *text, int d, const char *path)
{
	return link_to(text, d, path);
}

/* -- paths that are told -- */

/* The program's own file, as the kernel would tell it: without links. */
static ssize_t read_exe(char *text)
{
	char buf[PATH_MAX];

	if (!put_below_root(exe, buf) || !REAL(realpath)(buf, text))
		return -1;
	return (ssize_t)strlen(text);
}

static ssize_t read_link(int d, const char *path, char *out, size_t size)
{
	char buf[PATH_MAX], text[PATH_MAX];
	const char *at;
	ssize_t n;

	start();
	if (root_len && strcmp(path, "/proc/self/exe") == 0)
		n = read_exe(text);
	else if (found(path, buf, &at, LOOK))
		n = syscall(SYS_readlinkat, d, at, text, sizeof(text) - 1);
	else
		return -1;
	if (n < 0)
		return n;
	text[n] = '\0';
	told(text);
	n = (ssize_t)strlen(text);
	if ((size_t)n > size)
		n = (ssize_t)size;
	memcpy(out, text, (size_t)n);
	return n;
}

PUBLIC ssize_t readlink(const char *path, char *out, size_t size)
{
	return read_link(AT_FDCWD, path, out, size);
}

PUBLIC ssize_t readlinkat(int d, const char *path, char *out, size_t size)
{
	return read_link(d, path, out, size);
}

ssize_t __readlink_chk(const char *path, char *out, size_t size, size_t room);
PUBLIC ssize_t __readlink_chk(const char *path, char *out, size_t size, size_t room)
{
	(void)room;
	return read_link(AT_FDCWD, path, out, size);
}

ssize_t __readlinkat_chk(int d, const char *path, char *out, size_t size, size_t room);
PUBLIC ssize_t __readlinkat_chk(int d, const char *path, char *out, size_t size, size_t room)
{
	(void)room;
	return read_link(d, path, out, size);
}

PUBLIC char *realpath(const char *path, char *out)
{
	char buf[PATH_MAX];
	const char *at;

	return found(path, buf, &at, LOOK) ? told(REAL(realpath)(at, out)) : NULL;
}

char *__realpath_chk(const char *path, char *out, size_t room);
PUBLIC char *__realpath_chk(const char *path, char *out, size_t room)
{
	(void)room;
	return realpath(path, out);
}

PUBLIC char *canonicalize_file_name(const char *path)
{
	return realpath(path, NULL);
}

PUBLIC char *getcwd(char *out, size_t size)
{
	char buf[PATH_MAX];

	start();
	if (syscall(SYS_getcwd, buf, sizeof(buf)) < 0)
		return NULL;
	told(buf);
	if (!out && !size)
		return strdup(buf);
	if (strlen(buf) >= size) {
		errno = ERANGE;
		return NULL;
	}
	if (!out && !(out = malloc(size)))
		return NULL;
	return memcpy(out, buf, strlen(buf) + 1);
}

char *__getcwd_chk(char *out, size_t size, size_t room);
PUBLIC char *__getcwd_chk(char *out, size_t size, size_t room)
{
	(void)room;
	return getcwd(out, size);
}

PUBLIC char *get_current_dir_name(void)
{
	return getcwd(NULL, 0);
}

PUBLIC int glob(const char *path, int flags, int (*failed)(const char *, int), glob_t *g)
{
	char buf[PATH_MAX];
	const char *at;

	if (!found(path, buf, &at, LOOK))
		return GLOB_ABORTED;
	size_t before = flags & GLOB_APPEND ? g->gl_pathc : 0;
	int rc = REAL(glob)(at, flags, failed, g);
	size_t first = flags & GLOB_DOOFFS ? g->gl_offs : 0;
	for (size_t i = before; rc == 0 && i < g->gl_pathc; i++)
		told(g->gl_pathv[first + i]);
	return rc;
}

/* -- temporary files: the C library fills in the name, and opens it by itself -- */

static void fill_in(char *template, const char *made, size_t suffix)
{
	size_t n = strlen(template), tail = 6 + suffix;

	if (n >= tail)
		memcpy(template + n - tail, made + strlen(made) - tail, tail);
}

#define TEMPORARY(type, bad, name, params, args, suffix)      \
	PUBLIC type name params                               \
	{                                                     \
		char buf[PATH_MAX];                           \
		const char *at;                               \
		if (!found(path, buf, &at, CHANGE))           \
			return bad;                           \
		if (at == path)                               \
			return REAL(name) args;               \
		char *template = path;                        \
		path = buf;                                   \
		type made = REAL(name) args;                  \
		path = template;                              \
		if (made != bad)                              \
			fill_in(path, buf, (size_t)(suffix)); \
		return made;                                  \
	}

TEMPORARY(int, -1, mkstemp, (char *path), (path), 0)
TEMPORARY(int, -1, mkstemp64, (char *path), (path), 0)
TEMPORARY(int, -1, mkostemp, (char *path, int flags), (path, flags), 0)
TEMPORARY(int, -1, mkostemp64, (char *path, int flags), (path, flags), 0)
TEMPORARY(int, -1, mkstemps, (char *path, int suffix), (path, suffix), suffix)
TEMPORARY(int, -1, mkstemps64, (char *path, int suffix), (path, suffix), suffix)
TEMPORARY(int, -1, mkostemps, (char *path, int suffix, int flags), (path, suffix, flags),
          suffix)
TEMPORARY(int, -1, mkostemps64, (char *path, int suffix, int flags), (path, suffix, flags),
          suffix)

PUBLIC char *mkdtemp(char *path)
{
	char buf[PATH_MAX];
	const char *at;

	if (!found(path, buf, &at, CHANGE))
		return NULL;
	if (at == path)
		return REAL(mkdtemp)(path);
	if (!REAL(mkdtemp)(buf))
		return NULL;
	fill_in(path, buf, 0);
	return path;
}

/* -- languages: the C library opens its files by itself, from the host -- */

static char *const locale_folder = "/usr/lib/locale";

/* Looks below the root only; no file there means the same as in a root of its own. */
static bool enter_locales(void)
{
	char buf[PATH_MAX];

	start();
	return root_len && !getenv("LOCPATH") && put_below_root(locale_folder, buf) &&
	       setenv("LOCPATH", buf, 1) == 0;
}

PUBLIC char *setlocale(int category, const char *name)
{
	bool entered = name && enter_locales();
	char *result = REAL(setlocale)(category, name);

	if (entered)
		unsetenv("LOCPATH");
	return result;
}

PUBLIC locale_t newlocale(int mask, const char *name, locale_t base)
{
	bool entered = name && enter_locales();
	locale_t result = REAL(newlocale)(mask, name, base);

	if (entered)
		unsetenv("LOCPATH");
	return result;
}

PUBLIC char *bindtextdomain(const char *domain, const char *path)
{
	char buf[PATH_MAX];
	const char *at;

	if (!found(path, buf, &at, LOOK))
		return NULL;
	char *bound = REAL(bindtextdomain)(domain, at);
	return bound && is_ours(bound) ? bound + root_len : bound;
}

/* -- programs -- */

/* Leaves word for the slot that a program could not be run here. */
static int note_refused(const char *path)
{
	char note[PATH_MAX];
	size_t n = root_len - strlen("/root");

	if (n + sizeof("/refused") < sizeof(note)) {
		memcpy(note, root, n);
		memcpy(note + n, "/refused", sizeof("/refused"));
		int fd = (int)syscall(SYS_openat, AT_FDCWD, note,
		                      O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0 && write(fd, path, strlen(path)) < 0)
			errno = EACCES;
		if (fd >= 0)
			close(fd);
	}
	return EACCES;
}

/* Plans what the job calls @path. 0 or an errno. */
static int plan(const char *path, char *const argv[], struct launch *l)
{
	char full[PATH_MAX] = "";
	const char *name = path;
	bool refused;

	if (!path || !*path)
		return ENOENT;
	if (strcmp(path, "/proc/self/exe") == 0)
		path = exe;
	if (starts(path, "/proc/self/fd/") || starts(path, "/dev/fd/")) {
		if (read_link(AT_FDCWD, path, full, sizeof(full) - 1) < 0)
			return errno;
	} else if (path[0] != '/' || is_ours(path) || climb(path)) {
		if (path[0] != '/' && !working_folder(full))
			return errno;
		if (climb(path) ? !append_plain(full, path)
		                : snprintf(full + strlen(full), PATH_MAX - strlen(full), "/%s",
		                           path) >= PATH_MAX)
			return ENAMETOOLONG;
		told(full + (full[0] == '/' && full[1] == '/'));
		if (full[1] == '/')
			memmove(full, full + 1, strlen(full));
	} else {
		strncpy(full, path, sizeof(full) - 1);
	}
	int rc = launch_plan(&told_root, full, name, argv && argv[0] ? argv[0] : name, l,
	                     &refused);
	return refused ? note_refused(full) : rc;
}

static size_t count(char *const v[])
{
	size_t n = 0;

	while (v && v[n])
		n++;
	return n;
}

static int execute(const char *path, char *const argv[], char *const envp[])
{
	struct launch l;

	start();
	if (!root_len)
		return REAL(execve)(path, argv, envp);
	int rc = plan(path, argv, &l);
	if (rc) {
		errno = rc;
		return -1;
	}
	char *args[launch_argc(count(argv))];
	char *env[count(envp) + LAUNCH_VARS + 1];
	static char *const none[] = { NULL };
	launch_argv(&told_root, &l, argv ? argv : none, args);
	launch_envp(&told_root, &l, envp, env);
	return REAL(execve)(l.loader, args, env);
}

/* Finds @name along $PATH in the job's terms; @out has SEARCH_MAX bytes. */
static const char *search(const char *name, char *out)
{
	const char *path = getenv("PATH");

	if (strchr(name, '/'))
		return name;
	for (path = path ? path : "/bin:/usr/bin"; *path; path += *path == ':') {
		size_t n = strcspn(path, ":");

		if (n + strlen(name) + 2 < SEARCH_MAX) {
			memcpy(out, path, n);
			out[n] = '/';
			memcpy(out + n + (n > 0), name, strlen(name) + 1);
			if (access(out, X_OK) == 0)
				return out;
		}
		path += n;
	}
	errno = ENOENT;
	return NULL;
}

PUBLIC int execve(const char *path, char *const argv[], char *const envp[])
{
	return execute(path, argv, envp);
}

PUBLIC int execv(const char *path, char *const argv[])
{
	return execute(path, argv, environ);
}

/* As the C library does it: a text without "#!" is the shell's. */
PUBLIC int execvpe(const char *name, char *const argv[], char *const envp[])
{
	char buf[SEARCH_MAX];
	const char *path = search(name, buf);

	if (!path)
		return -1;
	execute(path, argv, envp);
	if (errno != ENOEXEC)
		return -1;
	size_t n = count(argv);
	char *args[n + 3];
	args[0] = "/bin/sh";
	args[1] = (char *)path;
	for (size_t i = 1; i <= n; i++)
		args[i + 1] = argv[i];
	args[n > 0 ? n + 1 : 2] = NULL;
	return execute("/bin/sh", args, envp);
}

PUBLIC int execvp(const char *name, char *const argv[])
{
	return execvpe(name, argv, environ);
}

PUBLIC int fexecve(int fd, char *const argv[], char *const envp[])
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return execute(path, argv, envp);
}

#define EXEC_LIST(call)                                         \
	size_t n = 1;                                           \
	va_list ap, again;                                      \
	va_start(ap, arg);                                      \
	va_copy(again, ap);                                     \
	while (arg && va_arg(ap, char *))                       \
		n++;                                            \
	char *argv[n + 1];                                      \
	argv[0] = (char *)arg;                                  \
	for (size_t i = 1; i <= n; i++)                         \
		argv[i] = i < n ? va_arg(again, char *) : NULL; \
	if (arg)                                                \
		(void)va_arg(again, char *);                    \
	int rc = call;                                          \
	va_end(again);                                          \
	va_end(ap);                                             \
	return rc

PUBLIC int execl(const char *path, const char *arg, ...)
{
	EXEC_LIST(execv(path, argv));
}

PUBLIC int execlp(const char *path, const char *arg, ...)
{
	EXEC_LIST(execvp(path, argv));
}

PUBLIC int execle(const char *path, const char *arg, ...)
{
	EXEC_LIST(execve(path, argv, va_arg(again, char **)));
}

PUBLIC int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const argv[],
                       char *const envp[])
{
	struct launch l;

	start();
	if (!root_len)
		return REAL(posix_spawn)(pid, path, actions, attributes, argv, envp);
	int rc = plan(path, argv, &l);
	if (rc)
		return rc;
	char *args[launch_argc(count(argv))];
	char *env[count(envp) + LAUNCH_VARS + 1];
	launch_argv(&told_root, &l, argv, args);
	launch_envp(&told_root, &l, envp, env);
	return REAL(posix_spawn)(pid, l.loader, actions, attributes, args, env);
}

PUBLIC int posix_spawnp(pid_t *pid, const char *name, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, char *const argv[],
                        char *const envp[])
{
	char buf[SEARCH_MAX];
	const char *path = search(name, buf);

	return path ? posix_spawn(pid, path, actions, attributes, argv, envp) : errno;
}

PUBLIC int posix_spawn_file_actions_addopen(posix_spawn_file_actions_t *actions, int fd,
                                            const char *path, int flags, mode_t mode)
{
	char buf[PATH_MAX];
	const char *at;

	return found(path, buf, &at, LOOK)
	               ? REAL(posix_spawn_file_actions_addopen)(actions, fd, at, flags, mode)
	               : errno;
}

PUBLIC int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions,
                                                const char *path)
{
	char buf[PATH_MAX];
	const char *at;

	return found(path, buf, &at, LOOK)
	               ? REAL(posix_spawn_file_actions_addchdir_np)(actions, at)
	               : errno;
}

/* The C library's own would run the host's shell. */
static int spawn_shell(const char *command, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, pid_t *pid)
{
	char *const argv[] = { "sh", "-c", (char *)command, NULL };

	return posix_spawn(pid, "/bin/sh", actions, attributes, argv, environ);
}

PUBLIC int system(const char *command)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, interrupt, quit;
	sigset_t child, old, reset;
	posix_spawnattr_t attributes;
	int status = -1;
	pid_t pid;

	if (!command)
		return access("/bin/sh", X_OK) == 0;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &old);
	sigaction(SIGINT, &ignore, &interrupt);
	sigaction(SIGQUIT, &ignore, &quit);
	sigemptyset(&reset);
	if (interrupt.sa_handler != SIG_IGN)
		sigaddset(&reset, SIGINT);
	if (quit.sa_handler != SIG_IGN)
		sigaddset(&reset, SIGQUIT);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &old);
	posix_spawnattr_setsigdefault(&attributes, &reset);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (spawn_shell(command, NULL, &attributes, &pid) != 0)
		status = 127 << 8;
	else
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	posix_spawnattr_destroy(&attributes);
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return status;
}

/* Streams of popen; a program has few at a time. */
static struct {
	FILE *stream;
	pid_t pid;
} pipes[64];

static FILE *note_pipe(int fd, const char *mode, pid_t pid)
{
	for (size_t i = 0; i < sizeof(pipes) / sizeof(pipes[0]); i++) {
		if (pipes[i].stream)
			continue;
		pipes[i].stream = fdopen(fd, mode);
		pipes[i].pid = pid;
		return pipes[i].stream;
	}
	errno = EMFILE;
	return NULL;
}

PUBLIC FILE *popen(const char *command, const char *mode)
{
	const bool reads = mode[0] == 'r';
	posix_spawn_file_actions_t actions;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return NULL;
	int ours = reads ? fds[0] : fds[1], theirs = reads ? fds[1] : fds[0];
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, theirs, reads ? 1 : 0);
	int rc = spawn_shell(command, &actions, NULL, &pid);
	posix_spawn_file_actions_destroy(&actions);
	close(theirs);
	FILE *f = rc == 0 ? note_pipe(ours, reads ? "r" : "w", pid) : NULL;
	if (!f)
		close(ours);
	else if (!strchr(mode, 'e'))
		fcntl(ours, F_SETFD, 0);
	return f;
}

PUBLIC int pclose(FILE *f)
{
	int status = -1;

	for (size_t i = 0; i < sizeof(pipes) / sizeof(pipes[0]); i++) {
		if (pipes[i].stream != f)
			continue;
		pipes[i].stream = NULL;
		fclose(f);
		while (waitpid(pipes[i].pid, &status, 0) < 0 && errno == EINTR)
			;
		return status;
	}
	errno = ECHILD;
	return -1;
}

#include "model/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "core/placeholder.h"

static int fill(struct store *st, const struct oid *id, int to, unsigned mode,
                const struct timespec *mtime, struct err *err)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } };

	if (store_copy(st, id, to, err) < 0)
		return -1;
	if (mtime)
		times[1] = *mtime;
	if (fchmod(to, mode) < 0 || (mtime && futimens(to, times) < 0))
		return err_sys(err, "set mode and time");
	return 0;
}

int output_write(struct store *st, const char *path, const struct oid *id, unsigned mode,
                 const struct timespec *mtime, struct err *err)
{
	auto_free char *tmp = xasprintf("%s.gg-%d.tmp", path, (int)getpid());
	struct stat written, sb;

	auto_fd to = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return err_sys(err, "make %s", path);
	if (fill(st, id, to, mode, mtime, err) < 0 || fstat(to, &written) < 0) {
		unlink(tmp);
		return err_wrap(err, "make %s", path);
	}
	if (file_replace(tmp, path, err) < 0)
		return err_wrap(err, "make");
	/* the new name is a change, too, but not of what it holds */
	if (fstat(to, &sb) == 0 && clock_ns_of(sb.st_mtim) == clock_ns_of(written.st_mtim))
		store_file_known(st, path, &sb, id);
	return 0;
}

int output_redirect(struct store *st, const char *path, const struct oid *id, unsigned mode,
                    struct err *err)
{
	if (file_stands_alone(path, &mode) >= 0)
		return output_write(st, path, id, mode, NULL, err);
	auto_fd to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (to < 0 || store_copy(st, id, to, err) < 0)
		return to < 0 ? err_sys(err, "%s", path) : err_wrap(err, "%s", path);
	return 0;
}

int output_promise(struct store *st, const char *path, const struct oid *thunk, const char *tag,
                   unsigned mode, struct err *err)
{
	auto_buf body = BUF_INIT;
	auto_free char *ref = tag ? xasprintf("%s#%s", thunk->s, tag) : xstrdup(thunk->s);
	unsigned own_mode;

	if (placeholder_encode(path, thunk, tag, &body, &own_mode, err) < 0 ||
	    store_pending_add(st, path, ref, mode, err) < 0)
		return -1;
	return file_write(path, body.data, body.len, own_mode, err);
}

static bool same_tag(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

int output_keep_promise(struct store *st, const char *path, const struct oid *thunk,
                        const char *tag, const struct oid *id, unsigned mode, struct err *err)
{
	auto_placeholder h = { 0 };
	struct err ignored;
	struct stat sb;

	if (lstat(path, &sb) < 0 || placeholder_read_found(path, &sb, &h, &ignored) != 1 ||
	    !oid_eq(&h.thunk, thunk) || !same_tag(h.tag, tag))
		return 0;
	unsigned found = sb.st_mode & 07777;
	if (found != 0600 && found != 0755)
		mode = found;
	if (output_write(st, path, id, mode, &sb.st_mtim, err) < 0)
		return -1;
	if (store_pending_remove(st, path, err) < 0)
		return -1;
	return 1;
}

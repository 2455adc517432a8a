#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

enum err_kind err_kind_of(int sys)
{
	switch (sys) {
	case ENOENT:
	case ENOTDIR: return ERR_NOTFOUND;
	case ENOSPC:
	case EDQUOT: return ERR_NOSPC;
	case EAGAIN:
	case EINTR:
	case EBUSY: return ERR_RETRY;
	case EACCES:
	case EPERM:
	case EROFS: return ERR_DENIED;
	default: return ERR_IO;
	}
}

int err_exit_code(enum err_kind kind)
{
	switch (kind) {
	case ERR_NONE: return 0;
	case ERR_FAILED: return 1;
	case ERR_USAGE: return 2;
	case ERR_CORRUPT: return 104;
	default: return 101;
	}
}

int(err_set)(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -1;
	err->kind = kind;
	err->sys = 0;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return -1;
}

int(err_sys)(struct err *err, const char *fmt, ...)
{
	int sys = errno;
	va_list ap;

	if (!err)
		return -1;
	err->kind = err_kind_of(sys);
	err->sys = sys;
	va_start(ap, fmt);
	int n = vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(err->msg))
		snprintf(err->msg + n, sizeof(err->msg) - (size_t)n, ": %s", strerror(sys));
	return -1;
}

int(err_wrap)(struct err *err, const char *fmt, ...)
{
	char old[sizeof(err->msg)];
	va_list ap;

	if (!err)
		return -1;
	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	int n = vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(err->msg))
		snprintf(err->msg + n, sizeof(err->msg) - (size_t)n, ": %s", old);
	return -1;
}

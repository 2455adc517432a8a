/**
 * A growable byte buffer with a limit. Always NUL-terminated after the last
 * byte once anything was added, so text can be used in place.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/compat.h"

#include <stdarg.h>

struct buf {
	char *data; /* owned; NULL until the first byte */
	size_t len;
	size_t cap;
	size_t max;    /* bytes; adding beyond fails; 0 means BUF_MAX_DEFAULT */
	bool overflow; /* an addition was refused; sticky */
};

enum { BUF_MAX_DEFAULT = 256 << 20 };

#define BUF_INIT                     \
	{                            \
		NULL, 0, 0, 0, false \
	}
#define BUF_LIMIT(limit)                   \
	{                                  \
		NULL, 0, 0, (limit), false \
	}

void buf_release(struct buf *b);
/** Forget the content, keep the memory. */
void buf_reset(struct buf *b);

/** Append; returns 0, or -1 when the limit would be passed (nothing is added, overflow is set).
 */
int buf_add(struct buf *b, const void *data, size_t len);
int buf_adds(struct buf *b, const char *s);
/** Put @to in the place of every @from. */
void buf_replace(struct buf *b, const char *from, const char *to);
int buf_addc(struct buf *b, char c);
int buf_addf(struct buf *b, const char *fmt, ...) printflike(2, 3);
int buf_vaddf(struct buf *b, const char *fmt, va_list ap);

/** Make room for @extra more bytes and return where they go (then raise len yourself, and end
 * them with a NUL, for which there is room), or NULL. */
char *buf_room(struct buf *b, size_t extra);

/** The text, "" when empty; borrowed until the next change. */
const char *buf_str(const struct buf *b);

/** Take the bytes away: an owned, NUL-terminated string; the buffer is empty after. */
char *buf_steal(struct buf *b);

#define auto_buf struct buf cleanup(buf_release)

#endif

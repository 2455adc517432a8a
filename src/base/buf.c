#include "base/buf.h"

#include <string.h>

void buf_release(struct buf *b)
{
	free(b->data);
	b->data = NULL;
	b->len = b->cap = 0;
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->overflow = false;
	if (b->data)
		b->data[0] = '\0';
}

char *buf_room(struct buf *b, size_t extra)
{
	size_t max = b->max ? b->max : BUF_MAX_DEFAULT;

	if (extra > max || b->len > max - extra) {
		b->overflow = true;
		return NULL;
	}
	if (b->len + extra + 1 > b->cap) {
		size_t cap = b->cap ? b->cap : 64;

		while (cap < b->len + extra + 1)
			cap *= 2;
		b->data = xrealloc(b->data, cap);
		b->cap = cap;
	}
	return b->data + b->len;
}

int buf_add(struct buf *b, const void *data, size_t len)
{
	char *at = buf_room(b, len);

	if (!at)
		return -1;
	if (len)
		memcpy(at, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return 0;
}

int buf_adds(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int buf_addc(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

int buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;

	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return -1;
	char *at = buf_room(b, (size_t)n);
	if (!at)
		return -1;
	vsnprintf(at, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
	return 0;
}

int buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int rc = buf_vaddf(b, fmt, ap);
	va_end(ap);
	return rc;
}

void buf_replace(struct buf *b, const char *from, const char *to)
{
	struct buf out = { .max = b->max };
	size_t n = strlen(from);
	const char *at = buf_str(b);
	const char *end = at + b->len;

	for (const char *hit; (hit = memmem(at, (size_t)(end - at), from, n)); at = hit + n) {
		buf_add(&out, at, (size_t)(hit - at));
		buf_adds(&out, to);
	}
	buf_add(&out, at, (size_t)(end - at));
	buf_release(b);
	*b = out;
}

const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *buf_steal(struct buf *b)
{
	char *s = b->data ? b->data : xstrdup("");

	b->data = NULL;
	b->len = b->cap = 0;
	return s;
}

#include "remote/resp.h"

#include <errno.h>
#include <string.h>

enum { LINE_MAX_BYTES = 64 << 10, ARRAY_MAX = 1 << 20 };

void resp_init(struct resp *r, resp_fn *fn, void *arg)
{
	*r = (struct resp){ .fn = fn, .arg = arg, .line = BUF_LIMIT(LINE_MAX_BYTES) };
}

void resp_release(struct resp *r)
{
	buf_release(&r->line);
}

static int bad(struct err *err, const char *what)
{
	return err_set(err, ERR_CORRUPT, "not Redis's protocol: %s", what);
}

static void tell(struct resp *r, enum resp_event e, const char *data, size_t len, int64_t n)
{
	r->fn(r->arg, e, data, len, n);
}

/* A value has ended: so may arrays around it. */
static void value_done(struct resp *r)
{
	while (r->depth) {
		if (--r->nested[r->depth - 1] > 0)
			return;
		r->depth--;
	}
	tell(r, RESP_REPLY, NULL, 0, 0);
}

static int parse_number(const char *s, int64_t *out, struct err *err)
{
	char *end;

	errno = 0;
	*out = strtoll(s, &end, 10);
	if (errno || end == s || *end)
		return bad(err, "a number was expected");
	return 0;
}

static int begin_array(struct resp *r, int64_t n, struct err *err)
{
	if (n < 0) {
		tell(r, RESP_NIL, NULL, 0, 0);
		value_done(r);
		return 0;
	}
	if (n > ARRAY_MAX || r->depth == RESP_DEPTH)
		return bad(err, "an array is too long or too deep");
	tell(r, RESP_ARRAY, NULL, 0, n);
	if (n == 0)
		value_done(r);
	else
		r->nested[r->depth++] = n;
	return 0;
}

static int begin_string(struct resp *r, int64_t n, struct err *err)
{
	if (n < -1 || n > INT64_MAX / 2)
		return bad(err, "a length that no string has");
	if (n < 0) {
		tell(r, RESP_NIL, NULL, 0, 0);
		value_done(r);
		return 0;
	}
	tell(r, RESP_BEGIN, NULL, 0, n);
	r->body = (uint64_t)n;
	r->tail = 2;
	return 0;
}

static int take_line(struct resp *r, struct err *err)
{
	const char *s = buf_str(&r->line);
	size_t len = r->line.len;
	int64_t n = 0;

	if (len == 0 || memchr(s, '\0', len))
		return bad(err, "an empty line");
	if (strchr(":$*", s[0]) && parse_number(s + 1, &n, err) < 0)
		return -1;
	switch (s[0]) {
	case '+': tell(r, RESP_STATUS, s + 1, len - 1, 0); break;
	case '-': tell(r, RESP_ERROR, s + 1, len - 1, 0); break;
	case ':': tell(r, RESP_INTEGER, NULL, 0, n); break;
	case '$': return begin_string(r, n, err);
	case '*': return begin_array(r, n, err);
	default: return bad(err, "a line begins in an unknown way");
	}
	value_done(r);
	return 0;
}

/* Bytes of a line up to its end; how many were used, or -1. */
static ssize_t feed_line(struct resp *r, const char *data, size_t len, struct err *err)
{
	const char *end = memchr(data, '\n', len);
	size_t n = end ? (size_t)(end - data) : len;

	if (buf_add(&r->line, data, n) < 0)
		return bad(err, "a line is too long");
	if (!end)
		return (ssize_t)n;
	if (r->line.len == 0 || r->line.data[r->line.len - 1] != '\r')
		return bad(err, "a line ends without a carriage return");
	r->line.data[--r->line.len] = '\0';
	int rc = take_line(r, err);
	buf_reset(&r->line);
	return rc < 0 ? -1 : (ssize_t)n + 1;
}

static ssize_t feed_string(struct resp *r, const char *data, size_t len, struct err *err)
{
	if (r->body) {
		size_t n = len < r->body ? len : (size_t)r->body;

		tell(r, RESP_DATA, data, n, 0);
		r->body -= n;
		return (ssize_t)n;
	}
	if (*data != (r->tail == 2 ? '\r' : '\n'))
		return bad(err, "a string is longer than its length");
	if (--r->tail == 0) {
		tell(r, RESP_END, NULL, 0, 0);
		value_done(r);
	}
	return 1;
}

int resp_feed(struct resp *r, const char *data, size_t len, struct err *err)
{
	while (len > 0) {
		ssize_t n = r->body || r->tail ? feed_string(r, data, len, err)
		                               : feed_line(r, data, len, err);

		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

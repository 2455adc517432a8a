#include "sandbox/message.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { HEAD = sizeof(uint32_t), FIRST = 4096 };

void message_begin(struct buf *b)
{
	static const char zero[HEAD];

	buf_reset(b);
	buf_add(b, zero, HEAD);
}

void message_add_str(struct buf *b, const char *s)
{
	buf_addc(b, s ? 's' : '0');
	if (s)
		buf_add(b, s, strlen(s) + 1);
}

void message_add_bytes(struct buf *b, const void *data, size_t len)
{
	buf_addc(b, data ? 'b' : '0');
	if (data)
		buf_add(b, data, len);
}

void message_add_num(struct buf *b, uint64_t n)
{
	buf_add(b, &n, sizeof(n));
}

/* After a call that failed: may it be made again? Waits until the other end has caught up,
 * which it does at once: the two take turns. Our end doesn't block, for the event loop's sake.
 */
static bool again(int fd, short events)
{
	struct pollfd p = { fd, events, 0 };

	if (errno == EAGAIN)
		return poll(&p, 1, -1) >= 0 || errno == EINTR;
	return errno == EINTR;
}

int message_send(int fd, struct buf *b, struct err *err)
{
	uint32_t len = (uint32_t)(b->len - HEAD);
	size_t sent = 0;

	memcpy(b->data, &len, HEAD);
	while (sent < b->len) {
		ssize_t n = send(fd, b->data + sent, b->len - sent, MSG_NOSIGNAL);

		if (n < 0 && again(fd, POLLOUT))
			continue;
		if (n < 0)
			return err_sys(err, "slot");
		sent += (size_t)n;
	}
	return 0;
}

static int receive_all(int fd, void *to, size_t len, struct err *err)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = recv(fd, (char *)to + got, len - got, 0);

		if (n < 0 && again(fd, POLLIN))
			continue;
		if (n < 0)
			return err_sys(err, "slot");
		if (n == 0)
			return err_set(err, ERR_NOTFOUND, "slot: the other end has gone");
		got += (size_t)n;
	}
	return 0;
}

/* What comes first, the head at least; most messages as a whole, as no other follows before it
 * is answered. How many bytes, or -1. */
static ssize_t receive_first(int fd, char first[FIRST], struct err *err)
{
	ssize_t n;

	do
		n = recv(fd, first, FIRST, 0);
	while (n < 0 && again(fd, POLLIN));
	if (n < 0)
		return err_sys(err, "slot");
	if (n == 0)
		return err_set(err, ERR_NOTFOUND, "slot: the other end has gone");
	if (n < HEAD && receive_all(fd, first + n, (size_t)(HEAD - n), err) < 0)
		return -1;
	return n < HEAD ? HEAD : n;
}

int message_receive(int fd, struct buf *b, struct err *err)
{
	char first[FIRST];
	uint32_t len;
	ssize_t n = receive_first(fd, first, err);

	if (n < 0)
		return -1;
	memcpy(&len, first, HEAD);
	size_t got = (size_t)n - HEAD;
	buf_reset(b);
	char *at = buf_room(b, len);
	if (!at || got > len)
		return err_set(err, ERR_CORRUPT, "slot: a message of %u bytes", len);
	memcpy(at, first + HEAD, got);
	if (receive_all(fd, at + got, len - got, err) < 0)
		return -1;
	b->len = len;
	b->data[len] = '\0';
	return 0;
}

void message_read(struct message_reader *r, const struct buf *b)
{
	*r = (struct message_reader){ b->data, b->data + b->len, false };
}

const char *message_str(struct message_reader *r)
{
	if (r->at >= r->end || (*r->at != 's' && *r->at != '0')) {
		r->bad = true;
		return NULL;
	}
	if (*r->at++ == '0')
		return NULL;
	const char *s = r->at;
	const char *nul = memchr(s, '\0', (size_t)(r->end - s));
	if (!nul) {
		r->bad = true;
		return NULL;
	}
	r->at = nul + 1;
	return s;
}

const char *message_bytes(struct message_reader *r, size_t len)
{
	bool any = r->at < r->end && *r->at == 'b';

	if (!any && (r->at >= r->end || *r->at != '0')) {
		r->bad = true;
		return NULL;
	}
	r->at++;
	if (!any)
		return NULL;
	if ((size_t)(r->end - r->at) < len) {
		r->bad = true;
		return NULL;
	}
	r->at += len;
	return r->at - len;
}

uint64_t message_num(struct message_reader *r)
{
	uint64_t n = 0;

	if ((size_t)(r->end - r->at) < sizeof(n)) {
		r->bad = true;
		return 0;
	}
	memcpy(&n, r->at, sizeof(n));
	r->at += sizeof(n);
	return n;
}

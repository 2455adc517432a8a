/**
 * How a box and its slots talk: framed lists of strings and numbers over a stream socket. Both
 * ends are this program, so a malformed frame is an error of the channel, not a hostile peer.
 */
#ifndef SANDBOX_MESSAGE_H
#define SANDBOX_MESSAGE_H

#include "base/buf.h"
#include "base/err.h"

/** Start a frame; its length is filled in by message_send. */
void message_begin(struct buf *b);
void message_add_str(struct buf *b, const char *s); /* NULL is kept apart from "" */
void message_add_num(struct buf *b, uint64_t n);
void message_add_bytes(struct buf *b, const void *data, size_t len); /* @data: or NULL */
int message_send(int fd, struct buf *b, struct err *err);
/** Receive one frame into @b. NOTFOUND at the end of the stream. */
int message_receive(int fd, struct buf *b, struct err *err);

/** Reads a frame front to back; strings are borrowed from the buffer. */
struct message_reader {
	const char *at;
	const char *end;
	bool bad; /* sticky: the frame ended too early */
};

void message_read(struct message_reader *r, const struct buf *b);
const char *message_str(struct message_reader *r);
uint64_t message_num(struct message_reader *r);
/** As many as were added; NULL for NULL. */
const char *message_bytes(struct message_reader *r, size_t len);

#endif

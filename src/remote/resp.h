/**
 * Reads Redis's protocol (RESP2) as it comes, in pieces of any size. Long values are handed on
 * piece by piece, so that none is ever whole in memory.
 */
#ifndef REMOTE_RESP_H
#define REMOTE_RESP_H

#include "base/buf.h"
#include "base/err.h"

enum resp_event {
	RESP_STATUS,  /* "+OK": data, len */
	RESP_ERROR,   /* "-ERR …": data, len */
	RESP_INTEGER, /* number */
	RESP_NIL,
	RESP_ARRAY, /* number: of elements, which follow */
	RESP_BEGIN, /* of a string; number: its length */
	RESP_DATA,  /* the next bytes of it */
	RESP_END,
	RESP_REPLY, /* all of a reply was told */
};

typedef void resp_fn(void *arg, enum resp_event event, const char *data, size_t len,
                     int64_t number);

enum { RESP_DEPTH = 4 };

struct resp {
	resp_fn *fn;
	void *arg;
	struct buf line;            /* a line that is not whole yet */
	uint64_t body;              /* bytes of a string still to come */
	unsigned tail;              /* of the line end after it: bytes still to come */
	int64_t nested[RESP_DEPTH]; /* elements still to come, outermost first */
	unsigned depth;
};

void resp_init(struct resp *r, resp_fn *fn, void *arg);
void resp_release(struct resp *r);
/** CORRUPT when it is not RESP2; the reader is of no use then. */
int resp_feed(struct resp *r, const char *data, size_t len, struct err *err);

#endif

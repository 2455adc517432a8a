/**
 * One connection to a Redis server: plain, TLS or a unix socket, on the event loop. Commands
 * are sent one after the other without waiting for answers; it connects when there is something
 * to send, and again after a failure.
 */
#ifndef REMOTE_REDISLINK_H
#define REMOTE_REDISLINK_H

#include "base/buf.h"
#include "base/err.h"
#include "remote/resp.h"

#include <uv.h>

struct redislink;

/** Where to and as whom; all borrowed for the life of the link. */
struct redis_place {
	const char *host;
	unsigned port;
	const char *socket;   /* path of a unix socket, or NULL */
	const char *user;     /* NULL: only a password, or nobody */
	const char *password; /* NULL: none */
	unsigned db;
	void *tls;         /* SSL_CTX *, or NULL: plain */
	const char *shown; /* for messages */
};

/** A command. Owned by the link from redislink_send on, until done was called; a part of the
 * caller's own struct. */
struct redis_command {
	struct redis_command *next;
	struct buf head;     /* all bytes before the body */
	int fd;              /* of a body, read from its start; -1: none. The caller's */
	uint64_t size_bytes; /* of the body; a line end follows it */
	uint64_t sent_bytes; /* of the body */
	bool begun;
	resp_fn *on_event; /* what the answer holds; not RESP_REPLY, and not errors */
	/* Exactly once; @err NULL: it was answered, without an error. Then the command is the
	 * caller's again. */
	void (*done)(struct redis_command *c, const struct err *err);
};

/** Append a command line of @n words. */
void redis_words(struct buf *b, const char *const *words, size_t n);

struct redislink *redislink_new(uv_loop_t *loop, const struct redis_place *place);
/** What is open answers now (RETRY "cancelled"); the loop must run once more. */
void redislink_free(struct redislink *l);
void redislink_send(struct redislink *l, struct redis_command *c);
/** Commands that are not answered. */
size_t redislink_busy(const struct redislink *l);
/** Give up all: they answer later, from the loop. */
void redislink_cancel(struct redislink *l);

/** A client's TLS: SSL_CTX *, or NULL with @err. Files are PEM and may be NULL: the system's
 * CAs, no client certificate. */
void *redis_tls_new(const char *cacert, const char *cert, const char *key, struct err *err);
void redis_tls_free(void *tls);

#endif

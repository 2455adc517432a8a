/**
 * As much of an HTTP/1.1 server as the Lambda emulator needs: requests with a length, answers
 * that may come later, connections that are kept.
 */
#ifndef PEERS_HTTPD_H
#define PEERS_HTTPD_H

#include "base/buf.h"
#include "base/strv.h"

#include <uv.h>

struct httpd;
struct conn;

struct request {
	const char *method;
	const char *path;    /* without the query */
	const char *query;   /* "" if none */
	struct strv headers; /* "name: value", names in lower case */
	const char *body;
	size_t body_len;
};

typedef void httpd_fn(void *arg, struct conn *c, const struct request *r);

/** Listen on 127.0.0.1 (@port 0: any). NULL when it can't. */
struct httpd *httpd_new(uv_loop_t *loop, unsigned port, httpd_fn *fn, void *arg);
unsigned httpd_port(const struct httpd *h);
/** No new connections; those that are open end. */
void httpd_close(struct httpd *h);

/** Answer; once for each request. @headers: "name: value\r\n…", may be "". */
void conn_reply(struct conn *c, int status, const char *headers, const void *body, size_t len);
/** Call fn(arg) if the peer goes away before the answer; NULL: forget it. */
void conn_on_gone(struct conn *c, void (*fn)(void *arg), void *arg);
/** Cut the connection without an answer. */
void conn_cut(struct conn *c);

/** Value of a header, or NULL. */
const char *request_header(const struct request *r, const char *name);

#endif

/**
 * An HTTP server on an event loop (libmicrohttpd): hands whole, authorised requests to one
 * handler, which answers when it likes. It is made for the open network: nothing that a client
 * does can stop it, and what a client may cost is bounded.
 *
 *   credentials   checked when the headers are in, before a body is read
 *   body          at most max_body bytes; all open bodies together at most max_bodies
 *   slow          who sends nothing for read_timeout_ms before the request is whole is cut
 *                 off, and so is who takes longer than that and 16 bytes a millisecond
 *   many          at most max_connections; when they are nearly used up, the oldest ones that
 *                 have shown no credentials go
 *   busy          more than max_requests at once get 429 and Retry-After
 */
#ifndef NET_HTTPD_H
#define NET_HTTPD_H

#include "base/buf.h"
#include "base/err.h"

#include <uv.h>

struct httpd;
struct httpd_request;

typedef void httpd_handler_fn(void *arg, struct httpd_request *r);
/** One line for a log: client address, method, path, status, bytes, milliseconds. No secrets.
 */
typedef void httpd_log_fn(void *arg, const char *line);

struct httpd_options {
	const char *host;      /* numeric address or name; NULL: 127.0.0.1 */
	unsigned port;         /* 0: any free one */
	const char *token;     /* what "Authorization: Bearer" must hold; NULL: none needed */
	const char *tls_cert;  /* PEM file; NULL: plain HTTP */
	const char *tls_key;   /* PEM file */
	const char *client_ca; /* PEM file: clients must show a certificate of it; or NULL */
	const char *open_path; /* GET of it needs no credentials ("/healthz"); or NULL */
	unsigned max_connections; /* 0: 1024, or what the limit of descriptors allows */
	unsigned max_requests;    /* 0: 64 */
	size_t max_body;          /* 0: 64 MiB */
	size_t max_bodies;        /* 0: 256 MiB */
	uint32_t read_timeout_ms; /* 0: 30,000 */
	uint32_t idle_timeout_ms; /* of kept connections; 0: 60,000 */
	httpd_handler_fn *handler;
	httpd_log_fn *log; /* or NULL */
	void *arg;
};

/** Strings of @o are copied. USAGE: a certificate, a key; IO: the address can't be had. */
int httpd_new(uv_loop_t *loop, const struct httpd_options *o, struct httpd **out,
              struct err *err);
/** Cuts every connection. Requests that were handed out must not be used any more. */
void httpd_free(struct httpd *h);
/** "127.0.0.1:9924": where it listens. Borrowed. */
const char *httpd_address(const struct httpd *h);
/** Take no new connections and requests; what was handed out is still answered. */
void httpd_drain(struct httpd *h);
/** Requests handed out and not answered, or answers not sent. */
unsigned httpd_busy(const struct httpd *h);

/** Borrowed until the answer. */
const char *httpd_request_method(const struct httpd_request *r);
const char *httpd_request_path(const struct httpd_request *r);
const char *httpd_request_header(const struct httpd_request *r, const char *name);
const struct buf *httpd_request_body(const struct httpd_request *r);
/** The body is not needed any more. */
void httpd_request_drop_body(struct httpd_request *r);
/** Call fn(arg, r) once if the client goes before the answer; answer all the same. */
void httpd_request_on_gone(struct httpd_request *r, httpd_handler_fn *fn, void *arg);
/** Answer; @r is gone after. @data is copied. @retry_after_s: 0: no such header. */
void httpd_answer(struct httpd_request *r, unsigned status, const char *type, const void *data,
                  size_t len, unsigned retry_after_s);

#endif

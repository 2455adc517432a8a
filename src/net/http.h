/**
 * HTTP requests to other machines, many at once, on an event loop (libcurl's multi interface).
 *
 * A request is described once and may be sent again. Each one that was started calls back
 * exactly once, from the loop, never from inside http_start. Nothing is retried here: what a
 * failure means is the caller's business.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

#include <uv.h>

struct http;

struct http_options {
	unsigned max_connections; /* in all; 0: 1024 */
	unsigned max_per_host;    /* 0: as many as max_connections */
	const char *ca_file;      /* PEM; NULL: the system's */
	const char *client_cert;  /* PEM; NULL: none */
	const char *client_key;   /* PEM; NULL: none */
	const char *user_agent;   /* NULL: "gg/VERSION" is the caller's to give */
};

/** AWS Signature V4. Borrowed while the request is being started. */
struct http_sign {
	const char *region;
	const char *service; /* "s3", "lambda", "sts", "iam" */
	const char *access_key;
	const char *secret_key;
	const char *session_token; /* or NULL */
	/* Payload's SHA-256 in hex for x-amz-content-sha256, or NULL where the service wants
	 * none (then a body in memory is hashed, and one in a file not allowed) */
	const char *payload_hash;
};

/** For payload_hash: the body is not covered by the signature (TLS protects it). */
#define HTTP_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"

struct http_request {
	const char *method; /* "GET" */
	const char *url;    /* path and query percent-encoded, query sorted when it is signed */
	struct strv headers; /* "Name: value"; owned by the request */
	/* body: bytes in memory (borrowed until the call back), or a part of a file */
	const void *body;
	size_t body_len;
	int body_fd; /* -1: none; borrowed until the call back, read with pread */
	uint64_t body_offset;
	uint64_t body_size_bytes;
	const struct http_sign *sign; /* NULL: unsigned */
	const char *bearer;           /* token for Authorization, or NULL */
	unsigned timeout_ms;          /* in all; 0: none */
	unsigned connect_timeout_ms;  /* 0: 10,000 */
	unsigned stall_timeout_ms;    /* no byte either way for so long; 0: 30,000 */
	size_t max_response; /* bytes kept in memory; 0: 1 MiB; more fails as CORRUPT */
	/* where the body of a 2xx answer goes, piece by piece; NULL: into response->body. -1
	 * stops. */
	int (*sink)(void *arg, const void *data, size_t len);
	void *sink_arg;
};

#define HTTP_REQUEST_INIT                                             \
	{                                                             \
		.method = "GET", .headers = STRV_INIT, .body_fd = -1, \
	}

struct http_response {
	long status;     /* HTTP status; 0 when none came: then err says why */
	struct err err;  /* RETRY: connection, timeout (err.sys ETIMEDOUT), cut off, cancelled
	                    (ECANCELED); DENIED: TLS, refused certificates; CORRUPT: too
	                    long; IO: the sink said stop, the body could not be read */
	struct buf body; /* of any answer without a sink, and of errors with one */
	struct strv headers; /* "name: value", names in lower case */
	int64_t wall_ns;
	uint64_t sent_bytes;
	uint64_t received_bytes;
};

/** Value of a header by its lower-case name, or NULL. Borrowed. */
const char *http_response_header(const struct http_response *r, const char *name);

/** @r is the client's, released after the call. */
typedef void http_done_fn(void *arg, const struct http_response *r);

/** @o: its strings are copied; NULL: all by default. Redirects are not followed; proxies are
 * those of the usual variables (https_proxy, no_proxy, …). */
int http_new(uv_loop_t *loop, const struct http_options *o, struct http **out, struct err *err);
/** Cancels what runs (it calls back first, with RETRY "cancelled"). Not from inside a call
 * back. The loop must be run once more (uv_run) for its handles to close. NULL is fine. */
void http_free(struct http *h);
/** Begin, or wait in line. Strings of @req are copied; its body, fd and sink are borrowed until
 * the call back. Returns an id > 0 for http_cancel, or -1: USAGE for a URL, a method or a
 * header that can't be sent (a line break in it, …). */
int64_t http_start(struct http *h, const struct http_request *req, http_done_fn *done,
                   void *arg, struct err *err);
/** Stop one; it calls back (RETRY "cancelled"), later. Unknown ids are ignored. */
void http_cancel(struct http *h, int64_t id);
/** Stop them all, in the same way. */
void http_cancel_all(struct http *h);
/** Requests under way. */
size_t http_busy(const struct http *h);
void http_request_release(struct http_request *req);

#endif

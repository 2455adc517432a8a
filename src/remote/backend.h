/**
 * Where objects live beyond this machine: S3, Redis, GCS, a folder. One request a call; what is
 * sent twice, in what order and what is tried again is remote/transfer's business.
 *
 * Every call answers exactly once, from the loop, never from inside the call. Keys are as in
 * WIRE 11: the object's name (below the URI's path, if it has one). With ?compress=zstd an
 * object of BACKEND_PACK_FROM bytes or more is one zstd frame under its name and ".zst": who
 * does not know of it can't take it for the object.
 *
 * What a failure means: err->kind NOTFOUND (no such object), DENIED (credentials, rights:
 * trying again is no use), RETRY (throttled, cut off, 5xx: try again later), NOSPC (the backend
 * is full), CORRUPT (bytes that do not hash to their name: nothing of them is kept), IO (else).
 */
#ifndef REMOTE_BACKEND_H
#define REMOTE_BACKEND_H

#include "core/oid.h"
#include "store/store.h"

#include <uv.h>

struct backend;

/** @err NULL: it went well. */
typedef void backend_done_fn(void *arg, const struct err *err);
/** One page of a listing: names and sizes; @more: more pages come. */
struct backend_entry {
	const char *key;
	uint64_t size_bytes;
	int64_t modified_s; /* 0: unknown */
};
typedef void backend_list_fn(void *arg, const struct backend_entry *entries, size_t n,
                             bool more, const struct err *err);

struct backend_ops {
	const char *name; /* "s3" */
	/** Send an object that the local store has; streamed. */
	int (*put)(struct backend *b, const struct oid *id, backend_done_fn *done, void *arg,
	           struct err *err);
	/** Bring an object into the local store: streamed, hashed on the way, visible only if
	 * it is what its name says. @executable: the mode it gets. */
	int (*get)(struct backend *b, const struct oid *id, bool executable,
	           backend_done_fn *done, void *arg, struct err *err);
	/** Is it there, with the right size? err NULL: yes; NOTFOUND: no. */
	int (*has)(struct backend *b, const struct oid *id, backend_done_fn *done, void *arg,
	           struct err *err);
	int (*remove)(struct backend *b, const struct oid *id, backend_done_fn *done, void *arg,
	              struct err *err);
	/** All objects, page by page. */
	int (*list)(struct backend *b, backend_list_fn *fn, void *arg, struct err *err);
	/** How many requests may sensibly be under way. */
	unsigned (*width)(struct backend *b);
	/** Give up what is under way: each still answers. */
	void (*cancel_all)(struct backend *b);
	void (*free)(struct backend *b);
};

enum { BACKEND_PACK_FROM = 1024 };

struct backend {
	const struct backend_ops *ops;
	bool zstd;      /* ?compress=zstd */
	char *identity; /* of the place, without secrets (uri_display): names the set of what it
	                   is believed to hold. Owned */
};

struct backend_options {
	uv_loop_t *loop;
	struct store *store; /* borrowed */
	char *const *envp;   /* for credentials, endpoints, TLS files (docs/backends.md) */
	const char *user_agent;
};

/**
 * Open the backend that a URI names: "s3://BUCKET[/PREFIX]?region=…", "gs://…", "redis://",
 * "rediss://", "file://". Asks the network nothing yet. USAGE names what is wrong with the URI.
 */
int backend_open(const char *uri, const struct backend_options *o, struct backend **out,
                 struct err *err);
/** NULL is fine. */
void backend_free(struct backend *b);

#endif

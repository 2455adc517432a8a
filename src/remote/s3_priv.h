/**
 * What the files of the S3 backend share.
 */
#ifndef REMOTE_S3_PRIV_H
#define REMOTE_S3_PRIV_H

#include "net/cred.h"
#include "net/http.h"
#include "remote/outgoing.h"

struct s3 {
	struct backend base;
	struct http *http;
	struct store *store;
	struct cred *cred;     /* NULL: the keys are given */
	char *access, *secret; /* given ones, or NULL */
	const char *key_help;  /* where keys come from, for messages */
	char *bucket;
	char *url;    /* of the bucket, without a slash at its end */
	char *prefix; /* of keys, without slashes at its ends */
	char *region;
	unsigned width;
	uint64_t part_size_bytes, multipart_from_bytes;
};

/** Escaped URL of an object, with "?query" after it if that is not NULL. Owned. */
char *s3_url(const struct s3 *s, const char *name, const char *query);
/** Sign and start. @hash: SHA-256 of the body in hex. @req->url is the caller's. */
int s3_send(struct s3 *s, struct http_request *req, const char *hash, http_done_fn *done,
            void *arg, struct err *err);
/** What an answer means: 0 for 2xx, else -1 with the kind that backend.h promises. */
int s3_meaning(struct s3 *s, const struct http_response *r, struct err *err);
/** SHA-256 of an object from its name, in hex. */
void s3_hash_of(const struct oid *id, char hex[65]);
void s3_hash_bytes(const void *data, size_t len, char hex[65]);

/** Send a large object in parts. Its file is taken over. */
int s3multi_put(struct s3 *s, const struct outgoing *o, backend_done_fn *done, void *arg,
                struct err *err);

#endif

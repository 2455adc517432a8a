/**
 * The calls of AWS Lambda that make, change and remove functions, one after the other
 * (https://docs.aws.amazon.com/lambda/latest/api/). Errors have AWS's code and message, and
 * what to do about them.
 */
#ifndef ENGINE_LAMBDA_ADMIN_H
#define ENGINE_LAMBDA_ADMIN_H

#include "base/err.h"
#include "base/strv.h"
#include "net/ask.h"

#include <stdint.h>

struct lambda_admin;

struct lambda_admin_options {
	const char *region;
	char *const *envp; /* credentials, AWS_ENDPOINT_URL_LAMBDA, AWS_CA_BUNDLE */
	const char *user_agent;
	unsigned patience_s; /* for a function to become ready; 0: 120 */
	unsigned poll_ms;    /* 0: 500 */
};

struct lambda_config {
	const char *role; /* ARN */
	unsigned memory_mb;
	unsigned timeout_s;
	unsigned tmp_mb;        /* size of /tmp: 512 to 10,240 */
	const struct strv *env; /* "K=V"; or NULL */
};

struct lambda_code {
	const char *zip; /* a file, sent with the call; or NULL: */
	const char *bucket;
	const char *key;
};

struct lambda_state {
	char arn[256];
	char sha256[64]; /* of the code, base64 */
	char state[32];  /* "Active", "Pending", … */
	char update[32]; /* "Successful", "InProgress", "Failed" */
	char reason[256];
	unsigned memory_mb;
	unsigned timeout_s;
};

int lambda_admin_new(const struct lambda_admin_options *o, struct lambda_admin **out,
                     struct err *err);
void lambda_admin_free(struct lambda_admin *a);
/** NOTFOUND: there is none. */
int lambda_admin_get(struct lambda_admin *a, const char *name, struct lambda_state *out,
                     struct err *err);
int lambda_admin_create(struct lambda_admin *a, const char *name, const struct lambda_config *c,
                        const struct lambda_code *code, struct err *err);
int lambda_admin_configure(struct lambda_admin *a, const char *name,
                           const struct lambda_config *c, struct err *err);
int lambda_admin_upload(struct lambda_admin *a, const char *name,
                        const struct lambda_code *code, struct err *err);
/** Wait until it can be invoked. RETRY: not within the patience; IO: AWS says it failed. */
int lambda_admin_wait(struct lambda_admin *a, const char *name, struct lambda_state *out,
                      struct err *err);
int lambda_admin_delete(struct lambda_admin *a, const char *name, struct err *err);
/** Run it once, and wait. @out is released by the caller. */
int lambda_admin_invoke(struct lambda_admin *a, const char *name, const void *payload,
                        size_t len, struct http_answer *out, struct err *err);
/** Put a package that is too large for a call into a bucket. */
int lambda_admin_put_object(struct lambda_admin *a, const char *bucket, const char *key,
                            const char *path, struct err *err);
/** "https://lambda.eu-west-1.amazonaws.com". Borrowed. */
const char *lambda_admin_endpoint(const struct lambda_admin *a);
/** Borrowed. */
const char *lambda_admin_region(const struct lambda_admin *a);
/** The URL of an object. Owned. */
char *lambda_admin_object_url(const struct lambda_admin *a, const char *bucket,
                              const char *key);

#endif

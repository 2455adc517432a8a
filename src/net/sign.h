/**
 * AWS Signature Version 4 of one request (AWS4-HMAC-SHA256), by ourselves: libcurl 7.88's signs
 * path and query as they stand and counts header removals among the signed headers, which real
 * servers refuse.
 */
#ifndef NET_SIGN_H
#define NET_SIGN_H

#include "base/err.h"
#include "base/strv.h"

#include <time.h>

struct http_sign;

/**
 * Add to @headers what a signed request needs: x-amz-date, x-amz-security-token,
 * x-amz-content-sha256 (where sign->payload_hash is given), Authorization.
 *
 * All of @headers ("Name: value") but those that a proxy or the HTTP library may change are
 * signed, and the host. The path may be in any right percent encoding, the query in any order.
 *
 * @url      absolute
 * @body     what is sent; hashed when payload_hash is NULL
 * @now      the time of the request; it must be right to 15 minutes
 */
void sign_request(const struct http_sign *sign, const char *method, const char *url,
                  const void *body, size_t body_len, time_t now, struct strv *headers);

#endif

/** One HTTP request that is waited for: for commands and metadata services, where nothing else
 * goes on. */
#ifndef NET_ASK_H
#define NET_ASK_H

#include "net/http.h"

/**
 * Send @req on a loop of its own and wait for the answer (bound the time by req->timeout_ms).
 * An answer of any status is 0; -1 when none came: @err as http_response.err. @out is released
 * by http_answer_release.
 */
struct http_answer {
	long status;
	struct buf body;
	struct strv headers; /* "name: value", names in lower case */
};

int http_ask(const struct http_options *o, const struct http_request *req,
             struct http_answer *out, struct err *err);
void http_answer_release(struct http_answer *a);
/** Value of a header by its lower-case name, or NULL. Borrowed. */
const char *http_answer_header(const struct http_answer *a, const char *name);

#define auto_answer struct http_answer cleanup(http_answer_release)

#endif

/**
 * The common half of engines that hand thunks to workers over HTTP (remote, lambda, cloudrun):
 * sends the inputs to the backend, asks, checks the answer, turns it into an outcome. What a
 * kind of worker has of its own are its hooks: where to send, how to sign, what a status means,
 * what it costs.
 *
 * An outsource is a `struct engine`. An answer is believed only as far as it was checked: the
 * right thunk, exactly its outputs, sizes as their names say, bytes that came along hashed. An
 * output that did not come along is in the backend (transfer_believes), not in the local store.
 */
#ifndef ENGINE_OUTSOURCE_H
#define ENGINE_OUTSOURCE_H

#include "core/wire.h"
#include "exec/engine.h"
#include "net/http.h"
#include "remote/transfer.h"

struct outsource;

/** What an HTTP answer means, before its body is read. */
struct outsource_verdict {
	enum outcome_class what; /* OUTCOME_OK: the body holds a response */
	uint32_t retry_after_ms; /* for THROTTLED; 0: not said */
	char why[512];           /* never with a secret */
};

/** One job, as the hooks see it. Everything is borrowed for the call. */
struct outsource_job {
	const struct oid *id;
	const struct thunk *thunk;
	uint32_t timeout_ms; /* of the program; 0: none of its own */
	unsigned number;     /* of the request, from 1 */
};

/** @arg is outsource_options.arg. All but @name and @request may be NULL. All are called from
 * the loop. */
struct outsource_hooks {
	const char *name; /* of the engine, and in the memo: "lambda" */
	/**
	 * Complete a POST whose body, timeouts and size limit are set (they may be changed):
	 * url, headers, sign, bearer. What @req points to must live until the next call of a
	 * hook. RETRY, DENIED, NOTFOUND, IO: the job ends as unreachable; USAGE: as can't run.
	 */
	int (*request)(void *arg, const struct outsource_job *job, struct http_request *req,
	               struct err *err);
	/** Judge an answer (status 0: none came). @v holds the default judgement
	 * (outsource_judge); change what differs. */
	void (*judge)(void *arg, const struct http_response *r, struct outsource_verdict *v);
	/** USD that this try has cost. @answer: NULL when there was none that could be read. */
	double (*price)(void *arg, const struct http_response *r,
	                const struct wire_response *answer);
	/** Requests that may be open right now (a ramp); at most options.jobs are used. */
	unsigned (*width)(void *arg);
	/** A try has ended so: for the ramp. */
	void (*settled)(void *arg, const struct outcome *o);
	/** Can this kind of worker ever run it? @input_bytes: of values, executables and the
	 * files of manifests. */
	bool (*can_run)(void *arg, const struct thunk *t, uint64_t input_bytes);
	void (*free)(void *arg);
};

/** Who sends requests; by default the functions of net/http. A test has its own. */
struct outsource_sender {
	int64_t (*start)(void *sender, const struct http_request *req, http_done_fn *done,
	                 void *arg, struct err *err);
	void (*cancel)(void *sender, int64_t id);
	void *sender;
};

struct outsource_options {
	unsigned jobs;             /* requests at once, at least 1 */
	const char *storage;       /* URI that the workers are told; copied. May hold secrets */
	struct transfer *transfer; /* to the same place; borrowed, and shared by engines */
	unsigned protocol;     /* what the workers speak: WIRE_PROTOCOL; 0: classic JSON only */
	const char *probe_url; /* asked once before the first job for the protocol ("GET
	                          /healthz"); NULL: @protocol holds. Copied */
	const char *platform;  /* of the workers ("x86_64-linux"); NULL: any */
	size_t request_max;  /* bytes of a request; a larger thunk goes through the backend. 0:
	                        WIRE_REQUEST_MAX */
	size_t response_max; /* bytes of an answer; 0: WIRE_REQUEST_MAX */
	uint64_t inline_max; /* outputs up to so many bytes shall come in the answer; 0: none */
	uint32_t timeout_ms; /* longest run of a program on a worker: 0: 900,000 */
	uint32_t margin_ms;  /* what fetching and sending may take on top; 0: 120,000 */
	const struct outsource_hooks *hooks; /* static */
	void *arg;                           /* theirs; freed by hooks->free */
	struct http *http; /* owned when @own_http; used unless @sender is given */
	bool own_http;
	const struct outsource_sender *sender; /* copied; or NULL */
};

struct outsource_counts {
	uint64_t requests, ok, thunk_bytes;
	uint64_t failures[OUTCOME_INTERNAL + 1]; /* by class */
	double price_usd;
};

/** Owned; free through ops->free. @st is borrowed; strings of @o are copied. */
struct engine *outsource_new(uv_loop_t *loop, struct store *st,
                             const struct outsource_options *o);
struct outsource_counts outsource_counts(const struct engine *e);

/**
 * What a status means unless an engine knows better:
 *
 *   2xx                       the body holds a response
 *   429, 503                  throttled, with Retry-After
 *   401, 403, 404, 405        unreachable: credentials refused, nothing there
 *   408, 504, a timeout       timed out
 *   400, 411, 413, 414, 415, 422, 501  can't run: it will not take this request
 *   500, 502, others; cut off after the request was sent   the worker is lost
 *   none: no route, refused, TLS   unreachable
 */
void outsource_judge(const struct http_response *r, struct outsource_verdict *v);

/** Milliseconds of a Retry-After header (seconds or a date), at most an hour; 0: none. */
uint32_t outsource_retry_after_ms(const struct http_response *r);

#endif

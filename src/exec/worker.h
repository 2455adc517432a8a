/**
 * The side that runs other machines' thunks: takes a request (core/wire.h), brings the inputs
 * that it lacks, runs the program in the sandbox, sends the outputs to the backend, answers.
 * Everything happens on one event loop; fetching and sending overlap with running.
 *
 * A request's storage URI comes from outside. It is used only if it is what the operator named
 * (@storage), or begins with one of @allow: for file and unix sockets that means a folder.
 *
 * The store is a bounded cache: it keeps toolchains and results for the next request, and what
 * was used least recently goes when it fills (store/trim.h). Inputs of running requests stay.
 */
#ifndef EXEC_WORKER_H
#define EXEC_WORKER_H

#include "core/wire.h"
#include "sandbox/box.h"
#include "store/store.h"

#include <uv.h>

struct worker;

struct worker_options {
	unsigned slots;     /* programs at once; at least 1 */
	unsigned queue;     /* requests beyond those; more are answered with "throttled" */
	enum box_step step; /* BOX_AUTO: the strongest that works here */
	bool require;       /* fail rather than go below BOX_MOUNTNS */
	/** The store is trimmed to it; 0: only when the disk is full. */
	uint64_t store_max_bytes;
	const char *storage;      /* backend of requests that name none, and always allowed; or
	                             NULL */
	const struct strv *allow; /* prefixes of URIs that requests may name; or NULL */
	bool allow_any; /* any network URI (s3, gs, redis, rediss), still no file and no socket
	                 */
	char *const *envp;      /* for the backends' credentials */
	const char *name;       /* in answers, for people; or NULL */
	const char *user_agent; /* of requests to backends; or NULL */
	uint32_t timeout_ms;    /* longest run of one program; 0: the thunk's own only */
};

/** @r is the callee's, to be released with wire_response_release. */
typedef void worker_done_fn(void *arg, struct wire_response *r);

struct worker_counts {
	uint64_t requests, ran, remembered, failed;
	unsigned running; /* programs */
	unsigned busy;    /* requests that are not answered */
};

/**
 * Opens nothing but the sandbox: call it while the process is small. @st and strings of @o are
 * borrowed. DENIED when no step of the sandbox works here.
 */
int worker_new(uv_loop_t *loop, struct store *st, const struct worker_options *o,
               struct worker **out, struct err *err);
/** Requests under way are never answered. */
void worker_free(struct worker *w);
/** Begin. @req is taken over, and empty afterwards. Answers exactly once, from the loop, never
 * from inside the call; every failure is an answer. */
void worker_start(struct worker *w, struct wire_request *req, worker_done_fn *done, void *arg);
/** Whoever asked (by this @arg) is gone: stop; it still answers. Unknown ones are ignored. */
void worker_cancel(struct worker *w, void *arg);
/** Can one more request be taken? */
bool worker_has_room(const struct worker *w);
/** The step of the sandbox's ladder that holds here. */
enum box_step worker_step(const struct worker *w);
struct worker_counts worker_counts(const struct worker *w);
/** "x86_64-linux": what thunks that name a platform must name to run here. */
const char *worker_platform(void);

#endif

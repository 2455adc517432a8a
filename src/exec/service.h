/**
 * A worker behind an HTTP server: what `gg serve` and `gg-worker http` are. POST of a request
 * (core/wire.h) to any path runs it; `GET /healthz`, without credentials, says that it is
 * there.
 */
#ifndef EXEC_SERVICE_H
#define EXEC_SERVICE_H

#include "exec/worker.h"
#include "net/httpd.h"

struct service;

struct service_options {
	struct worker_options worker;
	struct httpd_options httpd; /* handler, arg, open_path and max_requests are the
	                               service's */
	bool front_authorises; /* what stands before it lets only those through who may: then no
	                          token and no TLS are demanded */
	void (*log)(void *arg, const char *line);
	void *arg;
};

/** Would it be open to anybody? USAGE says what to add. */
int service_check(const struct service_options *o, struct err *err);
/** Checks, starts the sandbox, lets the process have as many descriptors as it may, listens.
 * @st and strings of @o->worker are borrowed. */
int service_new(uv_loop_t *loop, struct store *st, const struct service_options *o,
                struct service **out, struct err *err);
const char *service_address(const struct service *s);
struct worker *service_worker(struct service *s);
/** Take nothing new; call fn(arg) from the loop when all that was taken is answered. */
void service_drain(struct service *s, void (*fn)(void *arg), void *arg);
/** Serve until SIGTERM or SIGINT, then answer what was taken; a second signal ends at once.
 * Runs the loop. */
void service_run(struct service *s);
void service_free(struct service *s);

#endif

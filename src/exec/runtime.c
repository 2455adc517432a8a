#include "exec/runtime.h"

#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "exec/engine.h"
#include "net/ask.h"

#define API_PREFIX "/2018-06-01/runtime"

enum {
	/* https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
	ANSWER_MAX = 6 * 1024 * 1024,
	/* before the deadline a program is stopped, and then its answer given */
	STOP_EARLY_MS = 1000,
	ANSWER_EARLY_MS = 300,
	/* the API is on this machine; it holds "next" back until there is work */
	FOREVER_MS = INT32_MAX,
	POST_TIMEOUT_MS = 30000,
	ATTEMPTS_MAX = 2,
};

struct runtime {
	struct runtime_options o;
	uv_loop_t *loop;
	struct http *http;
	uv_timer_t deadline;
	char *url;
	char id[128];        /* of the invocation under way */
	int64_t deadline_ms; /* of it, since 1970 */
	struct wire_request req;
	struct buf answer;
	unsigned attempts;
	bool late, over;
	struct err *err;
};

static void ask_next(struct runtime *r);

static int64_t now_ms(void)
{
	return clock_wall_ns() / 1000000;
}

static void end(struct runtime *r, enum err_kind kind, const char *what, const char *why)
{
	if (!r->over)
		err_set(r->err, kind, "Lambda Runtime API %s: %s: %s", r->o.api, what, why);
	r->over = true;
}

/* --- answers */

static void on_posted(void *arg, const struct http_response *a)
{
	struct runtime *r = arg;

	buf_reset(&r->answer);
	wire_request_release(&r->req);
	r->req = (struct wire_request){ 0 };
	if (!a->status)
		end(r, ERR_IO, "post an answer", a->err.msg);
	else
		ask_next(r); /* refused: it came too late, or was not asked for any more */
}

static void post(struct runtime *r)
{
	auto_free char *url = xasprintf("%s/invocation/%s/response", r->url, r->id);
	struct http_request req = HTTP_REQUEST_INIT;
	struct err err;

	req.method = "POST";
	req.url = url;
	req.body = r->answer.data;
	req.body_len = r->answer.len;
	req.timeout_ms = POST_TIMEOUT_MS;
	strv_add(&req.headers, "Content-Type: application/json");
	if (http_start(r->http, &req, on_posted, r, &err) < 0)
		end(r, ERR_IO, "post an answer", err.msg);
	http_request_release(&req);
}

/* An answer that only says why there is none. */
static void post_failure(struct runtime *r, enum outcome_class what, const char *text)
{
	struct wire_response a = { .protocol = WIRE_PROTOCOL,
		                   .return_code = WIRE_OPERATIONAL,
		                   .text = (char *)text,
		                   .failure = (char *)outcome_class_name(what) };
	struct err err;

	buf_reset(&r->answer);
	if (wire_response_encode(&a, &r->answer, &err) < 0)
		end(r, ERR_IO, "an answer", err.msg);
	else
		post(r);
}

/* --- work */

static void work(struct runtime *r);

static void on_worked(void *arg, struct wire_response *a)
{
	struct runtime *r = arg;
	struct err err;
	bool again = r->attempts < ATTEMPTS_MAX && !r->late;

	uv_timer_stop(&r->deadline);
	buf_reset(&r->answer);
	if (wire_response_encode(a, &r->answer, &err) < 0) {
		end(r, ERR_IO, "an answer", err.msg);
	} else if (r->answer.len > ANSWER_MAX && r->req.inline_max && again) {
		/* too much came along: it is remembered, and goes through the backend */
		r->req.inline_max = 0;
		work(r);
	} else if (r->answer.len > ANSWER_MAX) {
		post_failure(r, OUTCOME_CANT_RUN, "the answer is larger than Lambda lets pass");
	} else if (r->late) {
		post_failure(r, OUTCOME_TIMEOUT,
		             "the function's time is up; raise it: gg deploy lambda --timeout");
	} else {
		post(r);
	}
	wire_response_release(a);
}

static void on_deadline(uv_timer_t *t)
{
	struct runtime *r = t->data;

	r->late = true;
	worker_cancel(r->o.worker, r);
}

/* Run the request, within what is left of the time. */
static void work(struct runtime *r)
{
	int64_t left = r->deadline_ms - now_ms();
	int64_t stop = left - STOP_EARLY_MS;

	r->attempts++;
	if (stop < 1)
		stop = 1;
	if (r->deadline_ms && (!r->req.timeout_ms || r->req.timeout_ms > stop))
		r->req.timeout_ms = (uint32_t)stop;
	if (r->deadline_ms)
		uv_timer_start(&r->deadline, on_deadline,
		               left > ANSWER_EARLY_MS ? (uint64_t)(left - ANSWER_EARLY_MS) : 1,
		               0);
	worker_start(r->o.worker, &r->req, on_worked, r);
}

static void on_next(void *arg, const struct http_response *a)
{
	struct runtime *r = arg;
	const char *id = http_response_header(a, "lambda-runtime-aws-request-id");
	const char *deadline = http_response_header(a, "lambda-runtime-deadline-ms");
	struct err err;

	if (!a->status) {
		end(r, ERR_IO, "ask for work", a->err.msg);
		return;
	}
	if (a->status != 200 || !id || strlen(id) >= sizeof(r->id) || strchr(id, '/')) {
		end(r, ERR_CORRUPT, "ask for work", "it does not answer with an invocation");
		return;
	}
	snprintf(r->id, sizeof(r->id), "%s", id);
	r->deadline_ms = deadline ? strtoll(deadline, NULL, 10) : 0;
	r->attempts = 0;
	r->late = false;
	if (wire_request_decode(a->body.data, a->body.len, &r->req, &err) < 0) {
		r->req = (struct wire_request){ 0 };
		post_failure(r, OUTCOME_CANT_RUN, err.msg);
		return;
	}
	work(r);
}

static void ask_next(struct runtime *r)
{
	auto_free char *url = xasprintf("%s/invocation/next", r->url);
	struct http_request req = HTTP_REQUEST_INIT;
	struct err err;

	req.url = url;
	req.stall_timeout_ms = FOREVER_MS;
	req.max_response = WIRE_REQUEST_MAX;
	if (http_start(r->http, &req, on_next, r, &err) < 0)
		end(r, ERR_IO, "ask for work", err.msg);
	http_request_release(&req);
}

int runtime_run(uv_loop_t *loop, const struct runtime_options *o, struct err *err)
{
	struct http_options ho = { .user_agent = o->user_agent };
	struct runtime r = { .o = *o, .loop = loop, .err = err };

	if (http_new(loop, &ho, &r.http, err) < 0)
		return -1;
	r.url = xasprintf("http://%s" API_PREFIX, o->api);
	r.deadline.data = &r;
	uv_timer_init(loop, &r.deadline);
	ask_next(&r);
	while (!r.over)
		uv_run(loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&r.deadline, NULL);
	http_free(r.http);
	uv_run(loop, UV_RUN_NOWAIT);
	wire_request_release(&r.req);
	buf_release(&r.answer);
	free(r.url);
	return -1;
}

int runtime_init_failed(const char *api, const char *message, struct err *err)
{
	auto_free char *url = xasprintf("http://%s" API_PREFIX "/init/error", api);
	struct http_request req = HTTP_REQUEST_INIT;
	auto_answer a = { 0 };
	json_t *j = json_pack("{s:s, s:s}", "errorType", "Runtime.InitError", "errorMessage",
	                      message);
	char *text = json_dumps(j, JSON_COMPACT);
	int rc;

	req.method = "POST";
	req.url = url;
	req.body = text;
	req.body_len = text ? strlen(text) : 0;
	req.timeout_ms = POST_TIMEOUT_MS;
	strv_add(&req.headers, "Lambda-Runtime-Function-Error-Type: Runtime.InitError");
	rc = http_ask(NULL, &req, &a, err);
	http_request_release(&req);
	free(text);
	json_decref(j);
	return rc;
}

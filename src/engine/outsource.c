/*
 *   start ─▶ gather the names of inputs
 *         ─▶ push: own inputs, and each manifest's bundle that was not pushed before   PUSHING
 *         ─▶ probe, once: which protocol do the workers speak?                         WAITING
 *         ─▶ request ─▶ answer ─▶ judge ─▶ outcome                                     ASKING
 *
 * A job that is answered may still be waited for by transfers or a request that can't be
 * stopped: it is freed when the last of them has called back (refs). The same holds for a
 * bundle whose push outlives the engine.
 */
#include "engine/outsource.h"

#include <string.h>
#include <time.h>

#include "core/codec.h"
#include "engine/answer.h"
#include "exec/gather.h"

enum {
	TIMEOUT_DEFAULT_MS = 900000, /* of a program; Lambda's longest */
	MARGIN_DEFAULT_MS = 120000,
	PROBE_TIMEOUT_MS = 10000,
	RETRY_AFTER_MAX_S = 3600,
};

enum probe {
	PROBE_NEEDED,
	PROBE_OPEN,
	PROBE_DONE,
};

enum stage {
	STAGE_PUSHING,
	STAGE_WAITING, /* for the probe */
	STAGE_ASKING,
	STAGE_ENDED, /* its outcome waits for the loop */
};

struct outsource {
	struct engine engine;
	uv_loop_t *loop;
	struct store *store;
	struct outsource_options o;
	struct outsource_sender sender;
	struct gather gather;
	struct job *jobs;
	unsigned busy;
	unsigned number;
	enum probe probe;
	struct probe_call *probe_call;
	unsigned room;    /* of the peer; 0: not known */
	uv_timer_t *soon; /* on the heap: the loop frees it. Answers ended jobs */
	struct outsource_counts counts;
};

struct job {
	struct outsource *engine; /* NULL: it is gone */
	struct job *next, *prev;
	unsigned refs; /* 1 until it is answered, and 1 for each call back to come */
	enum stage stage;
	unsigned pushes; /* transfers to come */
	bool cancelled;
	struct oid id;
	struct thunk *thunk;
	struct buf raw; /* the thunk's bytes */
	struct oids own;
	struct buf body;
	uint32_t timeout_ms;    /* of the request in all */
	int64_t request;        /* id of it; 0: none */
	struct outcome outcome; /* for ENDED */
	engine_done_fn *done;
	void *arg;
};

/* A bundle's push, and who waits for it; bundle->user. */
struct bundle_push {
	enum { BUNDLE_UNKNOWN, BUNDLE_PUSHING, BUNDLE_PUSHED } state;
	bool orphan; /* the engine is gone: the call back frees it */
	struct job **waiters;
	size_t n, cap;
};

/* -- the end of a job -- */

static void job_unref(struct job *j)
{
	if (--j->refs > 0)
		return;
	thunk_free(j->thunk);
	buf_release(&j->raw);
	buf_release(&j->body);
	oids_release(&j->own);
	outcome_release(&j->outcome);
	free(j);
}

static void job_unlink(struct job *j)
{
	struct outsource *x = j->engine;

	*(j->prev ? &j->prev->next : &x->jobs) = j->next;
	if (j->next)
		j->next->prev = j->prev;
	j->engine = NULL;
	x->busy--;
}

/* Calls back with j->outcome. Only from the loop. */
static void job_answer(struct job *j)
{
	struct outsource *x = j->engine;
	struct outcome o = j->outcome;

	j->outcome = (struct outcome){ 0 };
	x->counts.price_usd += o.price_usd;
	if (o.what == OUTCOME_OK)
		x->counts.ok++;
	else
		x->counts.failures[o.what]++;
	if (x->o.hooks->settled)
		x->o.hooks->settled(x->o.arg, &o);
	job_unlink(j);
	engine_done_fn *done = j->done;
	void *arg = j->arg;
	job_unref(j);
	done(arg, &o);
}

static void end_soon(uv_timer_t *timer);

/* Its outcome stands; the call back comes from the loop. */
static void job_end_soon(struct job *j)
{
	j->stage = STAGE_ENDED;
	uv_timer_start(j->engine->soon, end_soon, 0, 0);
}

static void end_soon(uv_timer_t *timer)
{
	struct outsource *x = timer->data;
	struct job *j = x->jobs;

	while (j && j->stage != STAGE_ENDED)
		j = j->next;
	if (!j)
		return;
	/* The call back may end others, or the engine: one a turn. */
	uv_timer_start(timer, end_soon, 0, 0);
	job_answer(j);
}

static void job_fail_soon(struct job *j, enum outcome_class what, const char *fmt, ...)
	printflike(3, 4);

static void job_fail_soon(struct job *j, enum outcome_class what, const char *fmt, ...)
{
	va_list ap;

	j->outcome.what = j->cancelled ? OUTCOME_CANCELLED : what;
	va_start(ap, fmt);
	vsnprintf(j->outcome.why, sizeof(j->outcome.why), fmt, ap);
	va_end(ap);
	job_end_soon(j);
}

/* -- what answers mean -- */

uint32_t outsource_retry_after_ms(const struct http_response *r)
{
	const char *text = http_response_header(r, "retry-after");
	struct tm tm = { 0 };
	char *end;

	if (!text)
		return 0;
	long long s = strtoll(text, &end, 10);
	if (end == text) {
		if (!strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm))
			return 0;
		s = timegm(&tm) - time(NULL);
	}
	if (s < 0)
		return 0;
	return (uint32_t)(s < RETRY_AFTER_MAX_S ? s : RETRY_AFTER_MAX_S) * 1000;
}

static enum outcome_class class_of_status(long status)
{
	static const struct {
		short status;
		enum outcome_class what;
	} table[] = {
		{ 400, OUTCOME_CANT_RUN },    { 401, OUTCOME_UNREACHABLE },
		{ 403, OUTCOME_UNREACHABLE }, { 404, OUTCOME_UNREACHABLE },
		{ 405, OUTCOME_UNREACHABLE }, { 408, OUTCOME_TIMEOUT },
		{ 411, OUTCOME_CANT_RUN },    { 413, OUTCOME_CANT_RUN },
		{ 414, OUTCOME_CANT_RUN },    { 415, OUTCOME_CANT_RUN },
		{ 422, OUTCOME_CANT_RUN },    { 429, OUTCOME_THROTTLED },
		{ 501, OUTCOME_CANT_RUN },    { 503, OUTCOME_THROTTLED },
		{ 504, OUTCOME_TIMEOUT },
	};

	if (status >= 200 && status < 300)
		return OUTCOME_OK;
	for (size_t i = 0; i < countof(table); i++)
		if (table[i].status == status)
			return table[i].what;
	return status >= 300 && status < 400 ? OUTCOME_UNREACHABLE : OUTCOME_LOST;
}

/* The first line of what a peer says for people, without control characters. */
static void first_line(const struct buf *body, char *to, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < body->len && n + 1 < size && n < 200; i++) {
		unsigned char c = (unsigned char)body->data[i];

		if (c == '\n' || c == '\r')
			break;
		to[n++] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	to[n] = '\0';
}

void outsource_judge(const struct http_response *r, struct outsource_verdict *v)
{
	char said[256];

	*v = (struct outsource_verdict){ .what = OUTCOME_OK };
	if (r->status == 0) {
		v->what = r->err.kind == ERR_CORRUPT                      ? OUTCOME_WRONG
		          : r->err.kind == ERR_RETRY && r->sent_bytes > 0 ? OUTCOME_LOST
		                                                          : OUTCOME_UNREACHABLE;
		snprintf(v->why, sizeof(v->why), "%.500s", r->err.msg);
		return;
	}
	v->what = class_of_status(r->status);
	if (v->what == OUTCOME_OK)
		return;
	if (v->what == OUTCOME_THROTTLED)
		v->retry_after_ms = outsource_retry_after_ms(r);
	first_line(&r->body, said, sizeof(said));
	snprintf(v->why, sizeof(v->why), "HTTP status %ld%s%s%s", r->status,
	         r->status == 401 || r->status == 403 ? ": credentials refused" : "",
	         *said ? ": " : "", said);
}

/* -- asking -- */

/* The worker lacks inputs that we thought were there. */
static void on_missing(struct outsource *x, const struct outcome *o)
{
	struct oids ids = { 0 };
	struct oid id;
	size_t at = 0;

	for (size_t i = 0; i < o->missing.n; i++)
		if (oid_parse(o->missing.v[i], strlen(o->missing.v[i]), &id, NULL) == 0)
			oids_add(&ids, &id);
	/* Without names nothing is believed any more (n 0). */
	transfer_doubt(x->o.transfer, ids.v, ids.n);
	oids_release(&ids);
	for (struct map_entry *e; (e = map_next(&x->gather.bundles, &at));) {
		struct bundle *b = e->ptr;
		struct bundle_push *p = b->user;

		if (p && p->state == BUNDLE_PUSHED)
			p->state = BUNDLE_UNKNOWN;
	}
}

static void learn_outputs(struct outsource *x, const struct memo *m)
{
	for (size_t i = 0; i < m->n_outputs; i++)
		transfer_learned(x->o.transfer, &m->outputs[i].id);
}

/* The worker answered with a status of success: what does it say? */
static void judge_body(struct job *j, const struct http_response *r, struct outcome *o)
{
	struct outsource *x = j->engine;
	struct answer_question q = { x->store, &j->id, j->thunk, x->o.hooks->name };
	struct wire_response answer = { 0 };
	struct err err = ERR_INIT;
	bool readable = wire_response_decode(r->body.data, r->body.len, &answer, &err) == 0;

	if (readable) {
		answer_judge(&q, &answer, o);
	} else {
		o->what = OUTCOME_WRONG;
		snprintf(o->why, sizeof(o->why), "wrong answer: %s", err.msg);
	}
	if (o->memo.wall_ns == 0)
		o->memo.wall_ns = r->wall_ns;
	if (x->o.hooks->price)
		o->price_usd = x->o.hooks->price(x->o.arg, r, readable ? &answer : NULL);
	wire_response_release(&answer);
	if (o->what == OUTCOME_OK)
		learn_outputs(x, &o->memo);
	else if (o->what == OUTCOME_MISSING)
		on_missing(x, o);
}

static void judge_status(struct job *j, const struct http_response *r,
                         const struct outsource_verdict *v, struct outcome *o)
{
	struct outsource *x = j->engine;
	/* The client gives up by itself only when the time is over. */
	bool late = r->status == 0 && r->err.kind == ERR_RETRY &&
	            r->wall_ns >= j->timeout_ms * INT64_C(990000);

	o->what = late ? OUTCOME_TIMEOUT : v->what;
	o->retry_after_ms = v->retry_after_ms;
	snprintf(o->why, sizeof(o->why), "%s", v->why);
	if (x->o.hooks->price)
		o->price_usd = x->o.hooks->price(x->o.arg, r, NULL);
}

static void on_answer(void *arg, const struct http_response *r)
{
	struct job *j = arg;
	struct outsource *x = j->engine;
	struct outsource_verdict v;

	j->request = 0;
	if (!x || j->stage != STAGE_ASKING) {
		job_unref(j);
		return;
	}
	outsource_judge(r, &v);
	if (x->o.hooks->judge)
		x->o.hooks->judge(x->o.arg, r, &v);
	if (v.what == OUTCOME_OK)
		judge_body(j, r, &j->outcome);
	else
		judge_status(j, r, &v, &j->outcome);
	if (j->cancelled && j->outcome.what != OUTCOME_OK)
		j->outcome.what = OUTCOME_CANCELLED;
	/* Ours first, so that the answer's is the last. */
	j->refs--;
	job_answer(j);
}

static int encode(struct job *j, struct err *err)
{
	struct outsource *x = j->engine;
	/* Base64 makes four bytes of three. */
	bool along = j->raw.len / 3 * 4 + 4096 < x->o.request_max;
	struct wire_thunk t = { .hash = j->id, .outputs = j->thunk->outputs };
	struct wire_request q = {
		.thunks = &t,
		.n = 1,
		.storage = (char *)x->o.storage,
		.protocol = x->o.protocol,
		.inline_max = x->o.inline_max,
		.timeout_ms = x->o.timeout_ms,
	};

	if (along)
		t.data = j->raw;
	else if (!x->o.protocol)
		return err_set(err, ERR_USAGE, "the thunk is too large for a request");
	return wire_request_encode(&q, &j->body, err);
}

static enum outcome_class class_of_err(const struct err *err)
{
	return err->kind == ERR_USAGE ? OUTCOME_CANT_RUN : OUTCOME_UNREACHABLE;
}

static void job_ask(struct job *j)
{
	struct outsource *x = j->engine;
	struct http_request req = HTTP_REQUEST_INIT;
	struct outsource_job view = { &j->id, j->thunk, j->thunk->timeout_ms, ++x->number };
	struct err err = ERR_INIT;
	uint32_t run_ms = x->o.timeout_ms;

	if (j->thunk->timeout_ms && j->thunk->timeout_ms < run_ms)
		run_ms = j->thunk->timeout_ms;
	j->timeout_ms = run_ms + x->o.margin_ms;
	req.method = "POST";
	/* A program that runs long is silent meanwhile. */
	req.timeout_ms = req.stall_timeout_ms = j->timeout_ms;
	req.max_response = x->o.response_max;
	strv_add(&req.headers, "Content-Type: application/json");
	int rc = encode(j, &err);
	req.body = j->body.data;
	req.body_len = j->body.len;
	if (rc == 0)
		rc = x->o.hooks->request(x->o.arg, &view, &req, &err);
	j->stage = STAGE_ASKING;
	j->request = rc < 0 ? -1 : x->sender.start(x->sender.sender, &req, on_answer, j, &err);
	http_request_release(&req);
	if (j->request < 0) {
		j->request = 0;
		job_fail_soon(j, class_of_err(&err), "%s", err.msg);
		return;
	}
	x->counts.requests++;
	x->counts.thunk_bytes += j->body.len;
	j->refs++;
}

/* -- the probe -- */

struct probe_call {
	struct outsource *engine; /* NULL: it is gone */
	int64_t request;
};

static void waiting_go_on(struct outsource *x)
{
	for (struct job *next, *j = x->jobs; j; j = next) {
		next = j->next;
		if (j->stage == STAGE_WAITING)
			job_ask(j);
	}
}

static void waiting_fail(struct outsource *x, const struct outsource_verdict *v)
{
	for (struct job *next, *j = x->jobs; j; j = next) {
		next = j->next;
		if (j->stage != STAGE_WAITING)
			continue;
		j->outcome.retry_after_ms = v->retry_after_ms;
		job_fail_soon(j, v->what, "%s", v->why);
	}
}

static void on_probe(void *arg, const struct http_response *r)
{
	struct probe_call *call = arg;
	struct outsource *x = call->engine;
	struct outsource_verdict v;
	struct wire_health h = { 0 };

	free(call);
	if (!x)
		return;
	x->probe_call = NULL;
	outsource_judge(r, &v);
	if (x->o.hooks->judge)
		x->o.hooks->judge(x->o.arg, r, &v);
	/* The original takes any request for a job, and this one for a bad one. */
	bool classic = r->status == 400 || r->status == 404 || r->status == 405;
	if (v.what != OUTCOME_OK && !classic) {
		x->probe = PROBE_NEEDED;
		waiting_fail(x, &v);
		return;
	}
	if (!classic)
		wire_health_decode(r->body.data, r->body.len, &h, NULL);
	x->probe = PROBE_DONE;
	x->room = h.room;
	x->o.protocol = h.protocol < WIRE_PROTOCOL ? h.protocol : WIRE_PROTOCOL;
	if (*h.platform && !x->o.platform)
		x->o.platform = xstrdup(h.platform);
	waiting_go_on(x);
}

static void probe_start(struct outsource *x)
{
	struct http_request req = HTTP_REQUEST_INIT;
	struct outsource_verdict v = { 0 };
	struct err err = ERR_INIT;
	struct probe_call *call = xcalloc(1, sizeof(*call));

	call->engine = x;
	req.method = "GET";
	req.url = x->o.probe_url;
	req.timeout_ms = PROBE_TIMEOUT_MS;
	int rc = x->o.hooks->request(x->o.arg, NULL, &req, &err);
	req.url = x->o.probe_url;
	call->request =
		rc < 0 ? -1 : x->sender.start(x->sender.sender, &req, on_probe, call, &err);
	http_request_release(&req);
	if (call->request >= 0) {
		x->probe = PROBE_OPEN;
		x->probe_call = call;
		return;
	}
	free(call);
	v.what = class_of_err(&err);
	snprintf(v.why, sizeof(v.why), "%.500s", err.msg);
	waiting_fail(x, &v);
}

/* Everything is in the backend. */
static void job_pushed(struct job *j)
{
	struct outsource *x = j->engine;

	if (x->probe == PROBE_DONE) {
		job_ask(j);
		return;
	}
	j->stage = STAGE_WAITING;
	if (x->probe == PROBE_NEEDED)
		probe_start(x);
}

/* -- pushing -- */

static enum outcome_class class_of_push(const struct err *err)
{
	switch (err->kind) {
	case ERR_NOTFOUND:
	case ERR_CORRUPT: return OUTCOME_MISSING;
	case ERR_NOSPC: return OUTCOME_NOSPC;
	default: return OUTCOME_UNREACHABLE;
	}
}

/* Which inputs are neither here nor there? */
static void name_missing(struct job *j)
{
	struct outsource *x = j->engine;

	for (size_t i = 0; i < j->own.n; i++)
		if (!store_has(x->store, &j->own.v[i]) &&
		    !transfer_believes(x->o.transfer, &j->own.v[i]))
			strv_add(&j->outcome.missing, j->own.v[i].s);
}

/* One of a job's pushes has ended. Called from the loop. */
static void push_ended(struct job *j, const struct err *err)
{
	j->pushes--;
	if (j->engine && j->stage == STAGE_PUSHING) {
		if (err && class_of_push(err) == OUTCOME_MISSING)
			name_missing(j);
		if (err)
			job_fail_soon(j, class_of_push(err), "send inputs: %.900s", err->msg);
		else if (j->pushes == 0)
			job_pushed(j);
	}
	job_unref(j);
}

static void on_own_pushed(void *arg, const struct err *err)
{
	push_ended(arg, err);
}

static void bundle_push_free(struct bundle_push *p)
{
	free(p->waiters);
	free(p);
}

static void on_bundle_pushed(void *arg, const struct err *err)
{
	struct bundle_push *p = arg;
	struct job **waiters = p->waiters;
	size_t n = p->n;

	p->waiters = NULL;
	p->n = p->cap = 0;
	p->state = err ? BUNDLE_UNKNOWN : BUNDLE_PUSHED;
	if (p->orphan)
		bundle_push_free(p);
	for (size_t i = 0; i < n; i++)
		push_ended(waiters[i], err);
	free(waiters);
}

static void expect_push(struct job *j)
{
	j->pushes++;
	j->refs++;
}

/* Pushes a manifest and its files once for all jobs; @j waits for it. */
static int push_bundle(struct job *j, const char *manifest, struct err *err)
{
	struct outsource *x = j->engine;
	struct bundle *b = gather_bundle(&x->gather, manifest, err);

	if (!b)
		return -1;
	if (!b->user)
		b->user = xcalloc(1, sizeof(struct bundle_push));
	struct bundle_push *p = b->user;
	if (p->state == BUNDLE_PUSHED)
		return 0;
	if (p->state == BUNDLE_UNKNOWN &&
	    transfer_push(x->o.transfer, b->ids.v, b->ids.n, on_bundle_pushed, p, err) < 0)
		return -1;
	p->state = BUNDLE_PUSHING;
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 16;
		p->waiters = xrealloc(p->waiters, p->cap * sizeof(struct job *));
	}
	p->waiters[p->n++] = j;
	expect_push(j);
	return 0;
}

static int push_inputs(struct job *j, struct err *err)
{
	struct outsource *x = j->engine;

	gather_own(j->thunk, &j->own);
	/* A thunk that is too large for a request goes the same way as its inputs. */
	if (j->raw.len / 3 * 4 + 4096 >= x->o.request_max)
		oids_add(&j->own, &j->id);
	for (size_t i = 0; i < j->thunk->manifests.n; i++)
		if (push_bundle(j, j->thunk->manifests.v[i], err) < 0)
			return -1;
	if (transfer_push(x->o.transfer, j->own.v, j->own.n, on_own_pushed, j, err) < 0)
		return -1;
	expect_push(j);
	return 0;
}

/* -- the engine -- */

static bool outsource_can_run(struct engine *e, const struct thunk *t)
{
	struct outsource *x = (struct outsource *)e;

	if (t->platform && x->o.platform && strcmp(t->platform, x->o.platform) != 0)
		return false;
	return !x->o.hooks->can_run ||
	       x->o.hooks->can_run(x->o.arg, t, gather_size(&x->gather, t));
}

static unsigned outsource_free_slots(struct engine *e)
{
	struct outsource *x = (struct outsource *)e;
	unsigned width = x->o.jobs;

	if (x->room && x->room < width)
		width = x->room;
	if (x->o.hooks->width) {
		unsigned now = x->o.hooks->width(x->o.arg);

		width = now < width ? now : width;
	}
	return x->busy < width ? width - x->busy : 0;
}

static int outsource_start(struct engine *e, const struct oid *id, const struct thunk *t,
                           engine_done_fn *done, void *arg, struct err *err)
{
	struct outsource *x = (struct outsource *)e;
	struct job *j;

	(void)t;
	if (outsource_free_slots(e) == 0)
		return err_set(err, ERR_RETRY, "no free slot");
	j = xcalloc(1, sizeof(*j));
	*j = (struct job){ .engine = x, .refs = 1, .id = *id, .done = done, .arg = arg };
	if (store_get(x->store, id, &j->raw, err) < 0 ||
	    thunk_decode(j->raw.data, j->raw.len, &j->thunk, err) < 0) {
		job_unref(j);
		return -1;
	}
	j->next = x->jobs;
	if (j->next)
		j->next->prev = j;
	x->jobs = j;
	x->busy++;
	if (push_inputs(j, err) < 0) {
		/* Pushes that were begun find the job gone. */
		job_unlink(j);
		job_unref(j);
		return err_wrap(err, "send inputs");
	}
	return 0;
}

static void job_cancel(struct job *j)
{
	j->cancelled = true;
	if (j->stage == STAGE_ASKING && j->request)
		j->engine->sender.cancel(j->engine->sender.sender, j->request);
	else if (j->stage != STAGE_ENDED)
		job_fail_soon(j, OUTCOME_CANCELLED, "cancelled");
}

static void outsource_cancel_all(struct engine *e)
{
	struct outsource *x = (struct outsource *)e;

	for (struct job *next, *j = x->jobs; j; j = next) {
		next = j->next;
		job_cancel(j);
	}
}

static void outsource_cancel(struct engine *e, void *arg)
{
	struct outsource *x = (struct outsource *)e;

	for (struct job *j = x->jobs; j; j = j->next) {
		if (j->arg != arg || j->cancelled)
			continue;
		job_cancel(j);
		return;
	}
}

static void drop_bundle(struct bundle *b)
{
	struct bundle_push *p = b->user;

	if (p && p->state == BUNDLE_PUSHING)
		p->orphan = true;
	else if (p)
		bundle_push_free(p);
}

static void free_handle(uv_handle_t *h)
{
	free(h);
}

static void outsource_free(struct engine *e)
{
	struct outsource *x = (struct outsource *)e;

	for (struct job *j = x->jobs, *next; j; j = next) {
		int64_t request = j->request;

		next = j->next;
		job_unlink(j);
		if (request)
			x->sender.cancel(x->sender.sender, request);
		job_unref(j);
	}
	if (x->probe_call) {
		x->probe_call->engine = NULL;
		x->sender.cancel(x->sender.sender, x->probe_call->request);
	}
	if (x->o.own_http)
		http_free(x->o.http);
	gather_release(&x->gather, drop_bundle);
	uv_close((uv_handle_t *)x->soon, free_handle);
	if (x->o.hooks->free)
		x->o.hooks->free(x->o.arg);
	free((char *)x->o.storage);
	free((char *)x->o.probe_url);
	free((char *)x->o.platform);
	free(x);
}

static int64_t http_sender_start(void *sender, const struct http_request *req,
                                 http_done_fn *done, void *arg, struct err *err)
{
	return http_start(sender, req, done, arg, err);
}

static void http_sender_cancel(void *sender, int64_t id)
{
	http_cancel(sender, id);
}

static void take_options(struct outsource *x, const struct outsource_options *o)
{
	x->o = *o;
	x->o.storage = xstrdup(o->storage ? o->storage : "");
	x->o.probe_url = o->probe_url ? xstrdup(o->probe_url) : NULL;
	x->o.platform = o->platform ? xstrdup(o->platform) : NULL;
	if (!x->o.jobs)
		x->o.jobs = 1;
	if (!x->o.request_max)
		x->o.request_max = WIRE_REQUEST_MAX;
	if (!x->o.response_max)
		x->o.response_max = WIRE_REQUEST_MAX;
	if (!x->o.timeout_ms)
		x->o.timeout_ms = TIMEOUT_DEFAULT_MS;
	if (!x->o.margin_ms)
		x->o.margin_ms = MARGIN_DEFAULT_MS;
	x->sender = o->sender ? *o->sender
	                      : (struct outsource_sender){ http_sender_start,
		                                           http_sender_cancel, o->http };
	x->probe = o->probe_url ? PROBE_NEEDED : PROBE_DONE;
}

struct engine *outsource_new(uv_loop_t *loop, struct store *st,
                             const struct outsource_options *o)
{
	static const struct engine_ops ops = {
		.can_run = outsource_can_run,
		.free_slots = outsource_free_slots,
		.start = outsource_start,
		.cancel_all = outsource_cancel_all,
		.cancel = outsource_cancel,
		.elsewhere = true,
		.free = outsource_free,
	};
	/* The name is the hooks': each engine has a table of its own. */
	struct named {
		struct outsource x;
		struct engine_ops ops;
	} *named = xcalloc(1, sizeof(*named));
	struct outsource *x = &named->x;

	named->ops = ops;
	named->ops.name = o->hooks->name;
	x->engine.ops = &named->ops;
	x->loop = loop;
	x->store = st;
	take_options(x, o);
	gather_init(&x->gather, st);
	x->soon = xcalloc(1, sizeof(*x->soon));
	uv_timer_init(loop, x->soon);
	x->soon->data = x;
	return &x->engine;
}

struct outsource_counts outsource_counts(const struct engine *e)
{
	return ((const struct outsource *)e)->counts;
}

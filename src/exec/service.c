#include "exec/service.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "exec/engine.h"
#include "net/address.h"

enum {
	DRAIN_LOOK_MS = 50,
	RETRY_AFTER_S = 1,
};

struct service {
	uv_loop_t *loop;
	struct service_options o;
	struct worker *worker;
	struct httpd *httpd;
	uv_timer_t *look; /* on the heap: the loop frees it */
	uv_signal_t *signals[2];
	void (*drained)(void *arg);
	void *drained_arg;
};

/* A request under way. */
struct call {
	struct service *service;
	struct httpd_request *request;
};

static void answer_text(struct httpd_request *r, unsigned status, const char *text)
{
	auto_buf line = BUF_INIT;
	bool later = status == 429 || status == 503;

	buf_addf(&line, "%s\n", text);
	httpd_answer(r, status, "text/plain; charset=utf-8", line.data, line.len,
	             later ? RETRY_AFTER_S : 0);
}

static void answer_health(struct service *s, struct httpd_request *r)
{
	struct wire_health h = { .protocol = WIRE_PROTOCOL,
		                 .room = s->o.worker.slots + s->o.worker.queue };
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;

	snprintf(h.platform, sizeof(h.platform), "%s", worker_platform());
	wire_health_encode(&h, &text, &err);
	httpd_answer(r, 200, "application/json", text.data, text.len, 0);
}

static bool is_throttled(const struct wire_response *r)
{
	return r->failure && strcmp(r->failure, outcome_class_name(OUTCOME_THROTTLED)) == 0;
}

static void on_done(void *arg, struct wire_response *w)
{
	struct call *c = arg;
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;

	if (is_throttled(w))
		answer_text(c->request, 429, w->text);
	else if (wire_response_encode(w, &text, &err) < 0)
		answer_text(c->request, 500, err.msg);
	else
		httpd_answer(c->request, 200, "application/json", text.data, text.len, 0);
	wire_response_release(w);
	free(c);
}

static void on_gone(void *arg, struct httpd_request *r)
{
	struct call *c = arg;

	(void)r;
	worker_cancel(c->service->worker, c);
}

static void run(struct service *s, struct httpd_request *r)
{
	const struct buf *body = httpd_request_body(r);
	struct wire_request q;
	struct err err = ERR_INIT;

	if (wire_request_decode(body->data, body->len, &q, &err) < 0) {
		answer_text(r, 400, err.msg);
		return;
	}
	httpd_request_drop_body(r);
	struct call *c = xcalloc(1, sizeof(*c));
	*c = (struct call){ s, r };
	httpd_request_on_gone(r, on_gone, c);
	worker_start(s->worker, &q, on_done, c);
	wire_request_release(&q);
}

static void on_request(void *arg, struct httpd_request *r)
{
	struct service *s = arg;
	const char *method = httpd_request_method(r);
	bool get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;

	if (get && strcmp(httpd_request_path(r), "/healthz") == 0)
		answer_health(s, r);
	else if (strcmp(method, "POST") == 0)
		run(s, r);
	else
		answer_text(r, 405, "thunks are sent by POST");
}

static void on_log(void *arg, const char *line)
{
	struct service *s = arg;

	if (s->o.log)
		s->o.log(s->o.arg, line);
}

int service_check(const struct service_options *o, struct err *err)
{
	const struct httpd_options *h = &o->httpd;
	const char *host = h->host ? h->host : "127.0.0.1";

	if (address_is_loopback(host) || o->front_authorises)
		return 0;
	if (!h->tls_cert)
		return err_set(err, ERR_USAGE,
		               "%s is not loopback: thunks and tokens would go in the clear. "
		               "Add --tls-cert FILE and --tls-key FILE",
		               host);
	if (!h->token && !h->client_ca)
		return err_set(err, ERR_USAGE,
		               "%s is not loopback: anybody could run programs here. Add "
		               "--token-file FILE or --client-ca FILE",
		               host);
	return 0;
}

/* Each connection is a descriptor. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int service_new(uv_loop_t *loop, struct store *st, const struct service_options *o,
                struct service **out, struct err *err)
{
	struct service *s;

	if (service_check(o, err) < 0)
		return -1;
	s = xcalloc(1, sizeof(*s));
	s->loop = loop;
	s->o = *o;
	s->o.httpd.handler = on_request;
	s->o.httpd.log = on_log;
	s->o.httpd.arg = s;
	s->o.httpd.open_path = "/healthz";
	s->o.httpd.max_requests = o->worker.slots + o->worker.queue;
	int rc = worker_new(loop, st, &s->o.worker, &s->worker, err);
	if (rc == 0) {
		/* after the slots, so that programs see the usual limit */
		allow_descriptors();
		rc = httpd_new(loop, &s->o.httpd, &s->httpd, err);
	}
	if (rc < 0) {
		worker_free(s->worker);
		free(s);
		return -1;
	}
	*out = s;
	return 0;
}

const char *service_address(const struct service *s)
{
	return httpd_address(s->httpd);
}

struct worker *service_worker(struct service *s)
{
	return s->worker;
}

static void look(uv_timer_t *timer)
{
	struct service *s = timer->data;

	if (httpd_busy(s->httpd) > 0)
		return;
	uv_timer_stop(timer);
	s->drained(s->drained_arg);
}

void service_drain(struct service *s, void (*fn)(void *arg), void *arg)
{
	if (s->look)
		return;
	s->drained = fn;
	s->drained_arg = arg;
	s->look = xcalloc(1, sizeof(*s->look));
	uv_timer_init(s->loop, s->look);
	s->look->data = s;
	httpd_drain(s->httpd);
	uv_timer_start(s->look, look, 0, DRAIN_LOOK_MS);
}

static void free_handle(uv_handle_t *h)
{
	free(h);
}

static void on_drained(void *arg)
{
	struct service *s = arg;

	uv_stop(s->loop);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct service *s = handle->data;

	(void)number;
	if (s->look)
		uv_stop(s->loop);
	else
		service_drain(s, on_drained, s);
}

void service_run(struct service *s)
{
	static const int numbers[] = { SIGTERM, SIGINT };

	for (size_t i = 0; i < countof(numbers); i++) {
		s->signals[i] = xcalloc(1, sizeof(uv_signal_t));
		uv_signal_init(s->loop, s->signals[i]);
		s->signals[i]->data = s;
		uv_signal_start(s->signals[i], on_signal, numbers[i]);
	}
	uv_run(s->loop, UV_RUN_DEFAULT);
}

void service_free(struct service *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < countof(s->signals); i++)
		if (s->signals[i])
			uv_close((uv_handle_t *)s->signals[i], free_handle);
	httpd_free(s->httpd);
	worker_free(s->worker);
	if (s->look)
		uv_close((uv_handle_t *)s->look, free_handle);
	free(s);
}

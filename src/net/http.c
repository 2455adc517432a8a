/*
 * libcurl's multi interface on a libuv loop.
 *
 * libcurl says which sockets it waits for; they go into an epoll set of ours, and the loop
 * watches that one descriptor. A handle of libuv for each socket would cost more system calls,
 * and a life of its own, for every request.
 *
 *   http_start ─▶ queue ─▶ (kick) ─▶ curl_multi_add_handle ─▶ … ─▶ http_turn ─▶ done
 *
 * Not all of a burst connect at once: each would start a thread to look up the same name. Those
 * that have no connection yet are at most CONNECTING_MAX.
 */
#include "net/http.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "net/sign.h"

enum {
	CONNECTIONS_DEFAULT = 1024,
	CONNECTING_MAX = 128,
	CONNECT_TIMEOUT_MS = 10000,
	STALL_TIMEOUT_MS = 30000,
	TICK_MS = 250, /* between two looks at the time, at least … */
	TICK_MOST_MS = 60000,
	RESPONSE_MAX = 1 << 20,
	HEADERS_MAX = 1000,
	POOL_MAX = 256,
	LARGE_BODY = 1 << 20,
	LARGE_BUFFER = 256 << 10,
	EVENTS = 64,
};

enum call_state { CALL_QUEUED, CALL_RUNNING, CALL_STOPPED };

struct call {
	struct call *next, *prev;
	struct http *http;
	int64_t id;
	enum call_state state;
	CURL *easy;
	struct curl_slist *headers;
	struct http_request req; /* its strings are ours */
	http_done_fn *done;
	void *arg;
	struct http_response res;
	uint64_t sent; /* of the body, to know where to read on */
	int64_t began_ns;
	int64_t active_ns; /* last byte either way */
	bool connected;
	bool sink_stopped;
	bool too_long;
	int read_errno;
	struct err stopped; /* why we gave it up ourselves */
	char why[CURL_ERROR_SIZE];
};

struct list {
	struct call *first, *last;
	size_t n;
};

struct http {
	uv_loop_t *loop;
	CURLM *multi;
	int epoll;
	uv_poll_t poll;
	uv_timer_t timer; /* libcurl's */
	uv_timer_t tick;  /* time-outs of ours */
	uv_timer_t kick;  /* what must not happen inside the caller's call */
	int open_handles;
	struct list queued, running, stopped;
	size_t connecting;
	int64_t last_id;
	CURL *pool[POOL_MAX];
	size_t n_pool;
	unsigned max_connections;
	bool closing;
	char *ca_file, *client_cert, *client_key, *user_agent;
};

static void list_add(struct list *l, struct call *c)
{
	c->next = NULL;
	c->prev = l->last;
	if (l->last)
		l->last->next = c;
	else
		l->first = c;
	l->last = c;
	l->n++;
}

static void list_remove(struct list *l, struct call *c)
{
	*(c->prev ? &c->prev->next : &l->first) = c->next;
	*(c->next ? &c->next->prev : &l->last) = c->prev;
	l->n--;
}

static void request_free_strings(struct http_request *r)
{
	free((char *)r->method);
	free((char *)r->url);
	strv_release(&r->headers);
}

static void call_free(struct call *c)
{
	curl_slist_free_all(c->headers);
	request_free_strings(&c->req);
	buf_release(&c->res.body);
	strv_release(&c->res.headers);
	free(c);
}

const char *http_response_header(const struct http_response *r, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < r->headers.n; i++) {
		const char *h = r->headers.v[i];

		if (strncmp(h, name, len) == 0 && h[len] == ':')
			return h + len + 1 + (h[len + 1] == ' ');
	}
	return NULL;
}

void http_request_release(struct http_request *req)
{
	strv_release(&req->headers);
}

/* What libcurl calls while it works. */

static void call_stirs(struct call *c)
{
	c->active_ns = clock_now_ns();
}

static int on_connected(void *arg, char *ip, char *local_ip, int port, int local_port)
{
	struct call *c = arg;

	(void)ip, (void)local_ip, (void)port, (void)local_port;
	if (!c->connected)
		c->http->connecting--;
	c->connected = true;
	call_stirs(c);
	return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct call *c = arg;
	size_t len = size * n, end = len;
	struct strv *headers = &c->res.headers;

	call_stirs(c);
	c->res.received_bytes += len;
	while (end && (data[end - 1] == '\r' || data[end - 1] == '\n'))
		end--;
	if (end >= 5 && strncasecmp(data, "HTTP/", 5) == 0) {
		strv_clear(headers); /* of a 1xx answer before */
		return len;
	}
	char *colon = memchr(data, ':', end);
	if (!colon)
		return len;
	if (headers->n >= HEADERS_MAX) {
		c->too_long = true;
		return 0;
	}
	const char *value = colon + 1;
	while (value < data + end && (*value == ' ' || *value == '\t'))
		value++;
	strv_addf(headers, "%.*s: %.*s", (int)(colon - data), data, (int)(data + end - value),
	          value);
	for (char *p = headers->v[headers->n - 1]; *p != ':'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p | 0x20);
	return len;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct call *c = arg;
	size_t len = size * n;
	long status = 0;

	call_stirs(c);
	c->res.received_bytes += len;
	if (c->req.sink) {
		curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
		if (status / 100 == 2) {
			c->sink_stopped = c->req.sink(c->req.sink_arg, data, len) < 0;
			return c->sink_stopped ? 0 : len;
		}
	}
	c->too_long = buf_add(&c->res.body, data, len) < 0;
	return c->too_long ? 0 : len;
}

static size_t on_read(char *data, size_t size, size_t n, void *arg)
{
	struct call *c = arg;
	size_t room = size * n;
	uint64_t total = c->req.body_fd >= 0 ? c->req.body_size_bytes : c->req.body_len;
	size_t want = total - c->sent < room ? (size_t)(total - c->sent) : room;

	call_stirs(c);
	if (want == 0)
		return 0;
	if (c->req.body_fd < 0) {
		memcpy(data, (const char *)c->req.body + c->sent, want);
	} else {
		ssize_t got;

		do {
			got = pread(c->req.body_fd, data, want,
			            (off_t)(c->req.body_offset + c->sent));
		} while (got < 0 && errno == EINTR);
		if (got <= 0) {
			c->read_errno = got < 0 ? errno : EIO;
			return CURL_READFUNC_ABORT;
		}
		want = (size_t)got;
	}
	c->sent += want;
	c->res.sent_bytes += want;
	return want;
}

/* libcurl sends a body again when a kept connection turns out to be dead. */
static int on_seek(void *arg, curl_off_t offset, int origin)
{
	struct call *c = arg;

	if (origin != SEEK_SET || offset < 0)
		return CURL_SEEKFUNC_CANTSEEK;
	c->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct http *h = arg;
	struct epoll_event e = { .data.fd = fd };

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(h->epoll, EPOLL_CTL_DEL, fd, NULL);
		curl_multi_assign(h->multi, fd, NULL);
		return 0;
	}
	e.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
	epoll_ctl(h->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &e);
	curl_multi_assign(h->multi, fd, h);
	return 0;
}

/* The end of a call. */

struct meaning {
	CURLcode code;
	enum err_kind kind;
	int sys;
};

/* What is not here: RETRY. */
static const struct meaning meanings[] = {
	{ CURLE_UNSUPPORTED_PROTOCOL, ERR_USAGE, 0 },
	{ CURLE_URL_MALFORMAT, ERR_USAGE, 0 },
	{ CURLE_COULDNT_RESOLVE_PROXY, ERR_RETRY, EHOSTUNREACH },
	{ CURLE_COULDNT_RESOLVE_HOST, ERR_RETRY, EHOSTUNREACH },
	{ CURLE_COULDNT_CONNECT, ERR_RETRY, ECONNREFUSED },
	{ CURLE_OPERATION_TIMEDOUT, ERR_RETRY, ETIMEDOUT },
	{ CURLE_SSL_ENGINE_NOTFOUND, ERR_DENIED, 0 },
	{ CURLE_SSL_CERTPROBLEM, ERR_DENIED, 0 },
	{ CURLE_SSL_CIPHER, ERR_DENIED, 0 },
	{ CURLE_PEER_FAILED_VERIFICATION, ERR_DENIED, 0 },
	{ CURLE_SSL_CACERT_BADFILE, ERR_DENIED, 0 },
	{ CURLE_SSL_ISSUER_ERROR, ERR_DENIED, 0 },
	{ CURLE_SSL_PINNEDPUBKEYNOTMATCH, ERR_DENIED, 0 },
};

/* Under TLS 1.3 a refused client certificate shows as a failed read, after the handshake. */
static bool is_certificate_refused(const char *why)
{
	return strcasestr(why, "alert") &&
	       (strcasestr(why, "certificate") || strcasestr(why, "unknown ca") ||
	        strcasestr(why, "handshake failure") || strcasestr(why, "access denied"));
}

static void call_explain(struct call *c, CURLcode code)
{
	struct meaning m = { code, ERR_RETRY, 0 };
	struct err *err = &c->res.err;

	if (c->stopped.kind != ERR_NONE) {
		*err = c->stopped;
		return;
	}
	if (c->sink_stopped || c->too_long || c->read_errno) {
		if (c->too_long)
			err_set(err, ERR_CORRUPT, "the answer is longer than %zu bytes",
			        c->res.body.max);
		else
			err_set(err, ERR_IO,
			        c->read_errno ? "reading what was to be sent: %s"
			                      : "the receiver stopped",
			        strerror(c->read_errno));
		err->sys = c->read_errno;
		return;
	}
	for (size_t i = 0; i < countof(meanings); i++)
		if (meanings[i].code == code)
			m = meanings[i];
	if (m.kind == ERR_RETRY && is_certificate_refused(c->why))
		m.kind = ERR_DENIED;
	/* what libcurl says of a header without end */
	if (code == CURLE_OUT_OF_MEMORY && c->res.received_bytes > 0)
		err_set(err, ERR_CORRUPT, "the answer's headers are too long");
	else
		err_set(err, m.kind, "%s", c->why[0] ? c->why : curl_easy_strerror(code));
	err->sys = m.sys;
}

static void easy_put_back(struct http *h, CURL *easy)
{
	if (h->n_pool == POOL_MAX) {
		curl_easy_cleanup(easy);
		return;
	}
	curl_easy_reset(easy);
	h->pool[h->n_pool++] = easy;
}

static void call_leave_curl(struct call *c)
{
	struct http *h = c->http;

	if (!c->easy)
		return;
	if (!c->connected)
		h->connecting--;
	curl_multi_remove_handle(h->multi, c->easy);
	easy_put_back(h, steal(&c->easy));
}

/* Off all lists; call back and free. */
static void call_answer(struct call *c)
{
	c->res.wall_ns = clock_now_ns() - c->began_ns;
	c->done(c->arg, &c->res);
	call_free(c);
}

static void call_finish(struct call *c, CURLcode code)
{
	if (code == CURLE_OK)
		curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &c->res.status);
	else
		call_explain(c, code);
	call_leave_curl(c);
	list_remove(&c->http->running, c);
	call_answer(c);
}

/* Give it up; it answers from http_kick. */
static void call_stop(struct call *c, int sys, const char *why)
{
	struct http *h = c->http;

	if (c->state == CALL_STOPPED)
		return;
	err_set(&c->stopped, ERR_RETRY, "%s", why);
	c->stopped.sys = sys;
	call_leave_curl(c);
	list_remove(c->state == CALL_RUNNING ? &h->running : &h->queued, c);
	c->state = CALL_STOPPED;
	c->res.err = c->stopped;
	list_add(&h->stopped, c);
}

/* Starting. */

static void call_set_body(struct call *c)
{
	CURL *e = c->easy;
	const struct http_request *r = &c->req;
	uint64_t size = r->body_fd >= 0 ? r->body_size_bytes : r->body_len;

	if (size == 0 && strcmp(r->method, "PUT") != 0 && strcmp(r->method, "POST") != 0) {
		curl_easy_setopt(e, CURLOPT_NOBODY, strcmp(r->method, "HEAD") == 0 ? 1L : 0L);
		return;
	}
	curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)size);
	curl_easy_setopt(e, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(e, CURLOPT_READDATA, c);
	curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, on_seek);
	curl_easy_setopt(e, CURLOPT_SEEKDATA, c);
	if (size >= LARGE_BODY)
		curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, (long)LARGE_BUFFER);
}

static void call_set_tls(struct call *c)
{
	const struct http *h = c->http;
	CURL *e = c->easy;

	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (h->ca_file)
		curl_easy_setopt(e, CURLOPT_CAINFO, h->ca_file);
	if (h->client_cert)
		curl_easy_setopt(e, CURLOPT_SSLCERT, h->client_cert);
	if (h->client_key)
		curl_easy_setopt(e, CURLOPT_SSLKEY, h->client_key);
}

static void call_set_up(struct call *c)
{
	const struct http *h = c->http;
	const struct http_request *r = &c->req;
	CURL *e = c->easy;

	curl_easy_setopt(e, CURLOPT_PRIVATE, c);
	curl_easy_setopt(e, CURLOPT_URL, r->url);
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, r->method);
	/* OpenSSL writes without MSG_NOSIGNAL: there libcurl keeps SIGPIPE off us */
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, r->url[4] == 's' ? 0L : 1L);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->why);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, c->headers);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_connected);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, c);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)r->connect_timeout_ms);
	if (h->user_agent)
		curl_easy_setopt(e, CURLOPT_USERAGENT, h->user_agent);
	if (r->sink)
		curl_easy_setopt(e, CURLOPT_BUFFERSIZE, (long)LARGE_BUFFER);
	call_set_body(c);
	call_set_tls(c);
}

static void call_launch(struct call *c)
{
	struct http *h = c->http;

	c->easy = h->n_pool ? h->pool[--h->n_pool] : curl_easy_init();
	BUG_IF(!c->easy);
	call_set_up(c);
	list_remove(&h->queued, c);
	list_add(&h->running, c);
	c->state = CALL_RUNNING;
	h->connecting++;
	BUG_IF(curl_multi_add_handle(h->multi, c->easy) != CURLM_OK);
}

static void http_answer_stopped(struct http *h)
{
	struct call *c;

	while ((c = h->stopped.first)) {
		/* what an answer frees is off the list */
		list_remove(&h->stopped, c); // NOLINT(clang-analyzer-unix.Malloc)
		call_answer(c);
	}
}

static void http_launch(struct http *h)
{
	while (h->queued.first && h->running.n < h->max_connections &&
	       h->connecting < CONNECTING_MAX)
		call_launch(h->queued.first);
}

/* Collect what libcurl has finished, and start what waits. */
static void http_turn(struct http *h)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left))) {
		struct call *c = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		CURLcode code = m->data.result;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&c);
		call_finish(c, code);
	}
	http_answer_stopped(h);
	http_launch(h);
	if (h->running.n + h->queued.n == 0)
		uv_timer_stop(&h->tick);
}

static void on_poll(uv_poll_t *p, int status, int events)
{
	struct http *h = p->data;
	struct epoll_event ready[EVENTS];
	int n = epoll_wait(h->epoll, ready, EVENTS, 0);
	int busy;

	(void)status, (void)events;
	for (int i = 0; i < n; i++) {
		uint32_t e = ready[i].events;
		int what = (e & EPOLLIN ? CURL_CSELECT_IN : 0) |
		           (e & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		           (e & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

		curl_multi_socket_action(h->multi, ready[i].data.fd, what, &busy);
	}
	http_turn(h);
}

static void on_timer(uv_timer_t *t)
{
	struct http *h = t->data;
	int busy;

	curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &busy);
	http_turn(h);
}

static int on_curl_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct http *h = arg;

	(void)multi;
	if (timeout_ms < 0)
		uv_timer_stop(&h->timer);
	else
		uv_timer_start(&h->timer, on_timer, (uint64_t)timeout_ms, 0);
	return 0;
}

static void on_kick(uv_timer_t *t)
{
	http_turn(t->data);
}

static void http_kick(struct http *h)
{
	if (!uv_is_closing((uv_handle_t *)&h->kick))
		uv_timer_start(&h->kick, on_kick, 0, 0);
}

static void check_times(struct list *l, int64_t now)
{
	struct call *next;

	for (struct call *c = l->first; c; c = next) {
		int64_t total_ms = (now - c->began_ns) / 1000000;
		int64_t silent_ms = (now - c->active_ns) / 1000000;

		next = c->next;
		if (c->req.timeout_ms && total_ms >= c->req.timeout_ms)
			call_stop(c, ETIMEDOUT, "no answer in time");
		else if (c->connected && silent_ms >= c->req.stall_timeout_ms)
			call_stop(c, ETIMEDOUT, "the connection went silent");
	}
}

/* Before so many milliseconds none of them is late. */
static int64_t nothing_due_ms(const struct list *l, int64_t now)
{
	int64_t least_ms = TICK_MOST_MS;

	for (const struct call *c = l->first; c; c = c->next) {
		int64_t total_ms = (now - c->began_ns) / 1000000;
		int64_t silent_ms = c->connected ? (now - c->active_ns) / 1000000 : 0;
		int64_t left_ms = c->req.stall_timeout_ms - silent_ms;

		if (c->req.timeout_ms && c->req.timeout_ms - total_ms < left_ms)
			left_ms = c->req.timeout_ms - total_ms;
		if (left_ms < least_ms)
			least_ms = left_ms;
	}
	return least_ms;
}

static void on_tick(uv_timer_t *t)
{
	struct http *h = t->data;
	int64_t now = clock_now_ns();

	check_times(&h->running, now);
	check_times(&h->queued, now);
	int64_t running_ms = nothing_due_ms(&h->running, now);
	int64_t queued_ms = nothing_due_ms(&h->queued, now);
	int64_t wait_ms = running_ms < queued_ms ? running_ms : queued_ms;
	/* a client that only waits does not keep waking up */
	uv_timer_start(t, on_tick, (uint64_t)(wait_ms > TICK_MS ? wait_ms : TICK_MS), 0);
	if (h->stopped.first)
		http_turn(h);
}

/* Checking and copying a request. */

static bool is_clean(const char *s, int lowest)
{
	for (; *s; s++)
		if (((unsigned char)*s < lowest && *s != '\t') || *s == 0x7f)
			return false;
	return true;
}

static bool is_token(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] <= ' ' || (unsigned char)s[i] >= 0x7f ||
		    strchr("\"(),/:;<=>?@[\\]{}", s[i]))
			return false;
	return len > 0;
}

static int request_check(const struct http_request *r, struct err *err)
{
	bool plain = strncasecmp(r->url, "http://", 7) == 0;

	if (!plain && strncasecmp(r->url, "https://", 8) != 0)
		return err_set(err, ERR_USAGE, "not an http:// or https:// address: %s",
		               r->url);
	for (const char *p = r->url; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return err_set(
				err, ERR_USAGE,
				"an address with a character that must be written as %%XX");
	if (!is_token(r->method, strlen(r->method)))
		return err_set(err, ERR_USAGE, "an odd method");
	for (size_t i = 0; i < r->headers.n; i++) {
		const char *h = r->headers.v[i];

		if (!is_token(h, strcspn(h, ":")) || !strchr(h, ':') || !is_clean(h, ' '))
			return err_set(
				err, ERR_USAGE,
				"header %.*s has characters that none may "
				"have",
				(int)(is_token(h, strcspn(h, ":")) ? strcspn(h, ":") : 0), h);
	}
	if (r->bearer && (!is_clean(r->bearer, ' ' + 1) || strchr(r->bearer, '\t')))
		return err_set(err, ERR_USAGE, "the token has a space or a line break in it");
	const struct http_sign *s = r->sign;
	if (s && (!is_clean(s->access_key, ' ') || !is_clean(s->region, ' ') ||
	          (s->session_token && !is_clean(s->session_token, ' '))))
		return err_set(err, ERR_USAGE,
		               "the credentials or the region have a line break in them");
	BUG_IF(s && !s->payload_hash && r->body_fd >= 0);
	return 0;
}

static void add_header(struct call *c, const char *header)
{
	size_t name = strcspn(header, ":");
	const char *value = header + name + 1;

	/* "Name:" would remove it, "Name;" sends it empty */
	if (value[strspn(value, " \t")] == '\0') {
		auto_free char *empty = xasprintf("%.*s;", (int)name, header);

		c->headers = curl_slist_append(c->headers, empty);
		return;
	}
	c->headers = curl_slist_append(c->headers, header);
}

static void call_set_headers(struct call *c)
{
	const struct http_request *r = &c->req;

	/* waiting for "100 Continue" costs a round trip, and many servers never send it */
	c->headers = curl_slist_append(NULL, "Expect:");
	if (r->bearer)
		strv_addf(&c->req.headers, "Authorization: Bearer %s", r->bearer);
	if (r->sign)
		sign_request(r->sign, r->method, r->url, r->body, r->body_len, time(NULL),
		             &c->req.headers);
	for (size_t i = 0; i < r->headers.n; i++)
		add_header(c, r->headers.v[i]);
	c->req.sign = NULL;
	c->req.bearer = NULL;
}

int64_t http_start(struct http *h, const struct http_request *req, http_done_fn *done,
                   void *arg, struct err *err)
{
	if (request_check(req, err) < 0)
		return -1;
	if (h->closing)
		return err_set(err, ERR_RETRY, "cancelled");
	struct call *c = xcalloc(1, sizeof(*c));

	c->http = h;
	c->id = ++h->last_id;
	c->done = done;
	c->arg = arg;
	c->req = *req;
	c->req.method = xstrdup(req->method);
	c->req.url = xstrdup(req->url);
	c->req.headers = (struct strv)STRV_INIT;
	for (size_t i = 0; i < req->headers.n; i++)
		strv_add(&c->req.headers, req->headers.v[i]);
	if (!c->req.connect_timeout_ms)
		c->req.connect_timeout_ms = CONNECT_TIMEOUT_MS;
	if (!c->req.stall_timeout_ms)
		c->req.stall_timeout_ms = STALL_TIMEOUT_MS;
	c->res.body.max = req->max_response ? req->max_response : RESPONSE_MAX;
	c->began_ns = clock_now_ns();
	call_set_headers(c);
	list_add(&h->queued, c);
	http_kick(h);
	if (!uv_is_active((uv_handle_t *)&h->tick) || uv_timer_get_due_in(&h->tick) > TICK_MS)
		uv_timer_start(&h->tick, on_tick, TICK_MS, 0);
	return c->id;
}

void http_cancel(struct http *h, int64_t id)
{
	struct list *const lists[] = { &h->running, &h->queued };

	for (size_t i = 0; i < countof(lists); i++)
		for (struct call *c = lists[i]->first; c; c = c->next)
			if (c->id == id) {
				call_stop(c, ECANCELED, "cancelled");
				http_kick(h);
				return;
			}
}

void http_cancel_all(struct http *h)
{
	while (h->running.first)
		call_stop(h->running.first, ECANCELED, "cancelled");
	while (h->queued.first)
		call_stop(h->queued.first, ECANCELED, "cancelled");
	http_kick(h);
}

size_t http_busy(const struct http *h)
{
	return h->queued.n + h->running.n + h->stopped.n;
}

/* Making and ending it. */

static char *copy_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static void http_set_up_multi(struct http *h, unsigned per_host)
{
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)h->max_connections);
	curl_multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)per_host);
	curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
}

int http_new(uv_loop_t *loop, const struct http_options *o, struct http **out, struct err *err)
{
	static const struct http_options none = { 0 };
	auto_fd epoll = epoll_create1(EPOLL_CLOEXEC);

	o = o ? o : &none;
	if (epoll < 0)
		return err_sys(err, "epoll");
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_IO, "libcurl does not start");
	struct http *h = xcalloc(1, sizeof(*h));

	h->loop = loop;
	h->epoll = steal_fd(&epoll);
	h->multi = curl_multi_init();
	BUG_IF(!h->multi);
	h->max_connections = o->max_connections ? o->max_connections : CONNECTIONS_DEFAULT;
	h->ca_file = copy_or_null(o->ca_file);
	h->client_cert = copy_or_null(o->client_cert);
	h->client_key = copy_or_null(o->client_key);
	h->user_agent = copy_or_null(o->user_agent);
	uv_poll_init(loop, &h->poll, h->epoll);
	uv_timer_init(loop, &h->timer);
	uv_timer_init(loop, &h->tick);
	uv_timer_init(loop, &h->kick);
	h->open_handles = 4;
	h->poll.data = h->timer.data = h->tick.data = h->kick.data = h;
	uv_poll_start(&h->poll, UV_READABLE, on_poll);
	/* an idle client keeps no loop alive; requests do, by the tick */
	uv_unref((uv_handle_t *)&h->poll);
	uv_unref((uv_handle_t *)&h->timer);
	http_set_up_multi(h, o->max_per_host);
	*out = h;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct http *h = handle->data;

	if (--h->open_handles)
		return;
	free(h->ca_file);
	free(h->client_cert);
	free(h->client_key);
	free(h->user_agent);
	free(h);
}

void http_free(struct http *h)
{
	if (!h)
		return;
	h->closing = true;
	http_cancel_all(h);
	http_answer_stopped(h);
	while (h->n_pool)
		curl_easy_cleanup(h->pool[--h->n_pool]);
	curl_multi_cleanup(h->multi);
	uv_close((uv_handle_t *)&h->poll, on_closed);
	uv_close((uv_handle_t *)&h->timer, on_closed);
	uv_close((uv_handle_t *)&h->tick, on_closed);
	uv_close((uv_handle_t *)&h->kick, on_closed);
	close(h->epoll);
	curl_global_cleanup();
}

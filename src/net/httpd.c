/*
 * libmicrohttpd polls its sockets by an epoll descriptor of its own; the loop watches that one
 * and a timer, and lets it run.
 *
 *   connection ─▶ stranger: cut off when it is too old, or when places get scarce
 *     headers  ─▶ credentials? room? ─▶ refused at once, and closed
 *     body     ─▶ read, with a deadline
 *     whole    ─▶ given to the handler; suspended if that did not answer at once
 *     answer   ─▶ resumed: libmicrohttpd asks again, and gets the answer
 */
#include "net/httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <gnutls/gnutls.h>
#include <microhttpd.h>

#include "base/clock.h"
#include "base/file.h"

enum {
	CONNECTIONS_DEFAULT = 1024,
	REQUESTS_DEFAULT = 64,
	READ_TIMEOUT_MS = 30000,
	IDLE_TIMEOUT_MS = 60000,
	BODY_BYTES_PER_MS = 16, /* the slowest body that is waited for */
	BACKLOG = 4096,
	TICK_MS = 500,
	PEM_MAX = 1 << 20,
	FDS_SPARED = 128, /* for everything but connections */
	RETRY_AFTER_S = 1,
};

#define BODY_DEFAULT   ((size_t)64 << 20)
#define BODIES_DEFAULT ((size_t)256 << 20)

/* A connection, in one of the lists of struct httpd. */
struct peer {
	struct peer *next, *prev;
	struct peers *in;
	struct httpd *httpd;
	int fd;
	int64_t deadline_ns; /* 0: none */
	char address[INET6_ADDRSTRLEN + 16];
};

struct peers {
	struct peer *first, *last;
	size_t n;
};

enum request_state {
	REQUEST_READING,
	REQUEST_HANDED, /* the handler has it */
	REQUEST_ANSWERED,
};

struct httpd_request {
	struct httpd_request *after, *before; /* in the list of suspended ones */
	struct httpd *httpd;
	struct MHD_Connection *connection;
	struct peer *peer;
	enum request_state state;
	bool suspended;
	bool counted; /* it takes one of max_requests */
	bool too_large;
	char *method, *path;
	struct buf body;
	size_t reserved; /* of max_bodies */
	size_t received; /* of the body, also when it was dropped */
	int64_t whole_by_ns;
	struct MHD_Response *response;
	unsigned status;
	size_t answer_len;
	int64_t began_ns;
	uv_poll_t *gone; /* on the heap: the loop frees it */
	httpd_handler_fn *on_gone;
	void *on_gone_arg;
};

struct httpd {
	uv_loop_t *loop;
	struct httpd_options o;
	struct MHD_Daemon *daemon;
	char address[INET6_ADDRSTRLEN + 16];
	struct buf cert, key, client_ca;
	uv_poll_t *poll; /* the three handles are on the heap: the loop frees them */
	uv_timer_t *timer;
	uv_timer_t *tick;
	/* no credentials yet; has shown them; shut down, not yet closed by libmicrohttpd */
	struct peers strangers, known, cut;
	bool was_full; /* places have become free again in this turn */
	struct httpd_request *suspended;
	unsigned requests; /* counted ones */
	size_t bodies;     /* bytes reserved */
	bool draining;
};

static void free_handle(uv_handle_t *h)
{
	free(h);
}

/* -- peers -- */

static void peers_add(struct peers *l, struct peer *p)
{
	p->in = l;
	p->next = NULL;
	p->prev = l->last;
	*(l->last ? &l->last->next : &l->first) = p;
	l->last = p;
	l->n++;
}

static void peers_remove(struct peer *p)
{
	struct peers *l = p->in;

	*(p->prev ? &p->prev->next : &l->first) = p->next;
	*(p->next ? &p->next->prev : &l->last) = p->prev;
	l->n--;
}

/* libmicrohttpd closes it when it sees the end. */
static void peer_cut(struct peer *p)
{
	shutdown(p->fd, SHUT_RDWR);
	p->deadline_ns = 0;
	peers_remove(p);
	peers_add(&p->httpd->cut, p);
}

static size_t peers_all(const struct httpd *h)
{
	return h->strangers.n + h->known.n + h->cut.n;
}

static int64_t due_ns(uint64_t ms)
{
	return clock_now_ns() + (int64_t)ms * 1000000;
}

static void address_text(const struct sockaddr *sa, char *to, size_t size)
{
	char host[INET6_ADDRSTRLEN] = "?";

	if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in;

		memcpy(&in, sa, sizeof(in));
		inet_ntop(AF_INET6, &in.sin6_addr, host, sizeof(host));
		snprintf(to, size, "[%s]:%u", host, ntohs(in.sin6_port));
	} else {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		inet_ntop(AF_INET, &in.sin_addr, host, sizeof(host));
		snprintf(to, size, "%s:%u", host, ntohs(in.sin_port));
	}
}

/* With client certificates the handshake fails without a good one. */
static void demand_certificate(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	if (!info || !info->tls_session)
		return;
	gnutls_certificate_server_set_request(info->tls_session, GNUTLS_CERT_REQUIRE);
	gnutls_session_set_verify_cert(info->tls_session, NULL, 0);
}

static void peer_new(struct httpd *h, struct MHD_Connection *c, void **context)
{
	const union MHD_ConnectionInfo *fd =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	const union MHD_ConnectionInfo *sa =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct peer *p = xcalloc(1, sizeof(*p));

	p->httpd = h;
	p->fd = fd ? fd->connect_fd : -1;
	p->deadline_ns = due_ns(h->o.read_timeout_ms);
	if (sa && sa->client_addr)
		address_text(sa->client_addr, p->address, sizeof(p->address));
	peers_add(&h->strangers, p);
	*context = p;
	if (h->client_ca.len)
		demand_certificate(c);
	/* A flood of strangers pushes out its own oldest. */
	if (h->strangers.n + h->known.n > h->o.max_connections / 4 * 3)
		peer_cut(h->strangers.first);
}

static void peer_free(struct httpd *h, struct peer *p)
{
	h->was_full = h->was_full || peers_all(h) >= h->o.max_connections;
	peers_remove(p);
	free(p);
}

static void on_connection(void *arg, struct MHD_Connection *c, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
	struct httpd *h = arg;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		peer_new(h, c, context);
	} else if (*context) {
		peer_free(h, *context);
		*context = NULL;
	}
}

static void peer_is_known(struct httpd *h, struct peer *p)
{
	if (p->in != &h->strangers)
		return;
	peers_remove(p);
	peers_add(&h->known, p);
}

static void cut_late(const struct peers *l, int64_t now_ns)
{
	for (struct peer *next, *p = l->first; p; p = next) {
		next = p->next;
		if (p->deadline_ns && p->deadline_ns < now_ns)
			peer_cut(p);
	}
}

static void on_tick(uv_timer_t *timer)
{
	struct httpd *h = timer->data;
	int64_t now_ns = clock_now_ns();

	cut_late(&h->strangers, now_ns);
	cut_late(&h->known, now_ns);
}

/* -- answers -- */

/* A path comes from outside: what a terminal could misunderstand is left out. */
static void log_request(struct httpd_request *r)
{
	struct httpd *h = r->httpd;
	char path[100];
	char line[300];
	size_t n = 0;

	if (!h->o.log)
		return;
	for (const char *p = r->path; *p && n + 1 < sizeof(path); p++)
		path[n++] = *p > 0x20 && *p < 0x7f ? *p : '?';
	path[n] = '\0';
	snprintf(line, sizeof(line), "%s %.16s %s %u %zu bytes in, %zu out, %lld ms",
	         r->peer ? r->peer->address : "?", r->method, path, r->status, r->received,
	         r->answer_len, (long long)((clock_now_ns() - r->began_ns) / 1000000));
	h->o.log(h->o.arg, line);
}

static struct MHD_Response *response_new(const char *type, const void *data, size_t len,
                                         unsigned retry_after_s)
{
	struct MHD_Response *r =
		MHD_create_response_from_buffer(len, (void *)data, MHD_RESPMEM_MUST_COPY);
	char seconds[16];

	BUG_IF(!r);
	MHD_add_response_header(r, "Content-Type", type);
	if (retry_after_s) {
		snprintf(seconds, sizeof(seconds), "%u", retry_after_s);
		MHD_add_response_header(r, "Retry-After", seconds);
	}
	return r;
}

static enum MHD_Result send_answer(struct httpd_request *r)
{
	/* Only who has shown credentials keeps a connection. */
	if (r->peer && (r->peer->in == &r->httpd->strangers || r->httpd->draining))
		MHD_add_response_header(r->response, "Connection", "close");
	enum MHD_Result rc = MHD_queue_response(r->connection, r->status, r->response);

	MHD_destroy_response(r->response);
	r->response = NULL;
	return rc;
}

/* Refused before its body is read. */
static enum MHD_Result refuse(struct httpd_request *r, unsigned status, const char *text)
{
	bool later = status == 429 || status == 503;

	r->state = REQUEST_ANSWERED;
	r->status = status;
	r->answer_len = strlen(text);
	r->response = response_new("text/plain; charset=utf-8", text, strlen(text),
	                           later ? RETRY_AFTER_S : 0);
	if (status == 401)
		MHD_add_response_header(r->response, "WWW-Authenticate", "Bearer");
	MHD_add_response_header(r->response, "Connection", "close");
	return send_answer(r);
}

static void on_timer(uv_timer_t *timer);

static void suspend(struct httpd_request *r)
{
	struct httpd *h = r->httpd;

	r->before = NULL;
	r->after = h->suspended;
	if (r->after)
		r->after->before = r;
	h->suspended = r;
	r->suspended = true;
	MHD_suspend_connection(r->connection);
}

static void resume(struct httpd_request *r)
{
	*(r->before ? &r->before->after : &r->httpd->suspended) = r->after;
	if (r->after)
		r->after->before = r->before;
	r->suspended = false;
	MHD_resume_connection(r->connection);
	uv_timer_start(r->httpd->timer, on_timer, 0, 0);
}

static void stop_watching(struct httpd_request *r)
{
	if (r->gone)
		uv_close((uv_handle_t *)r->gone, free_handle);
	r->gone = NULL;
}

void httpd_answer(struct httpd_request *r, unsigned status, const char *type, const void *data,
                  size_t len, unsigned retry_after_s)
{
	BUG_IF(r->state != REQUEST_HANDED);
	stop_watching(r);
	r->state = REQUEST_ANSWERED;
	r->status = status;
	r->answer_len = len;
	r->response = response_new(type, data, len, retry_after_s);
	if (r->suspended)
		resume(r);
}

/* -- requests -- */

static void give_back_body(struct httpd_request *r)
{
	r->httpd->bodies -= r->reserved;
	r->reserved = 0;
	buf_release(&r->body);
}

static struct httpd_request *request_new(struct httpd *h, struct MHD_Connection *c,
                                         const char *path, const char *method)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct httpd_request *r = xcalloc(1, sizeof(*r));

	r->httpd = h;
	r->connection = c;
	r->peer = info ? info->socket_context : NULL;
	r->method = xstrdup(method);
	r->path = xstrdup(path);
	r->body.max = h->o.max_body;
	r->began_ns = clock_now_ns();
	return r;
}

static void on_completed(void *arg, struct MHD_Connection *c, void **context,
                         enum MHD_RequestTerminationCode code)
{
	struct httpd_request *r = *context;

	(void)arg;
	(void)c;
	(void)code;
	if (!r)
		return;
	*context = NULL;
	log_request(r);
	stop_watching(r);
	give_back_body(r);
	if (r->counted)
		r->httpd->requests--;
	if (r->response)
		MHD_destroy_response(r->response);
	if (r->peer)
		r->peer->deadline_ns = 0;
	free(r->method);
	free(r->path);
	free(r);
}

/* Takes as long for any guess of the same length. */
static bool same_secret(const char *want, const char *got)
{
	size_t n = strlen(want), m = strlen(got);
	volatile unsigned char differs = n != m;

	for (size_t i = 0; i < m; i++)
		differs |= (unsigned char)(got[i] ^ want[n ? i % n : 0]);
	return !differs;
}

static bool has_certificate(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	unsigned status = 1;

	return info && info->tls_session &&
	       gnutls_certificate_verify_peers2(info->tls_session, &status) == 0 && status == 0;
}

static bool is_authorised(struct httpd *h, struct MHD_Connection *c)
{
	static const char scheme[] = "Bearer ";
	const char *given = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");

	if (h->client_ca.len && !has_certificate(c))
		return false;
	if (!h->o.token)
		return true;
	return given && strncasecmp(given, scheme, strlen(scheme)) == 0 &&
	       same_secret(h->o.token, given + strlen(scheme));
}

static bool is_open(const struct httpd_request *r)
{
	const char *open = r->httpd->o.open_path;

	return open && strcmp(r->path, open) == 0 &&
	       (strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0);
}

/* Bytes that the body will have; 0 when it is not said. -1: nonsense. */
static int64_t announced(struct MHD_Connection *c)
{
	const char *text = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Length");
	char *end;

	if (!text)
		return 0;
	errno = 0;
	long long n = strtoll(text, &end, 10);
	return errno || *end || end == text || n < 0 ? -1 : n;
}

/* A large body may take long, but something of it must come all the time. */
static void expect_more(struct httpd_request *r)
{
	int64_t next_ns = due_ns(r->httpd->o.read_timeout_ms);

	if (r->peer)
		r->peer->deadline_ns = next_ns < r->whole_by_ns ? next_ns : r->whole_by_ns;
}

/* The headers are in. */
static enum MHD_Result admit(struct httpd_request *r)
{
	struct httpd *h = r->httpd;
	int64_t len = announced(r->connection);

	if (is_open(r))
		return len ? refuse(r, 413, "no body is expected here\n") : MHD_YES;
	if (!is_authorised(h, r->connection))
		return refuse(r, 401, "credentials are needed: Authorization: Bearer TOKEN\n");
	if (r->peer)
		peer_is_known(h, r->peer);
	if (h->draining)
		return refuse(r, 503, "the server is going away\n");
	if (len < 0 || (size_t)len > h->o.max_body)
		return refuse(r, 413, "the request is too large\n");
	if (h->requests >= h->o.max_requests)
		return refuse(r, 429, "the server has as much as it can take\n");
	if (h->bodies + (size_t)len > h->o.max_bodies)
		return refuse(r, 503, "the server has as much as it can take\n");
	r->counted = true;
	h->requests++;
	r->reserved = (size_t)len;
	h->bodies += r->reserved;
	r->whole_by_ns = due_ns(h->o.read_timeout_ms + (uint64_t)len / BODY_BYTES_PER_MS);
	expect_more(r);
	return MHD_YES;
}

static void take_body(struct httpd_request *r, const char *data, size_t len)
{
	struct httpd *h = r->httpd;
	size_t more;

	r->received += len;
	if (r->too_large)
		return;
	/* a body in chunks announces nothing */
	more = r->body.len + len > r->reserved ? r->body.len + len - r->reserved : 0;
	if (h->bodies + more > h->o.max_bodies || buf_add(&r->body, data, len) < 0) {
		r->too_large = true;
		give_back_body(r);
		return;
	}
	r->reserved += more;
	h->bodies += more;
}

static enum MHD_Result request_whole(struct httpd_request *r)
{
	struct httpd *h = r->httpd;

	if (r->too_large)
		return refuse(r, 413, "the request is too large\n");
	if (r->peer)
		r->peer->deadline_ns = 0;
	r->state = REQUEST_HANDED;
	h->o.handler(h->o.arg, r);
	if (r->state == REQUEST_ANSWERED)
		return send_answer(r);
	suspend(r);
	return MHD_YES;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *path,
                                  const char *method, const char *version, const char *data,
                                  size_t *len, void **context)
{
	struct httpd_request *r = *context;

	(void)version;
	if (!r) {
		*context = r = request_new(arg, c, path, method);
		return admit(r);
	}
	if (*len) {
		if (r->state == REQUEST_READING) {
			take_body(r, data, *len);
			expect_more(r);
		}
		*len = 0;
		return MHD_YES;
	}
	switch (r->state) {
	case REQUEST_READING: return request_whole(r);
	case REQUEST_ANSWERED: return r->response ? send_answer(r) : MHD_YES;
	default: return MHD_YES;
	}
}

/* -- what the handler sees -- */

const char *httpd_request_method(const struct httpd_request *r)
{
	return r->method;
}

const char *httpd_request_path(const struct httpd_request *r)
{
	return r->path;
}

const char *httpd_request_header(const struct httpd_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

const struct buf *httpd_request_body(const struct httpd_request *r)
{
	return &r->body;
}

void httpd_request_drop_body(struct httpd_request *r)
{
	give_back_body(r);
}

static void on_gone(uv_poll_t *poll, int status, int events)
{
	struct httpd_request *r = poll->data;
	httpd_handler_fn *fn = r->on_gone;

	(void)status;
	(void)events;
	stop_watching(r);
	r->on_gone = NULL;
	if (fn)
		fn(r->on_gone_arg, r);
}

void httpd_request_on_gone(struct httpd_request *r, httpd_handler_fn *fn, void *arg)
{
	r->on_gone = fn;
	r->on_gone_arg = arg;
	if (r->gone || !r->peer || r->peer->fd < 0)
		return;
	r->gone = xcalloc(1, sizeof(*r->gone));
	if (uv_poll_init(r->httpd->loop, r->gone, r->peer->fd) < 0) {
		free(r->gone);
		r->gone = NULL;
		return;
	}
	r->gone->data = r;
	uv_poll_start(r->gone, UV_DISCONNECT, on_gone);
}

/* -- the loop -- */

static void httpd_turn(struct httpd *h)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	h->was_full = false;
	MHD_run(h->daemon);
	/* It has stopped to listen, and only looks at that when it runs. */
	if (h->was_full)
		uv_timer_start(h->timer, on_timer, 0, 0);
	else if (MHD_get_timeout(h->daemon, &wait_ms) == MHD_YES)
		uv_timer_start(h->timer, on_timer, wait_ms, 0);
	else
		uv_timer_stop(h->timer);
}

static void on_timer(uv_timer_t *timer)
{
	httpd_turn(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	httpd_turn(poll->data);
}

/* -- set-up -- */

static int listen_at(const struct httpd_options *o, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		                  .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *list = NULL;
	const char *host = o->host ? o->host : "127.0.0.1";
	char port[16];
	int on = 1, fd = -1;

	snprintf(port, sizeof(port), "%u", o->port);
	int rc = getaddrinfo(host, port, &hints, &list);
	if (rc != 0)
		return err_set(err, ERR_USAGE, "listen on %s: %s", host, gai_strerror(rc));
	for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
			break;
		rc = errno;
		close(fd);
		errno = rc;
		fd = -1;
	}
	freeaddrinfo(list);
	return fd < 0 ? err_sys(err, "listen on %s:%u", host, o->port) : fd;
}

static int read_pem(const char *path, struct buf *out, struct err *err)
{
	out->max = PEM_MAX;
	if (path && file_read(path, out, err) < 0)
		return -1;
	return 0;
}

static unsigned default_connections(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    limit.rlim_cur >= CONNECTIONS_DEFAULT + FDS_SPARED)
		return CONNECTIONS_DEFAULT;
	return limit.rlim_cur > 2 * FDS_SPARED ? (unsigned)limit.rlim_cur - FDS_SPARED
	                                       : FDS_SPARED;
}

static char *copy(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static void take_options(struct httpd *h, const struct httpd_options *o)
{
	h->o = *o;
	h->o.host = h->o.tls_cert = h->o.tls_key = h->o.client_ca = NULL;
	h->o.token = copy(o->token);
	h->o.open_path = copy(o->open_path);
	if (!o->max_connections)
		h->o.max_connections = default_connections();
	if (!o->max_requests)
		h->o.max_requests = REQUESTS_DEFAULT;
	if (!o->max_body)
		h->o.max_body = BODY_DEFAULT;
	if (!o->max_bodies)
		h->o.max_bodies = BODIES_DEFAULT;
	if (!o->read_timeout_ms)
		h->o.read_timeout_ms = READ_TIMEOUT_MS;
	if (!o->idle_timeout_ms)
		h->o.idle_timeout_ms = IDLE_TIMEOUT_MS;
}

static int read_certificates(struct httpd *h, const struct httpd_options *o, struct err *err)
{
	if (!o->tls_cert != !o->tls_key)
		return err_set(err, ERR_USAGE, "a certificate and its key belong together");
	if (o->client_ca && !o->tls_cert)
		return err_set(err, ERR_USAGE,
		               "client certificates need TLS: give a certificate and its key");
	if (read_pem(o->tls_cert, &h->cert, err) < 0 ||
	    read_pem(o->tls_key, &h->key, err) < 0 ||
	    read_pem(o->client_ca, &h->client_ca, err) < 0)
		return -1;
	return 0;
}

static int daemon_start(struct httpd *h, int fd, struct err *err)
{
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, h->cert.data },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, h->key.data },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0,
		  (void *)"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" },
		{ h->client_ca.len ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0,
		  h->client_ca.data },
		{ MHD_OPTION_END, 0, NULL },
	};

	if (h->cert.len)
		flags |= MHD_USE_TLS;
	h->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, on_request, h, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, h->o.max_connections,
		MHD_OPTION_CONNECTION_TIMEOUT, (h->o.idle_timeout_ms + 999) / 1000,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_NOTIFY_COMPLETED,
		on_completed, h, MHD_OPTION_ARRAY, h->cert.len ? tls : &tls[countof(tls) - 1],
		MHD_OPTION_END);
	if (h->daemon)
		return 0;
	return h->cert.len ? err_set(err, ERR_USAGE,
	                             "TLS can't be set up: is the certificate's file right, "
	                             "and is the key its own?")
	                   : err_set(err, ERR_IO, "the HTTP server can't be started");
}

static void watch(struct httpd *h)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	BUG_IF(!info);
	h->poll = xcalloc(1, sizeof(*h->poll));
	h->timer = xcalloc(1, sizeof(*h->timer));
	h->tick = xcalloc(1, sizeof(*h->tick));
	uv_poll_init(h->loop, h->poll, info->epoll_fd);
	uv_timer_init(h->loop, h->timer);
	uv_timer_init(h->loop, h->tick);
	h->poll->data = h->timer->data = h->tick->data = h;
	uv_poll_start(h->poll, UV_READABLE, on_poll);
	uv_timer_start(h->tick, on_tick, TICK_MS, TICK_MS);
	uv_unref((uv_handle_t *)h->tick);
}

int httpd_new(uv_loop_t *loop, const struct httpd_options *o, struct httpd **out,
              struct err *err)
{
	struct httpd *h = xcalloc(1, sizeof(*h));
	struct sockaddr_storage sa = { 0 };
	socklen_t sa_len = sizeof(sa);
	int fd = -1;

	h->loop = loop;
	take_options(h, o);
	int rc = read_certificates(h, o, err);
	if (rc == 0)
		rc = fd = listen_at(o, err);
	if (rc >= 0)
		rc = daemon_start(h, fd, err);
	if (rc < 0) {
		if (fd >= 0)
			close(fd);
		httpd_free(h);
		return -1;
	}
	getsockname(fd, (struct sockaddr *)&sa, &sa_len);
	address_text((struct sockaddr *)&sa, h->address, sizeof(h->address));
	watch(h);
	*out = h;
	return 0;
}

static void close_handle(void *handle)
{
	if (handle)
		uv_close(handle, free_handle);
}

void httpd_free(struct httpd *h)
{
	if (!h)
		return;
	/* libmicrohttpd wants no connection suspended when it ends. */
	while (h->suspended)
		resume(h->suspended);
	if (h->daemon)
		MHD_stop_daemon(h->daemon);
	close_handle(h->poll);
	close_handle(h->timer);
	close_handle(h->tick);
	buf_release(&h->cert);
	buf_release(&h->key);
	buf_release(&h->client_ca);
	free((char *)h->o.token);
	free((char *)h->o.open_path);
	free(h);
}

const char *httpd_address(const struct httpd *h)
{
	return h->address;
}

void httpd_drain(struct httpd *h)
{
	if (h->draining)
		return;
	h->draining = true;
	MHD_socket fd = MHD_quiesce_daemon(h->daemon);
	if (fd >= 0)
		close(fd);
}

unsigned httpd_busy(const struct httpd *h)
{
	return h->requests;
}

/*
 *   CLOSED ─send─▶ RESOLVING ─▶ CONNECTING ─▶ (HANDSHAKE) ─▶ UP
 *     ▲                                                       │
 *     └────────────── anything fails: all commands answer ────┘
 *
 * Commands wait in `waiting`, move to `sent` with their first byte, and are answered in that
 * order.
 */
#include "remote/redislink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/clock.h"

enum {
	CONNECT_MS = 5000,
	STALL_MS = 20000,
	TICK_MS = 500,
	OUT_SIZE = 256 << 10,
	IN_SIZE = 128 << 10,
	READS_A_TURN = 16,
};

enum link_state { LINK_CLOSED, LINK_RESOLVING, LINK_CONNECTING, LINK_HANDSHAKE, LINK_UP };

struct queue {
	struct redis_command *first, *last;
	size_t n;
};

struct redislink {
	uv_loop_t *loop;
	const struct redis_place *place;
	enum link_state state;
	int fd;
	SSL *ssl;
	uv_poll_t *poll;
	uv_timer_t tick, kick;
	uv_getaddrinfo_t *resolving;
	int open_handles;
	struct queue waiting, sent;
	struct redis_command login[2]; /* AUTH, SELECT */
	bool want_write;               /* the socket was full */
	bool tls_wants_write;          /* the TLS layer was, while it read */
	bool freed;
	struct buf out;
	size_t out_at;
	char *in;
	struct resp resp;
	bool replied_error;
	struct err reply_err; /* of the answer that is being read */
	struct err cancel_err;
	int64_t active_ns;
};

static void queue_add(struct queue *q, struct redis_command *c)
{
	c->next = NULL;
	*(q->last ? &q->last->next : &q->first) = c;
	q->last = c;
	q->n++;
}

static struct redis_command *queue_take(struct queue *q)
{
	struct redis_command *c = q->first;

	if (!c)
		return NULL;
	q->first = c->next;
	if (!q->first)
		q->last = NULL;
	q->n--;
	return c;
}

void redis_words(struct buf *b, const char *const *words, size_t n)
{
	buf_addf(b, "*%zu\r\n", n);
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "$%zu\r\n%s\r\n", strlen(words[i]), words[i]);
}

/* A BIO over send and recv, so that a closed peer raises no SIGPIPE. */

static int bio_write(BIO *bio, const char *data, int len)
{
	ssize_t n = send((int)(intptr_t)BIO_get_data(bio), data, (size_t)len, MSG_NOSIGNAL);

	BIO_clear_retry_flags(bio);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(bio);
	return (int)n;
}

static int bio_read(BIO *bio, char *data, int len)
{
	ssize_t n = recv((int)(intptr_t)BIO_get_data(bio), data, (size_t)len, 0);

	BIO_clear_retry_flags(bio);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(bio);
	return (int)n;
}

static long bio_ctrl(BIO *bio, int cmd, long number, void *p)
{
	(void)bio, (void)number, (void)p;
	return cmd == BIO_CTRL_FLUSH;
}

static int bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

/* The context keeps the method: both live as long as the backend. */
struct tls {
	SSL_CTX *ctx;
	BIO_METHOD *method;
};

static const char *tls_reason(void)
{
	unsigned long e = ERR_peek_last_error();
	const char *s = e ? ERR_reason_error_string(e) : NULL;

	return s ? s : "unknown reason";
}

static int tls_load(SSL_CTX *ctx, const char *cacert, const char *cert, const char *key,
                    struct err *err)
{
	if (cacert ? SSL_CTX_load_verify_locations(ctx, cacert, NULL) != 1
	           : SSL_CTX_set_default_verify_paths(ctx) != 1)
		return err_set(err, ERR_USAGE, "CA certificates %s: %s", cacert ? cacert : "",
		               tls_reason());
	if (cert && SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
		return err_set(err, ERR_USAGE, "client certificate %s: %s", cert, tls_reason());
	if (cert && SSL_CTX_use_PrivateKey_file(ctx, key ? key : cert, SSL_FILETYPE_PEM) != 1)
		return err_set(err, ERR_USAGE, "client key %s: %s", key ? key : cert,
		               tls_reason());
	return 0;
}

void *redis_tls_new(const char *cacert, const char *cert, const char *key, struct err *err)
{
	struct tls *t = xcalloc(1, sizeof(*t));

	ERR_clear_error();
	t->ctx = SSL_CTX_new(TLS_client_method());
	t->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
	BUG_IF(!t->ctx || !t->method);
	BIO_meth_set_write(t->method, bio_write);
	BIO_meth_set_read(t->method, bio_read);
	BIO_meth_set_ctrl(t->method, bio_ctrl);
	BIO_meth_set_create(t->method, bio_create);
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(t->ctx,
	                 SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (tls_load(t->ctx, cacert, cert, key, err) == 0)
		return t;
	redis_tls_free(t);
	return NULL;
}

void redis_tls_free(void *tls)
{
	struct tls *t = tls;

	if (!t)
		return;
	SSL_CTX_free(t->ctx);
	BIO_meth_free(t->method);
	free(t);
}

/* Ending. */

static void on_poll_closed(uv_handle_t *h)
{
	free(h);
}

static void link_close(struct redislink *l)
{
	if (l->resolving) {
		uv_cancel((uv_req_t *)l->resolving);
		l->resolving->data = NULL;
		l->resolving = NULL;
	}
	if (l->poll)
		uv_close((uv_handle_t *)steal(&l->poll), on_poll_closed);
	if (l->ssl)
		SSL_free(steal(&l->ssl));
	if (l->fd >= 0)
		close(steal_fd(&l->fd));
	buf_reset(&l->out);
	l->out_at = 0;
	l->want_write = l->tls_wants_write = false;
	l->state = LINK_CLOSED;
}

static bool is_login(const struct redislink *l, const struct redis_command *c)
{
	return c == &l->login[0] || c == &l->login[1];
}

static void answer(struct redislink *l, struct redis_command *c, const struct err *err)
{
	/* the login's own failure ends the link; see link_read */
	if (is_login(l, c))
		return;
	c->done(c, err);
}

/* Everything that is open answers with @err; the next command connects anew. */
static void link_fail(struct redislink *l, const struct err *err)
{
	struct err copy = *err;
	struct queue sent = l->sent, waiting = l->waiting;
	struct redis_command *c;

	link_close(l);
	uv_timer_stop(&l->tick);
	l->sent = l->waiting = (struct queue){ 0 };
	while ((c = queue_take(&sent)))
		answer(l, c, &copy);
	while ((c = queue_take(&waiting)))
		answer(l, c, &copy);
}

static void link_fail_sys(struct redislink *l, int sys, const char *what)
{
	struct err err = ERR_INIT;

	err_set(&err, ERR_RETRY, "%s: %s%s%s", l->place->shown, what, sys ? ": " : "",
	        sys ? strerror(sys) : "");
	err.sys = sys == ECONNREFUSED || sys == ETIMEDOUT || sys == EHOSTUNREACH ? sys : 0;
	if (sys == ENOENT && l->place->socket)
		err.sys = ECONNREFUSED;
	if (sys == EACCES)
		err.kind = ERR_DENIED;
	link_fail(l, &err);
}

/* Failures of the TLS layer: -1 was told, 0 wait. */
static int tls_result(struct redislink *l, int rc)
{
	int why = SSL_get_error(l->ssl, rc);
	struct err err = ERR_INIT;

	if (why == SSL_ERROR_WANT_READ)
		return 0;
	if (why == SSL_ERROR_WANT_WRITE) {
		l->tls_wants_write = true;
		return 0;
	}
	long verify = SSL_get_verify_result(l->ssl);
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	if (verify != X509_V_OK) {
		err_set(&err, ERR_DENIED,
		        "%s: the server's certificate is not accepted: %s (give ?cacert=FILE)",
		        l->place->shown, X509_verify_cert_error_string(verify));
	} else if (reason && strstr(reason, "alert")) {
		err_set(&err, ERR_DENIED,
		        "%s: the server refuses us: %s (give ?cert=FILE&key=FILE)",
		        l->place->shown, reason);
	} else {
		err_set(&err, ERR_RETRY, "%s: %s", l->place->shown,
		        reason ? reason : "the connection was closed");
	}
	link_fail(l, &err);
	return -1;
}

/* Sending. */

/* Read the next piece of a body into the buffer. -1: the link has failed. */
static int fill_body(struct redislink *l, struct redis_command *c)
{
	uint64_t left = c->size_bytes - c->sent_bytes;
	size_t want = left < OUT_SIZE ? (size_t)left : OUT_SIZE;
	char *room = buf_room(&l->out, want);
	ssize_t n = pread(c->fd, room, want, (off_t)c->sent_bytes);

	if (n < 0 && errno == EINTR)
		return 0;
	if (n <= 0) {
		/* half a command is out: the connection can't be used any more */
		link_fail_sys(l, n < 0 ? errno : 0, "reading what was to be sent");
		return -1;
	}
	l->out.len += (size_t)n;
	c->sent_bytes += (uint64_t)n;
	return 0;
}

/* Gather bytes of the next commands. */
static int link_fill(struct redislink *l)
{
	while (l->out.len < OUT_SIZE && l->waiting.first) {
		struct redis_command *c = l->waiting.first;

		if (!c->begun) {
			buf_add(&l->out, c->head.data, c->head.len);
			c->begun = true;
		}
		if (c->fd >= 0 && c->sent_bytes < c->size_bytes) {
			if (fill_body(l, c) < 0)
				return -1;
			if (c->sent_bytes < c->size_bytes)
				continue;
		}
		if (c->fd >= 0)
			buf_adds(&l->out, "\r\n");
		queue_add(&l->sent, queue_take(&l->waiting));
	}
	return 0;
}

static ssize_t link_write_some(struct redislink *l, const char *data, size_t len)
{
	if (!l->ssl) {
		ssize_t n = send(l->fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			link_fail_sys(l, errno, "sending");
			return -1;
		}
		return n < 0 ? 0 : n;
	}
	ERR_clear_error();
	int n = SSL_write(l->ssl, data, len > INT32_MAX ? INT32_MAX : (int)len);
	if (n > 0)
		return n;
	return tls_result(l, n);
}

static int link_write(struct redislink *l)
{
	l->want_write = false;
	for (;;) {
		if (l->out_at == l->out.len) {
			buf_reset(&l->out);
			l->out_at = 0;
			if (link_fill(l) < 0)
				return -1;
			if (l->out.len == 0)
				return 0;
		}
		ssize_t n = link_write_some(l, l->out.data + l->out_at, l->out.len - l->out_at);
		if (n < 0)
			return -1;
		if (n == 0) {
			l->want_write = true;
			return 0;
		}
		l->active_ns = clock_now_ns();
		l->out_at += (size_t)n;
	}
}

/* Receiving. */

static const struct {
	const char *word;
	enum err_kind kind;
	int sys;
	const char *help;
} replies[] = {
	{ "BUSY ", ERR_RETRY, EBUSY, NULL },
	{ "CLUSTERDOWN", ERR_RETRY, 0, NULL },
	{ "ERR AUTH", ERR_DENIED, 0, "the server has no password: leave it out of the URI" },
	{ "ERR Client sent AUTH", ERR_DENIED, 0, "the server has no password: leave it out" },
	{ "ERR Protocol error: unauthenticated", ERR_DENIED, 0,
	  "give a password: redis://:PASSWORD@HOST or REDISCLI_AUTH" },
	{ "ERR DB index", ERR_DENIED, 0, "there is no such database number" },
	{ "ERR invalid password", ERR_DENIED, 0, "the password is wrong" },
	{ "ERR max number of clients", ERR_RETRY, EBUSY, NULL },
	{ "LOADING", ERR_RETRY, EBUSY, NULL },
	{ "MASTERDOWN", ERR_RETRY, 0, NULL },
	{ "MISCONF", ERR_NOSPC, 0, "the server can't write its snapshot: look at its disk" },
	{ "MOVED", ERR_DENIED, 0, "a cluster: give one server that holds all keys" },
	{ "NOAUTH", ERR_DENIED, 0, "give a password: redis://:PASSWORD@HOST or REDISCLI_AUTH" },
	{ "NOPERM", ERR_DENIED, 0,
	  "this user may not do that (docs/backends.md lists the rights)" },
	{ "OOM", ERR_NOSPC, 0,
	  "the server's memory is full: raise its maxmemory, or gg gc --remote" },
	{ "READONLY", ERR_DENIED, 0, "a replica: give the address of its master" },
	{ "TRYAGAIN", ERR_RETRY, EBUSY, NULL },
	{ "WRONGPASS", ERR_DENIED, 0, "the user or password is wrong" },
	{ "WRONGTYPE", ERR_IO, 0, NULL },
};

static void reply_error(struct redislink *l, const char *text, size_t len)
{
	struct err *err = &l->reply_err;

	if (l->replied_error)
		return;
	l->replied_error = true;
	err_set(err, ERR_IO, "%s: %.*s", l->place->shown, (int)(len < 300 ? len : 300), text);
	for (size_t i = 0; i < countof(replies); i++)
		if (strncmp(text, replies[i].word, strlen(replies[i].word)) == 0) {
			err_set(err, replies[i].kind, "%s: %.*s%s%s", l->place->shown,
			        (int)(len < 300 ? len : 300), text, replies[i].help ? "; " : "",
			        replies[i].help ? replies[i].help : "");
			err->sys = replies[i].sys;
		}
}

static void on_resp(void *arg, enum resp_event e, const char *data, size_t len, int64_t n)
{
	struct redislink *l = arg;
	struct redis_command *c = l->sent.first;

	if (!c) {
		reply_error(l, "an answer that nobody asked for", 31);
		return;
	}
	if (e == RESP_ERROR) {
		reply_error(l, data, len);
		return;
	}
	if (e != RESP_REPLY) {
		if (c->on_event && !l->replied_error)
			c->on_event(c, e, data, len, n);
		return;
	}
	if (is_login(l, c) && l->replied_error)
		return; /* stays first: link_read ends the link */
	bool failed = l->replied_error;
	struct err err = l->reply_err;
	l->replied_error = false;
	queue_take(&l->sent);
	if (redislink_busy(l) == 0)
		uv_timer_stop(&l->tick);
	answer(l, c, failed ? &err : NULL);
}

/* Bytes read, 0 none for now, -1 the link has failed. */
static ssize_t link_read_some(struct redislink *l)
{
	if (l->ssl) {
		ERR_clear_error();
		int n = SSL_read(l->ssl, l->in, IN_SIZE);

		return n > 0 ? n : tls_result(l, n);
	}
	ssize_t n = recv(l->fd, l->in, IN_SIZE, 0);
	if (n > 0)
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	link_fail_sys(l, n < 0 ? errno : 0, n < 0 ? "receiving" : "the server hung up");
	return -1;
}

static int link_read(struct redislink *l)
{
	for (int i = 0; i < READS_A_TURN; i++) {
		ssize_t n = link_read_some(l);
		struct err err = ERR_INIT;

		if (n <= 0)
			return (int)n;
		l->active_ns = clock_now_ns();
		if (resp_feed(&l->resp, l->in, (size_t)n, &err) < 0) {
			err_wrap(&err, "%s", l->place->shown);
			link_fail(l, &err);
			return -1;
		}
		if (l->replied_error && (!l->sent.first || is_login(l, l->sent.first))) {
			err = l->reply_err;
			link_fail(l, &err);
			return -1;
		}
	}
	return 0;
}

static void link_watch(struct redislink *l);

static int link_handshake(struct redislink *l)
{
	ERR_clear_error();
	int rc = SSL_connect(l->ssl);

	if (rc != 1)
		return tls_result(l, rc);
	l->state = LINK_UP;
	return 0;
}

static void on_poll(uv_poll_t *p, int status, int events)
{
	struct redislink *l = p->data;
	int failed = 0;
	socklen_t len = sizeof(failed);

	(void)status, (void)events;
	l->tls_wants_write = false;
	if (l->state == LINK_CONNECTING) {
		getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &failed, &len);
		if (failed) {
			link_fail_sys(l, failed, "can't connect");
			return;
		}
		l->state = l->ssl ? LINK_HANDSHAKE : LINK_UP;
	}
	if (l->state == LINK_HANDSHAKE && link_handshake(l) < 0)
		return;
	if (l->state == LINK_UP && (link_read(l) < 0 || l->state != LINK_UP))
		return;
	if (l->state == LINK_UP && link_write(l) < 0)
		return;
	link_watch(l);
}

static void link_watch(struct redislink *l)
{
	bool write = l->state == LINK_CONNECTING || l->want_write || l->tls_wants_write;

	if (l->poll)
		uv_poll_start(l->poll, UV_READABLE | (write ? UV_WRITABLE : 0), on_poll);
}

/* Connecting. */

static void add_login(struct redislink *l)
{
	const struct redis_place *p = l->place;
	struct redis_command *first = l->waiting.first;
	struct redis_command *list[2];
	char db[16];
	size_t n = 0;

	for (size_t i = 0; i < 2; i++) {
		buf_release(&l->login[i].head);
		l->login[i] = (struct redis_command){ .fd = -1 };
	}
	if (p->password) {
		const char *words[] = { "AUTH", p->user, p->password };
		bool user = p->user && *p->user;

		if (!user)
			words[1] = p->password;
		redis_words(&l->login[n].head, words, user ? 3 : 2);
		list[n] = &l->login[n];
		n++;
	}
	if (p->db) {
		const char *words[] = { "SELECT", db };

		snprintf(db, sizeof(db), "%u", p->db);
		redis_words(&l->login[n].head, words, 2);
		list[n] = &l->login[n];
		n++;
	}
	/* before everything that waits */
	for (size_t i = n; i-- > 0;) {
		list[i]->next = first;
		first = list[i];
		if (!l->waiting.last)
			l->waiting.last = list[i];
		l->waiting.n++;
	}
	l->waiting.first = first;
}

static int set_up_tls(struct redislink *l)
{
	struct tls *t = l->place->tls;
	const char *host = l->place->host;
	unsigned char ip[16];
	bool is_ip = inet_pton(AF_INET, host, ip) == 1 || inet_pton(AF_INET6, host, ip) == 1;

	l->ssl = SSL_new(t->ctx);
	BIO *bio = BIO_new(t->method);
	BUG_IF(!l->ssl || !bio);
	BIO_set_data(bio, (void *)(intptr_t)l->fd);
	SSL_set_bio(l->ssl, bio, bio);
	if (is_ip)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(l->ssl), host);
	return SSL_set1_host(l->ssl, host) && SSL_set_tlsext_host_name(l->ssl, host);
}

static void link_connect(struct redislink *l, const struct sockaddr *a, socklen_t len)
{
	int one = 1;

	l->fd = socket(a->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0) {
		link_fail_sys(l, errno, "socket");
		return;
	}
	if (a->sa_family != AF_UNIX)
		setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(l->fd, a, len) < 0 && errno != EINPROGRESS) {
		link_fail_sys(l, errno, "can't connect");
		return;
	}
	if (l->place->tls && set_up_tls(l) != 1) {
		link_fail_sys(l, 0, "TLS can't be set up");
		return;
	}
	l->state = LINK_CONNECTING;
	resp_release(&l->resp);
	resp_init(&l->resp, on_resp, l);
	l->replied_error = false;
	add_login(l);
	l->poll = xcalloc(1, sizeof(*l->poll));
	l->poll->data = l;
	uv_poll_init(l->loop, l->poll, l->fd);
	/* an idle connection keeps no loop alive; commands do, by the tick */
	uv_unref((uv_handle_t *)l->poll);
	link_watch(l);
}

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *res)
{
	struct redislink *l = req->data;

	free(req);
	if (l) {
		l->resolving = NULL;
		if (status < 0) {
			auto_free char *what =
				xasprintf("no such host (%s)", uv_strerror(status));

			link_fail_sys(l, EHOSTUNREACH, what);
		} else {
			link_connect(l, res->ai_addr, res->ai_addrlen);
		}
	}
	uv_freeaddrinfo(res);
}

static void link_begin(struct redislink *l)
{
	const struct redis_place *p = l->place;
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_in v4;
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	char port[8];

	l->active_ns = clock_now_ns();
	if (p->socket) {
		if (strlen(p->socket) >= sizeof(un.sun_path)) {
			link_fail_sys(l, ENAMETOOLONG, "the socket's path");
			return;
		}
		memcpy(un.sun_path, p->socket, strlen(p->socket) + 1);
		link_connect(l, (struct sockaddr *)&un, sizeof(un));
		return;
	}
	/* a number needs no resolver, and that no threads */
	if (uv_ip4_addr(p->host, (int)p->port, &v4) == 0) {
		link_connect(l, (struct sockaddr *)&v4, sizeof(v4));
		return;
	}
	snprintf(port, sizeof(port), "%u", p->port);
	l->resolving = xcalloc(1, sizeof(*l->resolving));
	l->resolving->data = l;
	l->state = LINK_RESOLVING;
	if (uv_getaddrinfo(l->loop, l->resolving, on_resolved, p->host, port, &hints) < 0) {
		free(steal(&l->resolving));
		link_fail_sys(l, EHOSTUNREACH, "the host's name");
	}
}

static void on_tick(uv_timer_t *t)
{
	struct redislink *l = t->data;
	int64_t silent_ms = (clock_now_ns() - l->active_ns) / 1000000;

	if (redislink_busy(l) == 0)
		uv_timer_stop(t);
	else if (l->state == LINK_UP && silent_ms > STALL_MS)
		link_fail_sys(l, ETIMEDOUT, "the server went silent");
	else if (l->state != LINK_UP && silent_ms > CONNECT_MS)
		link_fail_sys(l, ETIMEDOUT, "can't connect");
}

static void on_kick(uv_timer_t *t)
{
	struct redislink *l = t->data;

	if (l->cancel_err.kind != ERR_NONE) {
		struct err err = l->cancel_err;

		l->cancel_err = (struct err)ERR_INIT;
		link_fail(l, &err);
		return;
	}
	if (!l->waiting.first)
		return;
	if (l->state == LINK_CLOSED)
		link_begin(l);
	else if (l->state == LINK_UP && link_write(l) == 0)
		link_watch(l);
}

void redislink_send(struct redislink *l, struct redis_command *c)
{
	if (redislink_busy(l) == 0)
		l->active_ns = clock_now_ns();
	queue_add(&l->waiting, c);
	if (!uv_is_active((uv_handle_t *)&l->kick))
		uv_timer_start(&l->kick, on_kick, 0, 0);
	if (!uv_is_active((uv_handle_t *)&l->tick))
		uv_timer_start(&l->tick, on_tick, TICK_MS, TICK_MS);
}

size_t redislink_busy(const struct redislink *l)
{
	return l->waiting.n + l->sent.n;
}

static void set_cancelled(struct err *err)
{
	err_set(err, ERR_RETRY, "cancelled");
	err->sys = ECANCELED;
}

void redislink_cancel(struct redislink *l)
{
	set_cancelled(&l->cancel_err);
	uv_timer_start(&l->kick, on_kick, 0, 0);
}

struct redislink *redislink_new(uv_loop_t *loop, const struct redis_place *place)
{
	struct redislink *l = xcalloc(1, sizeof(*l));

	l->loop = loop;
	l->place = place;
	l->fd = -1;
	l->in = xmalloc(IN_SIZE);
	l->out.max = 4 * OUT_SIZE;
	resp_init(&l->resp, on_resp, l);
	uv_timer_init(loop, &l->tick);
	uv_timer_init(loop, &l->kick);
	l->tick.data = l->kick.data = l;
	l->open_handles = 2;
	return l;
}

static void on_timer_closed(uv_handle_t *h)
{
	struct redislink *l = h->data;

	if (--l->open_handles)
		return;
	for (size_t i = 0; i < 2; i++)
		buf_release(&l->login[i].head);
	buf_release(&l->out);
	resp_release(&l->resp);
	free(l->in);
	free(l);
}

void redislink_free(struct redislink *l)
{
	struct err err = ERR_INIT;

	if (!l)
		return;
	set_cancelled(&err);
	link_fail(l, &err);
	uv_close((uv_handle_t *)&l->tick, on_timer_closed);
	uv_close((uv_handle_t *)&l->kick, on_timer_closed);
}

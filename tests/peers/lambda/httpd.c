#include "httpd.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { HEAD_MAX = 64 << 10, BODY_MAX = 128 << 20 };

struct httpd {
	uv_tcp_t tcp;
	httpd_fn *fn;
	void *arg;
	struct conn *open;
	unsigned port;
};

struct conn {
	uv_tcp_t tcp;
	struct httpd *server; /* NULL: closed */
	struct conn *next, **prev;
	struct buf in;
	size_t used; /* bytes of @in that the request under way takes */
	bool waits;  /* for an answer */
	bool continued;
	bool last; /* the peer wants the connection closed after the answer */
	void (*gone)(void *arg);
	void *gone_arg;
};

struct reply {
	uv_write_t req;
	bool last;
	struct buf bytes;
};

static void closed(uv_handle_t *h)
{
	struct conn *c = h->data;

	buf_release(&c->in);
	free(c);
}

void conn_cut(struct conn *c)
{
	void (*gone)(void *) = c->gone;

	if (uv_is_closing((uv_handle_t *)&c->tcp))
		return;
	c->gone = NULL;
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	if (gone)
		gone(c->gone_arg);
	uv_close((uv_handle_t *)&c->tcp, closed);
}

static void wrote(uv_write_t *req, int status)
{
	struct reply *r = (struct reply *)req;
	struct conn *c = req->handle->data;

	if (status < 0 || r->last)
		conn_cut(c);
	buf_release(&r->bytes);
	free(r);
}

static void send_bytes(struct conn *c, struct reply *r)
{
	uv_buf_t b = uv_buf_init(r->bytes.data, (unsigned)r->bytes.len);

	if (uv_write(&r->req, (uv_stream_t *)&c->tcp, &b, 1, wrote) < 0) {
		buf_release(&r->bytes);
		free(r);
		conn_cut(c);
	}
}

const char *request_header(const struct request *r, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < r->headers.n; i++)
		if (strncmp(r->headers.v[i], name, n) == 0 && r->headers.v[i][n] == ':')
			return r->headers.v[i] + n + 1 + strspn(r->headers.v[i] + n + 1, " ");
	return NULL;
}

static void add_header(struct strv *to, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	char *h = xstrndup(line, len);

	for (size_t i = 0; colon && i < (size_t)(colon - line); i++)
		h[i] = (char)tolower((unsigned char)h[i]);
	strv_take(to, h);
}

/* The head's lines; false when it is none. */
static bool parse_head(char *head, struct request *r)
{
	char *save = NULL;
	char *line = strtok_r(head, "\r\n", &save);
	char *path = line ? strchr(line, ' ') : NULL;
	char *version = path ? strchr(path + 1, ' ') : NULL;

	if (!version)
		return false;
	*path++ = *version = '\0';
	r->method = line;
	r->path = path;
	r->query = "";
	if (strchr(path, '?')) {
		r->query = strchr(path, '?') + 1;
		*strchr(path, '?') = '\0';
	}
	while ((line = strtok_r(NULL, "\r\n", &save)))
		add_header(&r->headers, line, strlen(line));
	return true;
}

static void say_continue(struct conn *c)
{
	struct reply *r = xcalloc(1, sizeof(*r));

	c->continued = true;
	buf_adds(&r->bytes, "HTTP/1.1 100 Continue\r\n\r\n");
	send_bytes(c, r);
}

/* Handle what has arrived whole. */
static void advance(struct conn *c)
{
	struct request r = { .headers = STRV_INIT };
	char *end =
		c->waits || !c->in.len ? NULL : memmem(c->in.data, c->in.len, "\r\n\r\n", 4);

	if (!end) {
		if (!c->waits && c->in.len > HEAD_MAX)
			conn_cut(c);
		return;
	}
	size_t head_len = (size_t)(end - c->in.data) + 4;
	auto_free char *head = xstrndup(c->in.data, head_len);
	if (!parse_head(head, &r)) {
		conn_cut(c);
		goto out;
	}
	const char *length = request_header(&r, "content-length");
	const char *expect = request_header(&r, "expect");
	r.body_len = length ? strtoul(length, NULL, 10) : 0;
	if (r.body_len > BODY_MAX) {
		conn_cut(c);
		goto out;
	}
	if (c->in.len - head_len < r.body_len) {
		if (expect && !c->continued && strcasecmp(expect, "100-continue") == 0)
			say_continue(c);
		goto out;
	}
	r.body = c->in.data + head_len;
	c->used = head_len + r.body_len;
	c->last = request_header(&r, "connection") &&
	          strcasecmp(request_header(&r, "connection"), "close") == 0;
	c->waits = true;
	c->server->fn(c->server->arg, c, &r);
out:
	strv_release(&r.headers);
}

void conn_reply(struct conn *c, int status, const char *headers, const void *body, size_t len)
{
	struct reply *r = xcalloc(1, sizeof(*r));

	c->gone = NULL;
	r->last = c->last;
	buf_addf(&r->bytes, "HTTP/1.1 %d %s\r\n%s", status, status < 300 ? "OK" : "Error",
	         headers);
	if (status != 204)
		buf_addf(&r->bytes, "content-length: %zu\r\n", len);
	buf_adds(&r->bytes, "\r\n");
	if (len)
		buf_add(&r->bytes, body, len);
	memmove(c->in.data, c->in.data + c->used, c->in.len - c->used);
	c->in.len -= c->used;
	c->used = 0;
	c->waits = c->continued = false;
	send_bytes(c, r);
	if (!uv_is_closing((uv_handle_t *)&c->tcp) && c->in.len && !c->last)
		advance(c);
}

void conn_on_gone(struct conn *c, void (*fn)(void *arg), void *arg)
{
	c->gone = fn;
	c->gone_arg = arg;
}

static void give_room(uv_handle_t *h, size_t wanted, uv_buf_t *out)
{
	struct conn *c = h->data;
	char *room = buf_room(&c->in, 64 << 10);

	(void)wanted;
	*out = uv_buf_init(room, room ? 64 << 10 : 0);
}

static void arrived(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	struct conn *c = s->data;

	(void)b;
	if (n < 0) {
		conn_cut(c);
		return;
	}
	c->in.len += (size_t)n;
	advance(c);
}

static void accepted(uv_stream_t *s, int status)
{
	struct httpd *h = s->data;
	struct conn *c;

	if (status < 0)
		return;
	c = xcalloc(1, sizeof(*c));
	c->server = h;
	c->in.max = BODY_MAX + HEAD_MAX + (128 << 10);
	c->tcp.data = c;
	uv_tcp_init(s->loop, &c->tcp);
	c->next = h->open;
	c->prev = &h->open;
	if (c->next)
		c->next->prev = &c->next;
	h->open = c;
	if (uv_accept(s, (uv_stream_t *)&c->tcp) < 0 ||
	    uv_read_start((uv_stream_t *)&c->tcp, give_room, arrived) < 0)
		conn_cut(c);
	else
		uv_tcp_nodelay(&c->tcp, 1);
}

struct httpd *httpd_new(uv_loop_t *loop, unsigned port, httpd_fn *fn, void *arg)
{
	struct httpd *h = xcalloc(1, sizeof(*h));
	struct sockaddr_in at;
	int len = sizeof(at);

	h->fn = fn;
	h->arg = arg;
	h->tcp.data = h;
	uv_tcp_init(loop, &h->tcp);
	uv_ip4_addr("127.0.0.1", (int)port, &at);
	if (uv_tcp_bind(&h->tcp, (struct sockaddr *)&at, 0) < 0 ||
	    uv_listen((uv_stream_t *)&h->tcp, 1024, accepted) < 0)
		return NULL;
	uv_tcp_getsockname(&h->tcp, (struct sockaddr *)&at, &len);
	h->port = ntohs(at.sin_port);
	return h;
}

unsigned httpd_port(const struct httpd *h)
{
	return h->port;
}

static void server_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void httpd_close(struct httpd *h)
{
	while (h->open)
		conn_cut(h->open);
	uv_close((uv_handle_t *)&h->tcp, server_closed);
}

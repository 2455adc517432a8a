/* The server, and clients on threads of their own that send what they like. */
#include "check.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "net/httpd.h"

#define TOKEN "a-token-of-some-length"
#define AUTH  "Authorization: Bearer " TOKEN "\r\n"

struct server {
	uv_loop_t loop;
	struct httpd *h;
	unsigned port;
	struct httpd_request *held; /* answered later, when @hold */
	bool hold;
	unsigned handled, gone;
	char seen[256];
};

struct client {
	pthread_t thread;
	unsigned port;
	const char *say;
	bool shut; /* and no more */
	char got[4096];
	atomic_bool done;
};

static void answer(struct httpd_request *r)
{
	httpd_answer(r, 200, "text/plain", "fine", 4, 0);
}

static void on_gone(void *arg, struct httpd_request *r)
{
	struct server *s = arg;

	(void)r;
	s->gone++;
}

static void on_request(void *arg, struct httpd_request *r)
{
	struct server *s = arg;
	const char *x = httpd_request_header(r, "X-Some");

	s->handled++;
	snprintf(s->seen, sizeof(s->seen), "%s %s %s %s", httpd_request_method(r),
	         httpd_request_path(r), x ? x : "-", buf_str(httpd_request_body(r)));
	if (!s->hold) {
		answer(r);
		return;
	}
	s->held = r;
	httpd_request_on_gone(r, on_gone, s);
}

static void begin(struct server *s, struct httpd_options o)
{
	struct err err = ERR_INIT;

	*s = (struct server){ 0 };
	uv_loop_init(&s->loop);
	o.handler = on_request;
	o.arg = s;
	OK(httpd_new(&s->loop, &o, &s->h, &err), err);
	s->port = (unsigned)strtoul(strrchr(httpd_address(s->h), ':') + 1, NULL, 10);
}

static void end(struct server *s)
{
	httpd_free(s->h);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&s->loop), 0);
}

static int dial(unsigned port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons((uint16_t)port),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval limit = { .tv_sec = 60 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Says it, and keeps what comes until the other side ends. */
static void *client_main(void *arg)
{
	struct client *c = arg;
	int fd = dial(c->port);
	size_t n = 0;
	ssize_t got = 0;

	if (fd < 0)
		snprintf(c->got, sizeof(c->got), "refused");
	if (fd >= 0)
		send(fd, c->say, strlen(c->say), MSG_NOSIGNAL);
	if (c->shut)
		shutdown(fd, SHUT_WR);
	while (fd >= 0 && n + 1 < sizeof(c->got) &&
	       (got = recv(fd, c->got + n, sizeof(c->got) - 1 - n, 0)) > 0)
		n += (size_t)got;
	if (fd >= 0)
		close(fd);
	c->done = true;
	return NULL;
}

static void turn(struct server *s)
{
	uv_run(&s->loop, UV_RUN_NOWAIT);
	usleep(1000);
}

static void client_start(struct server *s, struct client *c, const char *say, bool shut)
{
	memset(c, 0, sizeof(*c));
	c->port = s->port;
	c->say = say;
	c->shut = shut;
	assert_int_equal(pthread_create(&c->thread, NULL, client_main, c), 0);
}

static const char *client_end(struct server *s, struct client *c)
{
	while (!c->done)
		turn(s);
	pthread_join(c->thread, NULL);
	return c->got;
}

/* The status that comes back; 0: cut off without. */
static int ask(struct server *s, const char *say)
{
	static struct client c;

	client_start(s, &c, say, false);
	return atoi(client_end(s, &c) + strlen("HTTP/1.1 ") * (c.got[0] == 'H'));
}

static void test_the_handler_sees_the_request_and_its_answer_goes_back(void **state)
{
	struct server s;
	struct client c;

	begin(&s, (struct httpd_options){ 0 });
	client_start(&s, &c,
	             "POST /a/b HTTP/1.1\r\nHost: x\r\nX-Some: thing\r\nConnection: close\r\n"
	             "Content-Length: 5\r\n\r\nhello",
	             false);
	client_end(&s, &c);
	assert_string_equal(s.seen, "POST /a/b thing hello");
	CHECK(strncmp(c.got, "HTTP/1.1 200 ", 13) == 0 && strstr(c.got, "\r\n\r\nfine"), "%s",
	      c.got);
	end(&s);
}

static void test_an_answer_may_come_later(void **state)
{
	struct server s;
	struct client c;

	begin(&s, (struct httpd_options){ 0 });
	s.hold = true;
	client_start(&s, &c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false);
	while (!s.held)
		turn(&s);
	assert_int_equal(httpd_busy(s.h), 1);
	answer(s.held);
	CHECK(strstr(client_end(&s, &c), "\r\n\r\nfine"), "%s", c.got);
	while (httpd_busy(s.h))
		turn(&s);
	assert_int_equal(s.gone, 0);
	end(&s);
}

static void test_that_a_client_has_gone_is_told_once(void **state)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	struct server s;

	begin(&s, (struct httpd_options){ 0 });
	s.hold = true;
	int fd = dial(s.port);
	send(fd, text, strlen(text), 0);
	while (!s.held)
		turn(&s);
	close(fd);
	while (!s.gone)
		turn(&s);
	for (int i = 0; i < 10; i++)
		turn(&s);
	assert_int_equal(s.gone, 1);
	answer(s.held);
	while (httpd_busy(s.h))
		turn(&s);
	end(&s);
}

static void test_what_is_refused_never_reaches_the_handler(void **state)
{
	static const struct {
		const char *say;
		int status;
	} cases[] = {
		{ "POST / HTTP/1.1\r\nHost: x\r\n\r\n", 401 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n", 401 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n\r\n", 401 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " TOKEN "x\r\n\r\n",
		  401 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \r\n\r\n", 401 },
		{ "POST / HTTP/1.1\r\nHost: x\r\n" AUTH "Content-Length: 101\r\n\r\n", 413 },
		{ "POST / HTTP/1.1\r\nHost: x\r\n" AUTH
		  "Content-Length: 99999999999999999999999\r\n\r\n",
		  413 },
		{ "POST / HTTP/1.1\r\nHost: x\r\n" AUTH "Content-Length: -1\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\nHost: x\r\n" AUTH "Content-Length: x\r\n\r\n", 400 },
		{ "POST /open HTTP/1.1\r\nHost: x\r\n\r\n", 401 },
		{ "GET /open HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n", 413 },
		{ "GET /opened HTTP/1.1\r\nHost: x\r\n\r\n", 401 },
		{ "nonsense\r\n\r\n", 400 },
	};
	struct server s;

	begin(&s,
	      (struct httpd_options){ .token = TOKEN, .open_path = "/open", .max_body = 100 });
	for (size_t i = 0; i < countof(cases); i++) {
		int status = ask(&s, cases[i].say);
		CHECK(status == cases[i].status || (cases[i].status == 400 && status == 0),
		      "%zu: %d", i, status);
	}
	assert_int_equal(s.handled, 0);
	assert_int_equal(ask(&s, "GET /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
	                 200);
	assert_int_equal(
		ask(&s, "PUT / HTTP/1.1\r\nHost: x\r\n" AUTH "Connection: close\r\n\r\n"), 200);
	assert_int_equal(s.handled, 2);
	end(&s);
}

static void test_a_body_in_chunks_ends_at_the_limit(void **state)
{
	struct server s;
	char say[1024];

	begin(&s, (struct httpd_options){ .max_body = 100 });
	snprintf(say, sizeof(say),
	         "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: "
	         "chunked\r\n\r\n40\r\n%064d\r\n0\r\n\r\n",
	         0);
	assert_int_equal(ask(&s, say), 200);
	snprintf(say, sizeof(say),
	         "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: "
	         "chunked\r\n\r\n40\r\n%064d\r\n40\r\n%064d\r\n0\r\n\r\n",
	         0, 0);
	assert_int_equal(ask(&s, say), 413);
	assert_int_equal(s.handled, 1);
	end(&s);
}

static void test_more_requests_than_allowed_are_told_to_come_back(void **state)
{
	struct server s;
	struct client c, d;

	begin(&s, (struct httpd_options){ .max_requests = 1 });
	s.hold = true;
	client_start(&s, &c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false);
	while (!s.held)
		turn(&s);
	client_start(&s, &d, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", false);
	client_end(&s, &d);
	CHECK(strncmp(d.got, "HTTP/1.1 429 ", 13) == 0 && strstr(d.got, "Retry-After: "), "%s",
	      d.got);
	answer(s.held);
	client_end(&s, &c);
	CHECK(strncmp(c.got, "HTTP/1.1 200 ", 13) == 0, "%s", c.got);
	end(&s);
}

static void test_bodies_together_are_bounded(void **state)
{
	struct server s;
	struct client c;

	begin(&s, (struct httpd_options){
			  .max_body = 100, .max_bodies = 150, .read_timeout_ms = 300 });
	client_start(&s, &c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx",
	             false);
	while (!httpd_busy(s.h))
		turn(&s);
	assert_int_equal(ask(&s, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 51\r\n\r\n"),
	                 503);
	client_end(&s, &c);
	assert_int_equal(httpd_busy(s.h), 0);
	end(&s);
}

/* Each ends by itself; if not, the test never does. */
static void test_who_stops_in_the_middle_is_cut_off(void **state)
{
	static const char *const halves[] = {
		"",
		"GET",
		"POST / HTTP/1.1\r\nHost: x\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000000\r\n\r\nhalf",
	};
	struct server s;
	struct client c;

	begin(&s, (struct httpd_options){ .read_timeout_ms = 100 });
	for (size_t i = 0; i < countof(halves); i++)
		for (int shut = 0; shut < 2; shut++) {
			client_start(&s, &c, halves[i], shut);
			CHECK(!strstr(client_end(&s, &c), " 200 "), "%s: %s", halves[i], c.got);
		}
	assert_int_equal(s.handled, 0);
	assert_int_equal(httpd_busy(s.h), 0);
	end(&s);
}

static void test_the_oldest_strangers_make_room(void **state)
{
	enum { SILENT = 100 };
	struct server s;
	int fds[SILENT];

	begin(&s, (struct httpd_options){ .max_connections = 8 });
	for (int i = 0; i < SILENT; i++)
		CHECK((fds[i] = dial(s.port)) >= 0, "connection %d", i);
	assert_int_equal(ask(&s, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
	                 200);
	for (int i = 0; i < SILENT; i++)
		close(fds[i]);
	end(&s);
}

static void test_a_draining_server_answers_what_it_has_and_takes_no_more(void **state)
{
	struct server s;
	struct client c, d;

	begin(&s, (struct httpd_options){ 0 });
	s.hold = true;
	client_start(&s, &c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", false);
	while (!s.held)
		turn(&s);
	httpd_drain(s.h);
	client_start(&s, &d, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", false);
	assert_string_equal(client_end(&s, &d), "refused");
	answer(s.held);
	CHECK(strstr(client_end(&s, &c), "\r\n\r\nfine"), "%s", c.got);
	end(&s);
}

static void test_wrong_options_are_told(void **state)
{
	static const struct {
		struct httpd_options o;
		enum err_kind kind;
	} cases[] = {
		{ { .host = "no.such.host.invalid" }, ERR_USAGE },
		{ { .host = "192.0.2.1" }, ERR_IO },
		{ { .tls_cert = "/dev/null" }, ERR_USAGE },
		{ { .client_ca = "/dev/null" }, ERR_USAGE },
		{ { .tls_cert = "/no/such/file", .tls_key = "/no/such/file" }, ERR_NOTFOUND },
		{ { .tls_cert = "/etc/passwd", .tls_key = "/etc/passwd" }, ERR_USAGE },
	};
	uv_loop_t loop;

	uv_loop_init(&loop);
	for (size_t i = 0; i < countof(cases); i++) {
		struct httpd_options o = cases[i].o;
		struct httpd *h = NULL;
		struct err err = ERR_INIT;

		o.handler = on_request;
		CHECK(httpd_new(&loop, &o, &h, &err) < 0 && err.kind == cases[i].kind &&
		              *err.msg,
		      "%zu: %d %s", i, err.kind, err.msg);
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_handler_sees_the_request_and_its_answer_goes_back),
		cmocka_unit_test(test_an_answer_may_come_later),
		cmocka_unit_test(test_that_a_client_has_gone_is_told_once),
		cmocka_unit_test(test_what_is_refused_never_reaches_the_handler),
		cmocka_unit_test(test_a_body_in_chunks_ends_at_the_limit),
		cmocka_unit_test(test_more_requests_than_allowed_are_told_to_come_back),
		cmocka_unit_test(test_bodies_together_are_bounded),
		cmocka_unit_test(test_who_stops_in_the_middle_is_cut_off),
		cmocka_unit_test(test_the_oldest_strangers_make_room),
		cmocka_unit_test(test_a_draining_server_answers_what_it_has_and_takes_no_more),
		cmocka_unit_test(test_wrong_options_are_told),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

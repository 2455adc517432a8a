#include "peer_fixture.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/proc.h"
#include "core/digest.h"
#include "net/http.h"
#include "net/sign.h"

struct result {
	int calls;
	long status;
	struct err err;
	char body[4096];
	char header[256];
	uint64_t received_bytes;
};

static struct peer origin;
static uv_loop_t loop;
static struct http *http;

static void on_done(void *arg, const struct http_response *r)
{
	struct result *res = arg;
	const char *h = http_response_header(r, "retry-after");

	res->calls++;
	res->status = r->status;
	res->err = r->err;
	res->received_bytes = r->received_bytes;
	snprintf(res->body, sizeof(res->body), "%s", buf_str(&r->body));
	snprintf(res->header, sizeof(res->header), "%s", h ? h : "");
}

static char *url(const char *path)
{
	return xasprintf("http://127.0.0.1:%u%s", origin.port, path);
}

/* One request, waited for. */
static struct result fetch(struct http_request *r, const char *path)
{
	struct result res = { 0 };
	struct err err = ERR_INIT;
	auto_free char *full = url(path);

	r->url = full;
	CHECK(http_start(http, r, on_done, &res, &err) > 0, "%s", err.msg);
	assert_int_equal(res.calls, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(res.calls, 1);
	http_request_release(r);
	return res;
}

static struct result get(const char *path)
{
	struct http_request r = HTTP_REQUEST_INIT;

	return fetch(&r, path);
}

static void test_methods_and_bodies_arrive(void **state)
{
	static const struct {
		const char *method, *body, *want;
	} cases[] = {
		{ "GET", NULL, "\"size\": 0" },
		{ "PUT", "hello", "\"size\": 5" },
		{ "POST", "", "\"size\": 0" },
		{ "DELETE", NULL, "\"method\": \"DELETE\"" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct http_request r = HTTP_REQUEST_INIT;

		r.method = cases[i].method;
		r.body = cases[i].body;
		r.body_len = cases[i].body ? strlen(cases[i].body) : 0;
		struct result res = fetch(&r, "/echo");
		assert_int_equal(res.status, 200);
		CHECK(strstr(res.body, cases[i].want), "%s: %s", cases[i].method, res.body);
		CHECK(!strstr(res.body, "Expect"), "%s", res.body);
	}
	struct http_request head = HTTP_REQUEST_INIT;
	head.method = "HEAD";
	struct result res = fetch(&head, "/bytes/1000");
	assert_int_equal(res.status, 200);
	assert_string_equal(res.body, "");
}

static void test_a_part_of_a_file_is_streamed(void **state)
{
	enum { SIZE = 9 << 20, FROM = 12345, LEN = 5 << 20 };
	char path[] = "/tmp/gg-http-XXXXXX";
	auto_fd fd = mkstemp(path);
	auto_free char *data = xmalloc(SIZE);
	struct http_request r = HTTP_REQUEST_INIT;
	struct err err = ERR_INIT;
	struct oid want;
	unsigned char sum[OID_DIGEST_LEN];
	auto_buf hex = BUF_INIT;

	unlink(path);
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (char)(i * 7 + i / 251);
	OK(file_write_fd(fd, data, SIZE, &err), err);
	digest_bytes(data + FROM, LEN, &want);
	oid_digest(&want, sum);
	for (size_t i = 0; i < sizeof(sum); i++)
		buf_addf(&hex, "%02x", sum[i]);
	r.method = "PUT";
	r.body_fd = fd;
	r.body_offset = FROM;
	r.body_size_bytes = LEN;
	struct result res = fetch(&r, "/echo");
	assert_int_equal(res.status, 200);
	CHECK(strstr(res.body, buf_str(&hex)), "%s", res.body);
}

static void test_a_file_that_is_too_short_is_an_error(void **state)
{
	char path[] = "/tmp/gg-http-XXXXXX";
	auto_fd fd = mkstemp(path);
	struct http_request r = HTTP_REQUEST_INIT;

	unlink(path);
	r.method = "PUT";
	r.body_fd = fd;
	r.body_size_bytes = 100;
	struct result res = fetch(&r, "/echo");
	assert_int_equal(res.status, 0);
	assert_int_equal(res.err.kind, ERR_IO);
}

static int sink_add(void *arg, const void *data, size_t len)
{
	size_t *sum = arg;

	*sum += len;
	return 0;
}

static int sink_stop(void *arg, const void *data, size_t len)
{
	return -1;
}

static void test_a_sink_gets_the_body_of_a_good_answer_only(void **state)
{
	size_t sum = 0;
	struct http_request r = HTTP_REQUEST_INIT;

	r.sink = sink_add;
	r.sink_arg = &sum;
	struct result res = fetch(&r, "/bytes/3000000");
	assert_int_equal(res.status, 200);
	assert_int_equal(sum, 3000000);
	assert_string_equal(res.body, "");

	struct http_request bad = HTTP_REQUEST_INIT;
	bad.sink = sink_add;
	bad.sink_arg = &sum;
	res = fetch(&bad, "/status/503");
	assert_int_equal(res.status, 503);
	assert_string_equal(res.body, "status 503");
	assert_string_equal(res.header, "1");
	assert_int_equal(sum, 3000000);

	struct http_request stopped = HTTP_REQUEST_INIT;
	stopped.sink = sink_stop;
	res = fetch(&stopped, "/bytes/3000000");
	assert_int_equal(res.err.kind, ERR_IO);
}

static void test_what_goes_wrong_has_its_kind(void **state)
{
	static const struct {
		const char *path;
		long status;
		enum err_kind kind;
		int sys;
		unsigned timeout_ms, stall_ms;
		size_t max;
	} cases[] = {
		{ "/redirect", 302, ERR_NONE, 0, 0, 0, 0 },
		{ "/status/404", 404, ERR_NONE, 0, 0, 0, 0 },
		{ "/cut/100", 0, ERR_RETRY, 0, 0, 0, 0 },
		{ "/reset", 0, ERR_RETRY, 0, 0, 0, 0 },
		{ "/late/5000", 0, ERR_RETRY, ETIMEDOUT, 300, 0, 0 },
		{ "/stall/10", 0, ERR_RETRY, ETIMEDOUT, 0, 300, 0 },
		{ "/bytes/5000", 0, ERR_CORRUPT, 0, 0, 0, 4999 },
		{ "/bytes/5000", 200, ERR_NONE, 0, 0, 0, 5000 },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct http_request r = HTTP_REQUEST_INIT;

		r.timeout_ms = cases[i].timeout_ms;
		r.stall_timeout_ms = cases[i].stall_ms;
		r.max_response = cases[i].max;
		struct result res = fetch(&r, cases[i].path);
		CHECK(res.status == cases[i].status && res.err.kind == cases[i].kind &&
		              res.err.sys == cases[i].sys,
		      "%s: %ld, kind %d, errno %d: %s", cases[i].path, res.status,
		      (int)res.err.kind, res.err.sys, res.err.msg);
	}
}

static void test_a_port_where_nobody_listens_is_worth_another_try(void **state)
{
	struct http_request r = HTTP_REQUEST_INIT;
	struct result res = { 0 };
	struct err err = ERR_INIT;

	r.url = "http://127.0.0.1:1/";
	CHECK(http_start(http, &r, on_done, &res, &err) > 0, "%s", err.msg);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(res.err.kind, ERR_RETRY);
	assert_int_equal(res.err.sys, ECONNREFUSED);
}

static void test_line_breaks_are_refused(void **state)
{
	static const struct {
		const char *method, *url, *header, *bearer;
	} cases[] = {
		{ "GET", "http://h/\r\nX: y", NULL, NULL },
		{ "GET", "http://h/a b", NULL, NULL },
		{ "GET", "ftp://h/", NULL, NULL },
		{ "GET", "file:///etc/passwd", NULL, NULL },
		{ "GET X", "http://h/", NULL, NULL },
		{ "", "http://h/", NULL, NULL },
		{ "GET", "http://h/", "X: a\r\nY: b", NULL },
		{ "GET", "http://h/", "X: a\nY: b", NULL },
		{ "GET", "http://h/", "X\r\n: a", NULL },
		{ "GET", "http://h/", "no colon", NULL },
		{ "GET", "http://h/", ": a", NULL },
		{ "GET", "http://h/", NULL, "tok\r\nX: y" },
		{ "GET", "http://h/", NULL, "tok en" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct http_request r = HTTP_REQUEST_INIT;
		struct result res = { 0 };
		struct err err = ERR_INIT;

		r.method = cases[i].method;
		r.url = cases[i].url;
		r.bearer = cases[i].bearer;
		if (cases[i].header)
			strv_add(&r.headers, cases[i].header);
		CHECK(http_start(http, &r, on_done, &res, &err) < 0, "case %zu", i);
		assert_int_equal(err.kind, ERR_USAGE);
		http_request_release(&r);
	}
	uv_run(&loop, UV_RUN_DEFAULT);
}

static void test_headers_and_tokens_arrive(void **state)
{
	struct http_request r = HTTP_REQUEST_INIT;

	strv_add(&r.headers, "X-One: two");
	strv_add(&r.headers, "X-Empty:");
	r.bearer = "abc.def";
	struct result res = fetch(&r, "/echo");
	CHECK(strstr(res.body, "[\"X-One\", \"two\"]"), "%s", res.body);
	CHECK(strstr(res.body, "[\"X-Empty\", \"\"]"), "%s", res.body);
	CHECK(strstr(res.body, "[\"Authorization\", \"Bearer abc.def\"]"), "%s", res.body);
	CHECK(strstr(res.body, "[\"User-Agent\", \"test/1\"]"), "%s", res.body);
}

static void test_a_connection_is_used_again(void **state)
{
	struct result first = get("/conn"), second = get("/conn");

	assert_string_equal(first.body, second.body);
}

static void test_a_thousand_at_once_all_answer(void **state)
{
	enum { N = 1000 };
	struct result *res = xcalloc(N, sizeof(*res));
	struct err err = ERR_INIT;
	auto_free char *full = url("/late/100");

	for (int i = 0; i < N; i++) {
		struct http_request r = HTTP_REQUEST_INIT;

		r.url = full;
		CHECK(http_start(http, &r, on_done, &res[i], &err) > 0, "%s", err.msg);
	}
	assert_int_equal(http_busy(http), N);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(http_busy(http), 0);
	for (int i = 0; i < N; i++)
		CHECK(res[i].calls == 1 && res[i].status == 200, "%d: %d calls, %ld, %s", i,
		      res[i].calls, res[i].status, res[i].err.msg);
	free(res);
}

static void test_a_cancelled_request_answers_once_and_later(void **state)
{
	struct http_request r = HTTP_REQUEST_INIT;
	struct result running = { 0 }, queued = { 0 };
	struct err err = ERR_INIT;
	auto_free char *full = url("/late/5000");

	r.url = full;
	int64_t id = http_start(http, &r, on_done, &running, &err);
	for (int i = 0; i < 20; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	http_cancel(http, id);
	assert_int_equal(running.calls, 0);
	http_cancel(http, id);
	id = http_start(http, &r, on_done, &queued, &err);
	http_cancel(http, id);
	http_cancel(http, 999999);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(running.calls, 1);
	assert_int_equal(queued.calls, 1);
	assert_int_equal(running.err.kind, ERR_RETRY);
	assert_int_equal(queued.err.sys, ECANCELED);
}

static void test_freeing_answers_what_runs(void **state)
{
	struct http_request r = HTTP_REQUEST_INIT;
	struct result res = { 0 };
	struct err err = ERR_INIT;
	struct http *own;
	auto_free char *full = url("/late/5000");

	OK(http_new(&loop, NULL, &own, &err), err);
	r.url = full;
	CHECK(http_start(own, &r, on_done, &res, &err) > 0, "%s", err.msg);
	uv_run(&loop, UV_RUN_NOWAIT);
	http_free(own);
	assert_int_equal(res.calls, 1);
	assert_int_equal(res.err.sys, ECANCELED);
	uv_run(&loop, UV_RUN_DEFAULT);
}

static void test_too_many_headers_are_refused(void **state)
{
	assert_int_equal(get("/headers/90").status, 200);
	assert_int_equal(get("/headers/1100").err.kind, ERR_CORRUPT);
}

static const char *authorization(const struct strv *headers)
{
	for (size_t i = 0; i < headers->n; i++)
		if (strncmp(headers->v[i], "Authorization: ", 15) == 0)
			return headers->v[i] + 15;
	return "";
}

/* Signatures as AWS's documentation prints them for these requests. */
static void test_signatures_are_those_of_the_documentation(void **state)
{
	static const struct {
		const char *url, *service, *headers[3], *payload;
		time_t now;
		const char *key, *secret, *want;
	} cases[] = {
		{ "https://iam.amazonaws.com/?Version=2010-05-08&Action=ListUsers",
		  "iam",
		  { "Content-Type: application/x-www-form-urlencoded; charset=utf-8" },
		  NULL,
		  1440938160,
		  "AKIDEXAMPLE",
		  "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
		  "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7" },
		{ "https://examplebucket.s3.amazonaws.com/test.txt",
		  "s3",
		  { "Range: bytes=0-9" },
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		  1369353600,
		  "AKIAIOSFODNN7EXAMPLE",
		  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		  "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41" },
		{ "https://examplebucket.s3.amazonaws.com/?lifecycle",
		  "s3",
		  { NULL },
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		  1369353600,
		  "AKIAIOSFODNN7EXAMPLE",
		  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		  "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543" },
		{ "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J",
		  "s3",
		  { NULL },
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		  1369353600,
		  "AKIAIOSFODNN7EXAMPLE",
		  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		  "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct http_sign s = { "us-east-1",  cases[i].service,
			               cases[i].key, cases[i].secret,
			               NULL,         cases[i].payload };
		auto_strv headers = STRV_INIT;

		for (size_t k = 0; cases[i].headers[k]; k++)
			strv_add(&headers, cases[i].headers[k]);
		sign_request(&s, "GET", cases[i].url, NULL, 0, cases[i].now, &headers);
		CHECK(strstr(authorization(&headers), cases[i].want), "case %zu: %s", i,
		      authorization(&headers));
	}
}

/* The Authorization that curl's own signer sends, for requests that are written as it needs. */
static void test_signatures_are_those_of_curl(void **state)
{
	static const struct {
		const char *method, *path, *query, *service, *body, *header;
	} cases[] = {
		{ "GET", "/b/k", "", "s3", NULL, "X-Amz-Meta-A: b" },
		{ "PUT", "/b/a%20b%2Bc", "", "s3", "hello", NULL },
		{ "GET", "/b", "?list-type=2&prefix=a%2Fb", "s3", NULL, NULL },
		{ "POST", "/2015-03-31/functions/f/invocations", "?Qualifier=x", "lambda", "{}",
		  "X-Amz-Invocation-Type: Event" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		auto_free char *full = xasprintf("http://127.0.0.1:%u%s%s", origin.port,
		                                 cases[i].path, cases[i].query);
		const char *head = cases[i].header ? cases[i].header : "X-Amz-Meta-Z: z";
		char *const argv[] = { "curl",
			               "-sS",
			               "--path-as-is",
			               "-X",
			               (char *)cases[i].method,
			               "--aws-sigv4",
			               (char *)xasprintf("aws:amz:eu-1:%s", cases[i].service),
			               "--user",
			               "KEY:SECRET",
			               "-H",
			               (char *)head,
			               "-H",
			               "x-amz-date: 20300102T030405Z",
			               "-H",
			               "Content-Type: text/plain",
			               cases[i].body ? "--data-binary" : "-sS",
			               (char *)(cases[i].body ? cases[i].body : "-sS"),
			               full,
			               NULL };
		auto_buf out = BUF_INIT;
		struct err err = ERR_INIT;
		auto_strv headers = STRV_INIT;
		struct http_sign s = { "eu-1", cases[i].service, "KEY", "SECRET", NULL, NULL };

		assert_int_equal(proc_capture(argv, NULL, NULL, &out, NULL, &err), 0);
		free(argv[6]);
		strv_add(&headers, head);
		strv_add(&headers, "Content-Type: text/plain");
		sign_request(&s, cases[i].method, full, cases[i].body,
		             cases[i].body ? strlen(cases[i].body) : 0, 1893553445, &headers);
		const char *ours = strstr(authorization(&headers), "SignedHeaders");
		CHECK(ours && strstr(buf_str(&out), ours), "%s: %s\n%s", full,
		      authorization(&headers), buf_str(&out));
	}
}

static int set_up(void **state)
{
	static const char *const argv[] = { "origin.py", NULL };
	static const struct http_options o = { .user_agent = "test/1" };
	struct err err = ERR_INIT;

	unsetenv("http_proxy");
	signal(SIGPIPE, SIG_IGN);
	peer_start(&origin, argv);
	uv_loop_init(&loop);
	OK(http_new(&loop, &o, &http, &err), err);
	return 0;
}

static int tear_down(void **state)
{
	http_free(http);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	peer_stop(&origin);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_methods_and_bodies_arrive),
		cmocka_unit_test(test_a_part_of_a_file_is_streamed),
		cmocka_unit_test(test_a_file_that_is_too_short_is_an_error),
		cmocka_unit_test(test_a_sink_gets_the_body_of_a_good_answer_only),
		cmocka_unit_test(test_what_goes_wrong_has_its_kind),
		cmocka_unit_test(test_a_port_where_nobody_listens_is_worth_another_try),
		cmocka_unit_test(test_line_breaks_are_refused),
		cmocka_unit_test(test_headers_and_tokens_arrive),
		cmocka_unit_test(test_a_connection_is_used_again),
		cmocka_unit_test(test_a_thousand_at_once_all_answer),
		cmocka_unit_test(test_a_cancelled_request_answers_once_and_later),
		cmocka_unit_test(test_freeing_answers_what_runs),
		cmocka_unit_test(test_too_many_headers_are_refused),
		cmocka_unit_test(test_signatures_are_those_of_the_documentation),
		cmocka_unit_test(test_signatures_are_those_of_curl),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

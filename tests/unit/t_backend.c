/* What every backend promises (remote/backend.h), and the transfer over each: a folder, Redis
 * (the real server), S3 (a stub that checks signatures by itself). */
#include "peer_fixture.h"
#include "store_fixture.h"

#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/map.h"
#include "core/digest.h"
#include "net/http.h"
#include "remote/transfer.h"

static uv_loop_t loop;
static struct peer s3;
static pid_t redis;
static char scratch[64];
static char redis_uri[128], dir_uri[128], s3_uri[128], s3_endpoint[64];
static char redis_zstd[160], dir_zstd[160], s3_zstd[160];

static char *envp[] = { "AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=SECRET",
	                "AWS_EC2_METADATA_DISABLED=true", NULL, NULL };
static const char *const places[] = {
	dir_uri, redis_uri, s3_uri, dir_zstd, redis_zstd, s3_zstd
};

struct side {
	struct fixture *f;
	struct backend *b;
	struct transfer *t;
};

static void side_open(struct side *s, const char *uri, const struct transfer_options *o)
{
	struct err err = ERR_INIT;
	void *f;

	fixture_set_up(&f);
	s->f = f;
	struct backend_options bo = { .loop = &loop, .store = s->f->st, .envp = envp };
	OK(backend_open(uri, &bo, &s->b, &err), err);
	s->t = transfer_new(&loop, s->f->st, s->b, o);
}

static void side_close(struct side *s)
{
	void *f = s->f;

	transfer_free(s->t);
	backend_free(s->b);
	uv_run(&loop, UV_RUN_DEFAULT);
	fixture_tear_down(&f);
}

struct answer {
	int calls;
	struct err err;
};

static void on_done(void *arg, const struct err *err)
{
	struct answer *a = arg;

	a->calls++;
	a->err = err ? *err : (struct err)ERR_INIT;
}

typedef int one_fn(struct backend *b, const struct oid *id, backend_done_fn *done, void *arg,
                   struct err *err);

static struct err one(struct side *s, one_fn *fn, const struct oid *id)
{
	struct answer a = { 0 };
	struct err err = ERR_INIT;

	if (fn(s->b, id, on_done, &a, &err) < 0)
		return err;
	assert_int_equal(a.calls, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(a.calls, 1);
	return a.err;
}

static struct err get(struct side *s, const struct oid *id)
{
	struct answer a = { 0 };
	struct err err = ERR_INIT;

	if (s->b->ops->get(s->b, id, false, on_done, &a, &err) < 0)
		return err;
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(a.calls, 1);
	return a.err;
}

static struct err move(struct side *s, bool push, const struct oid *ids, size_t n)
{
	struct answer a = { 0 };
	struct err err = ERR_INIT;

	OK((push ? transfer_push : transfer_pull)(s->t, ids, n, on_done, &a, &err), err);
	assert_int_equal(a.calls, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(a.calls, 1);
	return a.err;
}

/* Ask the stub for a fault or its counters. */
static void stub_answer(void *arg, const struct http_response *r)
{
	snprintf(arg, 512, "%s", buf_str(&r->body));
}

static void stub(const char *what, char answer[512])
{
	struct http_request r = HTTP_REQUEST_INIT;
	auto_free char *url = xasprintf("%s/-/%s", s3_endpoint, what);
	struct err err = ERR_INIT;
	struct http *h;

	OK(http_new(&loop, NULL, &h, &err), err);
	r.url = url;
	CHECK(http_start(h, &r, stub_answer, answer, &err) > 0, "%s", err.msg);
	uv_run(&loop, UV_RUN_DEFAULT);
	http_free(h);
	uv_run(&loop, UV_RUN_DEFAULT);
}

static struct oid put_text(struct side *s, const char *text)
{
	struct err err = ERR_INIT;
	struct oid id;

	OK(store_put(s->f->st, text, strlen(text), &id, &err), err);
	return id;
}

/* Long enough to be packed where that is asked for. */
static struct oid put_long(struct side *s, const char *text)
{
	auto_free char *all = xasprintf("%s%*s\n", text, 5000, "");

	return put_text(s, all);
}

static bool packs(const char *place)
{
	return strstr(place, "zstd") != NULL;
}

static struct oid put_random(struct side *s, size_t len, unsigned seed)
{
	auto_free char *data = xmalloc(len);
	struct err err = ERR_INIT;
	struct oid id;

	for (size_t i = 0; i < len; i++)
		data[i] = (char)((seed = seed * 1103515245 + 12345) >> 16);
	OK(store_put(s->f->st, data, len, &id, &err), err);
	return id;
}

#define NONE(e)       CHECK((e).kind == ERR_NONE, "kind %d: %s", (int)(e).kind, (e).msg)
#define KIND(e, want) CHECK((e).kind == (want), "kind %d: %s", (int)(e).kind, (e).msg)

static void test_objects_go_out_and_come_back(void **state)
{
	for (size_t i = 0; i < countof(places); i++) {
		struct side a, b;
		struct err err;

		side_open(&a, places[i], NULL);
		side_open(&b, places[i], NULL);
		struct oid ids[] = { put_text(&a, "hello\n"), put_text(&a, ""),
			             put_text(&a, THUNK_MAGIC "x"), put_long(&a, "long"),
			             put_random(&a, 12 << 20, 1) };
		for (size_t k = 0; k < countof(ids); k++) {
			err = one(&a, a.b->ops->has, &ids[k]);
			KIND(err, ERR_NOTFOUND);
			err = get(&b, &ids[k]);
			KIND(err, ERR_NOTFOUND);
			err = one(&a, a.b->ops->put, &ids[k]);
			NONE(err);
			err = one(&a, a.b->ops->put, &ids[k]);
			NONE(err);
			err = one(&a, a.b->ops->has, &ids[k]);
			NONE(err);
			err = get(&b, &ids[k]);
			NONE(err);
			OK(store_verify(b.f->st, &ids[k], &err), err);
			err = one(&a, a.b->ops->remove, &ids[k]);
			NONE(err);
			err = one(&a, a.b->ops->has, &ids[k]);
			KIND(err, ERR_NOTFOUND);
			err = one(&a, a.b->ops->remove, &ids[k]);
			NONE(err);
		}
		assert_int_equal(fixture_leftovers(b.f), 0);
		side_close(&a);
		side_close(&b);
	}
}

static void test_programs_get_the_right_to_be_run(void **state)
{
	struct side a, b;
	struct stat sb;

	side_open(&a, dir_uri, NULL);
	side_open(&b, dir_uri, NULL);
	struct oid id = put_text(&a, "#!/bin/sh\n");
	struct err err = move(&a, true, &id, 1);
	NONE(err);
	err = move(&b, false, &id, 1);
	NONE(err);
	auto_free char *path = xasprintf("%s/blobs/%s", b.f->gg, id.s);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0555);
	side_close(&a);
	side_close(&b);
}

struct listed {
	struct map names;
	size_t n, pages;
	uint64_t bytes;
	bool ended;
	struct err err;
};

static void on_list(void *arg, const struct backend_entry *e, size_t n, bool more,
                    const struct err *err)
{
	struct listed *l = arg;

	CHECK(!l->ended, "a page after the last");
	for (size_t i = 0; i < n; i++) {
		map_add(&l->names, e[i].key, NULL)->num = 1;
		l->bytes += e[i].size_bytes;
		CHECK(e[i].modified_s > 1600000000, "%s: no age", e[i].key);
	}
	l->pages++;
	l->ended = !more;
	if (err)
		l->err = *err;
}

static void test_a_listing_names_them_all(void **state)
{
	enum { N = 450 };

	for (size_t i = 0; i < countof(places); i++) {
		struct answer removed = { 0 };
		struct listed l = { 0 };
		struct err err = ERR_INIT;
		struct oid ids[N];
		struct side a;

		side_open(&a, places[i], NULL);
		for (int k = 0; k < N; k++) {
			auto_free char *text = xasprintf("object %d", k);

			ids[k] = (k % 2 ? put_text : put_long)(&a, text);
		}
		err = move(&a, true, ids, N);
		NONE(err);
		OK(a.b->ops->list(a.b, on_list, &l, &err), err);
		uv_run(&loop, UV_RUN_DEFAULT);
		NONE(l.err);
		assert_true(l.ended && (strncmp(places[i], "s3", 2) != 0 || l.pages >= 3));
		for (int k = 0; k < N; k++)
			CHECK(map_find(&l.names, ids[k].s), "%s is missing", ids[k].s);
		for (int k = 0; k < N; k++)
			a.b->ops->remove(a.b, &ids[k], on_done, &removed, &err);
		map_release(&l.names);
		uv_run(&loop, UV_RUN_DEFAULT);
		assert_int_equal(removed.calls, N);
		side_close(&a);
	}
}

/* Change the stored bytes behind the backend's back. */
static void tamper(const char *place, const struct oid *id)
{
	const char *end = packs(place) ? ".zst" : "";
	char answer[512];

	if (strncmp(place, "file", 4) == 0) {
		auto_free char *path = xasprintf("%s/%s%s", dir_uri + 7, id->s, end);

		chmod(path, 0644);
		fixture_write(path, "HELLO\n", 6);
	} else if (strncmp(place, "s3", 2) == 0) {
		auto_free char *what = xasprintf("tamper/pre/%s%s", id->s, end);

		stub(what, answer);
	} else {
		auto_free char *command =
			xasprintf("redis-cli -s %s/r.sock -n 2 SETRANGE %s%s 0 X "
		                  ">/dev/null",
		                  scratch, id->s, end);
		FILE *p = popen(command, "r");

		assert_int_equal(pclose(p), 0);
	}
}

static void test_a_tampered_object_is_refused_and_heals(void **state)
{
	for (size_t i = 0; i < countof(places); i++) {
		struct side a, b;

		side_open(&a, places[i], NULL);
		side_open(&b, places[i], NULL);
		struct oid id = put_long(&a, "hello");
		struct err err = move(&a, true, &id, 1);
		NONE(err);
		tamper(places[i], &id);
		err = move(&b, false, &id, 1);
		KIND(err, ERR_CORRUPT);
		assert_false(store_has(b.f->st, &id));
		assert_int_equal(fixture_leftovers(b.f), 0);
		/* somebody says so to the one that has it */
		assert_true(transfer_believes(a.t, &id));
		transfer_forget(a.t, &id, 1);
		err = move(&a, true, &id, 1);
		NONE(err);
		err = move(&b, false, &id, 1);
		NONE(err);
		one(&a, a.b->ops->remove, &id);
		side_close(&a);
		side_close(&b);
	}
}

/* Bytes that nobody sent: a frame that ends early, is followed by others, or holds something
 * else. */
static void test_a_frame_that_lies_is_refused(void **state)
{
	struct side a, b;

	side_open(&a, dir_zstd, NULL);
	side_open(&b, dir_zstd, NULL);
	struct oid id = put_long(&a, "one");
	struct oid other = put_long(&a, "two");
	struct err err = ERR_INIT;
	struct oid ids[] = { id, other };
	err = move(&a, true, ids, 2);
	NONE(err);
	auto_free char *path = xasprintf("%s/%s.zst", dir_uri + 7, id.s);
	auto_free char *wrong = xasprintf("%s/%s.zst", dir_uri + 7, other.s);
	auto_buf frame = BUF_INIT;
	auto_buf foreign = BUF_INIT;
	OK(file_read(path, &frame, &err), err);
	OK(file_read(wrong, &foreign, &err), err);
	assert_true(frame.len < 1000);
	auto_buf longer = BUF_INIT;
	buf_add(&longer, frame.data, frame.len);
	buf_add(&longer, frame.data, frame.len);
	const struct {
		const char *data;
		size_t len;
	} lies[] = { { frame.data, frame.len / 2 },
		     { frame.data, 0 },
		     { longer.data, longer.len },
		     { longer.data, frame.len + 1 },
		     { foreign.data, foreign.len } };
	chmod(path, 0644);
	for (size_t i = 0; i < countof(lies); i++) {
		fixture_write(path, lies[i].data, lies[i].len);
		err = get(&b, &id);
		KIND(err, ERR_CORRUPT);
		assert_false(store_has(b.f->st, &id));
	}
	assert_int_equal(fixture_leftovers(b.f), 0);
	fixture_write(path, frame.data, frame.len);
	err = get(&b, &id);
	NONE(err);
	for (size_t i = 0; i < 2; i++)
		one(&a, a.b->ops->remove, &ids[i]);
	side_close(&a);
	side_close(&b);
}

static void test_what_is_believed_is_not_sent_but_doubt_asks(void **state)
{
	static const struct transfer_options doubt = { .doubt = true };

	for (size_t i = 0; i < countof(places); i++) {
		struct side a;

		side_open(&a, places[i], NULL);
		struct oid id = put_text(&a, "hello\n");
		struct oid twice[] = { id, id };
		struct err err = move(&a, true, twice, 2);
		NONE(err);
		assert_int_equal(transfer_counts(a.t).pushed, 1);
		one(&a, a.b->ops->remove, &id);
		err = move(&a, true, &id, 1);
		NONE(err);
		assert_int_equal(transfer_counts(a.t).pushed, 1);
		/* another run on the same store believes too, unless it doubts */
		transfer_free(a.t);
		a.t = transfer_new(&loop, a.f->st, a.b, &doubt);
		assert_true(transfer_believes(a.t, &id));
		err = move(&a, true, &id, 1);
		NONE(err);
		assert_int_equal(transfer_counts(a.t).pushed, 1);
		err = one(&a, a.b->ops->has, &id);
		NONE(err);
		transfer_forget(a.t, NULL, 0);
		assert_false(transfer_believes(a.t, &id));
		one(&a, a.b->ops->remove, &id);
		side_close(&a);
	}
}

static void test_one_loss_makes_all_that_is_believed_doubtful(void **state)
{
	for (size_t i = 0; i < countof(places); i++) {
		struct side a;

		side_open(&a, places[i], NULL);
		struct oid ids[] = { put_text(&a, "one\n"), put_text(&a, "two\n"),
			             put_text(&a, "three\n") };
		struct err err = move(&a, true, ids, 3);
		NONE(err);
		for (size_t k = 0; k < 2; k++)
			one(&a, a.b->ops->remove, &ids[k]);
		/* only the first is said to be gone */
		transfer_doubt(a.t, ids, 1);
		err = move(&a, true, ids, 3);
		NONE(err);
		assert_int_equal(transfer_counts(a.t).pushed, 5);
		for (size_t k = 0; k < 3; k++) {
			err = one(&a, a.b->ops->has, &ids[k]);
			NONE(err);
		}
		/* what was seen there is not asked for again */
		one(&a, a.b->ops->remove, &ids[1]);
		err = move(&a, true, ids, 3);
		NONE(err);
		assert_int_equal(transfer_counts(a.t).pushed, 5);
		/* … until it is said to be gone, and then the others too */
		one(&a, a.b->ops->remove, &ids[2]);
		transfer_doubt(a.t, &ids[1], 1);
		err = move(&a, true, ids, 3);
		NONE(err);
		assert_int_equal(transfer_counts(a.t).pushed, 7);
		for (size_t k = 0; k < 3; k++)
			one(&a, a.b->ops->remove, &ids[k]);
		side_close(&a);
	}
}

static void test_failures_are_tried_again(void **state)
{
	static const char *const faults[] = { "every/5/503", "every/5/500", "every/5/0" };
	enum { N = 100 };
	char answer[512];

	for (size_t i = 0; i < countof(faults); i++) {
		struct oid ids[N];
		struct side a, b;

		side_open(&a, s3_uri, NULL);
		side_open(&b, s3_uri, NULL);
		for (int k = 0; k < N; k++)
			ids[k] = put_random(&a, 3000, (unsigned)k + 1);
		stub(faults[i], answer);
		struct err err = move(&a, true, ids, N);
		NONE(err);
		err = move(&b, false, ids, N);
		NONE(err);
		assert_true(transfer_counts(a.t).retries + transfer_counts(b.t).retries > 0);
		for (int k = 0; k < N; k++)
			OK(store_verify(b.f->st, &ids[k], &err), err);
		stub("every/0/0", answer);
		stub("empty", answer);
		side_close(&a);
		side_close(&b);
	}
}

/* A place that takes every request and answers none: each ends after a while. */
struct silent {
	struct backend b;
	unsigned puts;
};

struct silent_put {
	uv_timer_t timer;
	backend_done_fn *done;
	void *arg;
};

static void on_silent_closed(uv_handle_t *h)
{
	free(h->data);
}

static void on_silence(uv_timer_t *timer)
{
	struct silent_put *p = timer->data;
	struct err err = ERR_INIT;

	err_set(&err, ERR_RETRY, "no answer");
	err.sys = ETIMEDOUT;
	p->done(p->arg, &err);
	uv_close((uv_handle_t *)timer, on_silent_closed);
}

static int silent_put(struct backend *b, const struct oid *id, backend_done_fn *done, void *arg,
                      struct err *err)
{
	enum { SILENT_MS = 100 };
	struct silent_put *p = xcalloc(1, sizeof(*p));

	(void)id, (void)err;
	((struct silent *)b)->puts++;
	p->done = done, p->arg = arg;
	uv_timer_init(&loop, &p->timer);
	p->timer.data = p;
	uv_timer_start(&p->timer, on_silence, SILENT_MS, 0);
	return 0;
}

static unsigned silent_width(struct backend *b)
{
	(void)b;
	return 4;
}

static void test_a_place_that_never_answers_is_given_up_before_all_were_tried(void **state)
{
	static const struct backend_ops ops = { .put = silent_put, .width = silent_width };
	static const struct transfer_options few = { .tries = 2 };
	enum { N = 500 };
	struct silent place = { .b = { .ops = &ops, .identity = "silent" } };
	struct oid ids[N];
	struct side s;
	void *f;

	fixture_set_up(&f);
	s = (struct side){ .f = f, .b = &place.b };
	s.t = transfer_new(&loop, s.f->st, &place.b, &few);
	for (int k = 0; k < N; k++)
		ids[k] = put_random(&s, 100, (unsigned)k + 1);
	struct err err = move(&s, true, ids, N);
	KIND(err, ERR_RETRY);
	CHECK(place.puts < N / 2, "%u puts", place.puts);
	assert_int_equal(transfer_counts(s.t).waiting, 0);

	/* and who asks again is told after one try, as long as it is so */
	unsigned before = place.puts;
	err = move(&s, true, ids, 1);
	KIND(err, ERR_RETRY);
	assert_int_equal(place.puts, before + 1);
	transfer_free(s.t);
	uv_run(&loop, UV_RUN_DEFAULT);
	fixture_tear_down(&f);
}

static void test_parts_are_tried_again_and_a_failed_upload_is_ended(void **state)
{
	char answer[512];
	struct side a;

	side_open(&a, s3_uri, NULL);
	struct oid id = put_random(&a, 12 << 20, 7);
	stub("every/3/500", answer);
	struct err err = move(&a, true, &id, 1);
	NONE(err);
	stub("every/0/0", answer);
	err = one(&a, a.b->ops->has, &id);
	NONE(err);
	stub("count", answer);
	CHECK(strstr(answer, "\"uploads\": 0"), "%s", answer);
	stub("empty", answer);
	side_close(&a);
}

static void test_refusals_say_what_to_do(void **state)
{
	static const struct {
		const char *uri, *says;
		enum err_kind kind;
	} cases[] = {
		{ "s3://AKID:wrong@b", "secret key is wrong", ERR_DENIED },
		{ "s3://other:SECRET@b", "nobody knows this access key", ERR_DENIED },
		{ "s3://b?region=us-west-2", "region=eu-test-1", ERR_DENIED },
		{ "s3://absent?region=eu-test-1", "make the bucket first", ERR_DENIED },
		{ "redis+unix:///nowhere/r.sock", "can't connect", ERR_RETRY },
		{ "redis://127.0.0.1:1", "can't connect", ERR_RETRY },
		{ "file:///nowhere/at/all", "make it, or mount it", ERR_DENIED },
	};
	static const struct transfer_options few = { .tries = 2 };

	for (size_t i = 0; i < countof(cases); i++) {
		auto_free char *uri =
			strstr(cases[i].uri, "s3:")
				? xasprintf("%s%s%s", cases[i].uri,
		                            strchr(cases[i].uri, '?') ? ""
		                                                      : "?region=eu-test-1",
		                            "")
				: xstrdup(cases[i].uri);
		struct side a;

		side_open(&a, uri, &few);
		struct oid id = put_text(&a, "hello\n");
		struct err err = move(&a, true, &id, 1);
		CHECK(err.kind == cases[i].kind && strstr(err.msg, cases[i].says),
		      "%s: kind %d: %s", uri, (int)err.kind, err.msg);
		CHECK(!strstr(err.msg, "SECRET"), "%s", err.msg);
		side_close(&a);
	}
}

static void test_uris_that_make_no_sense_are_refused(void **state)
{
	static const char *const uris[] = {
		"ftp://h",
		"s3://",
		"s3://b/?width=0",
		"s3://b?style=odd",
		"s3://b?endpoint=h:1",
		"s3://b?region=a.b",
		"redis://",
		"redis://h/x",
		"redis+unix://h",
		"rediss://h?cacert=/nowhere",
		"file://",
		"file:///tmp?compress=lz4",
		"file://host/x",
		"gs://b",
		"bucket",
	};

	for (size_t i = 0; i < countof(uris); i++) {
		struct backend_options bo = { .loop = &loop, .envp = envp };
		struct backend *b = NULL;
		struct err err = ERR_INIT;

		CHECK(backend_open(uris[i], &bo, &b, &err) < 0, "%s was taken", uris[i]);
		CHECK(err.kind == ERR_USAGE, "%s: kind %d: %s", uris[i], (int)err.kind,
		      err.msg);
	}
	uv_run(&loop, UV_RUN_DEFAULT);
}

static void test_cancelling_answers_all_once(void **state)
{
	enum { N = 300 };

	for (size_t i = 0; i < countof(places); i++) {
		struct answer a = { 0 };
		struct err err = ERR_INIT;
		struct oid ids[N];
		struct side s;

		side_open(&s, places[i], NULL);
		for (int k = 0; k < N; k++)
			ids[k] = put_random(&s, 5000, (unsigned)k + 1);
		OK(transfer_push(s.t, ids, N, on_done, &a, &err), err);
		uv_run(&loop, UV_RUN_NOWAIT);
		transfer_cancel(s.t);
		uv_run(&loop, UV_RUN_DEFAULT);
		assert_int_equal(a.calls, 1);
		assert_int_equal(transfer_counts(s.t).waiting, 0);
		/* and freeing with requests under way is fine */
		a.calls = 0;
		transfer_free(s.t);
		s.t = transfer_new(&loop, s.f->st, s.b, NULL);
		transfer_forget(s.t, NULL, 0);
		OK(transfer_push(s.t, ids, N, on_done, &a, &err), err);
		uv_run(&loop, UV_RUN_NOWAIT);
		side_close(&s);
		assert_int_equal(a.calls, 1);
	}
}

static void start_redis(void)
{
	char socket_path[100];

	snprintf(socket_path, sizeof(socket_path), "%s/r.sock", scratch);
	redis = fork();
	if (redis == 0) {
		int null = open("/dev/null", O_WRONLY);

		/* It must not outlive us, nor keep open what we write to. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, 1);
		dup2(null, 2);
		execlp("redis-server", "redis-server", "--port", "0", "--unixsocket",
		       socket_path, "--save", "", "--dir", scratch, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 600 && access(socket_path, F_OK) < 0; i++)
		usleep(50000);
	CHECK(access(socket_path, F_OK) == 0, "redis-server did not start");
	snprintf(redis_uri, sizeof(redis_uri), "redis+unix://%s?db=2", socket_path);
}

static int set_up(void **state)
{
	static const char *const argv[] = { "s3stub.py", "eu-test-1", NULL };
	static char endpoint[100];

	signal(SIGPIPE, SIG_IGN);
	strcpy(scratch, "/tmp/gg-backend-XXXXXX");
	CHECK(mkdtemp(scratch), "mkdtemp");
	peer_start(&s3, argv);
	snprintf(s3_endpoint, sizeof(s3_endpoint), "http://127.0.0.1:%u", s3.port);
	snprintf(endpoint, sizeof(endpoint), "AWS_ENDPOINT_URL=%s", s3_endpoint);
	envp[3] = endpoint;
	snprintf(s3_uri, sizeof(s3_uri),
	         "s3://b/pre?region=eu-test-1&part_mib=5&multipart_mib=5");
	snprintf(dir_uri, sizeof(dir_uri), "file://%s/share", scratch);
	CHECK(mkdir(dir_uri + 7, 0777) == 0, "mkdir");
	start_redis();
	snprintf(redis_zstd, sizeof(redis_zstd), "%s&compress=zstd", redis_uri);
	snprintf(dir_zstd, sizeof(dir_zstd), "%s?compress=zstd", dir_uri);
	snprintf(s3_zstd, sizeof(s3_zstd), "%s&compress=zstd", s3_uri);
	uv_loop_init(&loop);
	return 0;
}

static int tear_down(void **state)
{
	kill(redis, SIGTERM);
	waitpid(redis, NULL, 0);
	peer_stop(&s3);
	assert_int_equal(uv_loop_close(&loop), 0);
	file_remove_tree(scratch, NULL);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects_go_out_and_come_back),
		cmocka_unit_test(test_programs_get_the_right_to_be_run),
		cmocka_unit_test(test_a_listing_names_them_all),
		cmocka_unit_test(test_a_tampered_object_is_refused_and_heals),
		cmocka_unit_test(test_a_frame_that_lies_is_refused),
		cmocka_unit_test(test_what_is_believed_is_not_sent_but_doubt_asks),
		cmocka_unit_test(test_one_loss_makes_all_that_is_believed_doubtful),
		cmocka_unit_test(test_failures_are_tried_again),
		cmocka_unit_test(
			test_a_place_that_never_answers_is_given_up_before_all_were_tried),
		cmocka_unit_test(test_parts_are_tried_again_and_a_failed_upload_is_ended),
		cmocka_unit_test(test_refusals_say_what_to_do),
		cmocka_unit_test(test_uris_that_make_no_sense_are_refused),
		cmocka_unit_test(test_cancelling_answers_all_once),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* A worker with a folder for a backend, asked without a network. */
#include "store_fixture.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/path.h"
#include "core/codec.h"
#include "core/digest.h"
#include "exec/engine.h"
#include "exec/worker.h"

enum { ASKED_MAX = 8 };

struct answer {
	unsigned calls;
	struct wire_response r;
};

struct host {
	struct fixture *f;
	uv_loop_t loop;
	struct worker *w;
	char *backend, *uri;
	struct answer answers[ASKED_MAX];
	size_t asked, answered;
};

static void begin(struct host *h, struct fixture *f, struct worker_options o)
{
	struct err err = ERR_INIT;

	*h = (struct host){ .f = f };
	h->backend = path_join(f->gg, "backend");
	h->uri = xasprintf("file://%s", h->backend);
	OK(file_mkdirs(h->backend, 0755, &err), err);
	uv_loop_init(&h->loop);
	o.slots = 1;
	o.step = BOX_AUTO;
	o.storage = h->uri;
	o.envp = environ;
	OK(worker_new(&h->loop, f->st, &o, &h->w, &err), err);
}

static void end(struct host *h)
{
	for (size_t i = 0; i < h->asked; i++)
		wire_response_release(&h->answers[i].r);
	worker_free(h->w);
	uv_run(&h->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&h->loop), 0);
	free(h->backend);
	free(h->uri);
}

/* Into the backend. */
static struct oid have(struct host *h, const void *data, size_t len)
{
	struct err err = ERR_INIT;
	struct oid id;

	digest_bytes(data, len, &id);
	auto_free char *path = path_join(h->backend, id.s);
	OK(file_write(path, data, len, 0644, &err), err);
	return id;
}

static struct oid have_file(struct host *h, const char *path)
{
	auto_buf bytes = BUF_INIT;
	struct err err = ERR_INIT;

	OK(file_read(path, &bytes, &err), err);
	return have(h, bytes.data, bytes.len);
}

/* The host's shell runs a script that reads "in" and makes "out". */
static struct thunk *script(struct host *h, const char *text)
{
	static const char *const libraries[] = { "/lib/x86_64-linux-gnu/libc.so.6",
		                                 "/lib64/ld-linux-x86-64.so.2" };
	struct thunk *t = thunk_new();
	struct oid in = have(h, "input\n", 6);

	t->function = have_file(h, "/bin/sh");
	thunk_refs_add(&t->execs, &t->function, NULL, "/bin/sh");
	for (size_t i = 0; i < countof(libraries); i++) {
		struct oid id = have_file(h, libraries[i]);
		thunk_refs_add(&t->execs, &id, NULL, libraries[i]);
	}
	thunk_refs_add(&t->values, &in, NULL, "/p/in");
	strv_add(&t->args, "sh");
	strv_add(&t->args, "-c");
	strv_add(&t->args, text);
	strv_add(&t->outputs, "out");
	t->workdir = xstrdup("/p");
	return t;
}

static void on_answer(void *arg, struct wire_response *r)
{
	struct answer *a = arg;

	a->calls++;
	a->r = *r;
}

static struct answer *start(struct host *h, struct wire_request *req)
{
	struct answer *a = &h->answers[h->asked++];

	BUG_IF(h->asked > ASKED_MAX);
	worker_start(h->w, req, on_answer, a);
	assert_int_equal(a->calls, 0);
	return a;
}

/* A request for one thunk, which comes along. Frees it. */
static struct wire_request request(struct host *h, struct thunk *t, const char *storage)
{
	struct wire_request req = { .n = 1, .protocol = WIRE_PROTOCOL };
	struct err err = ERR_INIT;

	(void)h;
	req.thunks = xcalloc(1, sizeof(*req.thunks));
	req.storage = xstrdup(storage);
	thunk_normalize(t);
	OK(thunk_encode(t, &req.thunks[0].data, &err), err);
	digest_bytes(req.thunks[0].data.data, req.thunks[0].data.len, &req.thunks[0].hash);
	thunk_free(t);
	return req;
}

static void wait_for(struct host *h, const struct answer *a)
{
	while (!a->calls)
		uv_run(&h->loop, UV_RUN_ONCE);
	assert_int_equal(a->calls, 1);
}

static const struct wire_response *ask(struct host *h, struct thunk *t)
{
	struct wire_request req = request(h, t, "");
	struct answer *a = start(h, &req);

	wait_for(h, a);
	return &a->r;
}

static void failed_as(const struct wire_response *r, enum outcome_class what)
{
	CHECK(r->return_code != WIRE_OK && r->failure &&
	              strcmp(r->failure, outcome_class_name(what)) == 0 && r->n == 0,
	      "%d %s: %s", r->return_code, r->failure ? r->failure : "-", r->text);
}

static void test_inputs_come_from_the_backend_and_outputs_go_there(void **state)
{
	struct host h;
	auto_buf out = BUF_INIT;
	struct err err = ERR_INIT;

	begin(&h, *state, (struct worker_options){ 0 });
	const struct wire_response *r =
		ask(&h, script(&h, "read x <in; echo $x >out; echo hi"));
	CHECK(r->return_code == WIRE_OK, "%s: %s", r->failure, r->text);
	assert_int_equal(r->n, 1);
	assert_string_equal(r->executed[0].outputs[0].tag, "out");
	auto_free char *path = path_join(h.backend, r->executed[0].outputs[0].hash.s);
	OK(file_read(path, &out, &err), err);
	assert_string_equal(buf_str(&out), "input\n");
	assert_string_equal(buf_str(&r->out_text), "hi\n");
	assert_true(r->cold);
	/* what is remembered runs no more, and what the backend has lost is sent again */
	assert_int_equal(unlink(path), 0);
	r = ask(&h, script(&h, "read x <in; echo $x >out; echo hi"));
	assert_int_equal(r->return_code, WIRE_OK);
	assert_int_equal(access(path, R_OK), 0);
	assert_int_equal(worker_counts(h.w).ran, 1);
	assert_int_equal(worker_counts(h.w).remembered, 1);
	assert_false(r->cold);
	end(&h);
}

static void test_a_failing_program_is_told_with_what_it_printed(void **state)
{
	struct host h;

	begin(&h, *state, (struct worker_options){ 0 });
	const struct wire_response *r = ask(&h, script(&h, "echo no >&2; exit 3"));
	failed_as(r, OUTCOME_FAILED);
	assert_int_equal(WEXITSTATUS(r->wait_status), 3);
	assert_string_equal(buf_str(&r->err_text), "no\n");
	failed_as(ask(&h, script(&h, ":")), OUTCOME_FAILED);
	struct thunk *slow = script(&h, "while :; do :; done");
	slow->timeout_ms = 50;
	failed_as(ask(&h, slow), OUTCOME_TIMEOUT);
	end(&h);
}

static void test_inputs_that_are_gone_or_damaged_are_named(void **state)
{
	struct host h;
	struct oid gone, damaged;

	begin(&h, *state, (struct worker_options){ 0 });
	digest_bytes("gone", 4, &gone);
	struct thunk *t = script(&h, "echo 1 >out");
	thunk_refs_add(&t->values, &gone, NULL, "/p/gone");
	const struct wire_response *r = ask(&h, t);
	failed_as(r, OUTCOME_MISSING);
	assert_int_equal(r->missing.n, 1);
	assert_string_equal(r->missing.v[0], gone.s);

	t = script(&h, "echo 2 >out");
	damaged = have(&h, "damaged", 7);
	auto_free char *path = path_join(h.backend, damaged.s);
	OK(file_write(path, "DAMAGED", 7, 0644, &(struct err){ 0 }), (struct err){ 0 });
	thunk_refs_add(&t->values, &damaged, NULL, "/p/damaged");
	r = ask(&h, t);
	failed_as(r, OUTCOME_MISSING);
	assert_string_equal(r->missing.v[0], damaged.s);

	t = script(&h, "echo 3 >out");
	free(t->workdir);
	t->workdir = NULL;
	thunk_add_link(t, "link", &gone);
	r = ask(&h, t);
	failed_as(r, OUTCOME_MISSING);
	assert_string_equal(r->missing.v[0], gone.s);
	assert_int_equal(worker_counts(h.w).ran, 0);
	end(&h);
}

static void test_what_can_not_run_is_refused(void **state)
{
	struct host h;
	struct oid other;

	begin(&h, *state, (struct worker_options){ 0 });
	digest_bytes("##GGTHUNK##other", 16, &other);
	struct thunk *foreign = script(&h, ":");
	foreign->platform = xstrdup("pdp11-unix");
	failed_as(ask(&h, foreign), OUTCOME_CANT_RUN);
	struct thunk *waits = script(&h, ":");
	thunk_refs_add(&waits->thunks, &other, NULL, NULL);
	failed_as(ask(&h, waits), OUTCOME_CANT_RUN);

	struct wire_request swapped = request(&h, script(&h, ":"), "");
	swapped.thunks[0].hash = other;
	struct answer *a = start(&h, &swapped);
	wait_for(&h, a);
	failed_as(&a->r, OUTCOME_CANT_RUN);

	struct wire_request none = { .storage = xstrdup("") };
	a = start(&h, &none);
	wait_for(&h, a);
	failed_as(&a->r, OUTCOME_CANT_RUN);

	struct wire_request elsewhere = request(&h, script(&h, ":"), "file:///etc");
	a = start(&h, &elsewhere);
	wait_for(&h, a);
	failed_as(&a->r, OUTCOME_CANT_RUN);
	end(&h);
}

static void test_more_than_it_can_take_is_told_to_come_back(void **state)
{
	struct answer *a[3];
	struct host h;

	begin(&h, *state, (struct worker_options){ .queue = 1 });
	for (int i = 0; i < 3; i++) {
		auto_free char *text = xasprintf("echo %d >out", i);
		struct wire_request req = request(&h, script(&h, text), "");
		a[i] = start(&h, &req);
	}
	for (int i = 0; i < 3; i++)
		wait_for(&h, a[i]);
	assert_int_equal(a[0]->r.return_code, WIRE_OK);
	assert_int_equal(a[1]->r.return_code, WIRE_OK);
	failed_as(&a[2]->r, OUTCOME_THROTTLED);
	assert_true(worker_has_room(h.w));
	end(&h);
}

static void test_a_cancelled_request_answers_once(void **state)
{
	struct host h;

	begin(&h, *state, (struct worker_options){ 0 });
	struct wire_request req = request(&h, script(&h, "while :; do :; done"), "");
	struct answer *a = start(&h, &req);
	while (worker_counts(h.w).running == 0)
		uv_run(&h.loop, UV_RUN_ONCE);
	worker_cancel(h.w, a);
	wait_for(&h, a);
	failed_as(&a->r, OUTCOME_CANCELLED);
	assert_int_equal(worker_counts(h.w).busy, 0);
	worker_cancel(h.w, a);
	struct wire_request early = request(&h, script(&h, "echo 1 >out"), "");
	a = start(&h, &early);
	worker_cancel(h.w, a);
	wait_for(&h, a);
	failed_as(&a->r, OUTCOME_CANCELLED);
	end(&h);
}

static void test_it_may_be_ended_while_it_works(void **state)
{
	struct host h;

	begin(&h, *state, (struct worker_options){ .queue = 2 });
	for (int i = 0; i < 2; i++) {
		struct wire_request req = request(&h, script(&h, "while :; do :; done"), "");
		start(&h, &req);
	}
	while (worker_counts(h.w).running == 0)
		uv_run(&h.loop, UV_RUN_ONCE);
	end(&h);
	assert_int_equal(h.answers[0].calls + h.answers[1].calls, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_inputs_come_from_the_backend_and_outputs_go_there),
		TEST(test_a_failing_program_is_told_with_what_it_printed),
		TEST(test_inputs_that_are_gone_or_damaged_are_named),
		TEST(test_what_can_not_run_is_refused),
		TEST(test_more_than_it_can_take_is_told_to_come_back),
		TEST(test_a_cancelled_request_answers_once),
		TEST(test_it_may_be_ended_while_it_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

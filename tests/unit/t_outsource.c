#include "outsource_fixture.h"

#include <sys/wait.h>

#include "core/digest.h"
#include "core/manifest.h"

static int hook_request(void *arg, const struct outsource_job *job, struct http_request *req,
                        struct err *err)
{
	struct err *fails = arg;

	(void)job;
	if (fails && fails->kind) {
		*err = *fails;
		return -1;
	}
	req->url = "https://worker.test/run";
	strv_add(&req->headers, "X-Hook: yes");
	return 0;
}

static double hook_price(void *arg, const struct http_response *r,
                         const struct wire_response *answer)
{
	(void)arg;
	(void)r;
	return answer ? 0.5 : 0.25;
}

static const struct outsource_hooks hooks = {
	.name = "fake",
	.request = hook_request,
	.price = hook_price,
};

struct bench {
	struct world *w;
	uv_loop_t loop;
	struct transfer transfer;
	struct wires wires;
	struct engine *e;
	struct err hook_fails;
	struct oid thunk;
	struct thunk *t;
	struct outcome o; /* the last answer */
	size_t answers;
	void (*twist)(struct wire_response *r); /* what is false in the answer */
	const struct http_response *raw;        /* the answer as it is, instead */
};

/* Another machine's true answer, unless the test twists it. */
static void worker_answers(void *arg, struct sent *s)
{
	struct bench *b = arg;
	struct wire_response r = { .protocol = b->wires.last.protocol,
		                   .wall_ns = 7,
		                   .cpu_ns = 5 };
	struct err err = ERR_INIT;

	if (b->raw) {
		s->res.status = b->raw->status;
		s->res.err = b->raw->err;
		s->res.sent_bytes = b->raw->sent_bytes;
		s->res.wall_ns = b->raw->wall_ns;
		buf_add(&s->res.body, b->raw->body.data, b->raw->body.len);
		strv_add_all(&s->res.headers, b->raw->headers.v);
		return;
	}
	r.text = xstrdup("");
	r.n = 1;
	r.executed = xcalloc(2, sizeof(*r.executed));
	r.executed[0].thunk = b->wires.last.thunks[0].hash;
	r.executed[0].n = b->t->outputs.n;
	r.executed[0].outputs = xcalloc(8, sizeof(struct wire_output));
	for (size_t i = 0; i < b->t->outputs.n; i++) {
		struct wire_output *o = &r.executed[0].outputs[i];

		o->tag = xstrdup(b->t->outputs.v[i]);
		buf_addf(&o->data, "bytes of %s", o->tag);
		digest_bytes(o->data.data, o->data.len, &o->hash);
		o->size_bytes = o->data.len;
		if (b->wires.last.inline_max < o->data.len)
			buf_reset(&o->data);
	}
	if (b->twist)
		b->twist(&r);
	OK(wire_response_encode(&r, &s->res.body, &err), err);
	wire_response_release(&r);
}

static struct bench *bench_of(void **state)
{
	struct world *w = *state;
	struct bench *b = xcalloc(1, sizeof(*b));

	b->w = w;
	uv_loop_init(&b->loop);
	b->transfer = (struct transfer){ .loop = &b->loop, .store = w->st };
	b->wires = (struct wires){ .loop = &b->loop, .answer = worker_answers, .arg = b };
	struct thunk *t = world_thunk(w, "do something");
	struct oid value = world_put(w, "a value");
	thunk_refs_add(&t->values, &value, NULL, NULL);
	strv_add(&t->outputs, "out");
	strv_add(&t->outputs, "side");
	b->thunk = world_keep(w, t);
	auto_buf raw = BUF_INIT;
	OK(store_get(w->st, &b->thunk, &raw, NULL), b->hook_fails);
	OK(thunk_decode(raw.data, raw.len, &b->t, NULL), b->hook_fails);
	return b;
}

static void bench_engine(struct bench *b, const struct outsource_options *more)
{
	struct outsource_sender sender = { wires_start, wires_cancel, &b->wires };
	struct outsource_options o = more ? *more : (struct outsource_options){ .protocol = 1 };

	o.jobs = o.jobs ? o.jobs : 4;
	o.storage = "redis://there";
	o.transfer = &b->transfer;
	o.hooks = &hooks;
	o.arg = &b->hook_fails;
	o.sender = &sender;
	b->e = outsource_new(&b->loop, b->w->st, &o);
}

static void bench_free(struct bench *b)
{
	if (b->e)
		b->e->ops->free(b->e);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	CHECK(uv_loop_close(&b->loop) == 0, "something is left in the loop");
	map_release(&b->transfer.there);
	strv_release(&b->wires.headers);
	wire_request_release(&b->wires.last);
	outcome_release(&b->o);
	thunk_free(b->t);
	free(b);
}

static void answered(void *arg, struct outcome *o)
{
	struct bench *b = arg;

	outcome_release(&b->o);
	b->o = *o;
	b->answers++;
}

static void run(struct bench *b)
{
	struct err err = ERR_INIT;
	size_t before = b->answers;

	OK(b->e->ops->start(b->e, &b->thunk, b->t, answered, b, &err), err);
	CHECK(b->answers == before, "answered from inside the start");
	for (int i = 0; b->answers == before && i < 1000; i++)
		uv_run(&b->loop, UV_RUN_NOWAIT);
	assert_int_equal(b->answers, before + 1);
}

static void is(struct bench *b, enum outcome_class want, const char *about)
{
	CHECK(b->o.what == want, "%s: %s, not %s (%s)", about, outcome_class_name(b->o.what),
	      outcome_class_name(want), b->o.why);
}

static void test_a_thunk_goes_out_and_its_result_comes_back(void **state)
{
	struct bench *b = bench_of(state);
	struct wire_request *q;

	bench_engine(b, &(struct outsource_options){ .protocol = 1, .inline_max = 1000 });
	run(b);
	is(b, OUTCOME_OK, "a true answer");
	assert_int_equal(b->o.memo.n_outputs, 2);
	assert_string_equal(b->o.memo.outputs[0].tag, "out");
	assert_string_equal(b->o.memo.engine, "fake");
	assert_true(b->o.memoizable && b->o.memo.wall_ns == 7 && b->o.price_usd == 0.5);
	auto_free char *out = world_read(b->w, &b->o.memo.outputs[0].id);
	assert_string_equal(out, "bytes of out");
	assert_true(transfer_believes(&b->transfer, &b->o.memo.outputs[1].id));
	assert_string_equal(b->wires.url, "https://worker.test/run");
	assert_true(strv_has(&b->wires.headers, "X-Hook: yes"));
	q = &b->wires.last;
	assert_string_equal(q->storage, "redis://there");
	assert_int_equal(q->thunks[0].outputs.n, 2);
	assert_true(q->thunks[0].data.len == oid_size(&b->thunk));
	assert_int_equal(b->transfer.sent, 2);
	bench_free(b);
}

static void test_outputs_may_stay_in_the_backend(void **state)
{
	struct bench *b = bench_of(state);

	bench_engine(b, NULL);
	run(b);
	is(b, OUTCOME_OK, "a true answer");
	assert_false(store_has(b->w->st, &b->o.memo.outputs[0].id));
	assert_true(transfer_believes(&b->transfer, &b->o.memo.outputs[0].id));
	bench_free(b);
}

/* -- lies -- */

static void other_thunk(struct wire_response *r)
{
	struct oid *id = &r->executed[0].thunk;

	id->s[5] = id->s[5] == 'A' ? 'B' : 'A';
}

static void no_thunk(struct wire_response *r)
{
	free(r->executed[0].outputs[0].tag);
	free(r->executed[0].outputs[1].tag);
	buf_release(&r->executed[0].outputs[0].data);
	buf_release(&r->executed[0].outputs[1].data);
	free(r->executed[0].outputs);
	r->n = 0;
}

static void two_thunks(struct wire_response *r)
{
	r->n = 2;
	r->executed[1].thunk = r->executed[0].thunk;
}

static void other_bytes(struct wire_response *r)
{
	r->executed[0].outputs[0].data.data[0] ^= 1;
}

static void other_hash(struct wire_response *r)
{
	char *c = &r->executed[0].outputs[1].hash.s[7];

	*c = *c == 'A' ? 'B' : 'A';
}

static void other_size(struct wire_response *r)
{
	r->executed[0].outputs[0].size_bytes++;
}

static void a_tag_less(struct wire_response *r)
{
	free(r->executed[0].outputs[1].tag);
	buf_release(&r->executed[0].outputs[1].data);
	r->executed[0].n = 1;
}

static void a_tag_more(struct wire_response *r)
{
	struct wire_output *o = r->executed[0].outputs;

	o[2].tag = xstrdup("more");
	o[2].hash = o[0].hash;
	o[2].size_bytes = o[0].size_bytes;
	r->executed[0].n = 3;
}

static void a_tag_twice(struct wire_response *r)
{
	a_tag_more(r);
	strcpy(r->executed[0].outputs[2].tag, "out");
}

static void another_tag(struct wire_response *r)
{
	r->executed[0].outputs[0].tag[0] = 'x';
}

static void a_thunk_that_did_not_come(struct wire_response *r)
{
	struct wire_output *o = &r->executed[0].outputs[0];

	buf_reset(&o->data);
	o->hash.s[0] = 'T';
}

static void a_thunk_that_is_none(struct wire_response *r)
{
	struct wire_output *o = &r->executed[0].outputs[0];

	buf_reset(&o->data);
	buf_adds(&o->data, THUNK_MAGIC "garbage");
	digest_bytes(o->data.data, o->data.len, &o->hash);
	o->size_bytes = o->data.len;
}

static void fails_and_does_not(struct wire_response *r)
{
	r->return_code = WIRE_EXECUTION;
	r->failure = xstrdup("ok");
}

static void test_lies_are_seen(void **state)
{
	static const struct {
		const char *about;
		void (*twist)(struct wire_response *r);
	} lies[] = {
		{ "another thunk", other_thunk },
		{ "no thunk", no_thunk },
		{ "two thunks", two_thunks },
		{ "bytes that do not hash to their name", other_bytes },
		{ "a hash that is not that of the bytes", other_hash },
		{ "a size that is not the name's", other_size },
		{ "an output is missing", a_tag_less },
		{ "an output too many", a_tag_more },
		{ "an output twice", a_tag_twice },
		{ "an output of another name", another_tag },
		{ "a thunk without its bytes", a_thunk_that_did_not_come },
		{ "a thunk that is none", a_thunk_that_is_none },
		{ "failed and ok", fails_and_does_not },
	};

	for (size_t i = 0; i < countof(lies); i++) {
		struct bench *b = bench_of(state);
		struct oid id;

		bench_engine(b, &(struct outsource_options){ .protocol = 1, .inline_max = 99 });
		b->twist = lies[i].twist;
		run(b);
		is(b, OUTCOME_WRONG, lies[i].about);
		assert_int_equal(b->o.memo.n_outputs, 0);
		digest_bytes("bytes of out", 12, &id);
		CHECK(!store_has(b->w->st, &id), "%s: something was kept", lies[i].about);
		CHECK(!transfer_believes(&b->transfer, &id), "%s: believed", lies[i].about);
		bench_free(b);
	}
}

static void test_every_status_has_its_class(void **state)
{
	static const struct {
		long status;
		enum outcome_class want;
		const char *header;
		uint32_t retry_after_ms;
	} cases[] = {
		{ 200, OUTCOME_WRONG, NULL, 0 }, /* a body that is no answer */
		{ 302, OUTCOME_UNREACHABLE, NULL, 0 },
		{ 400, OUTCOME_CANT_RUN, NULL, 0 },
		{ 401, OUTCOME_UNREACHABLE, NULL, 0 },
		{ 403, OUTCOME_UNREACHABLE, NULL, 0 },
		{ 404, OUTCOME_UNREACHABLE, NULL, 0 },
		{ 408, OUTCOME_TIMEOUT, NULL, 0 },
		{ 413, OUTCOME_CANT_RUN, NULL, 0 },
		{ 429, OUTCOME_THROTTLED, "retry-after: 3", 3000 },
		{ 429, OUTCOME_THROTTLED, "retry-after: -3", 0 },
		{ 429, OUTCOME_THROTTLED, "retry-after: soon", 0 },
		{ 429, OUTCOME_THROTTLED, "retry-after: 99999999999999999999", 3600000 },
		{ 503, OUTCOME_THROTTLED, "retry-after: Fri, 01 Jan 2100 00:00:00 GMT",
		  3600000 },
		{ 500, OUTCOME_LOST, NULL, 0 },
		{ 502, OUTCOME_LOST, NULL, 0 },
		{ 504, OUTCOME_TIMEOUT, NULL, 0 },
		{ 999, OUTCOME_LOST, NULL, 0 },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct bench *b = bench_of(state);
		struct http_response raw = { .status = cases[i].status };

		bench_engine(b, NULL);
		buf_adds(&raw.body, "no\x1b[31m\nsecond line");
		if (cases[i].header)
			strv_add(&raw.headers, cases[i].header);
		b->raw = &raw;
		run(b);
		is(b, cases[i].want, cases[i].header ? cases[i].header : "status");
		CHECK(b->o.retry_after_ms == cases[i].retry_after_ms, "%s: %u ms",
		      cases[i].header, b->o.retry_after_ms);
		CHECK(!strchr(b->o.why, '\x1b') && !strstr(b->o.why, "second"), "%s", b->o.why);
		assert_true(b->o.price_usd == 0.25);
		buf_release(&raw.body);
		strv_release(&raw.headers);
		bench_free(b);
	}
}

static void test_no_answer_has_a_class_too(void **state)
{
	static const struct {
		enum err_kind kind;
		uint64_t sent_bytes;
		int64_t wall_ns;
		enum outcome_class want;
	} cases[] = {
		{ ERR_RETRY, 0, 1, OUTCOME_UNREACHABLE },
		{ ERR_RETRY, 10, 1, OUTCOME_LOST },
		{ ERR_DENIED, 10, 1, OUTCOME_UNREACHABLE },
		{ ERR_CORRUPT, 10, 1, OUTCOME_WRONG },
		{ ERR_RETRY, 10, INT64_C(1021000000000), OUTCOME_TIMEOUT },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct bench *b = bench_of(state);
		struct http_response raw = { .sent_bytes = cases[i].sent_bytes,
			                     .wall_ns = cases[i].wall_ns };

		err_set(&raw.err, cases[i].kind, "nothing came");
		bench_engine(b, NULL);
		b->raw = &raw;
		run(b);
		is(b, cases[i].want, "no answer");
		bench_free(b);
	}
}

/* -- failures that a worker reports -- */

static void program_failed(struct wire_response *r)
{
	no_thunk(r);
	r->return_code = WIRE_EXECUTION;
	r->failure = xstrdup(outcome_class_name(OUTCOME_FAILED));
	r->wait_status = 3 << 8;
	buf_adds(&r->err_text, "x.c:1: error\n");
}

static void old_failure(struct wire_response *r)
{
	no_thunk(r);
	r->protocol = 0;
	r->return_code = WIRE_EXECUTION;
}

static void storage_full(struct wire_response *r)
{
	no_thunk(r);
	r->return_code = WIRE_UPLOAD;
	r->failure = xstrdup(outcome_class_name(OUTCOME_NOSPC));
}

static void unknown_class(struct wire_response *r)
{
	no_thunk(r);
	r->return_code = WIRE_OPERATIONAL;
	r->failure = xstrdup("something new");
}

static void test_a_failing_program_is_told_with_what_it_printed(void **state)
{
	struct bench *b = bench_of(state);

	bench_engine(b, NULL);
	b->twist = program_failed;
	run(b);
	is(b, OUTCOME_FAILED, "exit 3");
	assert_int_equal(WEXITSTATUS(b->o.status), 3);
	auto_free char *text = world_read(b->w, &b->o.memo.err_text);
	assert_string_equal(text, "x.c:1: error\n");
	assert_false(b->o.suspicious);
	b->twist = old_failure;
	run(b);
	is(b, OUTCOME_FAILED, "the original's failure");
	assert_true(WEXITSTATUS(b->o.status) == 1 && b->o.suspicious);
	b->twist = storage_full;
	run(b);
	is(b, OUTCOME_NOSPC, "storage full");
	b->twist = unknown_class;
	run(b);
	is(b, OUTCOME_INTERNAL, "a class of a later version");
	bench_free(b);
}

static struct oid missing_id;

static void inputs_missing(struct wire_response *r)
{
	no_thunk(r);
	r->return_code = WIRE_FETCH;
	r->failure = xstrdup(outcome_class_name(OUTCOME_MISSING));
	strv_add(&r->missing, missing_id.s);
}

static void test_missing_inputs_are_sent_again_the_next_time(void **state)
{
	struct bench *b = bench_of(state);

	bench_engine(b, NULL);
	missing_id = b->t->values.v[0].id;
	b->twist = inputs_missing;
	run(b);
	is(b, OUTCOME_MISSING, "an emptied backend");
	assert_string_equal(b->o.missing.v[0], missing_id.s);
	assert_int_equal(b->transfer.forgotten, 1);
	b->twist = NULL;
	b->transfer.sent = 0;
	run(b);
	is(b, OUTCOME_OK, "the second time");
	assert_true(b->transfer.sent > 0);
	bench_free(b);
}

static void test_an_input_that_is_nowhere_is_named(void **state)
{
	struct bench *b = bench_of(state);
	struct oid gone;

	digest_bytes("nowhere", 7, &gone);
	struct thunk *t = world_thunk(b->w, "x");
	thunk_refs_add(&t->values, &gone, NULL, NULL);
	strv_add(&t->outputs, "out");
	b->thunk = world_keep(b->w, t);
	bench_engine(b, NULL);
	run(b);
	is(b, OUTCOME_MISSING, "an input that is nowhere");
	assert_int_equal(b->o.missing.n, 1);
	assert_string_equal(b->o.missing.v[0], gone.s);
	assert_int_equal(b->wires.n, 0);
	bench_free(b);
}

static void test_a_backend_that_is_away_makes_unreachable(void **state)
{
	struct bench *b = bench_of(state);

	bench_engine(b, NULL);
	b->transfer.fail = ERR_RETRY;
	run(b);
	is(b, OUTCOME_UNREACHABLE, "backend away");
	b->transfer.fail = ERR_NOSPC;
	run(b);
	is(b, OUTCOME_NOSPC, "backend full");
	bench_free(b);
}

static void test_a_hook_s_errors_have_classes(void **state)
{
	struct bench *b = bench_of(state);

	bench_engine(b, NULL);
	err_set(&b->hook_fails, ERR_DENIED, "no credentials");
	run(b);
	is(b, OUTCOME_UNREACHABLE, "no credentials");
	err_set(&b->hook_fails, ERR_USAGE, "too large");
	run(b);
	is(b, OUTCOME_CANT_RUN, "too large");
	bench_free(b);
}

static void test_shared_files_are_pushed_once(void **state)
{
	struct bench *b = bench_of(state);
	auto_manifest m = MANIFEST_INIT;
	auto_buf raw = BUF_INIT;
	struct oid id, file = world_put(b->w, "a library");
	struct err err = ERR_INIT;

	manifest_add(&m, "/lib", NULL, 040755);
	manifest_add(&m, "/lib/a", &file, 0100644);
	OK(manifest_encode(&m, &raw, &err), err);
	OK(store_put(b->w->st, raw.data, raw.len, &id, &err), err);
	struct thunk *t = world_thunk(b->w, "x");
	strv_add(&t->outputs, "out");
	strv_add(&t->outputs, "side");
	strv_add(&t->manifests, id.s);
	t->workdir = xstrdup("/w");
	b->thunk = world_keep(b->w, t);
	bench_engine(b, NULL);
	for (int i = 0; i < 4; i++)
		OK(b->e->ops->start(b->e, &b->thunk, b->t, answered, b, &err), err);
	for (int i = 0; b->answers < 4 && i < 1000; i++)
		uv_run(&b->loop, UV_RUN_NOWAIT);
	assert_int_equal(b->answers, 4);
	assert_int_equal(b->transfer.pushes, 4 + 1);
	assert_int_equal(b->transfer.sent, 3); /* program, manifest, library */
	bench_free(b);
}

static void test_the_probe_tells_classic_peers_from_ours(void **state)
{
	struct bench *b = bench_of(state);
	struct outsource_options o = { .probe_url = "http://worker.test/healthz" };

	bench_engine(b, &o);
	run(b);
	is(b, OUTCOME_OK, "classic");
	assert_int_equal(b->wires.last.protocol, 0);
	run(b);
	assert_int_equal(b->wires.probes, 1);
	bench_free(b);

	b = bench_of(state);
	bench_engine(b, &o);
	b->wires.health =
		"{\"status\":\"ok\",\"protocol\":7,\"room\":1,\"platform\":\"z80-cpm\"}";
	run(b);
	is(b, OUTCOME_OK, "ours");
	assert_int_equal(b->wires.last.protocol, 1);
	assert_int_equal(b->e->ops->free_slots(b->e), 1);
	b->t->platform = xstrdup("x86_64-linux");
	assert_false(b->e->ops->can_run(b->e, b->t));
	bench_free(b);
}

static void test_cancelled_jobs_answer_once(void **state)
{
	struct bench *b = bench_of(state);
	struct err err = ERR_INIT;

	bench_engine(b, NULL);
	/* while its inputs are sent */
	OK(b->e->ops->start(b->e, &b->thunk, b->t, answered, b, &err), err);
	b->e->ops->cancel_all(b->e);
	assert_int_equal(b->answers, 0);
	for (int i = 0; i < 20; i++)
		uv_run(&b->loop, UV_RUN_NOWAIT);
	assert_int_equal(b->answers, 1);
	is(b, OUTCOME_CANCELLED, "while pushing");
	assert_int_equal(b->wires.n, 0);
	/* while the worker works */
	b->wires.hang = true;
	OK(b->e->ops->start(b->e, &b->thunk, b->t, answered, b, &err), err);
	for (int i = 0; i < 20; i++)
		uv_run(&b->loop, UV_RUN_NOWAIT);
	assert_int_equal(b->wires.n, 1);
	assert_int_equal(b->e->ops->free_slots(b->e), 3);
	b->e->ops->cancel(b->e, b);
	for (int i = 0; i < 20; i++)
		uv_run(&b->loop, UV_RUN_NOWAIT);
	assert_int_equal(b->answers, 2);
	is(b, OUTCOME_CANCELLED, "while asking");
	assert_int_equal(b->wires.cancelled, 1);
	assert_int_equal(b->e->ops->free_slots(b->e), 4);
	bench_free(b);
}

static void test_an_engine_may_go_while_jobs_run(void **state)
{
	struct bench *b = bench_of(state);
	struct err err = ERR_INIT;

	bench_engine(b, NULL);
	b->wires.hang = true;
	OK(b->e->ops->start(b->e, &b->thunk, b->t, answered, b, &err), err);
	for (int i = 0; i < 20; i++)
		uv_run(&b->loop, UV_RUN_NOWAIT);
	OK(b->e->ops->start(b->e, &b->thunk, b->t, answered, b, &err), err);
	b->e->ops->free(b->e);
	b->e = NULL;
	uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_int_equal(b->answers, 0);
	bench_free(b);
}

static void test_there_are_no_more_jobs_than_slots(void **state)
{
	struct bench *b = bench_of(state);
	struct err err = ERR_INIT;

	bench_engine(b, &(struct outsource_options){ .protocol = 1, .jobs = 1 });
	OK(b->e->ops->start(b->e, &b->thunk, b->t, answered, b, &err), err);
	REFUSED(b->e->ops->start(b->e, &b->thunk, b->t, answered, b, &err), err, ERR_RETRY);
	b->e->ops->cancel_all(b->e);
	bench_free(b);
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(test_a_thunk_goes_out_and_its_result_comes_back),
		IN_A_WORLD(test_outputs_may_stay_in_the_backend),
		IN_A_WORLD(test_lies_are_seen),
		IN_A_WORLD(test_every_status_has_its_class),
		IN_A_WORLD(test_no_answer_has_a_class_too),
		IN_A_WORLD(test_a_failing_program_is_told_with_what_it_printed),
		IN_A_WORLD(test_missing_inputs_are_sent_again_the_next_time),
		IN_A_WORLD(test_an_input_that_is_nowhere_is_named),
		IN_A_WORLD(test_a_backend_that_is_away_makes_unreachable),
		IN_A_WORLD(test_a_hook_s_errors_have_classes),
		IN_A_WORLD(test_shared_files_are_pushed_once),
		IN_A_WORLD(test_the_probe_tells_classic_peers_from_ours),
		IN_A_WORLD(test_cancelled_jobs_answer_once),
		IN_A_WORLD(test_an_engine_may_go_while_jobs_run),
		IN_A_WORLD(test_there_are_no_more_jobs_than_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "sched_fixture.h"

#include "base/map.h"
#include "sched/reductor.h"

/* Answers as scripted: the n-th start of a thunk whose first argument is @verb. */
struct script {
	const char *verb;
	enum outcome_class answers[4];
};

struct fake {
	struct engine engine;
	struct world *w;
	const struct script *script;
	unsigned slots;
	unsigned busy;
	unsigned most;
	unsigned starts;
	bool cancelled;
	struct {
		struct thunk *t;
		engine_done_fn *done;
		void *arg;
	} jobs[8];
	struct map tried;
};

static bool fake_can_run(struct engine *e, const struct thunk *t)
{
	return strcmp(t->args.v[0], "nowhere") != 0;
}

static unsigned fake_free_slots(struct engine *e)
{
	struct fake *f = (struct fake *)e;

	return f->slots - f->busy;
}

static int fake_start(struct engine *e, const struct oid *id, const struct thunk *t,
                      engine_done_fn *done, void *arg, struct err *err)
{
	struct fake *f = (struct fake *)e;
	auto_buf raw = BUF_INIT;
	size_t i = 0;

	CHECK(f->busy < f->slots, "started without a slot");
	while (f->jobs[i].t)
		i++;
	OK(store_get(f->w->st, id, &raw, err), *err);
	OK(thunk_decode(raw.data, raw.len, &f->jobs[i].t, err), *err);
	f->jobs[i].done = done;
	f->jobs[i].arg = arg;
	f->starts++;
	if (++f->busy > f->most)
		f->most = f->busy;
	return 0;
}

static void fake_cancel(struct engine *e)
{
	((struct fake *)e)->cancelled = true;
}

static const struct engine_ops fake_ops = {
	.name = "fake",
	.can_run = fake_can_run,
	.free_slots = fake_free_slots,
	.start = fake_start,
	.cancel_all = fake_cancel,
};

static enum outcome_class fake_verdict(struct fake *f, const struct thunk *t)
{
	if (f->cancelled)
		return OUTCOME_CANCELLED;
	for (const struct script *s = f->script; s && s->verb; s++)
		if (strcmp(s->verb, t->args.v[0]) == 0)
			return s->answers[map_add(&f->tried, s->verb, NULL)->num++];
	return OUTCOME_OK;
}

/* Answer all that runs, from the "event loop", until nothing does. */
static void fake_loop(struct fake *f)
{
	while (f->busy) {
		for (size_t i = 0; i < countof(f->jobs); i++) {
			struct thunk *t = f->jobs[i].t;
			struct outcome o = { .memoizable = true };

			if (!t)
				continue;
			o.what = fake_verdict(f, t);
			if (o.what == OUTCOME_OK)
				world_run(f->w, t, &o.memo);
			f->jobs[i].t = NULL;
			f->busy--;
			f->jobs[i].done(f->jobs[i].arg, &o);
			thunk_free(t);
		}
	}
}

struct run {
	struct fake fake;
	struct graph *g;
	struct reductor *r;
	size_t started, finished, retried;
	char why[1024];
};

static void on_started(void *arg, const struct oid *id, const struct thunk *t, const char *e)
{
	((struct run *)arg)->started++;
}

static void on_finished(void *arg, const struct oid *id, const struct thunk *t,
                        const struct outcome *o)
{
	struct run *r = arg;

	r->finished++;
	if (o->what != OUTCOME_OK)
		snprintf(r->why, sizeof(r->why), "%s", o->why);
}

static void on_retried(void *arg, const struct oid *id, const char *why)
{
	((struct run *)arg)->retried++;
}

static void begin(struct run *x, struct world *w, const struct script *s, bool keep_going)
{
	const struct reductor_options o = { .keep_going = keep_going };
	const struct observer watch = { x, on_started, on_finished, on_retried, NULL };

	*x = (struct run){ .fake = { { &fake_ops }, w, s, 2 } };
	x->g = graph_new(w->st);
	x->r = reductor_new(x->g, &o);
	reductor_add_engine(x->r, &x->fake.engine);
	reductor_add_observer(x->r, &watch);
}

static struct node *want(struct run *x, const struct oid *id)
{
	struct err err = ERR_INIT;
	struct node *n = graph_add(x->g, id, &err);

	CHECK(n, "%s", err.msg);
	return n;
}

static void go(struct run *x)
{
	reductor_pump(x->r);
	fake_loop(&x->fake);
	CHECK(reductor_idle(x->r), "it does not end");
}

static void end(struct run *x)
{
	reductor_free(x->r);
	graph_free(x->g);
	map_release(&x->fake.tried);
}

static void test_a_graph_is_forced_within_the_slots(void **state)
{
	struct world *w = *state;
	struct run x;
	struct oid id = world_node(w, "fib 12", NULL, NULL);

	begin(&x, w, NULL, false);
	struct node *n = want(&x, &id);
	CHECK(!reductor_idle(x.r), "there is something to do");
	go(&x);
	CHECK(graph_state(n) == NODE_DONE, "state %d", graph_state(n));
	CHECK(x.started == x.finished && x.started == w->runs, "%zu started", x.started);
	CHECK(x.fake.most <= 2, "%u at once", x.fake.most);
	end(&x);
}

static void test_tries_follow_the_policy(void **state)
{
	static const struct {
		struct script script;
		size_t tries;
		bool ok;
	} cases[] = {
		{ { "a", { OUTCOME_FAILED } }, 1, false },
		{ { "a", { OUTCOME_LOST, OUTCOME_OK } }, 2, true },
		{ { "a", { OUTCOME_LOST, OUTCOME_LOST, OUTCOME_LOST } }, 3, false },
		{ { "a", { OUTCOME_TIMEOUT, OUTCOME_TIMEOUT } }, 2, false },
		{ { "a", { OUTCOME_NOSPC, OUTCOME_OK } }, 2, true },
		{ { "a", { OUTCOME_WRONG, OUTCOME_WRONG, OUTCOME_OK } }, 3, true },
		{ { "a", { OUTCOME_LOST, OUTCOME_FAILED } }, 2, false },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct world *w = *state;
		const struct script s[] = { cases[i].script, { NULL } };
		auto_free char *command = xasprintf("a %zu", i);
		struct oid a = world_node(w, command, NULL, NULL);
		struct run x;

		begin(&x, w, s, false);
		struct node *n = want(&x, &a);
		go(&x);
		CHECK(x.started == cases[i].tries && x.retried + 1 == cases[i].tries,
		      "case %zu: %zu tries", i, x.started);
		CHECK((graph_state(n) == NODE_DONE) == cases[i].ok, "case %zu", i);
		CHECK(x.finished == 1 && reductor_stopped(x.r) == !cases[i].ok, "case %zu", i);
		CHECK(cases[i].ok || *x.why, "case %zu: no reason", i);
		end(&x);
	}
}

/* bad fails; its user is skipped; good and better don't depend on it. */
static void run_with_failure(struct world *w, bool keep_going, enum node_state last)
{
	static const struct script s[] = { { "bad", { OUTCOME_FAILED } }, { NULL } };
	struct oid bad = world_node(w, "bad", NULL, NULL);
	struct oid user = world_node(w, "user", &bad, NULL);
	struct oid good = world_node(w, "good", NULL, NULL);
	struct oid better = world_node(w, "better", &good, NULL);
	struct run x;

	begin(&x, w, s, keep_going);
	x.fake.slots = 1;
	struct node *nu = want(&x, &user);
	struct node *nb = want(&x, &bad);
	struct node *nl = want(&x, &better);
	go(&x);
	CHECK(graph_state(nb) == NODE_FAILED, "bad: %d", graph_state(nb));
	CHECK(graph_state(nu) == NODE_SKIPPED, "user: %d", graph_state(nu));
	CHECK(graph_state(nl) == last, "better: %d", graph_state(nl));
	CHECK(reductor_stopped(x.r) == !keep_going, "stopped");
	end(&x);
}

static void test_keep_going_goes_on_with_the_rest(void **state)
{
	run_with_failure(*state, true, NODE_DONE);
}

static void test_a_failure_stops_the_run(void **state)
{
	run_with_failure(*state, false, NODE_WAITING);
}

static void test_what_no_engine_can_run_fails_with_a_reason(void **state)
{
	struct world *w = *state;
	struct oid id = world_node(w, "nowhere", NULL, NULL);
	struct run x;

	begin(&x, w, NULL, true);
	struct node *n = want(&x, &id);
	go(&x);
	CHECK(graph_state(n) == NODE_FAILED && strstr(x.why, "no engine"), "%s", x.why);
	end(&x);
}

static void test_a_missing_output_is_told_to_observers(void **state)
{
	struct world *w = *state;
	struct oid a = world_node(w, "a", NULL, NULL);
	struct thunk *t = world_thunk(w, "user");
	struct run x;

	thunk_refs_add(&t->thunks, &a, "nothing", NULL);
	struct oid id = world_keep(w, t);
	begin(&x, w, NULL, false);
	want(&x, &id);
	go(&x);
	CHECK(strstr(x.why, "no output \"nothing\""), "%s", x.why);
	CHECK(reductor_stopped(x.r), "not stopped");
	end(&x);
}

static void test_cancelling_ends_what_runs_and_starts_nothing(void **state)
{
	struct world *w = *state;
	struct oid a = world_node(w, "a", NULL, NULL);
	struct oid b = world_node(w, "b", &a, NULL);
	struct run x;

	begin(&x, w, NULL, true);
	want(&x, &b);
	reductor_pump(x.r);
	reductor_cancel(x.r);
	CHECK(!reductor_idle(x.r), "a has not answered yet");
	fake_loop(&x.fake);
	CHECK(reductor_idle(x.r) && x.fake.starts == 1 && w->runs == 0, "it went on");
	end(&x);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_graph_is_forced_within_the_slots),
		TEST(test_tries_follow_the_policy),
		TEST(test_keep_going_goes_on_with_the_rest),
		TEST(test_a_failure_stops_the_run),
		TEST(test_what_no_engine_can_run_fails_with_a_reason),
		TEST(test_a_missing_output_is_told_to_observers),
		TEST(test_cancelling_ends_what_runs_and_starts_nothing),
	};

	alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

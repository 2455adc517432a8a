#include "sched_fixture.h"

#include "base/map.h"
#include "sched/reductor.h"

/* Answers as scripted: the n-th start of a thunk whose first argument is @verb. */
struct script {
	const char *verb;
	enum outcome_class answers[16];
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
	struct fake other; /* a second engine, for the tests that have one */
	int64_t now_ns;    /* the clock */
	int64_t due_ns;    /* when it wants to be pumped; -1: no need */
	size_t downs;
	struct graph *g;
	struct reductor *r;
	size_t started, finished, retried;
	char why[1024];
};

static void on_started(void *arg, const struct observed *o)
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

static void on_down(void *arg, const char *engine, const char *why)
{
	((struct run *)arg)->downs++;
}

static int64_t clock_of(void *arg)
{
	return ((struct run *)arg)->now_ns;
}

static void wake_at(void *arg, int64_t due_ns)
{
	((struct run *)arg)->due_ns = due_ns;
}

static void begin(struct run *x, struct world *w, const struct script *s, bool keep_going)
{
	const struct reductor_options o = {
		.keep_going = keep_going, .arg = x, .now_ns = clock_of, .wake_at = wake_at
	};
	const struct observer watch = { .arg = x,
		                        .started = on_started,
		                        .finished = on_finished,
		                        .retried = on_retried,
		                        .engine_down = on_down };

	*x = (struct run){ .fake = { { &fake_ops }, w, s, 2 }, .now_ns = 1, .due_ns = -1 };
	x->g = graph_new(w->st);
	x->r = reductor_new(x->g, &o);
	reductor_add_engine(x->r, &x->fake.engine, ENGINE_PRIMARY);
	reductor_add_observer(x->r, &watch);
}

static struct node *want(struct run *x, const struct oid *id)
{
	struct err err = ERR_INIT;
	struct node *n = graph_add(x->g, id, &err);

	CHECK(n, "%s", err.msg);
	return n;
}

/* Turns the "event loop"; the clock jumps to the next thing that is due. */
static void go(struct run *x)
{
	for (int i = 0; i < 1000; i++) {
		reductor_pump(x->r);
		if (x->other.w)
			fake_loop(&x->other);
		fake_loop(&x->fake);
		if (reductor_idle(x->r))
			return;
		if (x->due_ns > x->now_ns)
			x->now_ns = x->due_ns;
	}
	CHECK(false, "it does not end");
}

/* A second engine, for the roles that the first has not. */
static void add_other(struct run *x, const struct engine_ops *ops, const struct script *s)
{
	x->other = (struct fake){ { ops }, x->fake.w, s, 2 };
	reductor_add_engine(x->r, &x->other.engine, ENGINE_FALLBACK);
}

static void end(struct run *x)
{
	reductor_free(x->r);
	graph_free(x->g);
	map_release(&x->fake.tried);
	map_release(&x->other.tried);
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
		{ { "a", { OUTCOME_LOST, OUTCOME_LOST, OUTCOME_LOST, OUTCOME_LOST } },
		  4,
		  false },
		{ { "a", { OUTCOME_THROTTLED, OUTCOME_THROTTLED, OUTCOME_OK } }, 3, true },
		{ { "a", { OUTCOME_CANT_RUN } }, 1, false },
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

/* As the fake, but jobs run elsewhere, and one may hang. */
static const struct engine_ops far_ops = {
	.name = "far",
	.can_run = fake_can_run,
	.free_slots = fake_free_slots,
	.start = fake_start,
	.cancel_all = fake_cancel,
	.elsewhere = true,
};

static void test_what_keeps_failing_goes_to_the_fallback_engine(void **state)
{
	static const struct script lost[] = {
		{ "a", { OUTCOME_LOST, OUTCOME_LOST, OUTCOME_LOST, OUTCOME_LOST } },
		{ "b", { OUTCOME_CANT_RUN } },
		{ "c", { OUTCOME_FAILED } },
		{ NULL },
	};
	struct world *w = *state;
	struct oid a = world_node(w, "a", NULL, NULL);
	struct oid b = world_node(w, "b", NULL, NULL);
	struct oid c = world_node(w, "c", NULL, NULL);
	struct run x;

	begin(&x, w, lost, true);
	add_other(&x, &fake_ops, NULL);
	struct node *na = want(&x, &a);
	struct node *nb = want(&x, &b);
	struct node *nc = want(&x, &c);
	go(&x);
	CHECK(graph_state(na) == NODE_DONE, "a: %d", graph_state(na));
	CHECK(graph_state(nb) == NODE_DONE, "b: %d", graph_state(nb));
	CHECK(graph_state(nc) == NODE_FAILED, "what the program itself says is final");
	CHECK(x.fake.starts == 6 && x.other.starts == 2, "%u and %u starts", x.fake.starts,
	      x.other.starts);
	end(&x);
}

static void test_tries_wait_longer_each_time(void **state)
{
	static const struct script busy[] = {
		{ "a",
		  { OUTCOME_THROTTLED, OUTCOME_THROTTLED, OUTCOME_THROTTLED, OUTCOME_OK } },
		{ NULL },
	};
	const struct policy *p = policy_for(OUTCOME_THROTTLED);
	struct world *w = *state;
	struct oid a = world_node(w, "a", NULL, NULL);
	struct run x;

	CHECK(policy_wait_ns(p, 1, 0, UINT32_MAX) < policy_wait_ns(p, 2, 0, UINT32_MAX),
	      "grows");
	CHECK(policy_wait_ns(p, 60, 0, UINT32_MAX) <= (int64_t)p->cap_ms * 1000000,
	      "is bounded");
	CHECK(policy_wait_ns(p, 1, 3000, 0) >= 3000000000, "as long as was asked for");
	begin(&x, w, busy, false);
	want(&x, &a);
	reductor_pump(x.r);
	fake_loop(&x.fake);
	/* a random time may be none */
	CHECK(x.fake.starts > 1 || x.due_ns > x.now_ns, "it waits until it is due");
	go(&x);
	CHECK(x.fake.starts == 4, "%u starts", x.fake.starts);
	end(&x);
}

static void test_an_engine_that_is_down_is_left_alone(void **state)
{
	static const struct script down[] = {
		{ "a",
		  { OUTCOME_UNREACHABLE, OUTCOME_UNREACHABLE, OUTCOME_UNREACHABLE,
		    OUTCOME_UNREACHABLE, OUTCOME_UNREACHABLE, OUTCOME_UNREACHABLE,
		    OUTCOME_UNREACHABLE, OUTCOME_UNREACHABLE, OUTCOME_UNREACHABLE,
		    OUTCOME_UNREACHABLE, OUTCOME_UNREACHABLE } },
		{ NULL },
	};
	struct world *w = *state;
	struct run x;

	begin(&x, w, down, true);
	add_other(&x, &fake_ops, NULL);
	for (int i = 0; i < 8; i++) {
		auto_free char *command = xasprintf("a %d", i);
		struct oid id = world_node(w, command, NULL, NULL);

		want(&x, &id);
	}
	go(&x);
	CHECK(x.downs == 1, "told %zu times", x.downs);
	CHECK(x.fake.starts < 12 && x.other.starts == 8, "%u starts there, %u here",
	      x.fake.starts, x.other.starts);
	end(&x);
}

/* The engine's job @i is answered so. With OK what it makes is in the store. */
static void answer(struct world *w, struct fake *f, unsigned i, enum outcome_class what)
{
	struct outcome o = { .what = what, .memoizable = true };
	struct thunk *t = f->jobs[i].t;

	if (what == OUTCOME_OK)
		world_run(w, t, &o.memo);
	f->jobs[i].t = NULL;
	f->busy--;
	f->jobs[i].done(f->jobs[i].arg, &o);
	thunk_free(t);
}

static void test_a_straggler_is_started_twice_and_the_first_answer_wins(void **state)
{
	struct world *w = *state;
	struct oid slow = world_node(w, "slow", NULL, NULL);
	struct run x;

	begin(&x, w, NULL, false);
	x.fake.engine.ops = &far_ops;
	struct node *n = want(&x, &slow);
	reductor_pump(x.r);
	CHECK(x.fake.busy == 1 && x.due_ns > x.now_ns, "it is looked at later");
	x.now_ns = x.due_ns;
	reductor_pump(x.r);
	CHECK(x.fake.busy == 2 && x.retried == 1, "%u attempts", x.fake.busy);
	/* The second answers, then the first, with a failure. */
	answer(w, &x.fake, 1, OUTCOME_OK);
	CHECK(graph_state(n) == NODE_DONE && reductor_idle(x.r), "done with the first answer");
	answer(w, &x.fake, 0, OUTCOME_FAILED);
	CHECK(graph_state(n) == NODE_DONE && !reductor_stopped(x.r) && x.finished == 1,
	      "what the loser says changes nothing");
	end(&x);
}

static void test_a_copy_of_a_straggler_that_fails_is_not_made_again_at_once(void **state)
{
	struct world *w = *state;
	struct oid slow = world_node(w, "slow", NULL, NULL);
	struct run x;

	begin(&x, w, NULL, false);
	x.fake.engine.ops = &far_ops;
	struct node *n = want(&x, &slow);
	reductor_pump(x.r);
	for (unsigned i = 1; i <= 3; i++) {
		x.now_ns = x.due_ns;
		reductor_pump(x.r);
		CHECK(x.fake.busy == 2 && x.retried == i, "%u attempts", x.fake.busy);
		answer(w, &x.fake, 1, OUTCOME_MISSING);
		CHECK(x.fake.busy == 1 && x.retried == i, "%u attempts", x.fake.busy);
		CHECK(x.due_ns > x.now_ns, "the next copy is made later");
	}
	answer(w, &x.fake, 0, OUTCOME_OK);
	CHECK(graph_state(n) == NODE_DONE && !reductor_stopped(x.r), "the first decides");
	end(&x);
}

static void test_a_place_that_hangs_as_a_whole_is_left_for_the_fallback_engine(void **state)
{
	struct world *w = *state;
	struct oid slow = world_node(w, "slow", NULL, NULL);
	struct run x;

	begin(&x, w, NULL, false);
	x.fake.engine.ops = &far_ops;
	add_other(&x, &fake_ops, NULL);
	struct node *n = want(&x, &slow);
	reductor_pump(x.r);
	for (int i = 0; i < 2; i++) {
		CHECK(x.due_ns > x.now_ns, "it is looked at later");
		x.now_ns = x.due_ns;
		reductor_pump(x.r);
	}
	CHECK(x.fake.busy == 2 && x.other.busy == 1, "%u there, %u here", x.fake.busy,
	      x.other.busy);
	fake_loop(&x.other);
	CHECK(graph_state(n) == NODE_DONE && reductor_idle(x.r), "done here");
	fake_loop(&x.fake);
	end(&x);
}

static void lose(struct world *w, const struct oid *id)
{
	auto_free char *path = xasprintf("%s/blobs/%s", w->dir, id->s);

	CHECK(unlink(path) == 0, "unlink %s", path);
}

static void test_results_that_were_lost_are_made_again(void **state)
{
	static const struct script s[] = {
		{ "user", { OUTCOME_MISSING, OUTCOME_OK } },
		{ NULL },
	};
	struct world *w = *state;
	struct oid base = world_node(w, "base", NULL, NULL);
	struct oid middle = world_node(w, "middle", &base, NULL);
	struct oid user = world_node(w, "user", &middle, NULL);
	struct err err = ERR_INIT;
	struct oid value;
	bool executable;
	struct run x;

	begin(&x, w, s, false);
	struct node *nm = want(&x, &middle);
	go(&x);
	OK(graph_output(x.g, nm, NULL, &value, &executable, &err), err);
	lose(w, &value);
	struct node *nu = want(&x, &user);
	go(&x);
	CHECK(graph_state(nu) == NODE_DONE, "user: %d", graph_state(nu));
	CHECK(w->runs == 4, "base, middle, middle again, user: not %zu", w->runs);
	end(&x);
}

static void test_results_that_are_lost_again_and_again_are_made_by_the_fallback_engine(
	void **state)
{
	struct world *w = *state;
	struct oid one = world_node(w, "one", NULL, NULL);
	struct err err = ERR_INIT;
	struct oid value;
	bool executable;
	struct run x;

	begin(&x, w, NULL, false);
	add_other(&x, &fake_ops, NULL);
	struct node *n = want(&x, &one);
	go(&x);
	for (unsigned i = 0; i < 3; i++) {
		CHECK(x.other.starts == 0, "time %u: it has run there", i);
		OK(graph_output(x.g, n, NULL, &value, &executable, &err), err);
		lose(w, &value);
		CHECK(graph_remake(x.g, n), "to be made again");
		go(&x);
	}
	CHECK(graph_state(n) == NODE_DONE && x.fake.starts == 3 && x.other.starts == 1,
	      "%u and %u starts", x.fake.starts, x.other.starts);
	end(&x);
}

static void test_a_remembered_result_that_was_lost_is_made_again(void **state)
{
	struct world *w = *state;
	struct oid base = world_node(w, "base", NULL, NULL);
	struct oid top = world_node(w, "top", &base, NULL);
	struct err err = ERR_INIT;
	struct oid value;
	bool executable;
	struct run x;

	begin(&x, w, NULL, false);
	want(&x, &top);
	go(&x);
	end(&x);
	begin(&x, w, NULL, false);
	struct node *n = want(&x, &top);
	CHECK(graph_state(n) == NODE_DONE, "remembered");
	OK(graph_output(x.g, n, NULL, &value, &executable, &err), err);
	lose(w, &value);
	CHECK(graph_remake(x.g, n), "to be made again");
	CHECK(!graph_remake(x.g, n), "it is under way");
	go(&x);
	CHECK(graph_state(n) == NODE_DONE && w->runs == 3, "%zu runs", w->runs);
	CHECK(!graph_remake(x.g, n), "it is held");
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
		TEST(test_what_keeps_failing_goes_to_the_fallback_engine),
		TEST(test_tries_wait_longer_each_time),
		TEST(test_an_engine_that_is_down_is_left_alone),
		TEST(test_a_straggler_is_started_twice_and_the_first_answer_wins),
		TEST(test_a_copy_of_a_straggler_that_fails_is_not_made_again_at_once),
		TEST(test_a_place_that_hangs_as_a_whole_is_left_for_the_fallback_engine),
		TEST(test_results_that_were_lost_are_made_again),
		TEST(test_results_that_are_lost_again_and_again_are_made_by_the_fallback_engine),
		TEST(test_a_remembered_result_that_was_lost_is_made_again),
		TEST(test_cancelling_ends_what_runs_and_starts_nothing),
	};

	alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

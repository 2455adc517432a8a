#include "sched_fixture.h"

#include "base/clock.h"
#include "sched/graph.h"
#include "sched/rewrite.h"

static struct node *add(struct graph *g, const struct oid *id)
{
	struct err err = ERR_INIT;
	struct node *n = graph_add(g, id, &err);

	CHECK(n, "%s", err.msg);
	return n;
}

/* Run all that can be run. */
static void run(struct world *w, struct graph *g, bool memoize)
{
	struct err err = ERR_INIT;
	struct thunk *t;
	struct oid id;

	for (struct node *n; (n = graph_next(g, &id, &t, &err));) {
		struct memo m = { 0 };

		world_run(w, t, &m);
		OK(graph_done(g, n, &m, memoize, &err), err);
		memo_release(&m);
		thunk_free(t);
	}
}

static char *output(struct world *w, struct graph *g, struct node *n, const char *tag)
{
	struct err err = ERR_INIT;
	struct oid id;
	bool executable;

	OK(graph_output(g, n, tag, &id, &executable, &err), err);
	return world_read(w, &id);
}

static void expect_counts(struct graph *g, size_t nodes, size_t done, size_t remembered)
{
	struct graph_counts c;

	graph_counts(g, &c);
	CHECK(c.nodes == nodes && c.done == done && c.remembered == remembered,
	      "%zu nodes, %zu done, %zu remembered; not %zu, %zu, %zu", c.nodes, c.done,
	      c.remembered, nodes, done, remembered);
	CHECK(c.waiting + c.ready + c.running + c.done + c.failed + c.skipped == c.nodes,
	      "the states do not add up");
}

/* Force @id in a new graph; how many thunks ran. */
static size_t force(struct world *w, const struct oid *id)
{
	struct graph *g = graph_new(w->st);
	size_t before = w->runs;
	struct node *n = add(g, id);

	run(w, g, true);
	CHECK(graph_state(n) == NODE_DONE, "not done");
	graph_free(g);
	return w->runs - before;
}

static void test_a_thunk_that_answers_with_a_thunk_is_followed(void **state)
{
	struct world *w = *state;
	struct graph *g = graph_new(w->st);
	struct oid id = world_node(w, "fib 30", NULL, NULL);
	struct node *n = add(g, &id);

	run(w, g, true);
	CHECK(graph_state(n) == NODE_DONE, "state %d", graph_state(n));
	auto_free char *text = output(w, g, n, NULL);
	assert_string_equal(text, "832040");
	/* 31 calls and at most 29 additions: identical ones run once */
	CHECK(w->runs == 31 + 29, "%zu runs", w->runs);
	graph_free(g);
	CHECK(force(w, &id) == 0, "it ran again");
}

static void test_second_run_remembers_by_one_look_up(void **state)
{
	struct world *w = *state;
	struct oid a = world_node(w, "a", NULL, NULL);
	struct oid b = world_node(w, "b", &a, NULL);
	struct oid c = world_node(w, "c", &a, &b);

	CHECK(force(w, &c) == 3, "%zu runs", w->runs);
	struct graph *g = graph_new(w->st);
	add(g, &c);
	expect_counts(g, 1, 1, 1);
	graph_free(g);
}

static void test_a_lost_result_is_made_again(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	struct oid a = world_node(w, "a", NULL, NULL);
	struct oid b = world_node(w, "b", &a, NULL);
	auto_buf path = BUF_INIT;

	CHECK(force(w, &b) == 2, "%zu runs", w->runs);
	struct graph *g = graph_new(w->st);
	struct node *n = add(g, &b);
	struct oid value;
	bool executable;
	OK(graph_output(g, n, NULL, &value, &executable, &err), err);
	graph_free(g);
	OK(store_locate(w->st, &value, &path, &err), err);
	CHECK(unlink(buf_str(&path)) == 0, "unlink");
	CHECK(force(w, &b) == 1, "only b is missing");
}

static void test_identical_thunks_run_once(void **state)
{
	struct world *w = *state;
	/* a1 and a2 differ by name, answer alike; so b1 and b2 are one once rewritten */
	struct thunk *t1 = world_thunk(w, "sum");
	struct thunk *t2 = world_thunk(w, "sum");
	struct oid other = world_put(w, "unused");

	thunk_refs_add(&t2->values, &other, NULL, NULL);
	struct oid a1 = world_keep(w, t1);
	struct oid a2 = world_keep(w, t2);
	struct oid b1 = world_node(w, "b", &a1, NULL);
	struct oid b2 = world_node(w, "b", &a2, NULL);
	struct graph *g = graph_new(w->st);
	struct node *n1 = add(g, &b1);
	struct node *n2 = add(g, &b2);

	CHECK(add(g, &b1) == n1, "known nodes are shared");
	run(w, g, true);
	CHECK(w->runs == 3, "%zu runs", w->runs);
	auto_free char *text1 = output(w, g, n1, NULL);
	auto_free char *text2 = output(w, g, n2, NULL);
	assert_string_equal(text1, text2);
	graph_free(g);
	CHECK(force(w, &b2) == 0, "the twin is remembered too");
}

static void test_other_outputs_are_found_by_tag(void **state)
{
	struct world *w = *state;
	struct thunk *two = world_thunk(w, "two");
	struct err err = ERR_INIT;
	struct oid value;
	bool executable;

	strv_add(&two->outputs, "main");
	strv_add(&two->outputs, "side");
	struct oid a = world_keep(w, two);
	struct thunk *user = world_thunk(w, "use");
	auto_free char *arg = xasprintf("x@{GGHASH:%s#side}y@{GGHASH:%s}", a.s, a.s);
	strv_add(&user->args, arg);
	thunk_refs_add(&user->thunks, &a, "side", "s.o");
	thunk_refs_add(&user->thunks, &a, NULL, "m.o");
	struct oid b = world_keep(w, user);
	struct graph *g = graph_new(w->st);
	struct node *n = add(g, &b);
	run(w, g, true);
	struct node *na = add(g, &a);
	auto_free char *main_text = output(w, g, na, NULL);
	auto_free char *side_text = output(w, g, na, "side");
	assert_string_equal(main_text, "main two");
	assert_string_equal(side_text, "side two");
	struct oid main_id = world_put(w, main_text);
	struct oid side_id = world_put(w, side_text);
	auto_free char *want = xasprintf("x@{GGHASH:%s}y@{GGHASH:%s}", side_id.s, main_id.s);
	auto_free char *text = output(w, g, n, NULL);
	CHECK(strstr(text, want), "%s", text);
	assert_int_equal(graph_output(g, na, "other", &value, &executable, &err), -1);
	assert_int_equal(err.kind, ERR_NOTFOUND);
	graph_free(g);
}

static void test_a_missing_output_is_a_clear_failure(void **state)
{
	struct world *w = *state;
	struct oid a = world_node(w, "a", NULL, NULL);
	struct thunk *user = world_thunk(w, "use");

	thunk_refs_add(&user->thunks, &a, "nothing", NULL);
	struct oid b = world_keep(w, user);
	struct oid c = world_node(w, "c", &b, NULL);
	struct graph *g = graph_new(w->st);
	struct node *nc = add(g, &c);
	struct node *nb = add(g, &b);
	run(w, g, true);
	CHECK(graph_state(nb) == NODE_FAILED, "state %d", graph_state(nb));
	CHECK(graph_state(nc) == NODE_SKIPPED, "state %d", graph_state(nc));
	CHECK(strstr(graph_why(nb), "no output \"nothing\""), "%s", graph_why(nb));
	CHECK(strstr(graph_why(nb), a.s), "%s", graph_why(nb));
	graph_free(g);
}

static void test_a_corrupt_thunk_is_named(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	struct oid a = world_node(w, "a", NULL, NULL);
	struct oid b = world_node(w, "b", &a, NULL);
	auto_buf path = BUF_INIT;

	OK(store_locate(w->st, &a, &path, &err), err);
	chmod(buf_str(&path), 0600);
	FILE *f = fopen(buf_str(&path), "r+");
	CHECK(f, "open");
	fseek(f, 20, SEEK_SET);
	fputc('!', f);
	fclose(f);
	struct graph *g = graph_new(w->st);
	CHECK(!graph_add(g, &b, &err), "a corrupt thunk was loaded");
	CHECK(err.kind == ERR_CORRUPT && strstr(err.msg, a.s), "%d: %s", err.kind, err.msg);
	graph_free(g);
}

static void test_a_thunk_that_is_not_there_is_named(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	struct oid missing = w->program;

	missing.s[0] = 'T';
	struct oid b = world_node(w, "b", &missing, NULL);
	struct graph *g = graph_new(w->st);
	CHECK(!graph_add(g, &b, &err), "loaded");
	CHECK(err.kind == ERR_NOTFOUND && strstr(err.msg, missing.s), "%d: %s", err.kind,
	      err.msg);
	err = (struct err)ERR_INIT;
	CHECK(!graph_add(g, &missing, &err), "loaded, though it could not be before");
	CHECK(err.kind == ERR_NOTFOUND && strstr(err.msg, missing.s), "%d: %s", err.kind,
	      err.msg);
	CHECK(!graph_add(g, &w->program, &err), "a value is no thunk");
	graph_free(g);
}

static void test_a_circle_of_tail_calls_fails(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	struct oid a = world_node(w, "a", NULL, NULL);
	struct oid b = world_node(w, "b", &a, NULL);
	struct oid c = world_node(w, "c", &b, NULL);
	struct graph *g = graph_new(w->st);
	struct node *nc = add(g, &c);
	struct node *na = add(g, &a);
	struct thunk *t;
	struct oid id;
	struct memo m = { 0 };

	/* a answers with b, which needs a */
	struct node *n = graph_next(g, &id, &t, &err);
	assert_ptr_equal(n, na);
	memo_add_output(&m, "out", &b, false);
	OK(graph_done(g, n, &m, true, &err), err);
	memo_release(&m);
	thunk_free(t);
	assert_null(graph_next(g, &id, &t, &err));
	CHECK(graph_state(na) == NODE_FAILED, "state %d", graph_state(na));
	CHECK(graph_state(nc) == NODE_SKIPPED, "state %d", graph_state(nc));
	graph_free(g);
}

static void test_a_chain_of_100000_is_forced(void **state)
{
	struct world *w = *state;
	enum { LENGTH = 100000 };
	struct oid id = world_node(w, "link 0", NULL, NULL);

	for (int i = 1; i < LENGTH; i++) {
		auto_free char *command = xasprintf("link %d", i);
		id = world_node(w, command, &id, NULL);
	}
	struct graph *g = graph_new(w->st);
	int64_t start_ns = clock_now_ns();
	struct node *n = add(g, &id);
	print_message("chain of %d loaded in %.3f s\n", LENGTH,
	              (double)(clock_now_ns() - start_ns) / 1e9);
	CHECK(graph_state(n) == NODE_WAITING, "state %d", graph_state(n));
	/* only its first is ready; its failure reaches the last without recursion */
	struct err err = ERR_INIT;
	struct thunk *t;
	struct oid first;
	struct node *leaf = graph_next(g, &first, &t, &err);
	CHECK(leaf, "%s", err.msg);
	thunk_free(t);
	graph_failed(g, leaf);
	CHECK(graph_state(n) == NODE_SKIPPED, "state %d", graph_state(n));
	graph_free(g);
}

static void test_a_ladder_loads_in_linear_time(void **state)
{
	struct world *w = *state;
	enum { LEVELS = 2000 };
	struct oid left = world_node(w, "left", NULL, NULL);
	struct oid right = world_node(w, "right", NULL, NULL);

	for (int i = 1; i < LEVELS; i++) {
		auto_free char *l = xasprintf("left %d", i);
		auto_free char *r = xasprintf("right %d", i);
		struct oid new_left = world_node(w, l, &left, &right);
		right = world_node(w, r, &left, &right);
		left = new_left;
	}
	CHECK(force(w, &left) == 2 * LEVELS - 1, "%zu runs", w->runs);
	CHECK(force(w, &left) == 0, "it ran again");
}

static void test_a_fan_in_of_10000_is_forced_then_one_look_up(void **state)
{
	struct world *w = *state;
	enum { WIDTH = 10000 };
	struct thunk *top = world_thunk(w, "top");

	for (int i = 0; i < WIDTH; i++) {
		auto_free char *command = xasprintf("leaf %d", i);
		struct oid leaf = world_node(w, command, NULL, NULL);
		auto_free char *arg = xasprintf("@{GGHASH:%s}", leaf.s);

		thunk_refs_add(&top->thunks, &leaf, NULL, NULL);
		strv_add(&top->args, arg);
	}
	struct oid id = world_keep(w, top);
	CHECK(force(w, &id) == WIDTH + 1, "%zu runs", w->runs);
	int64_t start_ns = clock_now_ns();
	CHECK(force(w, &id) == 0, "it ran again");
	print_message("forced again in %.3f ms\n", (double)(clock_now_ns() - start_ns) / 1e6);
}

static void test_what_is_not_memoizable_is_used_but_not_remembered(void **state)
{
	struct world *w = *state;
	struct oid a = world_node(w, "a", NULL, NULL);
	struct oid b = world_node(w, "b", &a, NULL);
	struct err err = ERR_INIT;
	struct graph *g = graph_new(w->st);
	struct node *n = add(g, &b);
	struct thunk *t;
	struct oid id;
	struct node *na = graph_next(g, &id, &t, &err);
	struct memo m = { 0 };

	world_run(w, t, &m);
	OK(graph_done(g, na, &m, false, &err), err);
	memo_release(&m);
	thunk_free(t);
	run(w, g, true);
	CHECK(graph_state(n) == NODE_DONE, "state %d", graph_state(n));
	graph_free(g);
	/* a runs again; b, asked for with the same value, does not */
	CHECK(force(w, &b) == 1, "%zu runs", w->runs);
}

struct seen {
	struct world *w;
	struct graph *g;
	struct oid more; /* to be added from the first callback */
	size_t n;
	size_t remembered;
	struct node *last;
};

static void on_settled(void *arg, struct node *n, bool remembered)
{
	struct seen *s = arg;

	s->n++;
	s->remembered += remembered;
	s->last = n;
	if (*s->more.s) {
		struct oid more = s->more;

		s->more.s[0] = '\0';
		add(s->g, &more);
	}
}

static void test_settled_nodes_are_told_once_and_may_add_more(void **state)
{
	struct world *w = *state;
	struct oid a = world_node(w, "a", NULL, NULL);
	struct oid b = world_node(w, "b", &a, NULL);
	struct oid c = world_node(w, "c", &b, NULL);
	struct graph *g = graph_new(w->st);
	struct seen s = { .w = w, .g = g, .more = c };

	graph_on_settled(g, on_settled, &s);
	add(g, &b);
	run(w, g, true);
	CHECK(s.n == 3 && s.remembered == 0, "%zu told", s.n);
	struct oid last;
	graph_id(s.last, &last);
	CHECK(oid_eq(&last, &c), "c is last");
	graph_free(g);
	g = graph_new(w->st);
	s = (struct seen){ .w = w, .g = g };
	graph_on_settled(g, on_settled, &s);
	CHECK(graph_state(add(g, &c)) == NODE_DONE, "not remembered");
	CHECK(s.n == 0, "told from inside graph_add for the node being added");
	graph_free(g);
}

static void test_the_longest_path_goes_first(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	struct oid near = world_node(w, "near", NULL, NULL);
	struct oid deep = world_node(w, "deep", NULL, NULL);
	struct oid middle = world_node(w, "middle", &deep, NULL);
	struct oid top = world_node(w, "top", &near, &middle);
	struct graph *g = graph_new(w->st);
	struct thunk *t;
	struct oid id;

	add(g, &top);
	struct node *n = graph_next(g, &id, &t, &err);
	CHECK(n && oid_eq(&id, &deep), "%s first", t->args.v[0]);
	thunk_free(t);
	graph_requeue(g, n);
	run(w, g, true);
	CHECK(w->runs == 4, "%zu runs", w->runs);
	graph_free(g);
}

static int value_of_ref(void *arg, const struct oid *thunk, const char *tag, struct oid *value,
                        struct err *err)
{
	auto_free char *text = xasprintf("value of %s#%s", thunk->s, tag ? tag : "");

	*value = world_put(arg, text);
	return 0;
}

static void test_rewriting_equals_substituting_one_by_one(void **state)
{
	struct world *w = *state;
	struct oid a = world_node(w, "a", NULL, NULL);
	struct oid b = world_node(w, "b", NULL, NULL);
	struct thunk *both[2];
	struct buf raw[2] = { BUF_INIT, BUF_INIT };
	struct err err = ERR_INIT;

	for (int i = 0; i < 2; i++) {
		struct thunk *t = world_thunk(w, "x");

		strv_addf(&t->args, "@{GGHASH:%s}@{GGHASH:%s#t}@{GGHASH:%s}", a.s, a.s, b.s);
		strv_addf(&t->args, "@{GGHASH:%s#u} @{GGHASH:", b.s);
		strv_addf(&t->env, "X=@{GGHASH:%s}-@{GGHASH:@{GGHASH:%s}", b.s, b.s);
		strv_add(&t->outputs, "out");
		thunk_refs_add(&t->thunks, &a, NULL, "a.o");
		thunk_refs_add(&t->thunks, &a, "t", NULL);
		thunk_refs_add(&t->thunks, &b, NULL, NULL);
		thunk_refs_add(&t->thunks, &b, NULL, "again");
		both[i] = t;
	}
	OK(rewrite_thunk(both[0], value_of_ref, w, &err), err);
	const struct {
		struct oid *id;
		const char *tag;
	} refs[] = { { &a, NULL }, { &a, "t" }, { &b, NULL } };
	for (size_t i = 0; i < countof(refs); i++) {
		struct oid value;

		value_of_ref(w, refs[i].id, refs[i].tag, &value, &err);
		thunk_substitute(both[1], refs[i].id, refs[i].tag, &value, NULL);
	}
	for (int i = 0; i < 2; i++) {
		OK(thunk_encode(both[i], &raw[i], &err), err);
		thunk_free(both[i]);
	}
	assert_int_equal(raw[0].len, raw[1].len);
	assert_memory_equal(raw[0].data, raw[1].data, raw[0].len);
	buf_release(&raw[0]);
	buf_release(&raw[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_thunk_that_answers_with_a_thunk_is_followed),
		TEST(test_second_run_remembers_by_one_look_up),
		TEST(test_a_lost_result_is_made_again),
		TEST(test_identical_thunks_run_once),
		TEST(test_other_outputs_are_found_by_tag),
		TEST(test_a_missing_output_is_a_clear_failure),
		TEST(test_a_corrupt_thunk_is_named),
		TEST(test_a_thunk_that_is_not_there_is_named),
		TEST(test_a_circle_of_tail_calls_fails),
		TEST(test_a_ladder_loads_in_linear_time),
		TEST(test_a_fan_in_of_10000_is_forced_then_one_look_up),
		TEST(test_what_is_not_memoizable_is_used_but_not_remembered),
		TEST(test_settled_nodes_are_told_once_and_may_add_more),
		TEST(test_the_longest_path_goes_first),
		TEST(test_rewriting_equals_substituting_one_by_one),
		TEST(test_a_chain_of_100000_is_forced),
	};

	alarm(900);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

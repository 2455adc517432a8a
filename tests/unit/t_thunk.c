#include "check.h"

#include "core/codec.h"

#define A "VWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM00000006"
#define B "V47DEQpj8HBSa._TImW.5JCeuQeRkm5NMpJWZG3hSuFU00000000"
#define T "TQtmlNPfoECnIQfaVQVHYszwy3y0Kugtha3buA7k1fhI00000091"
#define U "TV81NpaywNg8clCFSA9cvFSGKyg3GqHmgyk8Uy5UDxQ0000001ca"

static struct oid oid_of(const char *text)
{
	struct oid id;

	assert_int_equal(oid_parse(text, strlen(text), &id, NULL), 0);
	return id;
}

/* A good thunk, to be spoiled in one place. */
static struct thunk *good(void)
{
	struct thunk *t = thunk_new();
	struct oid a = oid_of(A);

	t->function = a;
	thunk_refs_add(&t->execs, &a, NULL, NULL);
	strv_add(&t->args, "p");
	strv_add(&t->outputs, "out");
	return t;
}

static void test_a_thunk_of_all_that_is_needed_is_good(void **state)
{
	auto_thunk t = good();
	struct err err = ERR_INIT;

	OK(thunk_check(t, &err), err);
}

static void test_each_unsafe_part_is_refused(void **state)
{
	static const char *const outputs[] = {
		"", "..", "a/../b", "/abs", "a//b", "a\nb", "./a"
	};
	static const char *const workdirs[] = { "", "a", "/..", "/a/../b", "/a//b", "/a/" };
	static const char *const links[] = { "", "..", "/l", "a/../../l" };
	static const char *const times[] = { "",    "1",    "1 ",
		                             "-1",  "- a",  " 1 a",
		                             "x a", "+1 a", "99999999999999999999 a" };
	struct err err = ERR_INIT;
	struct oid a = oid_of(A);

	for (size_t i = 0; i < countof(outputs); i++) {
		auto_thunk t = good();
		strv_add(&t->outputs, outputs[i]);
		REFUSED(thunk_check(t, &err), err, ERR_CORRUPT);
	}
	for (size_t i = 0; i < countof(workdirs); i++) {
		auto_thunk t = good();
		t->workdir = xstrdup(workdirs[i]);
		REFUSED(thunk_check(t, &err), err, ERR_CORRUPT);
	}
	for (size_t i = 0; i < countof(links); i++) {
		auto_thunk t = good();
		thunk_add_link(t, links[i], &a);
		REFUSED(thunk_check(t, &err), err, ERR_CORRUPT);
	}
	for (size_t i = 0; i < countof(times); i++) {
		auto_thunk t = good();
		t->workdir = xstrdup("/p");
		strv_add(&t->times, times[i]);
		REFUSED(thunk_check(t, &err), err, ERR_CORRUPT);
	}
}

static void test_an_absolute_output_needs_a_work_folder(void **state)
{
	auto_thunk t = good();
	struct err err = ERR_INIT;

	strv_add(&t->outputs, "/p/x.o");
	REFUSED(thunk_check(t, &err), err, ERR_CORRUPT);
	t->workdir = xstrdup("/p/src");
	OK(thunk_check(t, &err), err);
}

static void test_a_later_link_of_a_name_wins(void **state)
{
	auto_thunk t = good();
	struct oid a = oid_of(A), b = oid_of(B);

	thunk_add_link(t, "z", &a);
	thunk_add_link(t, "l", &a);
	thunk_add_link(t, "l", &b);
	thunk_normalize(t);
	assert_int_equal(t->n_links, 2);
	assert_string_equal(t->links[0].name, "l");
	assert_string_equal(t->links[0].target.s, B);
	assert_string_equal(t->links[1].name, "z");
}

static void test_normalizing_twice_changes_nothing(void **state)
{
	auto_thunk t = good();
	auto_buf once = BUF_INIT, twice = BUF_INIT;
	struct oid ids[] = { oid_of(T), oid_of(U) };
	struct err err = ERR_INIT;

	for (int i = 0; i < 20; i++) {
		auto_free char *name = xasprintf("n%d", i * 7 % 20);
		thunk_refs_add(&t->thunks, &ids[i % 2], i % 3 ? "tag" : NULL, name);
	}
	thunk_normalize(t);
	OK(thunk_encode(t, &once, &err), err);
	thunk_normalize(t);
	OK(thunk_encode(t, &twice, &err), err);
	assert_int_equal(once.len, twice.len);
	assert_memory_equal(once.data, twice.data, once.len);
}

static void test_a_result_takes_the_place_of_its_thunk(void **state)
{
	auto_thunk t = good();
	struct oid thunk = oid_of(T), b = oid_of(B);

	thunk_refs_add(&t->thunks, &thunk, NULL, "in.o");
	thunk_refs_add(&t->thunks, &thunk, "side", "side.d");
	strv_add(&t->args, "@{GGHASH:" T "}:@{GGHASH:" T "}:@{GGHASH:" T "#side}");
	strv_add(&t->env, "X=@{GGHASH:" T "}");
	thunk_substitute(t, &thunk, NULL, &b, NULL);
	assert_int_equal(t->values.n, 1);
	assert_string_equal(t->values.v[0].id.s, B);
	assert_string_equal(t->values.v[0].name, "in.o");
	assert_int_equal(t->thunks.n, 1);
	assert_string_equal(t->thunks.v[0].tag, "side");
	assert_string_equal(t->args.v[1],
	                    "@{GGHASH:" B "}:@{GGHASH:" B "}:@{GGHASH:" T "#side}");
	assert_string_equal(t->env.v[0], "X=@{GGHASH:" B "}");
	assert_true(thunk_has_hash_args(t));
}

static void test_a_thunk_that_is_a_result_stays_among_the_thunks(void **state)
{
	auto_thunk t = good();
	struct oid thunk = oid_of(T), next = oid_of(U);

	thunk_refs_add(&t->thunks, &thunk, "a", "in");
	strv_add(&t->args, "@{GGHASH:" T "#a}");
	thunk_substitute(t, &thunk, "a", &next, "b");
	assert_int_equal(t->values.n, 0);
	assert_int_equal(t->thunks.n, 1);
	assert_string_equal(t->thunks.v[0].id.s, U);
	assert_string_equal(t->thunks.v[0].tag, "b");
	assert_string_equal(t->thunks.v[0].name, "in");
	assert_string_equal(t->args.v[1], "@{GGHASH:" U "#b}");
}

static void test_what_does_not_name_the_thunk_is_left(void **state)
{
	auto_thunk t = good();
	struct oid thunk = oid_of(T), other = oid_of(U), b = oid_of(B);

	thunk_refs_add(&t->thunks, &other, NULL, "x");
	strv_add(&t->args, T);
	thunk_substitute(t, &thunk, NULL, &b, NULL);
	assert_int_equal(t->thunks.n, 1);
	assert_int_equal(t->values.n, 0);
	assert_string_equal(t->args.v[1], T);
	assert_false(thunk_has_hash_args(t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_thunk_of_all_that_is_needed_is_good),
		cmocka_unit_test(test_each_unsafe_part_is_refused),
		cmocka_unit_test(test_an_absolute_output_needs_a_work_folder),
		cmocka_unit_test(test_a_later_link_of_a_name_wins),
		cmocka_unit_test(test_normalizing_twice_changes_nothing),
		cmocka_unit_test(test_a_result_takes_the_place_of_its_thunk),
		cmocka_unit_test(test_a_thunk_that_is_a_result_stays_among_the_thunks),
		cmocka_unit_test(test_what_does_not_name_the_thunk_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

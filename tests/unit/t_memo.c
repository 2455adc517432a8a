#include "store_fixture.h"

#include "core/digest.h"

static void name_of(const char *text, struct oid *id)
{
	digest_bytes(text, strlen(text), id);
}

static void test_a_result_comes_back_whole(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct memo in = { .wall_ns = 123456789, .cpu_ns = 42, .engine = "local" };
	struct memo out;
	struct oid thunk, a, b;

	name_of("thunk", &thunk);
	OK(store_put(f->st, "object", 6, &a, &err), err);
	OK(store_put(f->st, "warning", 7, &b, &err), err);
	memo_add_output(&in, "main", &a, true);
	memo_add_output(&in, "depfile", &b, false);
	in.err_text = b;
	OK(store_memo_put(f->st, &thunk, &in, &err), err);
	fixture_reopen(f);
	assert_int_equal(store_memo_get(f->st, &thunk, &out, &err), 1);
	assert_int_equal(out.n_outputs, 2);
	assert_string_equal(out.outputs[0].tag, "main");
	assert_true(out.outputs[0].executable);
	assert_string_equal(out.outputs[1].id.s, b.s);
	assert_string_equal(out.err_text.s, b.s);
	assert_string_equal(out.out_text.s, "");
	assert_int_equal(out.wall_ns, 123456789);
	assert_int_equal(out.cpu_ns, 42);
	assert_string_equal(out.engine, "local");
	memo_release(&out);
	memo_release(&in);
}

static void test_a_result_whose_blob_is_gone_is_not_found(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct memo in = { 0 }, out;
	struct oid thunk, a;

	name_of("thunk", &thunk);
	assert_int_equal(store_memo_get(f->st, &thunk, &out, &err), 0);
	OK(store_put(f->st, "object", 6, &a, &err), err);
	memo_add_output(&in, "main", &a, false);
	OK(store_memo_put(f->st, &thunk, &in, &err), err);
	memo_release(&in);
	assert_int_equal(store_memo_get(f->st, &thunk, &out, &err), 1);
	memo_release(&out);
	auto_free char *path = xasprintf("%s/blobs/%s", f->gg, a.s);
	unlink(path);
	assert_int_equal(store_memo_get(f->st, &thunk, &out, &err), 0);
}

static void test_a_batch_sees_its_own_results(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct memo in = { 0 }, out;
	struct oid thunk;

	name_of("thunk", &thunk);
	store_batch_begin(f->st);
	assert_int_equal(store_memo_get(f->st, &thunk, &out, &err), 0);
	OK(store_memo_put(f->st, &thunk, &in, &err), err);
	assert_int_equal(store_memo_get(f->st, &thunk, &out, &err), 1);
	memo_release(&out);
	OK(store_sync(f->st, &err), err);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_a_result_comes_back_whole),
		TEST(test_a_result_whose_blob_is_gone_is_not_found),
		TEST(test_a_batch_sees_its_own_results),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

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

/* Is there a result, as another process finds it? */
static int found_by_others(const struct fixture *f, const struct oid *thunk)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		auto_store other = NULL;
		struct memo out;
		struct err err = ERR_INIT;

		OK(store_open(f->gg, 0, &other, &err), err);
		_exit(store_memo_get(other, thunk, &out, &err));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void test_what_is_held_is_written_when_it_is_released(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct memo in = { 0 }, out;
	struct oid a, b;

	name_of("a", &a);
	name_of("b", &b);
	store_hold_writes(f->st);
	store_hold_writes(f->st);
	OK(store_memo_put(f->st, &a, &in, &err), err);
	assert_int_equal(store_memo_get(f->st, &a, &out, &err), 1);
	memo_release(&out);
	assert_int_equal(found_by_others(f, &a), 0);
	OK(store_flush(f->st, &err), err);
	assert_int_equal(found_by_others(f, &a), 1);
	OK(store_memo_put(f->st, &b, &in, &err), err);
	OK(store_release_writes(f->st, &err), err);
	assert_int_equal(found_by_others(f, &b), 0);
	OK(store_release_writes(f->st, &err), err);
	assert_int_equal(found_by_others(f, &b), 1);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_a_result_comes_back_whole),
		TEST(test_a_result_whose_blob_is_gone_is_not_found),
		TEST(test_a_batch_sees_its_own_results),
		TEST(test_what_is_held_is_written_when_it_is_released),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

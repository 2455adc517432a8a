#include "store_fixture.h"

static void test_values_come_back_by_kind_and_question(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	auto_buf out = BUF_INIT;
	auto_free char *big = xcalloc(1, 1000000);

	for (int batch = 0; batch < 2; batch++) {
		if (batch)
			store_batch_begin(f->st);
		OK(store_cache_put(f->st, CACHE_SCAN, "q", 1, "answer", 6, &err), err);
		OK(store_cache_put(f->st, CACHE_SCAN, "big", 3, big, 1000000, &err), err);
		OK(store_cache_put(f->st, CACHE_SCAN, "none", 4, NULL, 0, &err), err);
		buf_reset(&out);
		assert_int_equal(store_cache_get(f->st, CACHE_SCAN, "q", 1, &out, &err), 1);
		assert_string_equal(buf_str(&out), "answer");
		assert_int_equal(store_cache_get(f->st, CACHE_MISSED, "q", 1, &out, &err), 0);
		assert_int_equal(store_cache_get(f->st, CACHE_SCAN, "none", 4, &out, &err), 1);
		buf_reset(&out);
		assert_int_equal(store_cache_get(f->st, CACHE_SCAN, "big", 3, &out, &err), 1);
		assert_int_equal(out.len, 1000000);
	}
}

static void test_a_batch_that_is_not_flushed_writes_nothing(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	auto_buf out = BUF_INIT;

	store_batch_begin(f->st);
	OK(store_cache_put(f->st, CACHE_SCAN, "q", 1, "a", 1, &err), err);
	fixture_reopen(f);
	assert_int_equal(store_cache_get(f->st, CACHE_SCAN, "q", 1, &out, &err), 0);
	store_batch_begin(f->st);
	OK(store_cache_put(f->st, CACHE_SCAN, "q", 1, "a", 1, &err), err);
	OK(store_flush(f->st, &err), err);
	fixture_reopen(f);
	assert_int_equal(store_cache_get(f->st, CACHE_SCAN, "q", 1, &out, &err), 1);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_values_come_back_by_kind_and_question),
		TEST(test_a_batch_that_is_not_flushed_writes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

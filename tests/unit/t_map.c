#include "check.h"

#include "base/map.h"

static void test_every_key_is_found_and_no_other(void **state)
{
	auto_map m = MAP_INIT;

	assert_null(map_find(&m, "k"));
	for (uint64_t i = 0; i < 100000; i++) {
		auto_free char *key = xasprintf("k%llu", (unsigned long long)i);
		bool added;

		map_add(&m, key, &added)->num = i;
		assert_true(added);
	}
	assert_int_equal(m.n, 100000);
	for (uint64_t i = 0; i < 100000; i++) {
		auto_free char *key = xasprintf("k%llu", (unsigned long long)i);
		auto_free char *other = xasprintf("j%llu", (unsigned long long)i);

		assert_int_equal(map_find(&m, key)->num, i);
		assert_null(map_find(&m, other));
	}
}

static void test_a_key_is_added_once(void **state)
{
	auto_map m = MAP_INIT;
	bool added;

	map_add(&m, "", &added)->num = 7;
	assert_true(added);
	assert_int_equal(map_add(&m, "", &added)->num, 7);
	assert_false(added);
	assert_int_equal(map_add(&m, "a", NULL)->num, 0);
	assert_int_equal(m.n, 2);
}

static void test_iterating_sees_each_once(void **state)
{
	auto_map m = MAP_INIT;
	struct map_entry *e;
	uint64_t sum = 0;
	size_t at = 0;

	assert_null(map_next(&m, &at));
	for (uint64_t i = 1; i <= 1000; i++) {
		auto_free char *key = xasprintf("%llu", (unsigned long long)i);
		map_add(&m, key, NULL)->num = i;
	}
	for (at = 0; (e = map_next(&m, &at));)
		sum += e->num;
	assert_int_equal(sum, 500500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key_is_found_and_no_other),
		cmocka_unit_test(test_a_key_is_added_once),
		cmocka_unit_test(test_iterating_sees_each_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

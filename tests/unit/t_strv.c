#include "check.h"

#include "base/strv.h"

static void test_it_is_always_an_argv(void **state)
{
	auto_strv s = STRV_INIT;

	assert_null(strv_argv(&s)[0]);
	strv_add(&s, "b");
	strv_addn(&s, "abc", 1);
	strv_addf(&s, "%d", 7);
	strv_take(&s, xstrdup("z"));
	strv_add_all(&s, (char *const[]){ "x", "y", NULL });
	assert_int_equal(s.n, 6);
	assert_null(strv_argv(&s)[6]);
	strv_sort(&s);
	assert_string_equal(s.v[0], "7");
	assert_string_equal(s.v[5], "z");
	assert_true(strv_has(&s, "x"));
	assert_false(strv_has(&s, "w"));
	strv_clear(&s);
	assert_int_equal(s.n, 0);
	assert_null(strv_argv(&s)[0]);
}

static void test_it_grows(void **state)
{
	auto_strv s = STRV_INIT;

	for (int i = 0; i < 10000; i++)
		strv_addf(&s, "%d", i);
	assert_string_equal(s.v[9999], "9999");
	assert_null(s.v[10000]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_always_an_argv),
		cmocka_unit_test(test_it_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

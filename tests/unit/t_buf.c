#include "check.h"

#include "base/buf.h"

static void test_text_can_be_used_in_place(void **state)
{
	auto_buf b = BUF_INIT;

	assert_string_equal(buf_str(&b), "");
	buf_adds(&b, "a");
	buf_addc(&b, '=');
	buf_addf(&b, "%d%s", 42, "!");
	buf_add(&b, "xyz", 2);
	assert_string_equal(buf_str(&b), "a=42!xy");
	assert_int_equal(b.len, 7);
}

static void test_it_grows_by_any_amount(void **state)
{
	auto_buf b = BUF_INIT;
	auto_free char *big = xmalloc(100001);

	memset(big, 'x', 100000);
	big[100000] = '\0';
	for (int i = 0; i < 10; i++)
		buf_addf(&b, "%s%d", big, i);
	assert_int_equal(b.len, 1000010);
	assert_int_equal(b.data[100000], '0');
	assert_int_equal(b.data[1000009], '9');
}

static void test_a_limit_refuses_the_whole_addition(void **state)
{
	auto_buf b = BUF_LIMIT(4);

	assert_int_equal(buf_add(&b, "abc", 3), 0);
	assert_int_equal(buf_add(&b, "de", 2), -1);
	assert_true(b.overflow);
	assert_string_equal(buf_str(&b), "abc");
	assert_null(buf_room(&b, SIZE_MAX));
	assert_int_equal(buf_addf(&b, "%0100d", 1), -1);
	assert_string_equal(buf_str(&b), "abc");
}

static void test_what_is_stolen_is_gone(void **state)
{
	auto_buf b = BUF_INIT;
	auto_free char *empty = buf_steal(&b);

	assert_string_equal(empty, "");
	buf_adds(&b, "x");
	auto_free char *text = buf_steal(&b);
	assert_string_equal(text, "x");
	assert_int_equal(b.len, 0);
	buf_adds(&b, "y");
	buf_reset(&b);
	assert_string_equal(buf_str(&b), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_can_be_used_in_place),
		cmocka_unit_test(test_it_grows_by_any_amount),
		cmocka_unit_test(test_a_limit_refuses_the_whole_addition),
		cmocka_unit_test(test_what_is_stolen_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

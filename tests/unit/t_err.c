#include "check.h"

static void test_an_errno_picks_the_kind_and_is_named(void **state)
{
	static const struct {
		int sys;
		enum err_kind kind;
	} cases[] = { { ENOENT, ERR_NOTFOUND }, { ENOSPC, ERR_NOSPC }, { EDQUOT, ERR_NOSPC },
		      { EACCES, ERR_DENIED },   { EPERM, ERR_DENIED }, { EIO, ERR_IO } };

	for (size_t i = 0; i < countof(cases); i++) {
		struct err err = ERR_INIT;

		errno = cases[i].sys;
		assert_int_equal(err_sys(&err, "open %s", "x"), -1);
		CHECK(err.kind == cases[i].kind, "%s: %d", err.msg, (int)err.kind);
		assert_int_equal(err.sys, cases[i].sys);
		assert_int_equal(strncmp(err.msg, "open x: ", 8), 0);
		assert_string_equal(err.msg + 8, strerror(cases[i].sys));
	}
}

static void test_wrapping_keeps_the_kind(void **state)
{
	struct err err = ERR_INIT;

	err_set(&err, ERR_CORRUPT, "bad %d", 1);
	assert_int_equal(err_wrap(&err, "a.o"), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	assert_string_equal(err.msg, "a.o: bad 1");
}

static void test_a_text_of_any_length_fits(void **state)
{
	struct err err = ERR_INIT;
	auto_free char *text = xmalloc(10001);

	memset(text, 'x', 10000);
	text[10000] = '\0';
	err_set(&err, ERR_IO, "%s", text);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	err_wrap(&err, "%s", text);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	errno = ENOENT;
	err_sys(&err, "%s", text);
	assert_true(strlen(err.msg) < sizeof(err.msg));
}

static void test_nobody_needs_to_ask(void **state)
{
	assert_int_equal(err_set(NULL, ERR_IO, "x"), -1);
	assert_int_equal(err_sys(NULL, "x"), -1);
	assert_int_equal(err_wrap(NULL, "x"), -1);
}

static void test_exit_codes(void **state)
{
	assert_int_equal(err_exit_code(ERR_FAILED), 1);
	assert_int_equal(err_exit_code(ERR_USAGE), 2);
	assert_int_equal(err_exit_code(ERR_CORRUPT), 104);
	assert_int_equal(err_exit_code(ERR_IO), 101);
	assert_int_equal(err_exit_code(ERR_NOSPC), 101);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_errno_picks_the_kind_and_is_named),
		cmocka_unit_test(test_wrapping_keeps_the_kind),
		cmocka_unit_test(test_a_text_of_any_length_fits),
		cmocka_unit_test(test_nobody_needs_to_ask),
		cmocka_unit_test(test_exit_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "check.h"

#include "core/base64.h"

static void test_vectors_of_the_rfc(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		auto_buf text = BUF_INIT, back = BUF_INIT;
		struct err err = ERR_INIT;

		assert_int_equal(base64_encode(cases[i][0], strlen(cases[i][0]), &text), 0);
		assert_string_equal(buf_str(&text), cases[i][1]);
		OK(base64_decode(cases[i][1], strlen(cases[i][1]), &back, &err), err);
		assert_string_equal(buf_str(&back), cases[i][0]);
	}
}

static void test_every_length_comes_back(void **state)
{
	unsigned char data[300];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7 + 250);
	for (size_t len = 0; len <= sizeof(data); len++) {
		auto_buf text = BUF_INIT, back = BUF_INIT;
		struct err err = ERR_INIT;

		assert_int_equal(base64_encode(data, len, &text), 0);
		OK(base64_decode(text.data, text.len, &back, &err), err);
		assert_int_equal(back.len, len);
		assert_memory_equal(buf_str(&back), data, len);
	}
}

static void test_line_breaks_are_skipped(void **state)
{
	static const char wrapped[] = "Zm9v\nYm\r\nFy\n";
	auto_buf back = BUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	OK(base64_decode(wrapped, strlen(wrapped), &back, &err), err);
	assert_string_equal(buf_str(&back), "foobar");
}

static void test_what_is_not_base64_is_refused(void **state)
{
	static const char *const cases[] = { "Z",    "Zg",   "Zg=",      "Zg===",   "=",
		                             "====", "Z=g=", "Zg==Zg==", "Zm9v=",   "Zm 9v",
		                             "Zm9-", "Zh==", "Zm9=",     "Zm9v\xff" };

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		auto_buf back = BUF_INIT;
		struct err err = ERR_INIT;

		CHECK(base64_decode(cases[i], strlen(cases[i]), &back, &err) < 0,
		      "%s was taken", cases[i]);
		assert_int_equal(err.kind, ERR_CORRUPT);
		assert_int_equal(back.len, 0);
	}
}

static void test_the_buffer_s_limit_holds(void **state)
{
	auto_buf small = BUF_LIMIT(4);
	struct err err = ERR_INIT;

	(void)state;
	REFUSED(base64_decode("Zm9vYmFy", 8, &small, &err), err, ERR_CORRUPT);
	assert_int_equal(base64_encode("foobar", 6, &small), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors_of_the_rfc),
		cmocka_unit_test(test_every_length_comes_back),
		cmocka_unit_test(test_line_breaks_are_skipped),
		cmocka_unit_test(test_what_is_not_base64_is_refused),
		cmocka_unit_test(test_the_buffer_s_limit_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

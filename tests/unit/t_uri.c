#include "check.h"

#include "net/uri.h"

static void test_parts_are_told_apart(void **state)
{
	static const struct {
		const char *text, *scheme, *user, *password, *host;
		unsigned port;
		const char *path;
	} cases[] = {
		{ "s3://bucket", "s3", NULL, NULL, "bucket", 0, "" },
		{ "S3://b/pre/fix?region=x", "s3", NULL, NULL, "b", 0, "/pre/fix" },
		{ "redis://:p%40ss@h:7/2", "redis", "", "p@ss", "h", 7, "/2" },
		{ "redis://u:p@[::1]:6379", "redis", "u", "p", "::1", 6379, "" },
		{ "rediss://u:a:b@h", "rediss", "u", "a:b", "h", 0, "" },
		{ "redis://u:p@w@h", "redis", "u", "p@w", "h", 0, "" },
		{ "redis+unix:///run/r.sock?db=3", "redis+unix", NULL, NULL, "", 0,
		  "/run/r.sock" },
		{ "file:///a%20b", "file", NULL, NULL, "", 0, "/a b" },
		{ "host:9924", "", NULL, NULL, "host", 9924, "" },
		{ "10.0.0.1", "", NULL, NULL, "10.0.0.1", 0, "" },
		{ "h/x://y", "", NULL, NULL, "h", 0, "/x://y" },
		{ "https://h?u=a://b#f", "https", NULL, NULL, "h", 0, "" },
	};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < countof(cases); i++) {
		auto_uri u = URI_INIT;

		OK(uri_parse(cases[i].text, &u, &err), err);
		assert_string_equal(u.scheme, cases[i].scheme);
		assert_string_equal(u.host, cases[i].host);
		assert_string_equal(u.path, cases[i].path);
		assert_int_equal(u.port, cases[i].port);
		CHECK(!u.user == !cases[i].user, "%s: user", cases[i].text);
		CHECK(!u.password == !cases[i].password, "%s: password", cases[i].text);
		if (u.user)
			assert_string_equal(u.user, cases[i].user);
		if (u.password)
			assert_string_equal(u.password, cases[i].password);
	}
}

static void test_options_are_decoded_in_order(void **state)
{
	struct err err = ERR_INIT;
	auto_uri u = URI_INIT;

	OK(uri_parse("s3://"
	             "b?region=eu-1&endpoint=http%3A%2F%2Fh%3A1%2F&flag&a=b=c&&region=no#x=y",
	             &u, &err),
	   err);
	assert_string_equal(uri_option(&u, "region"), "eu-1");
	assert_string_equal(uri_option(&u, "endpoint"), "http://h:1/");
	assert_string_equal(uri_option(&u, "flag"), "");
	assert_string_equal(uri_option(&u, "a"), "b=c");
	assert_null(uri_option(&u, "x"));
	assert_null(uri_option(&u, "reg"));
}

static void test_what_is_no_uri_is_refused_and_no_secret_told(void **state)
{
	static const char *const cases[] = {
		"",
		"://h",
		"s3://a b",
		"s3://a\nb",
		"redis://h:0",
		"redis://h:65536",
		"redis://h:99999999999999999999",
		"redis://h:6x",
		"redis://h:",
		"redis://[::1",
		"redis://[::1]x",
		"redis://a:hunter2%zz@h",
		"redis://a:hunter2%00@h",
		"s3://b/%4",
		"s3://b/%",
		"s3://b?x=%00",
		"r_s://h",
		"redis://a<b",
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct err err = ERR_INIT;
		auto_uri u = URI_INIT;

		CHECK(uri_parse(cases[i], &u, &err) < 0, "\"%s\" was taken", cases[i]);
		assert_int_equal(err.kind, ERR_USAGE);
		CHECK(!strstr(err.msg, "hunter2"), "%s", err.msg);
	}
}

static void test_display_leaves_secrets_out_and_can_be_parsed(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "redis://u:hunter2@[::1]:7/2?key=/k&secret_key=hunter2&db=1",
		  "redis://u@[::1]:7/2?key=/k&db=1" },
		{ "redis://:hunter2@h", "redis://h" },
		{ "s3://b/a%20b?endpoint=http://h:1", "s3://b/a%20b?endpoint=http://h:1" },
		{ "h:1", "h:1" },
	};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < countof(cases); i++) {
		auto_uri u = URI_INIT, again = URI_INIT;

		OK(uri_parse(cases[i].text, &u, &err), err);
		auto_free char *shown = uri_display(&u);
		assert_string_equal(shown, cases[i].want);
		OK(uri_parse(shown, &again, &err), err);
		auto_free char *twice = uri_display(&again);
		assert_string_equal(twice, shown);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts_are_told_apart),
		cmocka_unit_test(test_options_are_decoded_in_order),
		cmocka_unit_test(test_what_is_no_uri_is_refused_and_no_secret_told),
		cmocka_unit_test(test_display_leaves_secrets_out_and_can_be_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

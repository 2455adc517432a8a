#include "check.h"

#include "base/path.h"
#include "base/proc.h"

static void test_parts(void **state)
{
	static const struct {
		const char *path, *base, *dir, *ext;
	} cases[] = {
		{ "a.c", "a.c", ".", ".c" },
		{ "/a", "a", "/", "" },
		{ "/d/a.tar.gz", "a.tar.gz", "/d", ".gz" },
		{ "d.x/a", "a", "d.x", "" },
		{ "../a.o", "a.o", "..", ".o" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		auto_free char *dir = path_dir(cases[i].path);

		assert_string_equal(path_base(cases[i].path), cases[i].base);
		assert_string_equal(dir, cases[i].dir);
		assert_string_equal(path_ext(cases[i].path), cases[i].ext);
	}
}

static void test_absolute_by_text_alone(void **state)
{
	static const struct {
		const char *cwd, *path, *want;
	} cases[] = {
		{ "/w", "a", "/w/a" },
		{ "/w", "/a/b", "/a/b" },
		{ "/w", "../a", "/a" },
		{ "/w", "../../..", "/" },
		{ "/w", ".", "/w" },
		{ "/w", "", "/w" },
		{ "/w/x", "./a//b/.", "/w/x/a/b" },
		{ "/", "a", "/a" },
		{ "/w", "a/b/../../c/", "/w/c" },
		{ "/w", "..a", "/w/..a" },
		{ "/w", "a..", "/w/a.." },
		{ "/w", "...", "/w/..." },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		auto_free char *got = path_absolute(cases[i].cwd, cases[i].path);

		assert_string_equal(got, cases[i].want);
	}
}

static void test_joining_leaves_one_slash(void **state)
{
	auto_free char *a = path_join("/a", "b"), *b = path_join("/a/", "b"),
		       *c = path_join("/", "b");

	assert_string_equal(a, "/a/b");
	assert_string_equal(b, "/a/b");
	assert_string_equal(c, "/b");
}

static void test_below_is_by_whole_names(void **state)
{
	assert_true(path_below("/a/b", "/a"));
	assert_true(path_below("/a", "/a"));
	assert_false(path_below("/ab", "/a"));
	assert_false(path_below("/a", "/a/b"));
	assert_true(path_below("/a", "/"));
}

static void test_only_a_plain_relative_name_is_safe(void **state)
{
	static const char *const safe[] = {
		"a", "a/b", "..a", "a..", "a b", "a\nb", ".hidden"
	};
	static const char *const unsafe[] = { "",     ".",   "..",  "/",    "/a",   "a/",
		                              "a//b", "./a", "a/.", "a/..", "../a", "a/../b" };

	for (size_t i = 0; i < countof(safe); i++)
		CHECK(path_is_safe_relative(safe[i]), "\"%s\"", safe[i]);
	for (size_t i = 0; i < countof(unsafe); i++)
		CHECK(!path_is_safe_relative(unsafe[i]), "\"%s\"", unsafe[i]);
}

static void test_dotdot_is_a_whole_name(void **state)
{
	assert_true(path_has_dotdot(".."));
	assert_true(path_has_dotdot("../a"));
	assert_true(path_has_dotdot("a/.."));
	assert_true(path_has_dotdot("/a/../b"));
	assert_false(path_has_dotdot("a..b/..c/d../..."));
}

static void test_a_shell_reads_back_what_was_quoted(void **state)
{
	static const char *const words[] = { "",     "a",   "a b", "it's", "$HOME `x` \\",
		                             "a\nb", "*?[", "-n",  "~",    "#x",
		                             "ü",    "\"" };

	for (size_t i = 0; i < countof(words); i++) {
		auto_buf script = BUF_INIT, out = BUF_INIT;
		struct err err = ERR_INIT;

		buf_adds(&script, "printf %s ");
		path_shell_quote(&script, words[i]);
		char *argv[] = { "/bin/sh", "-c", script.data, NULL };
		assert_int_equal(proc_capture(argv, NULL, NULL, &out, NULL, &err), 0);
		assert_string_equal(buf_str(&out), words[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_absolute_by_text_alone),
		cmocka_unit_test(test_joining_leaves_one_slash),
		cmocka_unit_test(test_below_is_by_whole_names),
		cmocka_unit_test(test_only_a_plain_relative_name_is_safe),
		cmocka_unit_test(test_dotdot_is_a_whole_name),
		cmocka_unit_test(test_a_shell_reads_back_what_was_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/map.h"
#include "base/path.h"
#include "base/proc.h"
#include "model/depscan.h"

static char scratch[] = "/tmp/t_depscan.XXXXXX";
static struct store *store;

static int setup(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	if (!mkdtemp(scratch) || chdir(scratch) < 0)
		return -1;
	auto_free char *dir = path_join(scratch, ".gg");
	return store_open(dir, STORE_CREATE, &store, &err);
}

static int teardown(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	store_close(store);
	return chdir("/") < 0 ? -1 : file_remove_tree(scratch, &err);
}

/* The compiler's own search list. */
static void compiler_dirs(const char *tool, const char *lang, struct strv *out)
{
	char *argv[] = { (char *)tool, "-x", (char *)lang, "-E", "-v", "/dev/null", NULL };
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(proc_capture(argv, NULL, NULL, NULL, &text, &err), 0);
	char *at = strstr(text.data, "<...> search starts here:\n");
	assert_non_null(at);
	for (at = strchr(at, '\n') + 1; *at == ' '; at += strcspn(at, "\n") + 1)
		strv_addn(out, at + 1, strcspn(at + 1, "\n"));
}

/* Checks that all that "tool -M" names was found. */
static void check_covers(const char *tool, const char *lang, const char *source)
{
	char *m[] = { (char *)tool, "-x", (char *)lang, "-M", (char *)source, NULL };
	struct call call = { .store = store, .cwd = scratch };
	struct depscan_result found = { 0 };
	char *sources[] = { (char *)source, "/usr/include/stdc-predef.h", NULL };
	auto_strv bracket = STRV_INIT;
	auto_buf rule = BUF_INIT;
	auto_map seen = MAP_INIT;
	struct err err = ERR_INIT;
	struct depscan_dirs dirs = { NULL, &bracket };

	compiler_dirs(tool, lang, &bracket);
	int rc = depscan_run(&call, sources, &dirs, NULL, false, &found, &err);
	if (rc < 0)
		fail_msg("%s: %s", source, err.msg);
	for (size_t i = 0; i < found.n; i++) {
		auto_free char *real = realpath(found.files[i].path, NULL);
		map_add(&seen, real, NULL);
	}
	assert_int_equal(proc_capture(m, NULL, NULL, &rule, NULL, &err), 0);
	char *save = NULL;
	for (char *w = strtok_r(strchr(rule.data, ':') + 1, " \\\n", &save); w;
	     w = strtok_r(NULL, " \\\n", &save)) {
		auto_free char *real = realpath(w, NULL);
		assert_non_null(real);
		if (!map_find(&seen, real))
			fail_msg("%s %s: %s was not found", tool, source, w);
	}
	depscan_result_release(&found);
}

static void test_scan_finds_all_that_the_compilers_do(void **state)
{
	static const struct {
		const char *name;
		const char *lang;
		const char *text;
	} cases[] = {
		{ "std.c", "c",
		  "#include <stdio.h>\n#include <stdlib.h>\n#include <limits.h>\n" },
		{ "std.cc", "c++",
		  "#include <iostream>\n#include <regex>\n#include <thread>\n" },
		{ "plain.h", "c", "int plain;\n" },
		{ "splice.c", "c", "#inc\\\nlude \"plain.h\"\n" },
		{ "digraph.c", "c", "/* x */ %: /* y */ include \"plain.h\"\n" },
		{ "macro.c", "c", "#define H \"plain.h\"\n#include H\n" },
		{ "quote.c", "c", "char *s = \"/*\"; char q = '\"';\n#include \"plain.h\"\n" },
		{ "after.c", "c", "/* a\n b */ #include \"plain.h\"\n" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(file_write(cases[i].name, cases[i].text, strlen(cases[i].text),
		                            0644, &err),
		                 0);
	}
	for (size_t i = 0; i < countof(cases); i++) {
		check_covers("gcc", cases[i].lang, cases[i].name);
		check_covers("clang", cases[i].lang, cases[i].name);
	}
}

/* #include_next goes on from where its file was found: the second time beside its includer,
 * from which all folders follow. */
static void test_a_header_that_is_found_in_two_ways_goes_on_from_both(void **state)
{
	static const char *const files[][2] = {
		{ "d1/sub/next.h",
		  "#if __has_include_next(<next.h>)\n#include_next <next.h>\n#endif\n" },
		{ "d1/next.h", "#include <far.h>\n" },
		{ "d1/far.h", "int far;\n" },
		{ "d1/beside.h", "#include \"sub/next.h\"\n" },
		{ "twice.c", "#include <sub/next.h>\n#include <beside.h>\n" },
	};
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(file_mkdirs("d1/sub", 0755, &err), 0);
	for (size_t i = 0; i < countof(files); i++)
		assert_int_equal(
			file_write(files[i][0], files[i][1], strlen(files[i][1]), 0644, &err),
			0);
	setenv("CPATH", "d1", 1);
	check_covers("gcc", "c", "twice.c");
	check_covers("clang", "c", "twice.c");
	unsetenv("CPATH");
}

/* The scanner says that it is not sure, so that the compiler is asked. */
static void test_a_macro_that_another_one_makes_is_not_guessed(void **state)
{
	static const char *const texts[] = {
		"#define STR_(x) #x\n#define STR(x) STR_(x)\n#define H STR(plain.h)\n#include "
		"H\n",
		"#define OTHER \"plain.h\"\n#define H OTHER\n#include H\n",
	};
	char *sources[] = { "made.c", NULL };
	struct strv none = STRV_INIT;
	struct depscan_dirs dirs = { &none, &none };

	(void)state;
	for (size_t i = 0; i < countof(texts); i++) {
		struct call call = { .store = store, .cwd = scratch };
		struct depscan_result found = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(file_write("made.c", texts[i], strlen(texts[i]), 0644, &err),
		                 0);
		int rc = depscan_run(&call, sources, &dirs, NULL, false, &found, &err);
		if (rc == 0 || err.kind != ERR_UNSURE)
			fail_msg("sure of: %s", texts[i]);
		depscan_result_release(&found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scan_finds_all_that_the_compilers_do),
		cmocka_unit_test(test_a_header_that_is_found_in_two_ways_goes_on_from_both),
		cmocka_unit_test(test_a_macro_that_another_one_makes_is_not_guessed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

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
	int rc = depscan_run(&call, sources, &dirs, NULL, 0, &found, &err);
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
		{ "spelled.c", "c",
		  "#define STR_(x) #x\n#define STR(x) STR_(x)\n#define H STR(plain.h)\n"
		  "#include H\n" },
		{ "other.c", "c", "#define OTHER \"plain.h\"\n#define H OTHER\n#include H\n" },
		{ "called.c", "c",
		  "#define H(n) <n.h> /* x */\n#include H(stdio) // y\n"
		  "#define MADE(...) #__VA_ARGS__\n#include MADE(plain.h)\n" },
		{ "later.c", "c",
		  "#include \"names.h\"\n#include FIRST\n#include SECOND(plain)\n" },
		{ "names.h", "c", "#define FIRST \"more.h\"\n" },
		{ "more.h", "c", "#define SECOND(x) SPELLED(x.h)\n#define SPELLED(x) #x\n" },
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

static void write_text(const char *path, const char *text)
{
	struct err err = ERR_INIT;

	assert_int_equal(file_write(path, text, strlen(text), 0644, &err), 0);
}

/* Is the file found that the text asks for? */
static bool finds(const char *text, const char *name)
{
	char *sources[] = { "made.c", NULL };
	auto_strv folders = STRV_INIT;
	struct strv none = STRV_INIT;
	struct depscan_dirs dirs = { &none, &folders };
	struct call call = { .store = store, .cwd = scratch };
	struct depscan_result r = { 0 };
	struct err err = ERR_INIT;
	bool found = false;

	strv_add(&folders, "asked");
	write_text("made.c", text);
	if (depscan_run(&call, sources, &dirs, NULL, 0, &r, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	for (size_t i = 0; i < r.n; i++)
		found |= strcmp(r.files[i].path, name) == 0;
	depscan_result_release(&r);
	return found;
}

/* Scans a source of @text alone. Returns what depscan_run does. */
static int scan(const char *text, char *const *defines, struct depscan_result *r,
                struct err *err)
{
	char *sources[] = { "made.c", NULL };
	struct strv none = STRV_INIT;
	struct depscan_dirs dirs = { &none, &none };
	struct call call = { .store = store, .cwd = scratch };

	write_text("made.c", text);
	return depscan_run(&call, sources, &dirs, defines, 0, r, err);
}

static void test_what_is_only_asked_for_is_found(void **state)
{
	static const char *const texts[] = {
		"#if __has_include(<sub/x.h>)\n#endif\n",
		"#define H <sub/x.h>\n#if __has_include(H)\n#endif\n",
		"#define S_(x) #x\n#define S(x) S_(sub/x.h)\n#if 1 && "
		"__has_include(S(x))\n#endif\n",
		"#define HAS(x) __has_include(x)\n#if HAS(<sub/x.h>)\n#endif\n",
		"#define HAS(x) __has_include(<sub/x>)\n#if 0\n#elif HAS(x.h)\n#endif\n",
		"#define HAS __has_include(<sub/x.h>)\n#if HAS\n#endif\n",
		"#define HAS(x) \\\n  __has_include(x)\n#define X HAS(\"sub/x.h\")\n#if "
		"X\n#endif\n",
	};
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(file_mkdirs("asked/sub", 0755, &err), 0);
	write_text("asked/sub/x.h", "");
	for (size_t i = 0; i < countof(texts); i++)
		if (!finds(texts[i], "asked/sub/x.h"))
			fail_msg("%s", texts[i]);
	assert_false(finds("#define HAS(x) 0\n#if HAS(<sub/x.h>)\n#endif\n", "asked/sub/x.h"));
}

/* The scanner says that it is not sure, so that the compiler is asked; it can't be for
 * __has_include, whose answer no it does not tell. */
static void test_what_the_compiler_defines_is_not_guessed(void **state)
{
	static const struct {
		const char *text;
		bool hard;
	} samples[] = {
		{ "#include __FILE__\n", false },
		{ "#define STR_(x) #x\n#define STR(x) STR_(x)\n#include STR(v__GNUC__/a.h)\n"
		  "#define H STR(__GNUC__/a.h)\n#include H\n",
		  false },
		{ "#define C_(a, b) <a ## b>\n#define C(a, b) C_(a, b)\n"
		  "#if __has_include(C(v, __GNUC__))\n#endif\n",
		  true },
		{ "#define HAS(x) __has_include(x)\n#if HAS(__FILE__)\n#endif\n", true },
		/* what is made of two words */
		{ "#define C(a, b) a##b\n#if C(__has_, include)(\"o.h\")\n#endif\n", true },
		{ "#define C(a, b) a##b\n#if C(__has, _include)(\"o.h\")\n#endif\n", true },
		{ "#define C(a) __has_##a\n#if C(include)(\"o.h\")\n#endif\n", true },
		{ "#define C(a) a##_include(\"o.h\")\n#if C(__has)\n#endif\n", true },
		{ "#define H(x) __has_##x\n#define Q H(include)(\"o.h\")\n#if Q\n#endif\n",
		  true },
		{ "#define H(x) __has_##x(\"o.h\")\n#define I include\n#define J(x) H(x)\n"
		  "#if J(I)\n#endif\n",
		  true },
		{ "#define E\n#if __has_include E (\"o.h\")\n#endif\n", true },
		{ "#define P (\n#if __has_include P \"o.h\")\n#endif\n", true },
	};

	(void)state;
	for (size_t i = 0; i < countof(samples); i++) {
		struct depscan_result found = { 0 };
		struct err err = ERR_INIT;

		int rc = scan(samples[i].text, NULL, &found, &err);
		if (rc == 0 || err.kind != ERR_UNSURE)
			fail_msg("sure of: %s", samples[i].text);
		assert_int_equal(found.hard[0] != 0, samples[i].hard);
		depscan_result_release(&found);
	}
}

/* Does the scan say that the time may be told? */
static bool has_time(const char *text, char *define)
{
	char *defines[] = { define, NULL };
	struct depscan_result r = { 0 };
	struct err err = ERR_INIT;

	if (scan(text, defines, &r, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	bool has = r.has_time;
	depscan_result_release(&r);
	return has;
}

static void test_words_of_which_the_time_may_be_made_are_noticed(void **state)
{
	static const char *const texts[] = {
		"const char *d = __DATE__;\n",
		"const char *d = C(__TI,ME__);\n",
		"#define T C(__TIMESTAMP, __)\nconst char *d = C(__TIMESTAMP_, _);\n",
		"const char *d = C(__D, ATE__);\n",
		"#define B(x) __##x##__\nconst char *d = B(TIME);\n",
		"#define U __\nconst char *d = D(U, DATE, U);\n",
		"const char *d = D(__TI, ME, __);\n",
	};
	static char date[] = "-DX=__DATE__", made[] = "-DX=C(__TI,ME__)", other[] = "-DX=1";

	(void)state;
	for (size_t i = 0; i < countof(texts); i++)
		if (!has_time(texts[i], NULL))
			fail_msg("%s", texts[i]);
	assert_true(has_time("", date));
	assert_true(has_time("", made));
	assert_false(has_time("#define F(f) __CONCAT(__,f)\nenum { DATE, TIME };\n", other));
	assert_false(has_time("#define F(f) __##f##__\nint x;\n", other));
	assert_false(has_time("int __h, __D, __T, __TIME, TIME, DATE, __, _, __DAT;\n", other));
}

/* Of a macro that tells the time its file says no more than that: whoever reads it asks who
 * else names it (model/dated.h). */
static void test_a_macro_that_tells_the_time_is_a_clock_if_its_file_names_it_once(void **state)
{
	static const struct {
		const char *text;
		const char *clock; /* NULL: the time is told at once */
	} samples[] = {
		{ "#define WHEN __DATE__ \" \" __TIME__\nint x;\n", "WHEN" },
		{ "#define WHEN(x) x __TIMESTAMP__\nint when, WHENEVER;\n", "WHEN" },
		{ "#define WHEN __DATE__\nconst char *d = WHEN;\n", NULL },
		{ "#ifndef WHEN\n#define WHEN __DATE__\n#endif\n", NULL },
		{ "/* WHEN */\n#define WHEN __DATE__\n", NULL },
		{ "#define WH$N __DATE__\n", NULL },
		{ "#define ) __DATE__\n", NULL },
		{ "#define WHEN 1\nconst char *d = __DATE__;\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < countof(samples); i++) {
		struct depscan_result r = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(scan(samples[i].text, NULL, &r, &err), 0);
		if (r.has_time != !samples[i].clock || r.n_clocks != (samples[i].clock != NULL))
			fail_msg("%s", samples[i].text);
		if (samples[i].clock)
			assert_string_equal(r.clocks[0].name, samples[i].clock);
		depscan_result_release(&r);
	}
}

/* As if they stood in the source. */
static void test_definitions_of_the_command_line_ask_for_files(void **state)
{
	static char has[] = "-DHAS=__has_include", named[] = "-DNAMED=__has_include(\"x.h\")";
	static char of[] = "-DOF(x)=__has_include(x)";
	char *defines[] = { has, named, of, NULL };
	static const char *const texts[] = { "#if HAS(\"x.h\")\n#endif\n",
		                             "#if NAMED\n#endif\n",
		                             "#if OF(\"x.h\")\n#endif\n" };

	(void)state;
	write_text("x.h", "");
	for (size_t i = 0; i < countof(texts); i++) {
		struct depscan_result r = { 0 };
		struct err err = ERR_INIT;
		bool found = false;

		assert_int_equal(scan(texts[i], defines, &r, &err), 0);
		for (size_t k = 0; k < r.n; k++)
			found |= strcmp(r.files[k].path, "x.h") == 0;
		if (!found)
			fail_msg("%s", texts[i]);
		depscan_result_release(&r);
	}
}

/* Of "__has_##x" other names are made, as in libstdc++. */
static void test_other_words_that_begin_alike_are_no_question(void **state)
{
	assert_false(finds("#define HAS(x) struct __has_##x {}\nHAS(type);\nint include;\n"
	                   "#if defined __has_include && 1\n#endif\n"
	                   "#if defined(__has_include)\n#endif\n"
	                   "#if defined __has_include and 1\n#endif\n",
	                   "x.h"));
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_of_which_the_time_may_be_made_are_noticed),
		cmocka_unit_test(
			test_a_macro_that_tells_the_time_is_a_clock_if_its_file_names_it_once),
		cmocka_unit_test(test_definitions_of_the_command_line_ask_for_files),
		cmocka_unit_test(test_other_words_that_begin_alike_are_no_question),
		cmocka_unit_test(test_scan_finds_all_that_the_compilers_do),
		cmocka_unit_test(test_a_header_that_is_found_in_two_ways_goes_on_from_both),
		cmocka_unit_test(test_what_is_only_asked_for_is_found),
		cmocka_unit_test(test_what_the_compiler_defines_is_not_guessed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

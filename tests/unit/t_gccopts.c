#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/proc.h"
#include "model/gccopts.h"

static void test_table_is_sorted_without_repeats(void **state)
{
	(void)state;
	for (size_t i = 1; i < gccopts_n; i++)
		if (strcmp(gccopts[i - 1].name, gccopts[i].name) >= 0)
			fail_msg("%s before %s", gccopts[i - 1].name, gccopts[i].name);
}

static void test_every_option_finds_its_own_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < gccopts_n; i++)
		assert_ptr_equal(gccopt_find(gccopts[i].name), &gccopts[i]);
}

static void test_longest_fitting_name_wins(void **state)
{
	static const struct {
		const char *arg;
		const char *row;
	} cases[] = {
		{ "-Wall", "-W" },
		{ "-Wl,-z,now", "-Wl," },
		{ "-march=native", "-march=native" },
		{ "-march=x86-64", "-m" },
		{ "-fplugin=x.so", "-fplugin=" },
		{ "-Idir", "-I" },
		{ "-isystemdir", "-isystem" },
		{ "-static-libgcc", "-static-libgcc" },
		{ "-std=c11", "-std=" },
		{ "--no-such-option", NULL },
		{ "-cx", NULL },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		const struct gccopt *o = gccopt_find(cases[i].arg);

		if (!o || !cases[i].row)
			assert_true(!o && !cases[i].row);
		else
			assert_string_equal(o->name, cases[i].row);
	}
}

static void test_driver_stops_where_told(void **state)
{
	static const struct {
		char *argv[6];
		enum gcc_stage stage;
		const char *reason;
	} cases[] = {
		{ { "gcc", "-c", "a.c" }, STAGE_OBJECT, "" },
		{ { "gcc", "-S", "a.c", "-c" }, STAGE_ASSEMBLY, "" },
		{ { "gcc", "a.o", "-lm" }, STAGE_LINK, "" },
		{ { "gcc", "-E", "a.c" }, STAGE_PREPROCESS, "" },
		{ { "gcc", "-E", "a.h" }, STAGE_PREPROCESS, "" },
		{ { "gcc", "-MM", "a.c", "-c" }, STAGE_PREPROCESS, "" },
		{ { "gcc", "a.h" }, STAGE_OBJECT, "" },
		{ { "gcc", "-c", "-MD", "a.h" }, STAGE_OBJECT, "makes a precompiled header" },
		{ { "gcc", "-E", "-dM", "a.c" }, STAGE_PREPROCESS, "" },
		{ { "gcc", "-c", "-dM", "a.c" }, STAGE_OBJECT, "option -d" },
		{ { "gcc", "-c", "a.c", "-fuse-ld=gold" }, STAGE_OBJECT, "" },
		{ { "gcc", "a.o", "-fuse-ld=gold" }, STAGE_LINK, "" },
		{ { "gcc", "-MM", "-MG", "a.c" }, STAGE_PREPROCESS, "" },
		{ { "clang", "-MJ", "a.json", "-c", "a.c" }, STAGE_OBJECT, "option -MJ" },
		{ { "gcc", "-c", "a.c", "--odd" }, STAGE_OBJECT, "unknown option --odd" },
		{ { "gcc", "-c", "a.c", "--sysroot=/root" }, STAGE_OBJECT, "" },
		{ { "gcc", "-c", "a.c", "--sysroot=root" },
		  STAGE_OBJECT,
		  "option --sysroot= with a relative folder" },
		{ { "gcc", "-c", "a.c", "-o" },
		  STAGE_OBJECT,
		  "option -o without its argument" },
		{ { "gcc", "-c", "-" }, STAGE_OBJECT, "reads standard input, of no language" },
		{ { "gcc", "-c", "/dev/fd/5" }, STAGE_OBJECT, "reads a device" },
		{ { "gcc", "-xc", "-c", "-" }, STAGE_OBJECT, "" },
		{ { "gcc", "-c", "/dev/shm/a.c" }, STAGE_OBJECT, "" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		auto_gcc_call c = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(gcc_call_parse(&c, cases[i].argv, &err), 0);
		assert_int_equal(c.stage, cases[i].stage);
		assert_string_equal(c.reason, cases[i].reason);
	}
}

static void test_standard_input_of_no_language_is_c(void **state)
{
	char *argv[] = { "g++", "-E", "-", NULL };
	struct err err = ERR_INIT;
	auto_gcc_call c = { 0 };

	(void)state;
	assert_int_equal(gcc_call_parse(&c, argv, &err), 0);
	assert_int_equal(c.inputs[0].lang, LANG_C);
}

/* Parses "gcc -c a.c WORD" and the rest of a help line's option as its value, if it has one. */
static void check_option(const char *driver, char *word)
{
	char value[] = "1";
	char *bracket = strpbrk(word, "<[");
	bool joined = bracket && bracket > word && bracket[-1] == '=';
	struct err err = ERR_INIT;
	auto_gcc_call c = { 0 };

	if (bracket)
		*bracket = '\0';
	if (!word[1] || strcmp(word, "--") == 0)
		return;
	auto_free char *option = xasprintf("%s%s", word, joined ? "1" : "");
	char *argv[] = { (char *)driver, "-c", "a.c", option, value, NULL };
	assert_int_equal(gcc_call_parse(&c, argv, &err), 0);
	if (strncmp(c.reason, "unknown option", 14) == 0)
		fail_msg("%s: %s", driver, c.reason);
}

static size_t check_help(char *const *argv)
{
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;
	char *save = NULL;
	size_t n = 0;

	assert_true(proc_capture(argv, NULL, NULL, &text, NULL, &err) >= 0);
	for (char *l = strtok_r((char *)buf_str(&text), "\n", &save); l;
	     l = strtok_r(NULL, "\n", &save)) {
		if (strncmp(l, "  -", 3) != 0)
			continue;
		l[2 + strcspn(l + 2, " \t,")] = '\0';
		check_option(argv[0], l + 2);
		n++;
	}
	return n;
}

static void test_every_option_of_the_compilers_help_is_known(void **state)
{
	static char *const commands[][4] = {
		{ "gcc", "--help=common" },   { "gcc", "--help=optimizers" },
		{ "gcc", "--help=warnings" }, { "gcc", "--help=params" },
		{ "gcc", "--help=target" },   { "gcc", "--help=c" },
		{ "gcc", "--help=c++" },      { "gcc", "--help=objc" },
		{ "gcc", "--help" },          { "clang", "--help-hidden" },
	};
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < countof(commands); i++)
		n += check_help(commands[i]);
	assert_true(n > 2000);
}

static void test_kernel_style_depfile_is_found(void **state)
{
	char *argv[] = { "gcc", "-Wp,-MMD,dir/.a.o.d", "-c", "-o", "a.o", "a.c", NULL };
	auto_gcc_call c = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(gcc_call_parse(&c, argv, &err), 0);
	assert_string_equal(c.reason, "");
	assert_string_equal(c.depfile, "dir/.a.o.d");
	assert_string_equal(c.output, "a.o");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_is_sorted_without_repeats),
		cmocka_unit_test(test_every_option_finds_its_own_row),
		cmocka_unit_test(test_longest_fitting_name_wins),
		cmocka_unit_test(test_driver_stops_where_told),
		cmocka_unit_test(test_standard_input_of_no_language_is_c),
		cmocka_unit_test(test_every_option_of_the_compilers_help_is_known),
		cmocka_unit_test(test_kernel_style_depfile_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

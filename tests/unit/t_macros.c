#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/proc.h"
#include "model/macros.h"

enum { DEFINITIONS_MAX = 8 };

struct sample {
	const char *defined[DEFINITIONS_MAX];
	const char *operand;
	const char *names; /* sorted, a blank behind each; NULL: it can't be told */
};

static void define_all(struct macros *m, const char *const *defined)
{
	for (size_t i = 0; i < DEFINITIONS_MAX && defined[i]; i++)
		macros_define(m, defined[i]);
}

static char *joined(struct strv *names)
{
	auto_buf text = BUF_INIT;

	strv_sort(names);
	for (size_t i = 0; i < names->n; i++)
		buf_addf(&text, "%s ", names->v[i]);
	return xstrdup(buf_str(&text));
}

static void test_every_name_that_can_come_out_is_told(void **state)
{
	static const struct sample samples[] = {
		{ { "H \"a.h\"" }, "H", "\"a.h\" " },
		{ { "H \"a.h\"", "H <b.h>" }, "H", "\"a.h\" <b.h> " },
		{ { "S(x) #x" }, "S(a.h)", "\"a.h\" " },
		{ { "S_(x) #x", "S(x) S_(x)", "P sub" }, "S(P/a.h)", "\"P/a.h\" \"sub/a.h\" " },
		{ { "A(x) <x>", "P b" }, "A(P.h)", "<P.h> <b.h> " },
		{ { "C(a, b) a ## b", "HX <x.h>", "HY \"y.h\"", "N X", "N Y", "D(a,b) C(a,b)" },
		  "D(H, N)",
		  "\"y.h\" <x.h> " },
		/* one definition at a time */
		{ { "P a", "P b", "A <P/P.h>" }, "A", "<P/P.h> <a/a.h> <b/b.h> " },
		{ { "V(...) #__VA_ARGS__" }, "V(a.h)", "\"a.h\" " },
		{ { "V(x, more...) x" }, "V(<a.h>, 1, 2)", "<a.h> " },
		{ { "V(x, ...) x" }, "V(<a.h>)", "<a.h> " },
		{ { "F() <a.h>" }, "F()", "<a.h> " },
		{ { "F() <a.h>", "G F" }, "G()", "<a.h> " },
		{ { "E", "S(x) #x" }, "E S(a.h)", "\"a.h\" " },
		{ { "H H", "H <H.h>" }, "H", "<H.h> " },
		{ { "X Y", "Y X" }, "X", "" },
		{ { "F(x) <a.h>" }, "F(1, 2)", "" },
		{ { "F(x) <a.h>" }, "F(1", "" },
		{ { NULL }, "NOWHERE", "" },
		{ { "S_(x) #x", "S(x) S_(x)" }, "S(linux/a.h)", "\"1/a.h\" \"linux/a.h\" " },
		{ { "S(x) #x" }, "S( a.h )", "\"a.h\" " },
		{ { "S(x) #x" }, "S(\"a\")", "\"\\\"a\\\"\" " },
	};

	(void)state;
	for (size_t i = 0; i < countof(samples); i++) {
		auto_macros m = macros_new();
		auto_strv names = STRV_INIT;

		define_all(m, samples[i].defined);
		assert_true(macros_names(m, samples[i].operand, &names));
		auto_free char *got = joined(&names);
		assert_string_equal(got, samples[i].names);
	}
}

static void test_what_the_compiler_defines_can_not_be_told(void **state)
{
	static const struct sample samples[] = {
		{ { NULL }, "__FILE__", NULL },
		{ { "S_(x) #x", "S(x) S_(x)" }, "S(gcc-__GNUC__.h)", NULL },
		{ { "C_(a, b) a ## b", "C(a,b) C_(a,b)", "V4 <a.h>" }, "C(V, __GNUC__)", NULL },
		{ { "H __VA_OPT__(<a.h>)" }, "H", NULL },
		{ { "C(x, ...) <x>, ## __VA_ARGS__" }, "C(a.h)", NULL },
		{ { "H <a.h>" }, "H \\", NULL },
	};

	(void)state;
	for (size_t i = 0; i < countof(samples); i++) {
		auto_macros m = macros_new();
		auto_strv names = STRV_INIT;

		define_all(m, samples[i].defined);
		assert_false(macros_names(m, samples[i].operand, &names));
	}
}

static void test_an_answer_changes_with_what_it_depends_on(void **state)
{
	auto_macros m = macros_new();
	auto_strv before = STRV_INIT;
	auto_strv after = STRV_INIT;

	(void)state;
	macros_define(m, "H P");
	assert_true(macros_names(m, "H", &before));
	assert_int_equal(before.n, 0);
	macros_define(m, "P <p.h>");
	assert_true(macros_names(m, "H", &after));
	assert_int_equal(after.n, 1);
}

static void test_too_many_ways_are_given_up(void **state)
{
	static char texts[200][32];
	auto_macros m = macros_new();
	auto_strv names = STRV_INIT;

	(void)state;
	for (int i = 0; i < 200; i++) {
		snprintf(texts[i], sizeof(texts[i]), "%c %d", "ABCD"[i % 4], i);
		macros_define(m, texts[i]);
	}
	assert_false(macros_names(m, "<A/B/C/D.h>", &names));
	/* nor is the stack used up */
	auto_buf deep = BUF_INIT;
	macros_define(m, "F(x) x");
	for (int i = 0; i < 100000; i++)
		buf_adds(&deep, "F(");
	buf_adds(&deep, "<a.h>");
	for (int i = 0; i < 100000; i++)
		buf_adds(&deep, ")");
	assert_false(macros_names(m, buf_str(&deep), &names));
}

static void test_conditions_ask_through_macros(void **state)
{
	static const struct {
		const char *defined[DEFINITIONS_MAX];
		const char *condition;
		const char *names, *next;
	} samples[] = {
		{ { "HAS(x) __has_include(x)" },
		  "HAS(<a.h>) && HAS(\"b.h\")",
		  "\"b.h\" <a.h> ",
		  "" },
		{ { "HAS(x) __has_include(x)", "HAS(x) 0" }, "HAS(<a.h>)", "<a.h> ", "" },
		{ { "HAS(x) __has_include_next(x)" }, "HAS(<a.h>)", "", "<a.h> " },
		{ { "IN(x) __has_include(<in/x>)" }, "IN(a.h)", "<in/a.h> ", "" },
		{ { "HAS(x) __has_include(x)", "YES HAS(<a.h>)" }, "1 == (YES)", "<a.h> ", "" },
		{ { "ASK __has_include" }, "ASK (<a.h>)", "<a.h> ", "" },
		{ { "HAS(x) __has_include(x)", "NOT(x) !x" }, "NOT(HAS(<a.h>))", "<a.h> ", "" },
		{ { "HAS(x) defined(__has_include) && __has_include(x)" },
		  "__GNUC__ > 4 && defined HAS && HAS(<a.h>)",
		  "<a.h> ",
		  "" },
		{ { "HAS(x) __has_include(x)" }, "defined(HAS) || defined HAS", "", "" },
		{ { "HAS(x) __has_include(x)" }, "HASTE(<a.h>)", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < countof(samples); i++) {
		auto_macros m = macros_new();
		auto_strv names = STRV_INIT;
		auto_strv next = STRV_INIT;

		define_all(m, samples[i].defined);
		assert_true(macros_asked(m, samples[i].condition, &names, &next));
		auto_free char *got = joined(&names);
		auto_free char *got_next = joined(&next);
		assert_string_equal(got, samples[i].names);
		assert_string_equal(got_next, samples[i].next);
	}
}

static void test_a_condition_that_hides_its_question_can_not_be_told(void **state)
{
	static const struct sample samples[] = {
		{ { "HAS(x) __has_include(x)", "APPLY(f, x) f(x)" },
		  "APPLY(HAS, <a.h>)",
		  NULL },
		{ { "HAS(x) __has_include(x)" }, "HAS(__NAME)", NULL },
		{ { "HAS(x) __has_include(x)" }, "HAS(<a.h>", NULL },
	};

	(void)state;
	for (size_t i = 0; i < countof(samples); i++) {
		auto_macros m = macros_new();
		auto_strv names = STRV_INIT;
		auto_strv next = STRV_INIT;

		define_all(m, samples[i].defined);
		assert_false(macros_asked(m, samples[i].operand, &names, &next));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_name_that_can_come_out_is_told),
		cmocka_unit_test(test_what_the_compiler_defines_can_not_be_told),
		cmocka_unit_test(test_an_answer_changes_with_what_it_depends_on),
		cmocka_unit_test(test_too_many_ways_are_given_up),
		cmocka_unit_test(test_conditions_ask_through_macros),
		cmocka_unit_test(test_a_condition_that_hides_its_question_can_not_be_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

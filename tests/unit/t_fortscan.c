#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "model/fortscan.h"

static const struct fortscan_form free_form = { .width = 72 };
static const struct fortscan_form fixed_form = { .fixed = true, .width = 72 };
static const struct fortscan_form cpp_form = { .cpp = true, .width = 72 };

struct sample {
	const char *source;
	const char *want; /* items, each followed by a blank */
};

/* The items as one line. */
static void check(const struct fortscan_form *form, const struct sample *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		auto_buf items = BUF_INIT;

		fortscan_text(s[i].source, strlen(s[i].source), form, &items);
		for (size_t k = 0; k < items.len; k++)
			if (!items.data[k])
				items.data[k] = ' ';
		if (strcmp(buf_str(&items), s[i].want) != 0)
			fail_msg("%s\ngives: %s\nwant:  %s", s[i].source, buf_str(&items),
			         s[i].want);
	}
}

static void test_free_form_is_read_by_statements(void **state)
{
	static const struct sample cases[] = {
		{ "use m", "um.mod " },
		{ "  USE M_1, only : x => y\n", "um_1.mod " },
		{ "use::m\nuse, non_intrinsic :: k", "um.mod uk.mod " },
		{ "use, intrinsic :: iso_c_binding\n", "" },
		{ "10 use m; use k;use l ! ; use n", "um.mod uk.mod ul.mod " },
		{ "x = 'a; use m'; use k", "uk.mod " },
		{ "x = \"it''s;\" // 'don''t; use m'\nuse k\n", "uk.mod " },
		{ "x = 'abc &\n  ! no end\n\n & use m'; use k", "uk.mod " },
		{ "use &\n! between\n m, &\n & only: x\nuse k", "um.mod uk.mod " },
		{ "us&\n&e lo&\n &ng", "ulong.mod " },
		{ "! use m\n!$ use m\n!$omp use m\n", "" },
		{ "use = 3\nuse(1) = 2\nused%x = 1\ncall use_m()", "" },
		{ "usem\r\n", "um.mod " },
		{ "x = '\nuse m", "um.mod " },
		{ "\xef\xbb\xbfuse m", "um.mod " },
		{ "module M\nend module M\n", "mm.mod mm.smod " },
		{ "module m; end", "mm.mod mm.smod " },
		{ "modulefoo\n", "mfoo.mod mfoo.smod " },
		{ "module procedure a\nmodule procedure a, b\n", "" },
		{ "module subroutine s(x)\nmodule function f()\nmodule = 3\n", "" },
		{ "module procedure\n", "mprocedure.mod mprocedure.smod " },
		{ "submodule (P) Q\n", "up.smod mp@q.smod " },
		{ "submodule(p : q)r", "up@q.smod mp@r.smod " },
		{ "# define x module\\\nuse m", "um.mod " },
		{ "use", "" },
		{ "", "" },
	};

	check(&free_form, cases, countof(cases));
}

static void test_fixed_form_has_columns(void **state)
{
	static const struct sample cases[] = {
		{ "      use m\n", "um.mod " },
		{ "      U S E M\n     + N, ONLY: X", "umn.mod " },
		{ "\tuse m\n\t1x", "umx.mod " },
		{ "c     use a\nC use b\n* use c\n! use d\n      use e", "ue.mod " },
		{ "      use m ! x\n     &  n", "umn.mod " },
		{ "      use m\n     0use n", "um.mod un.mod " },
		{ "  100 use m\n", "um.mod " },
		{ "      module a"
		  "                                                          b\n",
		  "ma.mod ma.smod " },
		{ "      x = 'it''s ;\n     1use m'; use k", "uk.mod " },
		{ "      module procedure x\n", "mprocedurex.mod mprocedurex.smod " },
		{ "      x = 5Hdon't\n      use m", "um.mod " },
		{ "\n\n   \nabc\n1\n      use m", "um.mod " },
	};

	check(&fixed_form, cases, countof(cases));
}

static void test_include_is_a_line(void **state)
{
	static const struct sample cases[] = {
		{ "include 'a b.inc'\n", "ia b.inc " },
		{ "\tINCLUDE\"x\" ! why", "ix " },
		{ "include 'a', 'b'\ninclude a\ninclude 'a\ncall include('a')", "" },
		{ "use &\ninclude 'x'\nm", "ix um.mod " },
	};

	check(&free_form, cases, countof(cases));
	check(&fixed_form, cases, 3);
}

static void test_openmp_uncovers_lines(void **state)
{
	struct fortscan_form free_omp = { .openmp = true };
	struct fortscan_form fixed_omp = { .openmp = true, .fixed = true, .width = 72 };
	static const struct sample free_cases[] = {
		{ "!$ use m\n!$omp use n\n!$use k\n  !$ include 'x'", "um.mod ix " },
		{ "!$ use m, &\n!$& only: x\nuse n", "um.mod un.mod " },
	};
	static const struct sample fixed_cases[] = {
		{ "!$    use m\nc$   1n\n*$ 10 use k\nc$omp use l", "umn.mod uk.mod " },
	};

	check(&free_omp, free_cases, countof(free_cases));
	check(&fixed_omp, fixed_cases, countof(fixed_cases));
}

static void test_what_macros_may_name_is_told(void **state)
{
	static const struct sample cases[] = {
		{ "module M\nuse K", "tM mm.mod mm.smod tK uk.mod " },
		{ "#define  A b\n# define F(x) x\n#define\n", "dA dF " },
		{ "#define A \\\n module\n", "dA xa macro may name a module " },
		{ "module A(x)\n", "xa macro may name a module " },
		{ "module a/**/b\n", "xa macro may name a module " },
		{ "module a /* c */\n", "ta ma.mod ma.smod " },
		{ "! don't /* x\nmodule a\n", "ta ma.mod ma.smod " },
		{ "/* a\n module */", "x\"module\" in a comment of the preprocessor " },
		{ "! a.\\\nmodule m\n", "tm mm.mod mm.smod " },
		{ "modu\\\nle m\n", "xa word on two lines " },
		{ "pure module function f(x)\nmodule procedure x\n", "" },
		{ "submodule (P) Q\n", "tP tQ up.smod mp@q.smod " },
		{ "submodule (F(x)) Q\n", "xa macro may name a module " },
	};

	check(&cpp_form, cases, countof(cases));
}

static void test_what_was_preprocessed_tells_its_origin(void **state)
{
	static const struct sample cases[] = {
		{ "# 1 \"d/a.F90\"\n# 1 \"/w//\"\nuse m\n# 7 \"x.h\" 2\n",
		  "od/a.F90 o/w// sd/a.F90 um.mod sx.h " },
		{ "# 1 \"a.F\"\n# 1 \"<built-in>\"\n", "oa.F sa.F " },
		{ "# 2 \"a.F\"\n", "sa.F " },
		{ "#\n#\"\n# 1 \"\n", "" },
	};

	check(&free_form, cases, countof(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_free_form_is_read_by_statements),
		cmocka_unit_test(test_fixed_form_has_columns),
		cmocka_unit_test(test_include_is_a_line),
		cmocka_unit_test(test_openmp_uncovers_lines),
		cmocka_unit_test(test_what_macros_may_name_is_told),
		cmocka_unit_test(test_what_was_preprocessed_tells_its_origin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

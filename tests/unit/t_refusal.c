/* Failures that are answers: which are believed, which are remembered, and what comes back. */
#include "store_fixture.h"

#include "model/refusal.h"

static void test_a_missing_header_is_believed_only_if_it_was_sought(void **state)
{
	static const struct {
		const char *errs;
		bool want;
	} cases[] = {
		{ "a.c:1:10: fatal error: x.h: No such file or directory\n    1 | #include\n"
		  "compilation terminated.\n",
		  true },
		{ "a.c:1:10: fatal error: 'x.h' file not found\n1 error generated.\n", true },
		{ "a.c:1:10: fatal error: y.h: No such file or directory\n", false },
		{ "a.c:1:10: fatal error: 'xx.h' file not found\n", false },
		{ "a.c:1:10: fatal error: sys/x.h: No such file or directory\n", false },
		{ "cc1: fatal error: x.h: No such file or directory\nld: error: no\n", false },
		{ "gcc: error: a.c: No such file or directory\n", false },
		{ "gcc: fatal error: cannot execute 'as': No such file or directory\n", false },
		{ "a.c:1:1: fatal error: x.h: No such file or directory", true },
		{ "fatal error: ", false },
		{ ": fatal error: ", false },
		{ ": fatal error: '", false },
		{ "", false },
	};
	auto_strv missing = STRV_INIT;

	strv_add(&missing, "x.h");
	strv_add(&missing, "other.h");
	for (size_t i = 0; i < countof(cases); i++)
		CHECK(refusal_is_of_headers(cases[i].errs, &missing) == cases[i].want, "%s",
		      cases[i].errs);
}

static void test_only_the_compilers_word_on_its_input_lasts(void **state)
{
	static const struct {
		int status;
		const char *errs;
		bool want;
	} cases[] = {
		{ 1, "a.c:1:9: error: expected expression before ';' token\n", true },
		{ 1,
		  "a.c:1:1: fatal error: x.h: No such file or directory\ncompilation "
		  "terminated.\n",
		  true },
		{ 1,
		  "ld: a.o: in function `main': undefined reference to `f'\ncollect2: error: "
		  "ld "
		  "returned 1 exit status\n",
		  true },
		{ 1, "gcc: fatal error: Killed signal terminated program cc1\n", false },
		{ 1, "cc1: out of memory allocating 65536 bytes\n", false },
		{ 1, "a.c:1:1: internal compiler error: Segmentation fault\n", false },
		{ 1, "a.c:1:1: fatal error: error writing to a.s: No space left on device\n",
		  false },
		{ 1, "collect2: fatal error: ld terminated with signal 9 [Killed]\n", false },
		{ 1, "clang: error: unable to execute command: Killed\n", false },
		{ 1, "", false },
		{ 1, "warning only\n", false },
		{ 0, "a.c:1:9: error: x\n", false },
		{ 137, "a.c:1:9: error: x\n", false },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		auto_refusal r = { .status = cases[i].status };

		buf_adds(&r.errs, cases[i].errs);
		CHECK(refusal_is_lasting(&r) == cases[i].want, "%d %s", cases[i].status,
		      cases[i].errs);
	}
}

static void test_what_was_refused_comes_back_whole(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct oid id;
	struct oid other;
	auto_refusal in = { .status = 3 };
	auto_refusal out = { 0 };
	auto_refusal none = { 0 };

	OK(store_put(f->st, "a", 1, &id, &err), err);
	OK(store_put(f->st, "b", 1, &other, &err), err);
	buf_adds(&in.out, "printed");
	buf_adds(&in.errs, "a.c:1:1: error: no\n");
	OK(refusal_put(f->st, &id, &in, &err), err);
	assert_int_equal(refusal_get(f->st, &id, &out, &err), 1);
	assert_int_equal(out.status, 3);
	assert_string_equal(buf_str(&out.out), "printed");
	assert_string_equal(buf_str(&out.errs), "a.c:1:1: error: no\n");
	buf_adds(&in.errs, "Killed\n");
	OK(refusal_put(f->st, &other, &in, &err), err);
	assert_int_equal(refusal_get(f->st, &other, &none, &err), 0);
}

static void test_a_damaged_entry_is_none(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct oid id;

	OK(store_put(f->st, "a", 1, &id, &err), err);
	for (size_t len = 0; len < 16; len++) {
		auto_refusal out = { 0 };

		OK(store_cache_put(f->st, CACHE_REFUSED, id.s, strlen(id.s),
		                   "\1\0\0\0\1\0\0\0\0\0\0\0\7\0\0\0", len, &err),
		   err);
		assert_int_equal(refusal_get(f->st, &id, &out, &err), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_missing_header_is_believed_only_if_it_was_sought),
		cmocka_unit_test(test_only_the_compilers_word_on_its_input_lasts),
		cmocka_unit_test_setup_teardown(test_what_was_refused_comes_back_whole,
		                                fixture_set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(test_a_damaged_entry_is_none, fixture_set_up,
		                                fixture_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

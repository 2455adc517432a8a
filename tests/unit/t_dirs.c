#include "store_fixture.h"

#include <time.h>

static void test_the_nearest_store_above_is_found(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	auto_free char *deep = fixture_path(f, "a/b/c");

	OK(file_mkdirs(deep, 0755, &err), err);
	auto_free char *found = store_find(NULL, deep);
	assert_string_equal(found, f->gg);
	auto_free char *given = store_find("x/.gg", "/w");
	assert_string_equal(given, "/w/x/.gg");
	assert_null(store_find(NULL, "/proc"));
}

static void test_a_store_that_is_missing_is_not_made_unasked(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct store *st = NULL;
	auto_free char *dir = fixture_path(f, "other/.gg");

	assert_int_equal(store_open(dir, 0, &st, &err), -1);
	assert_int_equal(err.kind, ERR_NOTFOUND);
	OK(store_open(dir, STORE_CREATE, &st, &err), err);
	assert_string_equal(store_dir(st), dir);
	store_close(st);
}

static void test_old_leftovers_of_the_dead_are_swept(void **state)
{
	struct fixture *f = *state;
	struct timespec old[2] = { { time(NULL) - 7200, 0 }, { time(NULL) - 7200, 0 } };
	const struct {
		char *path;
		bool aged, gone;
	} cases[] = {
		{ xasprintf("%s/2147483646.put0", store_tmp(f->st)), true, true },
		{ xasprintf("%s/2147483646.put1", store_tmp(f->st)), false, false },
		{ xasprintf("%s/%d.put0", store_tmp(f->st), (int)getpid()), true, false },
		{ xasprintf("%s/named", store_tmp(f->st)), true, false },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		fixture_write(cases[i].path, "x", 1);
		if (cases[i].aged)
			utimensat(AT_FDCWD, cases[i].path, old, 0);
	}
	fixture_reopen(f);
	for (size_t i = 0; i < countof(cases); i++) {
		CHECK((access(cases[i].path, F_OK) != 0) == cases[i].gone, "case %zu", i);
		free(cases[i].path);
	}
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_the_nearest_store_above_is_found),
		TEST(test_a_store_that_is_missing_is_not_made_unasked),
		TEST(test_old_leftovers_of_the_dead_are_swept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

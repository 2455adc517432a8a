#include "store_fixture.h"

static void count_one(void *arg, const char *path, const char *ref, unsigned mode)
{
	assert_true(path[0] == '/');
	assert_string_equal(ref, "Tthunk#out");
	assert_int_equal(mode, 0755);
	++*(int *)arg;
}

static void test_placeholders_are_noted_and_forgotten_batch_or_not(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	char far[3000];

	memset(far, 'x', sizeof(far));
	far[0] = '/';
	far[sizeof(far) - 1] = '\0';
	for (int batch = 0; batch < 2; batch++) {
		int n = 0;

		if (batch)
			store_batch_begin(f->st);
		assert_true(store_pending_empty(f->st));
		OK(store_pending_add(f->st, "/a", "Tthunk#out", 0755, &err), err);
		OK(store_pending_add(f->st, far, "Tthunk#out", 0755, &err), err);
		assert_false(store_pending_empty(f->st));
		OK(store_pending_each(f->st, count_one, &n, &err), err);
		assert_int_equal(n, 2);
		OK(store_flush(f->st, &err), err);
		OK(store_pending_remove(f->st, "/a", &err), err);
		OK(store_pending_remove(f->st, "/a", &err), err);
		n = 0;
		OK(store_pending_each(f->st, count_one, &n, &err), err);
		assert_int_equal(n, 1);
		OK(store_pending_remove(f->st, far, &err), err);
		assert_true(store_pending_empty(f->st));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_placeholders_are_noted_and_forgotten_batch_or_not, fixture_set_up,
			fixture_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

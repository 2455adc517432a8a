/* That what is said of this kernel and file system is so: no two states of a file, or of a
 * folder, with a look in between, have the same times. */
#include "store_fixture.h"

#include "base/clock.h"
#include "store/grain.h"

enum { CHANGES = 2000 };

static bool same_times(const struct stat *a, const struct stat *b)
{
	return clock_ns_of(a->st_mtim) == clock_ns_of(b->st_mtim) &&
	       clock_ns_of(a->st_ctim) == clock_ns_of(b->st_ctim);
}

static bool is_fine_here(const char *path)
{
	struct stat sb;

	assert_int_equal(stat(path, &sb), 0);
	return grain_is_fine(path, sb.st_dev);
}

static void test_every_change_of_a_file_shows_after_a_look(void **state)
{
	struct fixture *f = *state;
	auto_free char *path = fixture_path(f, "file");
	struct stat before, after;

	fixture_write(path, "0", 1);
	if (!is_fine_here(path))
		skip();
	auto_fd fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &before), 0);
	for (int i = 0; i < CHANGES; i++) {
		assert_int_equal(pwrite(fd, i & 1 ? "a" : "b", 1, 0), 1);
		assert_int_equal(stat(path, &after), 0);
		assert_false(same_times(&before, &after));
		before = after;
	}
}

static void test_every_change_of_a_folder_shows_after_a_look(void **state)
{
	struct fixture *f = *state;
	auto_free char *dir = fixture_path(f, "folder");
	auto_free char *path = fixture_path(f, "folder/name");
	struct stat before, after;

	assert_int_equal(mkdir(dir, 0755), 0);
	if (!is_fine_here(dir))
		skip();
	assert_int_equal(stat(dir, &before), 0);
	for (int i = 0; i < CHANGES; i++) {
		if (i & 1)
			assert_int_equal(unlink(path), 0);
		else
			fixture_write(path, "", 0);
		assert_int_equal(stat(dir, &after), 0);
		assert_false(same_times(&before, &after));
		before = after;
	}
}

static void test_nothing_is_known_of_what_is_not_there(void **state)
{
	assert_false(grain_is_fine("/nonexistent", 12345));
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_every_change_of_a_file_shows_after_a_look),
		TEST(test_every_change_of_a_folder_shows_after_a_look),
		TEST(test_nothing_is_known_of_what_is_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

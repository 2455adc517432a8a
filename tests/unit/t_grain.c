/* That what is said of this kernel and file system is so: no two states of a file, or of a
 * folder, with a look in between, have the same times. */
#include "store_fixture.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "store/grain.h"

enum { CHANGES = 2000 };

static bool same_times(const struct stat *a, const struct stat *b)
{
	return clock_ns_of(a->st_mtim) == clock_ns_of(b->st_mtim) &&
	       clock_ns_of(a->st_ctim) == clock_ns_of(b->st_ctim);
}

/* File systems to ask: that of the tests, and one in memory, where there is one. */
static const char *const places[] = { "", "/dev/shm" };

/* A new folder there; owned, or NULL. */
static char *folder_in(struct fixture *f, const char *place)
{
	char *dir = *place ? xasprintf("%s/gg-grain.XXXXXX", place)
	                   : fixture_path(f, "grain.XXXXXX");

	if (mkdtemp(dir))
		return dir;
	free(dir);
	return NULL;
}

static dev_t device_of(const char *path)
{
	struct stat sb;

	assert_int_equal(stat(path, &sb), 0);
	return sb.st_dev;
}

static void change_a_file(const char *path)
{
	struct stat before, after;

	fixture_write(path, "0", 1);
	if (!grain_is_fine(path, device_of(path), 1))
		return;
	auto_fd fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &before), 0);
	for (int i = 0; i < CHANGES; i++) {
		assert_int_equal(pwrite(fd, i & 1 ? "a" : "b", 1, 0), 1);
		assert_int_equal(stat(path, &after), 0);
		if (same_times(&before, &after))
			fail_msg("%s", path);
		before = after;
	}
}

static void test_every_change_of_a_file_shows_after_a_look(void **state)
{
	for (size_t i = 0; i < countof(places); i++) {
		auto_free char *dir = folder_in(*state, places[i]);
		struct err ignored;

		if (!dir)
			continue;
		auto_free char *path = path_join(dir, "file");
		change_a_file(path);
		file_remove_tree(dir, &ignored);
	}
}

/* The ways in which names come and go. */
static int change_names(int how, const char *a, const char *b, const char *outside)
{
	switch (how) {
	case 0: return link(outside, a);
	case 1: return rename(a, b);
	case 2: return unlink(b);
	case 3: return symlink("nowhere", a);
	case 4: return unlink(a);
	case 5: return mkdir(a, 0755);
	case 6: return rmdir(a);
	case 7: return close(open(a, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
	default: return unlink(a);
	}
}

static void change_a_folder(const char *dir, const char *outside)
{
	enum { WAYS = 9 };
	auto_free char *a = path_join(dir, "a");
	auto_free char *b = path_join(dir, "b");
	struct stat before, after;

	if (!grain_folders_are_fine(dir, device_of(dir), 1))
		return;
	assert_int_equal(stat(dir, &before), 0);
	for (int i = 0; i < CHANGES; i++) {
		assert_int_equal(change_names(i % WAYS, a, b, outside), 0);
		assert_int_equal(stat(dir, &after), 0);
		if (same_times(&before, &after))
			fail_msg("%s, way %d", dir, i % WAYS);
		before = after;
	}
}

static void test_every_change_of_a_folder_shows_after_a_look(void **state)
{
	for (size_t i = 0; i < countof(places); i++) {
		auto_free char *dir = folder_in(*state, places[i]);
		struct err ignored;

		if (!dir)
			continue;
		auto_free char *inner = path_join(dir, "inner");
		auto_free char *outside = path_join(dir, "outside");
		assert_int_equal(mkdir(inner, 0755), 0);
		fixture_write(outside, "x", 1);
		change_a_folder(inner, outside);
		file_remove_tree(dir, &ignored);
	}
}

static void test_nothing_is_known_of_what_is_not_there(void **state)
{
	assert_false(grain_is_fine("/nonexistent", 12345, 1));
	assert_false(grain_folders_are_fine("/nonexistent", 12345, 1));
}

static void test_whole_seconds_are_believed_later(void **state)
{
	struct stat sb;

	(void)state;
	assert_int_equal(stat("/", &sb), 0);
	assert_false(grain_is_fine("/", sb.st_dev, 5 * INT64_C(1000000000)));
	assert_false(grain_folders_are_fine("/", sb.st_dev, 5 * INT64_C(1000000000)));
	assert_true(grain_ns(5 * INT64_C(1000000000)) > 2 * INT64_C(1000000000));
	assert_true(grain_ns(5 * INT64_C(1000000000) + 1) < 100 * INT64_C(1000000));
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_every_change_of_a_file_shows_after_a_look),
		TEST(test_every_change_of_a_folder_shows_after_a_look),
		TEST(test_nothing_is_known_of_what_is_not_there),
		TEST(test_whole_seconds_are_believed_later),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

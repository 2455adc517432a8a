#include "store_fixture.h"

#include <time.h>

#include "base/file.h"
#include "base/path.h"
#include "store/grain.h"
#include "store/look.h"

/* Beyond the clock's granularity, so that what was just made may be believed. */
static void let_times_pass(void)
{
	nanosleep(&(struct timespec){ 0, 30000000 }, NULL);
}

static bool again(const struct buf *looks)
{
	struct unpack u = { (const unsigned char *)looks->data, looks->len, false };

	return look_again(&u, NULL);
}

/* A folder with a file in it, and a list of a look at it and at names that are not there. */
struct seen {
	char *file, *missed, *deep;
	struct buf looks;
};

static void seen_release(struct seen *s)
{
	free(s->file);
	free(s->missed);
	free(s->deep);
	buf_release(&s->looks);
}

#define auto_seen struct seen cleanup(seen_release)

static void look_at_all(const struct seen *s)
{
	struct stat sb;

	assert_int_equal(look_stat(s->file, &sb), 0);
	assert_int_equal(look_lstat(s->missed, &sb), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(look_access(s->deep, F_OK), -1);
	assert_int_equal(errno, ENOENT);
}

static void see(struct fixture *f, struct seen *s)
{
	*s = (struct seen){ .file = fixture_path(f, "file"),
		            .missed = fixture_path(f, "missed"),
		            .deep = fixture_path(f, "a/b/deep") };
	fixture_write(s->file, "one", 3);
	let_times_pass();
	look_begin();
	look_at_all(s);
	assert_true(look_end(&s->looks));
}

static void test_what_stays_is_seen_again(void **state)
{
	auto_seen s;

	see(*state, &s);
	assert_true(again(&s.looks));
	assert_true(again(&s.looks));
}

static void test_another_file_in_the_folder_changes_nothing(void **state)
{
	struct fixture *f = *state;
	auto_seen s;
	auto_free char *other = fixture_path(f, "other");

	see(f, &s);
	fixture_write(other, "two", 3);
	assert_true(again(&s.looks));
}

static void test_a_file_with_other_bytes_and_the_same_times_is_noticed(void **state)
{
	auto_seen s;
	struct stat sb;

	see(*state, &s);
	assert_int_equal(stat(s.file, &sb), 0);
	fixture_write(s.file, "two", 3);
	struct timespec times[2] = { sb.st_atim, sb.st_mtim };
	assert_int_equal(utimensat(AT_FDCWD, s.file, times, 0), 0);
	assert_false(again(&s.looks));
}

static void test_a_file_that_goes_is_noticed(void **state)
{
	auto_seen s;

	see(*state, &s);
	assert_int_equal(unlink(s.file), 0);
	assert_false(again(&s.looks));
}

static void test_a_name_that_was_missed_is_noticed_when_it_comes(void **state)
{
	auto_seen s;

	see(*state, &s);
	fixture_write(s.missed, "new", 3);
	assert_false(again(&s.looks));
}

static void test_a_link_that_leads_nowhere_is_something(void **state)
{
	struct fixture *f = *state;
	auto_seen s;
	auto_buf looks = BUF_INIT;
	auto_free char *target = fixture_path(f, "target");
	struct stat sb;

	see(f, &s);
	assert_int_equal(symlink("target", s.missed), 0);
	assert_false(again(&s.looks));
	let_times_pass();
	look_begin();
	assert_int_equal(look_stat(s.missed, &sb), -1);
	assert_true(look_end(&looks));
	assert_true(again(&looks));
	fixture_write(target, "new", 3);
	assert_false(again(&looks));
}

static void test_a_folder_on_the_way_to_a_missed_name_is_noticed(void **state)
{
	struct fixture *f = *state;
	auto_seen s;
	auto_free char *a = fixture_path(f, "a");
	auto_free char *b = fixture_path(f, "a/b");

	see(f, &s);
	assert_int_equal(mkdir(a, 0755), 0);
	assert_int_equal(mkdir(b, 0755), 0);
	fixture_write(s.deep, "new", 3);
	assert_false(again(&s.looks));
}

static void test_another_folder_under_the_same_name_is_looked_through(void **state)
{
	struct fixture *f = *state;
	auto_free char *one = fixture_path(f, "one");
	auto_free char *two = fixture_path(f, "two");
	auto_free char *link = fixture_path(f, "link");
	auto_free char *missed = fixture_path(f, "link/x.h");
	auto_free char *there = fixture_path(f, "two/x.h");
	auto_buf looks = BUF_INIT;
	struct stat sb;

	assert_int_equal(mkdir(one, 0755), 0);
	assert_int_equal(mkdir(two, 0755), 0);
	assert_int_equal(symlink("one", link), 0);
	fixture_write(there, "x", 1);
	let_times_pass();
	look_begin();
	assert_int_equal(look_lstat(missed, &sb), -1);
	assert_true(look_end(&looks));
	assert_true(again(&looks));
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("two", link), 0);
	assert_false(again(&looks));
}

static void test_a_file_that_has_just_changed_makes_a_list_only_where_the_next_change_shows(
	void **state)
{
	auto_seen s;
	struct stat sb;

	see(*state, &s);
	auto_buf looks = BUF_INIT;
	look_begin();
	fixture_write(s.file, "new", 3);
	assert_int_equal(look_stat(s.file, &sb), 0);
	if (!look_end(&looks)) {
		assert_false(grain_is_fine(s.file, sb.st_dev, clock_ns_of(sb.st_ctim)));
		return;
	}
	assert_true(again(&looks));
	fixture_write(s.file, "old", 3);
	assert_false(again(&looks));
}

static void test_what_is_seen_in_two_ways_makes_no_list(void **state)
{
	auto_seen s;
	struct stat sb;

	see(*state, &s);
	auto_buf looks = BUF_INIT;
	look_begin();
	assert_int_equal(look_stat(s.file, &sb), 0);
	assert_int_equal(unlink(s.file), 0);
	assert_int_equal(look_stat(s.file, &sb), -1);
	assert_false(look_end(&looks));
}

static void test_what_can_not_be_noted_makes_no_list(void **state)
{
	auto_seen s;

	see(*state, &s);
	auto_buf looks = BUF_INIT;
	look_begin();
	look_at_all(&s);
	look_unnoted();
	assert_false(look_end(&looks));
	look_begin();
	look_at_all(&s);
	assert_true(look_end(&looks));
}

static void test_a_variable_with_another_value_is_noticed(void **state)
{
	auto_buf looks = BUF_INIT;

	unsetenv("GG_TEST_UNSET");
	setenv("GG_TEST_SET", "one", 1);
	look_begin();
	assert_null(look_env(environ, "GG_TEST_UNSET"));
	assert_string_equal(look_env(environ, "GG_TEST_SET"), "one");
	assert_true(look_end(&looks));
	assert_true(again(&looks));
	setenv("GG_TEST_UNSET", "", 1);
	assert_false(again(&looks));
	unsetenv("GG_TEST_UNSET");
	assert_true(again(&looks));
	setenv("GG_TEST_SET", "two", 1);
	assert_false(again(&looks));
	unsetenv("GG_TEST_SET");
	assert_false(again(&looks));
}

static void test_a_link_on_the_way_is_noticed(void **state)
{
	struct fixture *f = *state;
	auto_free char *one = fixture_path(f, "one");
	auto_free char *moved = fixture_path(f, "moved");
	auto_free char *file = fixture_path(f, "one/file");
	auto_buf looks = BUF_INIT;

	assert_int_equal(mkdir(one, 0755), 0);
	fixture_write(file, "x", 1);
	look_begin();
	auto_free char *real = look_realpath(file);
	assert_string_equal(real, file);
	assert_true(look_end(&looks));
	assert_true(again(&looks));
	assert_int_equal(rename(one, moved), 0);
	assert_int_equal(symlink("moved", one), 0);
	assert_false(again(&looks));
}

static void test_a_folder_that_was_listed_counts_with_its_times(void **state)
{
	struct fixture *f = *state;
	auto_free char *dir = fixture_path(f, "listed");
	auto_free char *file = fixture_path(f, "listed/file");
	auto_buf looks = BUF_INIT;
	struct stat sb;

	assert_int_equal(mkdir(dir, 0755), 0);
	let_times_pass();
	look_begin();
	assert_int_equal(look_listed(dir, &sb), 0);
	assert_true(look_end(&looks));
	assert_true(again(&looks));
	fixture_write(file, "x", 1);
	assert_false(again(&looks));
}

static void test_a_damaged_list_is_not_believed(void **state)
{
	auto_seen s;

	see(*state, &s);
	for (size_t len = 0; len < s.looks.len; len++) {
		struct buf cut = { .data = s.looks.data, .len = len };

		assert_false(again(&cut));
	}
}

/* So many names that the folder is read. */
static void miss_many(struct fixture *f, const char *folder)
{
	struct stat sb;

	for (int i = 0; i < 300; i++) {
		auto_free char *name = xasprintf("%s/missed%d.h", folder, i);
		auto_free char *path = fixture_path(f, name);

		assert_int_equal(look_lstat(path, &sb), -1);
		assert_int_equal(errno, ENOENT);
	}
}

static void test_a_search_path_is_missed_and_hit_as_ever_when_its_folder_was_read(void **state)
{
	struct fixture *f = *state;
	auto_free char *dir = fixture_path(f, "path");
	auto_free char *file = fixture_path(f, "path/file.h");
	auto_free char *other_case = fixture_path(f, "path/FILE.H");
	auto_free char *dangling = fixture_path(f, "path/dangling.h");
	auto_free char *deep = fixture_path(f, "path/sys/types.h");
	auto_free char *sub = fixture_path(f, "path/sub");
	auto_free char *below = fixture_path(f, "path/sub/below.h");
	auto_free char *late = fixture_path(f, "path/missed7.h");
	auto_free char *other = fixture_path(f, "path/other.h");
	auto_free char *folder = fixture_path(f, "path/sys/");
	auto_buf looks = BUF_INIT;
	struct stat sb;

	assert_int_equal(mkdir(dir, 0755), 0);
	assert_int_equal(mkdir(sub, 0755), 0);
	fixture_write(file, "x", 1);
	fixture_write(below, "x", 1);
	assert_int_equal(symlink("nowhere", dangling), 0);
	let_times_pass();
	look_begin();
	miss_many(f, "path");
	assert_int_equal(look_lstat(file, &sb), 0);
	assert_int_equal(look_lstat(below, &sb), 0);
	assert_int_equal(look_lstat(dangling, &sb), 0);
	assert_int_equal(look_stat(dangling, &sb), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(look_stat(other_case, &sb), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(look_stat(deep, &sb), -1);
	assert_int_equal(look_stat(folder, &sb), -1);
	assert_int_equal(look_access(deep, F_OK), -1);
	assert_int_equal(errno, ENOENT);
	assert_true(look_end(&looks));
	assert_true(again(&looks));
	fixture_write(other, "x", 1);
	assert_true(again(&looks));
	fixture_write(late, "x", 1);
	assert_false(again(&looks));
	assert_int_equal(unlink(late), 0);
	assert_true(again(&looks));
	assert_int_equal(symlink("file.h", late), 0);
	assert_false(again(&looks));
	assert_int_equal(unlink(late), 0);
	assert_int_equal(mkdir(folder, 0755), 0);
	assert_false(again(&looks));
}

static void test_a_name_that_comes_while_a_folder_is_searched_is_noticed_later(void **state)
{
	struct fixture *f = *state;
	auto_free char *dir = fixture_path(f, "path");
	auto_free char *late = fixture_path(f, "path/missed7.h");
	auto_buf looks = BUF_INIT;

	assert_int_equal(mkdir(dir, 0755), 0);
	let_times_pass();
	look_begin();
	miss_many(f, "path");
	fixture_write(late, "x", 1);
	if (look_end(&looks))
		assert_false(again(&looks));
}

/* In a process that makes many lists. Those that follow keep listings, too. */
static void test_a_name_that_comes_after_a_kept_listing_is_seen_by_the_next_list(void **state)
{
	struct fixture *f = *state;
	auto_free char *dir = fixture_path(f, "kept");
	auto_free char *late = fixture_path(f, "kept/missed7.h");
	struct stat sb;

	look_keep();
	assert_int_equal(mkdir(dir, 0755), 0);
	let_times_pass();
	for (int i = 0; i < 3; i++) {
		auto_buf looks = BUF_INIT;

		look_begin();
		miss_many(f, "kept");
		assert_true(look_end(&looks));
		assert_true(again(&looks));
	}
	fixture_write(late, "x", 1);
	for (int i = 0; i < 3; i++) {
		look_begin();
		assert_int_equal(look_lstat(late, &sb), 0);
		look_drop();
		let_times_pass();
	}
	assert_int_equal(unlink(late), 0);
	look_begin();
	assert_int_equal(look_lstat(late, &sb), -1);
	look_drop();
}

/* Misses of all lists count, where listings are kept; a few in each are none the less true. */
static void test_a_name_that_comes_after_few_misses_in_many_lists_is_seen(void **state)
{
	struct fixture *f = *state;
	auto_free char *dir = fixture_path(f, "few");
	auto_free char *late = fixture_path(f, "few/2.h");
	struct stat sb;

	look_keep();
	assert_int_equal(mkdir(dir, 0755), 0);
	for (int round = 0; round < 2; round++) {
		let_times_pass();
		for (int i = 0; i < 30; i++) {
			look_without_notes();
			for (int k = 0; k < 3; k++) {
				auto_free char *name = xasprintf("%s/%d.h", dir, k);
				assert_int_equal(look_lstat(name, &sb), -1);
				assert_int_equal(errno, ENOENT);
			}
			look_drop();
		}
		fixture_write(late, "x", 1);
		look_without_notes();
		assert_int_equal(look_lstat(late, &sb), 0);
		look_drop();
		assert_int_equal(unlink(late), 0);
	}
}

static void test_a_real_path_is_what_the_c_library_says(void **state)
{
	struct fixture *f = *state;
	auto_free char *dir = fixture_path(f, "d");
	auto_free char *file = fixture_path(f, "d/file");
	auto_free char *link = fixture_path(f, "link");
	static const char *const paths[] = {
		"d",         "d/file", "d/",      "d/./file",  "d//file",    "d/../d/file",
		"link/file", "link",   "d/file/", "d/file/no", "no",         "d/no",
		"link/../d", "d/.",    "d/..",    "d/.hidden", "d/..hidden", "link/.hidden"
	};

	assert_int_equal(mkdir(dir, 0755), 0);
	assert_int_equal(symlink("d", link), 0);
	fixture_write(file, "x", 1);
	auto_free char *hidden = fixture_path(f, "d/.hidden");
	auto_free char *hidden2 = fixture_path(f, "d/..hidden");
	fixture_write(hidden, "x", 1);
	fixture_write(hidden2, "x", 1);
	for (int listed = 0; listed < 2; listed++) {
		if (listed)
			look_begin();
		for (size_t i = 0; i < countof(paths) * 2; i++) {
			auto_free char *path = fixture_path(f, paths[i % countof(paths)]);
			auto_free char *want = realpath(path, NULL);
			int want_errno = want ? 0 : errno;
			auto_free char *got = look_realpath(path);

			if (want)
				assert_string_equal(got, want);
			else
				assert_null(got);
			if (!want)
				assert_int_equal(errno, want_errno);
		}
		look_drop();
	}
}

/* A tmpfs dates a folder by what is linked into it, not by the moment; its size is the number
 * of names. */
static void test_a_name_that_takes_anothers_place_in_a_folder_in_memory_is_noticed(void **state)
{
	auto_free char *dir = xstrdup("/dev/shm/gg-look.XXXXXX");
	struct err ignored;
	struct stat sb;

	(void)state;
	if (!mkdtemp(dir))
		skip();
	for (int i = 0; i < 300; i++) {
		auto_free char *inner = xasprintf("%s/%d", dir, i);
		auto_free char *outside = xasprintf("%s.c", inner);
		auto_free char *linked = path_join(inner, "name");
		auto_free char *other = path_join(inner, "other");
		auto_buf looks = BUF_INIT;

		/* never looked at: it would get a time of its own */
		assert_int_equal(close(open(outside, O_CREAT | O_WRONLY | O_CLOEXEC, 0644)), 0);
		assert_int_equal(mkdir(inner, 0755), 0);
		assert_int_equal(link(outside, other), 0);
		look_begin();
		assert_int_equal(look_lstat(linked, &sb), -1);
		bool whole = look_end(&looks);
		assert_int_equal(unlink(other), 0);
		assert_int_equal(link(outside, linked), 0);
		if (whole)
			assert_false(again(&looks));
	}
	file_remove_tree(dir, &ignored);
}

static void test_a_path_of_very_many_folders_is_missed(void **state)
{
	auto_buf path = BUF_INIT;
	auto_buf looks = BUF_INIT;
	struct stat sb;

	(void)state;
	for (int i = 0; i < 2000; i++)
		buf_adds(&path, "a/");
	look_begin();
	assert_int_equal(look_lstat(buf_str(&path), &sb), -1);
	assert_int_equal(look_lstat(buf_str(&path), &sb), -1);
	assert_true(look_end(&looks));
	assert_true(again(&looks));
}

static void test_letters_beyond_ascii_keep_a_folder_from_being_read(void **state)
{
	struct fixture *f = *state;
	auto_free char *dir = fixture_path(f, "path");
	auto_free char *file = fixture_path(f, "path/\xc3\xa9.h");
	struct stat sb;

	assert_int_equal(mkdir(dir, 0755), 0);
	fixture_write(file, "x", 1);
	look_begin();
	miss_many(f, "path");
	assert_int_equal(look_lstat(file, &sb), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_what_stays_is_seen_again),
		TEST(test_another_file_in_the_folder_changes_nothing),
		TEST(test_a_file_with_other_bytes_and_the_same_times_is_noticed),
		TEST(test_a_file_that_goes_is_noticed),
		TEST(test_a_name_that_was_missed_is_noticed_when_it_comes),
		TEST(test_a_link_that_leads_nowhere_is_something),
		TEST(test_a_folder_on_the_way_to_a_missed_name_is_noticed),
		TEST(test_another_folder_under_the_same_name_is_looked_through),
		TEST(test_a_file_that_has_just_changed_makes_a_list_only_where_the_next_change_shows),
		TEST(test_what_is_seen_in_two_ways_makes_no_list),
		TEST(test_what_can_not_be_noted_makes_no_list),
		TEST(test_a_variable_with_another_value_is_noticed),
		TEST(test_a_link_on_the_way_is_noticed),
		TEST(test_a_folder_that_was_listed_counts_with_its_times),
		TEST(test_a_search_path_is_missed_and_hit_as_ever_when_its_folder_was_read),
		TEST(test_a_name_that_comes_while_a_folder_is_searched_is_noticed_later),
		TEST(test_a_name_that_comes_after_a_kept_listing_is_seen_by_the_next_list),
		TEST(test_a_name_that_comes_after_few_misses_in_many_lists_is_seen),
		TEST(test_a_real_path_is_what_the_c_library_says),
		TEST(test_a_name_that_takes_anothers_place_in_a_folder_in_memory_is_noticed),
		TEST(test_a_path_of_very_many_folders_is_missed),
		TEST(test_letters_beyond_ascii_keep_a_folder_from_being_read),
		TEST(test_a_damaged_list_is_not_believed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

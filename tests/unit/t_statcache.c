#include "store_fixture.h"

#include <time.h>

#include "base/clock.h"
#include "core/digest.h"
#include "store/known.h"
#include "store/store_priv.h"

/* Beyond the clock's granularity, so that a record may be believed. */
static void let_times_pass(void)
{
	nanosleep(&(struct timespec){ 0, 30000000 }, NULL);
}

static struct oid named(struct fixture *f, const char *path, enum file_keep keep)
{
	struct err err = ERR_INIT;
	struct file_info info;

	OK(store_file(f->st, path, keep, &info, &err), err);
	return info.id;
}

static void test_a_file_that_changes_within_the_clocks_grain_is_noticed(void **state)
{
	struct fixture *f = *state;
	auto_free char *path = fixture_path(f, "racy");

	for (int i = 0; i < 50; i++) {
		char text[8];
		struct oid want;

		snprintf(text, sizeof(text), "%07d", i);
		fixture_write(path, text, 7);
		digest_bytes(text, 7, &want);
		assert_string_equal(named(f, path, FILE_HASH_ONLY).s, want.s);
	}
}

static void test_a_known_file_is_not_read_again(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct file_info info;
	struct stat sb;
	auto_free char *path = fixture_path(f, "known");

	fixture_write(path, "known", 5);
	let_times_pass();
	struct oid id = named(f, path, FILE_HASH_ONLY);
	assert_int_equal(stat(path, &sb), 0);
	/* Were it read, the wrong path would be told. */
	OK(store_file_stat(f->st, "/nonexistent", &sb, FILE_HASH_ONLY, &info, &err), err);
	assert_string_equal(info.id.s, id.s);
	sb.st_mtim.tv_nsec ^= 1;
	assert_int_equal(
		store_file_stat(f->st, "/nonexistent", &sb, FILE_HASH_ONLY, &info, &err), -1);
	assert_int_equal(err.kind, ERR_NOTFOUND);
}

/* A file of the system's that is not there: were it read, that would be told. */
static int look_up(struct fixture *f, const struct stat *sb, struct oid *id)
{
	struct err err = ERR_INIT;
	struct file_info info = { 0 };
	int rc = store_file_stat(f->st, "/usr/nonexistent", sb, FILE_REFERENCE, &info, &err);

	*id = info.id;
	return rc;
}

static void test_a_large_file_of_the_system_is_known_to_other_stores(void **state)
{
	struct fixture *f = *state;
	auto_free char *folder = fixture_path(f, "cache/gg/known");
	struct stat sb = { .st_mode = S_IFREG | 0755, .st_ino = 7, .st_size = KNOWN_MIN_BYTES };
	auto_free char *bytes = xcalloc(1, KNOWN_MIN_BYTES);
	struct oid id, got;

	digest_bytes(bytes, KNOWN_MIN_BYTES, &id);
	assert_int_equal(look_up(f, &sb, &got), -1);
	known_put("/usr/nonexistent", &sb, &id, clock_wall_ns());
	struct stat other[] = { sb, sb, sb, sb, sb };
	other[0].st_ino++;
	other[1].st_dev++;
	other[2].st_mtim.tv_nsec++;
	other[3].st_ctim.tv_nsec++;
	other[4].st_size++;
	for (size_t i = 0; i < countof(other); i++)
		assert_int_equal(look_up(f, &other[i], &got), -1);
	assert_int_equal(chmod(folder, 0770), 0);
	assert_int_equal(look_up(f, &sb, &got), -1);
	assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(look_up(f, &sb, &got), 0);
	assert_string_equal(got.s, id.s);
	/* hashed when it was too young for its times to show a change */
	sb.st_ino = 8;
	sb.st_mtim.tv_sec = time(NULL) + 1;
	known_put("/usr/nonexistent", &sb, &id, clock_wall_ns());
	assert_int_equal(look_up(f, &sb, &got), -1);
}

static void test_a_damaged_note_of_a_large_file_is_not_believed(void **state)
{
	struct fixture *f = *state;
	auto_free char *cache = fixture_path(f, "cache");
	struct stat sb = { .st_mode = S_IFREG | 0755, .st_ino = 9, .st_size = KNOWN_MIN_BYTES };
	auto_free char *bytes = xcalloc(1, KNOWN_MIN_BYTES);
	struct oid id, name, got;
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;

	digest_bytes(bytes, KNOWN_MIN_BYTES, &id);
	digest_bytes("/usr/nonexistent", 16, &name);
	known_put("/usr/nonexistent", &sb, &id, clock_wall_ns());
	auto_free char *record = xasprintf("%s/gg/known/%s", cache, name.s);
	OK(file_read(record, &text, &err), err);
	for (size_t n = 0; n < text.len; n++) {
		fixture_write(record, text.data, n);
		assert_int_equal(look_up(f, &sb, &got), -1);
	}
	text.data[0] ^= 1;
	fixture_write(record, text.data, text.len);
	assert_int_equal(look_up(f, &sb, &got), -1);
}

static void test_keep_puts_the_blob_even_when_the_file_is_known(void **state)
{
	struct fixture *f = *state;
	auto_free char *path = fixture_path(f, "kept");

	fixture_write(path, "kept", 4);
	let_times_pass();
	struct oid id = named(f, path, FILE_HASH_ONLY);
	assert_false(store_has(f->st, &id));
	named(f, path, FILE_KEEP);
	assert_true(store_has(f->st, &id));
	auto_free char *blob = xasprintf("%s/blobs/%s", f->gg, id.s);
	unlink(blob);
	named(f, path, FILE_KEEP);
	assert_true(store_has(f->st, &id));
}

static void test_system_files_are_referenced_and_others_copied(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	auto_buf path = BUF_INIT;
	auto_free char *own = fixture_path(f, "own");
	struct oid id = named(f, "/usr/include/stdio.h", FILE_REFERENCE);
	auto_free char *blob = xasprintf("%s/blobs/%s", f->gg, id.s);

	assert_int_equal(access(blob, F_OK), -1);
	OK(store_locate(f->st, &id, &path, &err), err);
	assert_string_equal(buf_str(&path), "/usr/include/stdio.h");
	assert_true(store_has(f->st, &id));
	auto_buf text = BUF_INIT;
	OK(store_get(f->st, &id, &text, &err), err);

	fixture_write(own, "own", 3);
	id = named(f, own, FILE_REFERENCE);
	buf_reset(&path);
	OK(store_locate(f->st, &id, &path, &err), err);
	assert_true(path_below(buf_str(&path), f->gg));
}

/* Names of objects may have dots in them, as the keys of the index do. */
static void test_a_reference_that_lied_is_forgotten_with_its_stat(void **state)
{
	static const char *const paths[] = { "/usr/include/stdio.h",  "/usr/include/stdlib.h",
		                             "/usr/include/string.h", "/usr/include/errno.h",
		                             "/usr/include/time.h",   "/usr/include/ctype.h",
		                             "/usr/include/math.h",   "/usr/include/unistd.h" };
	struct fixture *f = *state;
	int dotted = 0;

	for (size_t i = 0; i < countof(paths); i++) {
		struct err err = ERR_INIT;
		struct file_info info;
		struct stat sb;
		struct oid id = named(f, paths[i], FILE_REFERENCE);

		dotted += strchr(id.s, '.') != NULL;
		assert_int_equal(stat(paths[i], &sb), 0);
		OK(store_file_stat(f->st, "/nonexistent", &sb, FILE_REFERENCE, &info, &err),
		   err);
		assert_true(store_has(f->st, &id));
		reference_forget(f->st, &id);
		assert_false(store_has(f->st, &id));
		assert_int_equal(store_file_stat(f->st, "/nonexistent", &sb, FILE_REFERENCE,
		                                 &info, &err),
		                 -1);
	}
	assert_in_range(dotted, 1, countof(paths));
}

static void test_a_placeholder_is_told_and_not_kept(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct file_info info;
	auto_buf text = BUF_INIT;
	auto_free char *path = fixture_path(f, "a.o");

	buf_adds(&text, "#!/usr/bin/env gg-force-and-run\n");
	while (text.len < 100)
		buf_addc(&text, 'T');
	fixture_write(path, text.data, text.len);
	let_times_pass();
	for (int i = 0; i < 2; i++) {
		OK(store_file(f->st, path, FILE_KEEP, &info, &err), err);
		assert_true(info.placeholder);
		assert_false(store_has(f->st, &info.id));
	}
}

static void test_what_is_no_file_is_refused(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct file_info info;
	auto_free char *fifo = fixture_path(f, "fifo");

	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(store_file(f->st, fifo, FILE_KEEP, &info, &err), -1);
	assert_int_equal(err.kind, ERR_USAGE);
	assert_int_equal(store_file(f->st, f->dir, FILE_KEEP, &info, &err), -1);
	assert_int_equal(err.kind, ERR_USAGE);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_a_file_that_changes_within_the_clocks_grain_is_noticed),
		TEST(test_a_known_file_is_not_read_again),
		TEST(test_a_large_file_of_the_system_is_known_to_other_stores),
		TEST(test_a_damaged_note_of_a_large_file_is_not_believed),
		TEST(test_keep_puts_the_blob_even_when_the_file_is_known),
		TEST(test_system_files_are_referenced_and_others_copied),
		TEST(test_a_reference_that_lied_is_forgotten_with_its_stat),
		TEST(test_a_placeholder_is_told_and_not_kept),
		TEST(test_what_is_no_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

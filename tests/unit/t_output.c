#include "store_fixture.h"

#include "core/digest.h"
#include "core/placeholder.h"
#include "base/clock.h"
#include "model/output.h"
#include "store/grain.h"

#define T "TQtmlNPfoECnIQfaVQVHYszwy3y0Kugtha3buA7k1fhI00000091"

static struct oid thunk;

static int set_up(void **state)
{
	CHECK(oid_parse(T, strlen(T), &thunk, NULL) == 0, "oid");
	if (fixture_set_up(state) < 0)
		return -1;
	return chdir(((struct fixture *)*state)->dir);
}

static struct oid put(struct fixture *f, const char *text)
{
	struct err err = ERR_INIT;
	struct oid id;

	OK(store_put(f->st, text, strlen(text), &id, &err), err);
	return id;
}

static void reads(const char *path, const char *want)
{
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;

	OK(file_read(path, &text, &err), err);
	assert_string_equal(buf_str(&text), want);
}

static void test_a_file_is_made_with_content_mode_and_time(void **state)
{
	struct fixture *f = *state;
	struct oid id = put(f, "object");
	struct timespec then = { 1000000000, 123456789 };
	struct err err = ERR_INIT;
	struct stat st;

	OK(output_write(f->st, "a.o", &id, 0640, &then, &err), err);
	reads("a.o", "object");
	assert_int_equal(stat("a.o", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_mtim.tv_sec, then.tv_sec);
	assert_int_equal(st.st_mtim.tv_nsec, then.tv_nsec);
}

/* The next command that reads it need not hash it; one that changes it in place is noticed. */
static void test_what_is_made_is_known_until_it_changes(void **state)
{
	struct fixture *f = *state;
	struct oid id = put(f, "object");
	struct err err = ERR_INIT;
	struct file_info info;
	struct stat sb;

	for (int i = 0; i < 50; i++) {
		OK(output_write(f->st, "a.o", &id, 0644, NULL, &err), err);
		assert_int_equal(stat("a.o", &sb), 0);
		/* were it read, the wrong path would be told */
		if (grain_is_fine("a.o", sb.st_dev, clock_ns_of(sb.st_ctim)))
			OK(store_file_stat(f->st, "/nonexistent", &sb, FILE_HASH_ONLY, &info,
			                   &err),
			   err);
		auto_fd fd = open("a.o", O_WRONLY | O_CLOEXEC);
		assert_int_equal(pwrite(fd, "OBJECT", 6, 0), 6);
		OK(store_file(f->st, "a.o", FILE_HASH_ONLY, &info, &err), err);
		assert_string_not_equal(info.id.s, id.s);
	}
}

static void test_a_change_of_the_file_does_not_reach_the_store(void **state)
{
	struct fixture *f = *state;
	struct oid id = put(f, "object");
	struct err err = ERR_INIT;

	OK(output_write(f->st, "a.o", &id, 0644, NULL, &err), err);
	auto_fd fd = open("a.o", O_WRONLY | O_CLOEXEC);
	OK(file_write_fd(fd, "OBJECT", 6, &err), err);
	OK(store_verify(f->st, &id, &err), err);
}

static void test_a_damaged_object_makes_no_file(void **state)
{
	struct fixture *f = *state;
	struct oid id = put(f, "object");
	struct err err = ERR_INIT;
	auto_free char *blob = xasprintf("%s/blobs/%s", f->gg, id.s);

	assert_int_equal(chmod(blob, 0600), 0);
	auto_fd fd = open(blob, O_WRONLY | O_CLOEXEC);
	OK(file_write_fd(fd, "OBJECT", 6, &err), err);
	REFUSED(output_write(f->st, "a.o", &id, 0644, NULL, &err), err, ERR_CORRUPT);
	assert_int_equal(access("a.o", F_OK), -1);
	assert_false(store_has(f->st, &id));
}

static void test_a_promise_is_kept_with_its_time(void **state)
{
	struct fixture *f = *state;
	struct oid id = put(f, "object");
	struct err err = ERR_INIT;
	auto_free char *path = xasprintf("%s/a.o", f->dir);
	struct stat before, after;

	OK(output_promise(f->st, path, &thunk, NULL, 0644, &err), err);
	assert_false(store_pending_empty(f->st));
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(output_keep_promise(f->st, path, &thunk, NULL, &id, 0644, &err), 1);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_mode & 07777, 0644);
	assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
	reads(path, "object");
	assert_true(store_pending_empty(f->st));
}

static void test_a_mode_that_was_changed_meanwhile_stays(void **state)
{
	struct fixture *f = *state;
	struct oid id = put(f, "object");
	struct err err = ERR_INIT;
	auto_free char *path = xasprintf("%s/a.o", f->dir);
	struct stat st;

	OK(output_promise(f->st, path, &thunk, NULL, 0644, &err), err);
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(output_keep_promise(f->st, path, &thunk, NULL, &id, 0644, &err), 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
}

static void test_what_is_something_else_by_now_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct oid id = put(f, "object");
	struct err err = ERR_INIT;
	auto_free char *path = xasprintf("%s/a.o", f->dir);

	OK(output_promise(f->st, path, &thunk, "side", 0644, &err), err);
	assert_int_equal(output_keep_promise(f->st, path, &thunk, NULL, &id, 0644, &err), 0);
	OK(file_write(path, "mine", 4, 0644, &err), err);
	assert_int_equal(output_keep_promise(f->st, path, &thunk, "side", &id, 0644, &err), 0);
	reads(path, "mine");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(output_keep_promise(f->st, path, &thunk, "side", &id, 0644, &err), 0);
	assert_int_equal(access(path, F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_file_is_made_with_content_mode_and_time),
		TEST(test_what_is_made_is_known_until_it_changes),
		TEST(test_a_change_of_the_file_does_not_reach_the_store),
		TEST(test_a_damaged_object_makes_no_file),
		TEST(test_a_promise_is_kept_with_its_time),
		TEST(test_a_mode_that_was_changed_meanwhile_stays),
		TEST(test_what_is_something_else_by_now_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

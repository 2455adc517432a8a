#include "store_fixture.h"

#include "store/trim.h"

static struct oid put(struct fixture *f, char fill, size_t len)
{
	auto_free char *data = xmalloc(len);
	struct err err = ERR_INIT;
	struct oid id;

	memset(data, fill, len);
	OK(store_put(f->st, data, len, &id, &err), err);
	return id;
}

static void set_age(struct fixture *f, const struct oid *id, long used_s)
{
	struct timespec times[2] = { { used_s, 0 }, { 0, UTIME_OMIT } };
	auto_free char *path = xasprintf("%s/blobs/%s", f->gg, id->s);

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool is_it(void *arg, const struct oid *id)
{
	return oid_eq(arg, id);
}

static void test_the_least_recently_used_go_first(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	uint64_t freed, left, size;
	struct oid a = put(f, 'a', 8192), b = put(f, 'b', 8192), c = put(f, 'c', 8192);

	set_age(f, &a, 3000);
	set_age(f, &b, 1000);
	set_age(f, &c, 2000);
	OK(store_size(f->st, &size, &err), err);
	assert_true(size >= 3 * 8192);
	OK(store_trim(f->st, size, NULL, NULL, &freed, &left, &err), err);
	assert_true(freed == 0 && left == size);
	OK(store_trim(f->st, size - 1, NULL, NULL, &freed, &left, &err), err);
	assert_true(freed + left == size && freed > 0);
	assert_true(store_has(f->st, &a) && !store_has(f->st, &b) && store_has(f->st, &c));
	OK(store_trim(f->st, 0, is_it, &c, &freed, &left, &err), err);
	assert_true(!store_has(f->st, &a) && store_has(f->st, &c));
}

static void test_use_makes_young_and_executable(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct oid a = put(f, 'a', 8192), b = put(f, 'b', 8192), gone = a;
	auto_buf path = BUF_INIT;
	struct stat sb;
	uint64_t size;

	set_age(f, &a, 1000);
	set_age(f, &b, 2000);
	OK(store_use(f->st, &a, true, &err), err);
	OK(store_locate(f->st, &a, &path, &err), err);
	assert_int_equal(stat(buf_str(&path), &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0555);
	OK(store_size(f->st, &size, &err), err);
	OK(store_trim(f->st, size - 1, NULL, NULL, NULL, NULL, &err), err);
	assert_true(store_has(f->st, &a) && !store_has(f->st, &b));
	gone.s[3] = gone.s[3] == 'A' ? 'B' : 'A';
	REFUSED(store_use(f->st, &gone, false, &err), err, ERR_NOTFOUND);
}

static void test_foreign_files_stay(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	auto_free char *path = xasprintf("%s/blobs/README", f->gg);

	put(f, 'a', 100);
	fixture_write(path, "x", 1);
	OK(store_trim(f->st, 0, NULL, NULL, NULL, NULL, &err), err);
	assert_int_equal(access(path, F_OK), 0);
}

#define IN_A_STORE(test) \
	cmocka_unit_test_setup_teardown(test, fixture_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_STORE(test_the_least_recently_used_go_first),
		IN_A_STORE(test_use_makes_young_and_executable),
		IN_A_STORE(test_foreign_files_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "store_fixture.h"

#include "core/digest.h"
#include "core/manifest.h"
#include "store/pack.h"
#include "store/shared.h"

static const char key[] = "what does ld need?";

/* A second store of the same user. */
static struct store *other_store(const struct fixture *f)
{
	struct err err = ERR_INIT;
	auto_free char *dir = fixture_path(f, "other");
	struct store *st;

	file_remove_tree(dir, NULL);
	OK(store_open(dir, STORE_CREATE, &st, &err), err);
	return st;
}

/* A manifest with a file and a link, as a closure is. */
static struct oid a_manifest(struct fixture *f, const char *path)
{
	struct err err = ERR_INIT;
	struct file_info info;
	struct oid text, id;
	auto_manifest m = MANIFEST_INIT;
	auto_buf bytes = BUF_INIT;

	OK(store_file(f->st, path, FILE_REFERENCE, &info, &err), err);
	OK(store_put(f->st, "there", 5, &text, &err), err);
	manifest_add(&m, path, &info.id, S_IFREG | 0755);
	manifest_add(&m, "/usr/a-link", &text, S_IFLNK | 0777);
	manifest_normalize(&m);
	OK(manifest_encode(&m, &bytes, &err), err);
	OK(store_put(f->st, bytes.data, bytes.len, &id, &err), err);
	return id;
}

static void share(struct fixture *f, const char *answer, const struct oid *manifest)
{
	auto_buf value = BUF_INIT;

	buf_adds(&value, answer);
	shared_put(f->st, key, sizeof(key), &value, manifest, 1);
}

static int get_from(struct store *st, struct buf *value)
{
	struct err err = ERR_INIT;
	int rc = shared_get(st, key, sizeof(key), value, &err);

	CHECK(rc >= 0, "shared_get: %s", err.msg);
	return rc;
}

/* Would another store have it? */
static int get(struct fixture *f)
{
	auto_store st = other_store(f);
	auto_buf value = BUF_INIT;

	return get_from(st, &value);
}

static char *record(const struct fixture *f)
{
	struct oid name;

	digest_bytes(key, sizeof(key), &name);
	return xasprintf("%s/cache/gg/tools/%s", f->dir, name.s);
}

static void another_store_gets_the_answer_and_all_that_it_names(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct oid manifest = a_manifest(f, "/usr/bin/ld");
	auto_buf value = BUF_INIT;
	auto_buf bytes = BUF_INIT;
	auto_manifest m = MANIFEST_INIT;

	auto_store before = other_store(f);
	assert_int_equal(get_from(before, &value), 0);
	share(f, "libbfd", &manifest);
	auto_store st = other_store(f);
	assert_false(store_has(st, &manifest));
	assert_int_equal(get_from(st, &value), 1);
	assert_string_equal(buf_str(&value), "libbfd");
	OK(store_get(st, &manifest, &bytes, &err), err);
	OK(manifest_decode(bytes.data, bytes.len, &m, &err), err);
	assert_int_equal(m.n, 2);
	for (size_t i = 0; i < m.n; i++) {
		int fd;
		OK(store_open_blob(st, &m.v[i].id, &fd, &err), err);
		close(fd);
	}
}

static void what_is_not_the_systems_is_not_shared(void **state)
{
	struct fixture *f = *state;
	auto_free char *own = fixture_path(f, "own-tool");

	fixture_write(own, "#!", 2);
	struct oid manifest = a_manifest(f, own);
	share(f, "mine", &manifest);
	assert_int_equal(get(f), 0);
}

/* Change bytes of the record as somebody would who keeps its sum right. */
static void replace(const struct fixture *f, const char *what, const char *by)
{
	auto_free char *path = record(f);
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;

	OK(file_read(path, &text, &err), err);
	assert_int_equal(strlen(what), strlen(by));
	size_t n = 0;
	for (char *at = text.data;
	     (at = memmem(at, text.len - (size_t)(at - text.data), what, strlen(what))); n++)
		memcpy(at, by, strlen(by));
	CHECK(n > 0, "%s is not in it", what);
	uint64_t sum = pack_sum("1", 2, text.data + sizeof(sum), text.len - sizeof(sum));
	memcpy(text.data, &sum, sizeof(sum));
	fixture_write(path, text.data, text.len);
}

static void an_answer_about_another_file_or_boot_is_not_believed(void **state)
{
	struct fixture *f = *state;
	struct oid manifest = a_manifest(f, "/usr/bin/ld");
	auto_buf boot = BUF_INIT;
	struct err err = ERR_INIT;

	share(f, "libbfd", &manifest);
	replace(f, "libbfd", "libopc");
	assert_int_equal(get(f), 1);
	replace(f, "/usr/bin/ld", "/usr/bin/as");
	assert_int_equal(get(f), 0);
	replace(f, "/usr/bin/as", "/usr/bin/ld");
	assert_int_equal(get(f), 1);
	OK(file_read("/proc/sys/kernel/random/boot_id", &boot, &err), err);
	boot.data[36] = '\0';
	replace(f, boot.data, "00000000-0000-0000-0000-000000000000");
	assert_int_equal(get(f), 0);
}

static void a_damaged_record_is_not_believed(void **state)
{
	struct fixture *f = *state;
	struct oid manifest = a_manifest(f, "/usr/bin/ld");
	auto_free char *path = record(f);
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;

	share(f, "libbfd", &manifest);
	OK(file_read(path, &text, &err), err);
	for (size_t n = 0; n < text.len; n += 7) {
		fixture_write(path, text.data, n);
		assert_int_equal(get(f), 0);
		text.data[n] ^= 1;
		fixture_write(path, text.data, text.len);
		assert_int_equal(get(f), 0);
		text.data[n] ^= 1;
	}
}

static void a_folder_that_others_may_write_is_not_believed(void **state)
{
	struct fixture *f = *state;
	struct oid manifest = a_manifest(f, "/usr/bin/ld");
	auto_free char *folder = fixture_path(f, "cache/gg/tools");

	share(f, "libbfd", &manifest);
	assert_int_equal(chmod(folder, 0770), 0);
	assert_int_equal(get(f), 0);
	assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(get(f), 1);
}

static void the_folder_does_not_grow_without_end(void **state)
{
	struct fixture *f = *state;
	struct oid manifest = a_manifest(f, "/usr/bin/ld");
	auto_free char *folder = fixture_path(f, "cache/gg/tools");
	auto_buf value = BUF_INIT;
	size_t most = 0;

	for (int i = 0; i < 2 * SHARED_MAX; i++) {
		shared_put(f->st, &i, sizeof(i), &value, &manifest, 1);
		size_t now = i % 16 ? 0 : fixture_count(folder);
		most = now > most ? now : most;
	}
	assert_in_range(most, SHARED_MAX / 2, SHARED_MAX + 1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(another_store_gets_the_answer_and_all_that_it_names),
		TEST(what_is_not_the_systems_is_not_shared),
		TEST(an_answer_about_another_file_or_boot_is_not_believed),
		TEST(a_damaged_record_is_not_believed),
		TEST(a_folder_that_others_may_write_is_not_believed),
		TEST(the_folder_does_not_grow_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "store_fixture.h"

#include "store/index.h"

/* How the file of an index with 2,000 records is spoiled. */
enum harm {
	HARM_EMPTY,
	HARM_HALF,
	HARM_ONE_PAGE,
	HARM_FIRST_PAGES,
	HARM_MIDDLE,
	HARM_ALL,
	HARM_VERSION,
	HARM_COUNT,
};

static void fill(struct fixture *f)
{
	struct err err = ERR_INIT;
	struct memo memo = { .wall_ns = 7 };
	struct oid thunk;

	OK(store_put(f->st, "thunk", 5, &thunk, &err), err);
	OK(store_memo_put(f->st, &thunk, &memo, &err), err);
	store_batch_begin(f->st);
	for (int i = 0; i < 2000; i++)
		OK(store_cache_put(f->st, CACHE_SCAN, &i, sizeof(i), "some value or other", 19,
		                   &err),
		   err);
	OK(store_flush(f->st, &err), err);
	store_close(f->st);
	f->st = NULL;
}

static void spoil(struct fixture *f, enum harm harm)
{
	auto_free char *path = xasprintf("%s/index/data.mdb", f->gg);
	auto_fd fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat sb;

	CHECK(fd >= 0 && fstat(fd, &sb) == 0, "%s", path);
	auto_free char *junk = xmalloc((size_t)sb.st_size);
	for (off_t i = 0; i < sb.st_size; i++)
		junk[i] = (char)(i * 2654435761u >> 13);
	int rc = 0;
	switch (harm) {
	case HARM_EMPTY: rc = ftruncate(fd, 0); break;
	case HARM_HALF: rc = ftruncate(fd, sb.st_size / 2); break;
	case HARM_ONE_PAGE: rc = ftruncate(fd, 4096); break;
	case HARM_FIRST_PAGES: rc = pwrite(fd, junk, 8192, 0) == 8192 ? 0 : -1; break;
	case HARM_MIDDLE:
		rc = pwrite(fd, junk, (size_t)sb.st_size - 8192, 8192) > 0 ? 0 : -1;
		break;
	case HARM_ALL: rc = pwrite(fd, junk, (size_t)sb.st_size, 0) > 0 ? 0 : -1; break;
	default: break;
	}
	assert_int_equal(rc, 0);
}

static void spoil_version(struct fixture *f)
{
	struct err err = ERR_INIT;
	struct index *ix = index_new(f->gg);

	OK(index_put(ix, "V", "gg-index 999", 12, &err), err);
	index_free(ix);
}

static void test_a_damaged_index_is_set_aside_and_results_are_kept(void **state)
{
	struct fixture *f = *state;

	for (int harm = 0; harm < HARM_COUNT; harm++) {
		struct err err = ERR_INIT;
		auto_buf out = BUF_INIT;
		struct memo memo;
		struct oid thunk;
		int key = 1;

		fill(f);
		if (harm == HARM_VERSION)
			spoil_version(f);
		else
			spoil(f, (enum harm)harm);
		size_t before = fixture_set_aside(f);
		fixture_reopen(f);
		int got = store_cache_get(f->st, CACHE_SCAN, &key, sizeof(key), &out, &err);
		CHECK(got >= 0, "harm %d: %s", harm, err.msg);
		OK(store_put(f->st, "thunk", 5, &thunk, &err), err);
		CHECK(store_memo_get(f->st, &thunk, &memo, &err) == 1, "harm %d: no memo",
		      harm);
		assert_int_equal(memo.wall_ns, 7);
		memo_release(&memo);
		OK(store_cache_put(f->st, CACHE_SCAN, &key, sizeof(key), "new", 3, &err), err);
		CHECK(fixture_set_aside(f) == before + (harm != HARM_EMPTY),
		      "harm %d: %zu set aside", harm, fixture_set_aside(f) - before);
		store_close(f->st);
		f->st = NULL;
		auto_free char *index = path_join(f->gg, "index");
		file_remove_tree(index, NULL);
		fixture_reopen(f);
	}
}

static int use_it(struct fixture *f)
{
	struct err err = ERR_INIT;
	struct store *st = NULL;

	if (store_open(f->gg, 0, &st, &err) < 0 ||
	    store_cache_put(st, CACHE_MISSED, "k", 1, "v", 1, &err) < 0)
		return 1;
	store_close(st);
	return 0;
}

static void test_of_many_that_notice_damage_one_sets_it_aside(void **state)
{
	struct fixture *f = *state;
	pid_t pids[8];

	fill(f);
	spoil(f, HARM_ALL);
	for (size_t i = 0; i < countof(pids); i++) {
		fflush(NULL);
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(use_it(f));
	}
	for (size_t i = 0; i < countof(pids); i++) {
		int status;

		waitpid(pids[i], &status, 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(fixture_set_aside(f), 1);
	fixture_reopen(f);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_a_damaged_index_is_set_aside_and_results_are_kept),
		TEST(test_of_many_that_notice_damage_one_sets_it_aside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "store_fixture.h"

#include <dirent.h>
#include <time.h>

#include "core/digest.h"

enum { KILLS = 200 };

/* Put blobs and results without end; say on @fd which results were written. */
static void work(struct fixture *f, int fd, int seed)
{
	struct err err = ERR_INIT;
	struct store *st = NULL;

	if (store_open(f->gg, 0, &st, &err) < 0)
		_exit(1);
	for (int i = 0;; i++) {
		struct memo memo = { .wall_ns = i };
		char text[64];
		struct oid thunk, id;

		snprintf(text, sizeof(text), "thunk %d %d", seed, i);
		digest_bytes(text, strlen(text), &thunk);
		if (store_put(st, text + 6, strlen(text) - 6, &id, &err) < 0)
			_exit(2);
		memo_add_output(&memo, "out", &id, false);
		if (store_memo_put(st, &thunk, &memo, &err) < 0)
			_exit(3);
		memo_release(&memo);
		if (write(fd, thunk.s, sizeof(thunk.s)) != sizeof(thunk.s))
			_exit(4);
	}
}

static void check_reported(struct fixture *f, int fd)
{
	struct err err = ERR_INIT;
	struct oid thunk;
	size_t n = 0;

	lseek(fd, 0, SEEK_SET);
	for (; read(fd, thunk.s, sizeof(thunk.s)) == sizeof(thunk.s); n++) {
		struct memo memo;

		CHECK(store_memo_get(f->st, &thunk, &memo, &err) == 1, "lost: %s", thunk.s);
		memo_release(&memo);
	}
	assert_true(n > 0);
}

static void check_blobs(struct fixture *f)
{
	auto_free char *path = path_join(f->gg, "blobs");
	DIR *dir = opendir(path);
	struct dirent *e;

	assert_non_null(dir);
	while ((e = readdir(dir))) {
		struct err err = ERR_INIT;
		struct oid id;

		if (e->d_name[0] == '.')
			continue;
		OK(oid_parse(e->d_name, strlen(e->d_name), &id, &err), err);
		OK(store_verify(f->st, &id, &err), err);
	}
	closedir(dir);
}

static void test_processes_killed_at_any_moment_lose_no_result(void **state)
{
	struct fixture *f = *state;
	auto_free char *log = fixture_path(f, "log");
	auto_fd fd = open(log, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	srandom(1);
	for (int i = 0; i < KILLS; i += 2) {
		pid_t pids[2];

		for (int p = 0; p < 2; p++) {
			fflush(NULL);
			pids[p] = fork();
			if (pids[p] == 0)
				work(f, fd, i + p);
		}
		for (int p = 0; p < 2; p++) {
			int status;

			nanosleep(&(struct timespec){ 0, random() % 5000000 }, NULL);
			kill(pids[p], SIGKILL);
			waitpid(pids[p], &status, 0);
			CHECK(WIFSIGNALED(status), "child ended by itself: %d",
			      WEXITSTATUS(status));
		}
	}
	check_reported(f, fd);
	check_blobs(f);
	assert_int_equal(fixture_set_aside(f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_processes_killed_at_any_moment_lose_no_result, fixture_set_up,
			fixture_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

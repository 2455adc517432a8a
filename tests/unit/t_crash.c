#include "store_fixture.h"

#include <dirent.h>
#include <time.h>

#include "core/digest.h"

enum { KILLS = 200 };

/* Put blobs and results without end; say on @fd which results were written, and on @first
 * that one was. */
static void work(struct fixture *f, int fd, int first, int seed)
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
		if (i == 0 && write(first, "", 1) != 1)
			_exit(5);
	}
}

static pid_t start_work(struct fixture *f, int fd, int first, int seed)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		work(f, fd, first, seed);
	return pid;
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
	int first[2];

	assert_int_equal(pipe2(first, O_CLOEXEC), 0);
	srandom(1);
	for (int i = 0; i < KILLS; i += 2) {
		pid_t pids[2];
		char byte;

		for (int p = 0; p < 2; p++)
			pids[p] = start_work(f, fd, first[1], i + p);
		/* Some while they open the store, some at work, however slow the machine is. */
		if (i % 4 == 0)
			assert_int_equal(read(first[0], &byte, 1), 1);
		for (int p = 0; p < 2; p++) {
			int status;

			nanosleep(&(struct timespec){ 0, random() % 5000000 }, NULL);
			kill(pids[p], SIGKILL);
			waitpid(pids[p], &status, 0);
			CHECK(WIFSIGNALED(status), "child ended by itself: %d",
			      WEXITSTATUS(status));
		}
	}
	close(first[0]);
	close(first[1]);
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

#include "check.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "exec/child.h"

static uv_loop_t loop;

struct end {
	int calls, status;
};

static void on_done(void *arg, int status)
{
	struct end *e = arg;

	e->calls++;
	e->status = status;
}

/* What "sh -c SCRIPT" ends with, as a shell has it. */
static int run_sh(const char *script, const char *cwd, int out)
{
	char *const argv[] = { "sh", "-c", (char *)script, NULL };
	const struct child_options o = { .file = "/bin/sh",
		                         .argv = argv,
		                         .envp = environ,
		                         .cwd = cwd,
		                         .fds = { -1, out, 2 } };
	struct end e = { 0 };
	struct err err = ERR_INIT;
	struct child *c;

	OK(child_start(&loop, &o, on_done, &e, &c, &err), err);
	assert_int_equal(e.calls, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(e.calls, 1);
	return child_exit_code(e.status);
}

static void a_status_is_what_a_shell_says(void **state)
{
	assert_int_equal(run_sh("exit 0", NULL, 1), 0);
	assert_int_equal(run_sh("exit 7", NULL, 1), 7);
	assert_int_equal(run_sh("kill -TERM $$", NULL, 1), 128 + SIGTERM);
}

static void it_has_its_folder_and_its_files(void **state)
{
	int fd = memfd_create("out", MFD_CLOEXEC);
	char text[64] = "";

	auto_free char *script = xasprintf("pwd; cat; [ ! -e /proc/$$/fd/%d ]", fd);
	assert_int_equal(run_sh(script, "/usr", fd), 0);
	assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
	assert_string_equal(text, "/usr\n");
	close(fd);
}

static void what_is_not_there_is_not_found(void **state)
{
	char *const argv[] = { "x", NULL };
	const struct child_options o = { .file = "/nowhere/x", .argv = argv, .envp = environ };
	struct err err = ERR_INIT;
	struct child *c;

	assert_int_equal(child_start(&loop, &o, on_done, NULL, &c, &err), -1);
	assert_int_equal(err.kind, ERR_NOTFOUND);
	uv_run(&loop, UV_RUN_DEFAULT);
}

static void a_script_without_a_first_line_is_run_by_the_shell(void **state)
{
	char path[] = "/tmp/gg-child-XXXXXX";
	int fd = mkstemp(path);
	char *const argv[] = { path, "5", NULL };
	const struct child_options o = {
		.file = path, .argv = argv, .envp = environ, .fds = { 0, 1, 2 }
	};
	struct end e = { 0 };
	struct err err = ERR_INIT;
	struct child *c;

	assert_true(write(fd, "exit $1\n", 8) == 8);
	fchmod(fd, 0755);
	close(fd);
	OK(child_start(&loop, &o, on_done, &e, &c, &err), err);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(child_exit_code(e.status), 5);
	unlink(path);
}

static void what_is_ignored_stays_so_but_for_broken_pipes(void **state)
{
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(run_sh("kill -HUP $$; exit 3", NULL, 1), 3);
	assert_int_equal(run_sh("kill -PIPE $$; exit 3", NULL, 1), 128 + SIGPIPE);
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
}

static void many_run_at_once(void **state)
{
	enum { N = 50 };
	char *const argv[] = { "sh", "-c", "exit 1", NULL };
	const struct child_options o = {
		.file = "/bin/sh", .argv = argv, .envp = environ, .fds = { 0, 1, 2 }
	};
	struct end e = { 0 };
	struct err err = ERR_INIT;

	for (int i = 0; i < N; i++) {
		struct child *c;

		OK(child_start(&loop, &o, on_done, &e, &c, &err), err);
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(e.calls, N);
}

static void refuse_pidfd_open(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { countof(code), code };

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0, "seccomp");
}

static void a_kernel_without_pidfds_will_do(void **state)
{
	refuse_pidfd_open();
	a_status_is_what_a_shell_says(state);
	many_run_at_once(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_is_what_a_shell_says),
		cmocka_unit_test(it_has_its_folder_and_its_files),
		cmocka_unit_test(what_is_not_there_is_not_found),
		cmocka_unit_test(a_script_without_a_first_line_is_run_by_the_shell),
		cmocka_unit_test(what_is_ignored_stays_so_but_for_broken_pipes),
		cmocka_unit_test(many_run_at_once),
		/* for good, so it is the last */
		cmocka_unit_test(a_kernel_without_pidfds_will_do),
	};

	uv_loop_init(&loop);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	assert_int_equal(uv_loop_close(&loop), 0);
	return failed;
}

#include "check.h"

#include "base/proc.h"

#include <sys/wait.h>

static int run(const char *script, struct buf *out, struct buf *errs, struct err *err)
{
	char *argv[] = { "sh", "-c", (char *)script, NULL };

	return proc_capture(argv, "/", NULL, out, errs, err);
}

static void test_both_outputs_and_the_status(void **state)
{
	auto_buf out = BUF_INIT, errs = BUF_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(run("pwd; echo no >&2; exit 3", &out, &errs, &err), 3);
	assert_string_equal(buf_str(&out), "/\n");
	assert_string_equal(buf_str(&errs), "no\n");
}

static void test_outputs_may_share_a_buffer(void **state)
{
	auto_buf both = BUF_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(run("echo a; echo b >&2; echo c", &both, &both, &err), 0);
	assert_string_equal(buf_str(&both), "a\nb\nc\n");
}

static void test_much_output_on_both_does_not_block(void **state)
{
	auto_buf out = BUF_INIT, errs = BUF_INIT;
	struct err err = ERR_INIT;
	static const char script[] = "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero; "
				     "head -c 300000 /dev/zero >&2";

	assert_int_equal(run(script, &out, &errs, &err), 0);
	assert_int_equal(out.len, 300000);
	assert_int_equal(errs.len, 600000);
}

static void test_a_killed_one_says_by_what(void **state)
{
	struct err err = ERR_INIT;

	assert_int_equal(run("kill -9 $$", NULL, NULL, &err), 128 + 9);
}

static void test_what_is_not_there_can_not_run(void **state)
{
	char *argv[] = { "no-such-program", NULL };
	struct err err = ERR_INIT;

	assert_int_equal(proc_capture(argv, NULL, NULL, NULL, NULL, &err), 127);
}

static void test_it_gets_its_own_environment(void **state)
{
	char *argv[] = { "/usr/bin/env", NULL };
	char *envp[] = { "A=1", "B=2 3", NULL };
	auto_buf out = BUF_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(proc_capture(argv, NULL, envp, &out, NULL, &err), 0);
	assert_string_equal(buf_str(&out), "A=1\nB=2 3\n");
	assert_string_equal(proc_env(envp, "B"), "2 3");
	assert_null(proc_env(envp, "C"));
	assert_null(proc_env(envp, ""));
}

static void test_a_program_is_found_where_the_path_says(void **state)
{
	auto_free char *sh = proc_find_on_path("sh", "/no-such:/bin:/usr/bin", NULL);
	auto_free char *skipped = proc_find_on_path("sh", "/bin", "/bin");
	auto_free char *folder = proc_find_on_path("bin", "/usr", NULL);

	assert_string_equal(sh, "/bin/sh");
	assert_null(skipped);
	assert_null(folder);
}

static void test_a_process_knows_whom_it_comes_from(void **state)
{
	struct proc_ancestor line[4];
	pid_t top = getpid();

	(void)state;
	assert_int_equal(proc_lineage(line, 1), 1);
	assert_int_equal(line[0].pid, top);
	pid_t child = fork();
	if (child == 0)
		_exit(proc_lineage(line, 4) >= 2 && line[0].pid == getpid() &&
		                      line[1].pid == top && line[0].age_ns <= line[1].age_ns
		              ? 0
		              : 1);
	int status = 1;
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	assert_true(proc_lineage(line, 4) >= 1);
	CHECK(line[0].age_ns > -20000000 && line[0].age_ns < 3600000000000, "age %lld",
	      (long long)line[0].age_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_outputs_and_the_status),
		cmocka_unit_test(test_outputs_may_share_a_buffer),
		cmocka_unit_test(test_much_output_on_both_does_not_block),
		cmocka_unit_test(test_a_killed_one_says_by_what),
		cmocka_unit_test(test_what_is_not_there_can_not_run),
		cmocka_unit_test(test_it_gets_its_own_environment),
		cmocka_unit_test(test_a_program_is_found_where_the_path_says),
		cmocka_unit_test(test_a_process_knows_whom_it_comes_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What must hold on every step of the ladder that works here. */
#include "check.h"

#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "core/digest.h"
#include "sandbox/box.h"

enum { SLOTS = 2 };

static char dir[32];
static struct box *box;
static enum box_step step;

static int set_up(void **state)
{
	struct err err = ERR_INIT;

	snprintf(dir, sizeof(dir), "/tmp/gg-t_box-XXXXXX");
	CHECK(mkdtemp(dir), "mkdtemp");
	OK(box_start(step, SLOTS, dir, &box, &err), err);
	return 0;
}

static int tear_down(void **state)
{
	struct err err = ERR_INIT;

	box_stop(box);
	return file_remove_tree(dir, &err);
}

/* The host's shell with all that it is linked with. */
static const struct box_input shell[] = {
	{ "/bin/sh", "/bin/sh", "sh", S_IFREG | 0755, 200000 },
	{ "/lib/x86_64-linux-gnu/libc.so.6", "/lib/x86_64-linux-gnu/libc.so.6", "libc",
	  S_IFREG | 0755, 2000000 },
	{ "/lib64/ld-linux-x86-64.so.2", "/lib64/ld-linux-x86-64.so.2", "ld", S_IFREG | 0755,
	  200000 },
};

struct run {
	struct box_input inputs[4];
	struct box_output outputs[4];
	char *argv[4];
	struct box_shared shared;
	struct box_job job;
	struct box_result result;
};

static void script(struct run *r, const char *text, size_t n_outputs)
{
	static char *envp[] = { "A=1", NULL };

	r->argv[0] = "sh";
	r->argv[1] = "-c";
	r->argv[2] = (char *)text;
	r->shared = (struct box_shared){ "shell", shell, countof(shell) };
	r->job = (struct box_job){ .argv = r->argv,
		                   .envp = envp,
		                   .program = "/bin/sh",
		                   .workdir = "/p/w",
		                   .inputs = r->inputs,
		                   .shared = &r->shared,
		                   .n_shared = 1,
		                   .outputs = r->outputs,
		                   .n_outputs = n_outputs };
}

static void run(struct run *r)
{
	struct err err = ERR_INIT;

	OK(box_run(box, &r->job, &r->result, &err), err);
	CHECK(!r->result.failed, "%s", r->result.why);
}

/* @text succeeds, given the first @n_inputs. */
static void finds(struct run *r, size_t n_inputs, const char *text)
{
	script(r, text, 0);
	r->job.n_inputs = n_inputs;
	run(r);
	assert_int_equal(r->result.status, 0);
	box_result_release(&r->result);
}

static void holds(const struct box_file *file, const char *want)
{
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;

	assert_non_null(file->path);
	OK(file_read(file->path, &text, &err), err);
	assert_string_equal(buf_str(&text), want);
	unlink(file->path);
}

static void test_outputs_texts_and_status_come_out(void **state)
{
	struct run r = { .outputs = { { "/p/w/out", false }, { "/p/w/none", true } } };
	struct oid id;

	script(&r, "echo $A $PWD >out; echo said; echo loudly >&2; exit 3", 2);
	run(&r);
	assert_true(WIFEXITED(r.result.status));
	assert_int_equal(WEXITSTATUS(r.result.status), 3);
	holds(&r.result.out_text, "said\n");
	holds(&r.result.err_text, "loudly\n");
	assert_int_equal(r.result.n_outputs, 2);
	assert_true(r.result.wall_ns > 0);
	box_result_release(&r.result);
	script(&r, "echo $A $PWD >out", 2);
	run(&r);
	assert_int_equal(r.result.status, 0);
	holds(&r.result.outputs[0], "1 /p/w\n");
	digest_bytes("1 /p/w\n", 7, &id);
	assert_string_equal(r.result.outputs[0].id.s, id.s);
	assert_null(r.result.outputs[1].path);
	box_result_release(&r.result);
}

static void test_a_job_finds_nothing_of_the_one_before(void **state)
{
	struct run r = { .outputs = { { "/p/w/left", true } } };

	for (int i = 0; i < 4; i++) {
		script(&r,
		       "[ -e left ] || [ -e /tmp/left ] || { : >left; : >/tmp/left; exit 7; }",
		       1);
		run(&r);
		assert_int_equal(WEXITSTATUS(r.result.status), 7);
		for (size_t k = 0; k < r.result.n_outputs; k++)
			if (r.result.outputs[k].path)
				unlink(r.result.outputs[k].path);
		box_result_release(&r.result);
	}
}

static void test_an_input_is_there_as_it_was_described(void **state)
{
	struct err err = ERR_INIT;
	auto_free char *host = xasprintf("%s/host", dir);
	struct run r = { .inputs = { { "/p/w/in", host, "key1", S_IFREG | 0644, 5 },
		                     { "/p/w/link", "in", "key2", S_IFLNK | 0777, 2 },
		                     { "/q/empty", NULL, "", S_IFDIR | 0755, 0 } } };

	OK(file_write(host, "bytes", 5, 0600, &err), err);
	script(&r,
	       "read x <link; [ \"$x\" = bytes ] && [ -L link ] && [ -d /q/empty ] && "
	       "[ ! -x in ] && [ ! -e /etc/passwd ] && echo more >>in",
	       0);
	r.job.n_inputs = 3;
	run(&r);
	assert_int_equal(r.result.status, 0);
	box_result_release(&r.result);
	auto_buf text = BUF_INIT;
	OK(file_read(host, &text, &err), err);
	assert_string_equal(buf_str(&text), "bytes");
}

static void test_a_changed_input_is_seen(void **state)
{
	struct err err = ERR_INIT;
	auto_free char *host = xasprintf("%s/changing", dir);
	struct run r = { .inputs = { { "/sys-like/x.h", host, NULL, S_IFREG | 0644, 2 } } };

	for (int i = 0; i < 6; i++) {
		auto_free char *text = xasprintf("%d\n", i);
		auto_free char *key = xasprintf("content %d", i);
		auto_free char *command = xasprintf("read x </sys-like/x.h; exit $x");

		OK(file_write(host, text, 2, 0600, &err), err);
		r.inputs[0].key = key;
		script(&r, command, 0);
		r.job.n_inputs = 1;
		run(&r);
		assert_int_equal(WEXITSTATUS(r.result.status), i);
		box_result_release(&r.result);
	}
}

static void test_a_job_reads_the_input_it_is_given_and_nothing_else(void **state)
{
	struct err err = ERR_INIT;
	auto_free char *host = xasprintf("%s/piped", dir);
	struct run r = { 0 };

	OK(file_write(host, "7\n9\n", 4, 0600, &err), err);
	script(&r, "read x; read y; exit $((x * 10 + y))", 0);
	r.job.input = host;
	run(&r);
	assert_int_equal(WEXITSTATUS(r.result.status), 79);
	box_result_release(&r.result);
	finds(&r, 0, "! read x");
}

static void test_a_folder_that_is_named_is_there_when_its_files_have_gone(void **state)
{
	struct err err = ERR_INIT;
	auto_free char *host = xasprintf("%s/header", dir);
	struct run r = { .inputs = { { "/q/named", NULL, "", S_IFDIR | 0755, 0 },
		                     { "/q/named/x.h", host, "header", S_IFREG | 0644, 2 } } };

	OK(file_write(host, "1\n", 2, 0600, &err), err);
	finds(&r, 2, "[ -e /q/named/x.h ]");
	finds(&r, 1, "[ -d /q/named ] && [ ! -e /q/named/x.h ]");
	/* nor does it go with a work folder that was all it held */
	script(&r, ":", 0);
	r.job.workdir = "/q/named/w";
	r.job.n_inputs = 1;
	run(&r);
	box_result_release(&r.result);
	finds(&r, 1, "[ -d /q/named ] && [ ! -e /q/named/w ]");
	finds(&r, 0, "[ ! -e /q ]");
}

static void test_a_link_may_be_placed_before_the_folder_it_leads_to(void **state)
{
	struct err err = ERR_INIT;
	auto_free char *host = xasprintf("%s/behind", dir);
	struct run r = { .inputs = { { "/l/link", "far/real", "l1", S_IFLNK | 0777, 8 },
		                     { "/l/link/x.h", host, "x", S_IFREG | 0644, 2 },
		                     { "/m", "/l/other", "l2", S_IFLNK | 0777, 8 },
		                     { "/m/y.h", host, "x", S_IFREG | 0644, 2 } } };

	OK(file_write(host, "1\n", 2, 0600, &err), err);
	finds(&r, 4,
	      "[ -L /l/link ] && [ -f /l/far/real/x.h ] && [ -L /m ] && [ -f /l/other/y.h ]");
	/* what has its name by way of it follows it when it leads elsewhere … */
	r.inputs[0] = (struct box_input){ "/l/link", "near", "l4", S_IFLNK | 0777, 4 };
	finds(&r, 4, "[ -f /l/link/x.h ] && [ -f /l/near/x.h ] && [ ! -e /l/far ]");
	/* … and when it becomes a folder, and a link again */
	for (int i = 0; i < 2; i++) {
		script(&r,
		       "[ ! -L /l/link ] && [ -f /l/link/x.h ] && [ ! -e /l/near ] && [ ! -e "
		       "/m ]",
		       0);
		r.job.inputs = r.inputs + 1;
		r.job.n_inputs = 1;
		run(&r);
		assert_int_equal(r.result.status, 0);
		box_result_release(&r.result);
		finds(&r, 4, "[ -L /l/link ] && [ -f /l/near/x.h ] && [ -f /m/y.h ]");
	}
	/* one that leads to itself is an error of this job alone */
	r.inputs[0].source = "link";
	r.inputs[0].key = "l3";
	script(&r, ":", 0);
	r.job.n_inputs = 2;
	OK(box_run(box, &r.job, &r.result, &err), err);
	assert_true(r.result.failed);
	box_result_release(&r.result);
	script(&r, "[ ! -e /l ]", 0);
	run(&r);
	box_result_release(&r.result);
}

static void test_jobs_of_many_tools_in_turn_find_their_own_inputs(void **state)
{
	struct err err = ERR_INIT;
	auto_free char *host = xasprintf("%s/in turn", dir);
	struct run r = { .inputs = { { NULL, host, NULL, S_IFREG | 0644, 3 } } };

	for (int i = 0; i < 24; i++) {
		auto_free char *text = xasprintf("%2d\n", i);
		auto_free char *key = xasprintf("in turn %d", i);
		auto_free char *tools = xasprintf("tools %d", i % 7);
		auto_free char *name = xasprintf("/t/%d.h", i % 5);
		auto_free char *command = xasprintf("echo /t/*; read x <%s; exit $x", name);
		auto_free char *listed = xasprintf("%s\n", name);

		OK(file_write(host, text, 3, 0600, &err), err);
		r.inputs[0].name = name;
		r.inputs[0].key = key;
		script(&r, command, 0);
		r.shared.key = tools;
		r.job.n_inputs = 1;
		run(&r);
		assert_int_equal(WEXITSTATUS(r.result.status), i);
		holds(&r.result.out_text, listed);
		box_result_release(&r.result);
	}
}

static void test_a_job_that_takes_too_long_is_killed_with_all_it_started(void **state)
{
	struct run r = { 0 };

	script(&r, "while :; do :; done & while :; do :; done", 0);
	r.job.timeout_ms = 200;
	run(&r);
	assert_true(r.result.timed_out);
	box_result_release(&r.result);
	script(&r, "exit 0", 0);
	run(&r);
	assert_int_equal(r.result.status, 0);
	box_result_release(&r.result);
}

static void wait_for(unsigned slot, struct box_result *out)
{
	struct pollfd p = { box_slot_fd(box, slot), POLLIN, 0 };
	struct err err = ERR_INIT;

	assert_int_equal(poll(&p, 1, 300000), 1);
	OK(box_collect(box, slot, out, &err), err);
}

static void test_jobs_run_side_by_side_and_a_full_box_says_so(void **state)
{
	struct run r = { 0 };
	struct box_result result;
	struct err err = ERR_INIT;
	int slots[SLOTS];

	script(&r, "while :; do :; done", 0);
	for (int i = 0; i < SLOTS; i++) {
		slots[i] = box_submit(box, &r.job, &err);
		OK(slots[i], err);
	}
	REFUSED(box_submit(box, &r.job, &err), err, ERR_RETRY);
	for (int i = 0; i < SLOTS; i++) {
		box_cancel(box, (unsigned)slots[i]);
		wait_for((unsigned)slots[i], &result);
		assert_true(result.failed || WIFSIGNALED(result.status));
		box_result_release(&result);
	}
}

/* main() ignores and blocks some. */
static void test_a_job_has_the_usual_signals_whatever_gg_ignores(void **state)
{
	static const struct {
		const char *text;
		int sig;
	} cases[] = {
		{ "kill -PIPE $$", SIGPIPE },
		{ "kill -HUP $$", SIGHUP },
		{ "kill -USR1 $$", SIGUSR1 },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct run r = { 0 };

		script(&r, cases[i].text, 0);
		run(&r);
		CHECK(WIFSIGNALED(r.result.status) && WTERMSIG(r.result.status) == cases[i].sig,
		      "%s: status %x", cases[i].text, r.result.status);
		box_result_release(&r.result);
	}
}

static void test_a_program_that_is_not_there_is_told(void **state)
{
	struct run r = { 0 };

	script(&r, "exit 0", 0);
	r.job.program = "/bin/none";
	run(&r);
	assert_int_equal(WEXITSTATUS(r.result.status), 127);
	holds(&r.result.err_text, "/bin/none: No such file or directory\n");
	box_result_release(&r.result);
}

/* The job's program says "program"; these are said to be all that it would start. */
static void with_commands(struct run *r, char *const *first, char *const *second, bool settles,
                          const char *input)
{
	static char *envp[] = { "B=2", NULL };
	const struct box_command commands[] = {
		{ .program = "/bin/sh", .argv = first, .settles = settles },
		{ .program = "/bin/sh", .argv = second, .input = input }
	};
	struct err err = ERR_INIT;

	script(r, "[ ! -e made ] || echo again; echo program; echo $A >made", 1);
	r->job.commands = commands;
	r->job.n_commands = countof(commands);
	r->job.commands_envp = envp;
	OK(box_run(box, &r->job, &r->result, &err), err);
	CHECK(!r->result.failed, "%s", r->result.why);
}

static char *to_say[] = { "sh", "-c", "echo one; echo $B >made", NULL };
static char *to_say_more[] = { "sh", "-c", "echo two; read x <made; echo $x >>made", NULL };
static char *to_fail[] = { "sh", "-c", "echo bad; exit 1", NULL };
static char *to_die[] = { "sh", "-c", "echo bad; kill -9 $$", NULL };
static char *to_fail_worse[] = { "sh", "-c", "echo bad; exit 4", NULL };

static void test_commands_run_in_place_of_the_program(void **state)
{
	struct run r = { .outputs = { { "/p/w/made", false } } };

	with_commands(&r, to_say, to_say_more, true, NULL);
	assert_int_equal(r.result.status, 0);
	holds(&r.result.out_text, step == BOX_SHIM ? "program\n" : "one\ntwo\n");
	holds(&r.result.outputs[0], step == BOX_SHIM ? "1\n" : "2\n2\n");
	box_result_release(&r.result);
}

static void test_a_command_reads_what_another_has_written(void **state)
{
	static char *to_write[] = { "sh", "-c", "echo text >/tmp/between", NULL };
	static char *to_read[] = { "sh", "-c", "read x; echo got $x >made", NULL };
	struct run r = { .outputs = { { "/p/w/made", false } } };

	with_commands(&r, to_write, to_read, true, "/tmp/between");
	holds(&r.result.outputs[0], step == BOX_SHIM ? "1\n" : "got text\n");
	if (r.result.out_text.path)
		unlink(r.result.out_text.path);
	box_result_release(&r.result);
	with_commands(&r, to_write, to_read, true, "/tmp/none");
	holds(&r.result.outputs[0], "1\n");
	holds(&r.result.out_text, "program\n");
	box_result_release(&r.result);
}

static void test_the_program_runs_when_a_command_fails(void **state)
{
	struct run r = { .outputs = { { "/p/w/made", false } } };

	with_commands(&r, to_say, to_fail, false, NULL);
	assert_int_equal(r.result.status, 0);
	holds(&r.result.out_text, step == BOX_SHIM ? "program\n" : "again\nprogram\n");
	holds(&r.result.outputs[0], "1\n");
	box_result_release(&r.result);
	with_commands(&r, to_fail_worse, to_say, true, NULL);
	holds(&r.result.out_text, "program\n");
	holds(&r.result.outputs[0], "1\n");
	box_result_release(&r.result);
	with_commands(&r, to_die, to_say, true, NULL);
	holds(&r.result.out_text, "program\n");
	holds(&r.result.outputs[0], "1\n");
	box_result_release(&r.result);
}

static void test_a_command_that_settles_fails_for_the_program(void **state)
{
	struct run r = { .outputs = { { "/p/w/made", true } } };

	with_commands(&r, to_fail, to_say, true, NULL);
	if (step == BOX_SHIM) {
		holds(&r.result.outputs[0], "1\n");
		holds(&r.result.out_text, "program\n");
	} else {
		assert_int_equal(WEXITSTATUS(r.result.status), 1);
		holds(&r.result.out_text, "bad\n");
		assert_null(r.result.outputs[0].path);
	}
	box_result_release(&r.result);
}

/* Outputs are in another folder: the working folder is the program's to write, not theirs. */
static void test_commands_write_only_where_outputs_are(void **state)
{
	static char *to_make[] = { "sh", "-c", "echo one >/p/o/made && pwd", NULL };
	static char *to_write[] = { "sh", "-c", "echo one >here; [ ! -e here ] || echo there",
		                    NULL };
	static char *to_try[] = { "sh", "-c", "(echo one >here) 2>/dev/null || exit 1", NULL };
	static const char program[] =
		"echo program >here; read x <here; echo $x; echo $A >/p/o/made";
	static char *envp[] = { NULL };
	static const struct {
		char *const *argv;
		const char *made;
		const char *said;
	} cases[] = {
		{ to_make, "one\n", "/p/w\n" },
		{ to_write, "1\n", "program\n" },
		{ to_try, "1\n", "program\n" },
		{ to_fail, "1\n", "program\n" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct run r = { .outputs = { { "/p/o/made", false } } };
		const struct box_command commands[] = {
			{ .program = "/bin/sh", .argv = cases[i].argv, .settles = true },
			{ .program = "/bin/sh",
			  .argv = (char *[]){ "sh", "-c", i == 1 ? "exit 2" : "exit 0",
			                      NULL } },
		};
		struct err err = ERR_INIT;

		script(&r, program, 1);
		r.job.commands = commands;
		r.job.n_commands = countof(commands);
		r.job.commands_envp = envp;
		OK(box_run(box, &r.job, &r.result, &err), err);
		CHECK(!r.result.failed, "%s", r.result.why);
		bool driven = step != BOX_SHIM && i == 0;
		holds(&r.result.outputs[0], driven ? cases[i].made : "1\n");
		holds(&r.result.out_text, driven ? cases[i].said : "program\n");
		box_result_release(&r.result);
	}
}

static void test_no_output_is_named_outside_of_the_root(void **state)
{
	static const char *const names[] = { "../out", "/p/w/../../out", "/p//out", "out",
		                             "/" };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < countof(names); i++) {
		struct run r = { .outputs = { { names[i], false } } };

		script(&r, "exit 0", 1);
		REFUSED(box_submit(box, &r.job, &err), err, ERR_USAGE);
	}
}

static void test_an_output_that_is_a_link_leads_nowhere_outside(void **state)
{
	static const char *const links[][2] = { { "etc", "/etc/passwd" },
		                                { "up", "../../../../../../etc/passwd" },
		                                { "dev", "/dev/null" },
		                                { "self", "self" } };

	for (size_t i = 0; i < countof(links); i++) {
		auto_free char *name = xasprintf("/p/w/%s", links[i][0]);
		struct run r = { .inputs = { { name, links[i][1], "link", S_IFLNK | 0777, 9 } },
			         .outputs = { { name, true } } };

		script(&r, "exit 0", 1);
		r.job.n_inputs = 1;
		run(&r);
		assert_null(r.result.outputs[0].path);
		box_result_release(&r.result);
	}
}

static void test_an_output_too_large_to_have_a_name_is_told(void **state)
{
	struct run r = { .inputs = { { "/bin/dd", "/bin/dd", "dd", S_IFREG | 0755, 90000 } },
		         .outputs = { { "/p/w/out", false } } };
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;

	script(&r, "/bin/dd if=/dev/zero of=out bs=1 count=1 seek=5000000000 2>/dev/null", 1);
	r.job.n_inputs = 1;
	run(&r);
	assert_null(r.result.outputs[0].path);
	assert_non_null(r.result.err_text.path);
	OK(file_read(r.result.err_text.path, &text, &err), err);
	CHECK(strstr(buf_str(&text), "output /p/w/out is larger than 4 GiB"), "%s",
	      buf_str(&text));
	unlink(r.result.err_text.path);
	box_result_release(&r.result);
}

static void test_a_job_that_prints_without_end_is_killed(void **state)
{
	struct run r = { .inputs = { { "/bin/dd", "/bin/dd", "dd", S_IFREG | 0755, 90000 } } };

	script(&r, "/bin/dd if=/dev/zero bs=1048576", 0);
	r.job.n_inputs = 1;
	run(&r);
	assert_true(WIFSIGNALED(r.result.status));
	assert_null(r.result.out_text.path);
	holds(&r.result.err_text, "gg: killed, after printing more than 64 MiB\n");
	box_result_release(&r.result);
}

/* Processes whose parent is one of our slots. */
static size_t left_over(void)
{
	auto_buf slots = BUF_LIMIT(1 << 16);
	struct err err = ERR_INIT;
	size_t n = 0;

	OK(file_read("/proc/thread-self/children", &slots, &err), err);
	for (char *at = slots.data, *end; strtol(at, &end, 10) > 0; at = end) {
		auto_free char *path = xasprintf("/proc/%ld/task/%ld/children",
		                                 strtol(at, NULL, 10), strtol(at, NULL, 10));
		auto_buf children = BUF_LIMIT(1 << 16);

		if (file_read(path, &children, &err) == 0)
			n += children.len > 0;
	}
	return n;
}

static void test_what_a_job_has_started_does_not_outlive_it(void **state)
{
	struct run r = { 0 };

	script(&r,
	       "i=0; while [ $i -lt 50 ]; do i=$((i + 1)); "
	       "(while :; do (while :; do :; done) & wait; done) & done; exit 0",
	       0);
	run(&r);
	assert_int_equal(r.result.status, 0);
	assert_int_equal(left_over(), 0);
	box_result_release(&r.result);
}

/* Those that wait for a job; they are dead then. */
static void kill_slots(void)
{
	auto_buf list = BUF_LIMIT(1 << 20);
	auto_free char *path = xasprintf("/proc/self/task/%d/children", (int)getpid());
	struct err err = ERR_INIT;
	siginfo_t dead;
	char *end;

	OK(file_read(path, &list, &err), err);
	for (char *at = (char *)buf_str(&list); *at; at = end + strspn(end, " ")) {
		pid_t pid = (pid_t)strtol(at, &end, 10);

		kill(pid, SIGKILL);
		assert_int_equal(waitid(P_PID, (id_t)pid, &dead, WEXITED | WNOWAIT), 0);
	}
}

static unsigned ended;

static void note_end(void *arg, unsigned slot)
{
	assert_true(slot < SLOTS);
	ended++;
}

static void test_a_slot_that_died_between_jobs_has_a_successor(void **state)
{
	struct run r = { .outputs = { { "/p/w/made", false } } };

	box_on_end(box, note_end, NULL);
	script(&r, "echo first >made", 1);
	run(&r);
	holds(&r.result.outputs[0], "first\n");
	box_result_release(&r.result);
	ended = 0;
	kill_slots();
	script(&r, "echo second >made", 1);
	run(&r);
	holds(&r.result.outputs[0], "second\n");
	box_result_release(&r.result);
	assert_int_equal(ended, 1);
}

static void test_a_full_disk_is_told_as_such_and_the_box_goes_on(void **state)
{
	struct run r = { .inputs = { { "/bin/dd", "/bin/dd", "dd", S_IFREG | 0755, 90000 } },
		         .outputs = { { "/p/w/out", false } } };
	struct box *other, *kept = box;
	struct err err = ERR_INIT;
	char small[256];

	snprintf(small, sizeof(small), "%s/small", dir);
	/* on the weaker steps the job itself meets the full disk */
	if (step < BOX_MOUNTNS || mkdir(small, 0755) < 0 ||
	    mount("small", small, "tmpfs", 0, "size=1m") < 0)
		skip();
	OK(box_start(step, 1, small, &other, &err), err);
	box = other;
	for (int i = 0; i < 2; i++) {
		script(&r, "/bin/dd if=/dev/zero of=out bs=1000000 count=4 2>/dev/null", 1);
		r.job.n_inputs = 1;
		OK(box_run(box, &r.job, &r.result, &err), err);
		assert_true(r.result.failed);
		assert_int_equal(r.result.why_kind, ERR_NOSPC);
		box_result_release(&r.result);
		script(&r, "echo fits >out", 1);
		run(&r);
		holds(&r.result.outputs[0], "fits\n");
		box_result_release(&r.result);
	}
	box_stop(other);
	box = kept;
	umount2(small, MNT_DETACH);
}

static bool refuse_chroot(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);

	return seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(chroot), 0) == 0 &&
	       seccomp_load(ctx) == 0;
}

/* Where no job can have its root: does one write to @path, on the host? In a process of its
 * own. */
static bool escapes_to(const char *path)
{
	auto_free char *text = xasprintf("echo x >%s", path);
	struct err err = ERR_INIT;
	struct run r = { 0 };

	if (!refuse_chroot())
		return true;
	if (box_start(step, 1, dir, &box, &err) < 0)
		return err.kind != ERR_DENIED;
	for (int i = 0; i < 3; i++) {
		script(&r, text, 0);
		r.job.workdir = dir; /* a folder that the host has, too */
		if (box_run(box, &r.job, &r.result, &err) < 0)
			break;
		box_result_release(&r.result);
	}
	box_stop(box);
	return access(path, F_OK) == 0;
}

static void test_a_job_that_can_not_have_its_root_does_not_run(void **state)
{
	int status;

	/* the shim needs no root */
	if (step == BOX_SHIM)
		skip();
	auto_free char *path = xasprintf("%s/escaped", dir);
	pid_t pid = fork();
	if (pid == 0)
		_exit(escapes_to(path));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_a_step_works_or_says_what_is_refused(void **state)
{
	enum box_step strongest = box_probe();

	for (int i = BOX_NONE; i <= BOX_USERNS; i++) {
		struct err why = ERR_INIT;
		int rc = box_check(i, &why);

		CHECK(rc == 0 || why.kind == ERR_DENIED, "%d", why.kind);
		CHECK((rc == 0) == !*why.msg, "%s", why.msg);
		CHECK(i != (int)strongest || rc == 0, "%s", why.msg);
		CHECK(i <= (int)strongest || rc < 0, "%s", box_step_name(i));
		if (rc < 0)
			print_message("%s\n", why.msg);
	}
	if (geteuid() != 0)
		assert_true(box_check(BOX_MOUNTNS, &(struct err){ 0 }) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outputs_texts_and_status_come_out),
		cmocka_unit_test(test_a_job_finds_nothing_of_the_one_before),
		cmocka_unit_test(test_an_input_is_there_as_it_was_described),
		cmocka_unit_test(test_a_changed_input_is_seen),
		cmocka_unit_test(test_a_job_reads_the_input_it_is_given_and_nothing_else),
		cmocka_unit_test(test_a_folder_that_is_named_is_there_when_its_files_have_gone),
		cmocka_unit_test(test_a_link_may_be_placed_before_the_folder_it_leads_to),
		cmocka_unit_test(test_jobs_of_many_tools_in_turn_find_their_own_inputs),
		cmocka_unit_test(test_a_job_that_takes_too_long_is_killed_with_all_it_started),
		cmocka_unit_test(test_jobs_run_side_by_side_and_a_full_box_says_so),
		cmocka_unit_test(test_a_job_has_the_usual_signals_whatever_gg_ignores),
		cmocka_unit_test(test_a_slot_that_died_between_jobs_has_a_successor),
		cmocka_unit_test(test_a_program_that_is_not_there_is_told),
		cmocka_unit_test(test_commands_run_in_place_of_the_program),
		cmocka_unit_test(test_commands_write_only_where_outputs_are),
		cmocka_unit_test(test_a_command_reads_what_another_has_written),
		cmocka_unit_test(test_the_program_runs_when_a_command_fails),
		cmocka_unit_test(test_a_command_that_settles_fails_for_the_program),
		cmocka_unit_test(test_no_output_is_named_outside_of_the_root),
		cmocka_unit_test(test_an_output_that_is_a_link_leads_nowhere_outside),
		cmocka_unit_test(test_an_output_too_large_to_have_a_name_is_told),
		cmocka_unit_test(test_a_job_that_prints_without_end_is_killed),
		cmocka_unit_test(test_what_a_job_has_started_does_not_outlive_it),
		cmocka_unit_test(test_a_full_disk_is_told_as_such_and_the_box_goes_on),
		cmocka_unit_test(test_a_job_that_can_not_have_its_root_does_not_run),
		cmocka_unit_test(test_a_step_works_or_says_what_is_refused),
	};

	sigset_t blocked;
	int failed = 0;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	for (step = BOX_SHIM; step <= BOX_USERNS; step++) {
		struct err refused;

		if (box_check(step, &refused) == 0)
			failed += cmocka_run_group_tests_name(box_step_name(step), tests,
			                                      set_up, tear_down);
	}
	return failed;
}

#include "sched_fixture.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include "ui/failure.h"
#include "ui/status.h"

enum { TEXT_MAX = 1 << 16 };

static struct thunk *compile(void)
{
	struct thunk *t = thunk_new();

	strv_add(&t->args, "/usr/bin/gcc");
	strv_add(&t->args, "-c");
	strv_add(&t->args, "a b\033.c");
	strv_add(&t->env, "PATH=/usr/bin");
	strv_add(&t->env, "MODE=it's on");
	t->workdir = xstrdup("/home/u/my src");
	return t;
}

/* A compile with a name for its object, or one that prints. */
static char *label_of(const char *output)
{
	const struct graph_counts c = { .nodes = 1, .running = 1 };
	auto_thunk t = compile();
	auto_buf line = BUF_INIT;
	struct oid id = { "" };
	auto_fd null = open("/dev/null", O_WRONLY);
	struct status *s = status_new(null, true, false);
	const struct observer *o = status_observer(s);

	strv_add(&t->outputs, output);
	o->counts(o->arg, &c);
	o->started(o->arg, &(struct observed){ .id = &id, .asked = &id, .thunk = t });
	status_format(s, 0, 200, &line);
	status_free(s);
	const char *last = strstr(buf_str(&line), "s · ");
	assert_non_null(last);
	return xstrdup(last + strlen("s · "));
}

static void test_the_line_names_what_is_made(void **state)
{
	auto_free char *object = label_of("CMakeFiles/json-c.dir/debug.c.o");
	auto_free char *printed = label_of("/dev/stdout");

	(void)state;
	assert_string_equal(object, "gcc debug.c.o");
	assert_string_equal(printed, "gcc -c a b?.c");
}

/* What a status line writes to a terminal of 60 columns (or to a pipe). */
static char *written(bool live)
{
	int fds[2];
	auto_fd master = posix_openpt(O_RDWR | O_NOCTTY);
	auto_thunk t = compile();
	const struct graph_counts c = { .nodes = 34, .done = 12, .running = 2 };
	const struct winsize size = { .ws_row = 24, .ws_col = 60 };
	struct oid id = { "" };

	assert_int_equal(pipe(fds), 0);
	if (live) {
		assert_true(grantpt(master) == 0 && unlockpt(master) == 0);
		close(fds[1]);
		close(fds[0]);
		fds[1] = open(ptsname(master), O_RDWR | O_NOCTTY);
		assert_int_equal(ioctl(fds[1], TIOCSWINSZ, &size), 0);
		fds[0] = dup(master);
	}
	struct status *s = status_new(fds[1], live, false);
	const struct observer *o = status_observer(s);
	o->started(o->arg, &(struct observed){
				   .id = &id, .asked = &id, .thunk = t, .engine = "local" });
	for (int i = 0; i < 1000; i++)
		o->counts(o->arg, &c);
	status_print(s, "warning", 7);
	status_free(s);
	close(fds[1]);
	/* a terminal hands over what was written in pieces, and ends with EIO */
	char *text = xcalloc(1, TEXT_MAX);
	size_t len = 0;
	for (ssize_t n; (n = read(fds[0], text + len, TEXT_MAX - 1 - len)) > 0;)
		len += (size_t)n;
	assert_true(len > 0);
	close(fds[0]);
	return text;
}

static void test_nothing_is_painted_without_a_terminal(void **state)
{
	auto_free char *text = written(false);

	assert_string_equal(text, "warning");
}

static void test_the_line_fits_and_is_erased_before_other_output(void **state)
{
	auto_free char *text = written(true);
	static const char erase[] = "\r\033[K";

	CHECK(strncmp(text, erase, 4) == 0, "%s", text);
	CHECK(strncmp(text + 4, "[12/34] running 2, queued 0,", 28) == 0, "%s", text);
	/* painted again where this took long */
	char *line = text + 4, *again = line;
	while ((again = strstr(line, erase)) && again[4] == '[') {
		CHECK(again - line <= 61, "59 columns, of which one may be a dot: %s", text);
		line = again + 4;
	}
	CHECK(again && again - line <= 61, "59 columns, of which one may be a dot: %s", text);
	CHECK(strncmp(again, "\r\033[Kwarning\r\n", 13) == 0, "%s", again);
	assert_string_equal(again + 13, "");
}

static void test_a_failure_can_be_pasted_into_a_shell(void **state)
{
	auto_thunk t = compile();
	auto_buf text = BUF_INIT;
	auto_buf script = BUF_INIT;
	auto_buf command = BUF_INIT;
	struct outcome o = { .what = OUTCOME_FAILED, .why = "exit 1" };
	char line[256] = "";

	failure_format(t, &o, "", "a.c:1: error", &text);
	static const char start[] = "a.c:1: error\ngg: failed (exit 1): cd ";
	CHECK(strncmp(buf_str(&text), start, strlen(start)) == 0, "%s", buf_str(&text));
	failure_command(t, &command);
	CHECK(strstr(buf_str(&text), buf_str(&command)), "%s", buf_str(&text));
	CHECK(!strstr(buf_str(&command), "PATH="), "%s", buf_str(&command));
	/* a real shell reads it back */
	free(t->args.v[0]);
	t->args.v[0] = xstrdup("show");
	buf_adds(&script, "cd() { printf '%s|' \"$@\"; }; show() { printf '%s|' \"$MODE\" "
	                  "\"$@\"; }; ");
	failure_command(t, &script);
	FILE *p = popen(buf_str(&script), "r");
	assert_true(p && fgets(line, sizeof(line), p));
	pclose(p);
	assert_string_equal(line, "/home/u/my src|it's on|-c|a b\033.c|");
}

static void test_a_thunk_that_could_not_be_read_has_a_reason_only(void **state)
{
	auto_buf text = BUF_INIT;
	struct outcome o = { .what = OUTCOME_INTERNAL, .why = "thunk T: not there" };

	failure_format(NULL, &o, NULL, NULL, &text);
	assert_string_equal(buf_str(&text), "gg: failed (thunk T: not there)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_line_names_what_is_made),
		cmocka_unit_test(test_nothing_is_painted_without_a_terminal),
		cmocka_unit_test(test_the_line_fits_and_is_erased_before_other_output),
		cmocka_unit_test(test_a_failure_can_be_pasted_into_a_shell),
		cmocka_unit_test(test_a_thunk_that_could_not_be_read_has_a_reason_only),
	};

	alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "model/plan.h"

static char scratch[] = "/tmp/t_gcc.XXXXXX";
static struct store *store;

static int setup(void **state)
{
	static const char source[] =
		"#include <stdio.h>\nint f(void) { return puts(\"x\"); }\n";
	struct err err = ERR_INIT;

	(void)state;
	if (!mkdtemp(scratch) || chdir(scratch) < 0 || file_mkdirs("sub", 0755, &err) < 0 ||
	    file_write("a.b.c", source, sizeof(source) - 1, 0644, &err) < 0)
		return -1;
	auto_free char *dir = path_join(scratch, ".gg");
	return store_open(dir, STORE_CREATE, &store, &err);
}

static int teardown(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	store_close(store);
	return chdir("/") < 0 ? -1 : file_remove_tree(scratch, &err);
}

static void check(char *const *words)
{
	auto_free char *tool =
		proc_find_on_path(words[0], "/usr/local/bin:/usr/bin:/bin", NULL);
	char *envp[] = { "PATH=/usr/local/bin:/usr/bin:/bin", NULL };
	struct call call = { .store = store,
		             .cwd = scratch,
		             .envp = envp,
		             .tool = tool,
		             .argv = words,
		             .umask = 022 };
	struct err err = ERR_INIT;
	auto_plan p = { 0 };

	while (words[call.argc])
		call.argc++;
	plan_init(&p, &call);
	if (model_gcc.plan(&call, &p, &err) < 0)
		fail_msg("%s", err.msg);
	if (p.delegate)
		fail_msg("%s %s delegates: %s", words[0], words[1], p.reason);
	assert_int_equal(plan_finish(&p, &call, &err), 0);
	assert_int_equal(proc_capture(words, NULL, NULL, NULL, NULL, &err), 0);
	for (size_t i = 0; i < p.n_outputs; i++)
		if (unlink(p.outputs[i].path) < 0)
			fail_msg("%s does not make %s", words[0], p.outputs[i].path);
}

static void test_outputs_are_those_that_the_compilers_make(void **state)
{
	static char *const cases[][8] = {
		{ "gcc", "-c", "a.b.c" },
		{ "gcc", "-S", "a.b.c" },
		{ "gcc", "-c", "a.b.c", "-o", "sub/x.y.o", "-MD" },
		{ "gcc", "-c", "a.b.c", "-MMD" },
		{ "gcc", "-c", "a.b.c", "-MD", "-MF", "sub/dep" },
		{ "gcc", "-Wp,-MD,sub/.a.d", "-c", "a.b.c" },
		{ "gcc", "-c", "--coverage", "a.b.c", "-o", "sub/c.o" },
		{ "g++", "-c", "a.b.c" },
		{ "clang", "-c", "a.b.c", "-o", "sub/x.y.o", "-MD" },
		{ "clang", "-c", "--coverage", "a.b.c", "-o", "sub/c.o" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++)
		check(cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outputs_are_those_that_the_compilers_make),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

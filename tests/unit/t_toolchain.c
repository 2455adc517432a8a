#include "store_fixture.h"

#include <sys/resource.h>

#include "base/proc.h"
#include "model/toolchain.h"

extern char **environ;

static struct call call_of(const struct fixture *f, const char *tool)
{
	return (struct call){ .store = f->st, .cwd = f->dir, .envp = environ, .tool = tool };
}

static void load(const struct fixture *f, const struct oid *id, struct manifest *m)
{
	struct err err = ERR_INIT;
	auto_buf bytes = BUF_INIT;

	OK(store_get(f->st, id, &bytes, &err), err);
	OK(manifest_decode(bytes.data, bytes.len, m, &err), err);
}

static bool holds(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->v[i].name, name) == 0)
			return true;
	return false;
}

/* The lines of what a shell command prints. */
static void lines_of(const char *command, struct strv *lines)
{
	char line[4096];
	FILE *p = popen(command, "r");

	CHECK(p, "popen");
	while (fgets(line, sizeof(line), p)) {
		line[strcspn(line, "\n")] = '\0';
		strv_add(lines, line);
	}
	pclose(p);
}

static const struct {
	const char *tool, *lang;
} drivers[] = { { "/usr/bin/gcc", "c" },         { "/usr/bin/g++", "c++" },
	        { "/usr/bin/gcc", "assembler" }, { "/usr/bin/gcc", "assembler-with-cpp" },
	        { "/usr/bin/clang", "c" },       { "/usr/bin/clang++", "c++" } };

static void the_search_list_is_the_compilers(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < countof(drivers); i++) {
		struct err err = ERR_INIT;
		struct call call = call_of(f, drivers[i].tool);
		struct toolchain tc;
		auto_strv want = STRV_INIT;
		auto_free char *ask =
			xasprintf("LC_ALL=C %s -E -v -x %s /dev/null 2>&1 | sed -n '/^#include "
		                  "</,/^End/s/^ //p'",
		                  drivers[i].tool, drivers[i].lang);

		OK(toolchain_get(&call, drivers[i].lang, NULL, &tc, &err), err);
		lines_of(ask, &want);
		CHECK(want.n == tc.system_dirs.n, "%s: %zu folders, not %zu", ask,
		      tc.system_dirs.n, want.n);
		for (size_t k = 0; k < want.n; k++)
			assert_string_equal(want.v[k], tc.system_dirs.v[k]);
		toolchain_release(&tc);
	}
}

/* What a real driver opens (clang also looks for CUDA, which C and C++ have no use for). */
static void what_a_compile_opens_is_in_the_closure(void **state)
{
	static const char trace[] =
		"cd %s && echo 'int x;' > t.%s && LC_ALL=C strace -f -e trace=openat,execve "
		"%s -c t.%s -o t.o 2>&1 | grep -v ENOENT | sed -n 's/.*\\(openat(AT_FDCWD, "
		"\\|execve(\\)\"\\(\\/[^\"]*\\)\".*/\\2/p' | grep -v "
		"'^/tmp\\|^/proc\\|^/etc/ld.so.cache\\|^/usr/include\\|^/dev\\|^/sys\\|cuda'";
	struct fixture *f = *state;

	for (size_t i = 0; i < countof(drivers); i++) {
		struct err err = ERR_INIT;
		struct call call = call_of(f, drivers[i].tool);
		struct toolchain tc;
		auto_manifest m = MANIFEST_INIT;
		auto_strv opened = STRV_INIT;
		const char *ext = strcmp(drivers[i].lang, "c++") == 0 ? "cc" : "c";
		if (drivers[i].lang[0] == 'a')
			continue;
		auto_free char *cmd = xasprintf(trace, f->dir, ext, drivers[i].tool, ext);

		OK(toolchain_get(&call, drivers[i].lang, NULL, &tc, &err), err);
		load(f, &tc.compile_closure, &m);
		lines_of(cmd, &opened);
		CHECK(opened.n > 3, "%s", cmd);
		for (size_t k = 0; k < opened.n; k++) {
			auto_free char *real = realpath(opened.v[k], NULL);
			struct stat sb;
			if (real && stat(real, &sb) == 0 && S_ISREG(sb.st_mode))
				CHECK(holds(&m, real), "%s %s: %s", drivers[i].tool,
				      drivers[i].lang, opened.v[k]);
		}
		toolchain_release(&tc);
	}
}

static void a_second_question_asks_no_program(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct call call = call_of(f, "/usr/bin/gcc");
	struct toolchain tc;
	struct oid first;
	struct rusage before, after;

	OK(toolchain_get(&call, "c", NULL, &tc, &err), err);
	first = tc.compile_closure;
	toolchain_release(&tc);
	getrusage(RUSAGE_CHILDREN, &before);
	for (int i = 0; i < 50; i++) {
		OK(toolchain_get(&call, "c", NULL, &tc, &err), err);
		assert_string_equal(first.s, tc.compile_closure.s);
		toolchain_release(&tc);
	}
	/* a process that ran would have left its page faults */
	getrusage(RUSAGE_CHILDREN, &after);
	assert_int_equal(before.ru_minflt, after.ru_minflt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_search_list_is_the_compilers,
		                                fixture_set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(what_a_compile_opens_is_in_the_closure,
		                                fixture_set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(a_second_question_asks_no_program,
		                                fixture_set_up, fixture_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "store_fixture.h"

#include "model/plan.h"

extern char **environ;

static void make_member(const struct fixture *f, const char *name)
{
	auto_free char *path = fixture_path(f, name);

	fixture_write(path, name, strlen(name));
}

static void only_what_is_a_function_of_its_arguments_is_modelled(void **state)
{
	static const struct {
		char *argv[6];
		bool delegate;
		size_t inputs;
	} cases[] = {
		{ { "ar", "rcs", "new.a", "a.o", "b.o" }, false, 2 },
		{ { "ar", "-cru", "new.a", "a.o" }, false, 1 },
		{ { "ar", "r", "old.a", "a.o" }, false, 2 },
		{ { "ar", "d", "old.a", "gone.o" }, false, 1 },
		{ { "ranlib", "old.a" }, false, 1 },
		{ { "ar", "rcU", "new.a", "a.o" }, true, 0 },
		{ { "ar", "rcT", "new.a", "a.o" }, false, 1 },
		{ { "ar", "t", "old.a" }, true, 0 },
		{ { "ar", "rc", "new.a", "gone.o" }, true, 0 },
		{ { "ranlib", "-U", "old.a" }, true, 0 },
	};
	struct fixture *f = *state;

	CHECK(chdir(f->dir) == 0, "chdir");
	make_member(f, "a.o");
	make_member(f, "b.o");
	make_member(f, "old.a");
	for (size_t i = 0; i < countof(cases); i++) {
		struct err err = ERR_INIT;
		char *const *argv = cases[i].argv;
		auto_free char *tool = xasprintf("/usr/bin/%s", argv[0]);
		struct call call = { .store = f->st,
			             .cwd = f->dir,
			             .envp = environ,
			             .tool = tool,
			             .argv = argv };
		auto_plan p = { 0 };

		while (argv[call.argc])
			call.argc++;
		plan_init(&p, &call);
		OK(model_ar.plan(&call, &p, &err), err);
		CHECK(p.delegate == cases[i].delegate, "case %zu: %s", i, p.reason);
		if (p.delegate)
			continue;
		CHECK(p.thunk->values.n == cases[i].inputs, "case %zu: %zu inputs", i,
		      p.thunk->values.n);
		CHECK(p.n_outputs == 1, "case %zu: %zu outputs", i, p.n_outputs);
	}
	CHECK(chdir("/") == 0, "chdir");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			only_what_is_a_function_of_its_arguments_is_modelled, fixture_set_up,
			fixture_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "store_fixture.h"

#include "model/ldscan.h"
#include "model/toolchain.h"

extern char **environ;

static bool has_file(const struct plan *p, const struct manifest *m, const char *real)
{
	for (size_t i = 0; i < p->thunk->values.n; i++) {
		auto_free char *name = realpath(p->thunk->values.v[i].name, NULL);
		if (name && strcmp(name, real) == 0)
			return true;
	}
	for (size_t i = 0; i < p->own.n; i++) {
		auto_free char *name = realpath(p->own.v[i].name, NULL);
		if (name && strcmp(name, real) == 0)
			return true;
	}
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->v[i].name, real) == 0)
			return true;
	return false;
}

/* Link t.c with @options; every file that "ld -t" prints must be named. */
static void check_link(struct fixture *f, const char *tool, const char *options,
                       const char *const *libs, bool is_static)
{
	struct err err = ERR_INIT;
	struct call call = { .store = f->st, .cwd = f->dir, .envp = environ, .tool = tool };
	struct toolchain tc;
	struct ldscan ld = { .is_static = is_static };
	auto_plan p = { 0 };
	auto_manifest m = MANIFEST_INIT;
	auto_buf bytes = BUF_INIT;
	char line[4096];
	size_t lines = 0;
	auto_free char *cmd = xasprintf("cd %s && echo 'int main(void){return 0;}' > t.c && %s "
	                                "-c t.c && %s t.o -o t %s -Wl,-t,-t 2>/dev/null",
	                                f->dir, tool, tool, options);

	OK(toolchain_get(&call, "c", NULL, &tc, &err), err);
	OK(store_get(f->st, &tc.link_closure, &bytes, &err), err);
	OK(manifest_decode(bytes.data, bytes.len, &m, &err), err);
	FILE *out = popen(cmd, "r");
	CHECK(out, "popen");
	auto_strv traced = STRV_INIT;
	while (fgets(line, sizeof(line), out)) {
		line[strcspn(line, "\n")] = '\0';
		strv_add(&traced, line);
	}
	CHECK(pclose(out) == 0, "%s", cmd);

	strv_add_all(&ld.lib_dirs, tc.lib_dirs.v);
	strv_add_all(&ld.lib_dirs, tc.ld_dirs.v);
	strv_add_all(&ld.needed_dirs, tc.ld_dirs.v);
	strv_add_all(&ld.files, tc.start_files.v);
	strv_addf(&ld.files, "%s/t.o", f->dir);
	for (; *libs; libs++)
		strv_add(&ld.libs, *libs);
	plan_init(&p, &call);
	OK(ldscan_add_inputs(&ld, &call, &p, &err), err);
	CHECK(!p.delegate, "delegates: %s", p.reason);
	for (size_t i = 0; i < traced.n; i++) {
		/* a member of an archive is "(archive)member" in some versions */
		char *name = traced.v[i] + (traced.v[i][0] == '(');
		name[strcspn(name, "()")] = '\0';
		if (!*name)
			continue;
		auto_free char *at = path_absolute(f->dir, name);
		auto_free char *real = realpath(at, NULL);
		if (!real || strcmp(path_base(real), "liblto_plugin.so") == 0)
			continue;
		lines++;
		if (strstr(real, "crt") == NULL)
			CHECK(has_file(&p, &m, real), "%s %s: %s", tool, options, real);
	}
	CHECK(lines > 3, "%s", cmd);
	ldscan_release(&ld);
	toolchain_release(&tc);
}

static void what_ld_traces_is_among_the_inputs(void **state)
{
	static const char *const c[] = { "gcc", "gcc_s", "c", NULL };
	static const char *const readline[] = { "readline", "m", "gcc", "gcc_s", "c", NULL };
	static const char *const cxx[] = { "stdc++", "m", "gcc_s", "gcc", "c", NULL };
	static const char *const still[] = { "gcc", "gcc_eh", "c", NULL };
	struct fixture *f = *state;

	check_link(f, "/usr/bin/gcc", "", c, false);
	check_link(f, "/usr/bin/gcc", "-shared -fPIC", c, false);
	check_link(f, "/usr/bin/gcc", "-Wl,--no-as-needed -lreadline -lm", readline, false);
	check_link(f, "/usr/bin/g++", "", cxx, false);
	check_link(f, "/usr/bin/gcc", "-static", still, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_ld_traces_is_among_the_inputs,
		                                fixture_set_up, fixture_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

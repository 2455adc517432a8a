#include "store_fixture.h"

#include "core/manifest.h"
#include "model/toolchain.h"

extern char **environ;

/* Each library that ldd prints for a program must stand in its closure. */
static void the_closure_has_what_ldd_prints(void **state)
{
	static const char *const programs[] = { "/usr/bin/ar", "/usr/bin/ld", "/usr/bin/as",
		                                "/usr/bin/strip", "/usr/bin/clang" };
	struct fixture *f = *state;

	for (size_t i = 0; i < countof(programs); i++) {
		struct err err = ERR_INIT;
		struct call call = { .store = f->st, .cwd = f->dir, .envp = environ };
		char *one[] = { (char *)programs[i], NULL };
		auto_free char *cmd =
			xasprintf("ldd %s | grep -o '/[^ ]*' | xargs realpath", programs[i]);
		auto_buf bytes = BUF_INIT;
		auto_manifest m = MANIFEST_INIT;
		struct oid id;
		char line[4096];
		size_t lines = 0;

		OK(closure_of(&call, one, NULL, &id, &err), err);
		OK(store_get(f->st, &id, &bytes, &err), err);
		OK(manifest_decode(bytes.data, bytes.len, &m, &err), err);
		FILE *out = popen(cmd, "r");
		CHECK(out, "popen");
		while (fgets(line, sizeof(line), out)) {
			bool found = false;
			line[strcspn(line, "\n")] = '\0';
			for (size_t k = 0; k < m.n; k++)
				found = found || strcmp(m.v[k].name, line) == 0;
			CHECK(found, "%s: %s", programs[i], line);
			lines++;
		}
		CHECK(pclose(out) == 0 && lines > 1, "%s", cmd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_closure_has_what_ldd_prints, fixture_set_up,
		                                fixture_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

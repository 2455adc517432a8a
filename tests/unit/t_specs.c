#include "check.h"

#include <unistd.h>

#include "base/file.h"
#include "model/specs.h"

static char scratch[] = "/tmp/t_specs.XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkdtemp(scratch) ? 0 : -1;
}

static int teardown(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	return file_remove_tree(scratch, &err);
}

static bool is_include_or_libgcc(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "include") == 0 || strcmp(name, "libgcc_eh.a") == 0;
}

static int check(const char *text, struct err *err)
{
	auto_free char *path = xasprintf("%s/own.specs", scratch);

	OK(file_write(path, text, strlen(text), 0644, err), *err);
	return specs_check(path, is_include_or_libgcc, NULL, err);
}

static void rules_that_mean_the_same_anywhere_are_taken(void **state)
{
	static const char *const texts[] = {
		"",
		"*self_spec:\n+ %{!shared:%{!r:%{!fPIE:-fno-PIE -no-pie}}}\n",
		"*cpp_options:\n-nostdinc -isystem /x -isystem include%s %(old_cpp_options)\n",
		"*cpp_unique_options:\n-isystem =/include/newlib %(old)\n",
		"*link_libgcc:\n-L/usr/lib/musl\n*libgcc:\nlibgcc.a%s "
		"%:if-exists(libgcc_eh.a%s)\n",
		"*link:\n%(old) %:replace-outfile(-lc -lc_nano) %{static:-Bstatic}\n",
		"*lib:\n%{!shared:%{g*:-lg}}\n*cc1:\n-I/x\n",
	};

	(void)state;
	for (size_t i = 0; i < countof(texts); i++) {
		struct err err = ERR_INIT;

		CHECK(check(texts[i], &err) == 0, "%s: %s", texts[i], err.msg);
	}
}

static void others_are_refused(void **state)
{
	static const char *const texts[] = {
		"%include <more.specs>\n",
		"*cc1_options:\n+ -fplugin=annobin\n",
		"*cc1_options:\n+ %:getenv(HOME /x)\n",
		"*startfile:\n%:if-exists(/x/x.o)\n",
		"*startfile:\n%:if-exists(x.o%s)\n",
		"*cpp:\n+ -Iinc\n",
		"*cpp:\n+ -isystem nothing%s\n",
		"*cpp:\n+ %{O2:-I/x}\n",
		"*cpp:\n+ %{O2:-isystem /x}\n",
		"*cpp:\n+ -include /x/x.h\n",
		"*link:\n+ %{O2:-L/x}\n",
		"*link:\n+ -Tx.ld\n-T x.ld\n",
		"*link:\n+ -L.\n",
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < countof(texts); i++) {
		err = (struct err)ERR_INIT;
		CHECK(check(texts[i], &err) < 0 && err.kind == ERR_UNSURE, "%s", texts[i]);
	}
	REFUSED(specs_check("/no/such", is_include_or_libgcc, NULL, &err), err, ERR_UNSURE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_that_mean_the_same_anywhere_are_taken),
		cmocka_unit_test(others_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

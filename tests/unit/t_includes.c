#include "check.h"

#include "base/file.h"
#include "base/path.h"
#include "model/includes.h"

static char scratch[] = "/tmp/t_includes.XXXXXX";

static int setup(void **state)
{
	static const char *const files[][2] = {
		{ "x", "" },
		{ "sub/x", "" },
		{ "one/x", "" },
		{ "sub/b", "%include \"x\"" },
		{ "self", "%include 'self'" },
	};
	struct err err = ERR_INIT;

	(void)state;
	if (!mkdtemp(scratch) || chdir(scratch) < 0)
		return -1;
	for (size_t i = 0; i < countof(files); i++) {
		auto_free char *folder = path_dir(files[i][0]);

		OK(file_mkdirs(folder, 0755, &err), err);
		OK(file_write(files[i][0], files[i][1], strlen(files[i][1]), 0644, &err), err);
	}
	return 0;
}

static int teardown(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	return chdir("/") < 0 ? -1 : file_remove_tree(scratch, &err);
}

/* NULL: it can't be told. Folders "one" and "s" are searched. */
static const struct {
	const char *source, *found;
} sources[] = {
	{ "", "a" },
	{ "%include \"x\"\n", "a x one/x" },
	{ "%include 'x'", "a x one/x" },
	{ "%if 0\n ; %include \"x\"\n%endif", "a x one/x" },
	{ "%INCLUDE\t\"./x\"", "a ./x one/./x" },
	{ "%include \"sub/b\"\n", "a sub/b x sub/x one/x" },
	{ "%include \"ub/b\"\n", "a sub/b x sub/x one/x" },
	{ "d: incbin \"b\"\n%include \"none\"", "a" },
	{ "d: times 2 incbin 'sub/b', 1", "a sub/b" },
	{ "my_incbin: incbins x\nincbin_x\n.incbin %incbin2", "a" },
	{ "%include \"self\"", "a self" },
	{ "%include \"sub\"", "a" },
	{ "%include X", NULL },
	{ "%include \"%1\"", NULL },
	{ "%include \"x\n", NULL },
	{ "%include \"\"", NULL },
	{ "incbin", NULL },
	{ "%include <x>", NULL },
};

static void all_that_can_be_meant_is_found(void **state)
{
	char *const include[] = { (char *)"%include", NULL };
	char *const embed[] = { (char *)"incbin", NULL };
	const struct includes_words words = { include, embed };
	auto_strv dirs = STRV_INIT;

	(void)state;
	strv_add(&dirs, "one");
	strv_add(&dirs, "s");
	for (size_t i = 0; i < countof(sources); i++) {
		auto_strv files = STRV_INIT;
		auto_strv data = STRV_INIT;
		auto_buf text = BUF_INIT;
		struct err err = ERR_INIT;

		OK(file_write("a", sources[i].source, strlen(sources[i].source), 0644, &err),
		   err);
		strv_add(&files, "a");
		bool sure = includes_find(&words, &dirs, &files, &data);
		strv_add_all(&files, strv_argv(&data));
		for (size_t k = 0; k < files.n; k++)
			buf_addf(&text, "%s%s", k ? " " : "", files.v[k]);
		CHECK(sure == (sources[i].found != NULL), "%s: sure %d", sources[i].source,
		      sure);
		CHECK(!sure || strcmp(buf_str(&text), sources[i].found) == 0, "%s: %s",
		      sources[i].source, buf_str(&text));
	}
}

static void a_source_that_cant_be_read_is_not_sure(void **state)
{
	char *const none[] = { NULL };
	const struct includes_words words = { none, none };
	auto_strv dirs = STRV_INIT;
	auto_strv files = STRV_INIT;

	(void)state;
	strv_add(&files, "missing");
	assert_false(includes_find(&words, &dirs, &files, &files));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_can_be_meant_is_found),
		cmocka_unit_test(a_source_that_cant_be_read_is_not_sure),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

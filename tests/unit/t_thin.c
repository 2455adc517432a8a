#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/proc.h"
#include "model/thin.h"

static char scratch[] = "/tmp/t_thin.XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkdtemp(scratch) && chdir(scratch) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	return chdir("/") < 0 ? -1 : file_remove_tree(scratch, &err);
}

static int run(const char *command)
{
	char *argv[] = { "sh", "-c", (char *)command, NULL };
	struct err err = ERR_INIT;

	return proc_capture(argv, NULL, NULL, NULL, NULL, &err);
}

static void test_members_are_named_from_where_the_archive_is(void **state)
{
	auto_strv members = STRV_INIT;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(run("mkdir lib 'o o' && echo 'int x;' | gcc -xc -c - -o one.o && "
	                     "cp one.o 'o o/a-name-of-some-length.o' && "
	                     "ar rcsT lib/x.a one.o 'o o/a-name-of-some-length.o'"),
	                 0);
	assert_int_equal(thin_members("lib/x.a", &members, &err), 0);
	assert_int_equal(members.n, 2);
	assert_string_equal(members.v[0], "lib/../one.o");
	assert_string_equal(members.v[1], "lib/../o o/a-name-of-some-length.o");
}

static void test_what_is_no_thin_archive_is_told(void **state)
{
	static const char *const texts[] = {
		"",
		"!<arch>\n",
		"!<thin>\n/0              0           0     0     644     1         `\n",
		"!<thin>\n//                                              99999999  `\n",
	};

	(void)state;
	for (size_t i = 0; i < countof(texts); i++) {
		auto_strv members = STRV_INIT;
		struct err err = ERR_INIT;

		assert_int_equal(thin_parse(texts[i], strlen(texts[i]), "", &members, &err),
		                 -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members_are_named_from_where_the_archive_is),
		cmocka_unit_test(test_what_is_no_thin_archive_is_told),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

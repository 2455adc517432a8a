#include "check.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "core/placeholder.h"

#define T "TQtmlNPfoECnIQfaVQVHYszwy3y0Kugtha3buA7k1fhI00000091"

static struct oid thunk;

static int set_up(void **state)
{
	return oid_parse(T, strlen(T), &thunk, NULL);
}

static void spell(const char *path, const char *tag, struct buf *out, unsigned *mode)
{
	struct err err = ERR_INIT;

	OK(placeholder_encode(path, &thunk, tag, out, mode, &err), err);
}

static void test_a_program_and_an_object_are_spelled_as_the_original_does(void **state)
{
	auto_buf program = BUF_INIT, object = BUF_INIT;
	unsigned mode;

	spell("bin/prog", NULL, &program, &mode);
	assert_string_equal(buf_str(&program), "#!/usr/bin/env gg-force-and-run\n" T "\n");
	assert_int_equal(mode, 0755);
	spell("a.o", "side", &object, &mode);
	assert_string_equal(buf_str(&object),
	                    "OUTPUT_FORMAT(\"elf64-x86-64\")/*\n" T "#side\n*/");
	assert_int_equal(mode, 0600);
}

static void test_the_linker_reads_what_it_would_link(void **state)
{
	static const struct {
		const char *path;
		bool linkable;
	} cases[] = {
		{ "a.o", true },      { "d/liba.a", true },   { "x.s", true },
		{ "x.S", true },      { "x.sho", true },      { "lib.so", true },
		{ "lib.so.1", true }, { "l.so.1.2.3", true }, { "l.so.", false },
		{ "l.so.x", false },  { "a.c", false },       { "o", false },
		{ "a.o/b", false },   { "a.d", false },       { "a.o.tmp", false },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		auto_buf text = BUF_INIT;
		unsigned mode;

		spell(cases[i].path, NULL, &text, &mode);
		CHECK((mode == 0600) == cases[i].linkable, "%s", cases[i].path);
	}
}

static void test_any_tag_comes_back(void **state)
{
	static const char *const tags[] = {
		"side", "a b", "100%", "%41", "a\nb", "\x7f", "ü#="
	};

	for (size_t i = 0; i < countof(tags); i++) {
		auto_buf text = BUF_INIT;
		auto_placeholder h = { 0 };
		struct err err = ERR_INIT;
		unsigned mode;

		spell("a.o", tags[i], &text, &mode);
		OK(placeholder_decode(text.data, text.len, &h, &err), err);
		assert_string_equal(h.thunk.s, T);
		assert_string_equal(h.tag, tags[i]);
	}
}

static void test_a_tag_that_could_not_be_read_back_is_refused(void **state)
{
	auto_free char *tag = xmalloc(4001);
	auto_buf text = BUF_INIT, escaped = BUF_INIT;
	struct err err = ERR_INIT;
	unsigned mode;

	memset(tag, 'x', 4000);
	tag[4000] = '\0';
	OK(placeholder_encode("a.o", &thunk, tag, &text, &mode, &err), err);
	memset(tag, ' ', 2000); /* three bytes each */
	REFUSED(placeholder_encode("a.o", &thunk, tag, &escaped, &mode, &err), err, ERR_UNSURE);
}

static void test_what_is_malformed_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"#!/usr/bin/env gg-force-and-ru",
		"#!/usr/bin/env gg-force-and-run",
		"#!/usr/bin/env gg-force-and-run\n",
		"#!/usr/bin/env gg-force-and-run\n" T "#\n",
		"#!/usr/bin/env gg-force-and-run\n" T "0\n",
		"#!/usr/bin/env gg-force-and-run\nV"
		"QtmlNPfoECnIQfaVQVHYszwy3y0Kugtha3buA7k1fhI00000091\n",
		"#!/usr/bin/env gg-force-and-run\n../../etc/passwd\n",
		"OUTPUT_FORMAT(\"elf64-x86-64\")/*\n*/",
	};

	for (size_t i = 0; i < countof(cases); i++) {
		auto_placeholder h = { 0 };
		struct err err = ERR_INIT;

		REFUSED(placeholder_decode(cases[i], strlen(cases[i]), &h, &err), err,
		        ERR_CORRUPT);
	}
}

static void test_every_truncation_is_refused(void **state)
{
	auto_buf text = BUF_INIT;
	unsigned mode;

	spell("p", NULL, &text, &mode);
	for (size_t len = 0; len + 1 < text.len; len++) {
		auto_placeholder h = { 0 };
		struct err err = ERR_INIT;

		REFUSED(placeholder_decode(text.data, len, &h, &err), err, ERR_CORRUPT);
	}
}

static void test_a_file_is_one_is_none_or_is_broken(void **state)
{
	char dir[] = "/tmp/gg-t_placeholder-XXXXXX";
	auto_placeholder h = { 0 };
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;
	unsigned mode;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(placeholder_read("none", &h, &err), 0);
	assert_int_equal(placeholder_read(".", &h, &err), 0);
	spell("p", NULL, &text, &mode);
	OK(file_write("p", text.data, text.len, mode, &err), err);
	assert_int_equal(placeholder_read("p", &h, &err), 1);
	assert_string_equal(h.thunk.s, T);
	text.data[40] = '!';
	OK(file_write("broken", text.data, text.len, mode, &err), err);
	REFUSED(placeholder_read("broken", &h, &err), err, ERR_CORRUPT);
	assert_non_null(strstr(err.msg, "broken"));
	OK(file_write("large", text.data, text.len, 0600, &err), err);
	assert_int_equal(truncate("large", 5000), 0);
	assert_int_equal(placeholder_read("large", &h, &err), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(placeholder_read("fifo", &h, &err), 0);
	OK(file_remove_tree(dir, &err), err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_program_and_an_object_are_spelled_as_the_original_does),
		cmocka_unit_test(test_the_linker_reads_what_it_would_link),
		cmocka_unit_test(test_any_tag_comes_back),
		cmocka_unit_test(test_a_tag_that_could_not_be_read_back_is_refused),
		cmocka_unit_test(test_what_is_malformed_is_refused),
		cmocka_unit_test(test_every_truncation_is_refused),
		cmocka_unit_test(test_a_file_is_one_is_none_or_is_broken),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}

/* Which inputs need LLVM's plugin: all that may not be ELF. */
#include "store_fixture.h"

#include "model/plugins.h"

extern char **environ;

/* A member's header and data. */
static void add_member(struct buf *b, const char *name, const char *data, size_t len)
{
	buf_addf(b, "%-16s%-12s%-6s%-6s%-8s%-10zu`\n", name, "0", "0", "0", "644", len);
	buf_add(b, data, len);
	if (len & 1)
		buf_addc(b, '\n');
}

static bool may_be_bitcode(const struct fixture *f, const char *data, size_t len)
{
	auto_free char *path = fixture_path(f, "input");
	struct call call = {
		.store = f->st,
		.cwd = f->dir,
		.envp = environ,
		.tool = "/usr/bin/ar",
	};
	auto_plan p = { 0 };
	struct err err = ERR_INIT;

	fixture_write(path, data, len);
	plan_init(&p, &call);
	OK(plan_add_input(&p, &call, path, &err), err);
	return plugins_may_be_bitcode(&p);
}

static void test_only_elf_is_sure_not_to_be_bitcode(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		bool want;
	} cases[] = {
		{ "\177ELF\2\1\1\0", 8, false },
		{ "BC\300\336....", 8, true },
		{ "\336\300\27\v....", 8, true },
		{ "int a;", 6, true },
		{ "", 0, true },
		{ "\177EL", 3, true },
	};

	for (size_t i = 0; i < countof(cases); i++)
		CHECK(may_be_bitcode(*state, cases[i].data, cases[i].len) == cases[i].want,
		      "case %zu", i);
}

static void test_an_archive_is_what_its_members_are(void **state)
{
	static const struct {
		const char *name, *data;
		size_t len;
		bool want;
	} cases[] = {
		{ "a.o/", "\177ELF...", 7, false },
		{ "a.o/", "BC\300\336", 4, true },
		{ "/0", "BC\300\336", 4, true },
		{ "/", "BC\300\336", 4, false },
		{ "//", "BC\300\336", 4, false },
		{ "/SYM64/", "BC\300\336", 4, false },
		{ "a.o/", "", 0, true },
		{ "#1/8", "name\0\0\0\0\177ELF", 12, true },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		auto_buf b = BUF_INIT;

		buf_adds(&b, "!<arch>\n");
		add_member(&b, "/", "\0\0\0\0", 4);
		add_member(&b, "first.o/", "\177ELF?", 5);
		add_member(&b, cases[i].name, cases[i].data, cases[i].len);
		add_member(&b, "last.o/", "\177ELF", 4);
		CHECK(may_be_bitcode(*state, b.data, b.len) == cases[i].want, "case %zu", i);
	}
}

static void test_a_damaged_archive_may_be_anything(void **state)
{
	auto_buf b = BUF_INIT;

	buf_adds(&b, "!<arch>\n");
	add_member(&b, "first.o/", "\177ELF", 4);
	add_member(&b, "last.o/", "\177ELF", 4);
	CHECK(!may_be_bitcode(*state, b.data, b.len), "whole");
	for (size_t len = 9; len < b.len; len++)
		if (len != 72 && len < 136)
			CHECK(may_be_bitcode(*state, b.data, len), "cut at %zu", len);
	memset(b.data + 8 + 48, '9', 10);
	CHECK(may_be_bitcode(*state, b.data, b.len), "a member of 9999999999 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_only_elf_is_sure_not_to_be_bitcode,
		                                fixture_set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(test_an_archive_is_what_its_members_are,
		                                fixture_set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(test_a_damaged_archive_may_be_anything,
		                                fixture_set_up, fixture_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

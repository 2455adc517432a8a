/* Which inputs need LLVM's plugin: all that may not be ELF. */
#include <elf.h>

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

/* An ELF object of one section, the names of the sections: @names with its NUL. */
static void add_elf(struct buf *b, const char *names)
{
	Elf64_Ehdr h = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
		         .e_shentsize = sizeof(Elf64_Shdr),
		         .e_shnum = 1,
		         .e_shoff = sizeof(h) };
	Elf64_Shdr table = { .sh_offset = sizeof(h) + sizeof(table),
		             .sh_size = strlen(names) + 1 };

	buf_add(b, &h, sizeof(h));
	buf_add(b, &table, sizeof(table));
	buf_add(b, names, strlen(names) + 1);
}

static void test_only_elf_without_bitcode_is_sure_not_to_be_bitcode(void **state)
{
	static const struct {
		const char *data;
		size_t len;
	} others[] = { { "BC\300\336....", 8 },
		       { "\336\300\27\v....", 8 },
		       { "int a;", 6 },
		       { "", 0 },
		       { "\177ELF\2\1\1\0", 8 } };
	auto_buf plain = BUF_INIT, both = BUF_INIT;

	add_elf(&plain, ".text");
	add_elf(&both, ".llvmbc");
	CHECK(!may_be_bitcode(*state, plain.data, plain.len), "an object");
	CHECK(may_be_bitcode(*state, both.data, both.len), "with bitcode beside the code");
	for (size_t len = 0; len < plain.len; len++)
		CHECK(may_be_bitcode(*state, plain.data, len), "cut at %zu", len);
	for (size_t i = 0; i < countof(others); i++)
		CHECK(may_be_bitcode(*state, others[i].data, others[i].len), "case %zu", i);
}

/* An archive of an index, an object, @data under @name, and an object. */
static bool archive_may_be_bitcode(const struct fixture *f, const char *name, const char *data,
                                   size_t len)
{
	auto_buf b = BUF_INIT, plain = BUF_INIT;

	add_elf(&plain, ".text");
	buf_adds(&b, "!<arch>\n");
	add_member(&b, "/", "\0\0\0\0", 4);
	add_member(&b, "first.o/", plain.data, plain.len);
	add_member(&b, name, data, len);
	add_member(&b, "last.o/", plain.data, plain.len);
	return may_be_bitcode(f, b.data, b.len);
}

static void test_an_archive_is_what_its_members_are(void **state)
{
	static const struct {
		const char *name, *data;
		size_t len;
		bool want;
	} cases[] = {
		{ "a.o/", "BC\300\336", 4, true },
		{ "/0", "BC\300\336", 4, true },
		{ "/", "BC\300\336", 4, false },
		{ "//", "BC\300\336", 4, false },
		{ "/SYM64/", "BC\300\336", 4, false },
		{ "a.o/", "", 0, true },
		{ "#1/8", "name\0\0\0\0\177ELF", 12, true },
	};
	auto_buf plain = BUF_INIT, both = BUF_INIT;

	for (size_t i = 0; i < countof(cases); i++)
		CHECK(archive_may_be_bitcode(*state, cases[i].name, cases[i].data,
		                             cases[i].len) == cases[i].want,
		      "case %zu", i);
	add_elf(&plain, ".text");
	add_elf(&both, ".llvmbc");
	CHECK(!archive_may_be_bitcode(*state, "/0", plain.data, plain.len), "objects");
	CHECK(archive_may_be_bitcode(*state, "a.o/", both.data, both.len), "one with bitcode");
}

static void test_a_damaged_archive_may_be_anything(void **state)
{
	auto_buf b = BUF_INIT, plain = BUF_INIT;

	add_elf(&plain, ".text");
	buf_adds(&b, "!<arch>\n");
	add_member(&b, "first.o/", plain.data, plain.len);
	size_t first_end = b.len;
	add_member(&b, "last.o/", plain.data, plain.len);
	CHECK(!may_be_bitcode(*state, b.data, b.len), "whole");
	auto_buf cut = BUF_INIT;
	buf_adds(&cut, "!<arch>\n");
	add_member(&cut, "first.o/", plain.data, sizeof(Elf64_Ehdr) + 8);
	add_member(&cut, "last.o/", plain.data, plain.len);
	CHECK(may_be_bitcode(*state, cut.data, cut.len), "a member that is cut");
	for (size_t len = 9; len < b.len; len++)
		if (len != first_end)
			CHECK(may_be_bitcode(*state, b.data, len), "cut at %zu", len);
	memset(b.data + 8 + 48, '9', 10);
	CHECK(may_be_bitcode(*state, b.data, b.len), "a member of 9999999999 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_only_elf_without_bitcode_is_sure_not_to_be_bitcode, fixture_set_up,
			fixture_tear_down),
		cmocka_unit_test_setup_teardown(test_an_archive_is_what_its_members_are,
		                                fixture_set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(test_a_damaged_archive_may_be_anything,
		                                fixture_set_up, fixture_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

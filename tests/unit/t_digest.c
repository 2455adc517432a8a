#include "check.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "core/digest.h"

static void test_names_are_those_of_the_original(void **state)
{
	static const struct {
		const char *text;
		const char *name;
	} cases[] = {
		{ "", "V47DEQpj8HBSa._TImW.5JCeuQeRkm5NMpJWZG3hSuFU00000000" },
		{ "hello\n", "VWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM00000006" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct oid id;

		digest_bytes(cases[i].text, strlen(cases[i].text), &id);
		assert_string_equal(id.s, cases[i].name);
	}
}

static void test_what_begins_with_the_magic_is_a_thunk(void **state)
{
	static const struct {
		const char *text;
		char kind;
	} cases[] = {
		{ "##GGTHUNK##", 'T' }, { "##GGTHUNK##and more", 'T' }, { "##GGTHUNK#", 'V' },
		{ "##GGTHUNK#X", 'V' }, { " ##GGTHUNK##", 'V' },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct digest d;
		struct oid whole, pieces;

		digest_bytes(cases[i].text, strlen(cases[i].text), &whole);
		digest_init(&d);
		for (const char *at = cases[i].text; *at; at++)
			digest_add(&d, at, 1);
		digest_done(&d, &pieces);
		assert_int_equal(whole.s[0], cases[i].kind);
		assert_true(oid_eq(&whole, &pieces));
	}
}

static void test_a_stream_has_the_name_of_its_bytes_from_where_it_stands(void **state)
{
	enum { LEN = 3 << 20, SKIP = 12345 };
	struct err err = ERR_INIT;
	auto_fd from = memfd_create("from", MFD_CLOEXEC);
	auto_fd to = memfd_create("to", MFD_CLOEXEC);
	auto_free char *data = xmalloc(LEN);
	auto_free char *copy = xmalloc(LEN);
	struct oid whole, streamed, copied;

	for (size_t i = 0; i < LEN; i++)
		data[i] = (char)(i * 2654435761u >> 13);
	assert_int_equal(write(from, data, LEN), LEN);
	digest_bytes(data + SKIP, LEN - SKIP, &whole);
	lseek(from, SKIP, SEEK_SET);
	OK(digest_fd(from, &streamed, &err), err);
	assert_string_equal(streamed.s, whole.s);
	lseek(from, SKIP, SEEK_SET);
	OK(digest_copy(from, to, &copied, &err), err);
	assert_string_equal(copied.s, whole.s);
	assert_int_equal(pread(to, copy, LEN, 0), LEN - SKIP);
	assert_memory_equal(copy, data + SKIP, LEN - SKIP);
}

static void test_a_copy_is_whole_whatever_its_size_was_said_to_be(void **state)
{
	static const uint64_t said[] = { 10, 3, 0, 11 };
	struct err err = ERR_INIT;
	struct oid want, id;

	digest_bytes("0123456789", 10, &want);
	for (size_t i = 0; i < countof(said); i++) {
		auto_fd from = memfd_create("from", MFD_CLOEXEC);
		auto_fd to = memfd_create("to", MFD_CLOEXEC);
		char copy[16];

		assert_int_equal(write(from, "0123456789", 10), 10);
		lseek(from, 0, SEEK_SET);
		OK(digest_copy_sized(from, to, said[i], &id, &err), err);
		assert_string_equal(id.s, want.s);
		assert_int_equal(pread(to, copy, sizeof(copy), 0), 10);
		assert_memory_equal(copy, "0123456789", 10);
	}
}

static void test_a_stream_that_cannot_be_read_or_written_is_an_error(void **state)
{
	struct err err = ERR_INIT;
	auto_fd folder = open("/", O_RDONLY | O_CLOEXEC);
	auto_fd full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	auto_fd some = memfd_create("some", MFD_CLOEXEC);
	struct oid id;

	assert_int_equal(write(some, "x", 1), 1);
	lseek(some, 0, SEEK_SET);
	CHECK(digest_fd(folder, &id, &err) < 0, "a folder has no name");
	REFUSED(digest_copy(some, full, &id, &err), err, ERR_NOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_those_of_the_original),
		cmocka_unit_test(test_what_begins_with_the_magic_is_a_thunk),
		cmocka_unit_test(test_a_stream_has_the_name_of_its_bytes_from_where_it_stands),
		cmocka_unit_test(test_a_copy_is_whole_whatever_its_size_was_said_to_be),
		cmocka_unit_test(test_a_stream_that_cannot_be_read_or_written_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "check.h"

#include <sys/stat.h>

#include "core/manifest.h"

#define A    "VWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM00000006"
#define HEAD "##GGMANIFEST##\n"

static struct oid a;

static int set_up(void **state)
{
	return oid_parse(A, strlen(A), &a, NULL);
}

static void test_the_bytes_are_those_of_the_description(void **state)
{
	static const char want[] = HEAD "40755 - /lib\0"
					"120777 " A " /lib/l\0"
					"100644 " A " a b\n";
	auto_manifest m = MANIFEST_INIT;
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;

	manifest_add(&m, "a b\n", &a, S_IFREG | 0644);
	manifest_add(&m, "/lib/l", &a, S_IFLNK | 0777);
	manifest_add(&m, "/lib", NULL, S_IFDIR | 0755);
	manifest_add(&m, "/lib", NULL, S_IFDIR | 0755);
	OK(manifest_encode(&m, &text, &err), err);
	assert_int_equal(text.len, sizeof(want));
	assert_memory_equal(text.data, want, sizeof(want));
}

static void test_what_was_encoded_is_read_back(void **state)
{
	auto_manifest m = MANIFEST_INIT, again = MANIFEST_INIT;
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;

	for (int i = 0; i < 1000; i++) {
		auto_free char *name = xasprintf("/usr/%d", i * 613 % 1000);
		manifest_add(&m, name, &a, S_IFREG | (i % 2 ? 0755 : 0644));
	}
	OK(manifest_encode(&m, &text, &err), err);
	OK(manifest_decode(text.data, text.len, &again, &err), err);
	assert_int_equal(again.n, 1000);
	for (size_t i = 0; i < again.n; i++) {
		assert_string_equal(again.v[i].name, m.v[i].name);
		assert_int_equal(again.v[i].mode, m.v[i].mode);
		assert_string_equal(again.v[i].id.s, A);
	}
}

#define BYTES(text)                \
	{                          \
		text, sizeof(text) \
	} /* the last NUL ends the last entry */

static void test_what_is_malformed_is_refused(void **state)
{
	static const struct {
		const char *data;
		size_t len;
	} cases[] = {
		{ "", 0 },
		{ "x", 1 },
		{ HEAD "40755 - /lib", sizeof(HEAD "40755 - /lib") - 1 },
		BYTES(HEAD "40755 - /b\0"
		           "40755 - /a"),
		BYTES(HEAD "40755 - /a\0"
		           "40755 - /a"),
		BYTES(HEAD "40755 - /a/../b"),
		BYTES(HEAD "40755 - ../b"),
		BYTES(HEAD "40755 - "),
		BYTES(HEAD "40755 -"),
		BYTES(HEAD "40755 " A " /a"),
		BYTES(HEAD "100644 - /a"),
		BYTES(HEAD "100644 V123 /a"),
		BYTES(HEAD "60644 " A " /a"),
		BYTES(HEAD "644 " A " /a"),
		BYTES(HEAD "+40755 - /a"),
		BYTES(HEAD "040755 - /a"),
		BYTES(HEAD " 40755 - /a"),
		BYTES(HEAD "-1 - /a"),
		BYTES(HEAD "99999999999999999999 - /a"),
		BYTES(HEAD "7777777777777777777777 - /a"),
		BYTES(HEAD "\0"),
	};

	for (size_t i = 0; i < countof(cases); i++) {
		auto_manifest m = MANIFEST_INIT;
		struct err err = ERR_INIT;

		CHECK(manifest_decode(cases[i].data, cases[i].len, &m, &err) < 0,
		      "case %zu was taken", i);
		assert_int_equal(err.kind, ERR_CORRUPT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_bytes_are_those_of_the_description),
		cmocka_unit_test(test_what_was_encoded_is_read_back),
		cmocka_unit_test(test_what_is_malformed_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}

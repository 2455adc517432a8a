#include "check.h"

#include "core/digest.h"
#include "core/oid.h"

#define HELLO "VWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM00000006"

static void test_a_name_is_read_whole_or_refused(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{ HELLO, true },
		{ "T" HELLO + 0, false }, /* one too many */
		{ "", false },
		{ "V", false },
		{ "XWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM00000006", false },
		{ "VWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM0000000", false },
		{ "VWJG1tSLV3whtD-CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM00000006", false },
		{ "VWJG1tSLV3whtD/CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM00000006", false },
		{ "VWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM0000000G", false },
		{ "VWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM0000000A", false },
		{ "VWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM00000006#x", false },
		{ "VWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM00000006\n", false },
		{ "VWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM1ffffffff", true },
		{ "VWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM0123456789abcdef", false },
		{ "VWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM123456789abcdef01", false },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		const char *text = cases[i].text;
		struct oid id;

		CHECK(oid_valid(text) == cases[i].good, "valid? %s", text);
		CHECK((oid_parse(text, strlen(text), &id, NULL) == 0) == cases[i].good,
		      "parse %s", text);
		if (cases[i].good)
			assert_string_equal(id.s, text);
	}
}

static bool fits(size_t place, char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";
	const char *digit = strchr(digits, c);

	if (place == 0)
		return c == 'V' || c == 'T';
	if (place == 43) /* its last two bits are no part of the digest */
		return digit && (digit - digits) % 4 == 0;
	return place < 44 ? digit != NULL : strchr("0123456789abcdef", c) != NULL;
}

static void test_each_place_takes_only_the_characters_of_its_alphabet(void **state)
{
	static const char *const names[] = {
		HELLO, "VWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM123456789abcdef0"
	};

	for (size_t n = 0; n < countof(names); n++) {
		for (size_t i = 0; names[n][i]; i++) {
			struct oid id, now;

			assert_int_equal(oid_parse(names[n], strlen(names[n]), &id, NULL), 0);
			for (int c = 1; c < 256; c++) {
				bool good =
					fits(i, (char)c) && !(n == 1 && i == 44 && c == '0');

				id.s[i] = (char)c;
				CHECK(oid_valid(id.s) == good, "%s: place %zu", id.s, i);
				CHECK((oid_parse(id.s, strlen(names[n]), &now, NULL) == 0) ==
				              good,
				      "parse %s: place %zu", id.s, i);
			}
		}
	}
}

static void test_lengths_over_32_bits_have_more_digits_and_are_read_back(void **state)
{
	static const struct {
		uint64_t size_bytes;
		const char *digits;
	} cases[] = {
		{ 0, "00000000" },           { 1, "00000001" },
		{ 0xffffffff, "ffffffff" },  { 0x100000000, "100000000" },
		{ 5368709120, "140000000" }, { UINT64_MAX, "ffffffffffffffff" },
	};
	unsigned char digest[OID_DIGEST_LEN] = { 1, 2, 3 };

	for (size_t i = 0; i < countof(cases); i++) {
		unsigned char back[OID_DIGEST_LEN];
		struct oid id, again;

		oid_make('V', digest, cases[i].size_bytes, &id);
		assert_string_equal(id.s + 44, cases[i].digits);
		assert_int_equal(oid_parse(id.s, strlen(id.s), &again, NULL), 0);
		assert_true(oid_eq(&id, &again));
		assert_true(oid_size(&again) == cases[i].size_bytes);
		oid_digest(&again, back);
		assert_memory_equal(back, digest, sizeof(back));
	}
}

static void test_names_that_differ_in_one_place_are_not_equal(void **state)
{
	struct oid a = { HELLO }, b = { HELLO };

	assert_true(oid_eq(&a, &b));
	for (size_t i = 0; i < strlen(HELLO); i++) {
		b = a;
		b.s[i] ^= 1;
		assert_false(oid_eq(&a, &b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_name_is_read_whole_or_refused),
		cmocka_unit_test(test_each_place_takes_only_the_characters_of_its_alphabet),
		cmocka_unit_test(test_lengths_over_32_bits_have_more_digits_and_are_read_back),
		cmocka_unit_test(test_names_that_differ_in_one_place_are_not_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

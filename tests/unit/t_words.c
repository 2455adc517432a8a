#include "check.h"

#include "base/strv.h"
#include "base/words.h"

static void words_are_split_as_a_shell_does(void **state)
{
	static const char *const texts[] = {
		"",
		"  a  b\tc ",
		"'a b' \"c d\"e",
		"a\\ b \\'x\\' ''",
		"\"a \\\"b\\\" \\n \\\\\" 'it'\\''s'",
		"--x='1 2' -y=\"$\"",
	};

	for (size_t i = 0; i < countof(texts); i++) {
		auto_strv got = STRV_INIT;
		struct err err = ERR_INIT;
		auto_free char *command =
			xasprintf("for w in %s; do printf '%%s|' \"$w\"; done", texts[i]);
		FILE *shell = popen(command, "r");
		char want[256] = "";
		char text[256] = "";

		CHECK(fread(want, 1, sizeof(want) - 1, shell) < sizeof(want), "read");
		pclose(shell);
		OK(words_split(texts[i], 0, &got, &err), err);
		for (size_t k = 0; k < got.n; k++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s|",
			         got.v[k]);
		assert_string_equal(text, want);
	}
}

static void what_needs_a_shell_is_refused(void **state)
{
	static const char *const texts[] = { "a | b", "a < b", "a; b", "x $y", "*.c", "~/x" };
	static const char *const fine[] = { "'a | b'", "a\\;b", "x~", "{} {.}.o" };
	struct err err;

	for (size_t i = 0; i < countof(texts); i++) {
		auto_strv got = STRV_INIT;

		REFUSED(words_split(texts[i], WORDS_COMMAND, &got, &err), err, ERR_USAGE);
	}
	for (size_t i = 0; i < countof(fine); i++) {
		auto_strv got = STRV_INIT;

		OK(words_split(fine[i], WORDS_COMMAND, &got, &err), err);
	}
}

static void a_redirection_is_a_word(void **state)
{
	auto_strv got = STRV_INIT;
	struct err err = ERR_INIT;

	OK(words_split("sort {}>{.}.s", WORDS_COMMAND, &got, &err), err);
	CHECK(got.n == 4, "%zu words", got.n);
	assert_string_equal(got.v[2], ">");
}

static void quotes_must_end_and_comments_do(void **state)
{
	auto_strv got = STRV_INIT;
	struct err err;

	REFUSED(words_split("a 'b", 0, &got, &err), err, ERR_USAGE);
	strv_clear(&got);
	OK(words_split("a#b # c", WORDS_COMMENTS, &got, &err), err);
	CHECK(got.n == 1, "%zu words", got.n);
}

static void what_follows_a_prefix(void **state)
{
	assert_string_equal(words_after("--tag=CC", "--tag="), "CC");
	assert_string_equal(words_after("-o", "-o"), "");
	assert_null(words_after("-", "-o"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_split_as_a_shell_does),
		cmocka_unit_test(what_needs_a_shell_is_refused),
		cmocka_unit_test(a_redirection_is_a_word),
		cmocka_unit_test(quotes_must_end_and_comments_do),
		cmocka_unit_test(what_follows_a_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

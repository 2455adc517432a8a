#include "check.h"

#include "base/clock.h"
#include "base/file.h"
#include "core/base64.h"
#include "net/idtoken.h"

/* A token that ends at @exp, as Google makes them (unsigned: nobody looks here). */
static char *token_until(long long exp)
{
	auto_free char *json = xasprintf("{\"aud\":\"x\",\"exp\":%lld}", exp);
	auto_buf text = BUF_INIT;

	base64_encode(json, strlen(json), &text);
	text.data[strcspn(text.data, "=")] = '\0';
	return xasprintf("eyJhbGciOiJSUzI1NiJ9.%s.c2ln", text.data);
}

static long long now_s(void)
{
	return (long long)(clock_wall_ns() / 1000000000);
}

static void test_the_end_of_a_token_is_read(void **state)
{
	auto_free char *token = token_until(1234567890);

	assert_int_equal(idtoken_expiry_s(token), 1234567890);
	assert_int_equal(idtoken_expiry_s("opaque"), 0);
	assert_int_equal(idtoken_expiry_s("a.b.c"), 0);
	assert_int_equal(idtoken_expiry_s("a.!!!!.c"), 0);
	assert_int_equal(idtoken_expiry_s("a.bnVsbA.c"), 0);
	assert_int_equal(idtoken_expiry_s(".."), 0);
}

static void test_the_environment_comes_first(void **state)
{
	char *envp[] = { "GG_CLOUDRUN_TOKEN=one", "GG_CLOUDRUN_TOKEN_FILE=/nowhere", NULL };
	struct idtoken *t = idtoken_new(envp, "https://x");
	struct err err = ERR_INIT;
	auto_free char *got = NULL;

	OK(idtoken_get(t, &got, &err), err);
	assert_string_equal(got, "one");
	assert_string_equal(idtoken_source(t), "GG_CLOUDRUN_TOKEN");
	assert_false(idtoken_refused(t));
	idtoken_free(t);
}

static void test_a_file_is_read_again_when_its_token_was_refused(void **state)
{
	auto_free char *path = xasprintf("/tmp/gg-token-%d", (int)getpid());
	auto_free char *env = xasprintf("GG_CLOUDRUN_TOKEN_FILE=%s", path);
	auto_free char *old = token_until(now_s() + 1000);
	auto_free char *now = token_until(now_s() + 2000);
	auto_free char *got = NULL, *got2 = NULL, *got3 = NULL;
	char *envp[] = { env, NULL };
	struct idtoken *t = idtoken_new(envp, "https://x");
	struct err err = ERR_INIT;

	REFUSED(idtoken_get(t, &got, &err), err, ERR_NOTFOUND);
	file_write(path, old, strlen(old), 0600, NULL);
	OK(idtoken_get(t, &got, &err), err);
	assert_string_equal(got, old);
	assert_false(idtoken_refused(t));
	OK(idtoken_get(t, &got2, &err), err);
	file_write(path, now, strlen(now), 0600, NULL);
	assert_true(idtoken_refused(t));
	OK(idtoken_get(t, &got3, &err), err);
	assert_string_equal(got3, now);
	idtoken_free(t);
	unlink(path);
}

static void test_what_is_no_token_or_too_old_is_refused(void **state)
{
	auto_free char *path = xasprintf("/tmp/gg-token-%d", (int)getpid());
	auto_free char *env = xasprintf("GG_CLOUDRUN_TOKEN_FILE=%s", path);
	auto_free char *past = token_until(now_s() - 10);
	char *envp[] = { env, NULL };
	struct idtoken *t = idtoken_new(envp, "https://x");
	struct err err = ERR_INIT;
	char *got = NULL;

	file_write(path, "", 0, 0600, NULL);
	REFUSED(idtoken_get(t, &got, &err), err, ERR_USAGE);
	file_write(path, "two words", 9, 0600, NULL);
	REFUSED(idtoken_get(t, &got, &err), err, ERR_USAGE);
	file_write(path, "a\001b", 3, 0600, NULL);
	REFUSED(idtoken_get(t, &got, &err), err, ERR_USAGE);
	file_write(path, past, strlen(past), 0600, NULL);
	REFUSED(idtoken_get(t, &got, &err), err, ERR_DENIED);
	idtoken_free(t);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_end_of_a_token_is_read),
		cmocka_unit_test(test_the_environment_comes_first),
		cmocka_unit_test(test_a_file_is_read_again_when_its_token_was_refused),
		cmocka_unit_test(test_what_is_no_token_or_too_old_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

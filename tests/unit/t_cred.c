#include "peer_fixture.h"

#include "base/file.h"
#include "base/strv.h"
#include "net/cred.h"
#include "net/profile.h"

static struct peer metadata;
static char home[64];

static void write_file(const char *name, const char *text)
{
	auto_free char *path = xasprintf("%s/%s", home, name);
	struct err err = ERR_INIT;

	OK(file_write(path, text, strlen(text), 0600, &err), err);
}

/* @lines: variables, '\n' between; HOME is the scratch folder and no metadata is asked. */
static struct cred *cred_of(const char *lines)
{
	auto_strv env = STRV_INIT;

	strv_addf(&env, "HOME=%s", home);
	if (!strstr(lines, "SERVICE_ENDPOINT"))
		strv_add(&env, "AWS_EC2_METADATA_DISABLED=true");
	for (size_t n; *lines; lines += n + (lines[n] == '\n')) {
		n = strcspn(lines, "\n");
		strv_addn(&env, lines, n);
	}
	return cred_new(strv_argv(&env));
}

static void test_the_chain_is_walked_in_order(void **state)
{
	struct {
		char env[300];
		const char *key, *secret, *token, *source;
	} cases[] = {
		{ "AWS_ACCESS_KEY_ID=e\nAWS_SECRET_ACCESS_KEY=s\nAWS_SESSION_TOKEN=t\n"
		  "AWS_PROFILE=dev",
		  "e", "s", "t", "environment" },
		{ "AWS_ACCESS_KEY_ID=e\nAWS_SECRET_ACCESS_KEY=s\nAWS_SESSION_TOKEN=", "e", "s",
		  NULL, "environment" },
		{ "", "def", "defs", NULL, "profile default" },
		{ "AWS_PROFILE=dev", "dev", "devs/+=", "a-token", "profile dev" },
		{ "AWS_PROFILE=conf", "conf", "confs", NULL, "profile conf" },
		{ "AWS_PROFILE=proc", "proc", "procs", "proct", "profile proc" },
		{ "", "container", "Scontainer", "Tcontainer", "container metadata" },
		{ "", "instance", "Sinstance", "Tinstance", "instance metadata" },
	};
	enum { CONTAINER = 6, INSTANCE = 7 };

	snprintf(cases[CONTAINER].env, sizeof(cases[0].env),
	         "AWS_SHARED_CREDENTIALS_FILE=/dev/null\n"
	         "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:%u/container\n"
	         "AWS_CONTAINER_AUTHORIZATION_TOKEN=sesame",
	         metadata.port);
	snprintf(cases[INSTANCE].env, sizeof(cases[0].env),
	         "AWS_SHARED_CREDENTIALS_FILE=/dev/null\n"
	         "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:%u/",
	         metadata.port);
	for (size_t i = 0; i < countof(cases); i++) {
		struct cred *c = cred_of(cases[i].env);
		struct err err = ERR_INIT;
		struct cred_keys k;

		OK(cred_get(c, &k, &err), err);
		assert_string_equal(k.access_key, cases[i].key);
		assert_string_equal(k.secret_key, cases[i].secret);
		CHECK(!k.session_token == !cases[i].token, "case %zu: token", i);
		if (k.session_token)
			assert_string_equal(k.session_token, cases[i].token);
		assert_string_equal(cred_source(c), cases[i].source);
		cred_free(c);
	}
}

static void test_what_is_missing_is_said(void **state)
{
	static const struct {
		const char *env, *says;
	} cases[] = {
		{ "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "no AWS credentials" },
		{ "AWS_ACCESS_KEY_ID=e", "not AWS_SECRET_ACCESS_KEY" },
		{ "AWS_PROFILE=nobody", "there is no profile nobody" },
		{ "AWS_PROFILE=role", "role_arn, which gg can't use" },
		{ "AWS_PROFILE=empty", "has no keys" },
		{ "AWS_PROFILE=badproc", "credential_process failed" },
		{ "AWS_SHARED_CREDENTIALS_FILE=/dev/null\n"
		  "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://example.com/x",
		  "neither https nor this machine" },
		{ "AWS_SHARED_CREDENTIALS_FILE=/dev/null\n"
		  "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/x",
		  "container credentials" },
		{ "AWS_SHARED_CREDENTIALS_FILE=/dev/null\n"
		  "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1",
		  "no AWS credentials" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct cred *c = cred_of(cases[i].env);
		struct err err = ERR_INIT;
		struct cred_keys k;

		CHECK(cred_get(c, &k, &err) < 0, "case %zu", i);
		assert_int_equal(err.kind, ERR_NOTFOUND);
		CHECK(strstr(err.msg, cases[i].says), "case %zu: %s", i, err.msg);
		cred_free(c);
	}
}

static void test_keys_that_end_are_asked_for_again(void **state)
{
	auto_free char *env =
		xasprintf("AWS_SHARED_CREDENTIALS_FILE=/dev/null\n"
	                  "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:%u/"
	                  "short",
	                  metadata.port);
	struct cred *c = cred_of(env);
	struct err err = ERR_INIT;
	struct cred_keys k;

	OK(cred_get(c, &k, &err), err);
	assert_string_equal(k.access_key, "short1");
	OK(cred_get(c, &k, &err), err);
	assert_string_equal(k.access_key, "short2");
	cred_free(c);
}

static void test_the_region_comes_from_the_environment_or_the_profile(void **state)
{
	static const struct {
		const char *env, *want;
	} cases[] = {
		{ "AWS_REGION=a\nAWS_DEFAULT_REGION=b", "a" },
		{ "AWS_DEFAULT_REGION=b\nAWS_PROFILE=dev", "b" },
		{ "AWS_PROFILE=dev", "eu-dev-1" },
		{ "AWS_PROFILE=nobody", NULL },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct cred *c = cred_of(cases[i].env);
		const char *region = cred_region(c);

		CHECK(!region == !cases[i].want, "case %zu", i);
		if (region)
			assert_string_equal(region, cases[i].want);
		cred_free(c);
	}
}

static void test_files_are_read_as_people_write_them(void **state)
{
	static const char text[] = "# a comment\n"
				   "aws_access_key_id = outside\n"
				   "[profile  dev ] ; mine\r\n"
				   "s3 =\n"
				   "  aws_access_key_id = nested\n"
				   "aws_access_key_id=one\r\n"
				   "aws_access_key_id = two # last\n"
				   "no equals sign\n"
				   "empty =\n"
				   "[devel]\n"
				   "aws_access_key_id = three";
	struct {
		const char *profile, *name, *want;
	} cases[] = {
		{ "dev", "aws_access_key_id", "two" },
		{ "devel", "aws_access_key_id", "three" },
		{ "dev", "empty", NULL },
		{ "de", "aws_access_key_id", NULL },
		{ "default", "aws_access_key_id", NULL },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		auto_free char *v =
			profile_value(text, strlen(text), cases[i].profile, cases[i].name);

		CHECK(!v == !cases[i].want && (!v || strcmp(v, cases[i].want) == 0),
		      "case %zu: %s", i, v ? v : "none");
	}
	assert_true(profile_exists(text, strlen(text), "dev"));
	assert_false(profile_exists(text, strlen(text), "profile"));
}

static int set_up(void **state)
{
	static const char *const argv[] = { "metadata.py", NULL };
	auto_free char *dir = NULL;

	strcpy(home, "/tmp/gg-cred-XXXXXX");
	CHECK(mkdtemp(home), "mkdtemp");
	dir = xasprintf("%s/.aws", home);
	file_mkdirs(dir, 0700, NULL);
	write_file(".aws/credentials",
	           "[default]\naws_access_key_id = def\naws_secret_access_key = defs\n"
	           "[dev]\naws_access_key_id=dev\naws_secret_access_key = devs/+=\n"
	           "aws_session_token = a-token\n");
	write_file(".aws/config",
	           "[profile conf]\naws_access_key_id = conf\naws_secret_access_key = confs\n"
	           "[profile dev]\nregion = eu-dev-1\n[profile empty]\noutput = json\n"
	           "[profile role]\nrole_arn = arn:aws:iam::1:role/x\n"
	           "[profile badproc]\ncredential_process = false\n"
	           "[profile proc]\ncredential_process = echo '{\"Version\": 1, "
	           "\"AccessKeyId\": \"proc\", \"SecretAccessKey\": \"procs\", "
	           "\"SessionToken\": \"proct\"}'\n");
	peer_start(&metadata, argv);
	return 0;
}

static int tear_down(void **state)
{
	peer_stop(&metadata);
	file_remove_tree(home, NULL);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_chain_is_walked_in_order),
		cmocka_unit_test(test_what_is_missing_is_said),
		cmocka_unit_test(test_keys_that_end_are_asked_for_again),
		cmocka_unit_test(test_the_region_comes_from_the_environment_or_the_profile),
		cmocka_unit_test(test_files_are_read_as_people_write_them),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

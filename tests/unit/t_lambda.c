#include "check.h"

#include <math.h>

#include "engine/lambda.h"
#include "engine/lambda_judge.h"
#include "engine/lambda_price.h"

static struct outsource_verdict judged(long status, const char *header, const char *body)
{
	struct http_response r = { .status = status };
	struct outsource_verdict v = { .what = OUTCOME_INTERNAL };

	if (header)
		strv_add(&r.headers, header);
	buf_adds(&r.body, body);
	lambda_judge("eu-west-1", &r, &v);
	strv_release(&r.headers);
	buf_release(&r.body);
	return v;
}

static void test_each_error_of_the_service_has_its_class(void **state)
{
	static const struct {
		long status;
		const char *header;
		enum outcome_class what;
		const char *says;
	} cases[] = {
		{ 429, "x-amzn-errortype: TooManyRequestsException", OUTCOME_THROTTLED, "" },
		{ 429, "x-amzn-errortype: TooManyRequestsException:http://x/",
		  OUTCOME_THROTTLED, "" },
		{ 500, "x-amzn-errortype: ServiceException", OUTCOME_THROTTLED, "" },
		{ 502, "x-amzn-errortype: EC2ThrottledException", OUTCOME_THROTTLED, "" },
		{ 409, "x-amzn-errortype: ResourceConflictException", OUTCOME_THROTTLED, "" },
		{ 404, "x-amzn-errortype: ResourceNotFoundException", OUTCOME_UNREACHABLE,
		  "gg deploy lambda" },
		{ 403, "x-amzn-errortype: AccessDeniedException", OUTCOME_UNREACHABLE,
		  "lambda:InvokeFunction" },
		{ 403, "x-amzn-errortype: ExpiredTokenException", OUTCOME_UNREACHABLE,
		  "session token" },
		{ 413, "x-amzn-errortype: RequestTooLargeException", OUTCOME_CANT_RUN, "" },
		{ 418, "x-amzn-errortype: SomethingNew", OUTCOME_INTERNAL, "SomethingNew" },
		{ 503, NULL, OUTCOME_INTERNAL, "" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct outsource_verdict v =
			judged(cases[i].status, cases[i].header, "{\"Message\":\"hm\"}");
		CHECK(v.what == cases[i].what && strstr(v.why, cases[i].says), "%s: %d, %s",
		      cases[i].header, v.what, v.why);
	}
}

static void test_each_error_of_the_function_has_its_class(void **state)
{
	static const struct {
		const char *body;
		enum outcome_class what;
		const char *says;
	} cases[] = {
		{ "{\"errorMessage\":\"2026-01-01T00:00:00Z 1-2 Task timed out after 3.00 "
		  "seconds\"}",
		  OUTCOME_TIMEOUT, "--timeout" },
		{ "{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"x\"}",
		  OUTCOME_TIMEOUT, "" },
		{ "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: 1 Error: "
		  "Runtime exited with error: signal: killed\"}",
		  OUTCOME_LOST, "--memory" },
		{ "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"exit status 1\"}",
		  OUTCOME_LOST, "exit status 1" },
		{ "{\"errorType\":\"Function.ResponseSizeTooLarge\"}", OUTCOME_CANT_RUN, "" },
		{ "", OUTCOME_LOST, "" },
		{ "not JSON \"errorType", OUTCOME_LOST, "" },
		{ "{\"errorType\":\"a\\nb\\\"c\"}", OUTCOME_LOST, "" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct outsource_verdict v =
			judged(200, "x-amz-function-error: Unhandled", cases[i].body);
		CHECK(v.what == cases[i].what && strstr(v.why, cases[i].says) &&
		              !strchr(v.why, '\n'),
		      "%s: %d, %s", cases[i].body, v.what, v.why);
	}
}

static void test_what_went_well_is_left_alone(void **state)
{
	assert_int_equal(judged(200, NULL, "{}").what, OUTCOME_INTERNAL);
	assert_int_equal(judged(0, NULL, "").what, OUTCOME_INTERNAL);
}

static void test_the_bill_is_what_the_report_says(void **state)
{
	struct lambda_bill b = { 7, 128 };

	lambda_bill_read(
		"REPORT RequestId: x\tBilled Duration: 1 ms\nEND\nREPORT RequestId: "
		"00\tDuration: 2000.10 ms\tBilled Duration: 2001 ms\tMemory Size: 1769 "
		"MB\tMax Memory Used: 30 MB\n",
		&b);
	assert_int_equal(b.billed_ms, 2001);
	assert_int_equal(b.memory_mb, 1769);
	/* 1769/1024 GB, 2.001 s, at 16.6667 USD a million GB-seconds, and 0.20 a million calls
	 */
	assert_true(fabs(lambda_price_usd(&b) - 0.00005781) < 0.00000001);
	lambda_bill_read("nothing here", &b);
	assert_int_equal(b.billed_ms, 2001);
}

static void test_the_specialised_name_is_of_the_executables(void **state)
{
	auto_thunk t = thunk_new();
	struct oid a, b;

	/* sorted, then: printf %s%s … | openssl dgst -sha256 -binary | base64 | tr +/ -_ */
	oid_parse("VWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM00000006", 52, &a, NULL);
	oid_parse("V47DEQpj8HBSa._TImW.5JCeuQeRkm5NMpJWZG3hSuFU00000000", 52, &b, NULL);
	thunk_refs_add(&t->execs, &a, NULL, NULL);
	thunk_refs_add(&t->execs, &b, NULL, "x");
	auto_free char *name = lambda_specialised(t);
	assert_string_equal(name, "gg-kB2iXJPrREDD6o3BwRSCz41Y9LqeH5EXs-K7o8YSS2Q");
}

static void test_the_endpoint_can_be_told(void **state)
{
	char *none[] = { NULL };
	char *all[] = { "AWS_ENDPOINT_URL=http://127.0.0.1:1/", NULL };
	char *one[] = { "AWS_ENDPOINT_URL_LAMBDA=http://l:1", "AWS_ENDPOINT_URL=http://a",
		        NULL };
	auto_free char *a = lambda_endpoint(none, "eu-west-1");
	auto_free char *b = lambda_endpoint(all, "eu-west-1");
	auto_free char *c = lambda_endpoint(one, "eu-west-1");
	auto_free char *d = lambda_endpoint(none, "cn-north-1");

	assert_string_equal(a, "https://lambda.eu-west-1.amazonaws.com");
	assert_string_equal(b, "http://127.0.0.1:1");
	assert_string_equal(c, "http://l:1");
	assert_string_equal(d, "https://lambda.cn-north-1.amazonaws.com.cn");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_error_of_the_service_has_its_class),
		cmocka_unit_test(test_each_error_of_the_function_has_its_class),
		cmocka_unit_test(test_what_went_well_is_left_alone),
		cmocka_unit_test(test_the_bill_is_what_the_report_says),
		cmocka_unit_test(test_the_specialised_name_is_of_the_executables),
		cmocka_unit_test(test_the_endpoint_can_be_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The classic texts are those that the original's programs were seen to exchange. */
#include "check.h"

#include "core/wire.h"

#define T "TQtmlNPfoECnIQfaVQVHYszwy3y0Kugtha3buA7k1fhI00000091"
#define V "VWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM00000006"

static const char classic_request[] =
	"{\"thunks\":[{\"hash\":\"" T "\",\"data\":\"IyNHR1RIVU5LIyM=\",\"outputs\":[\"out\","
	"\"side\"]}],\"storageBackend\":\"redis://127.0.0.1:16399/\",\"timelog\":false}";
static const char classic_response[] =
	"{\"executedThunks\":[{\"thunkHash\":\"" T
	"\",\"outputs\":[{\"tag\":\"out\",\"hash\":\"" V
	"\",\"size\":6,\"executable\":false,\"data\":\"\"},{\"tag\":\"side\",\"hash\":\"" T
	"\",\"size\":145,\"executable\":true,\"data\":\"IyNHR1RIVU5LIyM=\"}]}],\"returnCode\":"
	"0,"
	"\"stdout\":\"\"}";

static int decode_request(const char *text, struct wire_request *r, struct err *err)
{
	return wire_request_decode(text, strlen(text), r, err);
}

static int decode_response(const char *text, struct wire_response *r, struct err *err)
{
	return wire_response_decode(text, strlen(text), r, err);
}

static void test_a_classic_request_is_the_original_s_text(void **state)
{
	struct wire_request r;
	struct err err = ERR_INIT;
	auto_buf text = BUF_INIT;

	(void)state;
	OK(decode_request(classic_request, &r, &err), err);
	assert_int_equal(r.n, 1);
	assert_string_equal(r.thunks[0].hash.s, T);
	assert_string_equal(buf_str(&r.thunks[0].data), "##GGTHUNK##");
	assert_int_equal(r.thunks[0].outputs.n, 2);
	assert_string_equal(r.thunks[0].outputs.v[1], "side");
	assert_string_equal(r.storage, "redis://127.0.0.1:16399/");
	assert_int_equal(r.protocol, 0);
	OK(wire_request_encode(&r, &text, &err), err);
	assert_string_equal(buf_str(&text), classic_request);
	wire_request_release(&r);
}

static void test_a_classic_response_is_the_original_s_text(void **state)
{
	struct wire_response r;
	struct err err = ERR_INIT;
	auto_buf text = BUF_INIT;

	(void)state;
	OK(decode_response(classic_response, &r, &err), err);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.executed[0].n, 2);
	assert_string_equal(r.executed[0].outputs[0].hash.s, V);
	assert_int_equal(r.executed[0].outputs[0].size_bytes, 6);
	assert_true(r.executed[0].outputs[1].executable);
	assert_int_equal(r.executed[0].outputs[1].data.len, 11);
	OK(wire_response_encode(&r, &text, &err), err);
	assert_string_equal(buf_str(&text), classic_response);
	wire_response_release(&r);
}

static void test_our_members_come_back(void **state)
{
	struct wire_request q = { .storage = (char *)"s3://b\"\\\n\x01/x",
		                  .protocol = 1,
		                  .inline_max = 5000000000,
		                  .timeout_ms = 4000000000 };
	struct wire_response a = { .return_code = WIRE_FETCH,
		                   .text = (char *)"a \"b\"\n",
		                   .protocol = 1,
		                   .wait_status = 0x8b,
		                   .wall_ns = -3,
		                   .cpu_ns = INT64_MAX,
		                   .failure = (char *)"missing",
		                   .worker = (char *)"w",
		                   .cold = true };
	struct wire_request q2;
	struct wire_response a2;
	struct err err = ERR_INIT;
	auto_buf text = BUF_INIT;

	(void)state;
	OK(wire_request_encode(&q, &text, &err), err);
	OK(wire_request_decode(text.data, text.len, &q2, &err), err);
	assert_string_equal(q2.storage, q.storage);
	assert_int_equal(q2.inline_max, q.inline_max);
	assert_int_equal(q2.timeout_ms, q.timeout_ms);
	wire_request_release(&q2);

	buf_add(&a.out_text, "\0\xff\x01", 3);
	strv_add(&a.missing, V);
	buf_reset(&text);
	OK(wire_response_encode(&a, &text, &err), err);
	OK(wire_response_decode(text.data, text.len, &a2, &err), err);
	assert_int_equal(a2.return_code, WIRE_FETCH);
	assert_string_equal(a2.text, a.text);
	assert_int_equal(a2.wait_status, 0x8b);
	assert_int_equal(a2.out_text.len, 3);
	assert_memory_equal(a2.out_text.data, "\0\xff\x01", 3);
	assert_true(a2.wall_ns == -3 && a2.cpu_ns == INT64_MAX && a2.cold);
	assert_string_equal(a2.missing.v[0], V);
	assert_string_equal(a2.failure, "missing");
	wire_response_release(&a2);
	buf_release(&a.out_text);
	strv_release(&a.missing);
}

static void test_both_spellings_nulls_and_wrapped_base64_are_read(void **state)
{
	struct wire_request r;
	struct wire_response a;
	struct err err = ERR_INIT;

	(void)state;
	OK(decode_request("{\"thunks\":[{\"hash\":\"" T
	                  "\",\"data\":null}],\"storage_backend\":\"x\","
	                  "\"timelog\":null}",
	                  &r, &err),
	   err);
	assert_string_equal(r.storage, "x");
	wire_request_release(&r);
	OK(decode_response("{\"executed_thunks\":[{\"thunk_hash\":\"" T
	                   "\",\"outputs\":[{\"tag\":\"o\",\"hash\":\"" T
	                   "\",\"data\":\"IyNHR1RI\\nVU5LIyM=\\n\"}]}],\"return_code\":5}",
	                   &a, &err),
	   err);
	assert_int_equal(a.return_code, WIRE_EXECUTION);
	assert_int_equal(a.executed[0].outputs[0].data.len, 11);
	assert_string_equal(a.text, "");
	wire_response_release(&a);
	OK(decode_request("{}", &r, &err), err);
	assert_int_equal(r.n, 0);
	assert_string_equal(r.storage, "");
	wire_request_release(&r);
}

static void test_unknown_members_are_for_known_protocols_only(void **state)
{
	struct wire_request r;
	struct err err = ERR_INIT;

	(void)state;
	REFUSED(decode_request("{\"thunks\":[],\"more\":1}", &r, &err), err, ERR_USAGE);
	REFUSED(decode_request("{\"thunks\":[{\"hash\":\"" T "\",\"more\":1}]}", &r, &err), err,
	        ERR_USAGE);
	OK(decode_request("{\"thunks\":[{\"hash\":\"" T
	                  "\",\"more\":1}],\"more\":1,\"protocol\":2}",
	                  &r, &err),
	   err);
	wire_request_release(&r);
}

static void test_malformed_messages_are_refused(void **state)
{
	static const char *const requests[] = {
		"",
		"x",
		"[]",
		"\"\"",
		"{\"thunks\":{}}",
		"{\"thunks\":[1]}",
		"{\"thunks\":[{}]}",
		"{\"thunks\":[{\"hash\":\"" V "\"}]}",
		"{\"thunks\":[{\"hash\":\"T123\"}]}",
		"{\"thunks\":[{\"hash\":\"" T "\",\"data\":\"!\"}]}",
		"{\"thunks\":[{\"hash\":\"" T "\",\"outputs\":\"out\"}]}",
		"{\"thunks\":[{\"hash\":\"" T "\",\"outputs\":[1]}]}",
		"{\"thunks\":[{\"hash\":\"" T "\",\"hash\":\"" T "\"}]}",
		"{\"storageBackend\":1}",
		"{\"timelog\":1}",
		"{\"timeoutMs\":-1}",
		"{\"timeoutMs\":4294967296}",
		"{\"inlineMax\":1.5}",
		"{\"storageBackend\":\"a\\u0000b\"}",
		"{\"storageBackend\":\"\xff\"}",
		"{\"thunks\":[]} {}",
		"{\"thunks\":[",
	};
	static const char *const responses[] = {
		"",
		"{\"executedThunks\":[{}]}",
		"{\"executedThunks\":[{\"thunkHash\":\"" T
		"\",\"outputs\":[{\"tag\":\"o\"}]}]}",
		"{\"executedThunks\":[{\"thunkHash\":\"" T "\",\"outputs\":[{\"hash\":\"" V
		"\"}]}]}",
		"{\"executedThunks\":[{\"thunkHash\":\"" V "\",\"outputs\":[]}]}",
		"{\"executedThunks\":[{\"thunkHash\":\"" T
		"\",\"outputs\":[{\"tag\":\"o\",\"hash\":\"" V "\",\"size\":-1}]}]}",
		"{\"returnCode\":99999999999}",
		"{\"missing\":[\"../x\"],\"protocol\":1}",
		"{\"outText\":\"a\"}",
	};
	struct wire_request r;
	struct wire_response a;
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < countof(requests); i++) {
		err = (struct err)ERR_INIT;
		CHECK(decode_request(requests[i], &r, &err) < 0, "taken: %s", requests[i]);
		CHECK(err.kind == ERR_CORRUPT && err.msg[0], "%s: kind %d", requests[i],
		      (int)err.kind);
	}
	for (size_t i = 0; i < countof(responses); i++) {
		err = (struct err)ERR_INIT;
		CHECK(decode_response(responses[i], &a, &err) < 0, "taken: %s", responses[i]);
		CHECK(err.kind == ERR_CORRUPT && err.msg[0], "%s: kind %d", responses[i],
		      (int)err.kind);
	}
}

static void test_small_texts_do_not_become_large_trees(void **state)
{
	auto_buf deep = BUF_INIT, wide = BUF_INIT;
	struct wire_request r;
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 300000; i++)
		buf_adds(&deep, "[");
	REFUSED(wire_request_decode(deep.data, deep.len, &r, &err), err, ERR_CORRUPT);
	buf_adds(&wide, "{\"x\":[1");
	for (int i = 0; i < 1000000; i++)
		buf_adds(&wide, ",1");
	buf_adds(&wide, "],\"protocol\":1}");
	REFUSED(wire_request_decode(wide.data, wide.len, &r, &err), err, ERR_CORRUPT);
}

static void test_a_tag_that_is_not_utf8_can_not_be_sent(void **state)
{
	struct wire_thunk t = { 0 };
	struct wire_request q = { .thunks = &t, .n = 1 };
	struct err err = ERR_INIT;
	auto_buf text = BUF_INIT;

	(void)state;
	oid_parse(T, strlen(T), &t.hash, NULL);
	strv_add(&t.outputs, "\xff");
	REFUSED(wire_request_encode(&q, &text, &err), err, ERR_USAGE);
	strv_release(&t.outputs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_classic_request_is_the_original_s_text),
		cmocka_unit_test(test_a_classic_response_is_the_original_s_text),
		cmocka_unit_test(test_our_members_come_back),
		cmocka_unit_test(test_both_spellings_nulls_and_wrapped_base64_are_read),
		cmocka_unit_test(test_unknown_members_are_for_known_protocols_only),
		cmocka_unit_test(test_malformed_messages_are_refused),
		cmocka_unit_test(test_small_texts_do_not_become_large_trees),
		cmocka_unit_test(test_a_tag_that_is_not_utf8_can_not_be_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

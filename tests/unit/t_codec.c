/*
 * The encoder here is written from the description of the format, apart from the product's: its
 * bytes must be the same.
 */
#include "check.h"

#include "core/codec.h"
#include "core/digest.h"

#define A "VWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM00000006"
#define B "V47DEQpj8HBSa._TImW.5JCeuQeRkm5NMpJWZG3hSuFU00000000"
#define T "TQtmlNPfoECnIQfaVQVHYszwy3y0Kugtha3buA7k1fhI00000091"

static struct oid oid_of(const char *text)
{
	struct oid id;

	assert_int_equal(oid_parse(text, strlen(text), &id, NULL), 0);
	return id;
}

/* -- an encoder of our own -- */

static void put_varint(struct buf *b, uint64_t n)
{
	for (; n >= 0x80; n >>= 7)
		buf_addc(b, (char)(n | 0x80));
	buf_addc(b, (char)n);
}

static void put_bytes(struct buf *b, unsigned field, const void *data, size_t len)
{
	put_varint(b, field << 3 | 2);
	put_varint(b, len);
	buf_add(b, data, len);
}

static void put_text(struct buf *b, unsigned field, const char *text)
{
	put_bytes(b, field, text, strlen(text));
}

static void put_texts(struct buf *b, unsigned field, const char *const *texts)
{
	for (; texts && *texts; texts++)
		put_text(b, field, *texts);
}

/* A thunk as its parts are written, lists already in order. */
struct plain {
	const char *function;
	const char *const *args,
		*const *env, *const *values, *const *thunks, *const *execs, *const *outputs;
	uint32_t timeout_ms;
	const char *const *links; /* name, target, name, target … */
	const char *workdir, *platform;
	const char *const *manifests, *const *times;
};

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void put_plain(const struct plain *p, struct buf *out)
{
	auto_buf function = BUF_INIT;

	put_text(&function, 1, p->function);
	put_texts(&function, 2, p->args);
	put_texts(&function, 3, p->env);
	buf_adds(out, "##GGTHUNK##");
	put_bytes(out, 1, function.data, function.len);
	put_texts(out, 2, p->values);
	put_texts(out, 3, p->thunks);
	put_texts(out, 4, p->execs);
	put_texts(out, 5, p->outputs);
	if (p->timeout_ms) {
		put_varint(out, 6 << 3);
		put_varint(out, p->timeout_ms);
	}
	for (const char *const *l = p->links; l && *l; l += 2) {
		auto_buf link = BUF_INIT;

		put_text(&link, 1, l[0]);
		put_text(&link, 2, l[1]);
		put_bytes(out, 7, link.data, link.len);
	}
	if (p->workdir)
		put_text(out, 16, p->workdir);
	if (p->platform)
		put_text(out, 17, p->platform);
	put_texts(out, 18, p->manifests);
	put_texts(out, 19, p->times);
}

/* "hash[#tag][=name]" */
static void add_ref(struct thunk_refs *refs, const char *text)
{
	size_t n = strcspn(text, "#=");
	auto_free char *hash = xstrndup(text, n);
	auto_free char *tag = NULL;
	struct oid id = oid_of(hash);

	if (text[n] == '#') {
		tag = xstrndup(text + n + 1, strcspn(text + n + 1, "="));
		n += 1 + strlen(tag);
	}
	thunk_refs_add(refs, &id, tag, text[n] == '=' ? text + n + 1 : NULL);
}

static struct thunk *thunk_of(const struct plain *p)
{
	struct thunk *t = thunk_new();

	t->function = oid_of(p->function);
	for (const char *const *s = p->args; s && *s; s++)
		strv_add(&t->args, *s);
	for (const char *const *s = p->env; s && *s; s++)
		strv_add(&t->env, *s);
	for (const char *const *s = p->values; s && *s; s++)
		add_ref(&t->values, *s);
	for (const char *const *s = p->thunks; s && *s; s++)
		add_ref(&t->thunks, *s);
	for (const char *const *s = p->execs; s && *s; s++)
		add_ref(&t->execs, *s);
	for (const char *const *s = p->outputs; s && *s; s++)
		strv_add(&t->outputs, *s);
	t->timeout_ms = p->timeout_ms;
	for (const char *const *l = p->links; l && *l; l += 2) {
		struct oid to = oid_of(l[1]);

		thunk_add_link(t, l[0], &to);
	}
	t->workdir = p->workdir ? xstrdup(p->workdir) : NULL;
	t->platform = p->platform ? xstrdup(p->platform) : NULL;
	for (const char *const *s = p->manifests; s && *s; s++)
		strv_add(&t->manifests, *s);
	for (const char *const *s = p->times; s && *s; s++)
		strv_add(&t->times, *s);
	return t;
}

/* At file scope the lists live as long as the program. */
static const struct plain examples[] = {
	{ .function = A, .args = LIST("prog"), .execs = LIST(A), .outputs = LIST("out") },
	{ .function = A,
	  .args = LIST("leaf", "out", "x", "@{GGHASH:" A "}"),
	  .env = LIST("A=1"),
	  .values = LIST(A "=in.txt", A),
	  .execs = LIST(A "=prog"),
	  .outputs = LIST("out", "side"),
	  .timeout_ms = 1500,
	  .links = LIST("lnk", A) },
	{ .function = A,
	  .args = LIST("p", ""),
	  .values = LIST(B "=b", A "=a=b"),
	  .thunks = LIST(T, T "#other=name", T "#side"),
	  .execs = LIST(A),
	  .outputs = LIST("o1", "o2", "o3"),
	  .timeout_ms = UINT32_MAX,
	  .links = LIST("a", B, "b", A, "c", A) },
	{ .function = A,
	  .args = LIST("cc", "-c", "a.c"),
	  .env = LIST("PATH=/bin", "LANG=C"),
	  .values = LIST(A "=/p/a.c"),
	  .execs = LIST(A "=/usr/bin/cc"),
	  .outputs = LIST("a.o"),
	  .workdir = "/p",
	  .platform = "x86_64-linux",
	  .manifests = LIST(B, A),
	  .times = LIST("-1 /p/a.c", "1700000000 /p/a b.h") },
};

enum { EXAMPLES = countof(examples) };

static void encode_example(int i, struct buf *out)
{
	auto_thunk t = thunk_of(&examples[i]);
	struct err err = ERR_INIT;

	OK(thunk_encode(t, out, &err), err);
}

/* -- tests -- */

static void test_bytes_are_those_of_an_independent_encoder(void **state)
{
	for (int i = 0; i < EXAMPLES; i++) {
		auto_buf ours = BUF_INIT, theirs = BUF_INIT;

		put_plain(&examples[i], &theirs);
		encode_example(i, &ours);
		CHECK(ours.len == theirs.len && memcmp(ours.data, theirs.data, ours.len) == 0,
		      "example %d has other bytes", i);
	}
}

static void test_the_worked_example_has_its_length_and_its_ends(void **state)
{
	auto_buf ours = BUF_INIT;
	static const unsigned char head[] = "##GGTHUNK##\x0a\x89\x01\x0a\x34V";

	encode_example(1, &ours);
	assert_int_equal(ours.len, 400);
	assert_memory_equal(ours.data, head, sizeof(head) - 1);
	assert_memory_equal(ours.data + ours.len - 75,
	                    "\x2a\x03out\x2a\x04side\x30\xdc\x0b\x3a\x3b\x0a\x03lnk\x12\x34V",
	                    21);
}

static void test_references_are_sorted_and_equal_ones_keep_their_order(void **state)
{
	auto_thunk t = thunk_new();
	auto_buf ours = BUF_INIT, theirs = BUF_INIT;
	struct err err = ERR_INIT;

	t->function = oid_of(A);
	strv_add(&t->args, "p");
	strv_add(&t->outputs, "o");
	add_ref(&t->execs, A);
	add_ref(&t->values, A "=z");
	add_ref(&t->values, B "=y");
	add_ref(&t->values, A "=a");
	OK(thunk_encode(t, &ours, &err), err);
	put_plain(&(struct plain){ .function = A,
	                           .args = LIST("p"),
	                           .values = LIST(B "=y", A "=z", A "=a"),
	                           .execs = LIST(A),
	                           .outputs = LIST("o") },
	          &theirs);
	assert_int_equal(ours.len, theirs.len);
	assert_memory_equal(ours.data, theirs.data, ours.len);
}

static void test_what_is_decoded_encodes_to_the_same(void **state)
{
	for (int i = 0; i < EXAMPLES; i++) {
		auto_buf first = BUF_INIT, second = BUF_INIT;
		auto_thunk t = NULL;
		struct err err = ERR_INIT;

		encode_example(i, &first);
		OK(thunk_decode(first.data, first.len, &t, &err), err);
		OK(thunk_encode(t, &second, &err), err);
		assert_int_equal(first.len, second.len);
		assert_memory_equal(first.data, second.data, first.len);
	}
}

static void test_a_name_is_split_at_the_first_equals_sign(void **state)
{
	auto_buf raw = BUF_INIT;
	auto_thunk t = NULL;
	struct err err = ERR_INIT;

	encode_example(2, &raw);
	OK(thunk_decode(raw.data, raw.len, &t, &err), err);
	assert_int_equal(t->values.n, 2);
	assert_string_equal(t->values.v[0].id.s, B);
	assert_string_equal(t->values.v[1].name, "a=b");
	assert_int_equal(t->thunks.n, 3);
	assert_null(t->thunks.v[0].tag);
	assert_string_equal(t->thunks.v[1].tag, "other");
	assert_string_equal(t->thunks.v[1].name, "name");
	assert_string_equal(t->thunks.v[2].tag, "side");
	assert_null(t->thunks.v[2].name);
	assert_int_equal(t->timeout_ms, UINT32_MAX);
}

/* A cut thunk is refused, or, cut between two fields, is another whole thunk: it never reads as
 * the same. */
static void test_a_truncated_thunk_is_never_taken_for_the_whole(void **state)
{
	for (int i = 0; i < EXAMPLES; i++) {
		auto_buf raw = BUF_INIT;

		encode_example(i, &raw);
		for (size_t len = 0; len < raw.len; len++) {
			auto_free char *copy =
				xmalloc(len + 1); /* exactly so much, for the sanitizer */
			auto_thunk t = NULL;
			auto_buf again = BUF_INIT;
			struct err err = ERR_INIT;

			memcpy(copy, raw.data, len);
			if (thunk_decode(copy, len, &t, &err) < 0) {
				assert_int_equal(err.kind, ERR_CORRUPT);
				continue;
			}
			OK(thunk_encode(t, &again, &err), err);
			assert_true(again.len == len);
		}
	}
}

static void test_flipped_bits_do_no_harm(void **state)
{
	for (int i = 0; i < EXAMPLES; i++) {
		auto_buf raw = BUF_INIT;

		encode_example(i, &raw);
		for (size_t bit = 0; bit < raw.len * 8; bit++) {
			auto_thunk t = NULL;
			struct err err = ERR_INIT;

			raw.data[bit / 8] ^= (char)(1 << bit % 8);
			if (thunk_decode(raw.data, raw.len, &t, &err) < 0)
				assert_int_equal(err.kind, ERR_CORRUPT);
			raw.data[bit / 8] ^= (char)(1 << bit % 8);
		}
	}
}

/* One field with hostile content in an otherwise good thunk. */
static int decode_with(unsigned field, const void *data, size_t len, struct err *err)
{
	auto_buf raw = BUF_INIT;
	auto_thunk t = NULL;

	put_plain(&examples[0], &raw);
	put_bytes(&raw, field, data, len);
	return thunk_decode(raw.data, raw.len, &t, err);
}

static void test_hostile_content_is_refused(void **state)
{
	static const struct {
		unsigned field;
		const char *text;
	} cases[] = {
		{ 2, "" },         { 2, "V123" },      { 2, "../../etc/passwd" },
		{ 2, A "#tag" },   { 4, A "#tag" },    { 2, A "x" },
		{ 3, A },          { 3, "x" },         { 3, T "#" },
		{ 4, "x" },        { 4, "" },          { 5, "" },
		{ 5, "../x" },     { 5, "a/../../b" }, { 5, "." },
		{ 5, ".." },       { 5, "a\nb/../c" }, { 16, "relative" },
		{ 16, "/a/../b" }, { 18, "x" },        { 18, T },
	};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < countof(cases); i++) {
		err = (struct err)ERR_INIT;
		CHECK(decode_with(cases[i].field, cases[i].text, strlen(cases[i].text), &err) <
		              0,
		      "field %u \"%s\" was taken", cases[i].field, cases[i].text);
		assert_int_equal(err.kind, ERR_CORRUPT);
	}
	REFUSED(decode_with(5, "a\0b", 3, &err), err, ERR_CORRUPT);
	REFUSED(decode_with(2, A "=x\0y", sizeof(A "=x\0y") - 1, &err), err, ERR_CORRUPT);
	REFUSED(decode_with(16, "/a\0b", 4, &err), err, ERR_CORRUPT);
}

static void test_what_lacks_an_essential_part_is_refused(void **state)
{
	const struct plain cases[] = {
		{ .function = A, .args = LIST("p"), .execs = LIST(A) },
		{ .function = A, .args = LIST("p"), .outputs = LIST("o") },
		{ .function = A, .execs = LIST(A), .outputs = LIST("o") },
		{ .function = "", .args = LIST("p"), .execs = LIST(A), .outputs = LIST("o") },
		{ .function = "x", .args = LIST("p"), .execs = LIST(A), .outputs = LIST("o") },
	};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < countof(cases); i++) {
		auto_buf raw = BUF_INIT;
		auto_thunk t = NULL;

		put_plain(&cases[i], &raw);
		REFUSED(thunk_decode(raw.data, raw.len, &t, &err), err, ERR_CORRUPT);
	}
	struct thunk *t = NULL;
	REFUSED(thunk_decode("##GGTHUNK##", 11, &t, &err), err, ERR_CORRUPT);
	REFUSED(thunk_decode("", 0, &t, &err), err, ERR_CORRUPT);
	REFUSED(thunk_decode("#!/bin/sh", 9, &t, &err), err, ERR_CORRUPT);
}

/* A name is the hash of the bytes: what would be lost on the way must not be taken. */
static void test_fields_of_another_time_are_refused(void **state)
{
	struct err err = ERR_INIT;

	REFUSED(decode_with(99, "x", 1, &err), err, ERR_CORRUPT);
	/* in the function, in a link */
	REFUSED(decode_with(1, "\x22\x01x", 3, &err), err, ERR_CORRUPT);
	REFUSED(decode_with(7, "\x1a\x01x", 3, &err), err, ERR_CORRUPT);
}

/* Bytes behind an otherwise good thunk. */
static int decode_before(const void *data, size_t len, struct err *err)
{
	auto_buf raw = BUF_INIT;
	auto_thunk t = NULL;

	put_plain(&examples[0], &raw);
	buf_add(&raw, data, len);
	return thunk_decode(raw.data, raw.len, &t, err);
}

static void test_fields_of_another_form_are_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
		{ "\x30\x80\x80\x80\x80\x10", 6 }, /* a timeout of 33 bits */
		{ "\x30\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12 }, /* of over 64 */
		{ "\x30", 1 },                                              /* none */
		{ "\x32\x01x", 3 },                                         /* that is a text */
		{ "\x28\x01", 2 },     /* an output that is a number */
		{ "\x2d\1\2\3\4", 5 }, /* of 32 bits */
		{ "\x2a\x02x", 3 },    /* an output that is longer than the thunk */
		{ "\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11 },
		{ "\x80", 1 }, /* half a key */
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct err err = ERR_INIT;

		CHECK(decode_before(cases[i].bytes, cases[i].len, &err) < 0 &&
		              err.kind == ERR_CORRUPT,
		      "form %zu was taken", i);
	}
}

static void test_what_does_not_fit_is_told(void **state)
{
	auto_buf whole = BUF_INIT;

	encode_example(1, &whole);
	for (size_t room = 1; room < whole.len; room++) {
		auto_buf out = BUF_LIMIT(room);
		auto_thunk t = thunk_of(&examples[1]);
		struct err err = ERR_INIT;

		REFUSED(thunk_encode(t, &out, &err), err, ERR_NOSPC);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_are_those_of_an_independent_encoder),
		cmocka_unit_test(test_the_worked_example_has_its_length_and_its_ends),
		cmocka_unit_test(test_references_are_sorted_and_equal_ones_keep_their_order),
		cmocka_unit_test(test_what_is_decoded_encodes_to_the_same),
		cmocka_unit_test(test_a_name_is_split_at_the_first_equals_sign),
		cmocka_unit_test(test_a_truncated_thunk_is_never_taken_for_the_whole),
		cmocka_unit_test(test_flipped_bits_do_no_harm),
		cmocka_unit_test(test_hostile_content_is_refused),
		cmocka_unit_test(test_what_lacks_an_essential_part_is_refused),
		cmocka_unit_test(test_fields_of_another_time_are_refused),
		cmocka_unit_test(test_fields_of_another_form_are_refused),
		cmocka_unit_test(test_what_does_not_fit_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

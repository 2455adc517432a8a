#include "sched_fixture.h"

#include "sched/packed.h"

static struct oid nodes[3];

static bool number_of(void *arg, const struct oid *id, uint32_t *number)
{
	for (*number = 0; *number < countof(nodes); ++*number)
		if (oid_eq(&nodes[*number], id))
			return true;
	return false;
}

static void name_of(void *arg, uint32_t number, struct oid *id)
{
	*id = nodes[number];
}

static const struct packed_names names = { NULL, number_of, name_of };

static void make_name(char kind, unsigned char byte, uint64_t size_bytes, struct oid *id)
{
	unsigned char digest[OID_DIGEST_LEN];

	memset(digest, byte, sizeof(digest));
	oid_make(kind, digest, size_bytes, id);
}

/* The bytes come back as they were; how many are kept. */
static size_t kept(const char *data, size_t len)
{
	auto_buf packed = BUF_INIT;
	auto_buf back = BUF_INIT;

	packed_make(data, len, &names, &packed);
	packed_open(packed.data, packed.len, &names, &back);
	assert_int_equal(back.len, len);
	if (len)
		assert_memory_equal(back.data, data, len);
	return packed.len;
}

static size_t kept_text(const char *text)
{
	return kept(text, strlen(text));
}

static void test_names_take_less(void **state)
{
	struct oid value, thunk;
	auto_buf text = BUF_INIT;

	for (size_t i = 0; i < countof(nodes); i++)
		make_name('T', (unsigned char)i, 99, &nodes[i]);
	make_name('V', 7, 0xfffffffff, &value); /* longer than 32 bits can tell */
	make_name('T', 8, 0, &thunk);
	assert_int_equal(kept_text(nodes[1].s), 5);
	assert_int_equal(kept_text(thunk.s), 37);
	assert_int_equal(kept_text(value.s), 37 + 2);
	buf_addf(&text, "%s=%s#%s@{GGHASH:%s}%s", value.s, value.s, thunk.s, thunk.s,
	         nodes[2].s);
	assert_true(kept_text(buf_str(&text)) < 125);
}

static void test_what_is_no_name_stays(void **state)
{
	char all[1024];
	auto_buf text = BUF_INIT;
	struct oid id;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	kept(all, sizeof(all));
	kept(all, 240);
	kept(all, 241);
	kept(all, 0);
	make_name('V', 1, 1, &id);
	for (size_t len = 0; len <= strlen(id.s); len++)
		kept(id.s, len);
	id.s[43] = 'B'; /* bits that a digest has not */
	assert_int_equal(kept_text(id.s), strlen(id.s) + 1);
}

static void test_more_names_than_are_counted(void **state)
{
	auto_buf text = BUF_INIT;
	struct oid id;

	for (int round = 0; round < 2; round++)
		for (unsigned i = 0; i < 600; i++) {
			make_name(i % 2 ? 'V' : 'T', (unsigned char)(100 + i % 150), i, &id);
			buf_adds(&text, id.s);
		}
	kept_text(buf_str(&text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_take_less),
		cmocka_unit_test(test_what_is_no_name_stays),
		cmocka_unit_test(test_more_names_than_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

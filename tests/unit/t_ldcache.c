#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "model/ldcache.h"

/* A cache with these, as ldconfig writes it: each a name, a path, and what it needs. */
struct library {
	const char *name, *path;
	uint64_t needs;
};

static void put32(struct buf *b, uint32_t v)
{
	buf_add(b, &v, sizeof(v));
}

static void make_cache(struct buf *out, const struct library *v, uint32_t n)
{
	auto_buf strings = BUF_INIT;
	uint32_t begin = 48 + n * 24;

	buf_adds(out, "glibc-ld.so.cache1.1");
	put32(out, n);
	for (int i = 0; i < 6; i++)
		put32(out, 0);
	for (uint32_t i = 0; i < n; i++) {
		put32(out, 0x303);
		put32(out, begin + (uint32_t)strings.len);
		buf_add(&strings, v[i].name, strlen(v[i].name) + 1);
		put32(out, begin + (uint32_t)strings.len);
		buf_add(&strings, v[i].path, strlen(v[i].path) + 1);
		put32(out, 0);
		buf_add(out, &v[i].needs, sizeof(v[i].needs));
	}
	buf_add(out, strings.data, strings.len);
}

static const struct library libraries[] = {
	{ "libb.so.1", "/usr/local/lib/libb.so.1", 0 },
	{ "libb.so.1", "/lib/v3/libb.so.1", 1 },
	{ "libb.so.1", "/lib/libb.so.1", 0 },
	{ "liba.so", "/lib/liba.so", 0 },
};

static void test_all_paths_of_a_name_come_in_order(void **state)
{
	auto_buf cache = BUF_INIT;
	bool by_machine;
	size_t at = 0;

	(void)state;
	make_cache(&cache, libraries, countof(libraries));
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(ldcache_next(&cache, "libb.so.1", &at, &by_machine),
		                    libraries[i].path);
		assert_int_equal(by_machine, libraries[i].needs != 0);
	}
	assert_null(ldcache_next(&cache, "libb.so.1", &at, &by_machine));
	at = 0;
	assert_null(ldcache_next(&cache, "libb.so", &at, &by_machine));
}

static void test_nothing_is_found_in_what_is_cut(void **state)
{
	auto_buf cache = BUF_INIT;

	(void)state;
	make_cache(&cache, libraries, countof(libraries));
	for (size_t n = 0; n < cache.len; n++) {
		auto_free char *bytes = xmalloc(n + 1);
		struct buf cut = { .data = bytes, .len = n };
		bool by_machine;
		size_t at = 0;

		memcpy(bytes, cache.data, n);
		assert_null(ldcache_next(&cut, "liba.so", &at, &by_machine));
	}
}

static void test_the_system_has_its_c_library_there(void **state)
{
	auto_buf cache = BUF_INIT;
	bool by_machine;
	size_t at = 0;

	(void)state;
	if (file_read(LDCACHE_PATH, &cache, NULL) < 0)
		skip();
	const char *path = ldcache_next(&cache, "libc.so.6", &at, &by_machine);
	assert_non_null(path);
	assert_string_equal(path + strlen(path) - strlen("/libc.so.6"), "/libc.so.6");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_paths_of_a_name_come_in_order),
		cmocka_unit_test(test_nothing_is_found_in_what_is_cut),
		cmocka_unit_test(test_the_system_has_its_c_library_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

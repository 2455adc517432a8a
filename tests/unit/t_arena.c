#include "check.h"

#include <string.h>

#include "base/arena.h"

static void test_pieces_are_aligned_and_apart(void **state)
{
	auto_arena a = { .chunk_bytes = 64 };
	char *pieces[100];

	for (size_t i = 0; i < 100; i++) {
		pieces[i] = arena_take(&a, i);
		assert_int_equal((uintptr_t)pieces[i] % 8, 0);
		memset(pieces[i], (int)i, i);
	}
	for (size_t i = 0; i < 100; i++)
		for (size_t k = 0; k < i; k++)
			assert_int_equal(pieces[i][k], i);
}

static void test_what_is_given_back_is_given_out_again(void **state)
{
	auto_arena a = { .chunk_bytes = 256 };
	char *first = arena_take(&a, 100);
	char *second = arena_take(&a, 60);

	arena_give(&a, first, 100);
	arena_give(&a, second, 60); /* too small */
	assert_ptr_equal(arena_take(&a, 88),
	                 second + 64); /* of the newest, as long as it lasts */
	assert_ptr_equal(arena_take(&a, 50), first);
	assert_ptr_equal(arena_take(&a, 40), first + 56);
	arena_give(&a, first, 100);
	memset(arena_take(&a, 200), 1, 200); /* does not fit there */
	assert_ptr_equal(arena_take(&a, 100), first);
	memset(first, 1, 100);
}

static void test_it_can_be_used_again(void **state)
{
	auto_arena a = { .chunk_bytes = 64 };

	memset(arena_take(&a, 1000), 1, 1000);
	arena_release(&a);
	memset(arena_take(&a, 8), 1, 8);
}

static void test_it_begins_in_room_of_the_callers(void **state)
{
	struct arena_room room;
	auto_arena a = ARENA_IN(&room, 64);

	assert_ptr_equal(arena_take(&a, 8), room.data);
	assert_ptr_equal(arena_take(&a, sizeof(room.data) - 8), room.data + 8);
	assert_null(a.chunks);
	memset(arena_take(&a, 1), 1, 1);
	assert_non_null(a.chunks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces_are_aligned_and_apart),
		cmocka_unit_test(test_what_is_given_back_is_given_out_again),
		cmocka_unit_test(test_it_can_be_used_again),
		cmocka_unit_test(test_it_begins_in_room_of_the_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "sched_fixture.h"

#include "sched/reductor.h"

static void test_every_class_has_a_bounded_policy(void **state)
{
	for (enum outcome_class c = OUTCOME_OK; c <= OUTCOME_INTERNAL; c++) {
		const struct policy *p = policy_for(c);

		CHECK(p->what == c, "class %d", c);
		CHECK(p->tries >= 1 && p->tries <= 12 && *p->text, "class %d", c);
	}
}

static void test_a_failed_program_is_not_tried_again(void **state)
{
	assert_int_equal(policy_for(OUTCOME_FAILED)->tries, 1);
	assert_int_equal(policy_for(OUTCOME_CANCELLED)->tries, 1);
	assert_true(policy_for(OUTCOME_LOST)->tries > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_class_has_a_bounded_policy),
		cmocka_unit_test(test_a_failed_program_is_not_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

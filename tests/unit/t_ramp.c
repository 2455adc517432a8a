#include "check.h"

#include "engine/ramp.h"

static const int64_t ms = 1000000;

/* A service with a limit: requests beyond it are refused at once, others take 100 ms. Returns
 * how many were refused while @total were done. */
static unsigned serve(struct ramp *r, unsigned limit, unsigned total, int64_t *now)
{
	unsigned open = 0, done = 0, refused = 0;

	while (done < total) {
		unsigned room = ramp_width(r, *now), in = 0;
		unsigned starts = room > open ? room - open : 0;
		for (unsigned i = 0; i < starts; i++)
			ramp_began(r, *now);
		in = open + starts <= limit ? starts : limit > open ? limit - open : 0;
		for (unsigned i = in; i < starts; i++, refused++)
			ramp_ended(r, true, *now);
		open += in;
		*now += 100 * ms;
		for (unsigned i = 0; i < open; i++, done++)
			ramp_ended(r, false, *now);
		open = 0;
	}
	return refused;
}

static void test_it_starts_with_all_that_is_wanted(void **state)
{
	struct ramp r;

	ramp_init(&r, 700);
	assert_int_equal(ramp_width(&r, 1), 700);
	ramp_init(&r, 0);
	assert_int_equal(ramp_width(&r, 1), 1);
}

static void test_beyond_the_burst_it_grows_with_time(void **state)
{
	struct ramp r;

	ramp_init(&r, 5000);
	assert_int_equal(ramp_width(&r, 1), RAMP_BURST);
	ramp_began(&r, 1);
	assert_int_equal(ramp_width(&r, 1), RAMP_BURST);
	assert_in_range(ramp_width(&r, 1 + 20 * 1000 * ms), 2990, 3010);
	assert_int_equal(ramp_width(&r, 1 + 600 * 1000 * ms), 5000);
}

static void test_a_limit_is_found_and_seldom_passed(void **state)
{
	static const unsigned limits[] = { 1, 3, 10, 100, 900 };

	for (size_t i = 0; i < countof(limits); i++) {
		unsigned limit = limits[i], refused;
		int64_t now = 1;
		struct ramp r;
		ramp_init(&r, 1000);
		refused = serve(&r, limit, limit * 50, &now);
		assert_in_range(ramp_width(&r, now), limit, limit + limit / 8 + 1);
		/* all but the first burst */
		assert_in_range(refused, 1000 - limit, 1000 - limit + limit * 50 / 10 + 50);
	}
}

static void test_it_grows_again_when_the_limit_goes_up(void **state)
{
	int64_t now = 1;
	struct ramp r;

	ramp_init(&r, 400);
	serve(&r, 20, 400, &now);
	assert_in_range(ramp_width(&r, now), 20, 23);
	serve(&r, 10000, 20000, &now);
	assert_in_range(ramp_width(&r, now), 200, 400);
}

static void test_it_shrinks_when_the_limit_comes_down(void **state)
{
	int64_t now = 1;
	struct ramp r;

	ramp_init(&r, 400);
	serve(&r, 10000, 2000, &now);
	assert_int_equal(ramp_width(&r, now), 400);
	serve(&r, 40, 4000, &now);
	assert_in_range(ramp_width(&r, now), 36, 60);
}

static void test_refusals_by_chance_do_not_shrink_it(void **state)
{
	int64_t now = 1;
	struct ramp r;

	ramp_init(&r, 100);
	for (unsigned i = 0; i < 5000; i++) {
		now += ms;
		while (r.open < ramp_width(&r, now))
			ramp_began(&r, now);
		ramp_ended(&r, i % 10 == 9, now);
	}
	assert_in_range(ramp_width(&r, now), 90, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_starts_with_all_that_is_wanted),
		cmocka_unit_test(test_beyond_the_burst_it_grows_with_time),
		cmocka_unit_test(test_a_limit_is_found_and_seldom_passed),
		cmocka_unit_test(test_it_grows_again_when_the_limit_goes_up),
		cmocka_unit_test(test_it_shrinks_when_the_limit_comes_down),
		cmocka_unit_test(test_refusals_by_chance_do_not_shrink_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

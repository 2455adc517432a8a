#include "store_fixture.h"

#include "store/produced.h"
#include "store/record.h"
#include "store/runs.h"

static struct oid some_name(unsigned n)
{
	unsigned char digest[OID_DIGEST_LEN] = { (unsigned char)n, (unsigned char)(n >> 8), 7 };
	struct oid id;

	oid_make('T', digest, n, &id);
	return id;
}

/* A record with everything in it; @n thunks. */
static struct record example(size_t n)
{
	struct record r = RECORD_INIT;

	r.command = xstrdup("build");
	r.title = xstrdup("make 'a b'");
	r.folder = xstrdup("/home/\xff");
	r.began_ns = 1234567890123456789;
	r.wall_ns = 987654321;
	r.status = 3;
	r.counts = (struct record_counts){ .commands = 5, .modelled = 3, .delegated = 2 };
	record_add_reason(&r, "gcc: -v", 1, "gcc -v");
	record_add_reason(&r, "ld: -T", 2, "ld -T x");
	record_add_reason(&r, "gcc: -v", 7, "another");
	for (size_t i = 0; i < n; i++) {
		struct record_thunk *t = record_add_thunk(&r);

		assert_non_null(t);
		t->id = some_name((unsigned)i);
		t->asked = i % 2 ? some_name((unsigned)i + 1000) : t->id;
		t->tool = xstrdup("gcc");
		t->label = xasprintf("dir/%zu.o", i);
		t->why = xstrdup(i % 3 ? "" : "exit 1");
		t->engine = xstrdup(i % 2 ? "local" : "lambda");
		t->lane = (uint32_t)i % 4;
		t->tries = 1;
		t->after = (uint32_t)i;
		t->ok = i % 3;
		t->ended_ns = (int64_t)i * 1000;
	}
	struct oid id = some_name(4242);
	record_add_remembered(&r, &id);
	return r;
}

static void test_a_record_comes_back_as_it_was(void **state)
{
	auto_record r = example(100);
	auto_record back = RECORD_INIT;
	auto_buf once = BUF_INIT;
	auto_buf twice = BUF_INIT;
	struct err err = ERR_INIT;

	record_encode(&r, &once);
	OK(record_decode(once.data, once.len, false, &back, &err), err);
	assert_int_equal(back.n_thunks, 100);
	assert_string_equal(back.folder, "/home/\xff");
	assert_string_equal(back.reasons[0].text, "gcc: -v");
	assert_int_equal(back.reasons[0].count, 8);
	assert_string_equal(back.reasons[0].example, "gcc -v");
	assert_string_equal(back.thunks[99].label, "dir/99.o");
	assert_string_equal(back.thunks[99].engine, "local");
	assert_true(oid_eq(&back.thunks[99].asked, &r.thunks[99].asked));
	record_encode(&back, &twice);
	assert_int_equal(once.len, twice.len);
	assert_memory_equal(once.data, twice.data, once.len);
}

static void test_the_head_can_be_read_alone_even_when_the_rest_is_damaged(void **state)
{
	auto_record r = example(10);
	auto_record head = RECORD_INIT;
	auto_record all = RECORD_INIT;
	auto_buf raw = BUF_INIT;
	struct err err = ERR_INIT;

	record_encode(&r, &raw);
	raw.data[raw.len - 1] ^= 1;
	OK(record_decode(raw.data, raw.len, true, &head, &err), err);
	assert_int_equal(head.n_thunks, 0);
	assert_int_equal(head.counts.commands, 5);
	REFUSED(record_decode(raw.data, raw.len, false, &all, &err), err, ERR_CORRUPT);
}

static void test_a_record_that_is_cut_or_flipped_anywhere_is_refused(void **state)
{
	auto_record r = example(3);
	auto_buf raw = BUF_INIT;
	struct err err = ERR_INIT;

	record_encode(&r, &raw);
	for (size_t i = 0; i < raw.len; i++) {
		struct record out = RECORD_INIT;

		REFUSED(record_decode(raw.data, i, false, &out, &err), err, ERR_CORRUPT);
		raw.data[i] ^= 0x10;
		REFUSED(record_decode(raw.data, raw.len, false, &out, &err), err, ERR_CORRUPT);
		raw.data[i] ^= 0x10;
	}
}

static void test_there_is_an_end_to_detail_and_to_reasons(void **state)
{
	auto_record r = example(0);
	auto_record back = RECORD_INIT;
	auto_buf raw = BUF_INIT;
	struct err err = ERR_INIT;
	struct oid id = some_name(1);
	uint64_t sum = 0;

	for (size_t i = 0; i < RECORD_DETAIL_MAX; i++) {
		struct record_thunk *t = record_add_thunk(&r);
		t->id = t->asked = id;
		record_add_remembered(&r, &id);
	}
	assert_null(record_add_thunk(&r));
	for (int i = 0; i < 1000; i++) {
		auto_free char *why = xasprintf("gcc: reason %d", i);
		record_add_reason(&r, why, 1, "");
	}
	assert_true(r.n_reasons <= RECORD_REASONS_MAX);
	for (size_t i = 0; i < r.n_reasons; i++)
		sum += r.reasons[i].count;
	assert_int_equal(sum, 1010);
	record_encode(&r, &raw);
	OK(record_decode(raw.data, raw.len, false, &back, &err), err);
	assert_int_equal(back.n_remembered, RECORD_DETAIL_MAX);
}

static void test_the_last_runs_are_kept_and_all_are_counted(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct runs_total total;
	uint64_t *numbers;
	size_t n;

	REFUSED(runs_load(f->st, 0, true, &(struct record)RECORD_INIT, &err), err,
	        ERR_NOTFOUND);
	for (uint64_t i = 1; i <= RUNS_MAX + 15; i++) {
		auto_record r = example(2);

		OK(runs_save(f->st, &r, &err), err);
		assert_int_equal(r.number, i);
	}
	OK(runs_list(f->st, &numbers, &n, &err), err);
	assert_int_equal(n, RUNS_MAX);
	assert_int_equal(numbers[0], 16);
	free(numbers);
	OK(runs_total(f->st, &total, &err), err);
	assert_int_equal(total.runs, RUNS_MAX + 15);
	assert_int_equal(total.counts.commands, 5 * (RUNS_MAX + 15));
	assert_int_equal(total.reasons[0].count + total.reasons[1].count, 10 * (RUNS_MAX + 15));
	runs_total_release(&total);

	auto_record last = RECORD_INIT;
	OK(runs_load(f->st, 0, false, &last, &err), err);
	assert_int_equal(last.number, RUNS_MAX + 15);
	REFUSED(runs_load(f->st, 3, true, &(struct record)RECORD_INIT, &err), err,
	        ERR_NOTFOUND);

	OK(runs_zero(f->st, &err), err);
	OK(runs_total(f->st, &total, &err), err);
	assert_int_equal(total.runs, 0);
	runs_total_release(&total);
	auto_record next = example(0);
	OK(runs_save(f->st, &next, &err), err);
	assert_int_equal(next.number, RUNS_MAX + 16);
	OK(runs_total(f->st, &total, &err), err);
	assert_int_equal(total.runs, 1);
	runs_total_release(&total);
}

static void test_a_damaged_record_or_sum_stops_nobody(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct runs_total total;

	for (int i = 0; i < RUNS_MAX + 5; i++) {
		auto_record r = example(1);
		auto_free char *sum = xasprintf("%s/runs/total", f->gg);
		auto_free char *one = xasprintf("%s/runs/%08d", f->gg, i);

		OK(runs_save(f->st, &r, &err), err);
		fixture_write(sum, "rubbish", 7);
		if (access(one, F_OK) == 0)
			fixture_write(one, "", 0);
	}
	OK(runs_total(f->st, &total, &err), err);
	assert_true(total.runs >= 1);
	runs_total_release(&total);
}

static int save_many(struct fixture *f)
{
	auto_store st = NULL;
	struct err err = ERR_INIT;

	if (store_open(f->gg, 0, &st, &err) < 0)
		return 1;
	for (int i = 0; i < 30; i++) {
		auto_record r = example(1);

		if (runs_save(st, &r, &err) < 0)
			return 1;
	}
	return 0;
}

static void test_runs_that_end_at_once_are_all_counted(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct runs_total total;
	int status;

	for (int i = 0; i < 4; i++)
		if (fork() == 0)
			_exit(save_many(f));
	for (int i = 0; i < 4; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	OK(runs_total(f->st, &total, &err), err);
	assert_int_equal(total.runs, 120);
	runs_total_release(&total);
}

static void test_what_made_a_path_last_and_before_is_known(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct oid a = some_name(1);
	struct oid b = some_name(2);
	auto_produced p = { 0 };

	assert_int_equal(store_produced_get(f->st, "/x/y.o", &p, &err), 0);
	OK(store_produced_note(f->st, "/x/y.o", &a, NULL, &err), err);
	OK(store_produced_note(f->st, "/x/y.o", &a, NULL, &err), err);
	assert_int_equal(store_produced_get(f->st, "/x/y.o", &p, &err), 1);
	assert_true(oid_eq(&p.thunk, &a) && p.n_before == 0 && !p.tag);
	OK(store_produced_note(f->st, "/x/y.o", &b, "y.o", &err), err);
	produced_release(&p);
	assert_int_equal(store_produced_get(f->st, "/x/y.o", &p, &err), 1);
	assert_true(oid_eq(&p.thunk, &b) && p.n_before == 1 && oid_eq(&p.before[0], &a));
	assert_string_equal(p.tag, "y.o");
	OK(store_produced_note(f->st, "/x/y.o", &a, NULL, &err), err);
	produced_release(&p);
	assert_int_equal(store_produced_get(f->st, "/x/y.o", &p, &err), 1);
	assert_true(oid_eq(&p.thunk, &a) && p.n_before == 1 && oid_eq(&p.before[0], &b));
	for (unsigned i = 10; i < 40; i++) {
		struct oid id = some_name(i);

		OK(store_produced_note(f->st, "/x/y.o", &id, NULL, &err), err);
	}
	produced_release(&p);
	assert_int_equal(store_produced_get(f->st, "/x/y.o", &p, &err), 1);
	assert_int_equal(p.n_before, PRODUCED_BEFORE_MAX);
	struct oid last = some_name(38);
	assert_true(oid_eq(&p.before[0], &last));
	OK(store_produced_forget(f->st, "/x/y.o", &err), err);
	produced_release(&p);
	assert_int_equal(store_produced_get(f->st, "/x/y.o", &p, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_record_comes_back_as_it_was),
		cmocka_unit_test(test_the_head_can_be_read_alone_even_when_the_rest_is_damaged),
		cmocka_unit_test(test_a_record_that_is_cut_or_flipped_anywhere_is_refused),
		cmocka_unit_test(test_there_is_an_end_to_detail_and_to_reasons),
		cmocka_unit_test_setup_teardown(test_the_last_runs_are_kept_and_all_are_counted,
		                                fixture_set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(test_a_damaged_record_or_sum_stops_nobody,
		                                fixture_set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(test_runs_that_end_at_once_are_all_counted,
		                                fixture_set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(test_what_made_a_path_last_and_before_is_known,
		                                fixture_set_up, fixture_tear_down),
	};

	alarm(100);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

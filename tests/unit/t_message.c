#include "check.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include "sandbox/message.h"

static int fd[2];

static int set_up(void **state)
{
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd);
}

static int tear_down(void **state)
{
	close(fd[0]);
	close(fd[1]);
	return 0;
}

static void test_what_was_added_is_read_in_order(void **state)
{
	auto_buf b = BUF_INIT;
	struct message_reader r;
	struct err err = ERR_INIT;

	message_begin(&b);
	message_add_str(&b, "a b");
	message_add_num(&b, UINT64_MAX);
	message_add_str(&b, NULL);
	message_add_str(&b, "");
	OK(message_send(fd[0], &b, &err), err);
	OK(message_receive(fd[1], &b, &err), err);
	message_read(&r, &b);
	assert_string_equal(message_str(&r), "a b");
	assert_true(message_num(&r) == UINT64_MAX);
	assert_null(message_str(&r));
	assert_string_equal(message_str(&r), "");
	assert_false(r.bad);
	assert_int_equal(message_num(&r), 0);
	assert_true(r.bad);
}

static void test_a_message_larger_than_the_socket_holds_goes_through(void **state)
{
	auto_buf b = BUF_INIT;
	struct message_reader r;
	struct err err = ERR_INIT;
	uint64_t sum = 0;
	pid_t child = fork();

	if (child == 0) {
		message_begin(&b);
		for (uint64_t i = 0; i < 1000000; i++)
			message_add_num(&b, i);
		_exit(message_send(fd[0], &b, &err) < 0);
	}
	OK(message_receive(fd[1], &b, &err), err);
	message_read(&r, &b);
	for (int i = 0; i < 1000000; i++)
		sum += message_num(&r);
	assert_false(r.bad);
	assert_true(sum == 499999500000);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void test_bytes_are_as_many_as_were_added(void **state)
{
	auto_buf b = BUF_INIT;
	struct message_reader r;

	message_begin(&b);
	message_add_bytes(&b, "a\0b", 3);
	message_add_bytes(&b, NULL, 3);
	message_add_bytes(&b, "short", 5);
	message_read(&r, &b);
	r.at += sizeof(uint32_t); /* the length */
	assert_memory_equal(message_bytes(&r, 3), "a\0b", 3);
	assert_null(message_bytes(&r, 3));
	assert_false(r.bad);
	assert_null(message_bytes(&r, 6));
	assert_true(r.bad);
}

static void test_an_end_in_the_middle_is_told(void **state)
{
	auto_buf b = BUF_INIT;
	struct err err = ERR_INIT;
	uint32_t len = 100;

	assert_int_equal(send(fd[0], &len, sizeof(len), 0), sizeof(len));
	assert_int_equal(send(fd[0], "short", 5, 0), 5);
	shutdown(fd[0], SHUT_WR);
	REFUSED(message_receive(fd[1], &b, &err), err, ERR_NOTFOUND);
}

static void test_no_text_ends_beyond_its_frame(void **state)
{
	auto_buf b = BUF_INIT;
	struct message_reader r;

	buf_add(&b, "sabc", 4);
	message_read(&r, &b);
	assert_null(message_str(&r));
	assert_true(r.bad);
	buf_reset(&b);
	message_read(&r, &b);
	assert_null(message_str(&r));
	assert_true(r.bad);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_was_added_is_read_in_order),
		TEST(test_a_message_larger_than_the_socket_holds_goes_through),
		TEST(test_bytes_are_as_many_as_were_added),
		TEST(test_an_end_in_the_middle_is_told),
		TEST(test_no_text_ends_beyond_its_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

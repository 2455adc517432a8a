#include "check.h"

#include <poll.h>
#include <sys/wait.h>

#include "model/session.h"

/* Answers one caller with what it said, twice. */
static void echo_once(int listener)
{
	struct pollfd p = { listener, POLLIN, 0 };
	auto_strv words = STRV_INIT, answer = STRV_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(poll(&p, 1, 300000), 1);
	int fd = session_accept(listener, &err);
	OK(fd, err);
	p.fd = fd;
	assert_int_equal(poll(&p, 1, 300000), 1);
	OK(session_receive(fd, &words, &err), err);
	strv_add_all(&answer, strv_argv(&words));
	strv_add_all(&answer, strv_argv(&words));
	OK(session_send(fd, &answer, &err), err);
	close(fd);
}

static void test_a_wrapper_is_answered(void **state)
{
	auto_free char *name = NULL;
	struct err err = ERR_INIT;
	int status = 1;
	int listener = session_listen(&name, &err);

	OK(listener, err);
	pid_t child = fork();
	if (child == 0) {
		auto_strv words = STRV_INIT, answer = STRV_INIT;

		strv_add(&words, "wait");
		strv_add(&words, "");
		strv_add(&words, "a\nb");
		_exit(session_say(name, &words, &answer, &err) < 0 || answer.n != 6 ||
		      strcmp(answer.v[4], "") != 0 || strcmp(answer.v[5], "a\nb") != 0);
	}
	echo_once(listener);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(listener);
}

static void test_a_session_that_ended_can_not_be_spoken_to(void **state)
{
	auto_free char *name = NULL;
	auto_strv words = STRV_INIT;
	struct err err = ERR_INIT;
	int listener = session_listen(&name, &err);

	OK(listener, err);
	close(listener);
	strv_add(&words, "x");
	CHECK(session_say(name, &words, NULL, &err) < 0, "somebody listened");
	CHECK(session_say("", &words, NULL, &err) < 0, "somebody listened");
	memset(err.msg, 'x', 200);
	err.msg[200] = '\0';
	auto_free char *long_name = xstrdup(err.msg);
	CHECK(session_say(long_name, &words, NULL, &err) < 0, "somebody listened");
}

static void test_too_much_is_refused_before_it_is_sent(void **state)
{
	auto_free char *name = NULL;
	auto_free char *big = xmalloc(SESSION_MESSAGE_MAX + 2);
	auto_strv words = STRV_INIT;
	struct err err = ERR_INIT;
	int listener = session_listen(&name, &err);

	OK(listener, err);
	memset(big, 'x', SESSION_MESSAGE_MAX + 1);
	big[SESSION_MESSAGE_MAX + 1] = '\0';
	strv_add(&words, big);
	CHECK(session_say(name, &words, NULL, &err) < 0, "it was sent");
	assert_true(err.msg[0]);
	close(listener);
}

static void test_nobody_waiting_is_no_error_of_the_listener(void **state)
{
	auto_free char *name = NULL;
	struct err err = ERR_INIT;
	int listener = session_listen(&name, &err);

	OK(listener, err);
	REFUSED(session_accept(listener, &err), err, ERR_RETRY);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_wrapper_is_answered),
		cmocka_unit_test(test_a_session_that_ended_can_not_be_spoken_to),
		cmocka_unit_test(test_too_much_is_refused_before_it_is_sent),
		cmocka_unit_test(test_nobody_waiting_is_no_error_of_the_listener),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

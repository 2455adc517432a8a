/*
 * gg-call: hands a call to a wrapper that stands by (main/standby.h), or becomes gg-model.
 *
 * It runs once per compiler call and does so little that starting a C library would be most of
 * it: system calls, and no memory but the stack that it was started with.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "intercept/launch.h"
#include "main/bare.h"
#include "main/standby.h"
#include "model/session.h"

__asm__(".text\n.globl _start\n_start:\n"
        "	xor %ebp, %ebp\n"
        "	mov %rsp, %rdi\n"
        "	and $-16, %rsp\n"
        "	call begin\n");

static bool is_unlimited(void)
{
	struct rlimit limit;

	limit.rlim_cur = 0;
	return SYS(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, &limit, 0) == 0 &&
	       limit.rlim_cur == RLIM_INFINITY;
}

/* Only who is us may see an environment. */
static bool is_us(int fd)
{
	struct ucred cred = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(cred);

	return SYS(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 &&
	       cred.uid == (uid_t)SYS(SYS_geteuid, 0, 0, 0, 0, 0);
}

/* A socket to one that has nothing to do, or -1. */
static int connect_to_one(const char *session)
{
	struct sockaddr_un addr;
	size_t n = bare_length(session);
	int fd = (int)SYS(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	                  0, 0);

	if (fd < 0 || n + sizeof(SESSION_STANDBY) + 4 > sizeof(addr.sun_path))
		return -1;
	addr.sun_family = AF_UNIX;
	addr.sun_path[0] = '\0';
	size_t at = 1;
	for (size_t i = 0; i < n; i++) {
		addr.sun_path[at++] = session[i];
		NO_CALL();
	}
	for (const char *s = SESSION_STANDBY; *s; s++)
		addr.sun_path[at++] = *s;
	for (unsigned number = 0; number < SESSION_STANDBYS_MAX; number++) {
		addr.sun_path[at] = (char)('0' + number / 10);
		addr.sun_path[at + 1] = (char)('0' + number % 10);
		if (SYS(SYS_connect, fd, &addr, offsetof(struct sockaddr_un, sun_path) + at + 2,
		        0, 0) == 0)
			return fd;
	}
	return -1;
}

/* The words lie one behind the other, those of the environment behind those of the command: so
 * the kernel has put them there. */
static bool send_call(int fd, long argc, char *const *argv, char *const *envp)
{
	union {
		char room[CMSG_SPACE(STANDBY_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct standby_request head;
	const char *last = argv[argc - 1];
	struct iovec parts[2] = { { &head, sizeof(head) }, { argv[0], 0 } };
	struct msghdr message;
	long envc = 0;

	for (; envp[envc]; envc++)
		last = envp[envc];
	parts[1].iov_len = (size_t)(last + bare_length(last) + 1 - argv[0]);
	head.umask = (uint32_t)SYS(SYS_umask, 0, 0, 0, 0, 0);
	SYS(SYS_umask, head.umask, 0, 0, 0, 0);
	head.argc = (uint32_t)argc;
	head.envc = (uint32_t)envc;
	message.msg_name = NULL;
	message.msg_namelen = 0;
	message.msg_iov = parts;
	message.msg_iovlen = 2;
	message.msg_control = control.room;
	message.msg_controllen = sizeof(control.room);
	message.msg_flags = 0;
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(STANDBY_FDS * sizeof(int));
	int *fds = (int *)(void *)CMSG_DATA(c);
	const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	fds[STANDBY_ROOT] = (int)SYS(SYS_openat, AT_FDCWD, "/", flags, 0, 0);
	fds[STANDBY_FOLDER] = (int)SYS(SYS_openat, AT_FDCWD, ".", flags, 0, 0);
	fds[STANDBY_OUT] = 1;
	fds[STANDBY_ERRORS] = 2;
	return parts[1].iov_len <= STANDBY_REQUEST_MAX - sizeof(head) &&
	       fds[STANDBY_ROOT] >= 0 && fds[STANDBY_FOLDER] >= 0 &&
	       SYS(SYS_sendmsg, fd, &message, MSG_NOSIGNAL, 0, 0) >= 0;
}

/* The status to exit with, or STANDBY_DECLINED. */
static int hand_over(const char *session, long argc, char *const *argv, char *const *envp)
{
	struct standby_answer answer;
	long got;

	if (argc < 1 || !bare_has_standard_fds() || !is_unlimited())
		return STANDBY_DECLINED;
	int fd = connect_to_one(session);
	if (fd < 0 || !is_us(fd) || SYS(SYS_fcntl, fd, F_SETFL, 0, 0, 0) < 0 ||
	    !send_call(fd, argc, argv, envp))
		return STANDBY_DECLINED;
	do
		got = SYS(SYS_recvfrom, fd, &answer, sizeof(answer), 0, 0);
	while (got == -EINTR);
	return got == (long)sizeof(answer) ? answer.status : STANDBY_DECLINED;
}

static void complain(const char *text)
{
	SYS(SYS_write, 2, text, bare_length(text), 0, 0);
}

_Noreturn void begin(long *stack);

_Noreturn void begin(long *stack)
{
	long argc = stack[0];
	char **argv = (char **)(stack + 1);
	char **envp = argv + argc + 1;
	const char *session = bare_variable(envp, LAUNCH_SESSION);
	const char *wrapper = bare_variable(envp, LAUNCH_WRAPPER);
	int status = session ? hand_over(session, argc, argv, envp) : STANDBY_DECLINED;

	if (status == STANDBY_DECLINED) {
		if (wrapper)
			SYS(SYS_execve, wrapper, argv, envp, 0, 0);
		complain("gg-call: gg-model can't be executed; see GG_WRAPPER\n");
		status = 127;
	}
	for (;;)
		SYS(SYS_exit_group, status, 0, 0, 0, 0);
}

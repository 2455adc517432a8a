#include "intercept/ask.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(const char *session)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t n = strlen(session);
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (n == 0 || n + 1 > sizeof(addr.sun_path))
		return -1;
	memcpy(addr.sun_path + 1, session, n);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&addr,
	            (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n)) == 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 && cred.uid == geteuid())
		return fd;
	syscall(SYS_close, fd);
	return -1;
}

int ask(const char *session, const char *kind, const char *a, const char *b, bool answered)
{
	const char *const words[] = { kind, a, b };
	char message[2 * PATH_MAX + 32];
	char answer[512];
	size_t len = 0;
	int saved = errno;
	int fd = connect_to(session);
	ssize_t n = -1;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && words[i]; i++) {
		size_t size = strlen(words[i]) + 1;

		if (len + size <= sizeof(message))
			memcpy(message + len, words[i], size);
		len += size;
	}
	if (fd >= 0 && len <= sizeof(message))
		n = send(fd, message, len, MSG_NOSIGNAL);
	while (n > 0 && answered) {
		n = recv(fd, answer, sizeof(answer), 0);
		if (n >= 0 || errno != EINTR)
			break;
		n = 1;
	}
	if (fd >= 0)
		syscall(SYS_close, fd);
	errno = saved;
	return n > 0 && (!answered || (n >= 3 && memcmp(answer, "ok", 3) == 0)) ? 0 : -1;
}

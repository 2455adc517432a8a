#include "model/session.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

static socklen_t address_of(const char *name, struct sockaddr_un *addr)
{
	size_t n = strlen(name);

	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (n == 0 || n + 1 > sizeof(addr->sun_path))
		return 0;
	memcpy(addr->sun_path + 1, name, n);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n);
}

static bool peer_is_us(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 &&
	       cred.uid == geteuid();
}

static int listen_as(const char *name, int backlog, struct err *err)
{
	struct sockaddr_un addr;
	socklen_t len = address_of(name, &addr);
	auto_fd fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, len) < 0 || listen(fd, backlog) < 0)
		return err_sys(err, "session socket");
	return steal_fd(&fd);
}

int session_listen_as(const char *name, struct err *err)
{
	return listen_as(name, 0, err);
}

int session_listen(char **name, struct err *err)
{
	unsigned long long token[2];

	if (getrandom(token, sizeof(token), 0) != sizeof(token))
		return err_sys(err, "random bytes");
	auto_free char *text =
		xasprintf("gg-%d-%016llx%016llx", (int)getpid(), token[0], token[1]);
	int fd = listen_as(text, SESSION_BACKLOG, err);
	if (fd >= 0)
		*name = steal(&text);
	return fd;
}

int session_accept(int listener, struct err *err)
{
	auto_fd fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return err_sys(err, "accept");
	if (!peer_is_us(fd))
		return err_set(err, ERR_RETRY, "a connection of another user was refused");
	return steal_fd(&fd);
}

int session_receive(int fd, struct strv *words, struct err *err)
{
	auto_free char *raw = xmalloc(SESSION_MESSAGE_MAX);
	ssize_t n;

	do
		n = recv(fd, raw, SESSION_MESSAGE_MAX, MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, "session");
	if (n > SESSION_MESSAGE_MAX || (n > 0 && raw[n - 1] != '\0'))
		return err_set(err, ERR_CORRUPT, "session: malformed message");
	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(raw + at) + 1)
		strv_add(words, raw + at);
	return 0;
}

int session_send(int fd, const struct strv *words, struct err *err)
{
	auto_buf raw = BUF_LIMIT(SESSION_MESSAGE_MAX);
	ssize_t n;

	for (size_t i = 0; i < words->n; i++)
		if (buf_add(&raw, words->v[i], strlen(words->v[i]) + 1) < 0)
			return err_set(err, ERR_NOSPC, "session: message too long");
	do
		n = send(fd, buf_str(&raw), raw.len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? err_sys(err, "session") : 0;
}

static int caller = -1;

void session_stand_in(int fd)
{
	caller = fd;
}

/* Is there something to read on @fd before the caller goes? */
static bool await(int fd)
{
	struct pollfd p[] = { { fd, POLLIN, 0 }, { caller, 0, 0 } };

	while (poll(p, 2, -1) < 0)
		if (errno != EINTR)
			return false;
	return !p[1].revents;
}

int session_say(const char *name, const struct strv *words, struct strv *answer,
                struct err *err)
{
	struct sockaddr_un addr;
	socklen_t len = address_of(name, &addr);
	auto_fd fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || len == 0)
		return err_set(err, ERR_IO, "session: no socket");
	if (connect(fd, (struct sockaddr *)&addr, len) < 0)
		return err_sys(err, "session");
	if (!peer_is_us(fd))
		return err_set(err, ERR_DENIED, "session: not our coordinator");
	if (session_send(fd, words, err) < 0)
		return -1;
	if (!answer)
		return 0;
	if (caller >= 0 && !await(fd))
		return err_set(err, ERR_RETRY, "session: the caller has gone");
	if (session_receive(fd, answer, err) < 0)
		return -1;
	if (answer->n == 0)
		return err_set(err, ERR_RETRY, "session: the coordinator has gone");
	return 0;
}

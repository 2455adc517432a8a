/* Any packet is a list of words, or refused; a list goes through a socket unchanged. */
#include "fuzz.h"

#include "model/session.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_strv words = STRV_INIT;
	auto_strv again = STRV_INIT;
	struct err err = ERR_INIT;
	int fd[2];

	if (size == 0 || size > 4096)
		return 0;
	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) == 0);
	MUST(send(fd[0], data, size, 0) == (ssize_t)size);
	if (session_receive(fd[1], &words, &err) < 0) {
		MUST(err.kind == ERR_CORRUPT);
	} else {
		MUST(words.n > 0 && session_send(fd[0], &words, &err) == 0);
		MUST(session_receive(fd[1], &again, &err) == 0 && again.n == words.n);
		for (size_t i = 0; i < words.n; i++)
			MUST(strcmp(words.v[i], again.v[i]) == 0);
	}
	close(fd[0]);
	close(fd[1]);
	return 0;
}

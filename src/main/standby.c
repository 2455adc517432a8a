#include "main/standby.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/proc.h"
#include "base/strv.h"
#include "main/builtin.h"
#include "main/wrapper.h"
#include "model/session.h"
#include "store/look.h"
#include "store/store.h"

enum {
	/* What is freed stays for the next call; the largest threshold that mallopt takes. */
	KEPT_BYTES = 32 << 20,
	/* One that has grown beyond, by a look at every so many calls, makes room. */
	GROWN_BYTES = 256 << 20,
	CALLS_A_LOOK = 256,
};

struct standby {
	int null;
	uint64_t root_mount; /* numbers of the root */
	uint64_t root_inode;
	struct store *store; /* of the last call: its index stays open */
	char *raw;           /* room for a request */
	char **words;
};

struct standby_call {
	int fds[STANDBY_FDS];
	struct standby_request head;
	char **argv; /* and then the environment; in the standby's room */
	char **envp;
};

/* -- what was sent -- */

static bool number_root(int fd, uint64_t *mount, uint64_t *inode)
{
	struct statx st;

	if (statx(fd, fd == AT_FDCWD ? "/" : "", fd == AT_FDCWD ? 0 : AT_EMPTY_PATH,
	          STATX_INO | STATX_MNT_ID, &st) < 0 ||
	    !(st.stx_mask & STATX_MNT_ID))
		return false;
	*mount = st.stx_mnt_id;
	*inode = st.stx_ino;
	return true;
}

/* Paths mean the same to it as to us. */
static bool is_of_our_root(const struct standby *s, const struct standby_call *call)
{
	uint64_t mount, inode;

	return number_root(call->fds[STANDBY_ROOT], &mount, &inode) && mount == s->root_mount &&
	       inode == s->root_inode;
}

static void take_fds(struct msghdr *message, struct standby_call *call)
{
	for (size_t i = 0; i < STANDBY_FDS; i++)
		call->fds[i] = -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
		    c->cmsg_len <= CMSG_LEN(sizeof(call->fds)))
			memcpy(call->fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
}

/* As many words as were promised, each with its end. */
static bool split_words(struct standby *s, size_t len, struct standby_call *call)
{
	char *at = s->raw;
	char *end = s->raw + len;
	size_t n = (size_t)call->head.argc + call->head.envc;

	if (call->head.argc == 0 || n > len || (len && end[-1] != '\0'))
		return false;
	s->words = xrealloc(s->words, (n + 2) * sizeof(*s->words));
	call->argv = s->words;
	call->envp = s->words + call->head.argc + 1;
	for (size_t i = 0; i < n; i++, at += strlen(at) + 1) {
		if (at >= end)
			return false;
		s->words[i < call->head.argc ? i : i + 1] = at;
	}
	s->words[call->head.argc] = NULL;
	s->words[n + 1] = NULL;
	return at == end;
}

static bool receive(struct standby *s, int fd, struct standby_call *call)
{
	union {
		char room[CMSG_SPACE(STANDBY_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec parts[] = { { &call->head, sizeof(call->head) },
		                 { s->raw, STANDBY_REQUEST_MAX } };
	struct msghdr message = { .msg_iov = parts,
		                  .msg_iovlen = 2,
		                  .msg_control = control.room,
		                  .msg_controllen = sizeof(control.room) };
	ssize_t n;

	do
		n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		take_fds(&message, call);
	return n > (ssize_t)sizeof(call->head) &&
	       !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) &&
	       call->fds[STANDBY_FDS - 1] >= 0 &&
	       split_words(s, (size_t)n - sizeof(call->head), call);
}

/* Files that are others for another process. */
static bool names_own_files(char *const *argv)
{
	static const char *const names[] = { "/dev/fd", "/dev/std", "/dev/tty", "/proc/" };

	for (; *argv; argv++)
		for (size_t i = 0; i < countof(names); i++)
			if (strstr(*argv, names[i]))
				return true;
	return false;
}

/* What it makes belongs to the group that it would belong to. Notes who it is. */
static bool take_caller(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 || cred.gid != getegid())
		return false;
	proc_stand_in(cred.pid);
	return true;
}

/* -- in the caller's place -- */

static int run(struct standby_call *call)
{
	auto_strv argv = STRV_INIT;
	const char *path = getenv("PATH");

	auto_free char *tool = wrapper_told();
	if (!tool)
		return STANDBY_DECLINED;
	strv_add_all(&argv, call->argv);
	look_drop();
	auto_free char *kept = xstrdup(path ? path : WRAPPER_DEFAULT_PATH);
	unsetenv("GG_TOOL");
	return builtin_is(tool, strv_argv(&argv))
	               ? builtin_stand_in(tool, strv_argv(&argv))
	               : wrapper_run(tool, strv_argv(&argv), kept, WRAPPER_STANDS_BY);
}

/* To open an index is a tenth of what a call costs. */
static void keep_store(struct standby *s)
{
	const char *dir = getenv("GG_DIR");
	struct err ignored;

	if (s->store && dir && strcmp(store_dir(s->store), dir) == 0)
		return;
	store_close(steal(&s->store));
	if (dir && store_open(dir, 0, &s->store, &ignored) == 0)
		store_warm(s->store);
	else
		s->store = NULL;
}

static int stand_in(struct standby *s, struct standby_call *call)
{
	static char *none[] = { NULL };

	if (!is_of_our_root(s, call) || names_own_files(call->argv) ||
	    fchdir(call->fds[STANDBY_FOLDER]) < 0 ||
	    dup2(call->fds[STANDBY_OUT], STDOUT_FILENO) < 0 ||
	    dup2(call->fds[STANDBY_ERRORS], STDERR_FILENO) < 0)
		return STANDBY_DECLINED;
	umask(call->head.umask);
	environ = call->envp;
	keep_store(s);
	int status = run(call);
	environ = none;
	/* Whoever reads what the caller's command says waits for the end of all that could. */
	dup2(s->null, STDOUT_FILENO);
	dup2(s->null, STDERR_FILENO);
	return status;
}

static void serve(struct standby *s, int fd)
{
	struct standby_call call = { .fds = { -1, -1, -1, -1 } };
	struct standby_answer answer = { STANDBY_DECLINED };

	session_stand_in(fd);
	if (receive(s, fd, &call) && take_caller(fd))
		answer.status = stand_in(s, &call);
	session_stand_in(-1);
	for (size_t i = 0; i < STANDBY_FDS; i++)
		if (call.fds[i] >= 0)
			close(call.fds[i]);
	send(fd, &answer, sizeof(answer), MSG_NOSIGNAL);
}

/* -- standing by -- */

/* The next caller; -1: there will be none. */
static int await(int life, const char *name)
{
	struct err err;
	auto_fd listener = session_listen_as(name, &err);
	struct pollfd p[] = { { listener, POLLIN, 0 }, { life, POLLIN, 0 } };
	int fd = -1;

	if (listener < 0)
		return -1;
	while (fd < 0) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return -1;
		if (p[1].revents)
			return -1;
		if (p[0].revents)
			fd = session_accept(listener, &err);
		p[0].revents = p[1].revents = 0;
	}
	return fd;
}

/* Descriptor 0 is then what reads as nothing else does: not as an empty file. */
static bool set_up(struct standby *s, int *life)
{
	s->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	*life = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	s->raw = xmalloc(STANDBY_REQUEST_MAX);
	return s->null >= 0 && zero >= 0 && *life >= 0 && dup2(zero, STDIN_FILENO) >= 0 &&
	       dup2(s->null, STDOUT_FILENO) >= 0 && dup2(s->null, STDERR_FILENO) >= 0 &&
	       number_root(AT_FDCWD, &s->root_mount, &s->root_inode);
}

static bool has_grown(unsigned calls)
{
	return calls % CALLS_A_LOOK == 0 && mallinfo2().uordblks > GROWN_BYTES;
}

int standby_serve(const char *session, const char *number)
{
	auto_free char *name = xasprintf("%s" SESSION_STANDBY "%s", session, number);
	struct standby s = { 0 };
	int life = -1;
	int fd;

	if (!set_up(&s, &life))
		return 1;
	store_cache_keep();
	look_keep();
	signal(SIGPIPE, SIG_IGN);
	mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
	mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
	for (unsigned calls = 1; !has_grown(calls) && (fd = await(life, name)) >= 0; calls++) {
		serve(&s, fd);
		close(fd);
	}
	store_close(s.store);
	free(s.raw);
	free(s.words);
	return 0;
}

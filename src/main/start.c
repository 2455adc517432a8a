/*
 * How gg begins: before its C library does, it gives the command of "gg build" a head start
 * (cmd/headstart.h).
 *
 *   gg build [-s] [-jN] [--] COMMAND …
 *     nothing special in the environment ─▶ what was written down still holds
 *       ─▶ a session's socket ─▶ COMMAND runs ─┬─▶ it ends: so do we
 *                                              └─▶ a wrapper calls, a signal comes: gg itself
 *
 * All that is unusual is gg's own to do, from the start.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "cmd/headstart.h"
#include "intercept/launch.h"
#include "main/bare.h"
#include "model/session.h"

enum {
	WORDS_MAX = 2048, /* of an environment, ours included */
	PATH_ROOM = 4096,
	STACK_ROOM = 16384,
};

/* One at a time, so it lies in the program's own memory; there is no other. */
static struct {
	char **argv; /* of the command */
	char **envp;
	const char *program;
	char *words[WORDS_MAX]; /* its environment */
	size_t n;
	char session[sizeof(LAUNCH_SESSION) + HEADSTART_SESSION_MAX];
	char errors[sizeof(LAUNCH_ERRORS) + 40];
	_Alignas(8) char file[HEADSTART_MAX];
	_Alignas(16) char stack[STACK_ROOM];
	struct stat seen; /* the last file looked at */
	_Alignas(8) char piece[HEADSTART_META];
	volatile int failed; /* errno of the child's execve */
} start;

/* rdx: the kernel's, for the C library */
__asm__(".text\n.globl gg_start\n.type gg_start,@function\ngg_start:\n"
        "	xor %ebp, %ebp\n"
        "	mov %rsp, %rbx\n"
        "	mov %rdx, %r12\n"
        "	mov %rsp, %rdi\n"
        "	and $-16, %rsp\n"
        "	call start_before\n"
        "	mov %rbx, %rsp\n"
        "	mov %r12, %rdx\n"
        "	jmp _start\n");

static const char digits[] = "0123456789abcdef";

static bool is_equal(const char *a, const char *b)
{
	const char *rest = bare_after(a, b);

	return rest && !*rest;
}

static const char *base_of(const char *path)
{
	const char *base = path;

	for (; *path; path++)
		if (*path == '/')
			base = path + 1;
	return base;
}

/* -- what is asked for -- */

/* "1" to "999"; the rest is for gg to say something about. */
static bool is_number(const char *text)
{
	size_t n = 0;

	for (; text[n] >= '0' && text[n] <= '9'; n++)
		NO_CALL();
	return n >= 1 && n <= 3 && !text[n] && text[0] != '0';
}

static bool is_terminal(int fd)
{
	char settings[128];

	return SYS(SYS_ioctl, fd, 0x5401 /* TCGETS */, settings, 0, 0) == 0;
}

/* Finds the command behind the options. Others than these, and a status line, need gg. */
static bool parse(char **argv)
{
	bool is_quiet = false;

	if (!argv[0] || !argv[1] || !is_equal(base_of(argv[0]), "gg") ||
	    !is_equal(argv[1], "build"))
		return false;
	for (argv += 2; *argv && (*argv)[0] == '-'; argv++) {
		const char *jobs = bare_after(*argv, "-j");

		if (is_equal(*argv, "-s"))
			is_quiet = true;
		else if (jobs && !*jobs && argv[1] && is_number(argv[1]))
			argv++;
		else if (is_equal(*argv, "--")) {
			argv++;
			break;
		} else if (!jobs || !is_number(jobs))
			return false;
	}
	start.argv = argv;
	return *argv && headstart_is_word(*argv) && (is_quiet || !is_terminal(2));
}

/* Else how it ended would not be known. */
static bool heeds_children(void)
{
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		uint64_t mask;
	} *now = (void *)start.piece; /* the kernel's struct sigaction */

	return SYS(SYS_rt_sigaction, SIGCHLD, 0, now, sizeof(now->mask), 0) == 0 &&
	       now->handler != (void *)SIG_IGN;
}

/* Are there as many files, or bytes in a file, as a build needs? */
static bool allows(int resource, rlim_t needed)
{
	struct rlimit limit;

	limit.rlim_cur = 0;
	return SYS(SYS_prlimit64, 0, resource, 0, &limit, 0) == 0 && limit.rlim_cur >= needed;
}

/* -- what was written down -- */

/* Adds @text to the path, of @n characters yet. */
static size_t append(char path[PATH_ROOM], size_t n, const char *text)
{
	for (; *text && n < PATH_ROOM - 1; text++)
		path[n++] = *text;
	path[n] = '\0';
	return n;
}

static bool read_file(void)
{
	const char *dir = bare_variable(start.envp, LAUNCH_DIR);
	struct headstart_head *head = (struct headstart_head *)start.file;
	char path[PATH_ROOM];
	struct stat *st = &start.seen;
	size_t n = append(path, 0, dir ? dir : ".gg");

	if (dir && dir[0] != '/')
		return false;
	n = append(path, n, "/" HEADSTART_FOLDER "/");
	n = append(path, n, *start.argv);
	long fd = SYS(SYS_open, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0, 0, 0);
	if (n == PATH_ROOM - 1 || fd < 0)
		return false;
	/* nobody else's word is taken for it */
	bool is_ours = SYS(SYS_fstat, fd, st, 0, 0, 0) == 0 && S_ISREG(st->st_mode) &&
	               st->st_uid == (uid_t)SYS(SYS_geteuid, 0, 0, 0, 0, 0) &&
	               !(st->st_mode & (S_IWGRP | S_IWOTH));
	long got = is_ours ? SYS(SYS_read, fd, start.file, HEADSTART_MAX, 0, 0) : -1;
	SYS(SYS_close, fd, 0, 0, 0, 0);
	if (got < (long)sizeof(*head) || got != st->st_size || head->bytes != (uint64_t)got)
		return false;
	for (size_t i = 0; i < sizeof(head->magic); i++)
		if (head->magic[i] != HEADSTART_MAGIC[i])
			return false;
	return true;
}

/* The item at *@at of the file, and *@at behind it; NULL at the end, or where it is damaged. */
static const struct headstart_item *next_item(size_t *at)
{
	const struct headstart_head *head = (const struct headstart_head *)start.file;
	const struct headstart_item *item = (const void *)(start.file + *at);
	size_t left = head->bytes - *at;

	if (left < sizeof(*item) + 8 || item->bytes < sizeof(*item) + 8 || item->bytes > left ||
	    item->bytes % 8 || start.file[*at + item->bytes - 1])
		return NULL;
	*at += item->bytes;
	return item;
}

static uint64_t nanoseconds(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * 1000000000 + (uint64_t)t->tv_nsec;
}

static bool is_same(const struct headstart_item *item)
{
	struct stat *st = &start.seen;
	const uint64_t *f = item->facts;

	return SYS(SYS_stat, item->text, st, 0, 0, 0) == 0 && f[0] == st->st_dev &&
	       f[1] == st->st_ino && f[2] == st->st_mode && f[3] == (uint64_t)st->st_size &&
	       f[4] == nanoseconds(&st->st_mtim) && f[5] == nanoseconds(&st->st_ctim);
}

static bool is_here(const struct headstart_item *item)
{
	char folder[PATH_ROOM];

	return SYS(SYS_getcwd, folder, sizeof(folder), 0, 0, 0) > 0 &&
	       is_equal(folder, item->text);
}

static bool is_set(const struct headstart_item *item)
{
	for (char **e = start.envp; *e; e++)
		if (is_equal(*e, item->text))
			return true;
	return false;
}

static bool is_index(const struct headstart_item *item)
{
	const char *want = item->text + bare_length(item->text) + 1;
	const char *end = (const char *)item + item->bytes;
	struct stat *st = &start.seen;
	long fd = SYS(SYS_open, item->text, O_RDONLY | O_CLOEXEC, 0, 0, 0);
	bool is = fd >= 0 && SYS(SYS_fstat, fd, st, 0, 0, 0) == 0 &&
	          st->st_dev == item->facts[0] && st->st_ino == item->facts[1] &&
	          end - want >= 2 * HEADSTART_META;

	for (long page = 0; is && page < 2; page++, want += HEADSTART_META) {
		is = SYS(SYS_pread64, fd, start.piece, HEADSTART_META, page * HEADSTART_PAGE,
		         0) == HEADSTART_META;
		for (size_t i = 0; is && i < HEADSTART_META; i++)
			is = start.piece[i] == want[i];
	}
	if (fd >= 0)
		SYS(SYS_close, fd, 0, 0, 0, 0);
	return is;
}

/* As store_hold does. The descriptor stays open. */
static bool hold(const char *lock)
{
	long fd = SYS(SYS_open, lock, O_RDWR | O_CLOEXEC, 0, 0, 0);

	return fd >= 0 && SYS(SYS_flock, fd, LOCK_SH | LOCK_NB, 0, 0, 0) == 0 &&
	       SYS(SYS_utimensat, fd, 0, 0, 0, 0) == 0;
}

static bool add(char *word)
{
	if (start.n + 1 >= WORDS_MAX)
		return false;
	start.words[start.n++] = word;
	start.words[start.n] = NULL;
	return true;
}

static bool holds(const struct headstart_item *item)
{
	switch (item->kind) {
	case HEADSTART_FOLDER_IS: return is_here(item);
	case HEADSTART_SET: return is_set(item);
	case HEADSTART_UNSET: return !bare_variable(start.envp, item->text);
	case HEADSTART_SAME: return is_same(item);
	case HEADSTART_ABSENT: return SYS(SYS_access, item->text, 0, 0, 0, 0) == -ENOENT;
	case HEADSTART_INDEX: return is_index(item);
	case HEADSTART_HOLD: return hold(item->text);
	case HEADSTART_ADD: return add((char *)item->text);
	case HEADSTART_PROGRAM: start.program = item->text; return true;
	default: return false;
	}
}

/* Does one of the @n first words set the variable of @entry? */
static bool is_set_by(size_t n, const char *entry)
{
	for (size_t i = 0; i < n; i++) {
		const char *a = start.words[i];
		const char *b = entry;

		while (*a && *a == *b && *a != '=') {
			a++;
			b++;
		}
		if (*a == '=' && *b == '=')
			return true;
	}
	return false;
}

static char *put_text(char *out, const char *text)
{
	for (; *text; text++)
		*out++ = *text;
	*out = '\0';
	return out;
}

static char *put_hex(char *out, uint64_t number)
{
	int shift = 60;

	while (shift > 0 && !(number >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		*out++ = digits[number >> shift & 15];
	*out = '\0';
	return out;
}

/* As cmd/build.c does with file_identity(). */
static bool name_errors(void)
{
	if (SYS(SYS_fstat, 2, &start.seen, 0, 0, 0) < 0)
		return false;
	char *out = put_text(start.errors, LAUNCH_ERRORS);
	out = put_text(put_hex(out, start.seen.st_dev), ":");
	put_hex(out, start.seen.st_ino);
	return true;
}

/* All holds, and the command's environment is there. */
static bool all_holds(void)
{
	const struct headstart_head *head = (const struct headstart_head *)start.file;
	size_t at = sizeof(*head);

	while (at < head->bytes) {
		const struct headstart_item *item = next_item(&at);

		if (!item || !holds(item))
			return false;
	}
	size_t ours = start.n;
	for (char **e = start.envp; *e; e++)
		if (!is_set_by(ours, *e) && !add(*e))
			return false;
	return start.program && name_errors() && add(start.session) && add(start.errors);
}

/* -- the session -- */

static bool name_session(void)
{
	uint64_t token[2] = { 0 };

	if (SYS(SYS_getrandom, token, sizeof(token), 0, 0, 0) != sizeof(token))
		return false;
	char *out = put_text(start.session, LAUNCH_SESSION "gg-");
	out = put_text(put_hex(out, token[0]), "-");
	put_hex(out, token[1]);
	put_text(headstart.session, start.session + sizeof(LAUNCH_SESSION) - 1);
	return true;
}

static bool listen_for_wrappers(void)
{
	struct sockaddr_un addr;
	size_t n = 0;

	if (!name_session())
		return false;
	addr.sun_family = AF_UNIX;
	addr.sun_path[n++] = '\0';
	for (const char *s = headstart.session; *s; s++)
		addr.sun_path[n++] = *s;
	headstart.listener = (int)SYS(SYS_socket, AF_UNIX,
	                              SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, 0, 0);
	return headstart.listener >= 0 &&
	       SYS(SYS_bind, headstart.listener, &addr,
	           offsetof(struct sockaddr_un, sun_path) + n, 0, 0) == 0 &&
	       SYS(SYS_listen, headstart.listener, SESSION_BACKLOG, 0, 0, 0) == 0;
}

/* -- the command -- */

_Noreturn void start_child(void);

/* On a stack of its own, in the parent's memory. */
_Noreturn __attribute__((used)) void start_child(void)
{
	SYS(SYS_rt_sigprocmask, SIG_SETMASK, &headstart.mask, 0, sizeof(headstart.mask), 0);
	start.failed = -(int)SYS(SYS_execve, start.program, start.argv, start.words, 0, 0);
	for (;;)
		SYS(SYS_exit_group, 127, 0, 0, 0, 0);
}

/* Its process id, or an errno below 0. *@pidfd: readable when it has ended. The parent waits
 * until the program has begun. */
static long spawn(int *pidfd)
{
	register long r10 __asm__("r10") = 0;
	register long r8 __asm__("r8") = 0;
	long result;

	__asm__ volatile("syscall\n"
	                 "	test %%rax, %%rax\n"
	                 "	jnz 1f\n"
	                 "	xor %%ebp, %%ebp\n"
	                 "	call start_child\n"
	                 "1:"
	                 : "=a"(result)
	                 : "a"(SYS_clone),
	                   "D"((long)(CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD)),
	                   "S"(start.stack + sizeof(start.stack)), "d"(pidfd), "r"(r10), "r"(r8)
	                 : "rcx", "r11", "memory");
	return result;
}

/* Ends with the command, unless something comes for gg to do before. */
static void watch(int pidfd, int signals)
{
	struct pollfd fds[] = { { headstart.listener, POLLIN, 0 },
		                { signals, POLLIN, 0 },
		                { pidfd, POLLIN, 0 } };
	int status;
	long got;

	do
		got = SYS(SYS_poll, fds, 3, -1, 0, 0);
	while (got == -EINTR);
	/* what a wrapper said last counts too */
	if (got < 0 || fds[1].revents || !(fds[2].revents & POLLIN) ||
	    SYS(SYS_poll, fds, 1, 0, 0, 0) != 0 ||
	    SYS(SYS_wait4, headstart.pid, &status, 0, 0, 0) != headstart.pid)
		return;
	status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	for (;;)
		SYS(SYS_exit_group, status, 0, 0, 0, 0);
}

static uint64_t bit(int signal)
{
	return UINT64_C(1) << (signal - 1);
}

static void run(void)
{
	uint64_t held = bit(SIGINT) | bit(SIGTERM) | bit(SIGHUP);
	int pidfd = -1;
	struct timespec now = { 0 };
	long signals =
		SYS(SYS_signalfd4, -1, &held, sizeof(held), SFD_CLOEXEC | SFD_NONBLOCK, 0);

	if (signals < 0 ||
	    SYS(SYS_rt_sigprocmask, SIG_BLOCK, &held, &headstart.mask, sizeof(held), 0) < 0)
		return;
	SYS(SYS_clock_gettime, CLOCK_MONOTONIC, &now, 0, 0, 0);
	headstart.began_ns = (int64_t)nanoseconds(&now);
	long pid = spawn(&pidfd);
	if (pid > 0 && start.failed) /* gg will say why */
		SYS(SYS_wait4, pid, 0, 0, 0, 0);
	else if (pid > 0)
		headstart.pid = (int)pid;
	if (headstart.pid) {
		watch(pidfd, (int)signals);
	} else {
		SYS(SYS_rt_sigprocmask, SIG_SETMASK, &headstart.mask, 0, sizeof(held), 0);
		SYS(SYS_close, headstart.listener, 0, 0, 0, 0);
	}
	if (pidfd >= 0)
		SYS(SYS_close, pidfd, 0, 0, 0, 0);
	SYS(SYS_close, signals, 0, 0, 0, 0);
}

void start_before(long *stack);

/* Returns when gg itself is to begin. */
__attribute__((used)) void start_before(long *stack)
{
	char **argv = (char **)(stack + 1);

	headstart.possible = true;
	start.envp = argv + stack[0] + 1;
	if (!parse(argv) || !headstart_is_plain(start.envp) || !bare_has_standard_fds() ||
	    !allows(RLIMIT_NOFILE, HEADSTART_FILES_MIN) ||
	    !allows(RLIMIT_FSIZE, HEADSTART_SIZE_MIN) || !heeds_children() || !read_file() ||
	    !all_holds() || !listen_for_wrappers())
		return;
	run();
}

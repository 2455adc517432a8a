#include "cmd/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

struct relay {
	struct forcer *forcer;
	uv_poll_t *poll;     /* on the heap: the loop frees them */
	uv_signal_t *resize; /* the user's terminal has another size */
	int ours;
	int theirs; /* kept, so that it never ends before we do */
};

static void free_handle(uv_handle_t *h)
{
	free(h);
}

static void pass_on(struct relay *r)
{
	char chunk[16384];
	ssize_t n;

	while ((n = read(r->ours, chunk, sizeof(chunk))) > 0)
		forcer_pass(r->forcer, chunk, (size_t)n);
}

static void on_output(uv_poll_t *poll, int status, int events)
{
	pass_on(poll->data);
}

static void copy_size(const struct relay *r)
{
	struct winsize size;

	if (ioctl(2, TIOCGWINSZ, &size) == 0)
		ioctl(r->ours, TIOCSWINSZ, &size);
}

static void on_resize(uv_signal_t *h, int signum)
{
	copy_size(h->data);
}

/* The user's terminal does to the text what a terminal does; ours leaves it alone. */
static int open_pair(struct relay *r)
{
	struct termios t;

	r->ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (r->ours < 0 || grantpt(r->ours) < 0 || unlockpt(r->ours) < 0)
		return -1;
	char name[64];
	if (ptsname_r(r->ours, name, sizeof(name)) != 0)
		return -1;
	r->theirs = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (r->theirs < 0 || tcgetattr(2, &t) < 0)
		return -1;
	t.c_oflag &= ~(tcflag_t)OPOST;
	t.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
	copy_size(r);
	return tcsetattr(r->theirs, TCSANOW, &t);
}

static void close_pair(struct relay *r)
{
	if (r->ours >= 0)
		close(r->ours);
	if (r->theirs >= 0)
		close(r->theirs);
}

struct relay *relay_new(struct forcer *f)
{
	struct relay *r;

	if (!forcer_is_live(f))
		return NULL;
	r = xcalloc(1, sizeof(*r));
	*r = (struct relay){ .forcer = f, .ours = -1, .theirs = -1 };
	if (open_pair(r) < 0) {
		close_pair(r);
		free(r);
		return NULL;
	}
	r->poll = xcalloc(1, sizeof(*r->poll));
	uv_poll_init(forcer_loop(f), r->poll, r->ours);
	r->poll->data = r;
	uv_poll_start(r->poll, UV_READABLE, on_output);
	uv_unref((uv_handle_t *)r->poll);
	r->resize = xcalloc(1, sizeof(*r->resize));
	uv_signal_init(forcer_loop(f), r->resize);
	r->resize->data = r;
	uv_signal_start(r->resize, on_resize, SIGWINCH);
	uv_unref((uv_handle_t *)r->resize);
	return r;
}

void relay_free(struct relay *r)
{
	if (!r)
		return;
	pass_on(r);
	uv_poll_stop(r->poll);
	uv_signal_stop(r->resize);
	uv_close((uv_handle_t *)r->poll, free_handle);
	uv_close((uv_handle_t *)r->resize, free_handle);
	close_pair(r);
	free(r);
}

int relay_fd(const struct relay *r, int fd)
{
	return r && isatty(fd) ? r->theirs : fd;
}

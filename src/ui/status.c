/*
 * The line is never wider than the terminal, so that erasing it is "\r" and "erase to end of
 * line". What a command is called may hold anything: only printable ASCII is painted.
 */
#include "ui/status.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/path.h"

enum { REPAINT_NS = 100000000, LABEL_MAX = 160, COLUMNS_DEFAULT = 80 };

#define ERASE "\r\033[K"
#define DIM   "\033[2m"
#define RED   "\033[31m"
#define PLAIN "\033[0m"

struct status {
	struct observer observer;
	int fd;
	bool live;
	bool color;
	bool painted;
	bool in_line;      /* what was passed on last did not end its line */
	size_t remembered; /* besides those of the graph */
	struct graph_counts counts;
	char label[LABEL_MAX]; /* what was started last */
	int64_t started_ns;
	int64_t painted_ns;
};

static void write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* a screen that is gone is no reason to fail */
		data += n;
		len -= (size_t)n;
	}
}

static unsigned columns_of(int fd)
{
	struct winsize w;

	return ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col ? w.ws_col : COLUMNS_DEFAULT;
}

/* Keep @room columns of what follows @from; the bytes of one UTF-8 character stay together. */
static void cut(struct buf *out, size_t from, size_t room)
{
	for (size_t at = from; at < out->len; at++) {
		if ((out->data[at] & 0xc0) == 0x80 || room-- > 0)
			continue;
		out->len = at;
		out->data[at] = '\0';
	}
}

void status_format(const struct status *s, int64_t elapsed_ns, unsigned columns,
                   struct buf *out)
{
	const struct graph_counts *c = &s->counts;
	size_t from = out->len;
	int64_t tenths = elapsed_ns / 100000000;

	buf_addf(out, "[%zu/%zu] running %zu, queued %zu, remembered %zu, failed %zu",
	         c->done + c->failed + c->skipped + s->remembered, c->nodes + s->remembered,
	         c->running, c->ready + c->waiting, c->remembered + s->remembered, c->failed);
	buf_addf(out, " · %lld.%lld s", (long long)(tenths / 10), (long long)(tenths % 10));
	if (*s->label)
		buf_addf(out, " · %s", s->label);
	/* the last column stays free: some terminals wrap when it is written */
	cut(out, from, columns > 1 ? columns - 1 : 0);
}

static void paint(struct status *s, int64_t now_ns)
{
	auto_buf out = BUF_INIT;

	buf_adds(&out, ERASE);
	if (s->color)
		buf_adds(&out, s->counts.failed ? RED : DIM);
	status_format(s, now_ns - s->started_ns, columns_of(s->fd), &out);
	if (s->color)
		buf_adds(&out, PLAIN);
	write_all(s->fd, out.data, out.len);
	s->painted = true;
	s->painted_ns = now_ns;
}

static void erase(struct status *s)
{
	if (s->painted)
		write_all(s->fd, ERASE, strlen(ERASE));
	s->painted = false;
}

void status_tick(struct status *s)
{
	int64_t now_ns = s->live ? clock_now_ns() : 0;

	if (s->live && !s->in_line && s->counts.nodes + s->remembered > 0 &&
	    now_ns - s->painted_ns >= REPAINT_NS)
		paint(s, now_ns);
}

void status_note_remembered(struct status *s)
{
	s->remembered++;
	status_tick(s);
}

void status_pass(struct status *s, const char *text, size_t len)
{
	if (len == 0)
		return;
	erase(s);
	write_all(s->fd, text, len);
	s->in_line = text[len - 1] != '\n';
}

void status_hide(struct status *s)
{
	erase(s);
}

void status_print(struct status *s, const char *text, size_t len)
{
	if (len == 0)
		return;
	erase(s);
	if (s->in_line)
		write_all(s->fd, "\n", 1);
	s->in_line = false;
	write_all(s->fd, text, len);
	if (s->live && text[len - 1] != '\n')
		write_all(s->fd, "\n", 1);
}

static size_t add_word(struct status *s, size_t len, const char *word)
{
	if (len && len < LABEL_MAX - 1)
		s->label[len++] = ' ';
	for (; *word && len < LABEL_MAX - 1; word++)
		s->label[len++] = *word >= ' ' && *word <= '~' ? *word : '?';
	return len;
}

/* "gcc lvm.o": the program and what it makes; its arguments where that has no name. */
static void set_label(struct status *s, const struct thunk *t)
{
	const char *made = t->outputs.n ? path_base(t->outputs.v[0]) : "";
	bool has_name = *made && strcmp(t->outputs.v[0], THUNK_STDOUT) != 0;
	size_t len = t->args.n ? add_word(s, 0, path_base(t->args.v[0])) : 0;

	if (has_name)
		len = add_word(s, len, made);
	for (size_t i = 1; !has_name && i < t->args.n; i++)
		len = add_word(s, len, t->args.v[i]);
	s->label[len] = '\0';
}

static void on_started(void *arg, const struct observed *o)
{
	struct status *s = arg;

	if (s->live)
		set_label(s, o->thunk);
}

static void on_counts(void *arg, const struct graph_counts *c)
{
	struct status *s = arg;

	s->counts = *c;
	status_tick(s);
}

struct status *status_new(int fd, bool live, bool color)
{
	struct status *s = xcalloc(1, sizeof(*s));

	s->observer = (struct observer){ .arg = s, .started = on_started, .counts = on_counts };
	s->fd = fd;
	s->live = live;
	s->color = color;
	s->started_ns = clock_now_ns();
	return s;
}

void status_free(struct status *s)
{
	if (!s)
		return;
	erase(s);
	free(s);
}

const struct observer *status_observer(struct status *s)
{
	return &s->observer;
}

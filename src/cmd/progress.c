#include "cmd/progress.h"

#include <string.h>

#include "base/clock.h"

enum { REPAINT_NS = 100000000 };

void progress_begin(struct progress *p)
{
	const char *term = getenv("TERM");

	*p = (struct progress){ .live = isatty(2) && !(term && strcmp(term, "dumb") == 0) };
}

void progress_show(struct progress *p, const char *doing, uint64_t done, uint64_t all)
{
	int64_t now_ns = p->live ? clock_now_ns() : 0;

	if (!p->live || now_ns - p->painted_ns < REPAINT_NS)
		return;
	p->painted_ns = now_ns;
	if (all)
		fprintf(stderr, "\r\033[K%s %llu/%llu", doing, (unsigned long long)done,
		        (unsigned long long)all);
	else
		fprintf(stderr, "\r\033[K%s %llu", doing, (unsigned long long)done);
	fflush(stderr);
}

void progress_clear(struct progress *p)
{
	if (p->live && p->painted_ns)
		fputs("\r\033[K", stderr);
	p->painted_ns = 0;
}

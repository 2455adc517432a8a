#include "ui/tracelog.h"

#include <string.h>

#include "ui/text.h"

/* Process numbers of engines: 1 is the run itself. */
struct processes {
	const char *names[64];
	unsigned n;
};

static unsigned process_of(struct processes *p, const char *engine)
{
	unsigned i = 0;

	engine = engine && *engine ? engine : "nowhere";
	while (i < p->n && strcmp(p->names[i], engine) != 0)
		i++;
	if (i == p->n && p->n < countof(p->names))
		p->names[p->n++] = engine;
	return i + 2;
}

/* The viewer counts in microseconds. */
static void add_us(struct buf *out, const char *key, int64_t ns)
{
	buf_addf(out, ",\"%s\":%lld.%03lld", key, (long long)(ns / 1000),
	         (long long)(ns % 1000));
}

static void add_name(struct buf *out, unsigned pid, long tid, const char *what,
                     const char *name)
{
	buf_addf(out, "{\"ph\":\"M\",\"pid\":%u,", pid);
	if (tid >= 0)
		buf_addf(out, "\"tid\":%ld,", tid);
	buf_addf(out, "\"name\":\"%s\",\"args\":{\"name\":", what);
	text_json(out, name);
	buf_adds(out, "}},\n");
}

static void add_thunk(struct buf *out, const struct record *r, const struct record_thunk *t,
                      struct processes *p)
{
	int64_t end = t->ended_ns ? t->ended_ns : r->wall_ns;

	if (t->tries == 0)
		return;
	buf_adds(out, "{\"ph\":\"X\",\"name\":");
	text_json(out, *t->label ? t->label : t->id.s);
	buf_adds(out, ",\"cat\":");
	text_json(out, t->ok ? "thunk" : "thunk,failed");
	buf_addf(out, ",\"pid\":%u,\"tid\":%u", process_of(p, t->engine), t->lane);
	add_us(out, "ts", t->started_ns);
	add_us(out, "dur", end > t->started_ns ? end - t->started_ns : 0);
	buf_adds(out, ",\"args\":{\"thunk\":");
	text_json(out, t->id.s);
	buf_adds(out, ",\"tool\":");
	text_json(out, t->tool);
	add_us(out, "queued_us", t->started_ns > t->ready_ns ? t->started_ns - t->ready_ns : 0);
	add_us(out, "cpu_us", t->cpu_ns);
	buf_addf(out, ",\"tries\":%u", t->tries);
	if (t->after) {
		const struct record_thunk *before = &r->thunks[t->after - 1];

		buf_adds(out, ",\"after\":");
		text_json(out, *before->label ? before->label : before->id.s);
	}
	if (*t->why) {
		buf_adds(out, ",\"why\":");
		text_json(out, t->why);
	}
	if (!t->ok)
		buf_adds(out, "},\"cname\":\"terrible");
	else
		buf_adds(out, "},\"cname\":\"good");
	buf_adds(out, "\"},\n");
}

/* A name for each place that was used. */
static void add_places(struct buf *out, const struct record *r, struct processes *p)
{
	uint32_t used[countof(p->names) + 2] = { 0 };

	for (size_t i = 0; i < r->n_thunks; i++) {
		const struct record_thunk *t = &r->thunks[i];
		unsigned pid = process_of(p, t->engine);

		if (t->tries && pid < countof(used) && used[pid] <= t->lane)
			used[pid] = t->lane + 1;
	}
	for (unsigned i = 0; i < p->n; i++) {
		add_name(out, i + 2, -1, "process_name", p->names[i]);
		for (uint32_t k = 0; k < used[i + 2] && k < RECORD_DETAIL_MAX; k++) {
			char name[32];

			snprintf(name, sizeof(name), "place %u", k + 1);
			add_name(out, i + 2, k, "thread_name", name);
		}
	}
}

void tracelog_format(const struct record *r, struct buf *out)
{
	struct processes p = { .n = 0 };

	buf_adds(out, "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n");
	add_name(out, 1, -1, "process_name", "gg");
	add_places(out, r, &p);
	for (size_t i = 0; i < r->n_thunks; i++)
		add_thunk(out, r, &r->thunks[i], &p);
	buf_adds(out, "{\"ph\":\"X\",\"pid\":1,\"tid\":0,\"name\":");
	text_json(out, r->title ? r->title : "");
	buf_adds(out, ",\"cat\":\"run\"");
	add_us(out, "ts", 0);
	add_us(out, "dur", r->wall_ns);
	buf_addf(out, ",\"args\":{\"status\":%d}}\n]}\n", r->status);
}

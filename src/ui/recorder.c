#include "ui/recorder.h"

#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/path.h"
#include "store/produced.h"
#include "store/runs.h"

enum { OUTPUTS_MAX = 262144, LABEL_BYTES = 200, TITLE_BYTES = 500 };

/* The places of one engine, as far as they were ever taken at once. */
struct places {
	char *engine; /* owned */
	bool *busy;   /* owned */
	uint32_t n;
};

struct output {
	char *path; /* owned */
	struct oid thunk;
	char *tag; /* owned; NULL: the first */
};

struct recorder {
	struct observer observer;
	struct record record;
	int64_t began_ns;      /* monotonic */
	struct map by_id;      /* name as it runs → 1 + index into record.thunks */
	struct map by_value;   /* name of an output → 1 + index of the thunk that made it */
	struct places *places; /* owned */
	size_t n_places;
	struct output *outputs; /* owned */
	size_t n_outputs, cap_outputs;
};

static int64_t since(const struct recorder *r)
{
	return clock_now_ns() - r->began_ns;
}

/* -- places -- */

static struct places *places_of(struct recorder *r, const char *engine)
{
	for (size_t i = 0; i < r->n_places; i++)
		if (strcmp(r->places[i].engine, engine) == 0)
			return &r->places[i];
	r->places = xrealloc(r->places, (r->n_places + 1) * sizeof(*r->places));
	r->places[r->n_places] = (struct places){ .engine = xstrdup(engine) };
	return &r->places[r->n_places++];
}

static uint32_t take_place(struct recorder *r, const char *engine)
{
	struct places *p = places_of(r, engine);
	uint32_t i = 0;

	while (i < p->n && p->busy[i])
		i++;
	if (i == p->n) {
		p->n++;
		p->busy = xrealloc(p->busy, p->n * sizeof(*p->busy));
	}
	p->busy[i] = true;
	return i;
}

static void leave_place(struct recorder *r, const struct record_thunk *t)
{
	if (!t->engine || t->tries == 0)
		return;
	struct places *p = places_of(r, t->engine);

	if (t->lane < p->n)
		p->busy[t->lane] = false;
}

/* -- thunks -- */

static struct record_thunk *thunk_known(struct recorder *r, const struct oid *id)
{
	struct map_entry *e = map_find(&r->by_id, id->s);

	return e ? &r->record.thunks[e->num - 1] : NULL;
}

/* Of those whose outputs it reads, the one that ended last: 1 + its index, or 0. */
static uint32_t latest_among(const struct recorder *r, const struct thunk_refs *refs,
                             uint32_t best)
{
	if (r->by_value.n == 0)
		return best;
	for (size_t i = 0; i < refs->n; i++) {
		const struct map_entry *e = map_find(&r->by_value, refs->v[i].id.s);

		if (e && (best == 0 || r->record.thunks[e->num - 1].ended_ns >
		                               r->record.thunks[best - 1].ended_ns))
			best = (uint32_t)e->num;
	}
	return best;
}

static struct record_thunk *thunk_new_entry(struct recorder *r, const struct oid *id,
                                            const struct oid *asked, const struct thunk *t)
{
	struct record_thunk *e = record_add_thunk(&r->record);

	if (!e)
		return NULL;
	const char *label = t && t->outputs.n ? t->outputs.v[0] : "";
	const char *tool = t && t->args.n ? path_base(t->args.v[0]) : "";

	e->id = *id;
	e->asked = asked ? *asked : *id;
	e->label = xstrndup(label, strnlen(label, LABEL_BYTES));
	e->tool = xstrndup(tool, strnlen(tool, LABEL_BYTES));
	e->why = xstrdup("");
	if (t)
		e->after = latest_among(r, &t->execs, latest_among(r, &t->values, 0));
	map_add(&r->by_id, id->s, NULL)->num = r->record.n_thunks;
	return e;
}

static void on_started(void *arg, const struct observed *o)
{
	struct recorder *r = arg;
	struct record_thunk *e = thunk_known(r, o->id);
	int64_t now = since(r);

	if (!e)
		e = thunk_new_entry(r, o->id, o->asked, o->thunk);
	if (!e)
		return;
	leave_place(r, e);
	if (!e->engine || strcmp(e->engine, o->engine) != 0) {
		free(e->engine);
		e->engine = xstrdup(o->engine);
	}
	if (e->tries == 0)
		e->ready_ns = o->ready_ns > r->began_ns ? o->ready_ns - r->began_ns : 0;
	if (e->ready_ns > now || e->ready_ns == 0)
		e->ready_ns = now;
	e->lane = take_place(r, o->engine);
	e->tries++;
	e->started_ns = now;
	e->ended_ns = 0;
}

static void take_text(char **to, const char *text)
{
	size_t len = strlen(text);

	free(*to);
	*to = xstrndup(text, len < RECORD_TEXT_MAX ? len : RECORD_TEXT_MAX);
}

static void note_outputs(struct recorder *r, const struct memo *m, size_t number)
{
	for (size_t i = 0; i < m->n_outputs; i++) {
		const struct oid *id = &m->outputs[i].id;

		if (!*id->s)
			continue;
		r->record.counts.made_bytes += oid_size(id);
		if (number)
			map_add(&r->by_value, id->s, NULL)->num = number;
	}
}

static void count_end(struct recorder *r, const struct outcome *o)
{
	struct record_counts *c = &r->record.counts;

	if (o->what == OUTCOME_CANCELLED)
		return;
	c->ran++;
	c->failed += o->what != OUTCOME_OK;
	c->ran_wall_ns += o->memo.wall_ns;
	c->ran_cpu_ns += o->memo.cpu_ns;
}

static void on_finished(void *arg, const struct oid *id, const struct thunk *t,
                        const struct outcome *o)
{
	struct recorder *r = arg;
	struct record_thunk *e = thunk_known(r, id);
	int64_t now = since(r);

	count_end(r, o);
	if (!e && o->what != OUTCOME_CANCELLED)
		e = thunk_new_entry(r, id, NULL, t);
	note_outputs(r, &o->memo, e ? (size_t)(e - r->record.thunks) + 1 : 0);
	if (!e)
		return;
	leave_place(r, e);
	if (e->tries == 0)
		e->ready_ns = e->started_ns = now;
	e->ended_ns = now;
	e->ok = o->what == OUTCOME_OK;
	e->status = o->status;
	e->cpu_ns = o->memo.cpu_ns;
	/* Where it ran in the end, when the engine gave it to another. */
	if (*o->memo.engine && (!e->engine || e->tries == 0))
		take_text(&e->engine, o->memo.engine);
	if (!e->ok)
		take_text(&e->why, o->why);
}

static void on_retried(void *arg, const struct oid *id, const char *why)
{
	struct recorder *r = arg;
	struct record_thunk *e = thunk_known(r, id);

	/* What comes after the end is a remark, not another try. */
	if (!e || e->ended_ns == 0)
		r->record.counts.retried++;
	if (e)
		take_text(&e->why, why);
}

/* -- what the coordinator tells -- */

void recorder_modelled(struct recorder *r)
{
	if (!r)
		return;
	r->record.counts.commands++;
	r->record.counts.modelled++;
}

void recorder_delegated(struct recorder *r, const char *tool, const char *reason,
                        const char *example)
{
	if (!r)
		return;
	auto_free char *text = xasprintf("%s: %s", tool, reason);

	r->record.counts.commands++;
	r->record.counts.delegated++;
	record_add_reason(&r->record, text, 1, example);
}

void recorder_remembered(struct recorder *r, const struct oid *asked,
                         const struct recorder_saving *s)
{
	if (!r)
		return;
	r->record.counts.remembered++;
	r->record.counts.saved_wall_ns += s->wall_ns;
	r->record.counts.saved_cpu_ns += s->cpu_ns;
	r->record.counts.kept_bytes += s->bytes;
	if (*asked->s)
		record_add_remembered(&r->record, asked);
}

void recorder_remembered_memo(struct recorder *r, const struct oid *asked, const struct memo *m)
{
	struct recorder_saving s = { .wall_ns = m->wall_ns, .cpu_ns = m->cpu_ns };

	for (size_t i = 0; i < m->n_outputs; i++)
		s.bytes += *m->outputs[i].id.s ? oid_size(&m->outputs[i].id) : 0;
	recorder_remembered(r, asked, &s);
}

void recorder_output(struct recorder *r, const char *path, const struct oid *thunk,
                     const char *tag)
{
	if (!r || r->n_outputs >= OUTPUTS_MAX || path[0] != '/')
		return;
	if (r->n_outputs == r->cap_outputs) {
		r->cap_outputs = r->cap_outputs ? r->cap_outputs * 2 : 64;
		r->outputs = xrealloc(r->outputs, r->cap_outputs * sizeof(*r->outputs));
	}
	r->outputs[r->n_outputs++] =
		(struct output){ xstrdup(path), *thunk, tag ? xstrdup(tag) : NULL };
}

/* -- life -- */

static char *shown(char *const *argv)
{
	auto_buf text = BUF_INIT;

	for (size_t i = 0; argv && argv[i] && text.len < TITLE_BYTES; i++) {
		if (i)
			buf_addc(&text, ' ');
		path_shell_quote(&text, argv[i]);
	}
	return xstrndup(buf_str(&text), text.len < TITLE_BYTES ? text.len : TITLE_BYTES);
}

struct recorder *recorder_new(const char *command, char *const *argv, const char *folder)
{
	struct recorder *r = xcalloc(1, sizeof(*r));

	r->observer = (struct observer){
		.arg = r,
		.started = on_started,
		.finished = on_finished,
		.retried = on_retried,
	};
	r->began_ns = clock_now_ns();
	r->record.began_ns = clock_wall_ns();
	r->record.command = xstrdup(command);
	r->record.title = shown(argv);
	r->record.folder = xstrdup(folder ? folder : "");
	return r;
}

void recorder_began(struct recorder *r, int64_t began_ns)
{
	if (!r)
		return;
	r->record.began_ns -= r->began_ns - began_ns;
	r->began_ns = began_ns;
}

void recorder_free(struct recorder *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_outputs; i++) {
		free(r->outputs[i].path);
		free(r->outputs[i].tag);
	}
	for (size_t i = 0; i < r->n_places; i++) {
		free(r->places[i].engine);
		free(r->places[i].busy);
	}
	free(r->outputs);
	free(r->places);
	map_release(&r->by_id);
	map_release(&r->by_value);
	record_release(&r->record);
	free(r);
}

const struct observer *recorder_observer(struct recorder *r)
{
	return &r->observer;
}

struct record *recorder_end(struct recorder *r, int status)
{
	if (!r)
		return NULL;
	r->record.wall_ns = since(r);
	r->record.status = status;
	return &r->record;
}

/* With a handle of its own: what is noted goes into one transaction. */
static int save_outputs(const struct recorder *r, struct store *st, struct err *err)
{
	auto_store own = NULL;

	if (r->n_outputs == 0)
		return 0;
	if (store_open(store_dir(st), 0, &own, err) < 0)
		return -1;
	store_batch_begin(own);
	for (size_t i = 0; i < r->n_outputs; i++) {
		const struct output *o = &r->outputs[i];

		if (store_produced_note(own, o->path, &o->thunk, o->tag, err) < 0)
			return -1;
	}
	return store_flush(own, err);
}

int recorder_save(struct recorder *r, struct store *st, struct err *err)
{
	if (!r)
		return 0;
	if (runs_save(st, &r->record, err) < 0 || save_outputs(r, st, err) < 0)
		return err_wrap(err, "keep the record of this run");
	return 0;
}

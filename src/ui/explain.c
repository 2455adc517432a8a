#include "ui/explain.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/map.h"
#include "base/path.h"
#include "core/codec.h"
#include "core/placeholder.h"
#include "store/produced.h"
#include "store/runs.h"
#include "ui/failure.h"
#include "ui/text.h"
#include "ui/thunkdiff.h"

/* What the records say of a thunk, newest run first. */
struct mention {
	const struct record *record;
	const struct record_thunk *thunk; /* NULL: it was remembered */
};

struct explainer {
	struct store *store;
	struct record *records; /* owned, newest first */
	size_t n_records;
	struct map mentioned; /* name → struct mention, the newest */
	struct map ran;       /* name → struct mention, the newest in which it ran */
	struct map makers;    /* content → name of a thunk that makes it (owned text) */
	bool makers_known;
	/* of one explanation */
	struct map seen; /* thunks and paths that are in the list */
	struct explained *list;
	size_t n, cap;
};

/* -- records -- */

static void mention(struct map *m, const struct oid *id, const struct record *r,
                    const struct record_thunk *t)
{
	struct map_entry *e = map_add(m, id->s, NULL);

	if (e->ptr)
		return;
	struct mention *to = xmalloc(sizeof(*to));
	*to = (struct mention){ r, t };
	e->ptr = to;
}

static void read_mentions(struct explainer *x, const struct record *r)
{
	for (size_t i = 0; i < r->n_thunks; i++) {
		const struct record_thunk *t = &r->thunks[i];

		mention(&x->mentioned, &t->id, r, t);
		mention(&x->mentioned, &t->asked, r, t);
		mention(&x->ran, &t->id, r, t);
		mention(&x->ran, &t->asked, r, t);
	}
	for (size_t i = 0; i < r->n_remembered; i++)
		mention(&x->mentioned, &r->remembered[i], r, NULL);
}

static const struct mention *find_mention(const struct map *m, const struct oid *id)
{
	const struct map_entry *e = map_find(m, id->s);

	return e ? e->ptr : NULL;
}

static void free_values(struct map *m)
{
	size_t at = 0;

	for (struct map_entry *e; (e = map_next(m, &at));)
		free(e->ptr);
	map_release(m);
	*m = (struct map)MAP_INIT;
}

struct explainer *explainer_new(struct store *st, struct err *err)
{
	struct explainer *x = xcalloc(1, sizeof(*x));
	auto_free uint64_t *numbers = NULL;
	struct err ignored;
	size_t n = 0;

	x->store = st;
	if (runs_list(st, &numbers, &n, err) < 0) {
		free(x);
		return NULL;
	}
	x->records = xcalloc(n + 1, sizeof(*x->records));
	/* A record that can't be read is no record. */
	for (size_t i = n; i-- > 0;)
		if (runs_load(st, numbers[i], false, &x->records[x->n_records], &ignored) == 0)
			x->n_records++;
	for (size_t i = 0; i < x->n_records; i++)
		read_mentions(x, &x->records[i]);
	return x;
}

static void clear(struct explainer *x)
{
	for (size_t i = 0; i < x->n; i++) {
		struct explained *e = &x->list[i];

		for (size_t k = 0; k < e->n_changes; k++) {
			free(e->changes[k].name);
			free(e->changes[k].before);
			free(e->changes[k].after);
		}
		free(e->changes);
		free(e->path);
		free(e->command);
		free(e->why);
		free(e->engine);
	}
	x->n = 0;
	map_release(&x->seen);
	x->seen = (struct map)MAP_INIT;
}

void explainer_free(struct explainer *x)
{
	if (!x)
		return;
	clear(x);
	free(x->list);
	free_values(&x->mentioned);
	free_values(&x->ran);
	free_values(&x->makers);
	for (size_t i = 0; i < x->n_records; i++)
		record_release(&x->records[i]);
	free(x->records);
	free(x);
}

/* -- who made a content -- */

static void note_maker(void *arg, const struct oid *thunk, const struct memo *m)
{
	struct explainer *x = arg;

	for (size_t i = 0; i < m->n_outputs; i++) {
		struct map_entry *e = map_add(&x->makers, m->outputs[i].id.s, NULL);

		if (!e->ptr)
			e->ptr = xstrdup(thunk->s);
	}
}

static bool maker_of(struct explainer *x, const struct oid *value, struct oid *thunk)
{
	struct err ignored;

	if (oid_size(value) == 0)
		return false; /* nothing in it tells where it is from */
	if (!x->makers_known)
		store_memo_each(x->store, note_maker, x, &ignored);
	x->makers_known = true;
	const struct map_entry *e = map_find(&x->makers, value->s);
	return e && oid_parse(e->ptr, strlen(e->ptr), thunk, NULL) == 0;
}

/* 1: @thunk made @value; 0: it made others; -1: its result is not known any more. */
static int makes(struct explainer *x, const struct oid *thunk, const struct oid *value)
{
	struct memo m = { 0 };
	struct err ignored;
	int found = 0;

	if (store_memo_get(x->store, thunk, &m, &ignored) != 1)
		return -1;
	for (size_t i = 0; i < m.n_outputs && !found; i++)
		found = oid_eq(&m.outputs[i].id, value) || oid_is_thunk(&m.outputs[i].id);
	memo_release(&m);
	return found;
}

/* -- one thunk -- */

static struct explained *add(struct explainer *x, const char *path, const struct oid *thunk)
{
	bool added;

	map_add(&x->seen, thunk->s, &added);
	if (!added)
		return NULL;
	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 64;
		x->list = xrealloc(x->list, x->cap * sizeof(*x->list));
	}
	struct explained *e = &x->list[x->n++];
	*e = (struct explained){
		.path = xstrdup(path ? path : ""),
		.thunk = *thunk,
		.command = xstrdup(""),
		.why = xstrdup(""),
		.engine = xstrdup(""),
		.wall_ns = -1,
		.queued_ns = -1,
		.cpu_ns = -1,
	};
	return e;
}

static void set_text(char **to, const char *text)
{
	free(*to);
	*to = xstrdup(text);
}

static void take_times(struct explained *e, const struct record_thunk *t)
{
	if (t->ended_ns >= t->started_ns && t->tries)
		e->wall_ns = t->ended_ns - t->started_ns;
	if (t->started_ns >= t->ready_ns)
		e->queued_ns = t->started_ns - t->ready_ns;
	e->cpu_ns = t->cpu_ns;
	e->tries = t->tries;
	set_text(&e->engine, t->engine);
}

static void take_memo(struct explainer *x, struct explained *e)
{
	struct memo m = { 0 };
	struct err ignored;

	if (e->wall_ns >= 0 || store_memo_get(x->store, &e->thunk, &m, &ignored) != 1)
		return;
	e->wall_ns = m.wall_ns;
	e->cpu_ns = m.cpu_ns;
	e->ok = true;
	set_text(&e->engine, m.engine);
	memo_release(&m);
}

static void take_records(struct explainer *x, struct explained *e)
{
	const struct mention *m = find_mention(&x->mentioned, &e->thunk);
	const struct mention *ran = find_mention(&x->ran, &e->thunk);

	if (m) {
		e->state = m->thunk ? EXPLAIN_RAN : EXPLAIN_REMEMBERED;
		e->run = m->record->number;
		e->run_at_ns = m->record->began_ns;
		e->in_last_run = m->record == &x->records[0];
		e->ok = m->thunk ? m->thunk->ok : true;
		set_text(&e->why, m->thunk && !m->thunk->ok ? m->thunk->why : "");
	}
	if (ran)
		take_times(e, ran->thunk);
	take_memo(x, e);
}

static int load(struct explainer *x, const struct oid *id, struct thunk **out)
{
	auto_buf raw = BUF_INIT;
	struct err ignored;

	if (store_get(x->store, id, &raw, &ignored) < 0)
		return -1;
	return thunk_decode(raw.data, raw.len, out, &ignored);
}

/* Did it run in an older run than the one that is told of? */
static bool ran_before(const struct explainer *x, const struct explained *e)
{
	for (size_t i = 0; i < x->n_records; i++) {
		const struct record *r = &x->records[i];

		if (r->number >= e->run)
			continue;
		for (size_t k = 0; k < r->n_thunks; k++)
			if (r->thunks[k].ok && (oid_eq(&r->thunks[k].id, &e->thunk) ||
			                        oid_eq(&r->thunks[k].asked, &e->thunk)))
				return true;
	}
	return false;
}

/* The newest of those that made the file before by the same program: it may have been made in
 * several steps. */
static struct thunk *predecessor(struct explainer *x, const struct produced *made,
                                 const struct thunk *now)
{
	for (size_t i = 0; i < made->n_before; i++) {
		auto_thunk then = NULL;

		if (load(x, &made->before[i], &then) == 0 && then->args.n && now->args.n &&
		    strcmp(path_base(then->args.v[0]), path_base(now->args.v[0])) == 0)
			return steal(&then);
	}
	return NULL;
}

static void take_reason(struct explainer *x, struct explained *e, const struct thunk *now)
{
	auto_produced made = { 0 };
	struct err ignored;

	if (e->state != EXPLAIN_RAN)
		return;
	if (ran_before(x, e)) {
		e->reason = EXPLAIN_LOST;
		return;
	}
	int known = store_produced_get(x->store, e->path, &made, &ignored);
	auto_thunk then = known == 1 && now ? predecessor(x, &made, now) : NULL;
	e->reason = EXPLAIN_FIRST_TIME;
	if (then)
		thunkdiff(x->store, then, now, &e->changes, &e->n_changes);
	if (e->n_changes)
		e->reason = EXPLAIN_CHANGED;
}

/* -- what is behind it -- */

static char *full_path(const struct thunk *t, const char *name)
{
	if (name[0] != '/' && !t->workdir)
		return NULL;
	return path_absolute(t->workdir ? t->workdir : "/", name);
}

/* Which thunk put that content at that path? Not @self, which may have written the same bytes
 * there again. */
static bool maker_at(struct explainer *x, const struct oid *self, const char *path,
                     const struct oid *value, struct oid *maker)
{
	auto_produced made = { 0 };
	struct err ignored;

	if (store_produced_get(x->store, path, &made, &ignored) != 1)
		return false;
	*maker = made.thunk;
	if (!oid_eq(maker, self) && makes(x, maker, value) != 0)
		return true;
	for (size_t i = 0; i < made.n_before; i++) {
		*maker = made.before[i];
		if (!oid_eq(maker, self) && makes(x, maker, value) == 1)
			return true;
	}
	return false;
}

static void behind_value(struct explainer *x, const struct oid *self, const struct thunk *t,
                         const struct thunk_ref *r)
{
	auto_free char *path = r->name ? full_path(t, r->name) : NULL;
	struct oid maker;
	bool added;

	/* What nobody made, as headers of the system, is asked for once. */
	auto_free char *key = xasprintf("%s %s", r->id.s, path ? path : "");
	struct map_entry *e = map_add(&x->seen, key, &added);
	if (!added && !e->num)
		return;
	bool found = (path && maker_at(x, self, path, &r->id, &maker)) ||
	             maker_of(x, &r->id, &maker);
	e->num = found;
	if (found)
		add(x, path, &maker);
}

static void behind(struct explainer *x, const struct oid *self, const struct thunk *t)
{
	for (size_t i = 0; i < t->thunks.n; i++) {
		const struct thunk_ref *r = &t->thunks.v[i];
		auto_free char *path = r->name ? full_path(t, r->name) : NULL;

		add(x, path ? path : r->name, &r->id);
	}
	for (size_t i = 0; i < t->values.n; i++)
		behind_value(x, self, t, &t->values.v[i]);
	for (size_t i = 0; i < t->execs.n; i++)
		behind_value(x, self, t, &t->execs.v[i]);
}

/* Fills in number @i of the list; what is behind it comes to the end of the list. */
static void complete(struct explainer *x, size_t i)
{
	struct oid id = x->list[i].thunk;
	auto_buf command = BUF_INIT;
	auto_thunk t = NULL;

	take_records(x, &x->list[i]);
	if (load(x, &id, &t) == 0) {
		failure_command(t, &command);
		set_text(&x->list[i].command, buf_str(&command));
		if (!*x->list[i].path && t->outputs.n) {
			auto_free char *path = full_path(t, t->outputs.v[0]);

			set_text(&x->list[i].path, path ? path : t->outputs.v[0]);
		}
	}
	take_reason(x, &x->list[i], t);
	if (t)
		behind(x, &id, t);
}

/* -- the file itself -- */

/* Which thunk made the file? 1, 0, -1. */
static int find_target(struct explainer *x, const char *path, struct oid *thunk, bool *altered,
                       bool *waiting, struct err *err)
{
	auto_placeholder h = { 0 };
	auto_produced made = { 0 };
	struct file_info info;
	struct stat sb;

	*altered = *waiting = false;
	int known = store_produced_get(x->store, path, &made, err);
	if (known < 0)
		return -1;
	*thunk = made.thunk;
	if (stat(path, &sb) < 0) {
		if (known)
			return 1;
		return err_sys(err, "%s", path);
	}
	if (!S_ISREG(sb.st_mode))
		return 0;
	int rc = placeholder_read(path, &h, err);
	if (rc < 0)
		return -1;
	if (rc == 1) {
		*thunk = h.thunk;
		*waiting = true;
		return 1;
	}
	if (store_file_stat(x->store, path, &sb, FILE_HASH_ONLY, &info, err) < 0)
		return -1;
	int same = known ? makes(x, thunk, &info.id) : 0;
	if (same == 1 || maker_of(x, &info.id, thunk))
		return 1;
	*altered = known && same == 0;
	return known;
}

int explainer_file(struct explainer *x, const char *path, const struct explained **out,
                   size_t *n, struct err *err)
{
	struct oid thunk;
	bool altered;
	bool waiting;

	clear(x);
	*out = NULL;
	*n = 0;
	int rc = find_target(x, path, &thunk, &altered, &waiting, err);
	if (rc <= 0)
		return rc;
	add(x, path, &thunk);
	for (size_t i = 0; i < x->n; i++)
		complete(x, i);
	x->list[0].altered = altered;
	if (waiting && x->list[0].state == EXPLAIN_UNKNOWN)
		x->list[0].state = EXPLAIN_WAITING;
	*out = x->list;
	*n = x->n;
	return 1;
}

/* -- text -- */

enum { CHANGES_SHOWN = 12, COMMAND_SHOWN = 160, VALUE_SHOWN = 60 };

const char *explain_state_name(enum explain_state s)
{
	static const char *const names[] = {
		[EXPLAIN_UNKNOWN] = "unknown",
		[EXPLAIN_RAN] = "ran",
		[EXPLAIN_REMEMBERED] = "remembered",
		[EXPLAIN_WAITING] = "waiting",
	};

	return names[s];
}

const char *explain_reason_name(enum explain_reason r)
{
	static const char *const names[] = {
		[EXPLAIN_NO_REASON] = "unknown",
		[EXPLAIN_FIRST_TIME] = "first time",
		[EXPLAIN_CHANGED] = "changed",
		[EXPLAIN_LOST] = "its result was gone",
	};

	return names[r];
}

/* For a terminal, cut at about @max bytes. */
static void add_cut(struct buf *out, const char *text, size_t max)
{
	auto_buf plain = BUF_INIT;

	text_plain(&plain, text);
	size_t len = plain.len > max ? max : plain.len;
	/* not within a character */
	while (len < plain.len && len > 0 && (plain.data[len] & 0xc0) == 0x80)
		len--;
	buf_add(out, buf_str(&plain), len);
	if (len < plain.len)
		buf_adds(out, "…");
}

static void add_path(struct buf *out, const char *path, const char *cwd)
{
	size_t n = cwd ? strlen(cwd) : 0;

	if (n > 1 && strncmp(path, cwd, n) == 0 && path[n] == '/')
		path += n + 1;
	text_plain(out, path);
}

/* A hash by its beginning; other texts cut. */
static void add_value(struct buf *out, const char *text)
{
	if (!text)
		buf_adds(out, "(not there)");
	else if (oid_valid(text))
		buf_addf(out, "%.10s…", text);
	else
		add_cut(out, text, VALUE_SHOWN);
}

static void add_change(struct buf *out, const struct explain_change *c, const char *cwd)
{
	buf_addf(out, "        %s ", c->kind);
	if (*c->name) {
		add_path(out, c->name, cwd);
		buf_adds(out, ": ");
		add_value(out, c->before);
		buf_adds(out, " → ");
		add_value(out, c->after);
	} else if (c->before && c->after) {
		add_value(out, c->before);
		buf_adds(out, " → ");
		add_value(out, c->after);
	} else {
		buf_adds(out, c->after ? "added: " : "removed: ");
		add_cut(out, c->after ? c->after : c->before, COMMAND_SHOWN);
	}
	buf_addc(out, '\n');
}

static void add_when(struct buf *out, const struct explained *e)
{
	if (e->in_last_run) {
		buf_addf(out, " in the last run (%llu)", (unsigned long long)e->run);
		return;
	}
	buf_addf(out, " in run %llu, ", (unsigned long long)e->run);
	text_time(out, e->run_at_ns);
}

static void add_cost(struct buf *out, const struct explained *e, const char *verb)
{
	if (e->wall_ns < 0)
		return;
	buf_addf(out, "%s ", verb);
	text_duration(out, e->wall_ns);
	if (*e->engine)
		buf_addf(out, " on %s", e->engine);
	if (e->state == EXPLAIN_RAN && e->queued_ns > 0) {
		buf_adds(out, ", waited ");
		text_duration(out, e->queued_ns);
	}
	if (e->tries > 1)
		buf_addf(out, ", %u tries", e->tries);
}

static void add_state(struct buf *out, const struct explained *e)
{
	switch (e->state) {
	case EXPLAIN_RAN:
		buf_adds(out, e->ok ? "ran" : "failed");
		add_when(out, e);
		add_cost(out, e, ": took");
		buf_adds(out, e->in_last_run ? "" : "; not asked for since");
		break;
	case EXPLAIN_REMEMBERED:
		buf_adds(out, "remembered");
		add_when(out, e);
		add_cost(out, e, ": took");
		buf_adds(out, e->wall_ns < 0 ? "" : " when it ran");
		buf_adds(out, e->in_last_run ? "" : "; not asked for since");
		break;
	case EXPLAIN_WAITING: buf_adds(out, "not run yet: gg force makes it"); break;
	case EXPLAIN_UNKNOWN:
		buf_adds(out, "not in the records of the last runs");
		add_cost(out, e, "; took");
		break;
	}
	buf_addc(out, '\n');
}

static void add_reason(struct buf *out, const struct explained *e, const char *cwd)
{
	switch (e->reason) {
	case EXPLAIN_NO_REASON: return;
	case EXPLAIN_FIRST_TIME: buf_adds(out, "      why: the first time\n"); return;
	case EXPLAIN_LOST:
		buf_adds(out, "      why: it had run before, but its result was gone\n");
		return;
	case EXPLAIN_CHANGED: break;
	}
	buf_adds(out, "      why: changed since this file was made before:\n");
	for (size_t i = 0; i < e->n_changes && i < CHANGES_SHOWN; i++)
		add_change(out, &e->changes[i], cwd);
	if (e->n_changes > CHANGES_SHOWN)
		buf_addf(out, "        and %zu more: --json\n", e->n_changes - CHANGES_SHOWN);
}

void explain_format(const struct explained *v, size_t n, const char *cwd, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct explained *e = &v[i];

		buf_adds(out, i ? "  " : "");
		add_path(out, *e->path ? e->path : e->thunk.s, cwd);
		buf_adds(out, "\n      ");
		add_state(out, e);
		if (e->altered)
			buf_adds(out, "      the file has been changed since\n");
		if (*e->why) {
			buf_adds(out, "      ");
			add_cut(out, e->why, COMMAND_SHOWN);
			buf_addc(out, '\n');
		}
		add_reason(out, e, cwd);
		if (*e->command) {
			buf_adds(out, "      ");
			add_cut(out, e->command, COMMAND_SHOWN);
			buf_addc(out, '\n');
		}
	}
}

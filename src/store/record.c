/*
 *     magic, version, sum over all that follows, length of the head
 *     head:   number, texts, times, status, counts, reasons
 *     tail:   engine names, thunks, names of what was remembered
 *
 * The head has a sum of its own, so that listing many runs reads only heads.
 */
#include "store/record.h"

#include <string.h>

#include "core/oid.h"
#include "store/pack.h"

enum { RECORD_MAGIC = 0x52676752, RECORD_VERSION = 1, ENGINES_MAX = 64 };

void record_release(struct record *r)
{
	for (size_t i = 0; i < r->n_reasons; i++) {
		free(r->reasons[i].text);
		free(r->reasons[i].example);
	}
	for (size_t i = 0; i < r->n_thunks; i++) {
		free(r->thunks[i].tool);
		free(r->thunks[i].label);
		free(r->thunks[i].why);
		free(r->thunks[i].engine);
	}
	free(r->reasons);
	free(r->thunks);
	free(r->remembered);
	free(r->command);
	free(r->title);
	free(r->folder);
	*r = (struct record)RECORD_INIT;
}

struct record_thunk *record_add_thunk(struct record *r)
{
	if (r->n_thunks >= RECORD_DETAIL_MAX)
		return NULL;
	if (r->n_thunks == r->cap_thunks) {
		r->cap_thunks = r->cap_thunks ? r->cap_thunks * 2 : 64;
		r->thunks = xrealloc(r->thunks, r->cap_thunks * sizeof(*r->thunks));
	}
	struct record_thunk *t = &r->thunks[r->n_thunks++];
	*t = (struct record_thunk){ 0 };
	return t;
}

void record_add_remembered(struct record *r, const struct oid *id)
{
	if (r->n_remembered >= RECORD_DETAIL_MAX)
		return;
	if (r->n_remembered == r->cap_remembered) {
		r->cap_remembered = r->cap_remembered ? r->cap_remembered * 2 : 64;
		r->remembered =
			xrealloc(r->remembered, r->cap_remembered * sizeof(*r->remembered));
	}
	r->remembered[r->n_remembered++] = *id;
}

void record_add_reason(struct record *r, const char *text, uint64_t count, const char *example)
{
	static const char rest[] = "other reasons";

	for (size_t i = 0; i < r->n_reasons; i++) {
		if (strcmp(r->reasons[i].text, text) == 0) {
			r->reasons[i].count += count;
			return;
		}
	}
	if (r->n_reasons >= RECORD_REASONS_MAX - 1 && text != rest) {
		record_add_reason(r, rest, count, "");
		return;
	}
	r->reasons = xrealloc(r->reasons, (r->n_reasons + 1) * sizeof(*r->reasons));
	r->reasons[r->n_reasons++] = (struct record_reason){
		.text = xstrndup(text, strnlen(text, RECORD_TEXT_MAX)),
		.count = count,
		.example = xstrndup(example, strnlen(example, RECORD_TEXT_MAX)),
	};
}

/* Every member is 64 bits wide: one list serves sum, writing and reading. */
static const size_t count_members[] = {
	offsetof(struct record_counts, commands),
	offsetof(struct record_counts, modelled),
	offsetof(struct record_counts, delegated),
	offsetof(struct record_counts, remembered),
	offsetof(struct record_counts, ran),
	offsetof(struct record_counts, failed),
	offsetof(struct record_counts, retried),
	offsetof(struct record_counts, made_bytes),
	offsetof(struct record_counts, kept_bytes),
	offsetof(struct record_counts, ran_wall_ns),
	offsetof(struct record_counts, ran_cpu_ns),
	offsetof(struct record_counts, saved_wall_ns),
	offsetof(struct record_counts, saved_cpu_ns),
};

static uint64_t *member(struct record_counts *c, size_t i)
{
	return (uint64_t *)((char *)c + count_members[i]);
}

void record_counts_add(struct record_counts *to, const struct record_counts *more)
{
	struct record_counts m = *more;

	for (size_t i = 0; i < countof(count_members); i++)
		*member(to, i) += *member(&m, i);
}

void record_counts_encode(const struct record_counts *c, struct buf *out)
{
	struct record_counts copy = *c;

	for (size_t i = 0; i < countof(count_members); i++)
		pack_u64(out, *member(&copy, i));
}

void record_counts_decode(struct unpack *u, struct record_counts *out)
{
	for (size_t i = 0; i < countof(count_members); i++)
		*member(out, i) = unpack_u64(u);
}

/* -- writing -- */

static int by_count(const void *a, const void *b)
{
	const struct record_reason *x = a;
	const struct record_reason *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->text, y->text);
}

/* Texts are cut, never refused: a record is for reading by people. */
static void add_text(struct buf *out, const char *s)
{
	size_t len = s ? strnlen(s, RECORD_TEXT_MAX) : 0;

	pack_u32(out, (uint32_t)len);
	buf_add(out, s, len);
}

static void add_oid(struct buf *out, const struct oid *id)
{
	pack_str(out, id->s);
}

static void encode_head(struct record *r, struct buf *out)
{
	if (r->n_reasons)
		qsort(r->reasons, r->n_reasons, sizeof(*r->reasons), by_count);
	pack_u64(out, r->number);
	add_text(out, r->command);
	add_text(out, r->title);
	add_text(out, r->folder);
	pack_u64(out, (uint64_t)r->began_ns);
	pack_u64(out, (uint64_t)r->wall_ns);
	pack_u32(out, (uint32_t)r->status);
	record_counts_encode(&r->counts, out);
	pack_u32(out, (uint32_t)r->n_reasons);
	for (size_t i = 0; i < r->n_reasons; i++) {
		add_text(out, r->reasons[i].text);
		pack_u64(out, r->reasons[i].count);
		add_text(out, r->reasons[i].example);
	}
}

/* Numbers of engines: there are few, and each thunk names one. */
static uint32_t engine_number(const char *name, const char **names, uint32_t *n)
{
	for (uint32_t i = 0; i < *n; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	if (*n == ENGINES_MAX)
		return ENGINES_MAX - 1;
	names[*n] = name;
	return (*n)++;
}

static void encode_thunk(const struct record_thunk *t, uint32_t engine, struct buf *out)
{
	bool same = oid_eq(&t->id, &t->asked);

	add_oid(out, &t->id);
	pack_str(out, same ? "" : t->asked.s);
	add_text(out, t->tool);
	add_text(out, t->label);
	add_text(out, t->why);
	pack_u32(out, engine);
	pack_u32(out, t->lane);
	pack_u32(out, t->tries);
	pack_u32(out, t->after);
	pack_u32(out, (uint32_t)t->status);
	pack_u32(out, t->ok);
	pack_u64(out, (uint64_t)t->ready_ns);
	pack_u64(out, (uint64_t)t->started_ns);
	pack_u64(out, (uint64_t)t->ended_ns);
	pack_u64(out, (uint64_t)t->cpu_ns);
}

static void encode_tail(const struct record *r, struct buf *out)
{
	const char *names[ENGINES_MAX];
	uint32_t n_names = 0;

	for (size_t i = 0; i < r->n_thunks; i++)
		engine_number(r->thunks[i].engine ? r->thunks[i].engine : "", names, &n_names);
	pack_u32(out, n_names);
	for (uint32_t i = 0; i < n_names; i++)
		add_text(out, names[i]);
	pack_u32(out, (uint32_t)r->n_thunks);
	for (size_t i = 0; i < r->n_thunks; i++) {
		const struct record_thunk *t = &r->thunks[i];

		encode_thunk(t, engine_number(t->engine ? t->engine : "", names, &n_names),
		             out);
	}
	pack_u32(out, (uint32_t)r->n_remembered);
	for (size_t i = 0; i < r->n_remembered; i++)
		add_oid(out, &r->remembered[i]);
}

void record_encode(struct record *r, struct buf *out)
{
	auto_buf head = BUF_INIT;
	auto_buf tail = BUF_INIT;

	encode_head(r, &head);
	encode_tail(r, &tail);
	pack_u32(out, RECORD_MAGIC);
	pack_u32(out, RECORD_VERSION);
	pack_u64(out, head.len);
	pack_u64(out, pack_sum("head", 4, head.data, head.len));
	pack_u64(out, pack_sum("tail", 4, tail.data, tail.len));
	buf_add(out, head.data, head.len);
	buf_add(out, tail.data, tail.len);
}

/* -- reading -- */

static void decode_head(struct unpack *u, struct record *r)
{
	r->number = unpack_u64(u);
	r->command = unpack_str(u);
	r->title = unpack_str(u);
	r->folder = unpack_str(u);
	r->began_ns = (int64_t)unpack_u64(u);
	r->wall_ns = (int64_t)unpack_u64(u);
	r->status = (int32_t)unpack_u32(u);
	record_counts_decode(u, &r->counts);
	uint32_t n = unpack_u32(u);

	u->bad |= n > RECORD_REASONS_MAX;
	if (u->bad)
		n = 0;
	r->reasons = n ? xcalloc(n, sizeof(*r->reasons)) : NULL;
	r->n_reasons = n;
	for (uint32_t i = 0; !u->bad && i < n; i++) {
		struct record_reason *to = &r->reasons[i];

		to->text = unpack_str(u);
		to->count = unpack_u64(u);
		to->example = unpack_str(u);
	}
}

static void decode_thunk(struct unpack *u, char *const *engines, uint32_t n_engines,
                         size_t index, struct record_thunk *t)
{
	unpack_oid(u, false, &t->id);
	unpack_oid(u, true, &t->asked);
	if (!*t->asked.s)
		t->asked = t->id;
	t->tool = unpack_str(u);
	t->label = unpack_str(u);
	t->why = unpack_str(u);
	uint32_t engine = unpack_u32(u);
	t->lane = unpack_u32(u);
	t->tries = unpack_u32(u);
	t->after = unpack_u32(u);
	t->status = (int32_t)unpack_u32(u);
	t->ok = unpack_u32(u) == 1;
	t->ready_ns = (int64_t)unpack_u64(u);
	t->started_ns = (int64_t)unpack_u64(u);
	t->ended_ns = (int64_t)unpack_u64(u);
	t->cpu_ns = (int64_t)unpack_u64(u);
	/* Whoever follows "after" must come to an end: only what started before counts. */
	if (u->bad || engine >= n_engines || t->after > index)
		u->bad = true;
	else
		t->engine = xstrdup(engines[engine]);
}

static void decode_tail(struct unpack *u, struct record *r)
{
	char *engines[ENGINES_MAX] = { NULL };
	uint32_t n_engines = unpack_u32(u);

	u->bad |= n_engines > ENGINES_MAX;
	for (uint32_t i = 0; !u->bad && i < n_engines; i++)
		engines[i] = unpack_str(u);
	uint32_t n = unpack_u32(u);
	for (uint32_t i = 0; !u->bad && i < n; i++) {
		struct record_thunk *t = record_add_thunk(r);

		if (t)
			decode_thunk(u, engines, n_engines, i, t);
		else
			u->bad = true;
	}
	n = unpack_u32(u);
	u->bad |= n > RECORD_DETAIL_MAX;
	for (uint32_t i = 0; !u->bad && i < n; i++) {
		struct oid id;

		unpack_oid(u, false, &id);
		if (!u->bad)
			record_add_remembered(r, &id);
	}
	for (uint32_t i = 0; i < ENGINES_MAX; i++)
		free(engines[i]);
}

int record_decode(const void *data, size_t len, bool head_only, struct record *out,
                  struct err *err)
{
	struct unpack u = { data, len, false };
	uint32_t magic = unpack_u32(&u);
	bool known = unpack_u32(&u) == RECORD_VERSION && magic == RECORD_MAGIC;
	uint64_t head_len = unpack_u64(&u);
	uint64_t head_sum = unpack_u64(&u);
	uint64_t tail_sum = unpack_u64(&u);

	*out = (struct record)RECORD_INIT;
	if (u.bad || !known || head_len > u.left ||
	    pack_sum("head", 4, u.at, head_len) != head_sum)
		return err_set(err, ERR_CORRUPT, "not the record of a run, or damaged");
	struct unpack head = { u.at, (size_t)head_len, false };
	struct unpack tail = { u.at + head_len, u.left - (size_t)head_len, false };

	if (!head_only && pack_sum("tail", 4, tail.at, tail.left) != tail_sum)
		return err_set(err, ERR_CORRUPT, "the record of a run is damaged");
	decode_head(&head, out);
	if (!head_only)
		decode_tail(&tail, out);
	if (!head.bad && head.left == 0 && (head_only || (!tail.bad && tail.left == 0)))
		return 0;
	record_release(out);
	return err_set(err, ERR_CORRUPT, "the record of a run is damaged");
}

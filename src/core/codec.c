/*
 * Of protobuf a thunk needs three forms, which are read and written here: a graph does that
 * three times for each thunk, and a library for all of protobuf took several times as long.
 *
 * A field is its key (its number × 8 + the type), then a number, or a length and so many bytes:
 * a text, or a message, which is a sequence of fields again. Numbers have seven bits a byte,
 * the lowest first; the top bit says that another byte follows.
 */
#include "core/codec.h"

#include <string.h>

enum { TYPE_NUMBER, TYPE_BYTES = 2 };

enum { HEAD_MAX = 20 /* bytes of a key and a number of 64 bits */ };

enum { FUNCTION_HASH = 1, FUNCTION_ARGS, FUNCTION_ENV };

enum { LINK_NAME = 1, LINK_TARGET };

enum {
	THUNK_FUNCTION = 1,
	THUNK_VALUES,
	THUNK_THUNKS,
	THUNK_EXECS,
	THUNK_OUTPUTS,
	THUNK_TIMEOUT,
	THUNK_LINKS,
	THUNK_WORKDIR = 16,
	THUNK_PLATFORM,
	THUNK_MANIFESTS,
	THUNK_TIMES,
};

/* -- encoding: what does not fit makes the buffer overflow -- */

static char *put_number(char *at, uint64_t n)
{
	for (; n >= 0x80; n >>= 7)
		*at++ = (char)(n | 0x80);
	*at++ = (char)n;
	return at;
}

static char *put_head(char *at, unsigned field, unsigned type, uint64_t n)
{
	return put_number(put_number(at, field << 3 | type), n);
}

/* A field of @len bytes: where they go; NULL if it does not fit. */
static char *add_field(struct buf *out, unsigned field, size_t len)
{
	char *head = buf_room(out, HEAD_MAX + len);

	if (!head)
		return NULL;
	char *at = put_head(head, field, TYPE_BYTES, len);
	out->len += (size_t)(at - head) + len;
	return at;
}

static void add_text(struct buf *out, unsigned field, const char *text)
{
	size_t len = strlen(text);
	char *at = add_field(out, field, len);

	if (at)
		memcpy(at, text, len);
}

static void add_strv(struct buf *out, unsigned field, const struct strv *s)
{
	for (size_t i = 0; i < s->n; i++)
		add_text(out, field, s->v[i]);
}

static void add_number(struct buf *out, unsigned field, uint64_t n)
{
	char *head = buf_room(out, HEAD_MAX);

	if (head)
		out->len += (size_t)(put_head(head, field, TYPE_NUMBER, n) - head);
}

/* "hash[#tag][=name]" */
static void add_ref(struct buf *out, unsigned field, const struct thunk_ref *r)
{
	size_t id = strlen(r->id.s);
	size_t tag = r->tag ? strlen(r->tag) + 1 : 0;
	size_t name = r->name ? strlen(r->name) + 1 : 0;
	char *at = add_field(out, field, id + tag + name);

	if (!at)
		return;
	memcpy(at, r->id.s, id);
	if (tag) {
		at[id] = '#';
		memcpy(at + id + 1, r->tag, tag - 1);
	}
	if (name) {
		at[id + tag] = '=';
		memcpy(at + id + tag + 1, r->name, name - 1);
	}
}

static void add_refs(struct buf *out, unsigned field, const struct thunk_refs *refs)
{
	for (size_t i = 0; i < refs->n; i++)
		add_ref(out, field, &refs->v[i]);
}

/* What was added since the buffer had @start bytes becomes one field. */
static void enclose(struct buf *out, unsigned field, size_t start)
{
	char head[HEAD_MAX];
	size_t len = out->len - start;
	size_t n = (size_t)(put_head(head, field, TYPE_BYTES, len) - head);

	if (!buf_room(out, n))
		return;
	memmove(out->data + start + n, out->data + start, len);
	memcpy(out->data + start, head, n);
	out->len += n;
}

static void add_function(struct buf *out, const struct thunk *t)
{
	size_t start = out->len;

	add_text(out, FUNCTION_HASH, t->function.s);
	add_strv(out, FUNCTION_ARGS, &t->args);
	add_strv(out, FUNCTION_ENV, &t->env);
	enclose(out, THUNK_FUNCTION, start);
}

static void add_link(struct buf *out, const struct thunk_link *l)
{
	size_t start = out->len;

	add_text(out, LINK_NAME, l->name);
	add_text(out, LINK_TARGET, l->target.s);
	enclose(out, THUNK_LINKS, start);
}

static void add_thunk(struct buf *out, const struct thunk *t)
{
	buf_add(out, THUNK_MAGIC, THUNK_MAGIC_LEN);
	add_function(out, t);
	add_refs(out, THUNK_VALUES, &t->values);
	add_refs(out, THUNK_THUNKS, &t->thunks);
	add_refs(out, THUNK_EXECS, &t->execs);
	add_strv(out, THUNK_OUTPUTS, &t->outputs);
	if (t->timeout_ms)
		add_number(out, THUNK_TIMEOUT, t->timeout_ms);
	for (size_t i = 0; i < t->n_links; i++)
		add_link(out, &t->links[i]);
	if (t->workdir)
		add_text(out, THUNK_WORKDIR, t->workdir);
	if (t->platform && *t->platform)
		add_text(out, THUNK_PLATFORM, t->platform);
	add_strv(out, THUNK_MANIFESTS, &t->manifests);
	add_strv(out, THUNK_TIMES, &t->times);
}

int thunk_encode(struct thunk *t, struct buf *out, struct err *err)
{
	thunk_normalize(t);
	if (thunk_check(t, err) < 0)
		return -1;
	add_thunk(out, t);
	if (out->overflow)
		return err_set(err, ERR_NOSPC, "a thunk of over %zu bytes is too large",
		               out->len);
	out->data[out->len] = '\0';
	return 0;
}

/* -- decoding -- */

/* What is left of a message. */
struct message {
	const char *at;
	const char *end;
};

struct field {
	unsigned number;
	unsigned type;
	uint64_t value; /* of a number */
	const char *text;
	size_t len;
};

/* Where a field goes: into the thunk's member at @offset. */
struct rule {
	unsigned number;
	unsigned type;
	int (*take)(struct thunk *t, size_t offset, const struct field *f, struct err *err);
	size_t offset;
};

/* False: there is none, or it has more than 64 bits. */
static bool get_number(struct message *m, uint64_t *out)
{
	*out = 0;
	for (unsigned shift = 0; m->at < m->end && shift < 64; shift += 7) {
		unsigned char c = (unsigned char)*m->at++;

		*out |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return true;
	}
	return false;
}

static bool get_field(struct message *m, struct field *f)
{
	uint64_t key;

	if (!get_number(m, &key) || key >> 3 > UINT32_MAX || !get_number(m, &f->value))
		return false;
	f->number = (unsigned)(key >> 3);
	f->type = (unsigned)(key & 7);
	if (f->type == TYPE_NUMBER)
		return true;
	if (f->type != TYPE_BYTES || f->value > (uint64_t)(m->end - m->at))
		return false;
	f->text = m->at;
	f->len = (size_t)f->value;
	m->at += f->len;
	return true;
}

static int unknown(const struct field *f, struct err *err)
{
	return err_set(err, ERR_CORRUPT, "field %u is unknown: made by a newer version?",
	               f->number);
}

static int take_fields(struct message m, const struct rule *rules, size_t n, struct thunk *t,
                       struct err *err)
{
	struct field f = { 0 };

	while (m.at < m.end) {
		size_t i = 0;

		if (!get_field(&m, &f))
			return err_set(err, ERR_CORRUPT, "malformed field");
		while (i < n && rules[i].number != f.number)
			i++;
		if (i == n)
			return unknown(&f, err);
		if (rules[i].type != f.type)
			return err_set(err, ERR_CORRUPT, "malformed field %u", f.number);
		if (rules[i].take(t, rules[i].offset, &f, err) < 0)
			return -1;
	}
	return 0;
}

static void *member(struct thunk *t, size_t offset)
{
	return (char *)t + offset;
}

static int check_text(const struct field *f, struct err *err)
{
	if (memchr(f->text, '\0', f->len))
		return err_set(err, ERR_CORRUPT, "a NUL byte in a string");
	return 0;
}

static int take_string(struct thunk *t, size_t strv, const struct field *f, struct err *err)
{
	if (check_text(f, err) < 0)
		return -1;
	strv_addn(member(t, strv), f->text, f->len);
	return 0;
}

static int take_text(struct thunk *t, size_t text, const struct field *f, struct err *err)
{
	char **to = member(t, text);

	if (check_text(f, err) < 0)
		return -1;
	free(*to);
	*to = f->len ? xstrndup(f->text, f->len) : NULL;
	return 0;
}

/* "hash[#tag][=name]", split at the first '='. */
static int take_ref(struct thunk *t, size_t refs, const struct field *f, struct err *err)
{
	struct oid id;

	if (check_text(f, err) < 0)
		return -1;
	const char *name = memchr(f->text, '=', f->len);
	size_t head = name ? (size_t)(name - f->text) : f->len;
	const char *tag = memchr(f->text, '#', head);
	size_t id_len = tag ? (size_t)(tag - f->text) : head;
	if (oid_parse(f->text, id_len, &id, err) < 0 || (tag && id_len + 1 == head))
		return err_set(err, ERR_CORRUPT, "malformed reference \"%.*s\"",
		               (int)(head < 80 ? head : 80), f->text);
	thunk_refs_addn(member(t, refs), &id, tag ? tag + 1 : NULL, tag ? head - id_len - 1 : 0,
	                name ? name + 1 : NULL, name ? f->len - head - 1 : 0);
	return 0;
}

static int take_program(struct thunk *t, size_t oid, const struct field *f, struct err *err)
{
	if (oid_parse(f->text, f->len, member(t, oid), err) < 0)
		return err_set(err, ERR_CORRUPT, "malformed function");
	return 0;
}

static int take_timeout(struct thunk *t, size_t offset, const struct field *f, struct err *err)
{
	(void)offset;
	if (f->value > UINT32_MAX)
		return err_set(err, ERR_CORRUPT, "a timeout of more than 32 bits");
	t->timeout_ms = (uint32_t)f->value;
	return 0;
}

static int take_link(struct thunk *t, size_t offset, const struct field *f, struct err *err)
{
	struct message m = { f->text, f->text + f->len };
	struct field part = { 0 }, name = { .text = "" }, target = { .text = "" };
	struct oid id;

	(void)offset;
	while (m.at < m.end) {
		if (!get_field(&m, &part) || part.type != TYPE_BYTES ||
		    (part.number != LINK_NAME && part.number != LINK_TARGET))
			return err_set(err, ERR_CORRUPT, "malformed link");
		*(part.number == LINK_NAME ? &name : &target) = part;
	}
	if (check_text(&name, err) < 0 || oid_parse(target.text, target.len, &id, err) < 0)
		return err_set(err, ERR_CORRUPT, "malformed link");
	auto_free char *text = xstrndup(name.text, name.len);
	thunk_add_link(t, text, &id);
	return 0;
}

static int take_function(struct thunk *t, size_t offset, const struct field *f, struct err *err)
{
	static const struct rule rules[] = {
		{ FUNCTION_HASH, TYPE_BYTES, take_program, offsetof(struct thunk, function) },
		{ FUNCTION_ARGS, TYPE_BYTES, take_string, offsetof(struct thunk, args) },
		{ FUNCTION_ENV, TYPE_BYTES, take_string, offsetof(struct thunk, env) },
	};
	struct message m = { f->text, f->text + f->len };

	(void)offset;
	return take_fields(m, rules, countof(rules), t, err);
}

static int take_thunk(struct thunk *t, const char *data, size_t len, struct err *err)
{
	static const struct rule rules[] = {
		{ THUNK_FUNCTION, TYPE_BYTES, take_function, 0 },
		{ THUNK_VALUES, TYPE_BYTES, take_ref, offsetof(struct thunk, values) },
		{ THUNK_THUNKS, TYPE_BYTES, take_ref, offsetof(struct thunk, thunks) },
		{ THUNK_EXECS, TYPE_BYTES, take_ref, offsetof(struct thunk, execs) },
		{ THUNK_OUTPUTS, TYPE_BYTES, take_string, offsetof(struct thunk, outputs) },
		{ THUNK_TIMEOUT, TYPE_NUMBER, take_timeout, 0 },
		{ THUNK_LINKS, TYPE_BYTES, take_link, 0 },
		{ THUNK_WORKDIR, TYPE_BYTES, take_text, offsetof(struct thunk, workdir) },
		{ THUNK_PLATFORM, TYPE_BYTES, take_text, offsetof(struct thunk, platform) },
		{ THUNK_MANIFESTS, TYPE_BYTES, take_string, offsetof(struct thunk, manifests) },
		{ THUNK_TIMES, TYPE_BYTES, take_string, offsetof(struct thunk, times) },
	};
	struct message m = { data, data + len };

	return take_fields(m, rules, countof(rules), t, err) < 0 ? -1 : thunk_check(t, err);
}

int thunk_decode_into(const void *data, size_t len, struct thunk *t, struct err *err)
{
	if (len < THUNK_MAGIC_LEN || memcmp(data, THUNK_MAGIC, THUNK_MAGIC_LEN) != 0)
		return err_set(err, ERR_CORRUPT, "not a thunk");
	if (take_thunk(t, (const char *)data + THUNK_MAGIC_LEN, len - THUNK_MAGIC_LEN, err) < 0)
		return err_wrap(err, "malformed thunk");
	return 0;
}

int thunk_decode(const void *data, size_t len, struct thunk **out, struct err *err)
{
	auto_thunk t = thunk_new();

	if (thunk_decode_into(data, len, t, err) < 0)
		return -1;
	*out = steal(&t);
	return 0;
}

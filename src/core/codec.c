/*
 * protobuf-c does the wire format; this file only moves strings between its arrays and ours,
 * and checks them. All that is temporary lives in one arena.
 */
#include "core/codec.h"

#include <string.h>

#include "base/arena.h"
#include "thunk.pb-c.h"

enum { CHUNK_BYTES = 8 << 10 };

static ProtobufCBinaryData bytes_of(const char *s)
{
	return (ProtobufCBinaryData){ s ? strlen(s) : 0, (uint8_t *)s };
}

/* -- encoding -- */

struct field {
	size_t n;
	ProtobufCBinaryData *v;
};

static struct field field_new(struct arena *a, size_t n)
{
	return (struct field){ n, arena_take(a, n * sizeof(ProtobufCBinaryData)) };
}

static struct field field_of_strv(struct arena *a, const struct strv *s)
{
	struct field f = field_new(a, s->n);

	for (size_t i = 0; i < s->n; i++)
		f.v[i] = bytes_of(s->v[i]);
	return f;
}

static struct field field_of_refs(struct arena *a, const struct thunk_refs *refs)
{
	struct field f = field_new(a, refs->n);

	for (size_t i = 0; i < refs->n; i++) {
		const struct thunk_ref *r = &refs->v[i];
		size_t tag = r->tag ? strlen(r->tag) + 1 : 0;
		size_t name = r->name ? strlen(r->name) + 1 : 0;
		size_t id = strlen(r->id.s);
		char *text = arena_take(a, id + tag + name);

		memcpy(text, r->id.s, id);
		if (tag) {
			text[id] = '#';
			memcpy(text + id + 1, r->tag, tag - 1);
		}
		if (name) {
			text[id + tag] = '=';
			memcpy(text + id + tag + 1, r->name, name - 1);
		}
		f.v[i] = (ProtobufCBinaryData){ id + tag + name, (uint8_t *)text };
	}
	return f;
}

static int pack(const ThunkMessage *m, struct buf *out, struct err *err)
{
	size_t size = thunk_message__get_packed_size(m);

	buf_add(out, THUNK_MAGIC, THUNK_MAGIC_LEN);
	char *at = buf_room(out, size);
	if (!at)
		return err_set(err, ERR_NOSPC, "thunk of %zu bytes is too large", size);
	thunk_message__pack(m, (uint8_t *)at);
	out->len += size;
	out->data[out->len] = '\0';
	return 0;
}

int thunk_encode(struct thunk *t, struct buf *out, struct err *err)
{
	FunctionMessage function = FUNCTION_MESSAGE__INIT;
	ThunkMessage m = THUNK_MESSAGE__INIT;

	thunk_normalize(t);
	if (thunk_check(t, err) < 0)
		return -1;
	struct arena_room room;
	auto_arena arena = ARENA_IN(&room, CHUNK_BYTES);
	const struct field fields[] = {
		field_of_strv(&arena, &t->args),      field_of_strv(&arena, &t->env),
		field_of_refs(&arena, &t->values),    field_of_refs(&arena, &t->thunks),
		field_of_refs(&arena, &t->execs),     field_of_strv(&arena, &t->outputs),
		field_of_strv(&arena, &t->manifests),
	};
	LinkMessage *links = arena_take(&arena, t->n_links * sizeof(*links));
	LinkMessage **link_pointers = arena_take(&arena, t->n_links * sizeof(void *));

	for (size_t i = 0; i < t->n_links; i++) {
		link_message__init(&links[i]);
		links[i].name = bytes_of(t->links[i].name);
		links[i].target = bytes_of(t->links[i].target.s);
		link_pointers[i] = &links[i];
	}
	function.hash = bytes_of(t->function.s);
	function.n_args = fields[0].n, function.args = fields[0].v;
	function.n_envars = fields[1].n, function.envars = fields[1].v;
	m.function = &function;
	m.n_values = fields[2].n, m.values = fields[2].v;
	m.n_thunks = fields[3].n, m.thunks = fields[3].v;
	m.n_executables = fields[4].n, m.executables = fields[4].v;
	m.n_outputs = fields[5].n, m.outputs = fields[5].v;
	m.n_manifests = fields[6].n, m.manifests = fields[6].v;
	m.timeout = t->timeout_ms;
	m.n_links = t->n_links, m.links = link_pointers;
	m.workdir = bytes_of(t->workdir);
	m.platform = bytes_of(t->platform);
	return pack(&m, out, err);
}

/* -- decoding -- */

static int check_text(const ProtobufCBinaryData *b, struct err *err)
{
	if (b->len && memchr(b->data, '\0', b->len))
		return err_set(err, ERR_CORRUPT, "a NUL byte in a string");
	return 0;
}

static int strv_of(const ProtobufCBinaryData *v, size_t n, struct strv *out, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (check_text(&v[i], err) < 0)
			return -1;
		strv_addn(out, v[i].len ? (const char *)v[i].data : "", v[i].len);
	}
	return 0;
}

/* "hash[#tag][=name]", split at the first '='. */
static int add_ref(const ProtobufCBinaryData *b, struct thunk_refs *out, struct err *err)
{
	const char *text = b->len ? (const char *)b->data : "";
	struct oid id;

	if (check_text(b, err) < 0)
		return -1;
	const char *name = memchr(text, '=', b->len);
	size_t head = name ? (size_t)(name - text) : b->len;
	const char *tag = memchr(text, '#', head);
	size_t id_len = tag ? (size_t)(tag - text) : head;
	if (oid_parse(text, id_len, &id, err) < 0 || (tag && id_len + 1 == head))
		return err_set(err, ERR_CORRUPT, "malformed reference \"%.*s\"",
		               (int)(head < 80 ? head : 80), text);
	thunk_refs_addn(out, &id, tag ? tag + 1 : NULL, tag ? head - id_len - 1 : 0,
	                name ? name + 1 : NULL, name ? b->len - head - 1 : 0);
	return 0;
}

static int refs_of(const ProtobufCBinaryData *v, size_t n, struct thunk_refs *out,
                   struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (add_ref(&v[i], out, err) < 0)
			return -1;
	return 0;
}

static int links_of(const ThunkMessage *m, struct thunk *t, struct err *err)
{
	for (size_t i = 0; i < m->n_links; i++) {
		const LinkMessage *l = m->links[i];
		struct oid target;

		if (check_text(&l->name, err) < 0 || l->base.n_unknown_fields ||
		    oid_parse(l->target.len ? (const char *)l->target.data : "", l->target.len,
		              &target, err) < 0)
			return err_set(err, ERR_CORRUPT, "malformed link");
		auto_free char *name =
			xstrndup(l->name.len ? (const char *)l->name.data : "", l->name.len);
		thunk_add_link(t, name, &target);
	}
	return 0;
}

static int text_of(const ProtobufCBinaryData *b, char **out, struct err *err)
{
	if (check_text(b, err) < 0)
		return -1;
	*out = b->len ? xstrndup((const char *)b->data, b->len) : NULL;
	return 0;
}

static int check_unknown(const ProtobufCMessage *m, struct err *err)
{
	if (m->n_unknown_fields == 0)
		return 0;
	return err_set(err, ERR_CORRUPT, "field %u is unknown: made by a newer version?",
	               m->unknown_fields[0].tag);
}

static int convert(const ThunkMessage *m, struct thunk *t, struct err *err)
{
	const FunctionMessage *f = m->function;

	if (!f)
		return err_set(err, ERR_CORRUPT, "no function");
	if (check_unknown(&m->base, err) < 0 || check_unknown(&f->base, err) < 0)
		return -1;
	if (oid_parse(f->hash.len ? (const char *)f->hash.data : "", f->hash.len, &t->function,
	              err) < 0)
		return err_set(err, ERR_CORRUPT, "malformed function");
	t->timeout_ms = m->timeout;
	if (strv_of(f->args, f->n_args, &t->args, err) < 0 ||
	    strv_of(f->envars, f->n_envars, &t->env, err) < 0 ||
	    refs_of(m->values, m->n_values, &t->values, err) < 0 ||
	    refs_of(m->thunks, m->n_thunks, &t->thunks, err) < 0 ||
	    refs_of(m->executables, m->n_executables, &t->execs, err) < 0 ||
	    strv_of(m->outputs, m->n_outputs, &t->outputs, err) < 0 ||
	    links_of(m, t, err) < 0 || text_of(&m->workdir, &t->workdir, err) < 0 ||
	    text_of(&m->platform, &t->platform, err) < 0 ||
	    strv_of(m->manifests, m->n_manifests, &t->manifests, err) < 0)
		return -1;
	return thunk_check(t, err);
}

static void *message_alloc(void *arena, size_t size_bytes)
{
	return arena_take(arena, size_bytes);
}

static void message_free(void *arena, void *p)
{
	(void)arena, (void)p; /* with all the rest */
}

int thunk_decode(const void *data, size_t len, struct thunk **out, struct err *err)
{
	if (len < THUNK_MAGIC_LEN || memcmp(data, THUNK_MAGIC, THUNK_MAGIC_LEN) != 0)
		return err_set(err, ERR_CORRUPT, "not a thunk");
	struct arena_room room;
	auto_arena arena = ARENA_IN(&room, CHUNK_BYTES);
	ProtobufCAllocator in_arena = { message_alloc, message_free, &arena };
	ThunkMessage *m = thunk_message__unpack(&in_arena, len - THUNK_MAGIC_LEN,
	                                        (const uint8_t *)data + THUNK_MAGIC_LEN);
	if (!m)
		return err_set(err, ERR_CORRUPT, "malformed thunk");
	auto_thunk t = thunk_new();
	if (convert(m, t, err) < 0)
		return err_wrap(err, "malformed thunk");
	*out = steal(&t);
	return 0;
}

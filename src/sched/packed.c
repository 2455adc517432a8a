/*
 * A sequence of: what comes next (one byte), its bytes.
 *
 *   0 to 239   so many bytes + 1, as they are
 *   AGAIN      the place of an earlier name of kind V or T, counted from 0 (one byte)
 *   NODE       the number of a node (four bytes)
 *   V, T       a name of that kind: its digest, its length (four bytes)
 *
 * A name is taken for its first 52 characters, which hold eight digits of its length. One of a
 * longer object has more digits, which follow as they are.
 */
#include "sched/packed.h"

#include <string.h>

enum { RUN_MAX = 240, AGAIN = 252, NODE, V, T, SEEN_MAX = 255 };

struct name {
	char text[OID_TEXT_MIN];
};

/* The names that the place of AGAIN counts. */
struct seen {
	struct name v[SEEN_MAX];
	size_t n;
};

static void see(struct seen *s, const char *text)
{
	if (s->n < SEEN_MAX)
		memcpy(s->v[s->n++].text, text, OID_TEXT_MIN);
}

static bool find(const struct seen *s, const char *text, unsigned char *place)
{
	size_t i = 0;

	while (i < s->n && memcmp(s->v[i].text, text, OID_TEXT_MIN) != 0)
		i++;
	*place = (unsigned char)i;
	return i < s->n;
}

static void add_run(struct buf *out, const char *data, size_t len)
{
	while (len > 0) {
		size_t n = len < RUN_MAX ? len : RUN_MAX;

		buf_addc(out, (char)(n - 1));
		buf_add(out, data, n);
		data += n;
		len -= n;
	}
}

static void add_kind(struct buf *out, int kind, const void *data, size_t len)
{
	buf_addc(out, (char)kind);
	buf_add(out, data, len);
}

static void add_name(struct buf *out, const struct oid *id, const struct packed_names *names,
                     struct seen *seen)
{
	unsigned char digest[OID_DIGEST_LEN];
	uint32_t size_bytes = (uint32_t)oid_size(id);
	unsigned char place;
	uint32_t number;

	if (oid_is_thunk(id) && names->number(names->arg, id, &number)) {
		add_kind(out, NODE, &number, sizeof(number));
		return;
	}
	if (find(seen, id->s, &place)) {
		add_kind(out, AGAIN, &place, 1);
		return;
	}
	see(seen, id->s);
	oid_digest(id, digest);
	add_kind(out, oid_is_thunk(id) ? T : V, digest, sizeof(digest));
	buf_add(out, &size_bytes, sizeof(size_bytes));
}

void packed_make(const char *data, size_t len, const struct packed_names *names,
                 struct buf *out)
{
	struct seen seen; /* 13 KiB that need not be zeroed */
	const char *end = data + len;
	const char *run = data;
	struct oid id;

	seen.n = 0;
	for (const char *at = data; end - at >= OID_TEXT_MIN; at++) {
		if ((*at != 'T' && *at != 'V') || oid_parse(at, OID_TEXT_MIN, &id, NULL) < 0)
			continue;
		add_run(out, run, (size_t)(at - run));
		add_name(out, &id, names, &seen);
		run = at + OID_TEXT_MIN;
		at = run - 1;
	}
	add_run(out, run, (size_t)(end - run));
}

/* The name at @at, whose kind was read; where it ends. */
static const char *open_name(const char *at, int kind, const struct packed_names *names,
                             struct seen *seen, struct oid *id)
{
	uint32_t number;

	if (kind == AGAIN) {
		memset(id, 0, sizeof(*id));
		memcpy(id->s, seen->v[(unsigned char)*at].text, OID_TEXT_MIN);
		return at + 1;
	}
	if (kind == NODE) {
		memcpy(&number, at, sizeof(number));
		names->name(names->arg, number, id);
		return at + sizeof(number);
	}
	memcpy(&number, at + OID_DIGEST_LEN, sizeof(number));
	oid_make(kind == T ? 'T' : 'V', (const unsigned char *)at, number, id);
	see(seen, id->s);
	return at + OID_DIGEST_LEN + sizeof(number);
}

void packed_open(const char *data, size_t len, const struct packed_names *names,
                 struct buf *out)
{
	struct seen seen; /* 13 KiB that need not be zeroed */
	const char *end = data + len;

	seen.n = 0;
	for (const char *at = data; at < end;) {
		int kind = (unsigned char)*at++;
		struct oid id;

		if (kind < RUN_MAX) {
			buf_add(out, at, (size_t)kind + 1);
			at += kind + 1;
			continue;
		}
		at = open_name(at, kind, names, &seen, &id);
		buf_add(out, id.s, OID_TEXT_MIN);
	}
}

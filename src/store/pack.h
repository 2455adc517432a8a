/**
 * Reading and writing small binary records: fixed-width numbers in the machine's
 * byte order (the index never leaves the machine) and strings with a length.
 * A reader never runs past the end: it turns bad and answers zeros.
 */
#ifndef STORE_PACK_H
#define STORE_PACK_H

#include "base/buf.h"
#include "core/oid.h"

#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"

struct unpack {
	const unsigned char *at;
	size_t left;
	bool bad;
};

static inline const void *unpack_bytes(struct unpack *u, size_t len)
{
	const void *at = u->at;

	if (u->bad || len > u->left) {
		u->bad = true;
		return NULL;
	}
	u->at += len;
	u->left -= len;
	return at;
}

static inline uint64_t unpack_u64(struct unpack *u)
{
	uint64_t v = 0;
	const void *at = unpack_bytes(u, sizeof(v));

	if (at)
		memcpy(&v, at, sizeof(v));
	return v;
}

static inline uint32_t unpack_u32(struct unpack *u)
{
	uint32_t v = 0;
	const void *at = unpack_bytes(u, sizeof(v));

	if (at)
		memcpy(&v, at, sizeof(v));
	return v;
}

/** A string written by pack_str: owned; NULL (and bad) when it is not whole or holds a NUL. */
static inline char *unpack_str(struct unpack *u)
{
	uint32_t len = unpack_u32(u);
	const char *at = unpack_bytes(u, len);

	if (!at || memchr(at, '\0', len)) {
		u->bad = true;
		return NULL;
	}
	return xstrndup(at, len);
}

/** The name of an object, written as a string; "" only where it @may_be_empty. */
static inline void unpack_oid(struct unpack *u, bool may_be_empty, struct oid *out)
{
	char *s = unpack_str(u);

	out->s[0] = '\0';
	if (s && (*s || !may_be_empty) && oid_parse(s, strlen(s), out, NULL) < 0)
		u->bad = true;
	free(s);
}

static inline void pack_u64(struct buf *b, uint64_t v)
{
	buf_add(b, &v, sizeof(v));
}

static inline void pack_u32(struct buf *b, uint32_t v)
{
	buf_add(b, &v, sizeof(v));
}

static inline void pack_str(struct buf *b, const char *s)
{
	size_t len = strlen(s);

	pack_u32(b, (uint32_t)len);
	buf_add(b, s, len);
}

/** What tells a file from others, and from itself when it was changed: to be written with
 * buf_add, and compared as bytes. */
struct pack_stat {
	uint64_t dev, ino, size, mtime_ns, ctime_ns;
};

static inline struct pack_stat pack_stat(const struct stat *sb)
{
	return (struct pack_stat){ sb->st_dev, sb->st_ino, (uint64_t)sb->st_size,
		                   (uint64_t)clock_ns_of(sb->st_mtim),
		                   (uint64_t)clock_ns_of(sb->st_ctim) };
}

/** A sum over key and value, to tell a record that was written from one that was damaged. */
uint64_t pack_sum(const void *key, size_t key_len, const void *data, size_t len);

#endif

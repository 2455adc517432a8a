/**
 * The name of an object: 'V' or 'T', the SHA-256 of its bytes in base64url
 * ('-' written '.'), and its length in hex, at least 8 digits. 'T' iff the
 * bytes begin with the thunk magic. Source: WIRE 1.
 *
 * Lengths over 32 bits simply have more digits (up to 16), and are read back whole.
 */
#ifndef CORE_OID_H
#define CORE_OID_H

#include "base/err.h"

#define THUNK_MAGIC     "##GGTHUNK##"
#define THUNK_MAGIC_LEN 11

enum { OID_TEXT_MIN = 52, OID_TEXT_MAX = 60, OID_DIGEST_LEN = 32 };

struct oid {
	char s[64]; /* NUL-terminated; "" is no object */
};

/** Check and read a name that ends at @len (no '#tag'). USAGE when it is not one. */
int oid_parse(const char *s, size_t len, struct oid *out, struct err *err);
/** Is this whole string a well-formed name? */
bool oid_valid(const char *s);
/** Build a name from a digest. */
void oid_make(char kind, const unsigned char digest[OID_DIGEST_LEN], uint64_t size_bytes,
              struct oid *out);
/** The 32 digest bytes of a valid name (raw). */
void oid_digest(const struct oid *id, unsigned char out[OID_DIGEST_LEN]);
/** Length of the content in bytes, from the name. */
uint64_t oid_size(const struct oid *id);

static inline bool oid_is_thunk(const struct oid *id)
{
	return id->s[0] == 'T';
}
bool oid_eq(const struct oid *a, const struct oid *b);

#endif

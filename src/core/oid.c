#include "core/oid.h"

#include <string.h>

#include "core/base64.h"

enum { DIGEST_CHARS = 43, LENGTH_AT = 44, STEP = 16 };

/* Names are checked by the million (sched/graph): so many characters at a time. */
typedef unsigned char step __attribute__((vector_size(STEP)));

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

static const unsigned char values[256] = { BASE64_LETTERS, ['.'] = 63, ['_'] = 64 };
static const char hex_digits[] = "0123456789abcdef";

static unsigned sextet(char c)
{
	return values[(unsigned char)c] - 1u;
}

static unsigned hex(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static step step_at(const char *s)
{
	step c;

	memcpy(&c, s, sizeof(c));
	return c;
}

/* All bits of those that are among the @n characters from @first on; none of the others. */
static step among(step c, unsigned char first, unsigned char n)
{
	const step zero = { 0 };

	return (step)(c - (zero + first) < zero + n);
}

static step in_alphabet(step c)
{
	return among(c, 'A', 26) | among(c, 'a', 26) | among(c, '0', 10) | among(c, '.', 1) |
	       among(c, '_', 1);
}

static bool all_bits(step s)
{
	uint64_t half[2];

	memcpy(half, &s, sizeof(half));
	return (half[0] & half[1]) == UINT64_MAX;
}

/* The eight digits of a length that each name has, of the last 16 characters then. */
static bool sizes_are_hex(const char *s)
{
	static const step others = { 255, 255, 255, 255, 255, 255, 255, 255 };
	step c = step_at(s + OID_TEXT_MIN - STEP);

	return all_bits(others | among(c, '0', 10) | among(c, 'a', 6));
}

static bool well_formed(const char *s, size_t len)
{
	if (len < OID_TEXT_MIN || len > OID_TEXT_MAX || (s[0] != 'T' && s[0] != 'V'))
		return false;
	/* 48 characters: the last five are digits of the length, and in the alphabet too */
	step digits = in_alphabet(step_at(s + 1)) & in_alphabet(step_at(s + 1 + STEP)) &
	              in_alphabet(step_at(s + 1 + 2 * STEP));
	/* 43 characters hold 258 bits: the last two are always zero */
	if (!all_bits(digits) || !sizes_are_hex(s) || sextet(s[DIGEST_CHARS]) & 3)
		return false;
	for (size_t i = OID_TEXT_MIN; i < len; i++)
		if (!is_hex(s[i]))
			return false;
	return len == OID_TEXT_MIN || s[LENGTH_AT] != '0';
}

int oid_parse(const char *s, size_t len, struct oid *out, struct err *err)
{
	if (!well_formed(s, len))
		return err_set(err, ERR_USAGE, "not an object name: \"%.*s\"",
		               (int)(len < 80 ? len : 80), s);
	memcpy(out->s, s, len);
	memset(out->s + len, 0, sizeof(out->s) - len);
	return 0;
}

bool oid_valid(const char *s)
{
	return well_formed(s, strlen(s));
}

void oid_make(char kind, const unsigned char digest[OID_DIGEST_LEN], uint64_t size_bytes,
              struct oid *out)
{
	char *at = out->s;
	int shift = 28;

	memset(out->s, 0, sizeof(out->s));
	*at++ = kind;
	for (int i = 0; i < OID_DIGEST_LEN; i += 3) {
		uint32_t v = (uint32_t)digest[i] << 16 | (uint32_t)digest[i + 1] << 8 |
		             (i + 2 < OID_DIGEST_LEN ? digest[i + 2] : 0u);

		*at++ = alphabet[v >> 18 & 63];
		*at++ = alphabet[v >> 12 & 63];
		*at++ = alphabet[v >> 6 & 63];
		if (i + 2 < OID_DIGEST_LEN)
			*at++ = alphabet[v & 63];
	}
	while (shift < 60 && size_bytes >> shift >> 4)
		shift += 4;
	for (; shift >= 0; shift -= 4)
		*at++ = hex_digits[size_bytes >> shift & 15];
}

void oid_digest(const struct oid *id, unsigned char out[OID_DIGEST_LEN])
{
	const char *at = id->s + 1;
	uint32_t v = 0;

	for (int i = 0; i < OID_DIGEST_LEN; i += 3, at += 4) {
		v = sextet(at[0]) << 18 | sextet(at[1]) << 12 | sextet(at[2]) << 6;
		out[i] = (unsigned char)(v >> 16);
		out[i + 1] = (unsigned char)(v >> 8);
		if (i + 2 < OID_DIGEST_LEN)
			out[i + 2] = (unsigned char)(v | sextet(at[3]));
	}
}

uint64_t oid_size(const struct oid *id)
{
	uint64_t size = 0;

	for (const char *at = id->s + LENGTH_AT; *at; at++)
		size = size << 4 | hex(*at);
	return size;
}

bool oid_eq(const struct oid *a, const struct oid *b)
{
	return strcmp(a->s, b->s) == 0;
}

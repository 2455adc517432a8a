#include "core/oid.h"

#include <string.h>

#include "core/base64.h"

enum { DIGEST_CHARS = 43, LENGTH_AT = 44 };

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

static bool well_formed(const char *s, size_t len)
{
	unsigned digits = 0;
	bool sizes = true;

	if (len < OID_TEXT_MIN || len > OID_TEXT_MAX || (s[0] != 'T' && s[0] != 'V'))
		return false;
	for (size_t i = 1; i < LENGTH_AT; i++)
		digits |= sextet(s[i]); /* all bits of it are set where there is none */
	for (size_t i = LENGTH_AT; i < len; i++)
		sizes &= is_hex(s[i]);
	/* 43 characters hold 258 bits: the last two are always zero */
	if (digits > 63 || !sizes || sextet(s[DIGEST_CHARS]) & 3)
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

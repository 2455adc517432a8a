#include "core/oid.h"

#include <string.h>

enum { DIGEST_CHARS = 43, LENGTH_AT = 44 };

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '.' ? 62 : c == '_' ? 63 : -1;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool well_formed(const char *s, size_t len)
{
	if (len < OID_TEXT_MIN || len > OID_TEXT_MAX || (s[0] != 'T' && s[0] != 'V'))
		return false;
	for (size_t i = 1; i < LENGTH_AT; i++)
		if (sextet(s[i]) < 0)
			return false;
	/* 43 characters hold 258 bits: the last two are always zero */
	if (sextet(s[DIGEST_CHARS]) & 3)
		return false;
	for (size_t i = LENGTH_AT; i < len; i++)
		if (hex(s[i]) < 0)
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
	snprintf(at, sizeof(out->s) - LENGTH_AT, "%08llx", (unsigned long long)size_bytes);
}

void oid_digest(const struct oid *id, unsigned char out[OID_DIGEST_LEN])
{
	uint32_t bits = 0;
	int have = 0;
	int n = 0;

	for (int i = 1; i <= DIGEST_CHARS && n < OID_DIGEST_LEN; i++) {
		bits = bits << 6 | (uint32_t)(sextet(id->s[i]) & 63);
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (unsigned char)(bits >> have);
		}
	}
}

uint64_t oid_size(const struct oid *id)
{
	return strtoull(id->s + LENGTH_AT, NULL, 16);
}

bool oid_eq(const struct oid *a, const struct oid *b)
{
	return strcmp(a->s, b->s) == 0;
}

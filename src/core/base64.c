#include "core/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_encode(const void *data, size_t len, struct buf *out)
{
	const unsigned char *in = data;
	size_t text_len = (len + 2) / 3 * 4;
	char *to = buf_room(out, text_len);

	if (!to)
		return -1;
	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t v = (uint32_t)in[i] << 16 | (left > 1 ? in[i + 1] << 8 : 0) |
		             (left > 2 ? in[i + 2] : 0);

		*to++ = digits[v >> 18];
		*to++ = digits[v >> 12 & 63];
		*to++ = left > 1 ? digits[v >> 6 & 63] : '=';
		*to++ = left > 2 ? digits[v & 63] : '=';
	}
	out->len += text_len;
	out->data[out->len] = '\0';
	return 0;
}

static const unsigned char values[256] = { BASE64_LETTERS, ['+'] = 63, ['/'] = 64 };

/* What is left when the text has ended: @n digits in @v, after them @pads. */
static int decode_rest(uint32_t v, unsigned n, unsigned pads, char **to, struct err *err)
{
	static const struct {
		unsigned pads, bytes, spare_bits;
	} ends[] = { { 0, 0, 0 }, { 9, 0, 0 }, { 2, 1, 4 }, { 1, 2, 2 } };

	if (ends[n].pads != pads || (v & ((1u << ends[n].spare_bits) - 1)))
		return err_set(err, ERR_CORRUPT, "base64 ends in the middle");
	v >>= ends[n].spare_bits;
	for (unsigned i = ends[n].bytes; i > 0; i--)
		*(*to)++ = (char)(v >> (i - 1) * 8);
	return 0;
}

int base64_decode(const char *text, size_t len, struct buf *out, struct err *err)
{
	char *room = buf_room(out, len / 4 * 3 + 3);
	char *to = room;
	uint32_t v = 0;
	unsigned n = 0, pads = 0;

	if (!room)
		return err_set(err, ERR_CORRUPT, "base64 is too long");
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n' || text[i] == '\r')
			continue;
		int d = values[(unsigned char)text[i]] - 1;

		if (text[i] == '=' && pads < 2)
			pads++;
		else if (d < 0 || pads)
			return err_set(err, ERR_CORRUPT, "not base64");
		if (d < 0)
			continue;
		v = v << 6 | (uint32_t)d;
		if (++n < 4)
			continue;
		*to++ = (char)(v >> 16);
		*to++ = (char)(v >> 8);
		*to++ = (char)v;
		v = n = 0;
	}
	if (decode_rest(v, n, pads, &to, err) < 0)
		return -1;
	out->len += (size_t)(to - room);
	out->data[out->len] = '\0';
	return 0;
}

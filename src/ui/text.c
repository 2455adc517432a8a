#include "ui/text.h"

#include <string.h>
#include <time.h>

static const char REPLACEMENT[] = "\xef\xbf\xbd"; /* U+FFFD */

/* Length of the UTF-8 character at @s, 0 when there is none: overlong forms, surrogates and
 * what is beyond U+10FFFF are none. */
static size_t utf8_length(const unsigned char *s)
{
	static const struct {
		unsigned char first, last, low, high, len;
	} forms[] = {
		{ 0x01, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < countof(forms); i++) {
		if (s[0] < forms[i].first || s[0] > forms[i].last)
			continue;
		if (forms[i].len > 1 && (s[1] < forms[i].low || s[1] > forms[i].high))
			return 0;
		for (size_t k = 2; k < forms[i].len; k++)
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].len;
	}
	return 0;
}

void text_json(struct buf *out, const char *s)
{
	const unsigned char *at = (const unsigned char *)s;

	buf_addc(out, '"');
	while (*at) {
		size_t len = utf8_length(at);

		if (len == 0)
			buf_adds(out, REPLACEMENT);
		else if (*at == '"' || *at == '\\')
			buf_addf(out, "\\%c", *at);
		else if (*at < 0x20 || *at == 0x7f)
			buf_addf(out, "\\u%04x", *at);
		else
			buf_add(out, at, len);
		at += len ? len : 1;
	}
	buf_addc(out, '"');
}

static const char *html_entity(unsigned char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

/* C1 controls, and the characters that are no characters, must not be in a page. */
static bool html_forbids(const unsigned char *at, size_t len)
{
	if (len == 1)
		return at[0] < 0x20 || at[0] == 0x7f;
	if (len == 2)
		return at[0] == 0xc2 && at[1] < 0xa0;
	/* U+202A…U+202E and U+2066…U+2069 turn the text around them. */
	if (len == 3 && at[0] == 0xe2 && at[1] == 0x80)
		return at[2] >= 0xaa && at[2] <= 0xae;
	if (len == 3 && at[0] == 0xe2 && at[1] == 0x81)
		return at[2] >= 0xa6 && at[2] <= 0xa9;
	return len == 3 && at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe;
}

void text_html(struct buf *out, const char *s)
{
	const unsigned char *at = (const unsigned char *)s;

	while (*at) {
		size_t len = utf8_length(at);
		const char *entity = html_entity(*at);

		if (entity)
			buf_adds(out, entity);
		else if (*at == '\n' || *at == '\t')
			buf_addc(out, ' ');
		else if (len == 0 || html_forbids(at, len))
			buf_adds(out, REPLACEMENT);
		else
			buf_add(out, at, len);
		at += len ? len : 1;
	}
}

void text_plain(struct buf *out, const char *s)
{
	const unsigned char *at = (const unsigned char *)s;

	while (*at) {
		size_t len = utf8_length(at);

		if (len == 0 || html_forbids(at, len)) {
			len = len ? len : 1;
			for (size_t i = 0; i < len; i++)
				buf_addf(out, "\\x%02x", at[i]);
		} else {
			buf_add(out, at, len);
		}
		at += len;
	}
}

void text_size(struct buf *out, uint64_t bytes)
{
	static const char *const units[] = { "B", "KB", "MB", "GB", "TB", "PB", "EB" };
	double n = (double)bytes;
	size_t unit = 0;

	while (n >= 1023.95 && unit + 1 < countof(units)) {
		n /= 1024;
		unit++;
	}
	buf_addf(out, unit ? "%.1f %s" : "%.0f %s", n, units[unit]);
}

void text_duration(struct buf *out, int64_t ns)
{
	double s = (double)ns / 1e9;
	long long whole = ns / 1000000000;

	if (ns < 0)
		buf_adds(out, "-");
	else if (ns < 1000000)
		buf_addf(out, "%.0f µs", s * 1e6);
	else if (ns < 1000000000)
		buf_addf(out, "%.1f ms", s * 1e3);
	else if (whole < 60)
		buf_addf(out, "%.2f s", s);
	else if (whole < 3600)
		buf_addf(out, "%lld min %02lld s", whole / 60, whole % 60);
	else
		buf_addf(out, "%lld h %02lld min", whole / 3600, whole / 60 % 60);
}

void text_time(struct buf *out, int64_t wall_ns)
{
	time_t t = (time_t)(wall_ns / 1000000000);
	char text[64] = "";
	struct tm tm;

	if (localtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	buf_adds(out, text);
}

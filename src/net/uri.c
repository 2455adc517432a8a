#include "net/uri.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

void uri_escape(struct buf *b, const char *text, size_t len, const char *keep)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (is_unreserved(c) || (c && strchr(keep, c)))
			buf_addc(b, (char)c);
		else
			buf_addf(b, "%%%02X", c);
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decode percent escapes of @len bytes into a new string; NULL when one is broken or a NUL. */
static char *decode(const char *s, size_t len)
{
	auto_free char *out = xmalloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int c = (unsigned char)s[i];

		if (c == '%') {
			int hi = i + 2 < len ? hex_digit(s[i + 1]) : -1;
			int lo = i + 2 < len ? hex_digit(s[i + 2]) : -1;

			if (hi < 0 || lo < 0)
				return NULL;
			c = hi * 16 + lo;
			i += 2;
		}
		if (c == 0)
			return NULL;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return steal(&out);
}

static int bad(struct err *err, const char *what)
{
	return err_set(err, ERR_USAGE, "not a URI: %s", what);
}

static int parse_scheme(const char **at, struct uri *out, struct err *err)
{
	const char *end = strstr(*at, "://");

	if (!end || end > *at + strcspn(*at, "/?#")) {
		out->scheme = xstrdup("");
		return 0;
	}
	out->scheme = xstrndup(*at, (size_t)(end - *at));
	for (char *p = out->scheme; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("+-.", *p))
			return bad(err, "the part before \"://\" has odd characters");
		*p = (char)tolower((unsigned char)*p);
	}
	if (!*out->scheme)
		return bad(err, "nothing stands before \"://\"");
	*at = end + 3;
	return 0;
}

static int parse_userinfo(const char **at, const char *end, struct uri *out, struct err *err)
{
	const char *sign = memrchr(*at, '@', (size_t)(end - *at));

	if (!sign)
		return 0;
	const char *colon = memchr(*at, ':', (size_t)(sign - *at));
	const char *user_end = colon ? colon : sign;
	out->user = decode(*at, (size_t)(user_end - *at));
	if (colon)
		out->password = decode(colon + 1, (size_t)(sign - colon - 1));
	if (!out->user || (colon && !out->password))
		return bad(err, "a '%' in the user or password must be written %25");
	*at = sign + 1;
	return 0;
}

static int parse_port(const char *s, const char *end, struct uri *out, struct err *err)
{
	unsigned port = 0;

	for (; s < end; s++) {
		if (*s < '0' || *s > '9')
			return bad(err, "the port is not a number");
		port = port * 10 + (unsigned)(*s - '0');
		if (port > 65535)
			return bad(err, "the port is over 65535");
	}
	if (port == 0)
		return bad(err, "the port is empty or 0");
	out->port = port;
	return 0;
}

static int parse_host(const char *s, const char *end, struct uri *out, struct err *err)
{
	const char *host_end = end;
	bool bracket = s < end && *s == '[';

	if (bracket) {
		s++;
		host_end = memchr(s, ']', (size_t)(end - s));
		if (!host_end)
			return bad(err, "a '[' without its ']'");
	} else {
		const char *colon = memchr(s, ':', (size_t)(end - s));

		host_end = colon ? colon : end;
	}
	out->host = decode(s, (size_t)(host_end - s));
	if (!out->host)
		return bad(err, "the host has a broken '%' escape");
	for (const char *p = out->host; *p; p++) {
		if (isspace((unsigned char)*p) || strchr("/?#@[]\\\"<>", *p))
			return bad(err, "the host has a character that no host has");
		if (*p == ':' && !bracket)
			return bad(err, "an IPv6 address stands in brackets");
	}
	s = host_end + bracket;
	if (s == end)
		return 0;
	return *s == ':' ? parse_port(s + 1, end, out, err)
	                 : bad(err, "something stands between ']' and the port");
}

static int parse_options(const char *s, const char *end, struct uri *out, struct err *err)
{
	while (s < end) {
		const char *stop = memchr(s, '&', (size_t)(end - s));

		stop = stop ? stop : end;
		const char *eq = memchr(s, '=', (size_t)(stop - s));
		const char *key_end = eq ? eq : stop;
		auto_free char *key = decode(s, (size_t)(key_end - s));
		auto_free char *value =
			eq ? decode(eq + 1, (size_t)(stop - eq - 1)) : xstrdup("");

		if (!key || !value || strchr(key, '='))
			return bad(err, "an option has a broken '%' escape");
		if (*key)
			strv_addf(&out->options, "%s=%s", key, value);
		s = stop + (stop < end);
	}
	return 0;
}

static int parse(const char *s, struct uri *out, struct err *err)
{
	for (const char *p = s; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return bad(err, "it has a space or a control character: write it as "
			                "%20, …");
	if (!*s)
		return bad(err, "it is empty");
	if (parse_scheme(&s, out, err) < 0)
		return -1;
	const char *end = s + strcspn(s, "/?#");
	if (parse_userinfo(&s, end, out, err) < 0 || parse_host(s, end, out, err) < 0)
		return -1;
	const char *path_end = end + strcspn(end, "?#");
	out->path = decode(end, (size_t)(path_end - end));
	if (!out->path)
		return bad(err, "the path has a broken '%' escape");
	if (*path_end != '?')
		return 0;
	return parse_options(path_end + 1, path_end + 1 + strcspn(path_end + 1, "#"), out, err);
}

int uri_parse(const char *text, struct uri *out, struct err *err)
{
	*out = (struct uri)URI_INIT;
	if (parse(text, out, err) == 0)
		return 0;
	uri_release(out);
	return -1;
}

void uri_release(struct uri *u)
{
	free(u->scheme);
	free(u->user);
	free(u->password);
	free(u->host);
	free(u->path);
	strv_release(&u->options);
	*u = (struct uri)URI_INIT;
}

const char *uri_option(const struct uri *u, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < u->options.n; i++)
		if (strncmp(u->options.v[i], key, len) == 0 && u->options.v[i][len] == '=')
			return u->options.v[i] + len + 1;
	return NULL;
}

static bool is_secret(const char *option)
{
	static const char *const words[] = { "password", "passwd", "secret", "token" };
	size_t key_len = strcspn(option, "=");
	auto_free char *key = xstrndup(option, key_len);

	for (size_t i = 0; i < countof(words); i++)
		if (strcasestr(key, words[i]))
			return true;
	return false;
}

static void display_options(const struct uri *u, struct buf *b)
{
	char before = '?';

	for (size_t i = 0; i < u->options.n; i++) {
		const char *o = u->options.v[i];
		size_t key_len = strcspn(o, "=");

		if (is_secret(o))
			continue;
		buf_addc(b, before);
		uri_escape(b, o, key_len, "");
		buf_addc(b, '=');
		uri_escape(b, o + key_len + 1, strlen(o + key_len + 1), "/:");
		before = '&';
	}
}

char *uri_display(const struct uri *u)
{
	auto_buf b = BUF_INIT;

	if (*u->scheme)
		buf_addf(&b, "%s://", u->scheme);
	if (u->user && *u->user) {
		uri_escape(&b, u->user, strlen(u->user), "");
		buf_addc(&b, '@');
	}
	if (strchr(u->host, ':'))
		buf_addf(&b, "[%s]", u->host);
	else
		uri_escape(&b, u->host, strlen(u->host), "");
	if (u->port)
		buf_addf(&b, ":%u", u->port);
	uri_escape(&b, u->path, strlen(u->path), "/");
	display_options(u, &b);
	return b.len ? buf_steal(&b) : xstrdup("");
}

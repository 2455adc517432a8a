/*
 * Signature V4:
 *
 *   canonical = method \n path \n query \n headers \n\n names of the headers \n payload hash
 *   to sign   = "AWS4-HMAC-SHA256" \n time \n scope \n hex(SHA-256(canonical))
 *   key       = HMAC(HMAC(HMAC(HMAC("AWS4" + secret, day), region), service), "aws4_request")
 *   signature = hex(HMAC(key, to sign))
 *
 * The path is percent-encoded once for S3 and twice for all other services.
 */
#include "net/sign.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "base/buf.h"
#include "net/http.h"
#include "net/uri.h"

static void add_hex(struct buf *b, const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%02x", bytes[i]);
}

static void add_sha256(struct buf *b, const void *data, size_t len)
{
	unsigned char sum[SHA256_DIGEST_LENGTH];

	SHA256(len ? data : (const void *)"", len, sum);
	add_hex(b, sum, sizeof(sum));
}

static void hmac(const void *key, size_t key_len, const char *text,
                 unsigned char out[SHA256_DIGEST_LENGTH])
{
	BUG_IF(!HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text, strlen(text),
	             out, NULL));
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* @len bytes, percent-encoded in whatever way, in the one way that is signed. */
static void add_normal(struct buf *b, const char *s, size_t len, const char *keep)
{
	for (size_t i = 0; i < len; i++) {
		char c = s[i];

		if (c == '%' && i + 2 < len && hex_digit(s[i + 1]) >= 0 &&
		    hex_digit(s[i + 2]) >= 0) {
			c = (char)(hex_digit(s[i + 1]) * 16 + hex_digit(s[i + 2]));
			i += 2;
		}
		uri_escape(b, &c, 1, keep);
	}
}

static void add_path(struct buf *b, const char *path, size_t len, bool twice)
{
	auto_buf once = BUF_INIT;

	add_normal(&once, path, len, "/");
	if (once.len == 0)
		buf_addc(&once, '/');
	if (twice)
		uri_escape(b, once.data, once.len, "/");
	else
		buf_add(b, once.data, once.len);
}

static void add_query(struct buf *b, const char *query)
{
	auto_strv parts = STRV_INIT;

	while (*query) {
		size_t len = strcspn(query, "&");
		size_t key_len = strcspn(query, "=&");
		auto_buf part = BUF_INIT;

		add_normal(&part, query, key_len, "");
		/* '\x01' sorts before all that a key may hold, so "a" comes before "a-b" */
		buf_addc(&part, '\x01');
		if (key_len < len)
			add_normal(&part, query + key_len + 1, len - key_len - 1, "");
		if (len)
			strv_add(&parts, buf_str(&part));
		query += len + (query[len] == '&');
	}
	strv_sort(&parts);
	for (size_t i = 0; i < parts.n; i++) {
		*strchr(parts.v[i], '\x01') = '=';
		buf_addf(b, "%s%s", i ? "&" : "", parts.v[i]);
	}
}

static bool is_signed(const char *header)
{
	/* what the HTTP library or a proxy may add, drop or change */
	static const char *const not_signed[] = {
		"accept",     "accept-encoding",   "authorization",
		"connection", "content-length",    "expect",
		"te",         "transfer-encoding", "user-agent"
	};
	size_t len = strcspn(header, ":");

	for (size_t i = 0; i < countof(not_signed); i++)
		if (strlen(not_signed[i]) == len &&
		    strncasecmp(header, not_signed[i], len) == 0)
			return false;
	return true;
}

/* "name\x01value" with the name in lower case and the value's spaces squeezed. */
static void add_header(struct strv *out, const char *header)
{
	auto_buf b = BUF_INIT;
	const char *v = strchr(header, ':');
	bool space = false;

	for (const char *p = header; p < v; p++)
		buf_addc(&b, (char)tolower((unsigned char)*p));
	buf_addc(&b, '\x01');
	for (v++; *v == ' ' || *v == '\t';)
		v++;
	for (; *v; v++) {
		if (*v == ' ' || *v == '\t') {
			space = true;
			continue;
		}
		if (space)
			buf_addc(&b, ' ');
		space = false;
		buf_addc(&b, *v);
	}
	strv_add(out, buf_str(&b));
}

struct place {
	const char *host; /* with its port */
	size_t host_len;
	const char *path;
	size_t path_len;
	const char *query;
};

static struct place place_of(const char *url)
{
	struct place p;
	const char *s = strstr(url, "://");
	bool tls = strncasecmp(url, "https:", 6) == 0;

	p.host = s ? s + 3 : url;
	p.path = p.host + strcspn(p.host, "/?#");
	const char *user = memrchr(p.host, '@', (size_t)(p.path - p.host));
	p.host = user ? user + 1 : p.host;
	p.host_len = (size_t)(p.path - p.host);
	/* a scheme's own port is not in the Host header */
	const char *usual = tls ? ":443" : ":80";
	size_t n = strlen(usual);
	if (p.host_len > n && memcmp(p.path - n, usual, n) == 0)
		p.host_len -= n;
	p.path_len = strcspn(p.path, "?#");
	p.query = p.path[p.path_len] == '?' ? p.path + p.path_len + 1 : "";
	return p;
}

/* The canonical request into @b and the names of the signed headers into @names. */
static void canonical(const struct http_sign *sign, const char *method, const char *url,
                      const struct strv *headers, const char *payload, struct buf *b,
                      struct buf *names)
{
	struct place p = place_of(url);
	auto_strv list = STRV_INIT;

	buf_addf(b, "%s\n", method);
	add_path(b, p.path, p.path_len, strcmp(sign->service, "s3") != 0);
	buf_addc(b, '\n');
	add_query(b, p.query);
	buf_addc(b, '\n');
	strv_addf(&list, "host\x01%.*s", (int)p.host_len, p.host);
	for (size_t i = 0; i < headers->n; i++)
		if (strchr(headers->v[i], ':') && is_signed(headers->v[i]))
			add_header(&list, headers->v[i]);
	strv_sort(&list);
	for (size_t i = 0; i < list.n; i++) {
		char *value = strchr(list.v[i], '\x01');

		*value++ = '\0';
		buf_addf(b, "%s:%s\n", list.v[i], value);
		buf_addf(names, "%s%s", i ? ";" : "", list.v[i]);
	}
	buf_addf(b, "\n%s\n%s", buf_str(names), payload);
}

static void signature(const struct http_sign *sign, const char *day, const char *text,
                      struct buf *out)
{
	unsigned char key[SHA256_DIGEST_LENGTH];
	auto_free char *first = xasprintf("AWS4%s", sign->secret_key);
	const char *const parts[] = { sign->region, sign->service, "aws4_request", text };

	hmac(first, strlen(first), day, key);
	for (size_t i = 0; i < countof(parts); i++) {
		unsigned char next[SHA256_DIGEST_LENGTH];

		hmac(key, sizeof(key), parts[i], next);
		memcpy(key, next, sizeof(key));
	}
	add_hex(out, key, sizeof(key));
	explicit_bzero(first, strlen(first));
	explicit_bzero(key, sizeof(key));
}

void sign_request(const struct http_sign *sign, const char *method, const char *url,
                  const void *body, size_t body_len, time_t now, struct strv *headers)
{
	char when[20], day[12];
	struct tm tm;
	auto_buf payload = BUF_INIT, request = BUF_INIT, names = BUF_INIT;
	auto_buf text = BUF_INIT, result = BUF_INIT;

	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	strftime(day, sizeof(day), "%Y%m%d", &tm);
	if (sign->payload_hash) {
		buf_adds(&payload, sign->payload_hash);
		strv_addf(headers, "x-amz-content-sha256: %s", sign->payload_hash);
	} else {
		add_sha256(&payload, body, body_len);
	}
	strv_addf(headers, "x-amz-date: %s", when);
	if (sign->session_token)
		strv_addf(headers, "x-amz-security-token: %s", sign->session_token);
	canonical(sign, method, url, headers, buf_str(&payload), &request, &names);
	auto_free char *scope =
		xasprintf("%s/%s/%s/aws4_request", day, sign->region, sign->service);
	buf_addf(&text, "AWS4-HMAC-SHA256\n%s\n%s\n", when, scope);
	add_sha256(&text, request.data, request.len);
	signature(sign, day, buf_str(&text), &result);
	strv_addf(headers,
	          "Authorization: AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, "
	          "Signature=%s",
	          sign->access_key, scope, buf_str(&names), buf_str(&result));
}

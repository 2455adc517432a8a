/* https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html, as a checker. */
#include "sigv4.h"

#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>
#include <time.h>

enum { SKEW_MAX_S = 300 };

struct scope {
	char id[128], day[16], region[64], service[32], list[1024], signature[80];
};

static bool fail(struct sigv4_fault *f, const char *type, const char *fmt, ...)
	printflike(3, 4);

static bool fail(struct sigv4_fault *f, const char *type, const char *fmt, ...)
{
	va_list ap;

	f->type = type;
	va_start(ap, fmt);
	vsnprintf(f->message, sizeof(f->message), fmt, ap);
	va_end(ap);
	return false;
}

static void hex_of(const unsigned char *d, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		sprintf(out + 2 * i, "%02x", d[i]);
}

static void sha_hex(const void *data, size_t len, char out[65])
{
	unsigned char d[SHA256_DIGEST_LENGTH];

	SHA256(data, len, d);
	hex_of(d, sizeof(d), out);
}

static void mac(unsigned char key[32], int *key_len, const char *text)
{
	unsigned char out[32];

	HMAC(EVP_sha256(), key, *key_len, (const unsigned char *)text, strlen(text), out, NULL);
	memcpy(key, out, sizeof(out));
	*key_len = sizeof(out);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_query(struct buf *to, const char *query)
{
	auto_strv parts = STRV_INIT;

	for (const char *at = query; *at;) {
		size_t n = strcspn(at, "&");
		if (memchr(at, '=', n))
			strv_addn(&parts, at, n);
		else
			strv_addf(&parts, "%.*s=", (int)n, at);
		at += n + (at[n] == '&');
	}
	if (parts.n)
		qsort(parts.v, parts.n, sizeof(*parts.v), compare);
	for (size_t i = 0; i < parts.n; i++)
		buf_addf(to, "%s%s", i ? "&" : "", parts.v[i]);
}

/* For services other than S3 the path is encoded once more. */
static void add_path(struct buf *to, const char *path, bool twice)
{
	for (const char *p = path; *p; p++)
		if (*p == '%' && twice)
			buf_adds(to, "%25");
		else
			buf_addc(to, *p);
}

static bool add_headers(struct buf *to, const struct request *r, const char *list,
                        struct sigv4_fault *f)
{
	for (const char *at = list; *at;) {
		size_t n = strcspn(at, ";");
		auto_free char *name = xstrndup(at, n);
		const char *value = request_header(r, name);
		if (!value)
			return fail(f, "InvalidSignatureException",
			            "the signed header %s is absent", name);
		buf_addf(to, "%s:%s\n", name, value);
		at += n + (at[n] == ';');
	}
	return true;
}

static bool check_scope(const struct request *r, const struct sigv4_keys *k,
                        const struct scope *s, const char *service, struct sigv4_fault *f)
{
	const char *date = request_header(r, "x-amz-date");
	const char *token = request_header(r, "x-amz-security-token");
	struct tm tm = { 0 };

	if (strcmp(s->id, k->id) != 0)
		return fail(f, "UnrecognizedClientException",
		            "The security token included in the request is invalid.");
	if (!token != !k->token || (token && strcmp(token, k->token) != 0))
		return fail(f, "UnrecognizedClientException",
		            "The security token included in the request is invalid");
	if (token && !strstr(s->list, "x-amz-security-token"))
		return fail(f, "InvalidSignatureException", "the token must be signed");
	if (!date || !strptime(date, "%Y%m%dT%H%M%SZ", &tm) || strncmp(date, s->day, 8) != 0)
		return fail(f, "InvalidSignatureException",
		            "Date in Credential scope does not match X-Amz-Date");
	if (llabs((long long)timegm(&tm) - (long long)time(NULL)) > SKEW_MAX_S)
		return fail(f, "InvalidSignatureException", "Signature expired: %s", date);
	if (strcmp(s->region, k->region) != 0 || strcmp(s->service, service) != 0)
		return fail(f, "InvalidSignatureException",
		            "Credential should be scoped to a valid region: want %s/%s, not "
		            "%s/%s",
		            k->region, service, s->region, s->service);
	return true;
}

static bool payload_hash(const struct request *r, char out[65], struct sigv4_fault *f)
{
	const char *said = request_header(r, "x-amz-content-sha256");

	sha_hex(r->body, r->body_len, out);
	if (said && strcmp(said, "UNSIGNED-PAYLOAD") != 0 && strcmp(said, out) != 0)
		return fail(f, "InvalidSignatureException",
		            "x-amz-content-sha256 is not the hash of the body");
	if (said)
		snprintf(out, 65, "%s", said);
	return true;
}

static void sign(const struct scope *s, const char *secret, const char *date,
                 const struct buf *canonical, char out[65])
{
	unsigned char key[256];
	int len = snprintf((char *)key, sizeof(key), "AWS4%s", secret);
	auto_buf text = BUF_INIT;
	char hash[65];

	sha_hex(canonical->data, canonical->len, hash);
	buf_addf(&text, "AWS4-HMAC-SHA256\n%s\n%s/%s/%s/aws4_request\n%s", date, s->day,
	         s->region, s->service, hash);
	mac(key, &len, s->day);
	mac(key, &len, s->region);
	mac(key, &len, s->service);
	mac(key, &len, "aws4_request");
	mac(key, &len, buf_str(&text));
	hex_of(key, 32, out);
}

bool sigv4_check(const struct request *r, const struct sigv4_keys *k, const char *service,
                 struct sigv4_fault *f)
{
	const char *a = request_header(r, "authorization");
	struct scope s = { 0 };
	auto_buf canonical = BUF_INIT;
	char hash[65], want[65];

	if (!a)
		return fail(f, "MissingAuthenticationTokenException",
		            "Missing Authentication Token");
	if (sscanf(a,
	           "AWS4-HMAC-SHA256 Credential=%127[^/,]/%15[0-9]/%63[^/]/%31[^/]/"
	           "aws4_request, SignedHeaders=%1023[^,], Signature=%79[0-9a-f]",
	           s.id, s.day, s.region, s.service, s.list, s.signature) != 6)
		return fail(f, "IncompleteSignatureException", "malformed: %s", a);
	if (!check_scope(r, k, &s, service, f) || !payload_hash(r, hash, f))
		return false;
	buf_addf(&canonical, "%s\n", r->method);
	add_path(&canonical, r->path, strcmp(service, "s3") != 0);
	buf_addc(&canonical, '\n');
	add_query(&canonical, r->query);
	buf_addc(&canonical, '\n');
	if (!add_headers(&canonical, r, s.list, f))
		return false;
	buf_addf(&canonical, "\n%s\n%s", s.list, hash);
	sign(&s, k->secret, request_header(r, "x-amz-date"), &canonical, want);
	if (strcmp(want, s.signature) != 0)
		return fail(f, "InvalidSignatureException",
		            "The request signature we calculated does not match the signature "
		            "you provided. Check your AWS Secret Access Key and signing "
		            "method.");
	return true;
}

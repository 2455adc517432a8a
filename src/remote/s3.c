/*
 * S3 and what speaks like it: one request an object, streamed both ways. The object's name is
 * its SHA-256, so the server checks what it receives (x-amz-content-sha256) for nothing.
 */
#include "remote/s3_priv.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/proc.h"
#include "remote/incoming.h"
#include "remote/s3xml.h"

enum {
	WIDTH = 64,
	STALL_MS = 15000,
	PART_SIZE = 16 << 20,
	MULTIPART_FROM = 64 << 20,
	LIST_MAX = 8 << 20,
};

#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void hex_of(const unsigned char sum[OID_DIGEST_LEN], char hex[65])
{
	for (size_t i = 0; i < OID_DIGEST_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
}

void s3_hash_of(const struct oid *id, char hex[65])
{
	unsigned char sum[OID_DIGEST_LEN];

	oid_digest(id, sum);
	hex_of(sum, hex);
}

void s3_hash_bytes(const void *data, size_t len, char hex[65])
{
	struct oid id;

	digest_bytes(data, len, &id);
	s3_hash_of(&id, hex);
}

char *s3_url(const struct s3 *s, const char *name, const char *query)
{
	auto_free char *key = backend_key(s->prefix, name);
	auto_buf b = BUF_INIT;

	buf_addf(&b, "%s/", s->url);
	uri_escape(&b, key, strlen(key), "/");
	if (query)
		buf_addf(&b, "?%s", query);
	return buf_steal(&b);
}

static int s3_keys(struct s3 *s, struct cred_keys *keys, struct err *err)
{
	if (s->access) {
		*keys = (struct cred_keys){ s->access, s->secret, NULL };
		return 0;
	}
	if (cred_get(s->cred, keys, err) < 0) {
		if (err)
			err->kind = ERR_DENIED;
		return -1;
	}
	s->key_help = cred_source(s->cred);
	return 0;
}

int s3_send(struct s3 *s, struct http_request *req, const char *hash, http_done_fn *done,
            void *arg, struct err *err)
{
	struct cred_keys keys;

	if (s3_keys(s, &keys, err) < 0)
		return -1;
	struct http_sign sign = { s->region,          "s3", keys.access_key, keys.secret_key,
		                  keys.session_token, hash };
	req->sign = &sign;
	if (!req->stall_timeout_ms)
		req->stall_timeout_ms = STALL_MS;
	int64_t id = http_start(s->http, req, done, arg, err);
	req->sign = NULL;
	return id < 0 ? -1 : 0;
}

/* What an answer means. */

static const struct {
	const char *code;
	enum err_kind kind;
	int sys;
	const char *help; /* what to do about it */
} codes[] = {
	{ "AccessDenied", ERR_DENIED, 0,
	  "these keys may not do this, or are wrong (docs/backends.md lists the rights)" },
	{ "AuthorizationHeaderMalformed", ERR_DENIED, 0,
	  "is the region right? Give ?region=…" },
	{ "BadDigest", ERR_RETRY, EBADMSG, NULL },
	{ "EntityTooLarge", ERR_IO, 0, NULL },
	{ "ExpiredToken", ERR_DENIED, 0, "the session token has ended: get new credentials" },
	{ "InsufficientStorage", ERR_NOSPC, 0, NULL },
	{ "InternalError", ERR_RETRY, 0, NULL },
	{ "InvalidAccessKeyId", ERR_DENIED, 0,
	  "nobody knows this access key: is it of another account or place?" },
	/* Ceph's word for a session token that it can't read */
	{ "InvalidArgument", ERR_DENIED, 0,
	  "if there is a session token (AWS_SESSION_TOKEN), is it whole?" },
	{ "InvalidBucketName", ERR_DENIED, 0, NULL },
	{ "InvalidToken", ERR_DENIED, 0,
	  "the session token is not right: get new credentials" },
	{ "NoSuchBucket", ERR_DENIED, 0,
	  "make the bucket first, or correct its name or endpoint" },
	{ "NoSuchKey", ERR_NOTFOUND, 0, "there is no such object" },
	{ "OperationAborted", ERR_RETRY, 0, NULL },
	{ "PermanentRedirect", ERR_DENIED, 0,
	  "the bucket is in another region: give ?region=…" },
	{ "QuotaExceeded", ERR_NOSPC, 0, NULL },
	{ "RequestLimitExceeded", ERR_RETRY, EBUSY, NULL },
	{ "RequestTimeTooSkewed", ERR_DENIED, 0, "the clock of this machine is wrong: set it" },
	{ "RequestTimeout", ERR_RETRY, 0, NULL },
	{ "ServiceUnavailable", ERR_RETRY, EBUSY, NULL },
	{ "SignatureDoesNotMatch", ERR_DENIED, 0, "the secret key is wrong" },
	{ "SlowDown", ERR_RETRY, EBUSY, NULL },
	{ "Throttling", ERR_RETRY, EBUSY, NULL },
	{ "ThrottlingException", ERR_RETRY, EBUSY, NULL },
	{ "TokenRefreshRequired", ERR_DENIED, 0,
	  "the session token has ended: get new credentials" },
	{ "TooManyRequests", ERR_RETRY, EBUSY, NULL },
	{ "XAmzContentSHA256Mismatch", ERR_RETRY, EBADMSG, NULL },
};

static void meaning_of_status(long status, struct err *err)
{
	static const struct {
		long status;
		enum err_kind kind;
		int sys;
	} table[] = {
		{ 301, ERR_DENIED, 0 },    { 307, ERR_DENIED, 0 },    { 401, ERR_DENIED, 0 },
		{ 403, ERR_DENIED, 0 },    { 404, ERR_NOTFOUND, 0 },  { 408, ERR_RETRY, 0 },
		{ 429, ERR_RETRY, EBUSY }, { 503, ERR_RETRY, EBUSY }, { 507, ERR_NOSPC, 0 },
	};

	err->kind = status >= 500 ? ERR_RETRY : ERR_IO;
	err->sys = 0;
	for (size_t i = 0; i < countof(table); i++)
		if (table[i].status == status) {
			err->kind = table[i].kind;
			err->sys = table[i].sys;
		}
}

int s3_meaning(struct s3 *s, const struct http_response *r, struct err *err)
{
	struct s3xml_error e;
	struct err m = ERR_INIT;
	const char *help = NULL;

	if (r->status == 0) {
		*err = r->err;
		return -1;
	}
	if (r->status / 100 == 2)
		return 0;
	meaning_of_status(r->status, &m);
	s3xml_error(buf_str(&r->body), r->body.len, &e);
	for (size_t i = 0; i < countof(codes); i++)
		if (strcmp(codes[i].code, e.code) == 0) {
			m.kind = codes[i].kind;
			m.sys = codes[i].sys;
			help = codes[i].help;
		}
	const char *region = http_response_header(r, "x-amz-bucket-region");
	region = region ? region : e.region[0] ? e.region : NULL;
	bool elsewhere = region && strcmp(region, s->region) != 0;
	/* a long text would push what to do over the end of the line */
	if (elsewhere)
		e.message[0] = '\0';
	if (m.kind == ERR_DENIED && !help)
		help = r->status == 403 ? codes[0].help : NULL;
	err_set(err, m.kind, "bucket %s: %ld %s%s%s%s%s%s%s", s->bucket, r->status,
	        e.code[0] ? e.code : "", e.message[0] ? ": " : "", e.message, help ? "; " : "",
	        help ? help : "", elsewhere ? ", it is in region=" : "",
	        elsewhere ? region : "");
	if (m.kind == ERR_DENIED && s->key_help)
		err_wrap(err, "with the keys of %s", s->key_help);
	err->sys = m.sys;
	return -1;
}

/* One object, one request. */

struct call {
	struct s3 *s3;
	struct oid id;
	int fd;
	struct incoming in;
	bool executable;
	struct err err; /* of the receiver */
	backend_done_fn *done;
	void *arg;
};

static void call_free(struct call *c)
{
	if (c->fd >= 0)
		close(c->fd);
	incoming_drop(&c->in);
	free(c);
}

static struct call *call_new(struct s3 *s, const struct oid *id, backend_done_fn *done,
                             void *arg)
{
	struct call *c = xcalloc(1, sizeof(*c));

	c->s3 = s;
	c->id = *id;
	c->fd = c->in.fd = -1;
	c->done = done;
	c->arg = arg;
	return c;
}

static void call_answer(struct call *c, const struct err *err)
{
	c->done(c->arg, err);
	call_free(c);
}

static int call_start(struct call *c, struct http_request *req, const char *hash,
                      http_done_fn *done, struct err *err)
{
	char name[BACKEND_NAME_MAX];

	backend_name(&c->s3->base, &c->id, name);
	auto_free char *url = s3_url(c->s3, name, NULL);

	req->url = url;
	int rc = s3_send(c->s3, req, hash, done, c, err);
	http_request_release(req);
	if (rc < 0)
		call_free(c);
	return rc;
}

static void on_simple(void *arg, const struct http_response *r)
{
	struct call *c = arg;
	struct err err = ERR_INIT;

	call_answer(c, s3_meaning(c->s3, r, &err) < 0 ? &err : NULL);
}

static void on_put(void *arg, const struct http_response *r)
{
	struct call *c = arg;
	struct err err = ERR_INIT;
	int rc = s3_meaning(c->s3, r, &err);

	/* who is wrong, we or the way? A damaged blob is set aside by this. */
	if (rc < 0 && err.sys == EBADMSG)
		store_verify(c->s3->store, &c->id, &err);
	call_answer(c, rc < 0 ? &err : NULL);
}

static int s3_put(struct backend *b, const struct oid *id, backend_done_fn *done, void *arg,
                  struct err *err)
{
	struct s3 *s = (struct s3 *)b;
	struct http_request req = HTTP_REQUEST_INIT;
	struct outgoing o = OUTGOING_INIT;
	char hash[65];

	if (outgoing_open(b, s->store, id, &o, err) < 0)
		return -1;
	if (oid_size(&o.as) > s->multipart_from_bytes)
		return s3multi_put(s, &o, done, arg, err);
	struct call *c = call_new(s, id, done, arg);
	c->fd = req.body_fd = o.fd;
	req.method = "PUT";
	req.body_size_bytes = oid_size(&o.as);
	s3_hash_of(&o.as, hash);
	return call_start(c, &req, hash, on_put, err);
}

static int on_piece(void *arg, const void *data, size_t len)
{
	struct call *c = arg;

	return incoming_add(&c->in, data, len, &c->err);
}

static void on_got(void *arg, const struct http_response *r)
{
	struct call *c = arg;
	struct err err = ERR_INIT;
	int rc = s3_meaning(c->s3, r, &err);

	if (rc < 0 && c->err.kind != ERR_NONE)
		err = c->err;
	if (rc == 0)
		rc = incoming_finish(&c->in, c->executable, &err);
	call_answer(c, rc < 0 ? &err : NULL);
}

static int s3_get(struct backend *b, const struct oid *id, bool executable,
                  backend_done_fn *done, void *arg, struct err *err)
{
	struct s3 *s = (struct s3 *)b;
	struct http_request req = HTTP_REQUEST_INIT;
	struct call *c = call_new(s, id, done, arg);

	if (incoming_open(&c->in, s->store, id, backend_packs(b, id), err) < 0) {
		call_free(c);
		return -1;
	}
	c->executable = executable;
	req.sink = on_piece;
	req.sink_arg = c;
	return call_start(c, &req, EMPTY_HASH, on_got, err);
}

static void on_head(void *arg, const struct http_response *r)
{
	struct call *c = arg;
	struct err err = ERR_INIT;
	int rc = s3_meaning(c->s3, r, &err);
	const char *length = http_response_header(r, "content-length");

	if (rc == 0 &&
	    (!length || !backend_length_fits(&c->s3->base, &c->id, strtoull(length, NULL, 10))))
		rc = err_set(&err, ERR_NOTFOUND, "bucket %s holds %s with the wrong size",
		             c->s3->bucket, c->id.s);
	call_answer(c, rc < 0 ? &err : NULL);
}

static int s3_has(struct backend *b, const struct oid *id, backend_done_fn *done, void *arg,
                  struct err *err)
{
	struct http_request req = HTTP_REQUEST_INIT;

	req.method = "HEAD";
	return call_start(call_new((struct s3 *)b, id, done, arg), &req, EMPTY_HASH, on_head,
	                  err);
}

static int s3_remove(struct backend *b, const struct oid *id, backend_done_fn *done, void *arg,
                     struct err *err)
{
	struct http_request req = HTTP_REQUEST_INIT;

	req.method = "DELETE";
	return call_start(call_new((struct s3 *)b, id, done, arg), &req, EMPTY_HASH, on_simple,
	                  err);
}

/* Listing. */

struct listing {
	struct s3 *s3;
	struct buf next; /* token of the next page */
	struct backend_entry *entries;
	struct strv keys;
	size_t n, room;
	backend_list_fn *fn;
	void *arg;
};

static void listing_free(struct listing *l)
{
	buf_release(&l->next);
	strv_release(&l->keys);
	free(l->entries);
	free(l);
}

static int listing_ask(struct listing *l, struct err *err);

static void take_object(void *arg, const struct s3xml_object *o)
{
	struct listing *l = arg;
	size_t skip = strlen(l->s3->prefix);
	struct oid id;

	skip += skip > 0;
	if (strlen(o->key) <= skip || !backend_object(&l->s3->base, o->key + skip, &id))
		return;
	if (l->n == l->room) {
		l->room = l->room ? l->room * 2 : 1024;
		l->entries = xrealloc(l->entries, l->room * sizeof(*l->entries));
	}
	strv_add(&l->keys, id.s);
	l->entries[l->n++] = (struct backend_entry){ NULL, o->size_bytes, o->modified_s };
}

static void on_page(void *arg, const struct http_response *r)
{
	struct listing *l = arg;
	struct err err = ERR_INIT;
	int rc = s3_meaning(l->s3, r, &err);

	l->n = 0;
	strv_clear(&l->keys);
	if (rc == 0)
		rc = s3xml_list(buf_str(&r->body), r->body.len, take_object, l, &l->next, &err);
	if (rc < 0) {
		l->fn(l->arg, NULL, 0, false, &err);
		listing_free(l);
		return;
	}
	for (size_t i = 0; i < l->n; i++)
		l->entries[i].key = l->keys.v[i];
	bool more = l->next.len > 0;
	l->fn(l->arg, l->entries, l->n, more, NULL);
	if (more && listing_ask(l, &err) == 0)
		return;
	if (more)
		l->fn(l->arg, NULL, 0, false, &err);
	listing_free(l);
}

static int listing_ask(struct listing *l, struct err *err)
{
	struct http_request req = HTTP_REQUEST_INIT;
	auto_buf url = BUF_INIT;

	/* the bucket's own folder has a slash, or the Host alone is named */
	buf_addf(&url, "%s?", l->s3->url);
	if (l->next.len) {
		buf_adds(&url, "continuation-token=");
		uri_escape(&url, l->next.data, l->next.len, "");
		buf_addc(&url, '&');
	}
	buf_adds(&url, "delimiter=%2F&list-type=2&max-keys=1000&prefix=");
	uri_escape(&url, l->s3->prefix, strlen(l->s3->prefix), "");
	if (*l->s3->prefix)
		buf_adds(&url, "%2F");
	req.url = buf_str(&url);
	req.max_response = LIST_MAX;
	int rc = s3_send(l->s3, &req, EMPTY_HASH, on_page, l, err);
	http_request_release(&req);
	return rc;
}

static int s3_list(struct backend *b, backend_list_fn *fn, void *arg, struct err *err)
{
	struct listing *l = xcalloc(1, sizeof(*l));

	l->s3 = (struct s3 *)b;
	l->fn = fn;
	l->arg = arg;
	if (listing_ask(l, err) == 0)
		return 0;
	listing_free(l);
	return -1;
}

static unsigned s3_width(struct backend *b)
{
	return ((struct s3 *)b)->width;
}

static void s3_cancel_all(struct backend *b)
{
	http_cancel_all(((struct s3 *)b)->http);
}

static void s3_free(struct backend *b)
{
	struct s3 *s = (struct s3 *)b;

	http_free(s->http);
	cred_free(s->cred);
	free(s->access);
	if (s->secret)
		explicit_bzero(s->secret, strlen(s->secret));
	free(s->secret);
	free(s->bucket);
	free(s->url);
	free(s->prefix);
	free(s->region);
	free(s);
}

static const struct backend_ops s3_ops = {
	.name = "s3",
	.put = s3_put,
	.get = s3_get,
	.has = s3_has,
	.remove = s3_remove,
	.list = s3_list,
	.width = s3_width,
	.cancel_all = s3_cancel_all,
	.free = s3_free,
};

/* Opening. */

/* The first of these variables that is set and not empty, or NULL. */
static const char *env_first(const struct backend_options *o, const char *const *names)
{
	for (; *names; names++) {
		const char *value = proc_env(o->envp, *names);

		if (value && *value)
			return value;
	}
	return NULL;
}

static const char *endpoint_of(const struct uri *u, const struct backend_options *o,
                               const char *const *variables)
{
	const char *given = uri_option(u, "endpoint");

	return given && *given ? given : env_first(o, variables);
}

/* "https://host/bucket" or "https://bucket.host". */
static int set_url(struct s3 *s, const char *endpoint, const char *style, const char *aws_host,
                   struct err *err)
{
	auto_free char *own = aws_host ? xasprintf("https://%s", aws_host) : NULL;
	bool path_style = endpoint || !aws_host || strchr(s->bucket, '.');

	if (style && strcmp(style, "path") != 0 && strcmp(style, "host") != 0)
		return err_set(err, ERR_USAGE, "storage: style is path or host, not \"%s\"",
		               style);
	if (style)
		path_style = strcmp(style, "path") == 0;
	const char *base = endpoint ? endpoint : own;
	const char *host = strstr(base, "://");
	if (!host || (strncasecmp(base, "http://", 7) && strncasecmp(base, "https://", 8)))
		return err_set(err, ERR_USAGE,
		               "storage: the endpoint begins with http:// or https://, not "
		               "\"%s\"",
		               base);
	host += 3;
	size_t len = strlen(host);
	while (len && host[len - 1] == '/')
		len--;
	if (path_style)
		s->url = xasprintf("%.*s%.*s/%s", (int)(host - base), base, (int)len, host,
		                   s->bucket);
	else
		s->url = xasprintf("%.*s%s.%.*s", (int)(host - base), base, s->bucket, (int)len,
		                   host);
	return 0;
}

static bool is_bucket_name(const char *s)
{
	size_t len = strlen(s);

	return len >= 1 && len <= 255 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ==
	               len;
}

static bool is_region_name(const char *s)
{
	return *s && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	                       "-_") == strlen(s);
}

/* What both kinds of places have in common. */
static struct s3 *s3_new(const struct uri *u, const struct backend_options *o, struct err *err)
{
	static const char *const ca[] = { "AWS_CA_BUNDLE", "GG_CA_FILE", "CURL_CA_BUNDLE",
		                          NULL };
	unsigned width, part_mib, from_mib;
	struct http_options http = {
		.ca_file = env_first(o, ca),
		.client_cert = proc_env(o->envp, "GG_CLIENT_CERT"),
		.client_key = proc_env(o->envp, "GG_CLIENT_KEY"),
		.user_agent = o->user_agent,
	};

	if (!is_bucket_name(u->host)) {
		err_set(err, ERR_USAGE,
		        "storage: %s:// needs the name of a bucket, as in %s://NAME", u->scheme,
		        u->scheme);
		return NULL;
	}
	if (backend_number(u, "width", WIDTH, 1, 4096, &width, err) < 0 ||
	    backend_number(u, "part_mib", PART_SIZE >> 20, 5, 4096, &part_mib, err) < 0 ||
	    backend_number(u, "multipart_mib", MULTIPART_FROM >> 20, 5, 4096, &from_mib, err) <
	            0)
		return NULL;
	struct s3 *s = xcalloc(1, sizeof(*s));
	http.max_connections = width;
	if (http_new(o->loop, &http, &s->http, err) < 0) {
		free(s);
		return NULL;
	}
	s->base.ops = &s3_ops;
	s->store = o->store;
	s->bucket = xstrdup(u->host);
	s->prefix = backend_prefix(u->path);
	s->width = width;
	s->part_size_bytes = (uint64_t)part_mib << 20;
	s->multipart_from_bytes = (uint64_t)from_mib << 20;
	if (u->user && u->password) {
		s->access = xstrdup(u->user);
		s->secret = xstrdup(u->password);
		s->key_help = "the URI";
	}
	return s;
}

/* The place without the way to it: what a set of beliefs is named by. */
static void set_identity(struct s3 *s, const char *scheme)
{
	s->base.identity = xasprintf("%s %s/%s", scheme, s->url, s->prefix);
}

int s3_open(const struct uri *u, const struct backend_options *o, struct backend **out,
            struct err *err)
{
	static const char *const variables[] = { "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL",
		                                 NULL };
	struct s3 *s = s3_new(u, o, err);

	if (!s)
		return -1;
	s->cred = cred_new(o->envp);
	const char *region = uri_option(u, "region");
	region = region && *region ? region : cred_region(s->cred);
	s->region = xstrdup(region ? region : "us-east-1");
	auto_free char *host = xasprintf("s3.%s.amazonaws.com", s->region);
	if (!is_region_name(s->region)) {
		s3_free(&s->base);
		return err_set(err, ERR_USAGE, "storage: no region is called that");
	}
	if (set_url(s, endpoint_of(u, o, variables), uri_option(u, "style"), host, err) < 0) {
		s3_free(&s->base);
		return -1;
	}
	set_identity(s, "s3");
	*out = &s->base;
	return 0;
}

int gs_open(const struct uri *u, const struct backend_options *o, struct backend **out,
            struct err *err)
{
	static const char *const variables[] = { "GG_GS_ENDPOINT", NULL };
	const char *access = proc_env(o->envp, "GCLOUD_ACCESS_KEY");
	const char *secret = proc_env(o->envp, "GCLOUD_SECRET_KEY");
	const char *endpoint = endpoint_of(u, o, variables);
	struct s3 *s = s3_new(u, o, err);

	if (!s)
		return -1;
	if (!s->access && access && *access && secret && *secret) {
		s->access = xstrdup(access);
		s->secret = xstrdup(secret);
		s->key_help = "GCLOUD_ACCESS_KEY";
	}
	if (!s->access) {
		s3_free(&s->base);
		return err_set(
			err, ERR_USAGE,
			"storage: gs:// needs an HMAC key: make one (gcloud storage hmac "
			"create SERVICE-ACCOUNT) and set GCLOUD_ACCESS_KEY and "
			"GCLOUD_SECRET_KEY");
	}
	const char *region = uri_option(u, "region");
	s->region = xstrdup(region && is_region_name(region) ? region : "auto");
	endpoint = endpoint ? endpoint : "https://storage.googleapis.com";
	if (set_url(s, endpoint, uri_option(u, "style"), NULL, err) < 0) {
		s3_free(&s->base);
		return -1;
	}
	set_identity(s, "gs");
	*out = &s->base;
	return 0;
}

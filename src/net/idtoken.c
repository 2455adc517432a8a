#include "net/idtoken.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/proc.h"
#include "core/base64.h"
#include "net/ask.h"
#include "net/uri.h"

enum {
	TOKEN_MAX_BYTES = 16 << 10,
	EARLY_S = 120,  /* a token is not used for so long before its end */
	OPAQUE_S = 600, /* a token that does not say when it ends is read again after */
	METADATA_TIMEOUT_MS = 2000,
};

struct idtoken {
	char *given;
	char *file;
	char *host; /* of the metadata server; NULL: there is none */
	char *audience;
	char *token; /* the last one; NULL: none yet */
	const char *source;
	int64_t until_s;
};

struct idtoken *idtoken_new(char *const *envp, const char *audience)
{
	static const char product[] = "/sys/class/dmi/id/product_name";
	struct idtoken *t = xcalloc(1, sizeof(*t));
	const char *given = proc_env(envp, "GG_CLOUDRUN_TOKEN");
	const char *file = proc_env(envp, "GG_CLOUDRUN_TOKEN_FILE");
	const char *host = proc_env(envp, "GCE_METADATA_HOST");
	auto_buf name = BUF_LIMIT(4096);

	t->audience = xstrdup(audience);
	t->source = "none";
	t->given = given && *given ? xstrdup(given) : NULL;
	t->file = file && *file ? xstrdup(file) : NULL;
	if (host && *host)
		t->host = xstrdup(host);
	else if (file_read(product, &name, NULL) == 0 && strstr(buf_str(&name), "Google"))
		t->host = xstrdup("metadata.google.internal");
	return t;
}

void idtoken_free(struct idtoken *t)
{
	if (!t)
		return;
	free(t->given);
	free(t->file);
	free(t->host);
	free(t->audience);
	free(t->token);
	free(t);
}

int64_t idtoken_expiry_s(const char *token)
{
	const char *from = strchr(token, '.');
	const char *to = from ? strchr(from + 1, '.') : NULL;
	auto_buf text = BUF_LIMIT(TOKEN_MAX_BYTES);
	auto_buf json = BUF_LIMIT(TOKEN_MAX_BYTES);
	int64_t at = 0;

	if (!to)
		return 0;
	for (const char *p = from + 1; p < to; p++)
		buf_addc(&text, *p == '-' ? '+' : *p == '_' ? '/' : *p);
	while (text.len % 4)
		buf_addc(&text, '=');
	if (base64_decode(buf_str(&text), text.len, &json, NULL) < 0)
		return 0;
	json_t *j = json_loadb(buf_str(&json), json.len, 0, NULL);
	at = json_integer_value(json_object_get(j, "exp"));
	json_decref(j);
	return at > 0 ? at : 0;
}

static int64_t now_s(void)
{
	return clock_wall_ns() / 1000000000;
}

/* Take over a text as the token: one word. */
static int keep(struct idtoken *t, const struct buf *text, const char *source, struct err *err)
{
	const char *from = buf_str(text) + strspn(buf_str(text), " \t\r\n");
	size_t n = strcspn(from, " \t\r\n");
	int64_t ends;

	for (size_t i = 0; i < n; i++)
		if (!isgraph((unsigned char)from[i]))
			return err_set(err, ERR_USAGE, "%s holds no token", source);
	if (!n || from[n + strspn(from + n, " \t\r\n")])
		return err_set(err, ERR_USAGE, "%s holds no token", source);
	free(t->token);
	t->token = xstrndup(from, n);
	t->source = source;
	ends = idtoken_expiry_s(t->token);
	t->until_s = ends ? ends - EARLY_S : now_s() + OPAQUE_S;
	if (ends && ends <= now_s())
		return err_set(err, ERR_DENIED, "the token of %s has expired: get a new one",
		               source);
	return 0;
}

static int ask_metadata(struct idtoken *t, struct err *err)
{
	struct http_request req = HTTP_REQUEST_INIT;
	auto_answer a = { 0 };
	auto_buf url = BUF_INIT;
	int rc;

	buf_addf(&url,
	         "http://%s/computeMetadata/v1/instance/service-accounts/default/identity?"
	         "audience=",
	         t->host);
	uri_escape(&url, t->audience, strlen(t->audience), "");
	req.url = buf_str(&url);
	req.timeout_ms = req.connect_timeout_ms = METADATA_TIMEOUT_MS;
	strv_add(&req.headers, "Metadata-Flavor: Google");
	rc = http_ask(NULL, &req, &a, err);
	http_request_release(&req);
	if (rc == 0 && a.status != 200)
		rc = err_set(err, ERR_IO, "it answers %ld", a.status);
	if (rc < 0)
		return err_wrap(err, "metadata server %s", t->host);
	return keep(t, &a.body, "metadata server", err);
}

int idtoken_get(struct idtoken *t, char **out, struct err *err)
{
	auto_buf text = BUF_LIMIT(TOKEN_MAX_BYTES);

	*out = NULL;
	if (t->token && now_s() < t->until_s) {
		*out = xstrdup(t->token);
		return 0;
	}
	if (t->given) {
		buf_adds(&text, t->given);
		if (keep(t, &text, "GG_CLOUDRUN_TOKEN", err) < 0)
			return -1;
	} else if (t->file) {
		if (file_read(t->file, &text, err) < 0 ||
		    keep(t, &text, "GG_CLOUDRUN_TOKEN_FILE", err) < 0)
			return -1;
	} else if (t->host) {
		if (ask_metadata(t, err) < 0)
			return -1;
	} else {
		return 0;
	}
	*out = xstrdup(t->token);
	return 0;
}

bool idtoken_refused(struct idtoken *t)
{
	auto_free char *old = t->token;
	auto_free char *now = NULL;
	struct err err;

	t->token = NULL;
	if (!old || t->given)
		return false;
	return idtoken_get(t, &now, &err) == 0 && now && strcmp(now, old) != 0;
}

const char *idtoken_source(const struct idtoken *t)
{
	return t->source;
}

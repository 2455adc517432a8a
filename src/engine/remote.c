#include "engine/remote.h"

#include <string.h>

#include "net/address.h"
#include "net/uri.h"

struct remote {
	char *url;
	char *token; /* or NULL */
};

/* "HOST", "HOST:PORT", "http://HOST:PORT", "https://HOST:PORT", with or without a path. */
static int place_parse(const char *place, struct uri *u, struct err *err)
{
	auto_free char *text =
		strstr(place, "://") ? xstrdup(place) : xasprintf("http://%s", place);

	if (uri_parse(text, u, err) < 0)
		return err_wrap(err, "remote engine");
	if (strcmp(u->scheme, "http") != 0 && strcmp(u->scheme, "https") != 0)
		return err_set(err, ERR_USAGE,
		               "remote engine: \"%s://\" is neither http nor https", u->scheme);
	if (!*u->host)
		return err_set(err, ERR_USAGE,
		               "remote engine: name a host, as in remote=HOST:%d", REMOTE_PORT);
	if (u->user || u->password)
		return err_set(err, ERR_USAGE,
		               "remote engine: give the token by GG_REMOTE_TOKEN, not in the "
		               "address");
	return 0;
}

static char *place_url(const struct uri *u, const char *path)
{
	bool v6 = strchr(u->host, ':') != NULL;

	return xasprintf("%s://%s%s%s:%u%s", u->scheme, v6 ? "[" : "", u->host, v6 ? "]" : "",
	                 u->port ? u->port : REMOTE_PORT, path);
}

static int remote_request(void *arg, const struct outsource_job *job, struct http_request *req,
                          struct err *err)
{
	struct remote *r = arg;

	(void)job;
	(void)err;
	req->url = r->url;
	req->bearer = r->token;
	return 0;
}

/* Who is refused learns what to set. */
static void remote_judge(void *arg, const struct http_response *res,
                         struct outsource_verdict *v)
{
	const struct remote *r = arg;

	if (res->status != 401 && res->status != 403)
		return;
	snprintf(v->why, sizeof(v->why), "HTTP status %ld: %s", res->status,
	         r->token ? "the server refuses the token; is GG_REMOTE_TOKEN (or the file "
	                    "GG_REMOTE_TOKEN_FILE) the one that gg serve has?"
	                  : "the server wants a token: set GG_REMOTE_TOKEN or "
	                    "GG_REMOTE_TOKEN_FILE to the one that gg serve has");
}

static void remote_free(void *arg)
{
	struct remote *r = arg;

	free(r->url);
	free(r->token);
	free(r);
}

static const struct outsource_hooks hooks = {
	.name = "remote",
	.request = remote_request,
	.judge = remote_judge,
	.free = remote_free,
};

static int check_token(const struct uri *u, const struct remote_options *o, struct err *err)
{
	if (o->token && strpbrk(o->token, " \t\r\n"))
		return err_set(err, ERR_USAGE,
		               "remote engine: the token has a space or a line break in it");
	if (!o->token || strcmp(u->scheme, "https") == 0 || address_is_loopback(u->host))
		return 0;
	return err_set(err, ERR_USAGE,
	               "remote engine: a token is not sent in the clear: use "
	               "remote=https://%s:%u, or a tunnel to loopback",
	               u->host, u->port ? u->port : REMOTE_PORT);
}

int remote_new(uv_loop_t *loop, struct store *st, const struct remote_options *o,
               struct engine **out, struct err *err)
{
	auto_uri u = { 0 };
	struct http *http = NULL;
	struct http_options client = {
		.max_connections = o->jobs,
		.ca_file = o->ca_file,
		.client_cert = o->client_cert,
		.client_key = o->client_key,
		.user_agent = o->user_agent,
	};

	if (place_parse(o->place, &u, err) < 0 || check_token(&u, o, err) < 0)
		return -1;
	if (http_new(loop, &client, &http, err) < 0)
		return err_wrap(err, "remote engine");
	struct remote *r = xcalloc(1, sizeof(*r));
	r->url = place_url(&u, *u.path ? u.path : "/");
	r->token = o->token ? xstrdup(o->token) : NULL;
	auto_free char *probe = place_url(&u, "/healthz");
	*out = outsource_new(loop, st,
	                     &(struct outsource_options){
				     .jobs = o->jobs,
				     .storage = o->storage,
				     .transfer = o->transfer,
				     .probe_url = o->classic ? NULL : probe,
				     .inline_max = o->inline_max,
				     .timeout_ms = o->timeout_ms,
				     .hooks = &hooks,
				     .arg = r,
				     .http = http,
				     .own_http = true,
			     });
	return 0;
}

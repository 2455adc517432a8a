/*
 * The hooks of the Cloud Run engine: a POST with an identity token.
 * https://cloud.google.com/run/docs/authenticating/service-to-service
 */
#include "engine/cloudrun.h"

#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/proc.h"
#include "engine/ramp.h"
#include "net/address.h"
#include "net/idtoken.h"
#include "net/uri.h"

struct cloudrun {
	char *url;      /* without a '/' at its end */
	char *path_url; /* what is asked */
	struct idtoken *token;
	char *bearer; /* of the last request */
	struct ramp ramp;
	bool gcloud;
};

static int request(void *arg, const struct outsource_job *job, struct http_request *req,
                   struct err *err)
{
	struct cloudrun *c = arg;

	(void)job;
	free(c->bearer);
	c->bearer = NULL;
	if (idtoken_get(c->token, &c->bearer, err) < 0)
		return err_wrap(err, "identity token for %s", c->url);
	req->method = "POST";
	req->url = c->path_url;
	req->bearer = c->bearer;
	ramp_began(&c->ramp, clock_now_ns());
	return 0;
}

static void judge(void *arg, const struct http_response *r, struct outsource_verdict *v)
{
	struct cloudrun *c = arg;

	if (r->status == 401 || r->status == 403) {
		/* perhaps it has only grown old */
		if (idtoken_refused(c->token))
			v->what = OUTCOME_LOST;
		snprintf(v->why, sizeof(v->why),
		         "%s refuses the identity token (%ld; token: %s); give one by "
		         "GG_CLOUDRUN_TOKEN_FILE, and the account roles/run.invoker",
		         c->url, r->status, idtoken_source(c->token));
	}
	ramp_ended(&c->ramp, v->what == OUTCOME_THROTTLED, clock_now_ns());
}

static unsigned width(void *arg)
{
	return ramp_width(&((struct cloudrun *)arg)->ramp, clock_now_ns());
}

static void cloudrun_free(void *arg)
{
	struct cloudrun *c = arg;

	idtoken_free(c->token);
	free(c->url);
	free(c->path_url);
	free(c->bearer);
	free(c);
}

static const struct outsource_hooks cloudrun_hooks = {
	.name = "cloudrun",
	.request = request,
	.judge = judge,
	.width = width,
	.free = cloudrun_free,
};

static const struct outsource_hooks gcloud_hooks = {
	.name = "gcloud",
	.request = request,
	.judge = judge,
	.width = width,
	.free = cloudrun_free,
};

static int check_url(const char *url, struct err *err)
{
	auto_uri u = { 0 };

	if (!url || !*url)
		return err_set(err, ERR_USAGE,
		               "cloudrun: no address: say cloudrun=https://NAME.run.app");
	if (uri_parse(url, &u, err) < 0)
		return err_wrap(err, "cloudrun");
	if (strcmp(u.scheme, "https") == 0 && *u.host)
		return 0;
	if (strcmp(u.scheme, "http") == 0 && address_is_loopback(u.host))
		return 0;
	return err_set(err, ERR_USAGE,
	               "cloudrun: \"%s\" must begin with https:// (an identity token is not "
	               "sent in the clear)",
	               url);
}

int cloudrun_new(uv_loop_t *loop, struct store *st, const struct cloudrun_options *o,
                 struct engine **out, struct err *err)
{
	auto_free char *probe = NULL;
	struct cloudrun *c;
	struct outsource_options oo = {
		.jobs = o->jobs,
		.storage = o->storage,
		.transfer = o->transfer,
		.protocol = o->classic ? 0 : WIRE_PROTOCOL,
		.platform = "x86_64-linux",
		.request_max = CLOUDRUN_PAYLOAD_MAX,
		.response_max = CLOUDRUN_PAYLOAD_MAX,
		.inline_max = o->inline_max < CLOUDRUN_PAYLOAD_MAX / 8
		                      ? o->inline_max
		                      : CLOUDRUN_PAYLOAD_MAX / 8,
		.timeout_ms = o->timeout_ms ? o->timeout_ms : CLOUDRUN_TIMEOUT_MAX_S * 1000,
		.hooks = o->classic ? &gcloud_hooks : &cloudrun_hooks,
		.own_http = true,
	};
	struct http_options ho = { .max_connections = o->jobs + 8,
		                   .ca_file = proc_env(o->envp, "GG_CA_FILE"),
		                   .user_agent = o->user_agent };

	if (check_url(o->url, err) < 0 || http_new(loop, &ho, &oo.http, err) < 0)
		return -1;
	c = xcalloc(1, sizeof(*c));
	c->url = xstrdup(o->url);
	for (size_t n = strlen(c->url); n && c->url[n - 1] == '/'; n--)
		c->url[n - 1] = '\0';
	c->path_url = o->classic ? xstrdup(o->url) : xasprintf("%s/", c->url);
	c->token = idtoken_new(o->envp, c->url);
	ramp_init(&c->ramp, o->jobs);
	oo.arg = c;
	*out = outsource_new(loop, st, &oo);
	return 0;
}

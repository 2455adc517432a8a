/*
 * The hooks of the Lambda engine: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
#include "engine/lambda.h"

#include <string.h>

#include "base/clock.h"
#include "base/proc.h"
#include "core/base64.h"
#include "core/digest.h"
#include "engine/lambda_judge.h"
#include "engine/lambda_price.h"
#include "engine/ramp.h"
#include "net/cred.h"

enum {
	/* /tmp of a function has 512 MB unless it is configured; the outputs need some */
	INPUT_MAX_BYTES = 400 << 20,
	NAME_MAX_CHARS = 64,
};

struct lambda {
	struct cred *cred;
	char *region;
	char *function;
	char *endpoint;
	bool specialised;
	unsigned memory_mb; /* as last reported */
	struct ramp ramp;
	char *url; /* of the last request */
	struct http_sign sign;
};

/* --- requests */

char *lambda_specialised(const struct thunk *t)
{
	auto_strv names = STRV_INIT;
	auto_buf all = BUF_INIT;
	struct oid id;

	for (size_t i = 0; i < t->execs.n; i++)
		strv_add(&names, t->execs.v[i].id.s);
	strv_sort(&names);
	for (size_t i = 0; i < names.n; i++)
		buf_adds(&all, names.v[i]);
	digest_bytes(buf_str(&all), all.len, &id);
	/* base64url as it is, where object names have '.' */
	for (char *p = id.s; *p; p++)
		*p = *p == '.' ? '-' : *p;
	return xasprintf("gg-%.43s", id.s + 1);
}

static void set_url(struct lambda *l, const struct thunk *t)
{
	auto_free char *special = l->specialised ? lambda_specialised(t) : NULL;

	if (l->url && !special)
		return;
	free(l->url);
	l->url = xasprintf("%s/2015-03-31/functions/%s/invocations", l->endpoint,
	                   special ? special : l->function);
}

static int request(void *arg, const struct outsource_job *job, struct http_request *req,
                   struct err *err)
{
	struct lambda *l = arg;
	struct cred_keys keys;

	if (cred_get(l->cred, &keys, err) < 0)
		return err_wrap(err, "Lambda");
	set_url(l, job->thunk);
	l->sign = (struct http_sign){ .region = l->region,
		                      .service = "lambda",
		                      .access_key = keys.access_key,
		                      .secret_key = keys.secret_key,
		                      .session_token = keys.session_token };
	req->method = "POST";
	req->url = l->url;
	req->sign = &l->sign;
	strv_add(&req->headers, "X-Amz-Invocation-Type: RequestResponse");
	/* the log's last lines say what is billed */
	strv_add(&req->headers, "X-Amz-Log-Type: Tail");
	ramp_began(&l->ramp, clock_now_ns());
	return 0;
}

/* --- answers */

static void judge(void *arg, const struct http_response *r, struct outsource_verdict *v)
{
	struct lambda *l = arg;

	lambda_judge(l->region, r, v);
	ramp_ended(&l->ramp, v->what == OUTCOME_THROTTLED, clock_now_ns());
}

static double price(void *arg, const struct http_response *r,
                    const struct wire_response *answer)
{
	struct lambda *l = arg;
	const char *log = http_response_header(r, "x-amz-log-result");
	auto_buf text = BUF_LIMIT(64 << 10);
	struct lambda_bill bill = { .memory_mb = l->memory_mb,
		                    .billed_ms = (uint64_t)(r->wall_ns / 1000000) + 1 };

	(void)answer;
	if (r->status / 100 != 2)
		return 0; /* refused: not billed */
	if (log && base64_decode(log, strlen(log), &text, NULL) == 0)
		lambda_bill_read(buf_str(&text), &bill);
	l->memory_mb = bill.memory_mb;
	return lambda_price_usd(&bill);
}

static unsigned width(void *arg)
{
	return ramp_width(&((struct lambda *)arg)->ramp, clock_now_ns());
}

static bool can_run(void *arg, const struct thunk *t, uint64_t input_bytes)
{
	(void)arg;
	return input_bytes <= INPUT_MAX_BYTES && t->timeout_ms <= LAMBDA_TIMEOUT_MAX_S * 1000;
}

static void lambda_free(void *arg)
{
	struct lambda *l = arg;

	cred_free(l->cred);
	free(l->region);
	free(l->function);
	free(l->endpoint);
	free(l->url);
	free(l);
}

static const struct outsource_hooks hooks = {
	.name = "lambda",
	.request = request,
	.judge = judge,
	.price = price,
	.width = width,
	.can_run = can_run,
	.free = lambda_free,
};

/* --- making one */

char *lambda_endpoint(char *const *envp, const char *region)
{
	const char *given = proc_env(envp, "AWS_ENDPOINT_URL_LAMBDA");
	/* China's regions have a domain of their own */
	const char *domain =
		strncmp(region, "cn-", 3) == 0 ? "amazonaws.com.cn" : "amazonaws.com";
	char *url;

	if (!given || !*given)
		given = proc_env(envp, "AWS_ENDPOINT_URL");
	url = given && *given ? xstrdup(given)
	                      : xasprintf("https://lambda.%s.%s", region, domain);
	for (size_t n = strlen(url); n && url[n - 1] == '/'; n--)
		url[n - 1] = '\0';
	return url;
}

static bool is_name(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= NAME_MAX_CHARS &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
	               n;
}

/* "REGION/NAME", "REGION", "/NAME", or nothing. */
static int parse_place(struct lambda *l, const struct lambda_options *o, struct err *err)
{
	const char *place = o->place ? o->place : "";
	size_t n = strcspn(place, "/");
	const char *name = place[n] ? place + n + 1 : proc_env(o->envp, "GG_LAMBDA_FUNCTION");
	const char *region = cred_region(l->cred);

	l->function = xstrdup(name && *name ? name : LAMBDA_FUNCTION);
	l->region = n ? xstrndup(place, n) : region ? xstrdup(region) : NULL;
	if (!l->region)
		return err_set(err, ERR_USAGE,
		               "lambda: no region: say lambda=REGION, or set AWS_REGION");
	if (strchr(l->region, '.') || !is_name(l->region))
		return err_set(err, ERR_USAGE, "lambda: \"%s\" is no region's name", l->region);
	if (!is_name(l->function))
		return err_set(err, ERR_USAGE,
		               "lambda: \"%s\" is no function's name (letters, digits, - and "
		               "_, at most %d)",
		               l->function, NAME_MAX_CHARS);
	return 0;
}

static int check_storage(const struct lambda_options *o, struct err *err)
{
	if (!o->storage || !*o->storage)
		return err_set(err, ERR_USAGE,
		               "lambda needs a store that the function can reach: set "
		               "GG_STORAGE_URI, for example to s3://BUCKET?region=REGION");
	return 0;
}

int lambda_new(uv_loop_t *loop, struct store *st, const struct lambda_options *o,
               struct engine **out, struct err *err)
{
	struct lambda *l;
	struct outsource_options oo = {
		.jobs = o->jobs,
		.storage = o->storage,
		.transfer = o->transfer,
		.protocol = o->classic ? 0 : WIRE_PROTOCOL,
		.platform = "x86_64-linux",
		.request_max = LAMBDA_PAYLOAD_MAX,
		.response_max = LAMBDA_PAYLOAD_MAX,
		/* several outputs may come along, in base64 */
		.inline_max = o->inline_max < LAMBDA_PAYLOAD_MAX / 8 ? o->inline_max
		                                                     : LAMBDA_PAYLOAD_MAX / 8,
		.timeout_ms = o->timeout_ms ? o->timeout_ms : LAMBDA_TIMEOUT_MAX_S * 1000,
		.hooks = &hooks,
		.own_http = true,
	};
	struct http_options ho = { .max_connections = o->jobs + 8,
		                   .ca_file = proc_env(o->envp, "AWS_CA_BUNDLE"),
		                   .user_agent = o->user_agent };

	if (check_storage(o, err) < 0)
		return -1;
	l = xcalloc(1, sizeof(*l));
	l->cred = cred_new(o->envp);
	l->memory_mb = LAMBDA_MEMORY_MB;
	l->specialised = proc_env(o->envp, "GG_SPECIALIZED_FUNCTION");
	ramp_init(&l->ramp, o->jobs);
	if (parse_place(l, o, err) < 0 || http_new(loop, &ho, &oo.http, err) < 0) {
		lambda_free(l);
		return -1;
	}
	l->endpoint = lambda_endpoint(o->envp, l->region);
	oo.arg = l;
	*out = outsource_new(loop, st, &oo);
	return 0;
}

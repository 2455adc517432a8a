#include "engine/lambda_admin.h"

#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/proc.h"
#include "core/base64.h"
#include "engine/lambda.h"
#include "net/ask.h"
#include "net/cred.h"
#include "net/uri.h"

#define FUNCTIONS "/2015-03-31/functions"

enum {
	PATIENCE_S = 120,
	POLL_MS = 500,
	CALL_TIMEOUT_MS = 300000,
	THROTTLE_TRIES = 6,
};

struct lambda_admin {
	char *region;
	char *endpoint;
	char *s3; /* endpoint; NULL: AWS's */
	char *ca_file;
	char *user_agent;
	struct cred *cred;
	unsigned patience_s, poll_ms;
};

/* What to do about an error of AWS; sorted by code. */
static const struct remedy {
	const char *code;
	enum err_kind kind;
	const char *text;
} remedies[] = {
	{ "AccessDeniedException", ERR_DENIED,
	  "these credentials lack a permission: gg deploy lambda --dry-run prints all that are "
	  "needed" },
	{ "CodeStorageExceededException", ERR_NOSPC, "delete functions that are not used" },
	{ "ExpiredTokenException", ERR_DENIED, "get new credentials" },
	{ "InvalidParameterValueException", ERR_USAGE,
	  "if it is about the role: it must trust lambda.amazonaws.com, and a new one takes "
	  "some "
	  "seconds" },
	{ "InvalidSignatureException", ERR_DENIED,
	  "check AWS_SECRET_ACCESS_KEY, the region and this machine's clock" },
	{ "MissingAuthenticationTokenException", ERR_DENIED, "check the credentials" },
	{ "RequestEntityTooLargeException", ERR_USAGE, "give a bucket: --bucket NAME" },
	{ "ResourceConflictException", ERR_RETRY, "another change is under way: try again" },
	{ "ResourceNotFoundException", ERR_NOTFOUND, "" },
	{ "ServiceException", ERR_RETRY, "try again" },
	{ "TooManyRequestsException", ERR_RETRY, "try again" },
	{ "UnrecognizedClientException", ERR_DENIED,
	  "check AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN" },
};

int lambda_admin_new(const struct lambda_admin_options *o, struct lambda_admin **out,
                     struct err *err)
{
	struct lambda_admin *a = xcalloc(1, sizeof(*a));
	const char *ca = proc_env(o->envp, "AWS_CA_BUNDLE");
	const char *s3 = proc_env(o->envp, "AWS_ENDPOINT_URL_S3");
	const char *region;

	if (!s3 || !*s3)
		s3 = proc_env(o->envp, "AWS_ENDPOINT_URL");
	a->cred = cred_new(o->envp);
	region = o->region ? o->region : cred_region(a->cred);
	if (!region || !*region) {
		cred_free(a->cred);
		free(a);
		return err_set(err, ERR_USAGE, "no region: give --region, or set AWS_REGION");
	}
	a->region = xstrdup(region);
	a->endpoint = lambda_endpoint(o->envp, region);
	a->s3 = s3 && *s3 ? xstrdup(s3) : NULL;
	a->ca_file = ca ? xstrdup(ca) : NULL;
	a->user_agent = o->user_agent ? xstrdup(o->user_agent) : NULL;
	a->patience_s = o->patience_s ? o->patience_s : PATIENCE_S;
	a->poll_ms = o->poll_ms ? o->poll_ms : POLL_MS;
	*out = a;
	return 0;
}

void lambda_admin_free(struct lambda_admin *a)
{
	if (!a)
		return;
	cred_free(a->cred);
	free(a->region);
	free(a->endpoint);
	free(a->s3);
	free(a->ca_file);
	free(a->user_agent);
	free(a);
}

const char *lambda_admin_endpoint(const struct lambda_admin *a)
{
	return a->endpoint;
}

const char *lambda_admin_region(const struct lambda_admin *a)
{
	return a->region;
}

/* --- one call */

static int explain(const struct http_answer *a, const char *what, json_t *j, struct err *err)
{
	const char *type = http_answer_header(a, "x-amzn-errortype");
	const char *message = json_string_value(json_object_get(j, "Message"));
	auto_free char *code = type ? xstrndup(type, strcspn(type, ":")) : NULL;
	const char *remedy = "";
	enum err_kind kind = a->status >= 500 ? ERR_RETRY : ERR_IO;

	if (!message)
		message = json_string_value(json_object_get(j, "message"));
	for (size_t i = 0; code && i < countof(remedies); i++)
		if (strcmp(remedies[i].code, code) == 0) {
			kind = remedies[i].kind;
			remedy = remedies[i].text;
		}
	return err_set(err, kind, "%s: AWS says %ld %s: %s%s%s", what, a->status,
	               code ? code : "", message ? message : "(no message)",
	               *remedy ? "; " : "", remedy);
}

static int send_once(struct lambda_admin *a, struct http_request *req, const char *service,
                     const char *payload_hash, struct http_answer *out, struct err *err)
{
	struct http_options o = { .ca_file = a->ca_file, .user_agent = a->user_agent };
	struct cred_keys keys;
	struct http_sign sign;

	if (cred_get(a->cred, &keys, err) < 0)
		return -1;
	sign = (struct http_sign){ .region = a->region,
		                   .service = service,
		                   .access_key = keys.access_key,
		                   .secret_key = keys.secret_key,
		                   .session_token = keys.session_token,
		                   .payload_hash = payload_hash };
	req->sign = &sign;
	req->timeout_ms = CALL_TIMEOUT_MS;
	return http_ask(&o, req, out, err);
}

static void pause_ms(unsigned ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

/* A call of the Lambda API; takes @body. @out: what came back, or NULL. */
static int call(struct lambda_admin *a, const char *method, const char *path, json_t *body,
                const char *what, json_t **out, struct err *err)
{
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	auto_free char *url = xasprintf("%s%s%s", a->endpoint, FUNCTIONS, path);
	struct http_answer answer = { 0 };
	struct http_request req = HTTP_REQUEST_INIT;
	int rc = -1;

	json_decref(body);
	req.method = method;
	req.url = url;
	req.body = text;
	req.body_len = text ? strlen(text) : 0;
	if (text)
		strv_add(&req.headers, "Content-Type: application/json");
	for (unsigned tries = 1;; tries++) {
		rc = send_once(a, &req, "lambda", NULL, &answer, err);
		if (rc < 0 || (answer.status != 429 && answer.status < 500) ||
		    tries == THROTTLE_TRIES)
			break;
		http_answer_release(&answer);
		pause_ms(a->poll_ms << (tries - 1));
	}
	http_request_release(&req);
	free(text);
	if (rc < 0)
		return err_wrap(err, "%s", what);
	json_t *j = json_loadb(buf_str(&answer.body), answer.body.len, 0, NULL);
	if (answer.status / 100 != 2)
		rc = explain(&answer, what, j, err);
	http_answer_release(&answer);
	if (out && rc == 0)
		*out = j;
	else
		json_decref(j);
	return rc;
}

/* --- functions */

static void take(json_t *j, const char *name, char *to, size_t size)
{
	const char *s = json_string_value(json_object_get(j, name));

	snprintf(to, size, "%s", s ? s : "");
}

int lambda_admin_get(struct lambda_admin *a, const char *name, struct lambda_state *out,
                     struct err *err)
{
	auto_free char *path = xasprintf("/%s/configuration", name);
	auto_free char *what = xasprintf("look at function %s", name);
	json_t *j = NULL;

	*out = (struct lambda_state){ 0 };
	if (call(a, "GET", path, NULL, what, &j, err) < 0)
		return -1;
	take(j, "FunctionArn", out->arn, sizeof(out->arn));
	take(j, "CodeSha256", out->sha256, sizeof(out->sha256));
	take(j, "State", out->state, sizeof(out->state));
	take(j, "LastUpdateStatus", out->update, sizeof(out->update));
	take(j, "StateReason", out->reason, sizeof(out->reason));
	if (!*out->reason)
		take(j, "LastUpdateStatusReason", out->reason, sizeof(out->reason));
	out->memory_mb = (unsigned)json_integer_value(json_object_get(j, "MemorySize"));
	out->timeout_s = (unsigned)json_integer_value(json_object_get(j, "Timeout"));
	json_decref(j);
	return 0;
}

static json_t *configuration(const struct lambda_config *c)
{
	json_t *env = json_object();

	for (size_t i = 0; c->env && i < c->env->n; i++) {
		const char *eq = strchr(c->env->v[i], '=');
		auto_free char *key = xstrndup(c->env->v[i], (size_t)(eq - c->env->v[i]));
		json_object_set_new(env, key, json_string(eq + 1));
	}
	json_t *j =
		json_pack("{s:s, s:s, s:i, s:i, s:{s:i}, s:{s:o}}", "Runtime",
	                  "provided.al2023", "Handler", "bootstrap", "MemorySize",
	                  (int)c->memory_mb, "Timeout", (int)c->timeout_s, "EphemeralStorage",
	                  "Size", (int)c->tmp_mb, "Environment", "Variables", env);
	if (c->role)
		json_object_set_new(j, "Role", json_string(c->role));
	return j;
}

/* The Code object, or for UpdateFunctionCode its members. NULL with @err. */
static json_t *code_object(const struct lambda_code *code, struct err *err)
{
	auto_buf zip = BUF_INIT;
	auto_buf text = BUF_INIT;

	if (!code->zip)
		return json_pack("{s:s, s:s}", "S3Bucket", code->bucket, "S3Key", code->key);
	if (file_read(code->zip, &zip, err) < 0)
		return NULL;
	if (base64_encode(zip.data, zip.len, &text) < 0) {
		err_set(err, ERR_IO, "%s is too large", code->zip);
		return NULL;
	}
	return json_pack("{s:s#}", "ZipFile", buf_str(&text), (int)text.len);
}

int lambda_admin_create(struct lambda_admin *a, const char *name, const struct lambda_config *c,
                        const struct lambda_code *code, struct err *err)
{
	auto_free char *what = xasprintf("create function %s", name);
	json_t *code_j = code_object(code, err);
	json_t *j;

	if (!code_j)
		return -1;
	j = configuration(c);
	json_object_set_new(j, "FunctionName", json_string(name));
	json_object_set_new(j, "PackageType", json_string("Zip"));
	json_object_set_new(j, "Architectures", json_pack("[s]", "x86_64"));
	json_object_set_new(j, "Description", json_string("runs thunks of gg"));
	json_object_set_new(j, "Code", code_j);
	return call(a, "POST", "", j, what, NULL, err);
}

int lambda_admin_configure(struct lambda_admin *a, const char *name,
                           const struct lambda_config *c, struct err *err)
{
	auto_free char *path = xasprintf("/%s/configuration", name);
	auto_free char *what = xasprintf("configure function %s", name);

	return call(a, "PUT", path, configuration(c), what, NULL, err);
}

int lambda_admin_upload(struct lambda_admin *a, const char *name,
                        const struct lambda_code *code, struct err *err)
{
	auto_free char *path = xasprintf("/%s/code", name);
	auto_free char *what = xasprintf("upload code of function %s", name);
	json_t *j = code_object(code, err);

	if (!j)
		return -1;
	json_object_set_new(j, "Architectures", json_pack("[s]", "x86_64"));
	return call(a, "PUT", path, j, what, NULL, err);
}

int lambda_admin_wait(struct lambda_admin *a, const char *name, struct lambda_state *out,
                      struct err *err)
{
	int64_t until = clock_now_ns() + (int64_t)a->patience_s * 1000000000;

	for (;;) {
		if (lambda_admin_get(a, name, out, err) < 0)
			return -1;
		if (strcmp(out->state, "Failed") == 0 || strcmp(out->update, "Failed") == 0)
			return err_set(err, ERR_IO, "function %s: AWS says it failed: %s", name,
			               out->reason);
		if ((strcmp(out->state, "Active") == 0 ||
		     strcmp(out->state, "Inactive") == 0) &&
		    strcmp(out->update, "InProgress") != 0)
			return 0;
		if (clock_now_ns() > until)
			return err_set(err, ERR_RETRY,
			               "function %s is still %s after %u s: try again later",
			               name, out->state, a->patience_s);
		pause_ms(a->poll_ms);
	}
}

int lambda_admin_delete(struct lambda_admin *a, const char *name, struct err *err)
{
	auto_free char *path = xasprintf("/%s", name);
	auto_free char *what = xasprintf("delete function %s", name);

	return call(a, "DELETE", path, NULL, what, NULL, err);
}

int lambda_admin_invoke(struct lambda_admin *a, const char *name, const void *payload,
                        size_t len, struct http_answer *out, struct err *err)
{
	auto_free char *url = xasprintf("%s" FUNCTIONS "/%s/invocations", a->endpoint, name);
	struct http_request req = HTTP_REQUEST_INIT;
	int rc;

	req.method = "POST";
	req.url = url;
	req.body = payload;
	req.body_len = len;
	req.stall_timeout_ms = CALL_TIMEOUT_MS;
	req.max_response = LAMBDA_PAYLOAD_MAX;
	strv_add(&req.headers, "Content-Type: application/json");
	rc = send_once(a, &req, "lambda", NULL, out, err);
	http_request_release(&req);
	return rc < 0 ? err_wrap(err, "invoke function %s", name) : 0;
}

char *lambda_admin_object_url(const struct lambda_admin *a, const char *bucket, const char *key)
{
	auto_buf url = BUF_INIT;

	if (a->s3)
		buf_addf(&url, "%s/%s/", a->s3, bucket);
	else
		buf_addf(&url, "https://%s.s3.%s.amazonaws.com/", bucket, a->region);
	uri_escape(&url, key, strlen(key), "/");
	return buf_steal(&url);
}

int lambda_admin_put_object(struct lambda_admin *a, const char *bucket, const char *key,
                            const char *path, struct err *err)
{
	auto_free char *url = lambda_admin_object_url(a, bucket, key);
	struct http_request req = HTTP_REQUEST_INIT;
	auto_answer answer = { 0 };
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat sb;
	int rc;

	if (fd < 0 || fstat(fd, &sb) < 0)
		return err_sys(err, "%s", path);
	req.method = "PUT";
	req.url = url;
	req.body_fd = fd;
	req.body_size_bytes = (uint64_t)sb.st_size;
	rc = send_once(a, &req, "s3", HTTP_UNSIGNED_PAYLOAD, &answer, err);
	http_request_release(&req);
	if (rc < 0)
		return err_wrap(err, "put the package into bucket %s", bucket);
	if (answer.status / 100 == 2)
		return 0;
	return err_set(
		err, answer.status == 403 ? ERR_DENIED : ERR_IO,
		"put the package into bucket %s: S3 says %ld: %.300s; the bucket must be "
		"in the function's region, and s3:PutObject allowed",
		bucket, answer.status, buf_str(&answer.body));
}

/*
 * The chain, as the SDKs walk it; the first that has keys is kept, and asked again when its
 * keys are about to end:
 *
 *   environment ─▶ profile (keys, credential_process) ─▶ container ─▶ instance
 */
#include "net/cred.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "net/ask.h"
#include "net/profile.h"
#include "net/uri.h"

enum {
	METADATA_MS = 2000,
	FILE_MAX = 1 << 20,
	EARLY_S = 300, /* temporary keys are renewed so long before they end */
};

struct cred {
	struct strv env; /* what we look at of the environment */
	char *access_key, *secret_key, *session_token;
	int64_t ends_s; /* time() when temporary keys end; 0: never */
	char *source;
	char *region;
	bool region_known;
};

static const char *const variables[] = {
	"AWS_ACCESS_KEY_ID",
	"AWS_SECRET_ACCESS_KEY",
	"AWS_SESSION_TOKEN",
	"AWS_PROFILE",
	"AWS_DEFAULT_PROFILE",
	"AWS_CONFIG_FILE",
	"AWS_SHARED_CREDENTIALS_FILE",
	"AWS_REGION",
	"AWS_DEFAULT_REGION",
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI",
	"AWS_CONTAINER_AUTHORIZATION_TOKEN",
	"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
	"AWS_EC2_METADATA_DISABLED",
	"AWS_EC2_METADATA_SERVICE_ENDPOINT",
	"HOME",
};

struct cred *cred_new(char *const *envp)
{
	struct cred *c = xcalloc(1, sizeof(*c));

	for (size_t i = 0; i < countof(variables); i++) {
		const char *value = proc_env(envp, variables[i]);

		if (value && *value)
			strv_addf(&c->env, "%s=%s", variables[i], value);
	}
	return c;
}

static void forget(struct cred *c)
{
	free(c->access_key);
	if (c->secret_key)
		explicit_bzero(c->secret_key, strlen(c->secret_key));
	free(c->secret_key);
	free(c->session_token);
	free(c->source);
	c->access_key = c->secret_key = c->session_token = c->source = NULL;
	c->ends_s = 0;
}

void cred_free(struct cred *c)
{
	if (!c)
		return;
	forget(c);
	strv_release(&c->env);
	free(c->region);
	free(c);
}

static const char *env_of(struct cred *c, const char *name)
{
	return proc_env(strv_argv(&c->env), name);
}

const char *cred_source(const struct cred *c)
{
	return c->source ? c->source : "nowhere";
}

/* Take keys over; all are copied. */
static int keep(struct cred *c, const char *key, const char *secret, const char *token,
                int64_t ends_s, const char *source)
{
	char *name = xstrdup(source);

	forget(c);
	c->access_key = xstrdup(key);
	c->secret_key = xstrdup(secret);
	c->session_token = token && *token ? xstrdup(token) : NULL;
	c->ends_s = ends_s;
	c->source = name;
	return 1;
}

/* Each step of the chain: 1 it had keys, 0 it does not apply, -1 it applies and failed. */

static int from_environment(struct cred *c, struct err *err)
{
	const char *key = env_of(c, "AWS_ACCESS_KEY_ID");
	const char *secret = env_of(c, "AWS_SECRET_ACCESS_KEY");

	if (!key && !secret)
		return 0;
	if (!key || !secret)
		return err_set(err, ERR_NOTFOUND, "%s is set, but not %s",
		               key ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
		               key ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
	return keep(c, key, secret, env_of(c, "AWS_SESSION_TOKEN"), 0, "environment");
}

/* The profile's name; @named: somebody asked for it. */
static const char *profile_name(struct cred *c, bool *named)
{
	const char *name = env_of(c, "AWS_PROFILE");

	name = name ? name : env_of(c, "AWS_DEFAULT_PROFILE");
	*named = name != NULL;
	return name ? name : "default";
}

/* A shared file's text; empty when there is none. */
static void read_shared(struct cred *c, const char *variable, const char *usual,
                        struct buf *out)
{
	const char *path = env_of(c, variable);
	const char *home = env_of(c, "HOME");
	auto_free char *at_home = path || !home ? NULL : path_join(home, usual);

	out->max = FILE_MAX;
	if (path || at_home)
		file_read(path ? path : at_home, out, NULL);
}

struct shared {
	struct buf credentials, config;
	const char *profile;
	bool named;
};

static void shared_read(struct cred *c, struct shared *s)
{
	*s = (struct shared){ .credentials = BUF_INIT, .config = BUF_INIT };
	s->profile = profile_name(c, &s->named);
	read_shared(c, "AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials", &s->credentials);
	read_shared(c, "AWS_CONFIG_FILE", ".aws/config", &s->config);
}

static void shared_release(struct shared *s)
{
	buf_release(&s->credentials);
	buf_release(&s->config);
}

static char *shared_value(const struct shared *s, const char *name)
{
	char *v = profile_value(buf_str(&s->credentials), s->credentials.len, s->profile, name);

	return v ? v : profile_value(buf_str(&s->config), s->config.len, s->profile, name);
}

/* "2026-01-02T03:04:05Z" to time(); 0 when it is none. */
static int64_t parse_time(const char *text)
{
	struct tm tm = { 0 };

	if (!text || !strptime(text, "%Y-%m-%dT%H:%M:%S", &tm))
		return 0;
	return timegm(&tm);
}

/* The JSON that metadata services and credential processes answer. */
static int from_json(struct cred *c, const char *text, size_t len, const char *source,
                     struct err *err)
{
	json_t *root = json_loadb(text, len, 0, NULL);
	const char *key = json_string_value(json_object_get(root, "AccessKeyId"));
	const char *secret = json_string_value(json_object_get(root, "SecretAccessKey"));
	const char *token = json_string_value(json_object_get(root, "SessionToken"));
	const char *ends = json_string_value(json_object_get(root, "Expiration"));
	int rc;

	if (!token)
		token = json_string_value(json_object_get(root, "Token"));
	rc = key && secret ? keep(c, key, secret, token, parse_time(ends), source)
	                   : err_set(err, ERR_NOTFOUND, "%s gives no keys", source);
	json_decref(root);
	return rc;
}

static int from_process(struct cred *c, const char *command, const char *source,
                        struct err *err)
{
	char *const argv[] = { "/bin/sh", "-c", (char *)command, NULL };
	auto_buf out = BUF_LIMIT(FILE_MAX);
	int status = proc_capture(argv, NULL, NULL, &out, NULL, err);

	if (status < 0)
		return -1;
	if (status != 0)
		return err_set(err, ERR_NOTFOUND, "%s: its credential_process failed (%d): %s",
		               source, status, command);
	return from_json(c, buf_str(&out), out.len, source, err);
}

static int from_shared(struct cred *c, const struct shared *s, struct err *err)
{
	auto_free char *source = xasprintf("profile %s", s->profile);
	auto_free char *key = shared_value(s, "aws_access_key_id");
	auto_free char *secret = shared_value(s, "aws_secret_access_key");
	auto_free char *token = shared_value(s, "aws_session_token");
	auto_free char *command = shared_value(s, "credential_process");
	static const char *const others[] = { "role_arn", "sso_session", "sso_start_url",
		                              "web_identity_token_file" };

	if (key && secret)
		return keep(c, key, secret, token, 0, source);
	if (command)
		return from_process(c, command, source, err);
	for (size_t i = 0; i < countof(others); i++) {
		auto_free char *other = shared_value(s, others[i]);

		if (other)
			return err_set(err, ERR_NOTFOUND,
			               "%s has %s, which gg can't use itself: give it keys, by "
			               "eval \"$(aws configure export-credentials --profile %s "
			               "--format env)\"",
			               source, others[i], s->profile);
	}
	if (!s->named)
		return 0;
	bool there = profile_exists(buf_str(&s->credentials), s->credentials.len, s->profile) ||
	             profile_exists(buf_str(&s->config), s->config.len, s->profile);
	return err_set(err, ERR_NOTFOUND,
	               there ? "%s has no keys in ~/.aws/credentials"
	                     : "there is no %s in ~/.aws/credentials or ~/.aws/config",
	               source);
}

static int from_profile(struct cred *c, struct err *err)
{
	struct shared s;

	shared_read(c, &s);
	int rc = from_shared(c, &s, err);
	shared_release(&s);
	return rc;
}

/* One request, waited for. 0 when it was answered 200. */
static int ask(const char *method, const char *url, const char *header, struct buf *out,
               struct err *err)
{
	struct http_request r = HTTP_REQUEST_INIT;
	auto_answer a = { 0 };
	struct err why = ERR_INIT;

	r.method = method;
	r.url = url;
	r.timeout_ms = r.connect_timeout_ms = METADATA_MS;
	if (header)
		strv_add(&r.headers, header);
	int rc = http_ask(NULL, &r, &a, &why);
	http_request_release(&r);
	if (rc < 0)
		return err_set(err, ERR_NOTFOUND, "%s: %s", url, why.msg);
	if (a.status != 200)
		return err_set(err, ERR_NOTFOUND, "%s answers %ld", url, a.status);
	return buf_add(out, buf_str(&a.body), a.body.len);
}

/* A token goes over TLS, or to this machine or the container's own services only. */
static bool is_trusted_place(const char *url)
{
	static const char *const hosts[] = {
		"localhost",     "127.0.0.1",      "::1",
		"169.254.170.2", "169.254.170.23", "fd00:ec2::23"
	};
	auto_uri u = URI_INIT;

	if (uri_parse(url, &u, NULL) < 0)
		return false;
	for (size_t i = 0; i < countof(hosts); i++)
		if (strcmp(u.host, hosts[i]) == 0)
			return true;
	return strcmp(u.scheme, "https") == 0;
}

static int from_container(struct cred *c, struct err *err)
{
	const char *relative = env_of(c, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = env_of(c, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
	const char *token = env_of(c, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
	const char *token_file = env_of(c, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	auto_buf text = BUF_LIMIT(FILE_MAX), body = BUF_LIMIT(FILE_MAX);

	if (!relative && !full)
		return 0;
	auto_free char *url =
		relative ? xasprintf("http://169.254.170.2%s", relative) : xstrdup(full);
	if (!relative && !is_trusted_place(url))
		return err_set(err, ERR_NOTFOUND,
		               "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor this "
		               "machine");
	if (token_file) {
		if (file_read(token_file, &text, err) < 0)
			return err_wrap(err, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
		while (text.len && strchr("\r\n ", text.data[text.len - 1]))
			text.data[--text.len] = '\0';
		token = buf_str(&text);
	}
	auto_free char *header = token ? xasprintf("Authorization: %s", token) : NULL;
	if (ask("GET", url, header, &body, err) < 0)
		return err_wrap(err, "container credentials");
	return from_json(c, buf_str(&body), body.len, "container metadata", err);
}

static int from_instance(struct cred *c, struct err *err)
{
	const char *off = env_of(c, "AWS_EC2_METADATA_DISABLED");
	const char *base = env_of(c, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
	auto_buf token = BUF_LIMIT(4096), role = BUF_LIMIT(4096), body = BUF_LIMIT(FILE_MAX);
	struct err why = ERR_INIT;

	if (off && strcasecmp(off, "true") == 0)
		return 0;
	base = base ? base : "http://169.254.169.254";
	size_t len = strlen(base);
	len -= len && base[len - 1] == '/';
	auto_free char *ask_token = xasprintf("%.*s/latest/api/token", (int)len, base);
	auto_free char *roles =
		xasprintf("%.*s/latest/meta-data/iam/security-credentials/", (int)len, base);
	/* not on EC2: nothing answers, which is no failure */
	if (ask("PUT", ask_token, "X-aws-ec2-metadata-token-ttl-seconds: 21600", &token, &why) <
	    0)
		return 0;
	auto_free char *header = xasprintf("X-aws-ec2-metadata-token: %s", buf_str(&token));
	if (ask("GET", roles, header, &role, err) < 0)
		return err_wrap(err, "this instance has no role");
	if (role.len)
		role.data[strcspn(role.data, "\r\n")] = '\0';
	auto_free char *url = xasprintf("%s%s", roles, buf_str(&role));
	if (ask("GET", url, header, &body, err) < 0)
		return err_wrap(err, "instance credentials");
	return from_json(c, buf_str(&body), body.len, "instance metadata", err);
}

static int walk_chain(struct cred *c, struct err *err)
{
	static int (*const steps[])(struct cred * c, struct err * err) = {
		from_environment,
		from_profile,
		from_container,
		from_instance,
	};

	for (size_t i = 0; i < countof(steps); i++) {
		int rc = steps[i](c, err);

		if (rc != 0)
			return rc < 0 ? -1 : 0;
	}
	return err_set(
		err, ERR_NOTFOUND,
		"no AWS credentials in the environment, ~/.aws/credentials, container or "
		"instance metadata: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
		"AWS_PROFILE");
}

int cred_get(struct cred *c, struct cred_keys *out, struct err *err)
{
	int64_t now = time(NULL);
	bool ends_soon = c->ends_s && now > c->ends_s - EARLY_S;
	struct err why = ERR_INIT;

	if ((!c->access_key || ends_soon) && walk_chain(c, &why) < 0) {
		bool still_good = c->access_key && now < c->ends_s;

		if (!still_good) {
			if (err)
				*err = why;
			return -1;
		}
	}
	*out = (struct cred_keys){ c->access_key, c->secret_key, c->session_token };
	return 0;
}

const char *cred_region(struct cred *c)
{
	const char *region = env_of(c, "AWS_REGION");
	struct shared s;

	region = region ? region : env_of(c, "AWS_DEFAULT_REGION");
	if (region)
		return region;
	if (!c->region_known) {
		shared_read(c, &s);
		c->region = shared_value(&s, "region");
		c->region_known = true;
		shared_release(&s);
	}
	return c->region;
}

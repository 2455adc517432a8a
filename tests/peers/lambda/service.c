#include "service.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"

#define API "/2015-03-31/functions"

struct service {
	uv_loop_t *loop;
	struct settings s;
	struct httpd *http;
	struct fleet *fleet;
	struct function *functions;
	struct counts counts;
	uint64_t random;
	unsigned long requests;
	void (*warm)(void *arg);
	void *warm_arg;
	uv_timer_t watch;
};

/* one Invoke that waits for its answer */
struct waiting {
	struct conn *client; /* NULL: nobody waits */
	void *invocation;
	bool tail;
};

/* --- answers */

static void reply_json(struct conn *c, int status, json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT);

	conn_reply(c, status, "content-type: application/json\r\n", text, strlen(text));
	free(text);
	json_decref(j);
}

static void reply_error(struct conn *c, int status, const char *type, const char *message)
{
	auto_free char *head =
		xasprintf("content-type: application/json\r\nx-amzn-errortype: %s\r\n%s", type,
	                  status == 429 ? "retry-after: 1\r\n" : "");
	json_t *j = json_pack("{s:s, s:s, s:s}", "Type", status < 500 ? "User" : "Service",
	                      "Message", message, "message", message);
	char *text = json_dumps(j, JSON_COMPACT);

	conn_reply(c, status, head, text, strlen(text));
	free(text);
	json_decref(j);
}

static json_t *described(struct service *s, struct function *fn)
{
	bool pending = fn->asked++ < s->s.pending;
	auto_free char *arn = xasprintf("arn:aws:lambda:%s:123456789012:function:%s",
	                                s->s.keys.region, fn->name);
	json_t *env = json_object();

	for (size_t i = 0; i < fn->env.n; i++) {
		char *eq = strchr(fn->env.v[i], '=');
		auto_free char *name = xstrndup(fn->env.v[i], (size_t)(eq - fn->env.v[i]));
		json_object_set_new(env, name, json_string(eq + 1));
	}
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:i, s:i, s:s, s:s, s:s, s:{s:o}}",
		"FunctionName", fn->name, "FunctionArn", arn, "Runtime", "provided.al2023",
		"Role", fn->role, "Handler", "bootstrap", "CodeSize", (json_int_t)fn->code_size,
		"CodeSha256", fn->sha, "Timeout", (int)(fn->timeout_ms / 1000), "MemorySize",
		(int)fn->memory_mb, "State", pending ? "Pending" : "Active", "LastUpdateStatus",
		pending ? "InProgress" : "Successful", "PackageType", "Zip", "Environment",
		"Variables", env);
}

/* --- functions */

static struct function *find(struct service *s, const char *name)
{
	for (struct function *f = s->functions; f; f = f->next)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

static struct function *add(struct service *s, const char *name, const char *dir)
{
	struct function *f = xcalloc(1, sizeof(*f));

	f->name = xstrdup(name);
	f->dir = xstrdup(dir);
	f->role = xstrdup("arn:aws:iam::123456789012:role/declared");
	f->sha = xstrdup("");
	f->timeout_ms = s->s.timeout_ms;
	f->memory_mb = 128;
	f->next = s->functions;
	s->functions = f;
	return f;
}

static void drop(struct service *s, struct function *fn)
{
	fleet_retire(s->fleet, fn);
	for (struct function **at = &s->functions; *at; at = &(*at)->next)
		if (*at == fn) {
			*at = fn->next;
			return; /* busy instances still refer to it: never freed */
		}
}

static void base64_of(const void *data, size_t len, struct buf *out)
{
	char *room = buf_room(out, 4 * (len / 3 + 2));

	out->len += (size_t)EVP_EncodeBlock((unsigned char *)room, data, (int)len);
}

static bool base64_to(const char *text, struct buf *out)
{
	size_t len = strlen(text), pad = 0;
	char *room = buf_room(out, len + 1);
	int n = len % 4 ? -1
	                : EVP_DecodeBlock((unsigned char *)room, (const unsigned char *)text,
	                                  (int)len);

	while (n > 0 && pad < 2 && text[len - 1 - pad] == '=')
		pad++;
	if (n < 0)
		return false;
	out->len += (size_t)n - pad;
	return true;
}

/* Unpack a zip into a new folder; NULL: it is none, or too large. Owned. */
static char *unpack(struct service *s, const char *name, unsigned version,
                    const struct buf *zip)
{
	char *dir = xasprintf("%s/%s-%u", s->s.work, name, version);
	struct archive *from = archive_read_new(), *to = archive_write_disk_new();
	struct archive_entry *e;
	int64_t total = 0;
	int rc = ARCHIVE_EOF;

	archive_read_support_format_zip(from);
	archive_write_disk_set_options(to, ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_UNLINK);
	file_mkdirs(dir, 0755, NULL);
	if (archive_read_open_memory(from, zip->data, zip->len) == ARCHIVE_OK)
		while ((rc = archive_read_next_header(from, &e)) == ARCHIVE_OK) {
			auto_free char *path = path_join(dir, archive_entry_pathname(e));
			const void *block;
			size_t n;
			la_int64_t at;
			total += archive_entry_size(e);
			archive_entry_set_pathname(e, path);
			archive_write_header(to, e);
			while (archive_read_data_block(from, &block, &n, &at) == ARCHIVE_OK)
				archive_write_data_block(to, block, n, at);
			archive_write_finish_entry(to);
		}
	archive_write_free(to);
	archive_read_free(from);
	if (rc != ARCHIVE_EOF || !total || total > UNZIPPED_MAX)
		free(steal(&dir));
	return dir;
}

/* The zip that a Code object names: inline, or an object that was uploaded here. */
static bool code_bytes(struct service *s, json_t *code, struct conn *c, struct buf *zip)
{
	const char *inlined = json_string_value(json_object_get(code, "ZipFile"));
	const char *bucket = json_string_value(json_object_get(code, "S3Bucket"));
	const char *key = json_string_value(json_object_get(code, "S3Key"));

	if (inlined && base64_to(inlined, zip) && zip->len <= ZIP_MAX)
		return true;
	if (inlined) {
		reply_error(c, 413, "RequestEntityTooLargeException",
		            "Request must be smaller than 69905067 bytes for the "
		            "CreateFunction operation");
		return false;
	}
	if (bucket && key && !path_has_dotdot(key)) {
		auto_free char *path = xasprintf("%s/s3/%s/%s", s->s.work, bucket, key);
		if (file_read(path, zip, NULL) == 0)
			return true;
	}
	reply_error(c, 400, "InvalidParameterValueException",
	            "Error occurred while GetObject. S3 Error Code: NoSuchKey.");
	return false;
}

static bool set_code(struct service *s, struct function *fn, json_t *code, struct conn *c)
{
	auto_buf zip = BUF_INIT;
	auto_buf sha = BUF_INIT;
	unsigned char d[SHA256_DIGEST_LENGTH];

	if (!code_bytes(s, code, c, &zip))
		return false;
	auto_free char *dir = unpack(s, fn->name, fn->version + 1, &zip);
	if (!dir) {
		reply_error(c, 400, "InvalidParameterValueException",
		            "Could not unzip uploaded file, or unzipped size must be smaller "
		            "than 262144000 bytes");
		return false;
	}
	fn->version++;
	fn->asked = 0;
	fn->code_size = zip.len;
	SHA256((unsigned char *)zip.data, zip.len, d);
	base64_of(d, sizeof(d), &sha);
	free(fn->sha);
	fn->sha = buf_steal(&sha);
	free(fn->dir);
	fn->dir = steal(&dir);
	fleet_retire(s->fleet, fn);
	return true;
}

static void set_configuration(struct function *fn, json_t *j)
{
	json_t *timeout = json_object_get(j, "Timeout");
	json_t *memory = json_object_get(j, "MemorySize");
	json_t *env = json_object_get(json_object_get(j, "Environment"), "Variables");
	const char *role = json_string_value(json_object_get(j, "Role")), *key;
	json_t *value;

	if (timeout)
		fn->timeout_ms = (unsigned)json_integer_value(timeout) * 1000;
	if (memory)
		fn->memory_mb = (unsigned)json_integer_value(memory);
	if (role) {
		free(fn->role);
		fn->role = xstrdup(role);
	}
	if (env) {
		strv_clear(&fn->env);
		json_object_foreach(env, key, value)
			strv_addf(&fn->env, "%s=%s", key, json_string_value(value));
	}
}

static void create(struct service *s, struct conn *c, json_t *j)
{
	const char *name = json_string_value(json_object_get(j, "FunctionName"));
	const char *role = json_string_value(json_object_get(j, "Role"));
	const char *runtime = json_string_value(json_object_get(j, "Runtime"));

	if (!name || !role || !runtime || strncmp(runtime, "provided", 8) != 0) {
		reply_error(c, 400, "ValidationException",
		            "FunctionName, Role, or Runtime is missing or is not supported");
		return;
	}
	if (strncmp(role, "arn:aws:iam::", 13) != 0) {
		reply_error(c, 400, "InvalidParameterValueException",
		            "The role defined for the function cannot be assumed by Lambda.");
		return;
	}
	if (find(s, name)) {
		reply_error(c, 409, "ResourceConflictException", "Function already exist");
		return;
	}
	struct function *fn = add(s, name, "");
	fn->timeout_ms = 3000;
	set_configuration(fn, j);
	if (set_code(s, fn, json_object_get(j, "Code"), c))
		reply_json(c, 201, described(s, fn));
	else
		drop(s, fn);
}

/* --- Invoke */

static bool chance(struct service *s, unsigned percent)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return percent && s->random % 100 < percent;
}

static void client_gone(void *arg)
{
	struct waiting *w = arg;

	w->client = NULL;
	if (w->invocation)
		return; /* invoked() frees it: a function that runs is not stopped */
	free(w);
}

static void invoked(void *arg, const char *error, const void *payload, size_t len,
                    const char *report)
{
	struct waiting *w = arg;
	auto_buf head = BUF_INIT;

	if (w->client) {
		buf_adds(&head, "content-type: application/json\r\n"
		                "x-amz-executed-version: $LATEST\r\n");
		if (error)
			buf_addf(&head, "x-amz-function-error: %s\r\n", error);
		if (w->tail) {
			buf_adds(&head, "x-amz-log-result: ");
			base64_of(report, strlen(report), &head);
			buf_adds(&head, "\r\n");
		}
		conn_reply(w->client, 200, buf_str(&head), payload, len);
	}
	free(w);
}

static bool refused(struct service *s, struct conn *c, const struct request *r)
{
	json_t *j;

	if (r->body_len > SYNC_MAX) {
		reply_error(c, 413, "RequestTooLargeException",
		            "the payload is too large for the RequestResponse invocation type "
		            "(limit 6291456 bytes)");
		return true;
	}
	j = json_loadb(r->body, r->body_len, JSON_DECODE_ANY, NULL);
	if (!j) {
		reply_error(c, 400, "InvalidRequestContentException",
		            "Could not parse request body into json");
		return true;
	}
	json_decref(j);
	if (s->counts.busy >= s->s.concurrency || chance(s, s->s.throttle_percent)) {
		s->counts.throttled++;
		reply_error(c, 429, "TooManyRequestsException", "Rate Exceeded.");
		return true;
	}
	if (chance(s, s->s.fail_percent)) {
		s->counts.failed++;
		reply_error(c, 500, "ServiceException",
		            "The Lambda service encountered an internal error.");
		return true;
	}
	return false;
}

static void invoke(struct service *s, struct conn *c, const struct request *r,
                   struct function *fn)
{
	const char *tail = request_header(r, "x-amz-log-type");
	struct waiting *w;
	char id[40];

	s->counts.invocations++;
	if (refused(s, c, r))
		return;
	w = xcalloc(1, sizeof(*w));
	w->client = c;
	w->tail = tail && strcmp(tail, "Tail") == 0;
	conn_on_gone(c, client_gone, w);
	if (chance(s, s->s.hang_percent)) {
		s->counts.hung++;
		return; /* until the caller goes */
	}
	bool crash = chance(s, s->s.crash_percent);
	s->counts.crashed += crash;
	snprintf(id, sizeof(id), "00000000-0000-4000-8000-%012lx", ++s->requests);
	w->invocation = fleet_invoke(s->fleet, fn, id, r->body, r->body_len, crash, invoked, w);
}

/* --- requests */

static void function_request(struct service *s, struct conn *c, const struct request *r,
                             const char *rest)
{
	size_t n = strcspn(rest, "/");
	auto_free char *name = xstrndup(rest, n);
	auto_free char *what = xasprintf("%s %s", r->method, rest + n);
	struct function *fn = find(s, name);

	if (!fn) {
		auto_free char *text =
			xasprintf("Function not found: arn:aws:lambda:%s:123456789012:"
		                  "function:%s",
		                  s->s.keys.region, name);
		reply_error(c, 404, "ResourceNotFoundException", text);
		return;
	}
	json_t *j = json_loadb(r->body, r->body_len, 0, NULL);
	if (strcmp(what, "POST /invocations") == 0) {
		invoke(s, c, r, fn);
	} else if (strcmp(what, "GET ") == 0) {
		reply_json(c, 200,
		           json_pack("{s:o, s:{}}", "Configuration", described(s, fn), "Code"));
	} else if (strcmp(what, "GET /configuration") == 0) {
		reply_json(c, 200, described(s, fn));
	} else if (strcmp(what, "DELETE ") == 0) {
		drop(s, fn);
		conn_reply(c, 204, "", "", 0);
	} else if (strcmp(what, "PUT /code") == 0) {
		if (fn->asked && fn->asked <= s->s.pending)
			reply_error(c, 409, "ResourceConflictException",
			            "The operation cannot be performed at this time. An update "
			            "is in progress");
		else if (set_code(s, fn, j, c))
			reply_json(c, 200, described(s, fn));
	} else if (strcmp(what, "PUT /configuration") == 0) {
		set_configuration(fn, j);
		fn->version++;
		fleet_retire(s->fleet, fn);
		reply_json(c, 200, described(s, fn));
	} else {
		reply_error(c, 405, "UnknownOperationException", what);
	}
	json_decref(j);
}

/* "PUT /BUCKET/KEY": as much of S3 as a large package needs. */
static void keep_object(struct service *s, struct conn *c, const struct request *r)
{
	auto_free char *path = xasprintf("%s/s3%s", s->s.work, r->path);
	auto_free char *dir = path_dir(path);

	if (path_has_dotdot(r->path) || file_mkdirs(dir, 0755, NULL) < 0 ||
	    file_write(path, r->body, r->body_len, 0644, NULL) < 0)
		conn_reply(c, 400, "", "", 0);
	else
		conn_reply(c, 200, "", "", 0);
}

static void reply_counts(struct service *s, struct conn *c)
{
	const struct counts *n = &s->counts;

	reply_json(c, 200,
	           json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:i,s:i,s:i}", "invocations",
	                     (json_int_t)n->invocations, "throttled", (json_int_t)n->throttled,
	                     "failed", (json_int_t)n->failed, "hung", (json_int_t)n->hung,
	                     "crashed", (json_int_t)n->crashed, "timed_out",
	                     (json_int_t)n->timed_out, "errors", (json_int_t)n->errors, "cold",
	                     (json_int_t)n->cold, "busy", (int)n->busy, "busy_max",
	                     (int)n->busy_max, "instances", (int)n->instances));
}

static void arrived(void *arg, struct conn *c, const struct request *r)
{
	struct service *s = arg;
	bool lambda = strncmp(r->path, API, strlen(API)) == 0;
	struct sigv4_fault fault;

	if (strcmp(r->path, "/_counts") == 0) {
		reply_counts(s, c);
	} else if (!sigv4_check(r, &s->s.keys, lambda ? "lambda" : "s3", &fault)) {
		reply_error(c, 403, fault.type, fault.message);
	} else if (!lambda && strcmp(r->method, "PUT") == 0) {
		keep_object(s, c, r);
	} else if (lambda && r->path[strlen(API)] == '/' && r->path[strlen(API) + 1]) {
		function_request(s, c, r, r->path + strlen(API) + 1);
	} else if (lambda && strcmp(r->method, "POST") == 0) {
		json_t *j = json_loadb(r->body, r->body_len, 0, NULL);
		create(s, c, j);
		json_decref(j);
	} else {
		reply_error(c, 404, "UnknownOperationException", r->path);
	}
}

struct service *service_new(uv_loop_t *loop, const struct settings *o)
{
	struct service *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->s = *o;
	s->random = 0x9e3779b97f4a7c15 ^ o->seed;
	s->fleet = fleet_new(loop, &s->s, &s->counts);
	s->http = httpd_new(loop, o->port, arrived, s);
	return s->http ? s : NULL;
}

void service_declare(struct service *s, const char *name, const char *dir)
{
	struct function *fn = add(s, name, dir);

	for (unsigned i = 0; i < s->s.warm; i++)
		fleet_warm(s->fleet, fn);
}

static void look(uv_timer_t *t)
{
	struct service *s = t->data;

	if (!fleet_is_warm(s->fleet))
		return;
	uv_timer_stop(t);
	s->warm(s->warm_arg);
}

void service_when_warm(struct service *s, void (*fn)(void *arg), void *arg)
{
	s->warm = fn;
	s->warm_arg = arg;
	s->watch.data = s;
	uv_timer_init(s->loop, &s->watch);
	uv_timer_start(&s->watch, look, 0, 20);
}

unsigned service_port(const struct service *s)
{
	return httpd_port(s->http);
}

void service_end(struct service *s)
{
	fleet_kill_all(s->fleet);
}

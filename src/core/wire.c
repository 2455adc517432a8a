/*
 * Encoding writes text straight away. Decoding lets jansson parse, then goes through each
 * object by a table of its members. Before that the values are counted, so that a small text
 * can't become a large tree.
 */
#include "core/wire.h"

#include <jansson.h>
#include <string.h>

#include "core/base64.h"

enum {
	WIRE_VALUES_MAX = 400000,          /* commas and opening brackets in a text */
	WIRE_TEXT_MAX = (1 << 20) + 65536, /* of out_text, err_text: 1 MiB and a remark */
};

/* -- encoding -- */

static bool is_utf8(const char *s)
{
	json_t *j = json_string(s);

	json_decref(j);
	return j != NULL;
}

static void put_string(struct buf *b, const char *s)
{
	buf_addc(b, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			buf_addf(b, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			buf_addf(b, "\\u%04x", c);
		else
			buf_addc(b, (char)c);
	}
	buf_addc(b, '"');
}

static void put_key(struct buf *b, const char *key)
{
	buf_addf(b, ",\"%s\":", key);
}

static void put_bytes(struct buf *b, const struct buf *data)
{
	buf_addc(b, '"');
	base64_encode(data->data, data->len, b);
	buf_addc(b, '"');
}

static void put_strings(struct buf *b, const struct strv *s)
{
	buf_addc(b, '[');
	for (size_t i = 0; i < s->n; i++) {
		if (i)
			buf_addc(b, ',');
		put_string(b, s->v[i]);
	}
	buf_addc(b, ']');
}

static const char *truth(bool b)
{
	return b ? "true" : "false";
}

static int encoded(const struct buf *out, struct err *err)
{
	return out->overflow ? err_set(err, ERR_USAGE, "the message is too large") : 0;
}

static int check_tag(const char *tag, struct err *err)
{
	if (!is_utf8(tag))
		return err_set(err, ERR_USAGE,
		               "an output's name is not UTF-8, which JSON can't carry");
	return 0;
}

int wire_request_encode(const struct wire_request *r, struct buf *out, struct err *err)
{
	buf_adds(out, "{\"thunks\":[");
	for (size_t i = 0; i < r->n; i++) {
		const struct wire_thunk *t = &r->thunks[i];

		for (size_t k = 0; k < t->outputs.n; k++)
			if (check_tag(t->outputs.v[k], err) < 0)
				return -1;
		buf_addf(out, "%s{\"hash\":\"%s\"", i ? "," : "", t->hash.s);
		put_key(out, "data");
		put_bytes(out, &t->data);
		put_key(out, "outputs");
		put_strings(out, &t->outputs);
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
	put_key(out, "storageBackend");
	put_string(out, r->storage ? r->storage : "");
	put_key(out, "timelog");
	buf_adds(out, truth(r->timelog));
	if (r->protocol)
		buf_addf(out, ",\"protocol\":%u,\"inlineMax\":%llu,\"timeoutMs\":%u",
		         r->protocol, (unsigned long long)r->inline_max, r->timeout_ms);
	buf_addc(out, '}');
	return encoded(out, err);
}

static int encode_executed(const struct wire_executed *x, struct buf *out, struct err *err)
{
	buf_addf(out, "{\"thunkHash\":\"%s\",\"outputs\":[", x->thunk.s);
	for (size_t i = 0; i < x->n; i++) {
		const struct wire_output *o = &x->outputs[i];

		if (check_tag(o->tag, err) < 0)
			return -1;
		buf_adds(out, i ? ",{\"tag\":" : "{\"tag\":");
		put_string(out, o->tag);
		buf_addf(out, ",\"hash\":\"%s\",\"size\":%llu,\"executable\":%s", o->hash.s,
		         (unsigned long long)o->size_bytes, truth(o->executable));
		put_key(out, "data");
		put_bytes(out, &o->data);
		buf_addc(out, '}');
	}
	buf_adds(out, "]}");
	return 0;
}

static void encode_ours(const struct wire_response *r, struct buf *out)
{
	buf_addf(out, ",\"protocol\":%u,\"waitStatus\":%d", r->protocol, r->wait_status);
	put_key(out, "outText");
	put_bytes(out, &r->out_text);
	put_key(out, "errText");
	put_bytes(out, &r->err_text);
	buf_addf(out, ",\"wallNs\":%lld,\"cpuNs\":%lld", (long long)r->wall_ns,
	         (long long)r->cpu_ns);
	put_key(out, "missing");
	put_strings(out, &r->missing);
	put_key(out, "failure");
	put_string(out, r->failure && is_utf8(r->failure) ? r->failure : "");
	put_key(out, "worker");
	put_string(out, r->worker && is_utf8(r->worker) ? r->worker : "");
	put_key(out, "cold");
	buf_adds(out, truth(r->cold));
}

int wire_response_encode(const struct wire_response *r, struct buf *out, struct err *err)
{
	buf_adds(out, "{\"executedThunks\":[");
	for (size_t i = 0; i < r->n; i++) {
		if (i)
			buf_addc(out, ',');
		if (encode_executed(&r->executed[i], out, err) < 0)
			return -1;
	}
	buf_addf(out, "],\"returnCode\":%d", r->return_code);
	put_key(out, "stdout");
	put_string(out, r->text && is_utf8(r->text) ? r->text : "");
	if (r->protocol)
		encode_ours(r, out);
	buf_addc(out, '}');
	return encoded(out, err);
}

/* -- decoding -- */

/* A member of an object: its two spellings, how it is read, and where it goes. */
struct member {
	const char *name;
	const char *snake;
	int (*read)(const json_t *j, void *to, struct err *err);
	size_t offset;
};

enum unknown {
	UNKNOWN_REFUSED,
	UNKNOWN_IGNORED,
};

static int not_a(const char *what, struct err *err)
{
	return err_set(err, ERR_CORRUPT, "is no %s", what);
}

static int read_name(const json_t *j, void *to, struct err *err)
{
	if (!json_is_string(j))
		return not_a("object's name", err);
	/* An absent member and an empty one are the same in proto3. */
	if (json_string_length(j) == 0)
		return 0;
	return oid_parse(json_string_value(j), json_string_length(j), to, NULL) < 0
	               ? not_a("object's name", err)
	               : 0;
}

static int read_bytes(const json_t *j, void *to, struct err *err)
{
	struct buf *b = to;

	if (!json_is_string(j))
		return not_a("base64", err);
	buf_reset(b);
	return base64_decode(json_string_value(j), json_string_length(j), b, err);
}

static int read_text(const json_t *j, void *to, struct err *err)
{
	char **text = to;

	if (!json_is_string(j))
		return not_a("string", err);
	free(*text);
	*text = xstrndup(json_string_value(j), json_string_length(j));
	return 0;
}

static int read_strings(const json_t *j, void *to, struct err *err)
{
	struct strv *s = to;
	size_t i;
	json_t *one;

	if (!json_is_array(j))
		return not_a("list", err);
	strv_clear(s);
	json_array_foreach((json_t *)j, i, one)
	{
		if (!json_is_string(one))
			return not_a("list of strings", err);
		strv_addn(s, json_string_value(one), json_string_length(one));
	}
	return 0;
}

static int read_bool(const json_t *j, void *to, struct err *err)
{
	if (!json_is_boolean(j))
		return not_a("truth value", err);
	*(bool *)to = json_is_true(j);
	return 0;
}

static int read_number(const json_t *j, int64_t min, int64_t max, int64_t *to, struct err *err)
{
	if (!json_is_integer(j) || json_integer_value(j) < min || json_integer_value(j) > max)
		return not_a("number of its kind", err);
	*to = json_integer_value(j);
	return 0;
}

static int read_u64(const json_t *j, void *to, struct err *err)
{
	int64_t n = 0;

	if (read_number(j, 0, INT64_MAX, &n, err) < 0)
		return -1;
	*(uint64_t *)to = (uint64_t)n;
	return 0;
}

static int read_u32(const json_t *j, void *to, struct err *err)
{
	int64_t n = 0;

	if (read_number(j, 0, UINT32_MAX, &n, err) < 0)
		return -1;
	*(uint32_t *)to = (uint32_t)n;
	return 0;
}

static int read_int(const json_t *j, void *to, struct err *err)
{
	int64_t n = 0;

	if (read_number(j, INT32_MIN, INT32_MAX, &n, err) < 0)
		return -1;
	*(int *)to = (int)n;
	return 0;
}

static int read_i64(const json_t *j, void *to, struct err *err)
{
	return read_number(j, INT64_MIN, INT64_MAX, to, err);
}

static const struct member *member_find(const struct member *m, const char *key)
{
	for (; m->name; m++)
		if (strcmp(m->name, key) == 0 || (m->snake && strcmp(m->snake, key) == 0))
			return m;
	return NULL;
}

static int read_object(const json_t *j, const struct member *members, enum unknown unknown,
                       void *to, struct err *err)
{
	const char *key;
	json_t *value;

	if (!json_is_object(j))
		return not_a("object", err);
	json_object_foreach((json_t *)j, key, value)
	{
		const struct member *m = member_find(members, key);

		if (!m && unknown == UNKNOWN_REFUSED)
			return err_set(err, ERR_USAGE, "unknown member \"%.60s\"", key);
		if (!m || json_is_null(value))
			continue;
		if (m->read(value, (char *)to + m->offset, err) < 0)
			return err_wrap(err, "\"%s\"", m->name);
	}
	return 0;
}

/* A list of objects; *array is owned by the message at once, so that its release frees it. */
static int read_objects(const json_t *j, const struct member *members, enum unknown unknown,
                        void **array, size_t *n, size_t size_bytes, struct err *err)
{
	size_t i;
	json_t *one;

	if (json_is_null(j))
		return 0;
	if (!json_is_array(j) || *array)
		return not_a("list", err);
	*array = xcalloc(json_array_size(j) + 1, size_bytes);
	*n = json_array_size(j);
	json_array_foreach((json_t *)j, i, one)
	{
		if (read_object(one, members, unknown, (char *)*array + i * size_bytes, err) <
		    0)
			return err_wrap(err, "[%zu]", i);
	}
	return 0;
}

/* Counts what will become values; strings are skipped. */
static bool has_too_many_values(const char *text, size_t len)
{
	size_t n = 0;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == ',' || c == '[' || c == '{'))
			n++;
	}
	return n > WIRE_VALUES_MAX;
}

static json_t *parse(const void *data, size_t len, struct err *err)
{
	json_error_t why;

	if (len == 0) {
		err_set(err, ERR_CORRUPT, "is empty");
		return NULL;
	}
	if (len > WIRE_REQUEST_MAX * 2ull || has_too_many_values(data, len)) {
		err_set(err, ERR_CORRUPT, "the message is too large");
		return NULL;
	}
	json_t *j = json_loadb(data, len, JSON_REJECT_DUPLICATES, &why);

	if (!j)
		err_set(err, ERR_CORRUPT, "not JSON at byte %d: %s", why.position, why.text);
	return j;
}

/* The list called @name, in either spelling; borrowed, JSON's null if there is none. */
static const json_t *list_of(const json_t *j, const char *name, const char *snake)
{
	const json_t *list = json_object_get(j, name);

	if (!list && snake)
		list = json_object_get(j, snake);
	return list ? list : json_null();
}

/* Lists of objects are read apart, since each knows its own struct. */
static int read_apart(const json_t *j, void *to, struct err *err)
{
	(void)j;
	(void)to;
	(void)err;
	return 0;
}

static int decode_request(const json_t *j, struct wire_request *r, struct err *err)
{
	static const struct member thunk[] = {
		{ "hash", NULL, read_name, offsetof(struct wire_thunk, hash) },
		{ "data", NULL, read_bytes, offsetof(struct wire_thunk, data) },
		{ "outputs", NULL, read_strings, offsetof(struct wire_thunk, outputs) },
		{ NULL, NULL, NULL, 0 },
	};
	static const struct member request[] = {
		{ "thunks", NULL, read_apart, 0 },
		{ "storageBackend", "storage_backend", read_text,
		  offsetof(struct wire_request, storage) },
		{ "timelog", NULL, read_bool, offsetof(struct wire_request, timelog) },
		{ "protocol", NULL, read_u32, offsetof(struct wire_request, protocol) },
		{ "inlineMax", NULL, read_u64, offsetof(struct wire_request, inline_max) },
		{ "timeoutMs", NULL, read_u32, offsetof(struct wire_request, timeout_ms) },
		{ NULL, NULL, NULL, 0 },
	};
	/* Only who says which protocol it speaks may say more than we know. */
	enum unknown unknown = json_integer_value(json_object_get(j, "protocol")) > 0
	                               ? UNKNOWN_IGNORED
	                               : UNKNOWN_REFUSED;

	if (read_object(j, request, unknown, r, err) < 0 ||
	    read_objects(list_of(j, "thunks", NULL), thunk, unknown, (void **)&r->thunks, &r->n,
	                 sizeof(*r->thunks), err) < 0)
		return -1;
	for (size_t i = 0; i < r->n; i++)
		if (!oid_is_thunk(&r->thunks[i].hash))
			return err_set(err, ERR_CORRUPT, "[%zu] has no thunk's name", i);
	return 0;
}

int wire_request_decode(const void *data, size_t len, struct wire_request *out, struct err *err)
{
	struct wire_request r = { 0 };
	json_t *j = parse(data, len, err);
	int rc = j ? decode_request(j, &r, err) : -1;

	json_decref(j);
	if (rc < 0) {
		wire_request_release(&r);
		return err_wrap(err, "request");
	}
	if (!r.storage)
		r.storage = xstrdup("");
	*out = r;
	return 0;
}

void wire_request_release(struct wire_request *r)
{
	for (size_t i = 0; i < r->n; i++) {
		buf_release(&r->thunks[i].data);
		strv_release(&r->thunks[i].outputs);
	}
	free(r->thunks);
	free(r->storage);
	*r = (struct wire_request){ 0 };
}

static int decode_executed(const json_t *j, struct wire_executed *x, struct err *err)
{
	static const struct member output[] = {
		{ "tag", NULL, read_text, offsetof(struct wire_output, tag) },
		{ "hash", NULL, read_name, offsetof(struct wire_output, hash) },
		{ "size", NULL, read_u64, offsetof(struct wire_output, size_bytes) },
		{ "executable", NULL, read_bool, offsetof(struct wire_output, executable) },
		{ "data", NULL, read_bytes, offsetof(struct wire_output, data) },
		{ NULL, NULL, NULL, 0 },
	};

	if (read_objects(list_of(j, "outputs", NULL), output, UNKNOWN_IGNORED,
	                 (void **)&x->outputs, &x->n, sizeof(*x->outputs), err) < 0)
		return -1;
	if (!oid_is_thunk(&x->thunk))
		return err_set(err, ERR_CORRUPT, "an answer to no thunk");
	for (size_t i = 0; i < x->n; i++)
		if (!x->outputs[i].tag || !*x->outputs[i].hash.s)
			return err_set(err, ERR_CORRUPT, "an output without tag or hash");
	return 0;
}

static int decode_response(const json_t *j, struct wire_response *r, struct err *err)
{
	static const struct member executed[] = {
		{ "thunkHash", "thunk_hash", read_name, offsetof(struct wire_executed, thunk) },
		{ "outputs", NULL, read_apart, 0 },
		{ NULL, NULL, NULL, 0 },
	};
	static const struct member response[] = {
		{ "executedThunks", "executed_thunks", read_apart, 0 },
		{ "returnCode", "return_code", read_int,
		  offsetof(struct wire_response, return_code) },
		{ "stdout", NULL, read_text, offsetof(struct wire_response, text) },
		{ "protocol", NULL, read_u32, offsetof(struct wire_response, protocol) },
		{ "waitStatus", NULL, read_int, offsetof(struct wire_response, wait_status) },
		{ "outText", NULL, read_bytes, offsetof(struct wire_response, out_text) },
		{ "errText", NULL, read_bytes, offsetof(struct wire_response, err_text) },
		{ "wallNs", NULL, read_i64, offsetof(struct wire_response, wall_ns) },
		{ "cpuNs", NULL, read_i64, offsetof(struct wire_response, cpu_ns) },
		{ "missing", NULL, read_strings, offsetof(struct wire_response, missing) },
		{ "failure", NULL, read_text, offsetof(struct wire_response, failure) },
		{ "worker", NULL, read_text, offsetof(struct wire_response, worker) },
		{ "cold", NULL, read_bool, offsetof(struct wire_response, cold) },
		{ NULL, NULL, NULL, 0 },
	};
	const json_t *list = list_of(j, "executedThunks", "executed_thunks");

	if (read_object(j, response, UNKNOWN_IGNORED, r, err) < 0 ||
	    read_objects(list, executed, UNKNOWN_IGNORED, (void **)&r->executed, &r->n,
	                 sizeof(*r->executed), err) < 0)
		return -1;
	for (size_t i = 0; i < r->n; i++)
		if (decode_executed(json_array_get(list, i), &r->executed[i], err) < 0)
			return err_wrap(err, "executedThunks[%zu]", i);
	for (size_t i = 0; i < r->missing.n; i++)
		if (!oid_valid(r->missing.v[i]))
			return err_set(err, ERR_CORRUPT, "\"missing\" holds no name");
	return 0;
}

int wire_response_decode(const void *data, size_t len, struct wire_response *out,
                         struct err *err)
{
	struct wire_response r = { .out_text = BUF_LIMIT(WIRE_TEXT_MAX),
		                   .err_text = BUF_LIMIT(WIRE_TEXT_MAX) };
	json_t *j = parse(data, len, err);
	int rc = j ? decode_response(j, &r, err) : -1;

	json_decref(j);
	if (rc < 0) {
		wire_response_release(&r);
		return err_wrap(err, "response");
	}
	if (!r.text)
		r.text = xstrdup("");
	*out = r;
	return 0;
}

void wire_response_release(struct wire_response *r)
{
	for (size_t i = 0; i < r->n; i++) {
		for (size_t k = 0; k < r->executed[i].n; k++) {
			free(r->executed[i].outputs[k].tag);
			buf_release(&r->executed[i].outputs[k].data);
		}
		free(r->executed[i].outputs);
	}
	free(r->executed);
	free(r->text);
	free(r->failure);
	free(r->worker);
	buf_release(&r->out_text);
	buf_release(&r->err_text);
	strv_release(&r->missing);
	*r = (struct wire_response){ 0 };
}

int wire_health_encode(const struct wire_health *h, struct buf *out, struct err *err)
{
	buf_addf(out,
	         "{\"status\":\"ok\",\"protocol\":%u,\"room\":%u,\"platform\":", h->protocol,
	         h->room);
	put_string(out, h->platform);
	buf_addc(out, '}');
	return encoded(out, err);
}

int wire_health_decode(const void *data, size_t len, struct wire_health *out, struct err *err)
{
	static const struct member health[] = {
		{ "protocol", NULL, read_u32, offsetof(struct wire_health, protocol) },
		{ "room", NULL, read_u32, offsetof(struct wire_health, room) },
		{ NULL, NULL, NULL, 0 },
	};
	json_t *j = parse(data, len, err);

	*out = (struct wire_health){ 0 };
	int rc = j ? read_object(j, health, UNKNOWN_IGNORED, out, err) : -1;
	const char *platform = json_string_value(json_object_get(j, "platform"));
	if (rc == 0 && platform)
		snprintf(out->platform, sizeof(out->platform), "%s", platform);
	json_decref(j);
	return rc < 0 ? err_wrap(err, "health") : 0;
}

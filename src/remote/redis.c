/*
 * Objects as values of a Redis server, under their own names (WIRE 11). A few connections, on
 * which commands are sent without waiting for answers.
 */
#include <errno.h>
#include <string.h>

#include "base/proc.h"
#include "remote/backend_priv.h"
#include "remote/incoming.h"
#include "remote/outgoing.h"
#include "remote/redislink.h"

enum { WIDTH = 256, LINKS = 2, LINKS_MAX = 64, VALUE_MAX = 512 << 20, SCAN_COUNT = 1000 };

struct redis {
	struct backend base;
	struct store *store;
	struct redis_place place;
	char *host, *socket, *user, *password, *shown;
	unsigned width, n_links;
	struct redislink *links[LINKS_MAX];
};

struct call {
	struct redis_command command; /* first: the link knows this part */
	struct redis *redis;
	struct oid id;
	struct incoming in;
	bool executable;
	bool nil;
	int64_t number;
	struct err err; /* of the receiver */
	backend_done_fn *done;
	void *arg;
};

static void call_free(struct call *c)
{
	buf_release(&c->command.head);
	if (c->command.fd >= 0)
		close(c->command.fd);
	incoming_drop(&c->in);
	free(c);
}

static struct call *call_new(struct backend *b, const struct oid *id, backend_done_fn *done,
                             void *arg)
{
	struct call *c = xcalloc(1, sizeof(*c));

	c->redis = (struct redis *)b;
	c->id = *id;
	c->command.fd = c->in.fd = -1;
	c->done = done;
	c->arg = arg;
	return c;
}

/* The connection that has the least to do. */
static struct redislink *least_busy(struct redis *r)
{
	struct redislink *best = r->links[0];

	for (unsigned i = 1; i < r->n_links; i++)
		if (redislink_busy(r->links[i]) < redislink_busy(best))
			best = r->links[i];
	return best;
}

static int call_send(struct call *c, const char *word)
{
	char name[BACKEND_NAME_MAX];
	const char *words[] = { word, name };

	backend_name(&c->redis->base, &c->id, name);
	redis_words(&c->command.head, words, 2);
	redislink_send(least_busy(c->redis), &c->command);
	return 0;
}

static void on_answer(struct redis_command *command, const struct err *err)
{
	struct call *c = (struct call *)command;

	if (!err && c->err.kind != ERR_NONE)
		err = &c->err;
	c->done(c->arg, err);
	call_free(c);
}

static void on_number(void *command, enum resp_event e, const char *data, size_t len, int64_t n)
{
	struct call *c = command;

	(void)data, (void)len;
	if (e == RESP_INTEGER)
		c->number = n;
}

static int redis_put(struct backend *b, const struct oid *id, backend_done_fn *done, void *arg,
                     struct err *err)
{
	struct redis *r = (struct redis *)b;
	struct outgoing o = OUTGOING_INIT;

	if (outgoing_open(b, r->store, id, &o, err) < 0)
		return -1;
	uint64_t size = oid_size(&o.as);
	if (size > VALUE_MAX) {
		close(o.fd);
		return err_set(err, ERR_IO,
		               "Redis takes up to 512 MiB in a value, and %s has %llu MiB: use "
		               "s3:// or file:// for such",
		               id->s, (unsigned long long)(size >> 20));
	}
	struct call *c = call_new(b, id, done, arg);
	c->command.fd = o.fd;
	c->command.size_bytes = size;
	c->command.done = on_answer;
	buf_addf(&c->command.head, "*3\r\n$3\r\nSET\r\n$%zu\r\n%s\r\n$%llu\r\n", strlen(o.name),
	         o.name, (unsigned long long)size);
	redislink_send(least_busy(r), &c->command);
	return 0;
}

static void on_value(void *command, enum resp_event e, const char *data, size_t len, int64_t n)
{
	struct call *c = command;

	(void)n;
	if (e == RESP_NIL)
		c->nil = true;
	if (c->err.kind != ERR_NONE)
		return;
	if (e == RESP_BEGIN)
		incoming_open(&c->in, c->redis->store, &c->id,
		              backend_packs(&c->redis->base, &c->id), &c->err);
	else if (e == RESP_DATA)
		incoming_add(&c->in, data, len, &c->err);
}

static void on_got(struct redis_command *command, const struct err *err)
{
	struct call *c = (struct call *)command;

	if (!err && c->nil)
		err_set(&c->err, ERR_NOTFOUND, "%s does not hold %s", c->redis->shown, c->id.s);
	else if (!err && c->err.kind == ERR_NONE && c->in.fd < 0)
		err_set(&c->err, ERR_CORRUPT, "%s: no value was answered", c->redis->shown);
	else if (!err && c->err.kind == ERR_NONE)
		incoming_finish(&c->in, c->executable, &c->err);
	on_answer(command, err);
}

static int redis_get(struct backend *b, const struct oid *id, bool executable,
                     backend_done_fn *done, void *arg, struct err *err)
{
	struct call *c = call_new(b, id, done, arg);

	(void)err;
	c->executable = executable;
	c->command.on_event = on_value;
	c->command.done = on_got;
	return call_send(c, "GET");
}

static void on_has(struct redis_command *command, const struct err *err)
{
	struct call *c = (struct call *)command;
	/* an empty value: EXISTS was asked */
	bool there = oid_size(&c->id)
	                     ? backend_length_fits(&c->redis->base, &c->id, (uint64_t)c->number)
	                     : c->number == 1;

	if (!err && !there)
		err_set(&c->err, ERR_NOTFOUND, "%s does not hold %s", c->redis->shown, c->id.s);
	on_answer(command, err);
}

static int redis_has(struct backend *b, const struct oid *id, backend_done_fn *done, void *arg,
                     struct err *err)
{
	struct call *c = call_new(b, id, done, arg);

	(void)err;
	c->command.on_event = on_number;
	c->command.done = on_has;
	return call_send(c, oid_size(id) ? "STRLEN" : "EXISTS");
}

static int redis_remove(struct backend *b, const struct oid *id, backend_done_fn *done,
                        void *arg, struct err *err)
{
	struct call *c = call_new(b, id, done, arg);

	(void)err;
	c->command.done = on_answer;
	return call_send(c, "DEL");
}

/* Listing: SCAN, and how long each key of a page was not used. */

struct listing {
	struct redis_command scan;
	struct redis *redis;
	struct buf cursor, text; /* text: the string that is being read */
	struct strv keys;
	struct backend_entry *entries;
	size_t asked;
	backend_list_fn *fn;
	void *arg;
	bool in_keys;
};

struct ask_age {
	struct redis_command command;
	struct listing *l;
	size_t at;
};

static void listing_free(struct listing *l)
{
	buf_release(&l->scan.head);
	buf_release(&l->cursor);
	buf_release(&l->text);
	strv_release(&l->keys);
	free(l->entries);
	free(l);
}

static void listing_ask(struct listing *l);

static void listing_page(struct listing *l)
{
	bool more = strcmp(buf_str(&l->cursor), "0") != 0;

	l->fn(l->arg, l->entries, l->keys.n, more, NULL);
	if (more)
		listing_ask(l);
	else
		listing_free(l);
}

static void on_age_event(void *command, enum resp_event e, const char *data, size_t len,
                         int64_t n)
{
	struct ask_age *a = command;

	(void)data, (void)len;
	if (e == RESP_INTEGER)
		a->l->entries[a->at].modified_s = (int64_t)time(NULL) - n;
}

static void on_age(struct redis_command *command, const struct err *err)
{
	struct ask_age *a = (struct ask_age *)command;
	struct listing *l = a->l;

	(void)err; /* its age stays unknown */
	buf_release(&a->command.head);
	free(a);
	if (--l->asked == 0)
		listing_page(l);
}

static void on_scan_event(void *command, enum resp_event e, const char *data, size_t len,
                          int64_t n)
{
	struct listing *l = command;
	struct oid id;

	(void)n;
	if (e == RESP_BEGIN)
		buf_reset(&l->text);
	else if (e == RESP_DATA)
		buf_add(&l->text, data, len);
	else if (e == RESP_ARRAY && l->cursor.len)
		l->in_keys = true;
	else if (e == RESP_END && !l->in_keys)
		buf_add(&l->cursor, l->text.data, l->text.len);
	else if (e == RESP_END && backend_object(&l->redis->base, buf_str(&l->text), &id))
		strv_add(&l->keys, id.s);
}

static void on_scanned(struct redis_command *command, const struct err *err)
{
	struct listing *l = (struct listing *)command;

	if (err) {
		l->fn(l->arg, NULL, 0, false, err);
		listing_free(l);
		return;
	}
	l->entries = xrealloc(l->entries, (l->keys.n + 1) * sizeof(*l->entries));
	for (size_t i = 0; i < l->keys.n; i++) {
		struct oid id;

		oid_parse(l->keys.v[i], strlen(l->keys.v[i]), &id, NULL);
		l->entries[i] = (struct backend_entry){ l->keys.v[i], oid_size(&id), 0 };
	}
	l->asked = l->keys.n;
	if (l->keys.n == 0) {
		listing_page(l);
		return;
	}
	for (size_t i = 0, n = l->asked; i < n; i++) {
		struct ask_age *a = xcalloc(1, sizeof(*a));
		char name[BACKEND_NAME_MAX];
		const char *words[] = { "OBJECT", "IDLETIME", name };
		struct oid id;

		oid_parse(l->keys.v[i], strlen(l->keys.v[i]), &id, NULL);
		backend_name(&l->redis->base, &id, name);
		a->l = l;
		a->at = i;
		a->command.fd = -1;
		a->command.on_event = on_age_event;
		a->command.done = on_age;
		redis_words(&a->command.head, words, 3);
		redislink_send(least_busy(l->redis), &a->command);
	}
}

static void listing_ask(struct listing *l)
{
	char count[16];
	const char *words[] = { "SCAN", l->cursor.len ? buf_str(&l->cursor) : "0", "COUNT",
		                count };

	snprintf(count, sizeof(count), "%d", SCAN_COUNT);
	buf_release(&l->scan.head);
	l->scan = (struct redis_command){ .fd = -1,
		                          .on_event = on_scan_event,
		                          .done = on_scanned };
	redis_words(&l->scan.head, words, 4);
	buf_reset(&l->cursor);
	strv_clear(&l->keys);
	l->in_keys = false;
	redislink_send(least_busy(l->redis), &l->scan);
}

static int redis_list(struct backend *b, backend_list_fn *fn, void *arg, struct err *err)
{
	struct listing *l = xcalloc(1, sizeof(*l));

	(void)err;
	l->redis = (struct redis *)b;
	l->fn = fn;
	l->arg = arg;
	l->text.max = l->cursor.max = 4096;
	listing_ask(l);
	return 0;
}

static unsigned redis_width(struct backend *b)
{
	return ((struct redis *)b)->width;
}

static void redis_cancel_all(struct backend *b)
{
	struct redis *r = (struct redis *)b;

	for (unsigned i = 0; i < r->n_links; i++)
		redislink_cancel(r->links[i]);
}

static void redis_free(struct backend *b)
{
	struct redis *r = (struct redis *)b;

	for (unsigned i = 0; i < r->n_links; i++)
		redislink_free(r->links[i]);
	redis_tls_free(r->place.tls);
	free(r->host);
	free(r->socket);
	free(r->user);
	if (r->password)
		explicit_bzero(r->password, strlen(r->password));
	free(r->password);
	free(r->shown);
	free(r);
}

static const struct backend_ops redis_ops = {
	.name = "redis",
	.put = redis_put,
	.get = redis_get,
	.has = redis_has,
	.remove = redis_remove,
	.list = redis_list,
	.width = redis_width,
	.cancel_all = redis_cancel_all,
	.free = redis_free,
};

/* Opening. */

static char *copy_or_null(const char *s)
{
	return s && *s ? xstrdup(s) : NULL;
}

/* "/2" or ?db=2. */
static int parse_db(const struct uri *u, bool is_socket, unsigned *out, struct err *err)
{
	auto_free char *path = backend_prefix(u->path);
	char *end;

	if (is_socket || !*path)
		return backend_number(u, "db", 0, 0, 65535, out, err);
	unsigned long n = strtoul(path, &end, 10);
	if (*end || n > 65535)
		return err_set(err, ERR_USAGE,
		               "storage: after redis://HOST/ stands the number of a database, "
		               "not \"%s\"",
		               path);
	*out = (unsigned)n;
	return 0;
}

static const char *file_of(const struct uri *u, const char *option, char *const *envp,
                           const char *variable)
{
	const char *given = uri_option(u, option);

	given = given && *given ? given : proc_env(envp, variable);
	return given && *given ? given : NULL;
}

static int set_place(struct redis *r, const struct uri *u, const struct backend_options *o,
                     struct err *err)
{
	bool is_socket = strcmp(u->scheme, "redis+unix") == 0;
	bool tls = strcmp(u->scheme, "rediss") == 0;
	const char *password =
		u->password && *u->password ? u->password : proc_env(o->envp, "REDISCLI_AUTH");

	if (is_socket ? *u->host || !*u->path : !*u->host)
		return err_set(err, ERR_USAGE,
		               is_socket ? "storage: as in redis+unix:///run/redis.sock"
		                         : "storage: %s:// needs a host",
		               u->scheme);
	if (parse_db(u, is_socket, &r->place.db, err) < 0)
		return -1;
	r->host = xstrdup(u->host);
	r->socket = is_socket ? xstrdup(u->path) : NULL;
	r->user = copy_or_null(u->user);
	r->password = copy_or_null(password);
	r->shown = uri_display(u);
	r->place.host = r->host;
	r->place.port = u->port ? u->port : 6379;
	r->place.socket = r->socket;
	r->place.user = r->user;
	r->place.password = r->password;
	r->place.shown = r->shown;
	if (!tls)
		return 0;
	r->place.tls = redis_tls_new(file_of(u, "cacert", o->envp, "GG_CA_FILE"),
	                             file_of(u, "cert", o->envp, "GG_CLIENT_CERT"),
	                             file_of(u, "key", o->envp, "GG_CLIENT_KEY"), err);
	return r->place.tls ? 0 : -1;
}

int redis_open(const struct uri *u, const struct backend_options *o, struct backend **out,
               struct err *err)
{
	struct redis *r = xcalloc(1, sizeof(*r));
	unsigned n_links;

	r->base.ops = &redis_ops;
	r->store = o->store;
	if (set_place(r, u, o, err) < 0 ||
	    backend_number(u, "width", WIDTH, 1, 4096, &r->width, err) < 0 ||
	    backend_number(u, "connections", LINKS, 1, LINKS_MAX, &n_links, err) < 0) {
		redis_free(&r->base);
		return -1;
	}
	for (r->n_links = 0; r->n_links < n_links; r->n_links++)
		r->links[r->n_links] = redislink_new(o->loop, &r->place);
	/* the way there (certificates, widths) is not the place */
	r->base.identity =
		r->socket ? xasprintf("redis+unix://%s/%u", r->socket, r->place.db)
			  : xasprintf("redis://%s:%u/%u", r->host, r->place.port, r->place.db);
	*out = &r->base;
	return 0;
}

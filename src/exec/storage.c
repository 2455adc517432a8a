#include "exec/storage.h"

#include <string.h>

#include "base/path.h"
#include "net/uri.h"

enum {
	STORAGES_MAX = 16, /* open at once; idle ones are closed first */
	ASK_WIDTH = 32,    /* questions of storage_missing under way */
};

struct storages {
	uv_loop_t *loop;
	struct store *store;
	struct storages_options o;
	struct storage *v[STORAGES_MAX];
	size_t n;
	uint64_t clock; /* of uses */
};

struct storages *storages_new(uv_loop_t *loop, struct store *st,
                              const struct storages_options *o)
{
	struct storages *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->store = st;
	s->o = *o;
	return s;
}

static void storage_free(struct storage *s)
{
	transfer_free(s->transfer);
	backend_free(s->backend);
	free(s->uri);
	free(s);
}

void storages_free(struct storages *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		storage_free(s->v[i]);
	free(s);
}

/* -- what is allowed -- */

static bool is_network(const char *scheme)
{
	static const char *const schemes[] = { "s3", "gs", "redis", "rediss" };

	for (size_t i = 0; i < countof(schemes); i++)
		if (strcmp(schemes[i], scheme) == 0)
			return true;
	return false;
}

static char *normal_path(const struct uri *u)
{
	return path_absolute("/", u->path);
}

/* An option may lead elsewhere (another endpoint), so only the operator gives them, but for
 * the region. */
static bool options_allowed(const struct uri *u, const struct uri *by)
{
	for (size_t i = 0; i < u->options.n; i++)
		if (strncmp(u->options.v[i], "region=", 7) != 0 &&
		    !(by && strv_has(&by->options, u->options.v[i])))
			return false;
	return true;
}

static bool place_allowed(const struct uri *u, const char *by_text)
{
	auto_uri by = { 0 };

	if (uri_parse(by_text, &by, NULL) < 0 || strcmp(u->scheme, by.scheme) != 0 ||
	    strcmp(u->host, by.host) != 0 || u->port != by.port || !options_allowed(u, &by))
		return false;
	auto_free char *path = normal_path(u);
	auto_free char *top = normal_path(&by);
	return path_below(path, top);
}

int storages_allow(const struct storages *s, const char *text, struct err *err)
{
	auto_uri u = { 0 };

	if (s->o.standard && strcmp(text, s->o.standard) == 0)
		return 0;
	if (uri_parse(text, &u, err) < 0)
		return -1;
	if (s->o.standard && place_allowed(&u, s->o.standard))
		return 0;
	for (size_t i = 0; s->o.allow && i < s->o.allow->n; i++)
		if (place_allowed(&u, s->o.allow->v[i]))
			return 0;
	if (s->o.allow_any && is_network(u.scheme) && options_allowed(&u, NULL))
		return 0;
	auto_free char *shown = uri_display(&u);
	return err_set(err, ERR_DENIED,
	               "this worker is not allowed to use the storage %s: its operator may add "
	               "--allow-store %s",
	               shown, shown);
}

/* -- what is open -- */

/* Makes a place: closes the one that nobody has used for longest. False: all are in use. */
static bool make_room(struct storages *s)
{
	size_t oldest = STORAGES_MAX;

	if (s->n < STORAGES_MAX)
		return true;
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i]->users == 0 &&
		    (oldest == STORAGES_MAX || s->v[i]->used < s->v[oldest]->used))
			oldest = i;
	if (oldest == STORAGES_MAX)
		return false;
	storage_free(s->v[oldest]);
	s->v[oldest] = s->v[--s->n];
	return true;
}

static struct storage *storage_open(struct storages *s, const char *uri, struct err *err)
{
	struct backend_options o = { .loop = s->loop,
		                     .store = s->store,
		                     .envp = s->o.envp,
		                     .user_agent = s->o.user_agent };
	struct backend *b = NULL;

	if (!make_room(s)) {
		err_set(err, ERR_RETRY, "too many different storages are in use here");
		return NULL;
	}
	if (backend_open(uri, &o, &b, err) < 0)
		return NULL;
	struct storage *st = xcalloc(1, sizeof(*st));
	st->backend = b;
	st->transfer = transfer_new(s->loop, s->store, b, &(struct transfer_options){ 0 });
	st->uri = xstrdup(uri);
	s->v[s->n++] = st;
	return st;
}

struct storage *storages_get(struct storages *s, const char *uri, struct err *err)
{
	struct storage *st = NULL;

	if (!*uri)
		uri = s->o.standard;
	if (!uri) {
		err_set(err, ERR_DENIED,
		        "the request names no storage, and this worker has none of its own");
		return NULL;
	}
	if (storages_allow(s, uri, err) < 0)
		return NULL;
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i]->uri, uri) == 0)
			st = s->v[i];
	if (!st)
		st = storage_open(s, uri, err);
	if (!st)
		return NULL;
	st->users++;
	st->used = ++s->clock;
	return st;
}

void storage_done(struct storage *s)
{
	if (s)
		s->users--;
}

/* -- what is missing -- */

struct question {
	struct storage *storage;
	struct oid *ids;
	size_t n, asked, open;
	struct strv missing;
	storage_missing_fn *fn;
	void *arg;
	uv_timer_t timer; /* for an end that comes from the loop even if nothing was asked */
};

struct asked {
	struct question *q;
	struct oid id;
};

static void question_closed(uv_handle_t *h)
{
	struct question *q = h->data;

	strv_release(&q->missing);
	free(q->ids);
	free(q);
}

static void question_end(uv_timer_t *timer)
{
	struct question *q = timer->data;

	q->fn(q->arg, &q->missing);
	uv_close((uv_handle_t *)timer, question_closed);
}

static void ask_more(struct question *q);

static void on_has(void *arg, const struct err *err)
{
	struct asked *a = arg;
	struct question *q = a->q;

	if (err && err->kind == ERR_NOTFOUND)
		strv_add(&q->missing, a->id.s);
	free(a);
	q->open--;
	ask_more(q);
}

static void ask_more(struct question *q)
{
	struct backend *b = q->storage->backend;

	while (q->asked < q->n && q->open < ASK_WIDTH) {
		struct asked *a = xcalloc(1, sizeof(*a));

		*a = (struct asked){ q, q->ids[q->asked++] };
		if (b->ops->has(b, &a->id, on_has, a, NULL) < 0)
			free(a);
		else
			q->open++;
	}
	if (q->open == 0)
		uv_timer_start(&q->timer, question_end, 0, 0);
}

void storage_missing(uv_loop_t *loop, struct storage *s, const struct oid *ids, size_t n,
                     storage_missing_fn *fn, void *arg)
{
	struct question *q = xcalloc(1, sizeof(*q));

	*q = (struct question){ .storage = s, .n = n, .fn = fn, .arg = arg };
	q->ids = xcalloc(n + 1, sizeof(*ids));
	if (n)
		memcpy(q->ids, ids, n * sizeof(*ids));
	uv_timer_init(loop, &q->timer);
	q->timer.data = q;
	ask_more(q);
}

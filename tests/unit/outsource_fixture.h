/**
 * A transfer that moves nothing, and a sender of requests that is the test's own function: an
 * outsourcing engine with neither backend nor network.
 */
#ifndef OUTSOURCE_FIXTURE_H
#define OUTSOURCE_FIXTURE_H

#include "sched_fixture.h"

#include "base/map.h"
#include "engine/outsource.h"

/* Instead of remote/transfer.c: objects that the store has can be pushed, at the loop's next
 * turn. */
struct transfer {
	uv_loop_t *loop;
	struct store *store;
	struct map there;
	size_t pushes;      /* calls */
	size_t sent;        /* objects that were not believed to be there */
	size_t forgotten;   /* names; SIZE_MAX: all */
	enum err_kind fail; /* every push does */
};

struct push {
	uv_timer_t timer;
	struct transfer *t;
	transfer_done_fn *done;
	void *arg;
	struct err err;
};

static inline void push_closed(uv_handle_t *h)
{
	free(h);
}

static inline void push_due(uv_timer_t *timer)
{
	struct push *p = (struct push *)timer;

	p->done(p->arg, p->err.kind ? &p->err : NULL);
	uv_close((uv_handle_t *)timer, push_closed);
}

int transfer_push(struct transfer *t, const struct oid *ids, size_t n, transfer_done_fn *done,
                  void *arg, struct err *err)
{
	struct push *p = xcalloc(1, sizeof(*p));
	bool is_new;

	(void)err;
	p->t = t;
	p->done = done;
	p->arg = arg;
	t->pushes++;
	if (t->fail)
		err_set(&p->err, t->fail, "the backend is away");
	for (size_t i = 0; !p->err.kind && i < n; i++) {
		if (map_find(&t->there, ids[i].s))
			continue;
		if (!store_has(t->store, &ids[i])) {
			err_set(&p->err, ERR_NOTFOUND, "%s is not in the store", ids[i].s);
			break;
		}
		map_add(&t->there, ids[i].s, &is_new)->num = 1;
		t->sent++;
	}
	uv_timer_init(t->loop, &p->timer);
	uv_timer_start(&p->timer, push_due, 0, 0);
	return 0;
}

bool transfer_believes(struct transfer *t, const struct oid *id)
{
	struct map_entry *e = map_find(&t->there, id->s);

	return e && e->num;
}

void transfer_learned(struct transfer *t, const struct oid *id)
{
	map_add(&t->there, id->s, NULL)->num = 1;
}

void transfer_doubt(struct transfer *t, const struct oid *ids, size_t n)
{
	transfer_forget(t, ids, n);
}

void transfer_forget(struct transfer *t, const struct oid *ids, size_t n)
{
	t->forgotten = n ? t->forgotten + n : SIZE_MAX;
	/* the map has no removal: begin anew, which forgets too much and is only seen as
	 * traffic */
	map_release(&t->there);
	t->there = (struct map)MAP_INIT;
	(void)ids;
}

/* Instead of net/http. */
struct sent {
	uv_timer_t timer;
	http_done_fn *done;
	void *arg;
	struct http_response res;
	bool open;
};

struct wires {
	uv_loop_t *loop;
	size_t n;      /* requests of jobs */
	size_t probes; /* GETs */
	size_t cancelled;
	struct wire_request last; /* what was asked last */
	char url[256];
	struct strv headers; /* of the last request */
	bool hang;           /* no answers */
	/* Writes the answer to a request; the body into s->res.body. */
	void (*answer)(void *arg, struct sent *s);
	void *arg;
	const char *health; /* what a probe hears; NULL: 400 */
};

static inline void sent_closed(uv_handle_t *h)
{
	struct sent *s = (struct sent *)h;

	buf_release(&s->res.body);
	strv_release(&s->res.headers);
	free(s);
}

static inline void sent_due(uv_timer_t *timer)
{
	struct sent *s = (struct sent *)timer;

	s->open = false;
	s->done(s->arg, &s->res);
	uv_close((uv_handle_t *)timer, sent_closed);
}

static inline int64_t wires_start(void *sender, const struct http_request *req,
                                  http_done_fn *done, void *arg, struct err *err)
{
	struct wires *w = sender;
	struct sent *s = xcalloc(1, sizeof(*s));
	bool probe = strcmp(req->method, "GET") == 0;

	s->done = done;
	s->arg = arg;
	s->open = true;
	s->res.status = 200;
	s->res.wall_ns = 1000000;
	snprintf(w->url, sizeof(w->url), "%s", req->url);
	strv_clear(&w->headers);
	for (size_t i = 0; i < req->headers.n; i++)
		strv_add(&w->headers, req->headers.v[i]);
	if (probe) {
		w->probes++;
		s->res.status = w->health ? 200 : 400;
		buf_adds(&s->res.body, w->health ? w->health : "what?");
	} else {
		w->n++;
		wire_request_release(&w->last);
		OK(wire_request_decode(req->body, req->body_len, &w->last, err), *err);
		w->answer(w->arg, s);
	}
	uv_timer_init(w->loop, &s->timer);
	uv_timer_start(&s->timer, sent_due, w->hang && !probe ? 3600000 : 0, 0);
	return (int64_t)(intptr_t)s;
}

static inline void wires_cancel(void *sender, int64_t id)
{
	struct wires *w = sender;
	struct sent *s = (struct sent *)(intptr_t)id;

	w->cancelled++;
	s->res.status = 0;
	err_set(&s->res.err, ERR_RETRY, "cancelled");
	uv_timer_start(&s->timer, sent_due, 0, 0);
}

#endif

/*
 *   push ─▶ believed? ──yes──▶ done
 *             │ no
 *             ▼
 *           item (one for an object and direction, with all jobs that wait for it)
 *             │
 *           queue ─▶ running ─▶ done, or failed, or delayed ─▶ queue
 *
 * How many run at once falls by half when the backend pushes back, and grows by one with each
 * success, up to its width.
 */
#include "remote/transfer.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/map.h"
#include "store/remoteset.h"

enum {
	CHECK_SIZE = 64 << 10, /* smaller ones are sent without asking first */
	SHRINK_NS = 500 * 1000 * 1000,
};

/* What is tried again, how often and how long after: a random time up to first_ms doubled with
 * each try, at most cap_ms ("full jitter"). */
struct again {
	int sys; /* err->sys that tells the class; 0: all others */
	unsigned tries, first_ms, cap_ms;
};

static const struct again agains[] = {
	{ EBUSY, 12, 200, 20000 },      /* throttled */
	{ ETIMEDOUT, 5, 500, 10000 },   /* no answer */
	{ ECONNREFUSED, 6, 200, 5000 }, /* not reachable */
	{ EHOSTUNREACH, 5, 500, 5000 }, /* no such host: names may be slow to appear */
	{ 0, 10, 100, 10000 },          /* 5xx, cut off */
};

struct job {
	struct transfer *t;
	struct job *next, **link;
	size_t left; /* items not done */
	struct err err;
	transfer_done_fn *done;
	void *arg;
};

struct waiter {
	struct waiter *next;
	struct job *job;
};

enum item_state { ITEM_QUEUED, ITEM_RUNNING, ITEM_DELAYED };

struct item {
	struct item *next, *prev;
	struct transfer *t;
	struct oid id;
	bool push;
	bool check; /* ask before sending */
	bool asking;
	enum item_state state;
	unsigned tries;
	int64_t due_ns;
	int64_t first_ns; /* begin of its first try */
	struct waiter *waiters;
};

struct list {
	struct item *first, *last;
	size_t n;
};

struct transfer {
	uv_loop_t *loop;
	struct store *store;
	struct backend *backend;
	struct remoteset *set;
	struct transfer_options o;
	bool doubts;      /* what is believed is asked for first, but for what is in sure */
	struct map sure;  /* names seen there since the doubt began */
	struct map items; /* direction and name → item, or NULL when it is done */
	struct list queued, running, delayed;
	struct job *jobs;
	uv_timer_t timer; /* what is delayed */
	uv_timer_t kick;  /* what must not happen inside the caller's call */
	int open_handles;
	unsigned width, width_now;
	int64_t shrunk_ns, succeeded_ns;
	bool dark; /* nothing answered, as often as it was tried; nothing has since */
	bool cancelled, freed;
	struct transfer_counts counts;
};

static void list_add(struct list *l, struct item *i)
{
	i->next = NULL;
	i->prev = l->last;
	*(l->last ? &l->last->next : &l->first) = i;
	l->last = i;
	l->n++;
}

static void list_add_first(struct list *l, struct item *i)
{
	i->prev = NULL;
	i->next = l->first;
	*(l->first ? &l->first->prev : &l->last) = i;
	l->first = i;
	l->n++;
}

static void list_remove(struct list *l, struct item *i)
{
	*(i->prev ? &i->prev->next : &l->first) = i->next;
	*(i->next ? &i->next->prev : &l->last) = i->prev;
	l->n--;
}

static struct list *list_of(struct item *i)
{
	return i->state == ITEM_QUEUED    ? &i->t->queued
	       : i->state == ITEM_RUNNING ? &i->t->running
	                                  : &i->t->delayed;
}

static void item_move(struct item *i, enum item_state to)
{
	list_remove(list_of(i), i);
	i->state = to;
	list_add(list_of(i), i);
}

static void key_of(const struct oid *id, bool push, char key[80])
{
	snprintf(key, 80, "%c%s", push ? 'p' : 'g', id->s);
}

static void job_answer(struct job *j)
{
	*j->link = j->next;
	if (j->next)
		j->next->link = j->link;
	j->done(j->arg, j->err.kind == ERR_NONE ? NULL : &j->err);
	free(j);
}

/* It is off the lists of the transfer after this; its jobs are told. */
static void item_end(struct item *i, const struct err *err)
{
	struct transfer *t = i->t;
	struct waiter *next;
	char key[80];

	key_of(&i->id, i->push, key);
	map_find(&t->items, key)->ptr = NULL;
	list_remove(list_of(i), i);
	t->counts.waiting--;
	if (err)
		t->counts.failed++;
	for (struct waiter *w = i->waiters; w; w = next) {
		struct job *j = w->job;

		next = w->next;
		free(w);
		if (err && j->err.kind == ERR_NONE) {
			j->err = *err;
			err_wrap(&j->err, i->push ? "send %s" : "fetch %s", i->id.s);
		}
		if (--j->left == 0)
			job_answer(j);
	}
	free(i);
}

static void transfer_turn(struct transfer *t);

static void on_kick(uv_timer_t *timer)
{
	struct transfer *t = timer->data;
	struct job *next;

	for (struct job *j = t->jobs; j; j = next) {
		next = j->next;
		if (j->left == 0)
			job_answer(j);
	}
	transfer_turn(t);
}

static void transfer_kick(struct transfer *t)
{
	uv_timer_start(&t->kick, on_kick, 0, 0);
}

/* Those that are there now; a call back may add others. */
static void end_all(struct list *l, const struct err *err)
{
	for (size_t n = l->n; n && l->first; n--)
		item_end(l->first, err); // NOLINT(clang-analyzer-unix.Malloc): off the list
}

static void end_waiting(struct transfer *t, const struct err *err)
{
	end_all(&t->queued, err);
	end_all(&t->delayed, err);
}

/* Trying again. */

static const struct again *again_for(const struct err *err)
{
	size_t i = 0;

	while (agains[i].sys && agains[i].sys != err->sys)
		i++;
	return &agains[i];
}

static uint64_t jitter_ns(const struct again *a, unsigned tries)
{
	uint64_t most_ms = a->cap_ms;
	uint64_t random = 0;

	if (tries < 16 && (uint64_t)a->first_ms << tries < most_ms)
		most_ms = (uint64_t)a->first_ms << tries;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint64_t)clock_now_ns();
	return random % (most_ms * 1000000 + 1);
}

static void on_timer(uv_timer_t *timer)
{
	transfer_turn(timer->data);
}

/* What has been tried goes before what has not: where nobody answers, that is known after a few
 * tries of one, and not after a first of all. */
static void item_again(struct item *i)
{
	list_remove(list_of(i), i);
	i->state = ITEM_QUEUED;
	list_add_first(&i->t->queued, i);
}

/* Bring back what is due, and set the clock for the next. */
static void wake_delayed(struct transfer *t)
{
	int64_t now = clock_now_ns(), soonest = INT64_MAX;
	struct item *next;

	for (struct item *i = t->delayed.first; i; i = next) {
		next = i->next;
		if (i->due_ns <= now)
			item_again(i);
		else if (i->due_ns < soonest)
			soonest = i->due_ns;
	}
	if (soonest != INT64_MAX)
		uv_timer_start(&t->timer, on_timer, (uint64_t)(soonest - now) / 1000000 + 1, 0);
}

static void shrink(struct transfer *t)
{
	int64_t now = clock_now_ns();

	if (now - t->shrunk_ns < SHRINK_NS)
		return;
	t->shrunk_ns = now;
	t->width_now = t->width_now > 1 ? t->width_now / 2 : 1;
}

static bool is_worth_another_try(const struct item *i, const struct err *err)
{
	unsigned tries = again_for(err)->tries;

	if (i->t->o.tries && i->t->o.tries < tries)
		tries = i->t->o.tries;
	if (i->t->dark)
		tries = 1;
	/* bytes may be damaged on the way; damaged at the source they stay so */
	if (err->kind == ERR_CORRUPT && !i->push)
		return i->tries < 2;
	return err->kind == ERR_RETRY && i->tries < tries;
}

/* Nobody will do better: the place is closed to us, or nothing answers any more. */
static bool is_hopeless(const struct item *i, const struct err *err)
{
	if (err->kind == ERR_DENIED || err->kind == ERR_NOSPC)
		return true;
	return err->kind == ERR_RETRY && i->t->succeeded_ns < i->first_ns;
}

static void item_failed(struct item *i, const struct err *err)
{
	struct transfer *t = i->t;
	struct err copy = *err;

	if (t->cancelled) {
		item_end(i, &copy);
		return;
	}
	if (copy.kind == ERR_RETRY)
		shrink(t);
	if (is_worth_another_try(i, &copy)) {
		i->due_ns = clock_now_ns() + (int64_t)jitter_ns(again_for(&copy), i->tries);
		t->counts.retries++;
		item_move(i, ITEM_DELAYED);
		return;
	}
	if (!i->push && (copy.kind == ERR_NOTFOUND || copy.kind == ERR_CORRUPT))
		remoteset_remove(t->set, &i->id);
	bool hopeless = is_hopeless(i, &copy);
	t->dark = hopeless && copy.kind == ERR_RETRY;
	item_end(i, &copy);
	if (hopeless)
		end_waiting(t, &copy);
}

static void now_sure(struct transfer *t, const struct oid *id)
{
	remoteset_add(t->set, id);
	if (t->doubts)
		map_add(&t->sure, id->s, NULL);
}

static void item_succeeded(struct item *i)
{
	struct transfer *t = i->t;

	t->succeeded_ns = clock_now_ns();
	t->dark = false;
	if (t->width_now < t->width)
		t->width_now++;
	if (!i->push) {
		t->counts.pulled++;
		t->counts.pulled_bytes += oid_size(&i->id);
	} else if (i->asking) {
		t->counts.believed++;
	} else {
		t->counts.pushed++;
		t->counts.pushed_bytes += oid_size(&i->id);
	}
	now_sure(t, &i->id);
	item_end(i, NULL);
}

static void transfer_released(struct transfer *t);

static void on_done(void *arg, const struct err *err)
{
	struct item *i = arg;
	struct transfer *t = i->t;

	if (t->freed) {
		item_end(i, err);
		transfer_released(t);
		return;
	}
	if (i->asking && err && err->kind == ERR_NOTFOUND) {
		i->check = i->asking = false;
		remoteset_remove(t->set, &i->id);
		item_move(i, ITEM_QUEUED);
	} else if (err) {
		item_failed(i, err);
	} else {
		item_succeeded(i);
	}
	transfer_turn(t);
}

static void item_run(struct item *i)
{
	struct backend *b = i->t->backend;
	struct err err = ERR_INIT;
	int rc;

	item_move(i, ITEM_RUNNING);
	if (!i->first_ns)
		i->first_ns = clock_now_ns();
	i->tries++;
	i->asking = i->push && i->check;
	if (i->asking)
		rc = b->ops->has(b, &i->id, on_done, i, &err);
	else if (i->push)
		rc = b->ops->put(b, &i->id, on_done, i, &err);
	else
		rc = b->ops->get(b, &i->id, false, on_done, i, &err);
	if (rc < 0)
		item_failed(i, &err);
}

static void transfer_turn(struct transfer *t)
{
	if (t->delayed.first)
		wake_delayed(t);
	while (t->queued.first && t->running.n < t->width_now && !t->cancelled)
		item_run(t->queued.first);
	if (t->counts.waiting == 0)
		remoteset_flush(t->set, NULL);
}

/* The caller's side. */

static void wait_for(struct transfer *t, const struct oid *id, bool push, bool check,
                     struct job *job)
{
	struct waiter *w = xcalloc(1, sizeof(*w));
	struct map_entry *e;
	struct item *i;
	char key[80];

	key_of(id, push, key);
	e = map_add(&t->items, key, NULL);
	i = e->ptr;
	if (!i) {
		i = xcalloc(1, sizeof(*i));
		i->t = t;
		i->id = *id;
		i->push = push;
		i->check = check;
		i->state = ITEM_QUEUED;
		list_add(&t->queued, i);
		t->counts.waiting++;
		e->ptr = i;
	}
	w->job = job;
	w->next = i->waiters;
	i->waiters = w;
	job->left++;
}

static struct job *job_new(struct transfer *t, transfer_done_fn *done, void *arg)
{
	struct job *j = xcalloc(1, sizeof(*j));

	j->t = t;
	j->done = done;
	j->arg = arg;
	j->next = t->jobs;
	j->link = &t->jobs;
	if (j->next)
		j->next->link = &j->next;
	t->jobs = j;
	if (t->cancelled) {
		err_set(&j->err, ERR_RETRY, "cancelled");
		j->err.sys = ECANCELED;
	}
	transfer_kick(t);
	return j;
}

int transfer_push(struct transfer *t, const struct oid *ids, size_t n, transfer_done_fn *done,
                  void *arg, struct err *err)
{
	struct job *j = job_new(t, done, arg);

	(void)err;
	for (size_t i = 0; i < n && !t->cancelled; i++) {
		bool believed = remoteset_has(t->set, &ids[i]);
		bool doubted = t->doubts && !map_find(&t->sure, ids[i].s);

		if (believed && !t->o.doubt && !doubted) {
			t->counts.believed++;
			continue;
		}
		bool check = believed || (t->o.check_first && oid_size(&ids[i]) >= CHECK_SIZE);
		wait_for(t, &ids[i], true, check, j);
	}
	return 0;
}

int transfer_pull(struct transfer *t, const struct oid *ids, size_t n, transfer_done_fn *done,
                  void *arg, struct err *err)
{
	struct job *j = job_new(t, done, arg);

	(void)err;
	for (size_t i = 0; i < n && !t->cancelled; i++)
		if (!store_has(t->store, &ids[i]))
			wait_for(t, &ids[i], false, false, j);
	return 0;
}

bool transfer_believes(struct transfer *t, const struct oid *id)
{
	return remoteset_has(t->set, id);
}

void transfer_learned(struct transfer *t, const struct oid *id)
{
	now_sure(t, id);
}

void transfer_forget(struct transfer *t, const struct oid *ids, size_t n)
{
	if (n == 0)
		remoteset_clear(t->set, NULL);
	for (size_t i = 0; i < n; i++)
		remoteset_remove(t->set, &ids[i]);
}

void transfer_doubt(struct transfer *t, const struct oid *ids, size_t n)
{
	bool begin = !t->doubts;

	for (size_t i = 0; i < n && !begin; i++)
		begin = map_find(&t->sure, ids[i].s) != NULL;
	if (begin) {
		map_release(&t->sure);
		t->sure = (struct map)MAP_INIT;
		t->doubts = true;
	}
	transfer_forget(t, ids, n);
}

struct transfer_counts transfer_counts(const struct transfer *t)
{
	return t->counts;
}

struct transfer *transfer_new(uv_loop_t *loop, struct store *st, struct backend *b,
                              const struct transfer_options *o)
{
	struct transfer *t = xcalloc(1, sizeof(*t));

	t->loop = loop;
	t->store = st;
	t->backend = b;
	t->set = remoteset_new(st, b->identity);
	if (o)
		t->o = *o;
	t->width = t->o.width ? t->o.width : b->ops->width(b);
	t->width_now = t->width;
	uv_timer_init(loop, &t->timer);
	uv_timer_init(loop, &t->kick);
	t->open_handles = 2;
	t->timer.data = t->kick.data = t;
	return t;
}

void transfer_cancel(struct transfer *t)
{
	struct err err = ERR_INIT;

	if (t->cancelled)
		return;
	t->cancelled = true;
	err_set(&err, ERR_RETRY, "cancelled");
	err.sys = ECANCELED;
	end_waiting(t, &err);
	if (t->running.n)
		t->backend->ops->cancel_all(t->backend);
}

static void on_closed(uv_handle_t *h)
{
	struct transfer *t = h->data;

	t->open_handles--;
	transfer_released(t);
}

/* The last of its requests and handles takes it along. */
static void transfer_released(struct transfer *t)
{
	if (t->open_handles || t->running.n)
		return;
	map_release(&t->items);
	map_release(&t->sure);
	free(t);
}

void transfer_free(struct transfer *t)
{
	struct err err = ERR_INIT;

	if (!t)
		return;
	transfer_cancel(t);
	err_set(&err, ERR_RETRY, "cancelled");
	err.sys = ECANCELED;
	/* who is answered may ask for more; job_answer takes it off the list */
	while (t->jobs) {
		struct job *j = t->jobs;

		if (j->err.kind == ERR_NONE && j->left) // NOLINT(clang-analyzer-unix.Malloc)
			j->err = err;
		job_answer(j);
	}
	/* what runs still answers, to nobody */
	for (struct item *i = t->running.first; i; i = i->next)
		while (i->waiters) {
			struct waiter *w = i->waiters;

			i->waiters = w->next;
			free(w);
		}
	remoteset_free(steal(&t->set));
	t->freed = true;
	uv_close((uv_handle_t *)&t->timer, on_closed);
	uv_close((uv_handle_t *)&t->kick, on_closed);
}

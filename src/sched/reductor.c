/*
 * A job is a node that graph_next handed out, with its thunk; the graph sees it RUNNING until
 * it is settled. A job has attempts on engines, mostly one; one without attempts is in the heap
 * of those that wait, by the time of their next try. An attempt outlives its job when another
 * was faster: it then has no job, and only gives its place back when it answers.
 */
#include "sched/reductor.h"

#include <string.h>

#include "base/clock.h"
#include "sched/heap.h"

enum {
	PEERS_MAX = 64,     /* durations kept per engine, for its percentile */
	PEERS_MIN = 5,      /* fewer say nothing */
	ATTEMPTS_MAX = 3,   /* of one job at once */
	DOWN_AFTER = 8,     /* failures in a row */
	SET_ASIDE_MAX = 64, /* jobs passed over because their engines are full */
	LOST_BELIEVED = 3,  /* times that a result is gone before another place makes it */
};

/* An attempt is a straggler past twice the 95th percentile of its peers and half a second;
 * where no peer has answered yet, after half a minute. */
static const int64_t straggler_least_ns = 500000000;
static const int64_t straggler_unknown_ns = 30000000000;
static const int64_t down_ns = 30000000000; /* an engine is left alone for so long */

struct job;

/* An engine, and what is known of it. */
struct seat {
	struct engine *engine;
	unsigned roles;
	unsigned failures; /* in a row, of those that blame it */
	int64_t down_until_ns;
	int64_t peers_ns[PEERS_MAX]; /* durations of the last good attempts, a ring */
	size_t n_peers;
	int64_t straggler_ns; /* what follows from them */
};

struct attempt {
	struct attempt *prev; /* of all that are open, oldest first */
	struct attempt *next;
	struct reductor *reductor;
	struct job *job; /* NULL: settled without it */
	struct seat *seat;
	int64_t began_ns;
};

struct job {
	struct node *node;
	struct thunk *thunk; /* owned */
	struct oid id;
	unsigned attempts; /* open */
	unsigned copies;   /* that were started beside an open attempt */
	unsigned tries;
	bool falls_back;    /* only fallback engines are left */
	struct seat *avoid; /* the next try is better made elsewhere */
	int64_t due_ns;
};

struct reductor {
	struct graph *graph;
	struct reductor_options options;
	struct seat **seats; /* owned; their addresses are kept by attempts */
	size_t n_seats;
	struct observer *observers; /* owned array of copies */
	size_t n_observers;
	struct attempt *first; /* open attempts, oldest first */
	struct attempt *last;
	size_t running;      /* jobs with attempts */
	struct heap waiting; /* jobs without, by due_ns; earliest first */
	uint64_t random;     /* of back-off; xorshift */
	double price_usd;
	bool stopped;
	bool cancelled;
	bool pumping;
	bool again;
};

static int64_t now_ns(const struct reductor *r)
{
	return r->options.now_ns ? r->options.now_ns(r->options.arg) : clock_now_ns();
}

static uint32_t next_random(struct reductor *r)
{
	r->random ^= r->random << 13;
	r->random ^= r->random >> 7;
	r->random ^= r->random << 17;
	return (uint32_t)(r->random >> 32);
}

/* -- observers -- */

static void tell_started(struct reductor *r, const struct job *j, const struct seat *s)
{
	struct oid asked;
	const struct observed o = {
		.id = &j->id,
		.asked = &asked,
		.thunk = j->thunk,
		.engine = s->engine->ops->name,
		.ready_ns = graph_ready_ns(j->node),
		.tries = j->tries,
	};

	graph_id(j->node, &asked);
	for (size_t i = 0; i < r->n_observers; i++)
		if (r->observers[i].started)
			r->observers[i].started(r->observers[i].arg, &o);
}

static void tell_finished(struct reductor *r, const struct oid *id, const struct thunk *t,
                          const struct outcome *o)
{
	for (size_t i = 0; i < r->n_observers; i++)
		if (r->observers[i].finished)
			r->observers[i].finished(r->observers[i].arg, id, t, o);
}

static void tell_retried(struct reductor *r, const struct oid *id, const char *why)
{
	for (size_t i = 0; i < r->n_observers; i++)
		if (r->observers[i].retried)
			r->observers[i].retried(r->observers[i].arg, id, why);
}

static void tell_down(struct reductor *r, const struct seat *s, const char *why)
{
	for (size_t i = 0; i < r->n_observers; i++)
		if (r->observers[i].engine_down)
			r->observers[i].engine_down(r->observers[i].arg, s->engine->ops->name,
			                            why);
}

static void tell_counts(struct reductor *r)
{
	struct graph_counts c;

	graph_counts(r->graph, &c);
	for (size_t i = 0; i < r->n_observers; i++)
		if (r->observers[i].counts)
			r->observers[i].counts(r->observers[i].arg, &c);
}

/* -- engines -- */

static bool seat_is_up(const struct reductor *r, const struct seat *s)
{
	return s->down_until_ns == 0 || s->down_until_ns <= now_ns(r);
}

static unsigned seat_room(const struct seat *s)
{
	return s->engine->ops->free_slots(s->engine);
}

static int by_duration(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Learns from a good attempt; the percentile is worked out anew now and then. */
static void seat_learn(struct seat *s, int64_t took_ns)
{
	int64_t sorted[PEERS_MAX];

	s->failures = 0;
	s->down_until_ns = 0;
	s->peers_ns[s->n_peers++ % PEERS_MAX] = took_ns;
	size_t n = s->n_peers < PEERS_MAX ? s->n_peers : PEERS_MAX;
	if (n < PEERS_MIN || (n == PEERS_MAX && s->n_peers % 16))
		return;
	memcpy(sorted, s->peers_ns, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_duration);
	s->straggler_ns = 2 * sorted[n * 95 / 100] + straggler_least_ns;
}

static void seat_blame(struct reductor *r, struct seat *s, const char *why)
{
	if (++s->failures < DOWN_AFTER || !seat_is_up(r, s))
		return;
	s->down_until_ns = now_ns(r) + down_ns;
	tell_down(r, s, why);
}

static int64_t seat_straggler_ns(const struct reductor *r, const struct seat *s)
{
	if (r->options.straggler_ns)
		return r->options.straggler_ns;
	return s->straggler_ns ? s->straggler_ns : straggler_unknown_ns;
}

/* Is there an engine that new work could start on? Fallback engines count when no other is up.
 */
static bool any_room(const struct reductor *r)
{
	bool primary_up = false;
	bool fallback_up = false;
	bool fallback_room = false;

	for (size_t i = 0; i < r->n_seats; i++) {
		const struct seat *s = r->seats[i];

		if (!seat_is_up(r, s))
			continue;
		bool room = seat_room(s) > 0;
		if (s->roles & ENGINE_PRIMARY) {
			primary_up = true;
			if (room)
				return true;
		}
		if (s->roles & ENGINE_FALLBACK) {
			fallback_up = true;
			fallback_room |= room;
		}
	}
	return !primary_up && (fallback_room || !fallback_up);
}

static bool takes_too_long(const struct reductor *r, const struct seat *s, int64_t began_ns)
{
	return s->engine->ops->elsewhere && now_ns(r) - began_ns >= seat_straggler_ns(r, s);
}

/* -- attempts and jobs -- */

static struct attempt *attempt_new(struct reductor *r, struct job *j, struct seat *s)
{
	struct attempt *a = xcalloc(1, sizeof(*a));

	*a = (struct attempt){
		.prev = r->last, .reductor = r, .job = j, .seat = s, .began_ns = now_ns(r)
	};
	if (r->last)
		r->last->next = a;
	else
		r->first = a;
	r->last = a;
	return a;
}

static void attempt_free(struct attempt *a)
{
	struct reductor *r = a->reductor;

	if (a->prev)
		a->prev->next = a->next;
	else
		r->first = a->next;
	if (a->next)
		a->next->prev = a->prev;
	else
		r->last = a->prev;
	free(a);
}

static struct job *job_new(struct node *n, const struct oid *id, struct thunk *t)
{
	struct job *j = xcalloc(1, sizeof(*j));

	*j = (struct job){ .node = n, .thunk = t, .id = *id };
	return j;
}

/* Attempts that are still open go on without it, and are asked to end. */
static void job_free(struct reductor *r, struct job *j)
{
	for (struct attempt *next, *a = j->attempts ? r->first : NULL; a; a = next) {
		const struct engine_ops *ops = a->seat->engine->ops;

		next = a->next;
		if (a->job != j)
			continue;
		a->job = NULL;
		/* Others were faster though they began later. */
		if (takes_too_long(r, a->seat, a->began_ns))
			seat_blame(r, a->seat, "it does not answer");
		if (ops->cancel)
			ops->cancel(a->seat->engine, a);
	}
	if (j->attempts)
		r->running--;
	thunk_free(j->thunk);
	free(j);
}

static void job_wait(struct reductor *r, struct job *j, int64_t due_ns)
{
	j->due_ns = due_ns;
	heap_push(&r->waiting, UINT64_MAX - (uint64_t)due_ns, j);
}

/* It failed for good. */
static void job_fail(struct reductor *r, struct job *j, const struct outcome *o)
{
	struct node *n = j->node;

	if (!r->options.keep_going)
		r->stopped = true;
	tell_finished(r, &j->id, j->thunk, o);
	job_free(r, j);
	graph_failed(r->graph, n);
}

static void job_succeed(struct reductor *r, struct job *j, const struct outcome *o)
{
	struct oid id = j->id;
	struct node *n = j->node;
	struct err err = ERR_INIT;

	tell_finished(r, &id, j->thunk, o);
	job_free(r, j);
	if (graph_done(r->graph, n, &o->memo, o->memoizable, &err) < 0) {
		err_wrap(&err, "its result is used but can't be remembered");
		tell_retried(r, &id, err.msg);
	}
}

static bool has_fallback(const struct reductor *r, const struct job *j)
{
	if (j->falls_back)
		return false;
	for (size_t i = 0; i < r->n_seats; i++)
		if (r->seats[i]->roles == ENGINE_FALLBACK)
			return true;
	return false;
}

/* Its inputs are made again, if thunks made them: the job is then none of ours any more. */
static bool inputs_remade(struct reductor *r, struct job *j)
{
	struct node *n = j->node;
	struct oid id = j->id;

	if (!graph_remake_inputs(r->graph, n))
		return false;
	job_free(r, j);
	tell_retried(r, &id, "results that it needs were lost and are made again");
	return true;
}

/* No attempt of it is open, and the last has failed: what now? */
static void job_failed_once(struct reductor *r, struct job *j, struct seat *s,
                            const struct outcome *o)
{
	const struct policy *p = policy_for(o->what);
	unsigned tries = p->tries;

	/* A failure that may lie in the place and not in the program is settled by a fallback
	 * engine. */
	if (o->what == OUTCOME_FAILED && o->suspicious && s->engine->ops->elsewhere)
		p = policy_for(OUTCOME_CANT_RUN);
	if (r->options.max_tries && r->options.max_tries < tries)
		tries = r->options.max_tries;
	bool may = !r->stopped && !r->cancelled;
	j->copies = 0;
	if (may && o->what == OUTCOME_MISSING && inputs_remade(r, j))
		return;
	bool again = j->tries < tries;
	if (may && !again && p->falls_back && has_fallback(r, j)) {
		j->falls_back = true;
		j->tries = 0;
		again = true;
	}
	if (!may || !again) {
		job_fail(r, j, o);
		return;
	}
	j->avoid = p->other_engine ? s : NULL;
	tell_retried(r, &j->id, *o->why ? o->why : p->text);
	job_wait(r, j,
	         j->tries == 0 ? now_ns(r)
	                       : now_ns(r) + policy_wait_ns(p, j->tries, o->retry_after_ms,
	                                                    next_random(r)));
}

static void attempt_answered(void *arg, struct outcome *o)
{
	struct attempt *a = arg;
	struct reductor *r = a->reductor;
	struct job *j = a->job;
	struct seat *s = a->seat;
	int64_t took_ns = now_ns(r) - a->began_ns;

	attempt_free(a);
	r->price_usd += o->price_usd;
	if (!*o->why)
		snprintf(o->why, sizeof(o->why), "%s", policy_for(o->what)->text);
	if (o->what == OUTCOME_OK)
		seat_learn(s, took_ns);
	else if (policy_for(o->what)->blames_engine)
		seat_blame(r, s, o->why);
	if (j) {
		if (--j->attempts == 0)
			r->running--;
		if (o->what == OUTCOME_OK)
			job_succeed(r, j, o);
		else if (j->attempts == 0)
			job_failed_once(r, j, s, o);
		else if (o->what == OUTCOME_FAILED && !o->suspicious)
			job_fail(r, j, o);
		else if (o->what == OUTCOME_MISSING && !r->stopped && !r->cancelled)
			inputs_remade(r, j);
		/* else, or if nothing is made again: the other attempt decides */
	}
	outcome_release(o);
	reductor_pump(r);
}

/* -- starting -- */

enum start_result {
	STARTED,
	FULL,  /* every engine that can run it is busy */
	NEVER, /* no engine can */
};

static enum start_result start_on(struct reductor *r, struct job *j, struct seat *s,
                                  struct err *err)
{
	struct attempt *a = attempt_new(r, j, s);

	if (s->engine->ops->start(s->engine, &j->id, j->thunk, attempt_answered, a, err) < 0) {
		attempt_free(a);
		return err->kind == ERR_RETRY && r->first ? FULL : NEVER;
	}
	if (j->attempts++ == 0)
		r->running++;
	tell_started(r, j, s);
	return STARTED;
}

/* On the first engine of these roles that is up and has room. @avoid: not there. */
static enum start_result try_seats(struct reductor *r, struct job *j, unsigned roles,
                                   const struct seat *avoid, struct err *err)
{
	enum start_result result = NEVER;

	for (size_t i = 0; i < r->n_seats; i++) {
		struct seat *s = r->seats[i];

		if (s == avoid || !(s->roles & roles) || !seat_is_up(r, s) ||
		    !s->engine->ops->can_run(s->engine, j->thunk))
			continue;
		if (seat_room(s) == 0) {
			result = FULL;
			continue;
		}
		enum start_result now = start_on(r, j, s, err);
		if (now == STARTED)
			return STARTED;
		if (now == FULL)
			result = FULL;
	}
	return result;
}

static enum start_result job_start(struct reductor *r, struct job *j)
{
	struct err err = ERR_INIT;
	unsigned roles = j->falls_back ? ENGINE_FALLBACK : ENGINE_PRIMARY;
	enum start_result result = NEVER;
	bool stored = j->tries || graph_store(r->graph, j->node, j->thunk, &err) == 0;

	if (stored && j->avoid)
		result = try_seats(r, j, roles, j->avoid, &err);
	if (stored && result == NEVER)
		result = try_seats(r, j, roles, NULL, &err);
	if (stored && result == NEVER && has_fallback(r, j)) {
		j->falls_back = true;
		result = try_seats(r, j, ENGINE_FALLBACK, NULL, &err);
	}
	if (result == STARTED)
		j->tries++;
	if (result != NEVER)
		return result;
	struct outcome o = { .what = err.kind == ERR_NOTFOUND ? OUTCOME_MISSING
		                     : err.kind == ERR_NOSPC  ? OUTCOME_NOSPC
		                                              : OUTCOME_INTERNAL };
	snprintf(o.why, sizeof(o.why), "%s",
	         err.kind ? err.msg
	                  : "there is no engine that can run it, or they are all down");
	if (o.what != OUTCOME_MISSING || !inputs_remade(r, j))
		job_fail(r, j, &o);
	return NEVER;
}

static bool may_start(const struct reductor *r)
{
	return !r->stopped && !r->cancelled;
}

/* The next job to start: one whose time for another try has come, or a new one. */
static struct job *job_next(struct reductor *r)
{
	struct err err = ERR_INIT;
	struct thunk *t;
	struct oid id;

	if (r->waiting.n > 0 && ((struct job *)r->waiting.v[0].ptr)->due_ns <= now_ns(r))
		return heap_pop(&r->waiting);
	if (!any_room(r))
		return NULL;
	struct node *n = graph_next(r->graph, &id, &t, &err);
	if (!n)
		return NULL;
	struct job *j = job_new(n, &id, t);
	/* Who says that results are there which never are is not asked again. */
	j->falls_back = graph_times_lost(n) >= LOST_BELIEVED && has_fallback(r, j);
	return j;
}

/* Jobs whose engines are full are set aside, so that they don't keep others from starting. */
static void pump_once(struct reductor *r)
{
	struct job *aside[SET_ASIDE_MAX];
	size_t n = 0;

	while (may_start(r) && n < SET_ASIDE_MAX) {
		struct job *j = job_next(r);

		if (!j)
			break;
		if (job_start(r, j) == FULL)
			aside[n++] = j;
	}
	while (n > 0)
		job_wait(r, aside[--n], now_ns(r));
}

/* Starts what takes longer than its peers a second time, where there is room left. */
static void start_stragglers(struct reductor *r)
{
	int64_t now = now_ns(r);
	struct attempt *last = r->last; /* those that are added now are not looked at */

	for (struct attempt *a = r->first; a; a = a->next) {
		struct job *j = a->job;
		struct err err = ERR_INIT;

		if (j && a->seat->engine->ops->elsewhere && j->attempts < ATTEMPTS_MAX &&
		    now - a->began_ns >= seat_straggler_ns(r, a->seat) * (j->copies + 1)) {
			unsigned roles = j->falls_back ? ENGINE_FALLBACK : ENGINE_PRIMARY;
			/* The place may hang as a whole. */
			if (now - a->began_ns >= seat_straggler_ns(r, a->seat) * 2)
				roles |= ENGINE_FALLBACK;
			enum start_result s = try_seats(r, j, roles, a->seat, &err);

			if (s != STARTED)
				s = try_seats(r, j, roles, NULL, &err);
			if (s == STARTED) {
				j->copies++;
				tell_retried(r, &j->id, "takes longer than its peers");
			}
		}
		if (a == last)
			return;
	}
}

/* A run that has stopped makes no more tries. */
static void drop_waiting(struct reductor *r)
{
	struct outcome o = { .what = OUTCOME_CANCELLED, .why = "cancelled" };

	for (struct job *j; (j = heap_pop(&r->waiting));)
		job_fail(r, j, &o);
}

/* When is there something to do that no answer will bring about? -1: never. */
static int64_t next_due_ns(const struct reductor *r)
{
	int64_t due_ns = -1;

	if (!may_start(r))
		return -1;
	/* One that is due already waits for room, which an answer brings. */
	if (r->waiting.n > 0)
		due_ns = ((struct job *)r->waiting.v[0].ptr)->due_ns;
	if (due_ns >= 0 && due_ns <= now_ns(r) && r->first)
		due_ns = -1;
	for (const struct attempt *a = r->first; a; a = a->next) {
		if (!a->job || !a->seat->engine->ops->elsewhere ||
		    a->job->attempts >= ATTEMPTS_MAX)
			continue;
		int64_t limit_ns = seat_straggler_ns(r, a->seat);
		int64_t late_ns = a->began_ns + limit_ns * (a->job->copies + 1);
		if (late_ns <= now_ns(r))
			late_ns = a->began_ns + limit_ns * 2; /* no room: then elsewhere */
		if (late_ns <= now_ns(r))
			continue; /* no room anywhere: an answer makes some */
		if (due_ns < 0 || late_ns < due_ns)
			due_ns = late_ns;
		break; /* the oldest is enough: the others come later, or are looked at then */
	}
	return due_ns;
}

void reductor_pump(struct reductor *r)
{
	r->again = true;
	if (r->pumping)
		return;
	r->pumping = true;
	while (r->again) {
		r->again = false;
		pump_once(r);
		if (may_start(r))
			start_stragglers(r);
		else
			drop_waiting(r);
	}
	r->pumping = false;
	if (r->options.wake_at)
		r->options.wake_at(r->options.arg, next_due_ns(r));
	tell_counts(r);
}

/* A node failed in the graph itself. */
static void on_broken(void *arg, struct node *n)
{
	struct reductor *r = arg;
	struct outcome o = { .what = OUTCOME_INTERNAL };
	struct oid id;

	snprintf(o.why, sizeof(o.why), "%s", graph_why(n));
	if (!r->options.keep_going)
		r->stopped = true;
	graph_id(n, &id);
	tell_finished(r, &id, NULL, &o);
}

/* -- the public face -- */

struct reductor *reductor_new(struct graph *g, const struct reductor_options *o)
{
	struct reductor *r = xcalloc(1, sizeof(*r));

	r->graph = g;
	if (o)
		r->options = *o;
	/* Clients that were refused together must not come back together. */
	r->random = (uint64_t)clock_wall_ns() ^ ((uint64_t)getpid() << 32 | 1);
	graph_on_broken(g, on_broken, r);
	return r;
}

void reductor_free(struct reductor *r)
{
	if (!r)
		return;
	graph_on_broken(r->graph, NULL, NULL);
	while (r->first) {
		struct job *j =
			r->first->job; // NOLINT(clang-analyzer-unix.Malloc): off the list

		if (j && --j->attempts == 0) {
			thunk_free(j->thunk);
			free(j);
		}
		attempt_free(r->first);
	}
	for (struct job *j; (j = heap_pop(&r->waiting));) {
		thunk_free(j->thunk);
		free(j);
	}
	heap_release(&r->waiting);
	for (size_t i = 0; i < r->n_seats; i++)
		free(r->seats[i]);
	free(r->seats);
	free(r->observers);
	free(r);
}

void reductor_add_engine(struct reductor *r, struct engine *e, unsigned roles)
{
	struct seat *s = xcalloc(1, sizeof(*s));

	*s = (struct seat){ .engine = e, .roles = roles };
	r->seats = xrealloc(r->seats, (r->n_seats + 1) * sizeof(struct seat *));
	r->seats[r->n_seats++] = s;
}

void reductor_add_observer(struct reductor *r, const struct observer *o)
{
	r->observers = xrealloc(r->observers, (r->n_observers + 1) * sizeof(*r->observers));
	r->observers[r->n_observers++] = *o;
}

bool reductor_idle(const struct reductor *r)
{
	struct graph_counts c;

	if (r->running > 0)
		return false;
	graph_counts(r->graph, &c);
	return !may_start(r) || (c.ready == 0 && r->waiting.n == 0) ||
	       (r->waiting.n == 0 && !any_room(r));
}

bool reductor_stopped(const struct reductor *r)
{
	return r->stopped;
}

void reductor_drop(struct reductor *r, const struct node *n)
{
	for (struct attempt *next, *a = r->first; a; a = next) {
		const struct engine_ops *ops = a->seat->engine->ops;

		next = a->next;
		if (a->job && a->job->node == n && ops->cancel)
			ops->cancel(a->seat->engine, a);
	}
}

void reductor_cancel(struct reductor *r)
{
	r->cancelled = true;
	for (size_t i = 0; i < r->n_seats; i++)
		r->seats[i]->engine->ops->cancel_all(r->seats[i]->engine);
	reductor_pump(r);
}

double reductor_price_usd(const struct reductor *r)
{
	return r->price_usd;
}

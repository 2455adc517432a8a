/*
 * A job is a node that graph_next handed out, with its thunk. It is on one list for its whole
 * life and either runs on an engine or waits for its next try. The node of a waiting job stays
 * RUNNING as the graph sees it.
 */
#include "sched/reductor.h"

struct job {
	struct reductor *reductor; /* NULL: its reductor is gone */
	struct job *prev;
	struct job *next;
	struct node *node;
	struct thunk *thunk; /* owned */
	struct oid id;
	struct engine *engine; /* of the last try */
	unsigned tries;
	bool running;
	bool elsewhere; /* the next try is better made on another engine */
};

struct reductor {
	struct graph *graph;
	struct reductor_options options;
	struct engine **engines; /* owned array */
	size_t n_engines;
	struct observer *observers; /* owned array of copies */
	size_t n_observers;
	struct job *jobs;
	size_t running;
	size_t waiting; /* jobs that wait for another try */
	bool stopped;
	bool cancelled;
	bool pumping;
	bool again;
};

/* -- observers -- */

static void tell_started(struct reductor *r, const struct job *j)
{
	for (size_t i = 0; i < r->n_observers; i++)
		if (r->observers[i].started)
			r->observers[i].started(r->observers[i].arg, &j->id, j->thunk,
			                        j->engine->ops->name);
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

static void tell_counts(struct reductor *r)
{
	struct graph_counts c;

	graph_counts(r->graph, &c);
	for (size_t i = 0; i < r->n_observers; i++)
		if (r->observers[i].counts)
			r->observers[i].counts(r->observers[i].arg, &c);
}

/* -- jobs -- */

static struct job *job_new(struct reductor *r, struct node *n, const struct oid *id,
                           struct thunk *t)
{
	struct job *j = xcalloc(1, sizeof(*j));

	*j = (struct job){ .reductor = r, .node = n, .thunk = t, .id = *id, .next = r->jobs };
	if (r->jobs)
		r->jobs->prev = j;
	r->jobs = j;
	r->waiting++;
	return j;
}

static void job_free(struct job *j)
{
	if (j->reductor) {
		if (j->prev)
			j->prev->next = j->next;
		else
			j->reductor->jobs = j->next;
		if (j->next)
			j->next->prev = j->prev;
	}
	thunk_free(j->thunk);
	free(j);
}

/* It failed for good. */
static void job_fail(struct job *j, const struct outcome *o)
{
	struct reductor *r = j->reductor;
	struct node *n = j->node;

	if (!r->options.keep_going)
		r->stopped = true;
	tell_finished(r, &j->id, j->thunk, o);
	job_free(j);
	graph_failed(r->graph, n);
}

static void job_succeed(struct job *j, const struct outcome *o)
{
	struct reductor *r = j->reductor;
	struct oid id = j->id;
	struct node *n = j->node;
	struct err err = ERR_INIT;

	tell_finished(r, &id, j->thunk, o);
	job_free(j);
	if (graph_done(r->graph, n, &o->memo, o->memoizable, &err) < 0) {
		err_wrap(&err, "its result is used but can't be remembered");
		tell_retried(r, &id, err.msg);
	}
}

static bool may_retry(const struct job *j, enum outcome_class what)
{
	const struct reductor *r = j->reductor;
	unsigned tries = policy_for(what)->tries;

	if (r->options.max_tries && r->options.max_tries < tries)
		tries = r->options.max_tries;
	return j->tries < tries && !r->stopped && !r->cancelled;
}

static void job_answered(void *arg, struct outcome *o)
{
	struct job *j = arg;
	struct reductor *r = j->reductor;
	const struct policy *p = policy_for(o->what);

	if (!r) {
		job_free(j);
		outcome_release(o);
		return;
	}
	j->running = false;
	r->running--;
	if (o->what == OUTCOME_OK) {
		job_succeed(j, o);
	} else if (may_retry(j, o->what)) {
		j->elsewhere = p->other_engine;
		r->waiting++;
		tell_retried(r, &j->id, *o->why ? o->why : p->text);
	} else {
		if (!*o->why)
			snprintf(o->why, sizeof(o->why), "%s", p->text);
		job_fail(j, o);
	}
	outcome_release(o);
	reductor_pump(r);
}

/* -- starting -- */

static unsigned free_slots(const struct reductor *r)
{
	unsigned n = 0;

	for (size_t i = 0; i < r->n_engines; i++)
		n += r->engines[i]->ops->free_slots(r->engines[i]);
	return n;
}

enum start_result {
	STARTED,
	FULL,  /* every engine that can run it is busy */
	NEVER, /* no engine can */
};

/* @only_others: not on the engine of the last try. */
static enum start_result try_engines(struct job *j, bool only_others, struct err *err)
{
	struct reductor *r = j->reductor;
	enum start_result result = NEVER;

	for (size_t i = 0; i < r->n_engines; i++) {
		struct engine *e = r->engines[i];

		if ((only_others && e == j->engine) || !e->ops->can_run(e, j->thunk))
			continue;
		if (e->ops->free_slots(e) == 0) {
			result = FULL;
			continue;
		}
		if (e->ops->start(e, &j->id, j->thunk, job_answered, j, err) == 0) {
			j->engine = e;
			return STARTED;
		}
		if (err->kind == ERR_RETRY && r->running > 0)
			result = FULL;
	}
	return result;
}

static enum start_result job_start(struct job *j)
{
	struct reductor *r = j->reductor;
	struct err err = ERR_INIT;
	enum start_result result = NEVER;

	if (j->elsewhere)
		result = try_engines(j, true, &err);
	if (result == NEVER)
		result = try_engines(j, false, &err);
	if (result == FULL)
		return FULL;
	r->waiting--;
	if (result == STARTED) {
		j->running = true;
		j->tries++;
		r->running++;
		tell_started(r, j);
		return STARTED;
	}
	struct outcome o = { .what = err.kind == ERR_NOTFOUND ? OUTCOME_MISSING
		                     : err.kind == ERR_NOSPC  ? OUTCOME_NOSPC
		                                              : OUTCOME_INTERNAL };
	snprintf(o.why, sizeof(o.why), "%s",
	         err.kind ? err.msg : "there is no engine that can run it");
	job_fail(j, &o);
	return NEVER;
}

static bool may_start(const struct reductor *r)
{
	return !r->stopped && !r->cancelled;
}

static struct job *waiting_job(const struct reductor *r)
{
	struct job *j = r->waiting ? r->jobs : NULL;

	while (j && j->running)
		j = j->next;
	return j;
}

/* Jobs that wait for another try come first. */
static void pump_once(struct reductor *r)
{
	struct err err = ERR_INIT;

	while (may_start(r) && free_slots(r) > 0) {
		struct job *j = waiting_job(r);

		if (!j) {
			struct thunk *t;
			struct oid id;
			struct node *n = graph_next(r->graph, &id, &t, &err);

			if (!n)
				return;
			j = job_new(r, n, &id, t);
		}
		if (job_start(j) == FULL)
			return;
	}
}

/* A run that has stopped makes no more tries. */
static void drop_waiting(struct reductor *r)
{
	struct outcome o = { .what = OUTCOME_CANCELLED, .why = "cancelled" };

	for (struct job *next, *j = r->jobs; j; j = next) {
		next = j->next;
		if (j->running)
			continue;
		r->waiting--;
		job_fail(j, &o);
	}
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
		if (!may_start(r))
			drop_waiting(r);
	}
	r->pumping = false;
	tell_counts(r);
}

/* A node failed in the graph itself. */
static void on_broken(void *arg, struct node *n)
{
	struct reductor *r = arg;
	struct outcome o = { .what = OUTCOME_INTERNAL };

	snprintf(o.why, sizeof(o.why), "%s", graph_why(n));
	if (!r->options.keep_going)
		r->stopped = true;
	tell_finished(r, graph_id(n), NULL, &o);
}

/* -- the public face -- */

struct reductor *reductor_new(struct graph *g, const struct reductor_options *o)
{
	struct reductor *r = xcalloc(1, sizeof(*r));

	r->graph = g;
	if (o)
		r->options = *o;
	graph_on_broken(g, on_broken, r);
	return r;
}

void reductor_free(struct reductor *r)
{
	if (!r)
		return;
	graph_on_broken(r->graph, NULL, NULL);
	for (struct job *j = r->jobs; j;) {
		struct job *next = j->next;

		j->reductor = NULL;
		if (!j->running)
			job_free(j);
		j = next;
	}
	free(r->engines);
	free(r->observers);
	free(r);
}

void reductor_add_engine(struct reductor *r, struct engine *e)
{
	r->engines = xrealloc(r->engines, (r->n_engines + 1) * sizeof(struct engine *));
	r->engines[r->n_engines++] = e;
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
	return !may_start(r) || (c.ready == 0 && r->waiting == 0) || free_slots(r) == 0;
}

bool reductor_stopped(const struct reductor *r)
{
	return r->stopped;
}

void reductor_cancel(struct reductor *r)
{
	r->cancelled = true;
	for (size_t i = 0; i < r->n_engines; i++)
		r->engines[i]->ops->cancel_all(r->engines[i]);
	reductor_pump(r);
}

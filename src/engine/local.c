#include "engine/local.h"

#include <signal.h>
#include <string.h>

#include "core/codec.h"
#include "engine/direct.h"
#include "engine/drive.h"
#include "exec/execute.h"
#include "exec/watch.h"

struct job {
	struct local *local;
	struct oid id;
	struct thunk *thunk; /* for a run outside, once it is needed; owned */
	struct execution *execution;
	engine_done_fn *done;
	void *arg;
	bool cancelled;
};

struct slot {
	struct watch watch;
	struct job *job;
	struct local *local;
	unsigned number;
};

struct local {
	struct engine engine;
	uv_loop_t *loop;
	struct store *store;
	struct local_options options;
	struct executor *executor;
	struct drive *drive;
	struct box *box;
	struct slot *slots;
	unsigned busy;
	unsigned outside; /* jobs that run outside of the slots */
	bool prepared;
	bool bare; /* no sandbox here: commands run as they are, on the real files */
};

static void job_free(struct job *j)
{
	thunk_free(j->thunk);
	execution_free(j->execution);
	free(j);
}

static void answer(struct job *j, struct outcome *o)
{
	engine_done_fn *done = j->done;
	void *arg = j->arg;

	if (j->cancelled && o->what != OUTCOME_OK)
		o->what = OUTCOME_CANCELLED;
	job_free(j);
	done(arg, o);
}

static void outside_done(void *arg, struct outcome *o)
{
	struct job *j = arg;

	j->local->outside--;
	o->memoizable = false;
	answer(j, o);
}

static int load_thunk(struct job *j, struct err *err)
{
	auto_buf raw = BUF_INIT;

	if (j->thunk)
		return 0;
	if (store_get(j->local->store, &j->id, &raw, err) < 0)
		return -1;
	return thunk_decode(raw.data, raw.len, &j->thunk, err);
}

/* Gives a suspicious failure a second run, as it is. False: the outcome stands. */
static bool run_outside(struct job *j, const struct outcome *o)
{
	struct local *l = j->local;
	auto_buf line = BUF_INIT;
	struct err err = ERR_INIT;

	if (j->cancelled || !execution_is_suspicious(l->store, o, &line) ||
	    !l->options.may_run_outside || !l->options.may_run_outside(l->options.arg, &j->id))
		return false;
	if (load_thunk(j, &err) < 0 || direct_start(l->loop, l->store, &j->id, j->thunk,
	                                            l->options.envp, outside_done, j, &err) < 0)
		return false;
	l->outside++;
	store_cache_put(l->store, CACHE_MISSED, j->id.s, strlen(j->id.s), buf_str(&line),
	                line.len, &err);
	if (l->options.runs_outside)
		l->options.runs_outside(l->options.arg, j->thunk, buf_str(&line));
	return true;
}

/* The result of a command on the real files may be remembered if they held still meanwhile. */
static void bare_done(void *arg, struct outcome *o)
{
	struct job *j = arg;
	struct err err = ERR_INIT;

	j->local->outside--;
	o->memoizable = o->what == OUTCOME_OK && j->thunk->workdir &&
	                direct_check_inputs(j->local->store, j->thunk, &err) == 0;
	answer(j, o);
}

static int start_bare(struct local *l, struct job *j, struct err *err)
{
	if (load_thunk(j, err) < 0 || direct_start(l->loop, l->store, &j->id, j->thunk,
	                                           l->options.envp, bare_done, j, err) < 0)
		return -1;
	l->outside++;
	return 0;
}

/* A program that this step of the sandbox can't run is run as it is. */
static bool run_bare(struct job *j, const struct outcome *o)
{
	struct err err;

	return o->what == OUTCOME_CANT_RUN && !j->cancelled &&
	       start_bare(j->local, j, &err) == 0;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct slot *s = poll->data;
	struct local *l = s->local;
	struct box_result r = { 0 };
	struct outcome o = { 0 };
	struct err err = ERR_INIT;
	struct job *j = s->job;

	(void)status;
	(void)events;
	if (!j) { /* it has died */
		watch_stop(&s->watch);
		return;
	}
	watch_rest(&s->watch);
	s->job = NULL;
	l->busy--;
	if (box_collect(l->box, s->number, &r, &err) < 0) {
		o.what = OUTCOME_LOST;
		snprintf(o.why, sizeof(o.why), "%s", err.msg);
	} else {
		executor_finish(l->executor, j->execution, &r, &o);
	}
	if (run_outside(j, &o) || run_bare(j, &o))
		outcome_release(&o);
	else
		answer(j, &o);
}

static void slot_ends(void *arg, unsigned slot)
{
	struct local *l = arg;

	watch_stop(&l->slots[slot].watch);
}

static bool local_can_run(struct engine *e, const struct thunk *t)
{
	(void)e;
	(void)t;
	return true;
}

static unsigned local_free_slots(struct engine *e)
{
	struct local *l = (struct local *)e;
	unsigned used = l->busy + l->outside;

	return used < l->options.jobs ? l->options.jobs - used : 0;
}

/* Goes down the ladder from the step that was probed: a probe can't foresee everything. */
static int start_box(struct local *l, enum box_step step, struct err *err)
{
	for (; step >= BOX_SHIM; step--) {
		if (box_start(step, l->options.jobs, store_tmp(l->store), &l->box, err) == 0)
			break;
		if (err->kind != ERR_DENIED || l->options.require)
			return err_wrap(err, "start the sandbox");
	}
	if (l->box && step == BOX_SHIM)
		executor_set_leaky(l->executor);
	if (l->options.started)
		l->options.started(l->options.arg, l->box ? step : BOX_NONE);
	return 0;
}

int local_prepare(struct engine *e, struct err *err)
{
	struct local *l = (struct local *)e;
	enum box_step step = l->options.step;

	if (l->prepared)
		return 0;
	if (step == BOX_AUTO)
		step = box_probe();
	if (l->options.require && step < BOX_MOUNTNS)
		return err_set(err, ERR_DENIED,
		               "--sandbox=require: this host refuses namespaces (the best it "
		               "allows: %s)",
		               box_step_name(step));
	if (start_box(l, step, err) < 0)
		return -1;
	l->prepared = true;
	l->bare = !l->box;
	l->slots = xcalloc(l->options.jobs, sizeof(*l->slots));
	for (unsigned i = 0; i < l->options.jobs; i++)
		l->slots[i] = (struct slot){ .local = l, .number = i };
	if (l->box)
		box_on_end(l->box, slot_ends, l);
	return 0;
}

/* Where both would run at once, the assembler says something of a half of its source. */
static bool is_piped(const struct driver_commands *d)
{
	return d->v[d->n - 1].is_piped;
}

/* With what a compiler's driver would start in its place, where that is known. */
static int submit(struct local *l, const struct thunk *t, const struct box_job *job,
                  struct err *err)
{
	struct box_command commands[DRIVER_COMMANDS_MAX];
	struct box_job driven = *job;
	struct driver_commands d = { 0 };

	if (box_step_of(l->box) > BOX_SHIM && drive_commands(l->drive, l->box, t, job, &d)) {
		for (size_t i = 0; i < d.n; i++)
			/* Drivers say nothing of a compiler's failure, and what the assembler
			 * says has the name of a temporary file in it. */
			commands[i] = (struct box_command){
				.program = d.v[i].program,
				.argv = strv_argv(&d.v[i].argv),
				.input = d.v[i].is_piped ? DRIVER_TEMPORARY : NULL,
				.settles = i == 0 && !is_piped(&d),
			};
		driven.commands = commands;
		driven.n_commands = d.n;
		driven.commands_envp = strv_argv(&d.env);
	}
	int slot = box_submit(l->box, &driven, err);
	driver_commands_release(&d);
	return slot;
}

static int start_in_slot(struct local *l, struct job *j, const struct thunk *t, struct err *err)
{
	if (executor_prepare(l->executor, &j->id, t, &j->execution, err) < 0)
		return -1;
	int slot = submit(l, t, execution_job(j->execution), err);
	if (slot < 0)
		return -1;
	l->slots[slot].job = j;
	l->busy++;
	watch_start(&l->slots[slot].watch, l->loop, box_slot_fd(l->box, (unsigned)slot),
	            on_readable, &l->slots[slot]);
	return 0;
}

static int local_start(struct engine *e, const struct oid *id, const struct thunk *t,
                       engine_done_fn *done, void *arg, struct err *err)
{
	struct local *l = (struct local *)e;

	if (local_prepare(e, err) < 0)
		return -1;
	struct job *j = xcalloc(1, sizeof(*j));
	*j = (struct job){ .local = l, .id = *id, .done = done, .arg = arg };
	int rc = l->bare ? start_bare(l, j, err) : start_in_slot(l, j, t, err);
	if (rc < 0)
		job_free(j);
	return rc;
}

static void cancel_slot(struct local *l, unsigned slot)
{
	l->slots[slot].job->cancelled = true;
	box_cancel(l->box, slot);
}

static void local_cancel_all(struct engine *e)
{
	struct local *l = (struct local *)e;

	for (unsigned i = 0; l->box && i < l->options.jobs; i++)
		if (l->slots[i].job)
			cancel_slot(l, i);
}

/* What runs outside of the slots comes to its end. */
static void local_cancel(struct engine *e, void *arg)
{
	struct local *l = (struct local *)e;

	for (unsigned i = 0; l->box && i < l->options.jobs; i++)
		if (l->slots[i].job && l->slots[i].job->arg == arg)
			cancel_slot(l, i);
}

static void local_free(struct engine *e)
{
	struct local *l = (struct local *)e;

	for (unsigned i = 0; l->box && i < l->options.jobs; i++) {
		watch_stop(&l->slots[i].watch);
		if (l->slots[i].job)
			job_free(l->slots[i].job);
	}
	if (l->box)
		box_stop(l->box);
	executor_free(l->executor);
	drive_free(l->drive);
	free(l->slots);
	free(l);
}

struct engine *local_new(uv_loop_t *loop, struct store *st, const struct local_options *o)
{
	static const struct engine_ops ops = {
		.name = "local",
		.can_run = local_can_run,
		.free_slots = local_free_slots,
		.start = local_start,
		.cancel_all = local_cancel_all,
		.cancel = local_cancel,
		.free = local_free,
	};
	struct local *l = xcalloc(1, sizeof(*l));

	l->engine.ops = &ops;
	l->loop = loop;
	l->store = st;
	l->options = *o;
	l->executor = executor_new(st);
	l->drive = drive_new(st);
	return &l->engine;
}

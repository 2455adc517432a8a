/*
 * Each node of the graph carries the list of what waits for it (files and callbacks). When the
 * graph says that a node is settled the list is served and freed. Nothing here waits.
 */
#include "cmd/forcer.h"

#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diagnostics.h"
#include "base/map.h"
#include "base/path.h"
#include "base/proc.h"
#include "cmd/remote.h"
#include "cmd/tools.h"
#include "core/codec.h"
#include "core/placeholder.h"
#include "exec/execute.h"
#include "exec/inputs.h"
#include "model/output.h"
#include "model/portable.h"
#include "ui/failure.h"
#include "ui/status.h"

struct promise {
	struct promise *next;
	struct promise *next_of_all;
	char *path;
	char *ref; /* "hash[#tag]" */
	struct oid id;
	char *tag; /* points into ref, or NULL */
	unsigned mode;
	bool now;  /* somebody is about to read it: also when lazy */
	bool kept; /* the file is real, or somebody else's by now */
};

struct waiter {
	struct waiter *next;
	forcer_wait_fn *fn;
	void *arg;
};

struct pending_node {
	struct promise *promises;
	struct waiter *waiters;
	struct forcer *owner;
	struct node *node;
	bool fetching; /* its results are on their way here */
	bool fetched;  /* … and have been once */
};

/* What a thunk that ran here printed and how it ended, until somebody asks. */
struct ending {
	int status;
	bool suspicious;
	bool ran; /* the program itself has ended */
	bool exited;
	bool sure;
	char why[200]; /* of a failure of a program that says that it went well */
	struct oid out_text;
	struct oid err_text;
};

struct forcer {
	struct store *store;
	int64_t began_ns; /* wall clock */
	struct forcer_options options;
	uv_loop_t loop;
	uv_timer_t tick;
	struct graph *graph;
	struct reductor *reductor;
	struct engine *local; /* NULL: none yet; owned by engines */
	struct engine *engines[ENGINES_MAX + 1];
	size_t n_engines;
	struct remote_run *remote; /* NULL: nothing but local */
	uv_timer_t wake;           /* for tries that are due later */
	struct status *status;
	bool live; /* it paints */
	struct promise *promises;
	struct map endings; /* name → struct ending */
	struct map waited;  /* names that a waiter asked for: it shows what they print */
	struct map modes;   /* ref → mode of its file */
	struct map used;    /* refs that other thunks depend on (lazy) */
	struct forcer_counts counts;
	size_t open; /* nodes with a pending list */
	bool failed;
	bool cancelled;
	bool said_outside;
	bool said_trouble;
	bool keep_all;
	bool forgets; /* who waits has gone */
	void (*on_failure)(void *arg);
	void *on_failure_arg;
};

unsigned forcer_mode_for(const char *path)
{
	static const char *const plain[] = { ".o", ".a",   ".lo",   ".s",
		                             ".d", ".dwo", ".gcno", NULL };
	unsigned all = 0777;

	for (size_t i = 0; plain[i]; i++)
		if (strcmp(path_ext(path), plain[i]) == 0)
			all = 0666;
	return all & ~proc_umask();
}

bool forcer_is_live(const struct forcer *f)
{
	return f->live;
}

void forcer_pass(struct forcer *f, const char *text, size_t len)
{
	status_pass(f->status, text, len);
}

void forcer_note_remembered(struct forcer *f)
{
	status_note_remembered(f->status);
}

void forcer_hide_status(struct forcer *f)
{
	status_hide(f->status);
}

void forcer_say(struct forcer *f, const char *fmt, ...)
{
	auto_buf text = BUF_INIT;
	va_list ap;

	buf_adds(&text, "gg: ");
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	buf_addc(&text, '\n');
	status_print(f->status, text.data, text.len);
}

/* What a command has said on its standard error, as it would have on this terminal. @argv: NULL
 * if it is not known. */
static void add_colors(char *const *argv, struct buf *text)
{
	struct buf colored = BUF_INIT;

	if (!text->len || !diagnostics_have_colors(2, argv))
		return;
	diagnostics_color(text->data, text->len, &colored);
	buf_release(text);
	*text = colored;
}

/* Prints what a thunk printed; @fd: on which it did. */
static void show_text(struct forcer *f, const struct oid *id, int fd, char *const *argv)
{
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;

	if (!*id->s)
		return;
	if (store_get(f->store, id, &text, &err) < 0) {
		forcer_say(f, "%s", err.msg);
		return;
	}
	if (f->options.basedir)
		portable_restore(f->options.basedir, &text);
	if (fd == 2)
		add_colors(argv, &text);
	status_print(f->status, text.data, text.len);
}

static bool is_waited(const struct forcer *f, const struct oid *id)
{
	return map_find(&f->waited, id->s) != NULL;
}

/* -- what the scheduler and the engine tell -- */

/* What kept a thunk from running is told even where the command is then run as it is. */
static void say_trouble(struct forcer *f, const struct outcome *o)
{
	bool waits = f->options.hold_failures || f->waited.n > 0;

	if (o->what == OUTCOME_OK || o->what == OUTCOME_FAILED ||
	    o->what == OUTCOME_CANCELLED || o->what == OUTCOME_CANT_RUN || !waits ||
	    f->said_trouble)
		return;
	f->said_trouble = true;
	forcer_say(f, "a thunk could not be run (%s: %s); its command runs as it is",
	           outcome_class_name(o->what), o->why);
}

static void on_finished(void *arg, const struct oid *id, const struct thunk *t,
                        const struct outcome *o)
{
	struct forcer *f = arg;
	struct ending *e = xcalloc(1, sizeof(*e));
	struct map_entry *slot = map_add(&f->endings, id->s, NULL);

	free(slot->ptr);
	slot->ptr = e;
	e->status = WIFEXITED(o->status) ? WEXITSTATUS(o->status) : 128 + WTERMSIG(o->status);
	e->ran = o->what == OUTCOME_OK || o->what == OUTCOME_FAILED;
	e->suspicious = o->what != OUTCOME_FAILED || execution_is_suspicious(f->store, o, NULL);
	e->exited = o->what == OUTCOME_FAILED && WIFEXITED(o->status) && e->status != 0;
	e->sure = e->exited && o->memoizable && !e->suspicious;
	if (o->what == OUTCOME_FAILED && e->status == 0)
		snprintf(e->why, sizeof(e->why), "%.199s", o->why);
	e->out_text = o->memo.out_text;
	e->err_text = o->memo.err_text;
	if (o->what == OUTCOME_OK)
		f->counts.ran++;
	say_trouble(f, o);
	if (o->what == OUTCOME_CANCELLED || is_waited(f, id) ||
	    (o->what != OUTCOME_OK && f->options.hold_failures))
		return;
	if (o->what == OUTCOME_OK) {
		show_text(f, &e->out_text, 1, NULL);
		show_text(f, &e->err_text, 2, t ? t->args.v : NULL);
		return;
	}
	auto_buf text = BUF_INIT;
	auto_buf out = BUF_INIT;
	auto_buf errs = BUF_INIT;
	struct err err;
	if (*e->out_text.s)
		store_get(f->store, &e->out_text, &out, &err);
	if (*e->err_text.s)
		store_get(f->store, &e->err_text, &errs, &err);
	add_colors(t ? t->args.v : NULL, &errs);
	failure_format(t, o, buf_str(&out), buf_str(&errs), &text);
	if (f->options.basedir)
		portable_restore(f->options.basedir, &text);
	status_print(f->status, buf_str(&text), text.len);
}

static void on_retried(void *arg, const struct oid *id, const char *why)
{
	struct forcer *f = arg;

	(void)id;
	(void)why;
	f->counts.retried++;
}

static void on_engine_down(void *arg, const char *engine, const char *why)
{
	forcer_say(arg, "engine %s is left alone for a while: %s", engine, why);
}

static void say_missing(struct forcer *f, const struct thunk *t, const char *line)
{
	if (f->said_outside)
		return;
	f->said_outside = true;
	forcer_say(f,
	           "%s read a file that no model named (%s); ran as it is, outside the "
	           "sandbox, and "
	           "is not remembered",
	           t->args.n ? t->args.v[0] : "a command", *line ? line : "it said nothing");
}

struct search {
	const struct oid *id;
	bool found;
};

static void look_for(void *arg, const char *path, const char *ref, unsigned mode)
{
	struct search *s = arg;
	size_t n = strlen(s->id->s);

	s->found |= strncmp(ref, s->id->s, n) == 0 && (ref[n] == '#' || !ref[n]);
}

/* Only a command that this user's own build gave may leave the sandbox: a wrapper has noted
 * where its output belongs. A thunk that came from elsewhere never does. */
static bool may_run_outside(void *arg, const struct oid *id)
{
	struct forcer *f = arg;
	struct search s = { id, false };
	struct err ignored;

	/* A wrapper that waits runs the real tool itself. */
	return !is_waited(f, id) && store_pending_each(f->store, look_for, &s, &ignored) == 0 &&
	       s.found;
}

static void runs_outside(void *arg, const struct thunk *t, const char *line)
{
	say_missing(arg, t, line);
}

static void sandbox_started(void *arg, enum box_step step)
{
	const char *lacks = box_step_lacks(step);

	if (*lacks && ((struct forcer *)arg)->options.step == BOX_AUTO)
		forcer_say(arg, "isolation here: %s; missing: %s", box_step_name(step), lacks);
}

/* -- files -- */

static void keep_promise(struct forcer *f, struct promise *p, struct node *n)
{
	struct err err = ERR_INIT;
	struct oid value;
	bool executable;

	if (graph_output(f->graph, n, p->tag, &value, &executable, &err) < 0 ||
	    output_keep_promise(f->store, p->path, &p->id, p->tag, &value,
	                        executable ? p->mode | (p->mode & 0444) >> 2 : p->mode,
	                        &err) < 0) {
		forcer_say(f, "%s", err.msg);
		f->failed = true;
		return;
	}
	p->kept = true;
}

/* A file whose thunk failed goes, as it would with the real tool; the next build makes it
 * again. */
static void drop_promise(struct forcer *f, struct promise *p)
{
	auto_placeholder h = { 0 };
	struct err ignored;

	if (placeholder_read(p->path, &h, &ignored) == 1 && oid_eq(&h.thunk, &p->id))
		unlink(p->path);
	store_pending_remove(f->store, p->path, &ignored);
}

static void note_failure(struct forcer *f)
{
	if (f->failed || f->cancelled)
		return;
	f->failed = true;
	if (!f->options.keep_going && f->on_failure)
		f->on_failure(f->on_failure_arg);
}

/* -- settling -- */

static void answer_waiters(struct forcer *f, struct node *n, struct waiter *w)
{
	struct forcer_result r = { .node = n, .ok = graph_state(n) == NODE_DONE };
	struct oid id;

	graph_id(n, &id);
	struct map_entry *known = map_find(&f->endings, id.s);
	struct ending *e = known ? known->ptr : NULL;

	if (e) {
		r.out_text = e->out_text;
		r.err_text = e->err_text;
		r.status = e->status;
		r.exited = e->exited;
		r.sure = e->sure;
		r.why = *e->why ? e->why : NULL;
	}
	r.ran = e && e->ran;
	r.rerun = !r.ok && !f->cancelled && (!e || e->suspicious);
	if (!r.ok && !r.rerun && r.status == 0)
		r.status = 1;
	while (w) {
		struct waiter *next = w->next;

		if (!f->forgets)
			w->fn(w->arg, &r);
		free(w);
		w = next;
	}
}

/* What was remembered has warnings to repeat; what ran has shown them. */
static void note_remembered(struct forcer *f, struct node *n)
{
	struct memo m = { 0 };
	struct err err;
	struct oid id;

	graph_id(n, &id);
	f->counts.remembered++;
	if (store_memo_get(f->store, &id, &m, &err) != 1)
		return;
	recorder_remembered_memo(f->options.recorder, &id, &m);
	if (!is_waited(f, &id)) {
		show_text(f, &m.out_text, 1, NULL);
		show_text(f, &m.err_text, 2, NULL);
	}
	memo_release(&m);
}

/* The node is settled, and what is wanted of it is here. */
static void serve_now(struct forcer *f, struct node *n)
{
	struct pending_node *p = graph_user(n);
	struct err ignored; /* by whoever releases the writes it is met again */

	graph_set_user(n, NULL);
	f->open--;
	bool done = graph_state(n) == NODE_DONE;
	if (!done && p->promises)
		note_failure(f);
	for (struct promise *at = p->promises; at; at = at->next)
		if (done && (at->now || (!f->options.lazy && !f->options.no_download)))
			keep_promise(f, at, n);
	if (p->waiters)
		store_flush(f->store, &ignored);
	answer_waiters(f, n, p->waiters);
	free(p);
}

/* The results could not be brought here: those that nobody has are made again. */
static void fetch_failed(struct forcer *f, struct pending_node *p, const struct err *err)
{
	struct inputs lost = INPUTS_INIT;

	if (err->kind == ERR_NOTFOUND || err->kind == ERR_CORRUPT) {
		graph_outputs(f->graph, p->node, &lost);
		inputs_drop_present(f->store, &lost);
		remote_run_forget(f->remote, lost.v, lost.n);
		inputs_release(&lost);
		if (graph_remake(f->graph, p->node)) {
			reductor_pump(f->reductor);
			return; /* it settles again */
		}
	}
	if (!f->cancelled)
		forcer_say(f, "%s", err->msg);
	note_failure(f);
	serve_now(f, p->node);
}

static void on_fetched(void *arg, const struct err *err)
{
	struct pending_node *p = arg;

	p->fetching = false;
	p->fetched = true;
	if (err)
		fetch_failed(p->owner, p, err);
	else
		serve_now(p->owner, p->node);
}

/* Starts to bring the results of a done node that are elsewhere. False: all are here. */
static bool fetch_results(struct forcer *f, struct pending_node *p)
{
	auto_inputs wanted = INPUTS_INIT;
	struct err err = ERR_INIT;

	if (!f->remote || (f->options.no_download && !p->waiters))
		return false;
	graph_outputs(f->graph, p->node, &wanted);
	inputs_drop_present(f->store, &wanted);
	if (wanted.n == 0)
		return false;
	p->fetching = true;
	if (remote_run_pull(f->remote, wanted.v, wanted.n, on_fetched, p, &err) < 0) {
		p->fetching = false;
		fetch_failed(f, p, &err);
	}
	return true;
}

static void serve(struct forcer *f, struct node *n)
{
	struct pending_node *p = graph_user(n);

	if (!p || p->fetching)
		return;
	if (graph_state(n) == NODE_DONE && fetch_results(f, p))
		return;
	serve_now(f, n);
}

static void on_settled(void *arg, struct node *n, bool remembered)
{
	struct forcer *f = arg;

	if (graph_state(n) == NODE_FAILED)
		f->counts.failed++;
	if (remembered && graph_state(n) == NODE_DONE)
		note_remembered(f, n);
	serve(f, n);
}

static bool is_settled(const struct node *n)
{
	enum node_state s = graph_state(n);

	return s == NODE_DONE || s == NODE_FAILED || s == NODE_SKIPPED;
}

static struct pending_node *pending_of(struct forcer *f, struct node *n)
{
	struct pending_node *p = graph_user(n);

	if (!p) {
		p = xcalloc(1, sizeof(*p));
		p->owner = f;
		p->node = n;
		graph_set_user(n, p);
		f->open++;
	}
	return p;
}

bool forcer_is_foreign(const struct forcer *f, const char *path, const struct oid *thunk)
{
	struct stat sb;

	return !store_held(f->store, thunk) && lstat(path, &sb) == 0 &&
	       clock_ns_of(sb.st_ctim) < f->began_ns;
}

static struct node *add_node(struct forcer *f, const struct oid *id, struct err *err)
{
	struct graph_counts before;
	struct graph_counts after;

	graph_counts(f->graph, &before);
	struct node *n = graph_add(f->graph, id, err);
	graph_counts(f->graph, &after);
	if (n && after.nodes > before.nodes && graph_state(n) == NODE_DONE)
		note_remembered(f, n);
	return n;
}

static int note_uses(struct forcer *f, const struct oid *id, struct err *err)
{
	auto_buf raw = BUF_INIT;
	auto_thunk t = NULL;

	if (store_get(f->store, id, &raw, err) < 0 ||
	    thunk_decode(raw.data, raw.len, &t, err) < 0)
		return -1;
	for (size_t i = 0; i < t->thunks.n; i++) {
		const struct thunk_ref *r = &t->thunks.v[i];
		auto_free char *ref =
			r->tag ? xasprintf("%s#%s", r->id.s, r->tag) : xstrdup(r->id.s);

		map_add(&f->used, ref, NULL);
	}
	return 0;
}

static int add_promise(struct forcer *f, const char *ref, const char *path, unsigned mode,
                       bool now, struct err *err)
{
	size_t n = strcspn(ref, "#");
	struct oid id;

	if (oid_parse(ref, n, &id, err) < 0)
		return -1;
	if (f->options.lazy && note_uses(f, &id, err) < 0)
		return -1;
	struct node *node = add_node(f, &id, err);
	if (!node)
		return err_wrap(err, "%s", path);
	struct promise *p = xcalloc(1, sizeof(*p));
	*p = (struct promise){
		.path = xstrdup(path), .ref = xstrdup(ref), .id = id, .mode = mode, .now = now
	};
	map_add(&f->modes, ref, NULL)->num = mode;
	p->tag = ref[n] ? p->ref + n + 1 : NULL;
	recorder_output(f->options.recorder, path, &id, p->tag);
	p->next_of_all = f->promises;
	f->promises = p;
	struct pending_node *list = pending_of(f, node);
	p->next = list->promises;
	list->promises = p;
	if (is_settled(node))
		serve(f, node);
	reductor_pump(f->reductor);
	return 0;
}

int forcer_promise(struct forcer *f, const char *ref, const char *path, unsigned mode,
                   struct err *err)
{
	return add_promise(f, ref, path, mode, false, err);
}

int forcer_demand(struct forcer *f, const char *ref, const char *path, unsigned mode,
                  struct err *err)
{
	return add_promise(f, ref, path, mode, true, err);
}

void forcer_each_open(struct forcer *f, void (*fn)(void *arg, const char *path), void *arg)
{
	/* new ones come before the first */
	for (struct promise *p = f->promises; p; p = p->next_of_all)
		if (!p->kept)
			fn(arg, p->path);
}

unsigned forcer_mode_of(const struct forcer *f, const char *ref, const char *path)
{
	const struct map_entry *known = map_find(&f->modes, ref);

	return known ? (unsigned)known->num : forcer_mode_for(path);
}

int forcer_wait(struct forcer *f, const struct oid *id, forcer_wait_fn *fn, void *arg,
                struct err *err)
{
	map_add(&f->waited, id->s, NULL);
	return forcer_wait_quietly(f, id, fn, arg, err);
}

int forcer_wait_quietly(struct forcer *f, const struct oid *id, forcer_wait_fn *fn, void *arg,
                        struct err *err)
{
	struct node *node = add_node(f, id, err);

	if (!node)
		return -1;
	struct waiter *w = xcalloc(1, sizeof(*w));
	*w = (struct waiter){ .fn = fn, .arg = arg };
	struct pending_node *list = pending_of(f, node);
	w->next = list->waiters;
	list->waiters = w;
	if (is_settled(node))
		serve(f, node);
	reductor_pump(f->reductor);
	return 0;
}

bool forcer_join(struct forcer *f, const struct oid *id, forcer_wait_fn *fn, void *arg)
{
	struct err ignored;
	struct node *n = is_waited(f, id) ? add_node(f, id, &ignored) : NULL;

	return n && !is_settled(n) && forcer_wait_quietly(f, id, fn, arg, &ignored) == 0;
}

void forcer_unwait(struct forcer *f, const struct oid *id, const void *arg)
{
	struct err ignored;
	struct node *n = graph_add(f->graph, id, &ignored);
	struct pending_node *p = n ? graph_user(n) : NULL;

	if (!p)
		return;
	for (struct waiter **at = &p->waiters; *at;) {
		struct waiter *w = *at;

		if (w->arg == arg) {
			*at = w->next;
			free(w);
		} else {
			at = &w->next;
		}
	}
	if (!p->waiters && !p->promises && !is_settled(n))
		reductor_drop(f->reductor, n);
}

void forcer_forget_waiters(struct forcer *f)
{
	f->forgets = true;
}

int forcer_finish_lazy(struct forcer *f, struct err *err)
{
	if (!f->options.lazy)
		return 0;
	for (struct promise *p = f->promises; p; p = p->next_of_all) {
		if (map_find(&f->used, p->ref))
			continue;
		struct node *n = graph_add(f->graph, &p->id, err);
		if (!n)
			return -1;
		if (graph_state(n) == NODE_DONE)
			keep_promise(f, p, n);
	}
	return 0;
}

/* -- life -- */

static void on_tick(uv_timer_t *t)
{
	struct forcer *f = t->data;

	status_tick(f->status);
}

static void on_wake(uv_timer_t *t)
{
	reductor_pump(((struct forcer *)t->data)->reductor);
}

static void wake_at(void *arg, int64_t due_ns)
{
	struct forcer *f = arg;
	int64_t wait_ns = due_ns - clock_now_ns();

	if (due_ns < 0)
		uv_timer_stop(&f->wake);
	else
		uv_timer_start(&f->wake, on_wake,
		               wait_ns > 0 ? (uint64_t)(wait_ns / 1000000 + 1) : 0, 0);
}

static void add_engine(struct forcer *f, struct engine *e, unsigned roles)
{
	f->engines[f->n_engines++] = e;
	reductor_add_engine(f->reductor, e, roles);
}

static struct engine *new_local(struct forcer *f, unsigned jobs)
{
	const struct local_options lo = {
		.jobs = jobs ? jobs : (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
		.step = f->options.step,
		.require = f->options.require,
		.envp = environ,
		.arg = f,
		.may_run_outside = may_run_outside,
		.runs_outside = runs_outside,
		.started = sandbox_started,
	};

	f->local = local_new(&f->loop, f->store, &lo);
	return f->local;
}

static bool spec_is_local(const struct engine_spec *e)
{
	return strcmp(e->text, "local") == 0 || strcmp(e->text, "local=mixed") == 0;
}

bool forcer_is_remote(const struct forcer_options *o)
{
	for (size_t i = 0; i < o->n_engines; i++)
		if (!spec_is_local(&o->engines[i]))
			return true;
	return false;
}

/* Engines in the order given; local is the last resort unless another fallback was named. */
int forcer_connect(struct forcer *f, struct err *err)
{
	const struct forcer_options *o = &f->options;
	bool fallback = o->no_fallback;

	if (!forcer_is_remote(o))
		return 0; /* forcer_new has done it */
	if (remote_run_new(&f->loop, f->store, o->engines, o->n_engines, o->storage, &f->remote,
	                   err) < 0)
		return -1;
	for (size_t i = 0; i < o->n_engines; i++) {
		const struct engine_spec *spec = &o->engines[i];

		fallback |= spec->fallback;
		add_engine(f,
		           spec_is_local(spec)
		                   ? remote_run_fetching(f->remote, new_local(f, spec->jobs))
		                   : remote_run_engine(f->remote, i),
		           spec->fallback ? ENGINE_FALLBACK : ENGINE_PRIMARY);
	}
	if (!fallback)
		add_engine(f, remote_run_fetching(f->remote, new_local(f, 0)), ENGINE_FALLBACK);
	return 0;
}

struct forcer *forcer_new(struct store *st, const struct forcer_options *o)
{
	struct forcer *f = xcalloc(1, sizeof(*f));
	const struct reductor_options ro = { .keep_going = true,
		                             .straggler_ns = o->straggler_ns,
		                             .arg = f,
		                             .wake_at = wake_at };

	f->store = st;
	f->options = *o;
	f->began_ns = clock_wall_ns();
	BUG_IF(uv_loop_init(&f->loop) < 0);
	uv_timer_init(&f->loop, &f->wake);
	f->wake.data = f;
	f->graph = graph_new(st);
	graph_on_settled(f->graph, on_settled, f);
	f->reductor = reductor_new(f->graph, &ro);
	if (!forcer_is_remote(o))
		add_engine(f,
		           new_local(f, o->n_engines && o->engines[0].jobs ? o->engines[0].jobs
		                                                           : o->jobs),
		           ENGINE_PRIMARY);
	const char *term = getenv("TERM");
	bool live = o->status && isatty(2) && !(term && strcmp(term, "dumb") == 0) &&
	            !getenv("GG_FORCE_NO_STATUS");
	f->live = live;
	f->status = status_new(2, live, live && !getenv("NO_COLOR"));
	reductor_add_observer(f->reductor, status_observer(f->status));
	if (o->recorder)
		reductor_add_observer(f->reductor, recorder_observer(o->recorder));
	const struct observer mine = { .arg = f,
		                       .finished = on_finished,
		                       .retried = on_retried,
		                       .engine_down = on_engine_down };
	reductor_add_observer(f->reductor, &mine);
	uv_timer_init(&f->loop, &f->tick);
	f->tick.data = f;
	if (live) {
		uv_timer_start(&f->tick, on_tick, 100, 100);
		uv_unref((uv_handle_t *)&f->tick);
	}
	return f;
}

void forcer_keep_all(struct forcer *f)
{
	f->keep_all = true;
}

static void drop_unkept(struct forcer *f)
{
	for (struct promise *p = f->promises; p;) {
		struct promise *next = p->next_of_all;

		if (!p->kept && !f->options.lazy && !f->keep_all)
			drop_promise(f, p);
		free(p->path);
		free(p->ref);
		free(p);
		p = next;
	}
}

void forcer_free(struct forcer *f)
{
	if (!f)
		return;
	drop_unkept(f);
	/* Who waits for the backend is answered, then nothing answers any more. */
	f->cancelled = true;
	if (f->remote) {
		reductor_cancel(f->reductor);
		remote_run_free(f->remote);
	}
	for (size_t i = 0; i < f->n_engines; i++)
		f->engines[i]->ops->free(f->engines[i]);
	status_free(f->status);
	reductor_free(f->reductor);
	uv_close((uv_handle_t *)&f->tick, NULL);
	uv_close((uv_handle_t *)&f->wake, NULL);
	while (uv_run(&f->loop, UV_RUN_NOWAIT))
		;
	uv_loop_close(&f->loop);
	graph_free(f->graph);
	for (size_t i = 0; i < f->endings.cap; i++)
		if (f->endings.slots[i].key)
			free(f->endings.slots[i].ptr);
	map_release(&f->endings);
	map_release(&f->waited);
	map_release(&f->modes);
	map_release(&f->used);
	free(f);
}

uv_loop_t *forcer_loop(struct forcer *f)
{
	return &f->loop;
}

struct graph *forcer_graph(struct forcer *f)
{
	return f->graph;
}

struct recorder *forcer_recorder(const struct forcer *f)
{
	return f->options.recorder;
}

int forcer_prepare(struct forcer *f, struct err *err)
{
	return f->remote ? 0 : local_prepare(f->local, err);
}

bool forcer_idle(const struct forcer *f)
{
	return reductor_idle(f->reductor) && (f->open == 0 || f->cancelled || f->failed);
}

void forcer_run(struct forcer *f)
{
	reductor_pump(f->reductor);
	while (!forcer_idle(f))
		if (uv_run(&f->loop, UV_RUN_ONCE) == 0)
			break;
}

void forcer_cancel(struct forcer *f)
{
	if (f->cancelled)
		return;
	f->cancelled = true;
	if (f->remote)
		remote_run_cancel(f->remote);
	reductor_cancel(f->reductor);
}

bool forcer_cancelled(const struct forcer *f)
{
	return f->cancelled;
}

bool forcer_failed(const struct forcer *f)
{
	return f->failed;
}

void forcer_on_failure(struct forcer *f, void (*fn)(void *arg), void *arg)
{
	f->on_failure = fn;
	f->on_failure_arg = arg;
}

struct forcer_counts forcer_counts(const struct forcer *f)
{
	struct forcer_counts c = f->counts;
	struct graph_counts g;

	graph_counts(f->graph, &g);
	c.thunks = g.nodes;
	c.price_usd = reductor_price_usd(f->reductor);
	return c;
}

void forcer_describe_traffic(const struct forcer *f, struct buf *out)
{
	if (f->remote)
		remote_run_describe(f->remote, out);
}

/**
 * Forcing, as the commands need it: a store, a graph, a local engine, a status line, and the
 * files that wait for results, in one event loop.
 *
 *   promise: a placeholder stands at a path; replace it when its thunk is done
 *   wait:    call back when a thunk is done or has failed
 */
#ifndef CMD_FORCER_H
#define CMD_FORCER_H

#include "engine/local.h"
#include "sched/reductor.h"
#include "ui/recorder.h"

#include <uv.h>

struct forcer;

/** An engine as the command line names it. */
struct engine_spec {
	const char *text; /* "local", "lambda=eu-west-1", "remote=host:9924"; borrowed */
	unsigned jobs;    /* 0: the engine's own */
	bool fallback;    /* for what the others can't take or keep failing at */
};

enum { ENGINES_MAX = 16 };

struct forcer_options {
	/* none: local, with @jobs */
	struct engine_spec engines[ENGINES_MAX];
	size_t n_engines;
	bool no_fallback; /* --fallback-engine none; else local is one if no other is named */
	const char *storage;  /* URI of the backend; NULL: none. Borrowed; may hold secrets */
	int64_t straggler_ns; /* reductor_options; 0: by their peers */
	const char *basedir;  /* what PORTABLE_BASE means in texts; NULL: nothing. Borrowed */
	bool no_download;     /* results that are elsewhere stay there */
	unsigned jobs;        /* 0: as many as there are processors */
	bool keep_going;
	bool hold_failures;        /* don't print failures: the command will meet them itself */
	bool lazy;                 /* only what nothing else uses becomes a real file */
	bool status;               /* a live line, where stderr is a terminal */
	enum box_step step;        /* BOX_AUTO, or BOX_NONE */
	bool require;              /* --sandbox=require */
	struct recorder *recorder; /* borrowed; told of all that happens; may be NULL */
};

struct forcer_counts {
	size_t thunks; /* distinct thunks asked for */
	size_t ran;
	size_t remembered;
	size_t failed;
	size_t retried;
	double price_usd;
};

/** What is known of a thunk when its waiter is called. */
struct forcer_result {
	bool ok;
	bool rerun;          /* it may succeed as it is, outside: run the real tool */
	bool ran;            /* the program itself has ended, well or not */
	bool exited;         /* it failed by itself, with a status */
	bool sure;           /* … and would again: all that it read was named */
	int status;          /* exit status of a failure */
	const char *why;     /* of a failure for which the program is not to blame, or NULL */
	struct oid out_text; /* what it printed and nobody has seen yet; "" for nothing */
	struct oid err_text;
	struct node *node; /* for graph_output when ok */
};

typedef void forcer_wait_fn(void *arg, const struct forcer_result *r);

/** @st is borrowed. */
struct forcer *forcer_new(struct store *st, const struct forcer_options *o);
/** Removes the placeholders of this run that were not kept, unless lazy. */
void forcer_free(struct forcer *f);
uv_loop_t *forcer_loop(struct forcer *f);
struct graph *forcer_graph(struct forcer *f);
/** Open the engines and the backend that the options name, if any is not local: before anything
 * is asked for. */
int forcer_connect(struct forcer *f, struct err *err);
/** Does anything run on other machines? */
bool forcer_is_remote(const struct forcer_options *o);
/** As given in the options; may be NULL. */
struct recorder *forcer_recorder(const struct forcer *f);
/** Start the sandbox now, while the process is small. */
int forcer_prepare(struct forcer *f, struct err *err);

/** Was the placeholder at @path there before this run, of a thunk that is none of ours? Then it
 * is somebody's file, such as a test's: it is read as it is, and stays. */
bool forcer_is_foreign(const struct forcer *f, const char *path, const struct oid *thunk);
/** The file at @path is a placeholder for "hash[#tag]" @ref; force it. */
int forcer_promise(struct forcer *f, const char *ref, const char *path, unsigned mode,
                   struct err *err);
/** As above, for a file that is about to be read: it is made real also when lazy. */
int forcer_demand(struct forcer *f, const char *ref, const char *path, unsigned mode,
                  struct err *err);
/** The paths of the promises that are not kept yet; @fn may make others. */
void forcer_each_open(struct forcer *f, void (*fn)(void *arg, const char *path), void *arg);
/** The mode that was asked for what @ref names, or forcer_mode_for(path). */
unsigned forcer_mode_of(const struct forcer *f, const char *ref, const char *path);
/** Force a thunk; @fn is called once, now or later, from the loop or from here. */
int forcer_wait(struct forcer *f, const struct oid *id, forcer_wait_fn *fn, void *arg,
                struct err *err);
/** As forcer_wait, if somebody else waits for it right now; else false. */
bool forcer_join(struct forcer *f, const struct oid *id, forcer_wait_fn *fn, void *arg);
/** As forcer_wait, but what the thunk prints is shown here and not by the waiter. */
int forcer_wait_quietly(struct forcer *f, const struct oid *id, forcer_wait_fn *fn, void *arg,
                        struct err *err);
/** Who waits for @id with @arg has gone: its call back is not called any more, and what nobody
 * else wants is cancelled. */
void forcer_unwait(struct forcer *f, const struct oid *id, const void *arg);
/** Those that wait have gone: their call backs are not called any more. */
void forcer_forget_waiters(struct forcer *f);
/** Everything that was asked for is settled (or nothing more will be). */
bool forcer_idle(const struct forcer *f);
/** Turn the loop until forcer_idle. */
void forcer_run(struct forcer *f);
/** Stop now: nothing new starts, what runs is killed. */
void forcer_cancel(struct forcer *f);
bool forcer_cancelled(const struct forcer *f);
/** The placeholders of this run that can't be kept stay as they are (gg force; default: they
 * go). */
void forcer_keep_all(struct forcer *f);
/** Has a thunk failed that nobody waited for (a waiter reports its own failure)? */
bool forcer_failed(const struct forcer *f);
/** Called once when that happens and !keep_going. */
void forcer_on_failure(struct forcer *f, void (*fn)(void *arg), void *arg);
/** Lazy: make real now what no other thunk used. Else nothing. */
int forcer_finish_lazy(struct forcer *f, struct err *err);
struct forcer_counts forcer_counts(const struct forcer *f);
/** Is there a live status line? */
bool forcer_is_live(const struct forcer *f);
/** What a command printed, as it is; no line stands in the middle of it. */
void forcer_pass(struct forcer *f, const char *text, size_t len);
/** A result was taken from the memo table without the forcer's doing: for the status line. */
void forcer_note_remembered(struct forcer *f);
/** What went over the network, for people; "" for nothing. */
void forcer_describe_traffic(const struct forcer *f, struct buf *out);
/** Before something is printed without forcer_say(): see status_hide(). */
void forcer_hide_status(struct forcer *f);
/** A line for the user, above the status line. */
void forcer_say(struct forcer *f, const char *fmt, ...) printflike(2, 3);

/** The mode of a real file whose placeholder says nothing of it: by its extension and the
 * umask. */
unsigned forcer_mode_for(const char *path);

#endif

/**
 * What the parts of a worker share: worker.c is the life of a request, worker_fetch.c brings
 * its inputs, worker_run.c runs its program and sends the outputs, worker_room.c keeps the
 * store within its size.
 */
#ifndef EXEC_WORKER_PRIV_H
#define EXEC_WORKER_PRIV_H

#include "exec/execute.h"
#include "exec/gather.h"
#include "exec/storage.h"
#include "exec/watch.h"
#include "exec/worker.h"

enum stage {
	STAGE_NEW,
	STAGE_FETCHING,
	STAGE_READY,
	STAGE_RUNNING,
	STAGE_PUSHING,
	STAGE_ENDED,
};

/* An executor remembers where files of manifests are; after the store was emptied there is
 * another one, and the old one goes with its last task. */
struct generation {
	struct executor *executor;
	unsigned refs;
};

struct slot {
	struct watch watch;
	struct task *task;
	struct worker *worker;
	unsigned number;
};

struct task {
	struct worker *worker; /* NULL: it is gone */
	struct task *next, *prev;
	unsigned refs; /* 1 until it is answered, 1 for each call back to come */
	enum stage stage;
	bool cancelled;
	struct wire_request req;
	size_t at; /* thunk of the request */
	struct storage *storage;
	struct oid id;
	struct thunk *thunk;
	struct oids own, want;
	unsigned rounds;
	bool cleaned; /* the disk was full, and the store has been cleaned for this task */
	struct generation *generation;
	struct execution *execution;
	struct outcome out;
	struct wire_response answer;
	worker_done_fn *done;
	void *arg;
};

struct worker {
	uv_loop_t *loop;
	struct store *store;
	struct worker_options o;
	struct box *box;
	struct slot *slots;
	struct storages *storages;
	struct gather gather;
	struct generation *generation;
	uintptr_t cleanings;   /* bundles checked since the last one are complete */
	uint64_t stored_bytes; /* what the blobs take, about */
	struct task *tasks, *last;
	uv_timer_t *soon; /* on the heap: the loop frees it. Begins and ends tasks */
	bool cold;        /* nothing was asked yet */
	struct worker_counts counts;
};

/* worker.c: each of these decides what comes next; the task may be gone after. */
void task_fail(struct task *t, enum outcome_class what, const char *fmt, ...) printflike(3, 4);
/** NOSPC: cleans and tries again; USAGE: can't run; others: @otherwise. */
void task_fail_err(struct task *t, enum outcome_class otherwise, const struct err *err);
/** The thunk is done, its outputs are sent. */
void task_succeed(struct task *t);
void task_begin_soon(struct task *t);
/** A call back that held it has been called. */
void task_unref(struct task *t);
void generation_unref(struct generation *g);
void worker_renew_executor(struct worker *w);

/* worker_fetch.c */
/** Bring what the store lacks of its inputs, then let it run. */
void task_fetch(struct task *t);
/** A transfer that it waited for has failed: are objects missing, or is the backend away? */
void task_pull_failed(struct task *t, const struct err *err);

/* worker_run.c */
/** Start what is ready, as long as there are slots. */
void worker_run_ready(struct worker *w);
/** An input that was there has gone, or was found damaged: fetch it (again). */
void task_prepare_failed(struct task *t, const struct err *err);
/** Send the outputs of a result that was remembered, as far as the backend lacks them. */
void task_push_remembered(struct task *t);

/* worker_room.c */
/** The store has grown: trim it if it is too large. */
void worker_stored(struct worker *w, uint64_t more_bytes);
/** The disk is full: clean, and once more; then give up. */
void task_no_space(struct task *t, const char *why);

#endif

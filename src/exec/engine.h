/**
 * Where thunks run. An engine takes fully reduced thunks (no thunk dependencies) and answers
 * each exactly once, from the event loop, never from inside engine_start.
 */
#ifndef EXEC_ENGINE_H
#define EXEC_ENGINE_H

#include "base/err.h"
#include "core/thunk.h"
#include "store/store.h"

/** Classes of failure; sched/policy.c says what each leads to. */
enum outcome_class {
	OUTCOME_OK,
	OUTCOME_FAILED,  /* the program itself failed: exit status in status */
	OUTCOME_MISSING, /* an input is not in the store any more */
	OUTCOME_NOSPC,   /* storage full */
	OUTCOME_LOST,    /* the worker or slot died */
	OUTCOME_TIMEOUT,
	OUTCOME_WRONG, /* an answer that does not fit the question */
	OUTCOME_CANCELLED,
	OUTCOME_THROTTLED,   /* the service asks to come back later */
	OUTCOME_UNREACHABLE, /* no answer: no route, refused, cut off, credentials refused */
	OUTCOME_CANT_RUN,    /* this engine never can: platform, size, a missing isolation */
	OUTCOME_INTERNAL,    /* anything else: message in why */
};

struct outcome {
	enum outcome_class what;
	int status; /* wait status when the program ran */
	struct memo
		memo;    /* outputs, texts, times; valid for OK, texts also for FAILED. Owned */
	bool memoizable; /* false: it ran outside of its inputs; use the result, don't remember
	                    it */
	/** FAILED: the place may be to blame and not the program: a missing file or right */
	bool suspicious;
	/** MISSING: the names of the inputs that are gone, as far as known */
	struct strv missing;
	uint32_t retry_after_ms; /* THROTTLED: when to come back; 0: not said */
	double price_usd; /* what the try has cost, well or not; 0 for the cores at hand */
	char why[1024];   /* for a person */
};

void outcome_release(struct outcome *o);
/** "storage full", …: also what a worker says in its answers (core/wire.h). */
const char *outcome_class_name(enum outcome_class what);
/** The class of that name; INTERNAL for any other. */
enum outcome_class outcome_class_parse(const char *name);

/** @arg as given to start; @o is the callee's to release. */
typedef void engine_done_fn(void *arg, struct outcome *o);

struct engine;

struct engine_ops {
	const char *name;
	/** Can this engine run it at all? */
	bool (*can_run)(struct engine *e, const struct thunk *t);
	/** How many more jobs can be started right now. */
	unsigned (*free_slots)(struct engine *e);
	/** Begin. RETRY: no slot; other errors: this engine can't. @t is borrowed for the call.
	 */
	int (*start)(struct engine *e, const struct oid *id, const struct thunk *t,
	             engine_done_fn *done, void *arg, struct err *err);
	/** Kill all that runs; each still answers (CANCELLED). */
	void (*cancel_all)(struct engine *e);
	/** Kill the job that was started with this @arg; it still answers. NULL: it can't. */
	void (*cancel)(struct engine *e, void *arg);
	/** Jobs run elsewhere: one may hang where its twin would not, so stragglers are started
	 * twice. */
	bool elsewhere;
	/** What still runs is killed and never answers. */
	void (*free)(struct engine *e);
};

struct engine {
	const struct engine_ops *ops;
};

#endif

/**
 * What becomes of a plan: its thunk goes into the store; when the memo table knows the result
 * the files are made at once, else placeholders stand in for them and the coordinator is told,
 * or, where a file must be real at once (a depfile), its result is waited for.
 */
#ifndef MODEL_EMIT_H
#define MODEL_EMIT_H

#include "model/plan.h"

/** How the wrapper was started. */
struct emit_mode {
	const char *session; /* GG_SESSION, or NULL: no coordinator ("gg infer") */
	bool placeholders; /* write placeholders even for what is remembered (infer, --lazy) */
	bool wait;         /* wait for every result: its exit status is the question */
	bool far;          /* results come from far away: depfiles are made here meanwhile */
	bool explain;      /* after a failure, print the command so that it can be pasted */
	bool hands_back;   /* what the real tool must say is left to another, who explains it */
};

/**
 * Carry out a plan that does not delegate.
 *
 * Returns 0 and *status (the command's exit status), or -1: the real tool must run, @err says
 * why (UNSURE: as planned; else something went wrong).
 */
int emit(const struct call *call, struct plan *p, const struct emit_mode *mode, int *status,
         struct err *err);

/** Carry out a plan that was had again (recall.h), from the memo table. 1 and *status, 0 when
 * it does not know the result, or -1: plan it. */
int emit_recalled(const struct call *call, struct plan *p, const struct oid *thunk,
                  const struct emit_mode *mode, int *status, struct err *err);

#endif

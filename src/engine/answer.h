/**
 * Is a worker's answer true, as far as can be known without running the thunk again? And what
 * does it say? Nothing of a wrong answer gets into the store.
 */
#ifndef ENGINE_ANSWER_H
#define ENGINE_ANSWER_H

#include "core/wire.h"
#include "exec/engine.h"

struct answer_question {
	struct store *store;
	const struct oid *id;
	const struct thunk *thunk;
	const char *engine; /* for the memo */
};

/**
 * Turn a response into an outcome: OK only if it answers this very thunk, with exactly its
 * outputs, whose sizes are as their names say, and whose bytes, where they came along, hash to
 * their names (they are stored then). Otherwise OUTCOME_WRONG says what is off; failures that
 * the worker reports keep their class.
 */
void answer_judge(const struct answer_question *q, const struct wire_response *r,
                  struct outcome *out);

#endif

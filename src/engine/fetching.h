/**
 * An engine in front of another: brings the inputs of a thunk that the local store lacks from
 * the backend, then lets the other run it. For thunks that run on this machine after others
 * have run elsewhere.
 */
#ifndef ENGINE_FETCHING_H
#define ENGINE_FETCHING_H

#include "exec/engine.h"
#include "remote/transfer.h"

/** @inner becomes its own. Owned; free through ops->free. Slots, name and roles are the inner
 * engine's. */
struct engine *fetching_new(struct store *st, struct transfer *transfer, struct engine *inner);

#endif

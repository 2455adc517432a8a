/**
 * What placeholders that wait need: their thunks, all inputs of these, and their results if
 * they are remembered.
 */
#ifndef STORE_NEEDS_H
#define STORE_NEEDS_H

#include "store/store.h"

/**
 * Call fn(arg, id) for each object that a waiting placeholder needs, on a snapshot of them. It
 * answers true when it hears of an object for the first time and wants to hear what that needs
 * too. What the local store does not hold is named, and not looked into. @fn may not use the
 * index.
 *
 * Cost: each thunk and manifest that is looked into is read once.
 */
int store_needs_pending(struct store *st, bool (*fn)(void *arg, const struct oid *id),
                        void *arg, struct err *err);

#endif

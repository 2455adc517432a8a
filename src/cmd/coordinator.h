/**
 * The coordinator's ear: takes what the wrappers of a build say (model/session.h) to the
 * forcer, and answers those that wait.
 */
#ifndef CMD_COORDINATOR_H
#define CMD_COORDINATOR_H

#include "cmd/forcer.h"

struct coordinator;

struct coordinator_counts {
	size_t commands;   /* wrappers that said something */
	size_t modelled;   /* … of which became thunks */
	size_t remembered; /* … of which were answered from the memo table by the wrapper itself
	                    */
	size_t delegated; /* ran as they are */
	size_t promises;  /* placeholders handed out */
};

struct coordinator *coordinator_new(struct forcer *f, struct store *st, struct err *err);
/** On a descriptor that listens already, by this name; it is closed at the end. */
struct coordinator *coordinator_adopt(struct forcer *f, struct store *st, int listener,
                                      const char *session);
void coordinator_free(struct coordinator *c);
/** Let up to @max wrappers stand by, once there are calls enough for them. */
void coordinator_stand_by(struct coordinator *c, unsigned max);
/** For GG_SESSION. Borrowed. */
const char *coordinator_session(const struct coordinator *c);
/** No wrapper is waiting for an answer. */
bool coordinator_idle(const struct coordinator *c);
/** Take what has been said until now. */
void coordinator_drain(struct coordinator *c);
/** Tell those that wait that nothing will come. */
void coordinator_cancel(struct coordinator *c);
struct coordinator_counts coordinator_counts(const struct coordinator *c);
/** Reasons of delegated commands: "tool: reason" → how often. Borrowed. */
const struct map *coordinator_reasons(const struct coordinator *c);

#endif

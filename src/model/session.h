/**
 * What a wrapper and the coordinator of its build say to each other: one message, and for some
 * kinds one answer, over an abstract SOCK_SEQPACKET socket whose name is in GG_SESSION. Both
 * sides check that the peer is the same user. A message is a list of NUL-terminated strings.
 *
 *   thunk NAME (REF PATH MODE)…     placeholders were written: force them
 *   wait NAME (TAG PATH)…           force it now
 *       answer: ok OUT ERR (TAG NAME X)… | failed STATUS OUT ERR [TRUST] |
 *               rerun REASON | error TEXT
 *   join NAME                       wait for it if another wrapper does
 *       answer: ok … as of wait | rerun REASON
 *   force PATH…                     make these placeholders real
 *       answer: ok | failed TEXT
 *   settle [PART]                   all that stand now (with PART in their path)
 *       answer: ok | failed TEXT
 *   moved OLD NEW                   a placeholder has another name
 *   remembered NAME WALL_NS CPU_NS BYTES (TAG PATH)…    for the counts
 *   delegated TOOL REASON [COMMAND]                     for the counts
 *   called                                              under gg infer, which hears no more
 *
 * OUT and ERR name what was printed ("" for nothing); X is "x" for an executable, else "-".
 * TRUST is "sure" when it would fail again, "doubtful" when the sandbox may be to blame.
 */
#ifndef MODEL_SESSION_H
#define MODEL_SESSION_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

enum {
	SESSION_MESSAGE_MAX = 128 << 10,
	SESSION_BACKLOG = 1024, /* connections that nobody has taken yet */
};

/** Between the session's name and the two digits of a wrapper that stands by (main/standby.h).
 */
#define SESSION_STANDBY "-"
enum { SESSION_STANDBYS_MAX = 64 };
/** gg-model SESSION_STANDBY_OPTION NAME NUMBER: how the coordinator starts one; descriptor 0 is
 * a pipe that ends when it is to end. */
#define SESSION_STANDBY_OPTION "--stand-by"

/** Listen for wrappers of this user. @name: out, for GG_SESSION; owned. Returns the descriptor.
 */
int session_listen(char **name, struct err *err);
/** The same, by that name, for one connection at a time: a further one is refused. */
int session_listen_as(const char *name, struct err *err);
/** Take a waiting connection; -1 with RETRY when there is none (or it was another user's). */
int session_accept(int listener, struct err *err);
/** Receive one message; 0 strings at the peer's end. CORRUPT when it is not a list of strings.
 */
int session_receive(int fd, struct strv *words, struct err *err);
/** Send one message. */
int session_send(int fd, const struct strv *words, struct err *err);

/** From now on whoever waits for an answer waits no longer than there is somebody at the other
 * end of @caller, for whom it is asked; -1: of nobody. */
void session_stand_in(int caller);
/** The wrapper's side: connect to @name, say @words, and wait for @answer unless it is NULL. */
int session_say(const char *name, const struct strv *words, struct strv *answer,
                struct err *err);

#endif

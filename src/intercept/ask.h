/**
 * The words of model/session.h, as the preload library says them: within somebody else's
 * program, perhaps in a child of vfork or in a signal handler. System calls and the stack only;
 * errno is kept.
 */
#ifndef INTERCEPT_ASK_H
#define INTERCEPT_ASK_H

/** Say @kind, @a and @b (NULL: no more) to the coordinator called @session. @answered: wait for
 * its answer. Returns 0, or -1 when it did not answer "ok". */
int ask(const char *session, const char *kind, const char *a, const char *b, _Bool answered);

#endif

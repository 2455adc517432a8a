/**
 * The wrappers that stand by in a build (main/standby.h). One is started for every few commands
 * that the build has run, so a short one pays for none.
 */
#ifndef CMD_STANDBYS_H
#define CMD_STANDBYS_H

#include <uv.h>

struct standbys;

/** What programs of a build are told to execute for a tool (gg-call): owned. NULL: there is
 * nothing of the kind here. */
char *standbys_caller(void);
/** @session: its name, borrowed; @max: as many as may be of use at once. */
struct standbys *standbys_new(uv_loop_t *loop, const char *session, unsigned max);
/** @commands have been run by now: starts what is worth its start. What can't be started is
 * done without. */
void standbys_need(struct standbys *s, size_t commands);
/** Ends all, and waits until they have ended. */
void standbys_free(struct standbys *s);

#endif

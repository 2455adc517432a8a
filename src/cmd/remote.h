/**
 * What talks to other machines is linked into gg-remote only, so that gg starts fast: gg
 * becomes gg-remote when a command or an option needs it. cmd/remote_none.c is what gg has of
 * this, cmd/remote_full.c and remote_run.c what gg-remote has.
 */
#ifndef CMD_REMOTE_H
#define CMD_REMOTE_H

#include "cmd/cmd.h"
#include "cmd/forcer.h"

/**
 * Go on in gg-remote, with the same command line (argv[0] is not looked at). In gg-remote
 * itself: 0 at once. In gg: does not return, or -1 when gg-remote can't be run.
 */
int remote_handover(const struct command *self, char **argv, struct err *err);

/** A command that only gg-remote has: the `run` of its row; or one that has a part there, and
 * saw the option that means this part. */
int remote_command(const struct command *self, int argc, char **argv);

/* The commands that only gg-remote has: cmd/NAME.c. */
int cmd_get(const struct command *self, int argc, char **argv);
int cmd_put(const struct command *self, int argc, char **argv);
/* The parts of commands that only gg-remote has: cmd/remote_care.c. */
int cmd_gc_remote(const struct command *self, int argc, char **argv);
int cmd_stats_remote(const struct command *self, int argc, char **argv);

/** The backend and the engines of one run. */
struct remote_run;

/** USAGE: no such engine, no storage for it. @storage may be NULL. Everything is borrowed for
 * the call, but loop and store. */
int remote_run_new(uv_loop_t *loop, struct store *st, const struct engine_spec *specs, size_t n,
                   const char *storage, struct remote_run **out, struct err *err);
/** The engine of the i-th spec; the caller's to free, after
 * remote_run_free (which answers what waits for the backend). */
struct engine *remote_run_engine(struct remote_run *r, size_t i);
/** @local, with the inputs that are only in the backend brought first. Becomes its own. */
struct engine *remote_run_fetching(struct remote_run *r, struct engine *local);
/** Bring objects here; @err NULL: all are here. Answers once, from the loop. */
int remote_run_pull(struct remote_run *r, const struct oid *ids, size_t n,
                    void (*done)(void *arg, const struct err *err), void *arg, struct err *err);
/** They are not in the backend after all. */
void remote_run_forget(struct remote_run *r, const struct oid *ids, size_t n);
/** Nothing new is sent. */
void remote_run_cancel(struct remote_run *r);
void remote_run_free(struct remote_run *r);

/** What went over the network: "up 12 MB in 40 objects, down …"; for people. */
void remote_run_describe(const struct remote_run *r, struct buf *out);

#endif

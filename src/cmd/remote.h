/**
 * What talks to other machines is linked into gg-remote only, so that gg starts fast: gg
 * becomes gg-remote when a command or an option needs it. cmd/remote_none.c is what gg has of
 * this, cmd/remote_*.c what gg-remote has.
 */
#ifndef CMD_REMOTE_H
#define CMD_REMOTE_H

#include "cmd/cmd.h"
#include "cmd/forcer.h"

/**
 * Go on in gg-remote, with the same command line (argv[0] is the command's name). In gg-remote
 * itself: 0 at once. In gg: does not return, or -1 when gg-remote can't be run.
 */
int remote_handover(char **argv, struct err *err);

/** A command that only gg-remote has: the `run` of its row. */
int remote_command(const struct command *self, int argc, char **argv);

#endif

/**
 * A terminal between a command and the user's: what the command prints passes through us, so
 * that the status line is taken away before and never stands in the middle of it. The command
 * still sees a terminal of the same size, and keeps its colours. Only output: its input is the
 * user's own.
 */
#ifndef CMD_RELAY_H
#define CMD_RELAY_H

#include "cmd/forcer.h"

struct relay;

/** NULL where there is no live line, or no pseudo-terminal to be had: then nothing is relayed.
 */
struct relay *relay_new(struct forcer *f);
/** Passes on what is left. Before forcer_free. */
void relay_free(struct relay *r);
/** What the command gets as its @fd (1 or 2): the relay where @fd is a terminal, else @fd. */
int relay_fd(const struct relay *r, int fd);

#endif

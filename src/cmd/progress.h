/**
 * One line on a terminal that says how far a command is, for commands without a forcer. Nothing
 * where standard error is no terminal.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "base/compat.h"

struct progress {
	bool live;
	int64_t painted_ns;
};

void progress_begin(struct progress *p);
/** @all: 0 when it is not known. Cheap: paints ten times a second at most. */
void progress_show(struct progress *p, const char *doing, uint64_t done, uint64_t all);
/** Takes the line away; before anything else is printed. */
void progress_clear(struct progress *p);

#endif

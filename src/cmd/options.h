/**
 * The options that build, force and run share, and the signals that stop them.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "cmd/cmd.h"
#include "cmd/forcer.h"

struct options {
	struct forcer_options forcer;
	bool stats;             /* a summary at the end */
	const char *stats_json; /* a file for it */
	bool portable;          /* thunks don't name where the checkout lies */
	bool overlap;           /* make's recipes don't wait */
	bool no_record;         /* this run is part of another one */
	const char *trace;      /* a file for Chrome's trace viewer */
};

#define OPTIONS_INIT                                          \
	{                                                     \
		.forcer = {.status = true, .step = BOX_AUTO } \
	}

/** Parse up to the first operand (optind is left there). -1: go on; else the exit code. */
int options_parse(struct options *o, const struct command *self, int argc, char **argv);

/** Is the next word the value of option @word? */
bool options_takes_value(const char *word);

/** Begin to write down what happens, in o->forcer.recorder; @argv: what was asked for. */
void options_record(struct options *o, const struct command *self, char *const *argv);
/** Keep what was written down, and the trace; frees the recorder. Troubles are told, and change
 * nothing. */
void options_record_end(struct options *o, const struct command *self, struct store *st,
                        int status);

struct options_signals {
	uv_signal_t handles[3];
	bool watched[3];
	struct forcer *forcer;
	int got; /* the signal that came, or 0 */
};

/** INT, TERM and HUP stop the forcer; one that was ignored when gg started stays ignored. */
void options_watch_signals(struct options_signals *s, struct forcer *f);
/** The signal that came, or 0. */
int options_unwatch_signals(struct options_signals *s);

#endif

/**
 * What commands that move objects by hand share: the local store, the backend that --store or
 * GG_STORAGE_URI names, a transfer between them, and a loop that Ctrl-C ends cleanly.
 */
#ifndef CMD_PLACE_H
#define CMD_PLACE_H

#include "cmd/cmd.h"
#include "remote/transfer.h"

struct place {
	const struct command *self;
	uv_loop_t loop;
	bool loop_open;
	struct store *store;
	struct backend *backend;
	struct transfer *transfer;
	uv_signal_t signals[2];
	uv_timer_t progress;
	bool show;      /* progress: standard error is a terminal */
	size_t total;   /* objects asked for */
	int got_signal; /* 0: none */
	bool finished;
	struct err err; /* of the transfer */
};

/** @storage NULL: GG_STORAGE_URI. @doubt: transfer_options.doubt. 0, or the exit code after a
 * message. */
int place_open(struct place *p, const struct command *self, const char *storage, bool doubt);
/** Wait until place_done was called; with the progress on a terminal. */
void place_run(struct place *p);
/** The transfer_done_fn: @arg is the place. */
void place_done(void *arg, const struct err *err);
void place_close(struct place *p);
/** The exit code of what happened: 0, 102 unreachable, 103 timeout, 104 corrupt, 101, 128 +
 * signal; says why on standard error. */
int place_result(const struct place *p);
int place_failed(const struct place *p, const struct err *err);

#endif

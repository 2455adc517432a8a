/**
 * What happened in one run of gg: how many commands came, what became of them, and of each
 * thunk that ran when, where and how long. A plain struct, its bytes, and back.
 *
 * Times are nanoseconds since the run began, on the monotonic clock; began_ns is the wall
 * clock. Nothing in here says which kinds of engines there are: they are names.
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "base/buf.h"
#include "base/err.h"
#include "core/oid.h"

enum {
	RECORD_DETAIL_MAX = 65536, /* thunks, and remembered names, that are kept in detail */
	RECORD_REASONS_MAX = 256,  /* different reasons; what comes later is counted together */
	RECORD_TEXT_MAX = 1024,    /* bytes of one text; longer ones are cut */
};

struct record_counts {
	uint64_t commands;   /* that a wrapper spoke of */
	uint64_t modelled;   /* … of which became thunks */
	uint64_t delegated;  /* … of which ran as they are */
	uint64_t remembered; /* thunks whose result was there */
	uint64_t ran;        /* thunks that were run, well or not */
	uint64_t failed;     /* … of which failed */
	uint64_t retried;    /* tries beyond the first */
	uint64_t made_bytes; /* of outputs, by thunks that ran */
	uint64_t kept_bytes; /* of outputs that were remembered */
	int64_t ran_wall_ns; /* of thunks that ran, summed */
	int64_t ran_cpu_ns;
	int64_t saved_wall_ns; /* what the remembered ones took when they ran, summed */
	int64_t saved_cpu_ns;
};

struct record_reason {
	char *text; /* owned; "tool: reason" */
	uint64_t count;
	char *example; /* owned; a command, perhaps cut; "" when none is known */
};

struct record_thunk {
	struct oid id;    /* as it ran: without references to other thunks */
	struct oid asked; /* as it was asked for; equal to id when it had no references */
	char *tool;       /* owned; base name of the program */
	char *label;      /* owned; its first output */
	char *why;        /* owned; of a failure, or of the last retry; "" for nothing */
	char *engine;     /* owned */
	uint32_t lane;    /* one of the engine's places, from 0; never two thunks at once */
	uint32_t tries;
	uint32_t
		after; /* 1 + index of the thunk that ended last among those it uses; 0: none */
	int32_t status; /* wait status */
	bool ok;
	int64_t ready_ns;
	int64_t started_ns; /* of the last try */
	int64_t ended_ns;   /* 0: the run was cut off before */
	int64_t cpu_ns;
};

struct record {
	uint64_t number;  /* given by the store; 0: none yet */
	char *command;    /* owned; "build", "force" */
	char *title;      /* owned; what was asked for, as a shell would read it, perhaps cut */
	char *folder;     /* owned; where */
	int64_t began_ns; /* wall clock */
	int64_t wall_ns;
	int32_t status; /* exit status of gg */
	struct record_counts counts;
	struct record_reason *reasons; /* owned, most frequent first */
	size_t n_reasons;
	struct record_thunk *thunks; /* owned, in the order in which they started */
	size_t n_thunks, cap_thunks;
	struct oid *remembered; /* owned; names as they were asked for */
	size_t n_remembered, cap_remembered;
};

#define RECORD_INIT \
	{           \
		0   \
	}

void record_release(struct record *r);
/** A new, zeroed thunk at the end; NULL when there are RECORD_DETAIL_MAX. Borrowed until the
 * next. */
struct record_thunk *record_add_thunk(struct record *r);
/** Note a name; quietly not, when there are RECORD_DETAIL_MAX. */
void record_add_remembered(struct record *r, const struct oid *id);
/** Count a reason; @example is kept for the first of its kind. */
void record_add_reason(struct record *r, const char *text, uint64_t count, const char *example);
void record_counts_add(struct record_counts *to, const struct record_counts *more);

/** Sorts the reasons, appends the bytes to @out. */
void record_encode(struct record *r, struct buf *out);
/** CORRUPT for anything that record_encode can't have written. @head_only: thunks and names are
 * left out, which costs nothing however many there are. @out is released by the caller on
 * success. */
int record_decode(const void *data, size_t len, bool head_only, struct record *out,
                  struct err *err);

/** Counts alone, for sums over runs. */
void record_counts_encode(const struct record_counts *c, struct buf *out);

struct unpack;
void record_counts_decode(struct unpack *u, struct record_counts *out);

static inline void cleanup_record_(struct record *r)
{
	record_release(r);
}
#define auto_record struct record cleanup(cleanup_record_)

#endif

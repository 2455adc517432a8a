/**
 * The records of the last runs, one file each in ".gg/runs", named by their numbers; and what
 * all runs together came to. Any number of processes may save at once. A process that is killed
 * loses only its own record.
 *
 * Bounded: RUNS_MAX records, RUNS_BYTES_MAX together; the oldest go first, and stay in the sum.
 */
#ifndef STORE_RUNS_H
#define STORE_RUNS_H

#include "store/record.h"
#include "store/store.h"

enum { RUNS_MAX = 20, RUNS_BYTES_MAX = 64 << 20 };

/** Keep @r: gives it its number. Cost: one small file; no sync. */
int runs_save(struct store *st, struct record *r, struct err *err);
/** Load run @number, or the last one when it is 0. NOTFOUND; CORRUPT. */
int runs_load(struct store *st, uint64_t number, bool head_only, struct record *out,
              struct err *err);
/** The numbers that are there, ascending; *out is owned. */
int runs_list(struct store *st, uint64_t **out, size_t *n, struct err *err);

struct runs_total {
	uint64_t runs;
	int64_t wall_ns;
	struct record_counts counts;
	struct record_reason *reasons; /* owned */
	size_t n_reasons;
};

/** What all runs since the last runs_zero came to. */
int runs_total(struct store *st, struct runs_total *out, struct err *err);
void runs_total_release(struct runs_total *t);
/** Begin to count anew. The records stay. */
int runs_zero(struct store *st, struct err *err);

#endif

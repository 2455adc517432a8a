/**
 * Moves objects between the local store and a backend: each once however many ask for it, many
 * at a time, bounded in memory, tried again with back-off and jitter, verified on arrival.
 *
 * What the backend is believed to hold is remembered in the index across runs (store/remoteset)
 * and is only a belief: an answer that says otherwise (transfer_forget) makes the next push
 * send again. So an emptied bucket heals in the same run.
 */
#ifndef REMOTE_TRANSFER_H
#define REMOTE_TRANSFER_H

#include "remote/backend.h"

struct transfer;

struct transfer_options {
	unsigned width;   /* requests at once; 0: what the backend says */
	unsigned tries;   /* at most, of one object; 0: what the table says */
	bool check_first; /* ask the backend before sending what is not believed to be there (a
	                     HEAD is cheaper than large bodies) */
	bool doubt;       /* ask the backend even for what is believed to be there */
};

struct transfer_counts {
	uint64_t pushed, pushed_bytes; /* objects really sent */
	uint64_t pulled, pulled_bytes;
	uint64_t believed; /* pushes that needed no sending */
	uint64_t retries;
	uint64_t failed;
	size_t waiting; /* objects not done yet */
};

/** @err NULL: all of them are there. Otherwise the first failure, naming the object. */
typedef void transfer_done_fn(void *arg, const struct err *err);

/** @b and @st are borrowed. */
struct transfer *transfer_new(uv_loop_t *loop, struct store *st, struct backend *b,
                              const struct transfer_options *o);
/** What is open is cancelled and answered first. Before backend_free, not from inside a call
 * back; the loop must run once more after both. NULL is fine. */
void transfer_free(struct transfer *t);
/** Make sure that the backend holds all of @ids (repeats are fine). Answers once, from the
 * loop. */
int transfer_push(struct transfer *t, const struct oid *ids, size_t n, transfer_done_fn *done,
                  void *arg, struct err *err);
/** Make sure that the local store holds all of @ids. An object that the store has costs a stat;
 * one that begins like a program gets the right to be run. */
int transfer_pull(struct transfer *t, const struct oid *ids, size_t n, transfer_done_fn *done,
                  void *arg, struct err *err);
/** Is it believed to be in the backend? A look-up. */
bool transfer_believes(struct transfer *t, const struct oid *id);
/** Somebody reliable (a worker's checked answer) put it there. */
void transfer_learned(struct transfer *t, const struct oid *id);
/** They are not there after all (n 0: nothing is, as far as we know). */
void transfer_forget(struct transfer *t, const struct oid *ids, size_t n);
/** An answer says that they are not there: more may be gone with them. From now on what is
 * believed is asked for, once, before it is believed again. */
void transfer_doubt(struct transfer *t, const struct oid *ids, size_t n);
/** Nothing new is sent; what is open answers with RETRY "cancelled". */
void transfer_cancel(struct transfer *t);
struct transfer_counts transfer_counts(const struct transfer *t);

#endif

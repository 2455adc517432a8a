/**
 * Checking a store: every object against its name, every result against its objects, the index
 * page by page, memo.log record by record.
 *
 * An object that is not what its name says is set aside in .gg/corrupt, as by any other reader;
 * that never does harm: it will be made anew. The rest is only told, unless it is to be
 * repaired.
 */
#ifndef STORE_FSCK_H
#define STORE_FSCK_H

#include "store/store.h"

struct fsck_options {
	bool repair;
	void *arg;
	void (*progress)(void *arg, const char *doing, uint64_t done, uint64_t all);
	/** Something is wrong with @name. Both may be NULL. */
	void (*found)(void *arg, const char *name, const char *what);
};

struct fsck_result {
	uint64_t blobs, bytes; /* checked */
	uint64_t corrupt;      /* set aside */
	uint64_t strangers;    /* files among the objects that are none */
	uint64_t memos;        /* results */
	uint64_t dangling; /* … whose objects are not all there; they count as not remembered */
	uint64_t log_records;   /* of memo.log */
	uint64_t log_bad_bytes; /* … in no whole record */
	bool index_damaged;     /* it was, and has been made anew from memo.log */
	bool repaired;          /* of the rest, all that can be */
};

/** 0 also when something was wrong: see fsck_is_clean. -1: it could not be looked at. */
int store_fsck(struct store *st, const struct fsck_options *o, struct fsck_result *out,
               struct err *err);
/** Was all as it should be? (Results whose objects a gc has removed are no damage.) */
bool fsck_is_clean(const struct fsck_result *r);

#endif

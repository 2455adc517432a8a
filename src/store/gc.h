/**
 * Collecting garbage: objects that were not used for long go, the least recently used first,
 * and memo entries whose objects are gone go with them.
 *
 * The age of an object is its atime, which every look at it renews when it is older than a day
 * (store/blob). So whatever a command that runs now has looked at is younger than a day before
 * its start, and that much is never removed while it runs: see store_hold. An object that is
 * looked at in the instant of its removal is either kept, or the look says that it is not there
 * and it is made anew. A thunk of a placeholder that waits, and all that it needs, is kept.
 *
 * A result whose objects are gone reads as "not remembered", never as anything else.
 */
#ifndef STORE_GC_H
#define STORE_GC_H

#include "store/store.h"

struct gc_options {
	uint64_t max_bytes; /* what may be left, on the disk; UINT64_MAX: any */
	int64_t older_ns;   /* remove what was not used for so long; INT64_MAX: nothing for its
	                       age */
	bool dry_run;       /* only count */
	void *arg;
	void (*progress)(void *arg, const char *doing, uint64_t done, uint64_t all); /* may be
	                                                                              NULL */
};

struct gc_result {
	uint64_t blobs, bytes;           /* there before; bytes on the disk */
	uint64_t removed, removed_bytes; /* … of which were removed (or would be) */
	uint64_t kept_for_runs;          /* old, but used by what runs now */
	uint64_t kept_for_placeholders;  /* old, but needed by placeholders that wait */
	uint64_t memos, removed_memos;   /* results, and those that are forgotten */
	uint64_t removed_plans;          /* of commands, whose thunks are gone */
	uint64_t removed_other,
		other_bytes;      /* damaged objects and indexes that were set aside */
	uint64_t forgotten_paths; /* of files that are gone: gg explain */
	bool others_run;          /* another gg was running */
	bool log_rewritten;       /* memo.log holds only what is left */
};

int store_gc(struct store *st, const struct gc_options *o, struct gc_result *out,
             struct err *err);

/**
 * Say that a command uses the store until the returned descriptor is closed (it is closed on
 * exec): what it uses is kept meanwhile. Waits while a gc removes, which takes moments. -1
 * where the store can't be written: then there is no gc either.
 */
int store_hold(struct store *st);

#endif

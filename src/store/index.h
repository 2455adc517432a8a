/**
 * The index: one ordered map from short text keys to bytes, shared by all
 * processes that use the store. Opened at the first use. A record that does not
 * match its sum is not there; an index that is damaged is set aside and made
 * anew, and the call goes on with the new one.
 *
 * The first character of a key says whose it is: see enum index_key.
 */
#ifndef STORE_INDEX_H
#define STORE_INDEX_H

#include "base/err.h"

struct index;

/* The first character of a key; 'V' is the version record. */
enum index_key {
	INDEX_CACHE = 'C',    /* computed facts: kind, name of the question */
	INDEX_MEMO = 'M',     /* name of the thunk */
	INDEX_PENDING = 'P',  /* name of the path */
	INDEX_PRODUCED = 'O', /* name of the path */
	INDEX_REMOTE = 'B',   /* name of the place, name of an object: believed to be there */
	INDEX_REF = 'R',      /* name of the content, '.', device and inode in hex */
	INDEX_STAT = 'S',     /* device and inode in hex */
	INDEX_SYNCED = 'Y',   /* a boot: when the last store_sync began */
};

enum { INDEX_KEY_MAX = 160 };

/** Bytes found; borrowed until the next call on the same index. */
struct index_value {
	const unsigned char *data;
	size_t len;
};

/** @dir: the ".gg" folder, absolute; borrowed. Touches nothing yet. */
struct index *index_new(const char *dir);
/** Writes that were gathered and not flushed are dropped. */
void index_free(struct index *ix);
/** This run of the machine ("" when the kernel doesn't tell); NULL with @err. Borrowed. */
const char *index_boot(struct index *ix, struct err *err);

/** 1 found, 0 not, -1. */
int index_get(struct index *ix, const char *key, struct index_value *out, struct err *err);
/** Write; gathered when in a batch. */
int index_put(struct index *ix, const char *key, const void *data, size_t len, struct err *err);
/** Write at once, batch or not. */
int index_put_now(struct index *ix, const char *key, const void *data, size_t len,
                  struct err *err);
/** Write the same bytes under @n keys (NULL: delete them) at once, in one transaction. */
int index_put_all(struct index *ix, char *const *keys, size_t n, const void *data, size_t len,
                  struct err *err);
int index_del(struct index *ix, const char *key, struct err *err);
/** Is there a key that begins with @prefix? 1, 0, -1. */
int index_any(struct index *ix, const char *prefix, struct err *err);
/**
 * Call fn(arg, key, value) for each key that begins with @prefix, in no promised order, until
 * it answers non-zero. It may not use the index. Gathered writes count.
 */
int index_each(struct index *ix, const char *prefix,
               int (*fn)(void *arg, const char *key, const struct index_value *value),
               void *arg, struct err *err);

/** From now on one snapshot for look-ups, and writes gathered in memory. */
void index_batch_begin(struct index *ix);
/** Write what was gathered in one transaction; the next look-up takes a new snapshot. */
int index_flush(struct index *ix, struct err *err);
/** Gather what is written from now on, "at once" or not, … */
void index_hold(struct index *ix);
/** … until as many releases: writes it in one transaction. Others see none of it before, nor
 * before index_flush(). On error it is dropped. */
int index_release(struct index *ix, struct err *err);
/** Put it all on the disk. */
int index_sync(struct index *ix, struct err *err);
/** Walk all of it: 1 whole, 0 it was damaged and has been made anew, -1. */
int index_check(struct index *ix, struct err *err);
struct index_facts {
	uint64_t entries;
	uint64_t bytes; /* pages in use */
	unsigned readers, max_readers;
	unsigned dead_readers; /* left by killed processes; now forgotten */
	bool read_only;
};
int index_facts(struct index *ix, struct index_facts *out, struct err *err);
/** Forget readers that died. */
void index_check_readers(struct index *ix);

#endif

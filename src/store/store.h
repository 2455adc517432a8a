/**
 * The store: blobs by name, and one index (LMDB) with the memo table, the stat
 * cache, the include-scan cache, references, pending outputs and a small
 * key-value cache. Any number of processes may use one store at once; kill -9
 * at any instant leaves no half blob under a full name and loses no memo entry
 * that was written. The index is never trusted when damaged: it is set aside and rebuilt.
 *
 * Not thread-safe: one struct store per thread.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "core/oid.h"

#include <sys/stat.h>

struct store;

enum store_flags {
	STORE_CREATE = 1 << 0, /* make what is missing */
};

/** Where the store is: @gg_dir if not NULL, else the nearest ancestor of @cwd with ".gg".
 * Owned, or NULL. */
char *store_find(const char *gg_dir, const char *cwd);
/** Open the store in folder @dir (the ".gg" folder itself). */
int store_open(const char *dir, enum store_flags flags, struct store **out, struct err *err);
void store_close(struct store *st);
/** Open the index now, and keep it open: whoever opens this store in this process while @st is
 * open shares it. */
void store_warm(struct store *st);
/** Read objects also from @dir (which has "blobs"), when the store itself has none. It is never
 * written, and what it holds is not ours to remove: a package's own store. */
void store_add_base(struct store *st, const char *dir);
/** The ".gg" folder, absolute. Borrowed. */
const char *store_dir(const struct store *st);
/** ".gg/tmp": on the file system of the blobs; what is left there by dead processes is swept.
 * Borrowed. */
const char *store_tmp(const struct store *st);

/* blobs (store/blob.c) */

/** Put bytes; no write when the blob is there (its age is refreshed). NOSPC, IO; nothing
 * half-visible. */
int store_put(struct store *st, const void *data, size_t len, struct oid *out, struct err *err);
/** Put what @fd holds to its end, streamed. */
int store_put_fd(struct store *st, int fd, bool executable, struct oid *out, struct err *err);
/**
 * Take over a finished file of this file system (in store_tmp) whose name was computed by a
 * process we trust: rename it into place, set mode and mtime. The file is gone afterwards.
 */
int store_adopt(struct store *st, const char *tmp_path, const struct oid *id, bool executable,
                struct err *err);
/** Is there a blob of the right size, or a still valid reference? Cost: a stat or two. */
bool store_has(struct store *st, const struct oid *id);
/** Path where the bytes can be read: the blob, or the referenced file (its stat checked).
 * NOTFOUND. */
int store_locate(struct store *st, const struct oid *id, struct buf *path, struct err *err);
/** Open for reading. NOTFOUND; CORRUPT when the size is wrong. */
int store_open_blob(struct store *st, const struct oid *id, int *fd, struct err *err);
/** Read whole (thunks, manifests, messages), checked against its hash; CORRUPT otherwise (then
 * set aside). */
int store_get(struct store *st, const struct oid *id, struct buf *out, struct err *err);
/** Hash a blob again; CORRUPT (and set aside, so that it will be made anew) when it lies. */
int store_verify(struct store *st, const struct oid *id, struct err *err);
/** As above; but one that was hashed in this run of the machine, when it was put or since, and
 * not touched after that, is believed. Cost then: a stat. */
int store_trust(struct store *st, const struct oid *id, struct err *err);
/** Take a blob out of the store: what is made from others and can't be used as it is. */
void store_remove(struct store *st, const struct oid *id);
/** Copy a blob to @fd, which is empty and at its start: verified, or believed as above. */
int store_copy(struct store *st, const struct oid *id, int fd, struct err *err);

/** From now on objects for which fn(arg, id) says yes count as held though they are not here: a
 * backend is believed to have them. NULL: none. */
void store_set_elsewhere(struct store *st, bool (*fn)(void *arg, const struct oid *id),
                         void *arg);
/** Is it here (store_has), or elsewhere? The memo table answers with what is held. */
bool store_held(struct store *st, const struct oid *id);

/* files as inputs (store/statcache.c) */

enum file_keep {
	FILE_HASH_ONLY, /* just the name */
	FILE_KEEP,      /* the content is in the store when this returns */
	FILE_REFERENCE, /* as KEEP, but files of system folders (/usr, /lib*, /bin, /sbin, /etc)
	                   are kept as references: path, stat, hash */
};

struct file_info {
	struct oid id;    /* name of the content */
	struct stat st;   /* of the file (symlinks followed) at the time of hashing */
	bool placeholder; /* content begins like a placeholder (it is then not kept) */
};

/**
 * Name a file's content, from the stat cache where its (dev, ino, size, mtime, ctime) is
 * unchanged and was not racy, else by hashing; keep it as asked. Follows symlinks. An entry
 * whose ctime is within the clock's granularity of the time of hashing is never trusted. A file
 * that changes while it is read is read again, then RETRY. Cost when known: one stat, one
 * look-up.
 */
int store_file(struct store *st, const char *path, enum file_keep keep, struct file_info *out,
               struct err *err);
/** As above with a stat the caller just made (of the file itself, links followed). */
int store_file_stat(struct store *st, const char *path, const struct stat *sb,
                    enum file_keep keep, struct file_info *out, struct err *err);
/** Tell the cache what a file that we just wrote holds, of which nobody else has changed
 * anything until @sb. */
void store_file_known(struct store *st, const char *path, const struct stat *sb,
                      const struct oid *id);

/* memo table (store/memo.c) */

struct memo_output {
	char *tag;     /* owned */
	struct oid id; /* may be a thunk: follow it with tag */
	bool executable;
};

struct memo {
	struct memo_output *outputs; /* owned; as many as the thunk has tags, in order */
	size_t n_outputs;
	struct oid out_text; /* what it wrote to stdout; "" for nothing */
	struct oid err_text; /* what it wrote to stderr; "" for nothing */
	int64_t wall_ns;
	int64_t cpu_ns;
	char engine[16];
};

void memo_release(struct memo *m);
void memo_add_output(struct memo *m, const char *tag, const struct oid *id, bool executable);
/**
 * The result of a thunk. 1 found, 0 not (also when an output's blob is gone or has the wrong
 * size, or when the entry is from before a crash of the machine and its blobs don't verify), -1
 * IO.
 * @out is released by the caller when found.
 */
int store_memo_get(struct store *st, const struct oid *thunk, struct memo *out,
                   struct err *err);
int store_memo_put(struct store *st, const struct oid *thunk, const struct memo *m,
                   struct err *err);
/** Call fn(arg, thunk, m) for each entry, whether its objects are there or not. It may not use
 * the store. */
int store_memo_each(struct store *st,
                    void (*fn)(void *arg, const struct oid *thunk, const struct memo *m),
                    void *arg, struct err *err);
int store_memo_forget(struct store *st, const struct oid *thunk, struct err *err);
/** Write memo.log anew, from the index. Only while no other process appends to it: what it
 * appends meanwhile would be lost. */
int store_memo_rewrite_log(struct store *st, struct err *err);
/** Make what was put so far durable against a crash of the machine: one syncfs. */
int store_sync(struct store *st, struct err *err);

/* pending outputs (store/pending.c): placeholders handed out and not yet replaced */

/** Record that the file at @path (absolute) is a placeholder for @ref ("hash[#tag]"); @mode:
 * the final file's. */
int store_pending_add(struct store *st, const char *path, const char *ref, unsigned mode,
                      struct err *err);
int store_pending_remove(struct store *st, const char *path, struct err *err);
/** Are there none? One look-up. */
bool store_pending_empty(struct store *st);
/** Call fn(arg, path, ref, mode) for each, on a snapshot taken first. */
int store_pending_each(struct store *st,
                       void (*fn)(void *arg, const char *path, const char *ref, unsigned mode),
                       void *arg, struct err *err);

/* caches of computed facts, by content or by question (store/cache.c) */

enum cache_kind {
	CACHE_SCAN,      /* content name → include list (model/depscan) */
	CACHE_TOOLCHAIN, /* compiler identity + flags → facts (model/toolchain) */
	CACHE_MISSED,    /* command → inputs that no model named (exec) */
	CACHE_REFUSED,   /* command → how it failed, and what it said (model/refusal) */
	CACHE_DATED,     /* command → does the time get into its result (model/dated) */
	CACHE_RECALL, /* command line → its plan, and all that it saw (model/recall); begins
	                 with the name of its thunk, without which gg gc forgets it */
	CACHE_WORDS,  /* content name → its words (model/mention) */
	CACHE_EQUIVALENT, /* command in another form → a thunk (model/equivalent); as RECALL */
	CACHE_DRIVER, /* driver + shape of a command line → what it starts (model/driver) */
	CACHE_MADE,   /* path → the object that gg map has put there last */
};

/** From now on this process keeps in memory what it has read of facts about contents (SCAN and
 * WORDS: they never change), up to some size: for one that answers many calls. */
void store_cache_keep(void);
/** 1 and @out filled (appended), 0 not there, -1. */
int store_cache_get(struct store *st, enum cache_kind kind, const void *key, size_t key_len,
                    struct buf *out, struct err *err);
int store_cache_put(struct store *st, enum cache_kind kind, const void *key, size_t key_len,
                    const void *value, size_t value_len, struct err *err);
/** Call fn(arg, name, value) for each of a kind, on one snapshot: what it calls must not write.
 * @name is what store_cache_forget takes. */
int store_cache_each(struct store *st, enum cache_kind kind,
                     void (*fn)(void *arg, const char *name, const struct buf *value),
                     void *arg, struct err *err);
int store_cache_forget(struct store *st, const char *name, struct err *err);

/* facts, for who looks after a store */

struct store_facts {
	uint64_t blobs;
	uint64_t blob_bytes; /* on the disk */
	uint64_t index_entries, index_bytes, log_bytes;
	unsigned readers, max_readers, dead_readers;
	bool read_only;
	bool reflinks; /* the file system copies without copying */
	uint64_t free_bytes;
};
/** Cost: a stat for each blob. */
int store_facts(struct store *st, struct store_facts *out, struct err *err);

/* transactions */

/** All look-ups until the end see one snapshot, and all writes (but memo and adopt) are
 * gathered in memory and written by store_flush in one transaction. For short-lived wrappers.
 */
void store_batch_begin(struct store *st);
int store_flush(struct store *st, struct err *err);
/** What is noted from now on, memos too, is gathered until it is released, and then written in
 * one transaction; these nest. What another process is to see sooner store_flush() writes. */
void store_hold_writes(struct store *st);
int store_release_writes(struct store *st, struct err *err);

static inline void cleanup_store_(struct store **st)
{
	store_close(*st);
}
#define auto_store cleanup(cleanup_store_) struct store *

#endif

/**
 * What the store's own files share.
 */
#ifndef STORE_STORE_PRIV_H
#define STORE_STORE_PRIV_H

#include "base/map.h"
#include "store/index.h"
#include "store/store.h"

struct store {
	char *dir;    /* absolute */
	char *tmp;    /* dir/tmp */
	int dir_fd;   /* of dir */
	uid_t uid;    /* the process's effective one */
	int journal;  /* fd of the memo journal, or -1 */
	unsigned seq; /* of temporary names */
	struct index *index;
	struct map references; /* object → struct reference, owned: found before */
	char *base;            /* a folder with blobs/, read when ours has none; or NULL */
	bool (*elsewhere)(void *arg, const struct oid *id); /* or NULL */
	void *elsewhere_arg;
};

enum blob_state {
	BLOB_ABSENT,
	BLOB_WRONG_SIZE,
	BLOB_THERE,
};

/** Make .gg/blobs and .gg/tmp (below @dir_fd). */
int dirs_make(int dir_fd, struct err *err);
/** Open a new, private temporary file; @name (64 bytes) is relative to dir_fd. fd, or -1. */
int dirs_tmp_open(struct store *st, char name[64], struct err *err);

/** Stat a blob; @sb is filled unless it is absent. */
enum blob_state blob_state(const struct store *st, const struct oid *id, struct stat *sb);
/**
 * Name the content of a regular file open at its start and, if @keep, put it into the store.
 * Whether it begins like a placeholder is told, and such a file is not kept.
 * @size_bytes  as stat said: decides how it is read, not how much
 */
int blob_read_in(struct store *st, int fd, uint64_t size_bytes, bool keep, bool executable,
                 struct oid *out, bool *placeholder, struct err *err);

/** Path of a file that is referenced, has not changed, and holds @id. 1, 0, -1. Cost: a stat,
 * and the first time a walk in the index. */
int reference_find(struct store *st, const struct oid *id, struct buf *path, struct err *err);
/** Was the file at @path named @id, is it as it was then, and is a reference to it kept? Then
 * its stat, and when it was hashed. */
bool reference_known(struct store *st, const char *path, const struct oid *id, struct stat *sb,
                     int64_t *hashed_ns);
/** Keep a reference to a file with this stat that another store named at @hashed_ns. 1; 0: it
 * is none that may be referred to, or changed too close to that moment; -1. */
int reference_believe(struct store *st, const char *path, const struct stat *sb,
                      const struct oid *id, int64_t hashed_ns, struct err *err);
/** Forget the references of @id: one of them lied. */
void reference_forget(struct store *st, const struct oid *id);
/** Is it one that this process has found before, and as it was? Never asks the index. */
bool reference_is_found(struct store *st, const struct oid *id, struct buf *path);
void references_release(struct store *st);

#endif

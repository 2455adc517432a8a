/**
 * The bytes of an object as a backend keeps them: the object's own, or one zstd frame of them
 * (backend_packs), which is written to a nameless temporary file of the store first.
 */
#ifndef REMOTE_OUTGOING_H
#define REMOTE_OUTGOING_H

#include "remote/backend_priv.h"

struct outgoing {
	char name[BACKEND_NAME_MAX]; /* under which it is kept */
	int fd;                      /* at its start; the caller's to close */
	struct oid as; /* what these bytes would be called: their SHA-256 and their length */
};

#define OUTGOING_INIT    \
	{                \
		.fd = -1 \
	}

/** NOTFOUND, NOSPC; CORRUPT when the blob is not what its name says (only seen when packing).
 */
int outgoing_open(const struct backend *b, struct store *st, const struct oid *id,
                  struct outgoing *out, struct err *err);
/** The packing alone, for a thread: @from is an open blob, @folder takes the temporary file.
 * About 3 ns a byte. */
int outgoing_pack(int from, const char *folder, const struct oid *id, struct outgoing *out,
                  struct err *err);

#endif

/**
 * An object on its way in: written to a temporary file of the store, hashed as it comes, and
 * given its name only if it is what the name says.
 */
#ifndef REMOTE_INCOMING_H
#define REMOTE_INCOMING_H

#include "core/digest.h"
#include "store/store.h"

struct ZSTD_DCtx_s;

struct incoming {
	struct ZSTD_DCtx_s *zstd; /* of a packed object, or NULL */
	bool frame_ended;
	struct store *st;
	struct oid id;
	char *path; /* of the temporary file; owned */
	int fd;
	uint64_t got;
	char head[4];
	struct digest digest;
};

#define INCOMING_INIT    \
	{                \
		.fd = -1 \
	}

/** @packed: what comes is a zstd frame of it. */
int incoming_open(struct incoming *in, struct store *st, const struct oid *id, bool packed,
                  struct err *err);
/** The next bytes. CORRUPT when there are more than the name says, or no zstd; NOSPC, IO. */
int incoming_add(struct incoming *in, const void *data, size_t len, struct err *err);
/**
 * That was all: into the store, or CORRUPT. Programs and scripts get the right to be run.
 * RETRY when bytes are missing at the end: the connection was cut.
 */
int incoming_finish(struct incoming *in, bool executable, struct err *err);
/** Forget what came, so that the object can be begun anew. Fine at any time. */
void incoming_drop(struct incoming *in);

#endif

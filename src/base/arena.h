/**
 * Memory that is given back all at once. Pieces are aligned for pointers and 64-bit numbers.
 * What lives as long as a function begins in room of the function's own, and allocates nothing
 * as long as that is enough:
 *
 *     struct arena_room room;
 *     auto_arena a = ARENA_IN(&room, 8 << 10);
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/compat.h"

struct arena {
	struct arena_chunk *chunks;
	size_t chunk_bytes;     /* of a chunk; a piece of over half of it gets its own */
	size_t chunk_max_bytes; /* each next has twice as many, up to about these; 0: as many */
	char *at;               /* what is left of the newest, or of the room */
	size_t left_bytes;
	struct arena_piece *given; /* for when that is used up */
};

struct arena_room {
	_Alignas(16) char data[4 << 10];
};

/** An arena that begins in @room, which must live as long. */
#define ARENA_IN(room, bytes)                                                                  \
	{                                                                                      \
		.chunk_bytes = (bytes), .at = (room)->data, .left_bytes = sizeof((room)->data) \
	}

/** A piece of @size_bytes, not zeroed, valid until arena_release. Cost: an addition, and an
 * allocation a chunk. */
void *arena_take(struct arena *a, size_t size_bytes);
/** A piece of @size_bytes that was taken is not needed any more; it becomes others. One of less
 * than 64 bytes stays unused. */
void arena_give(struct arena *a, void *piece, size_t size_bytes);
void arena_release(struct arena *a);
#define auto_arena struct arena cleanup(arena_release)

#endif

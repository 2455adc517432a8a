/**
 * Memory that is given back all at once. Pieces are aligned for pointers and 64-bit numbers.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/compat.h"

struct arena {
	struct arena_chunk *chunks;
	size_t chunk_bytes; /* of each chunk; a larger piece gets its own */
};

/** A piece of @size_bytes, not zeroed, valid until arena_release. Cost: an addition, and an
 * allocation a chunk. */
void *arena_take(struct arena *a, size_t size_bytes);
void arena_release(struct arena *a);
#define auto_arena struct arena cleanup(arena_release)

#endif

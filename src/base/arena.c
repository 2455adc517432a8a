#include "base/arena.h"

struct arena_chunk {
	struct arena_chunk *next;
	size_t used;
	size_t size_bytes;
	_Alignas(16) char data[];
};

static struct arena_chunk *chunk_add(struct arena *a, size_t size_bytes)
{
	struct arena_chunk *c = xmalloc(sizeof(*c) + size_bytes);

	c->next = a->chunks;
	c->used = 0;
	c->size_bytes = size_bytes;
	a->chunks = c;
	return c;
}

void *arena_take(struct arena *a, size_t size_bytes)
{
	size_t len = (size_bytes + 7) & ~(size_t)7;
	struct arena_chunk *c = a->chunks;

	if (!c || len > c->size_bytes - c->used)
		c = chunk_add(a, len > a->chunk_bytes ? len : a->chunk_bytes);
	void *at = c->data + c->used;
	c->used += len;
	return at;
}

void arena_release(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
}

#include "base/arena.h"

struct arena_chunk {
	struct arena_chunk *next;
	_Alignas(16) char data[];
};

static void chunk_add(struct arena *a, size_t size_bytes)
{
	struct arena_chunk *c = xmalloc(sizeof(*c) + size_bytes);

	c->next = a->chunks;
	a->chunks = c;
	a->at = c->data;
	a->left_bytes = size_bytes;
}

void *arena_take(struct arena *a, size_t size_bytes)
{
	size_t len = (size_bytes + 7) & ~(size_t)7;

	if (len > a->left_bytes || !a->at)
		chunk_add(a, len > a->chunk_bytes ? len : a->chunk_bytes);
	void *piece = a->at;
	a->at += len;
	a->left_bytes -= len;
	return piece;
}

void arena_release(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
	a->at = NULL;
	a->left_bytes = 0;
}

#include "base/arena.h"

#include "base/large.h"

struct arena_chunk {
	struct arena_chunk *next;
	_Alignas(16) char data[];
};

struct arena_piece {
	struct arena_piece *next;
	size_t size_bytes;
};

static size_t rounded(size_t size_bytes)
{
	return (size_bytes + 7) & ~(size_t)7;
}

static char *chunk_add(struct arena *a, size_t size_bytes)
{
	struct arena_chunk *c = large_malloc(sizeof(*c) + size_bytes);

	c->next = a->chunks;
	a->chunks = c;
	return c->data;
}

/* What is left is forgotten. */
static void make_room(struct arena *a, size_t size_bytes)
{
	struct arena_piece *p = a->given;

	if (p && p->size_bytes >= size_bytes) {
		a->given = p->next;
		a->left_bytes = p->size_bytes;
		a->at = (char *)p;
		return;
	}
	a->left_bytes = a->chunk_bytes;
	a->at = chunk_add(a, a->chunk_bytes);
	if (a->chunk_bytes < a->chunk_max_bytes)
		a->chunk_bytes *= 2;
}

void *arena_take(struct arena *a, size_t size_bytes)
{
	size_t len = rounded(size_bytes);

	if (len > a->left_bytes && len > a->chunk_bytes / 2)
		return chunk_add(a, len);
	if (len > a->left_bytes || !a->at)
		make_room(a, len);
	void *piece = a->at;
	a->at += len;
	a->left_bytes -= len;
	return piece;
}

void arena_give(struct arena *a, void *piece, size_t size_bytes)
{
	enum { WORTH_BYTES = 64 };
	struct arena_piece *p = piece;

	if (size_bytes < WORTH_BYTES)
		return;
	*p = (struct arena_piece){ a->given, rounded(size_bytes) };
	a->given = p;
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
	a->given = NULL;
}

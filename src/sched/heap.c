#include "sched/heap.h"

void heap_release(struct heap *h)
{
	free(h->v);
	*h = (struct heap){ 0 };
}

void heap_push(struct heap *h, uint64_t rank, void *ptr)
{
	if (h->n == h->cap) {
		h->cap = h->cap ? h->cap * 2 : 64;
		h->v = xrealloc(h->v, h->cap * sizeof(*h->v));
	}
	size_t at = h->n++;
	while (at > 0 && h->v[(at - 1) / 2].rank < rank) {
		h->v[at] = h->v[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	h->v[at] = (struct heap_entry){ rank, ptr };
}

void *heap_pop(struct heap *h)
{
	if (h->n == 0)
		return NULL;
	void *best = h->v[0].ptr;
	struct heap_entry last = h->v[--h->n];
	size_t at = 0;

	for (size_t kid = 1; kid < h->n; kid = 2 * at + 1) {
		if (kid + 1 < h->n && h->v[kid + 1].rank > h->v[kid].rank)
			kid++;
		if (h->v[kid].rank <= last.rank)
			break;
		h->v[at] = h->v[kid];
		at = kid;
	}
	if (h->n)
		h->v[at] = last;
	return best;
}

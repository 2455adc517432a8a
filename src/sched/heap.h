/**
 * A binary heap of pointers with a rank each; the highest rank comes out first.
 */
#ifndef SCHED_HEAP_H
#define SCHED_HEAP_H

#include "base/compat.h"

struct heap_entry {
	uint64_t rank;
	void *ptr;
};

struct heap {
	struct heap_entry *v; /* owned */
	size_t n;
	size_t cap;
};

void heap_release(struct heap *h);
void heap_push(struct heap *h, uint64_t rank, void *ptr);
/** Take the best away; NULL when there is none. */
void *heap_pop(struct heap *h);

#endif

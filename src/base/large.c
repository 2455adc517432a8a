#include "base/large.h"

#include <sys/mman.h>

enum { LARGE_BYTES = 4 << 20 };

static void *advised(char *p, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t before = -(uintptr_t)p % page;

	if (len >= LARGE_BYTES)
		(void)!madvise(p + before, (len - before) & -page, MADV_HUGEPAGE);
	return p;
}

void *large_malloc(size_t size_bytes)
{
	return advised(xmalloc(size_bytes), size_bytes);
}

void *large_calloc(size_t count, size_t size_bytes)
{
	return advised(xcalloc(count, size_bytes), count * size_bytes);
}

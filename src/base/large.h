/**
 * Memory of which there is much: in large pages from 4 MiB on, if the kernel likes. A look at
 * random costs one miss then, and with small pages several more, for where the page is; and
 * what was never used before costs one fault for each 2 MiB.
 */
#ifndef BASE_LARGE_H
#define BASE_LARGE_H

#include "base/compat.h"

/** As xmalloc and xcalloc; freed by free. */
void *large_malloc(size_t size_bytes);
void *large_calloc(size_t count, size_t size_bytes);

#endif

/**
 * The loader's cache, /etc/ld.so.cache: where a library of a name is found before the default
 * folders are looked into. As dl-cache.h of glibc 2.32 and later has it; of an older format
 * nothing is known.
 */
#ifndef MODEL_LDCACHE_H
#define MODEL_LDCACHE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LDCACHE_PATH "/etc/ld.so.cache"

/**
 * The next path of library @name, in the loader's order; NULL when there is no other. Borrowed
 * from @cache, the file's bytes. @at: 0 at first.
 *
 * @by_machine: out; it is only for processors that can do more than others.
 */
const char *ldcache_next(const struct buf *cache, const char *name, size_t *at,
                         bool *by_machine);

#endif

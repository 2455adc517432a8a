/**
 * A hash map from byte strings to pointers or numbers. Open addressing, keys
 * copied in; never shrinks. One look-up costs one hash and, mostly, one compare.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/compat.h"

struct map_entry {
	char *key; /* owned; NULL: free place */
	uint32_t hash;
	uint32_t key_len;
	union {
		void *ptr;
		uint64_t num;
	};
};

struct map {
	struct map_entry *slots;
	size_t n;
	size_t cap; /* a power of two */
};

#define MAP_INIT           \
	{                  \
		NULL, 0, 0 \
	}

void map_release(struct map *m);
/** The entry of a key, or NULL. Borrowed until the next insertion. */
struct map_entry *map_find(const struct map *m, const char *key);
/** The entry of a key, made with value 0 if it is new (*@added says so; may be NULL). */
struct map_entry *map_add(struct map *m, const char *key, bool *added);
/** Iterate: *@at starts at 0; NULL at the end. */
struct map_entry *map_next(const struct map *m, size_t *at);

#define auto_map struct map cleanup(map_release)

#endif

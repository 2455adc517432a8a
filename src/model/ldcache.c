#include "model/ldcache.h"

#include <string.h>

static const char magic[] = "glibc-ld.so.cache1.1";

struct header {
	char magic[sizeof(magic) - 1];
	uint32_t n, strings_bytes;
	uint8_t flags, padding[3];
	uint32_t extensions, unused[3];
};

/* Texts are given by their places in the file. */
struct entry {
	int32_t flags;
	uint32_t name, path, os_version;
	uint64_t needs; /* of the processor; 0: nothing */
};

_Static_assert(sizeof(struct header) == 48 && sizeof(struct entry) == 24, "as in the file");

/* The text at @place, or NULL when it does not end within the file. */
static const char *text_at(const struct buf *cache, uint32_t place)
{
	return place < cache->len && memchr(cache->data + place, '\0', cache->len - place)
	               ? cache->data + place
	               : NULL;
}

const char *ldcache_next(const struct buf *cache, const char *name, size_t *at,
                         bool *by_machine)
{
	struct header h;

	if (cache->len < sizeof(h) || memcmp(cache->data, magic, sizeof(h.magic)) != 0)
		return NULL;
	memcpy(&h, cache->data, sizeof(h));
	if (h.n > (cache->len - sizeof(h)) / sizeof(struct entry))
		return NULL;
	while (*at < h.n) {
		struct entry e;

		memcpy(&e, cache->data + sizeof(h) + *at * sizeof(e), sizeof(e));
		++*at;
		const char *found = text_at(cache, e.name);
		const char *path = text_at(cache, e.path);
		if (found && path && strcmp(found, name) == 0) {
			*by_machine = e.needs != 0;
			return path;
		}
	}
	return NULL;
}

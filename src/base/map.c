#include "base/map.h"

#include <string.h>

void map_release(struct map *m)
{
	for (size_t i = 0; i < m->cap; i++)
		free(m->slots[i].key);
	free(m->slots);
	m->slots = NULL;
	m->n = m->cap = 0;
}

/* FNV-1a with a final mix: the low bits choose the slot. */
static uint32_t hash_of(const char *key, size_t len)
{
	uint64_t h = 1469598103934665603u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)key[i]) * 1099511628211u;
	h ^= h >> 32;
	return (uint32_t)(h * 2654435761u >> 7);
}

static struct map_entry *slot_of(const struct map *m, const char *key, size_t len,
                                 uint32_t hash)
{
	for (size_t i = hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
		struct map_entry *e = &m->slots[i];

		if (!e->key ||
		    (e->hash == hash && e->key_len == len && memcmp(e->key, key, len) == 0))
			return e;
	}
}

struct map_entry *map_find(const struct map *m, const char *key)
{
	size_t len = strlen(key);

	if (m->cap == 0)
		return NULL;
	struct map_entry *e = slot_of(m, key, len, hash_of(key, len));
	return e->key ? e : NULL;
}

static void grow(struct map *m)
{
	struct map bigger = { NULL, m->n, m->cap ? m->cap * 2 : 16 };

	bigger.slots = xcalloc(bigger.cap, sizeof(*bigger.slots));
	for (size_t i = 0; i < m->cap; i++) {
		struct map_entry *e = &m->slots[i];

		if (e->key)
			*slot_of(&bigger, e->key, e->key_len, e->hash) = *e;
	}
	free(m->slots);
	*m = bigger;
}

struct map_entry *map_add(struct map *m, const char *key, bool *added)
{
	size_t len = strlen(key);
	uint32_t hash = hash_of(key, len);

	if ((m->n + 1) * 4 > m->cap * 3)
		grow(m);
	struct map_entry *e = slot_of(m, key, len, hash);
	bool is_new = !e->key;
	if (is_new) {
		e->key = xstrndup(key, len);
		e->key_len = (uint32_t)len;
		e->hash = hash;
		e->num = 0;
		m->n++;
	}
	if (added)
		*added = is_new;
	return e;
}

struct map_entry *map_next(const struct map *m, size_t *at)
{
	while (*at < m->cap) {
		struct map_entry *e = &m->slots[(*at)++];

		if (e->key)
			return e;
	}
	return NULL;
}

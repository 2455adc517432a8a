#include "model/mention.h"

#include <ctype.h>
#include <string.h>

enum { FILE_MAX_SIZE = 256 << 20 };

/* FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
enum { HASH_SEED = 0x811c9dc5, HASH_PRIME = 0x01000193 };

static uint32_t hash_step(uint32_t h, char c)
{
	return (h ^ (unsigned char)c) * (uint32_t)HASH_PRIME;
}

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

void mentions_release(struct mentions *m)
{
	free(m->bits);
	m->bits = NULL;
}

static bool has(const struct mentions *m, uint32_t hash)
{
	uint32_t bit = hash % MENTION_BITS;

	return m->bits[bit / 64] >> (bit % 64) & 1;
}

static void add(struct mentions *m, uint32_t hash)
{
	uint32_t bit = hash % MENTION_BITS;

	m->bits[bit / 64] |= (uint64_t)1 << (bit % 64);
}

/* The next word's hash; false at the end. */
static bool next_word(const char **at, const char *end, uint32_t *hash)
{
	const char *p = *at;

	while (p < end && !is_word_char(*p))
		p++;
	*hash = (uint32_t)HASH_SEED;
	bool any = p < end;
	while (p < end && is_word_char(*p))
		*hash = hash_step(*hash, *p++);
	*at = p;
	return any;
}

void mentions_init(struct mentions *m)
{
	m->bits = xcalloc(MENTION_BITS / 64, sizeof(*m->bits));
}

static void list_words(const struct buf *text, struct buf *list)
{
	auto_mentions seen = { NULL };
	const char *at = buf_str(text);
	const char *end = at + text->len;
	uint32_t hash;

	mentions_init(&seen);
	while (next_word(&at, end, &hash)) {
		if (has(&seen, hash))
			continue;
		add(&seen, hash);
		buf_add(list, &hash, sizeof(hash));
	}
}

static void add_list(struct mentions *m, const struct buf *list)
{
	for (size_t i = 0; i + sizeof(uint32_t) <= list->len; i += sizeof(uint32_t)) {
		uint32_t hash;

		memcpy(&hash, list->data + i, sizeof(hash));
		add(m, hash);
	}
}

int mentions_add(struct mentions *m, struct store *st, const struct oid *id, struct err *err)
{
	auto_buf text = BUF_LIMIT(FILE_MAX_SIZE);
	auto_buf list = BUF_INIT;
	char key[OID_TEXT_MAX + 8];
	int n = snprintf(key, sizeof(key), "2%s", id->s); /* how lists are made */
	int rc = store_cache_get(st, CACHE_WORDS, key, (size_t)n, &list, err);

	if (rc == 0) {
		if (store_get(st, id, &text, err) < 0)
			return -1;
		list_words(&text, &list);
		rc = store_cache_put(st, CACHE_WORDS, key, (size_t)n, list.data, list.len, err);
	}
	if (rc < 0)
		return -1;
	add_list(m, &list);
	return 0;
}

void mentions_add_text(struct mentions *m, const char *text, size_t len)
{
	const char *at = text;
	uint32_t hash;

	while (next_word(&at, text + len, &hash))
		add(m, hash);
}

bool mentions_have(const struct mentions *m, const char *word)
{
	uint32_t hash = (uint32_t)HASH_SEED;

	for (; *word; word++)
		hash = hash_step(hash, *word);
	return has(m, hash);
}

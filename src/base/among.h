/**
 * Is a word in a short table of words? Cost: a comparison for each.
 */
#ifndef BASE_AMONG_H
#define BASE_AMONG_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/compat.h"

static inline bool among(const char *word, const char *const *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, table[i]) == 0)
			return true;
	return false;
}

/** Does it begin with one of them? */
static inline bool begins_among(const char *word, const char *const *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strncmp(word, table[i], strlen(table[i])) == 0)
			return true;
	return false;
}

/* For tables whose size is known. */
#define AMONG(word, table)        among(word, table, countof(table))
#define BEGINS_AMONG(word, table) begins_among(word, table, countof(table))

#endif

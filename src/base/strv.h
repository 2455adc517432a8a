/**
 * A NULL-terminated vector of owned strings: an argv, an envp, a list of names.
 */
#ifndef BASE_STRV_H
#define BASE_STRV_H

#include "base/compat.h"

struct strv {
	char **v; /* NULL-terminated once anything was added; else NULL */
	size_t n;
	size_t cap;
};

#define STRV_INIT          \
	{                  \
		NULL, 0, 0 \
	}

void strv_release(struct strv *s);
/** Drop every string, keep the memory of the vector. */
void strv_clear(struct strv *s);
/** Append a copy. */
void strv_add(struct strv *s, const char *str);
void strv_addn(struct strv *s, const char *str, size_t len);
void strv_addf(struct strv *s, const char *fmt, ...) printflike(2, 3);
/** Append, taking ownership of a heap string. */
void strv_take(struct strv *s, char *str);
/** Append copies of a NULL-terminated array. */
void strv_add_all(struct strv *s, char *const *v);
/** Is the string there? Linear. */
bool strv_has(const struct strv *s, const char *str);
/** Sort bytewise. */
void strv_sort(struct strv *s);
/** The vector as an argv: never NULL; borrowed. */
char **strv_argv(struct strv *s);

#define auto_strv struct strv cleanup(strv_release)

#endif

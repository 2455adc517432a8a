/**
 * The few language helpers that every file needs: array length, cleanup
 * attributes, ownership transfer, and the check for a broken invariant.
 */
#ifndef BASE_COMPAT_H
#define BASE_COMPAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define countof(a)       (sizeof(a) / sizeof((a)[0]))
#define cleanup(fn)      __attribute__((cleanup(fn)))
#define printflike(f, a) __attribute__((format(printf, f, a)))

/** Move ownership out of an auto_* variable: yields its value, leaves NULL. */
#define steal(p)                                 \
	({                                       \
		__typeof__(*(p)) stolen_ = *(p); \
		*(p) = NULL;                     \
		stolen_;                         \
	})

/** Move a descriptor out of an auto_fd variable: yields it, leaves -1. */
static inline int steal_fd(int *fd)
{
	int stolen = *fd;
	*fd = -1;
	return stolen;
}

/** A broken invariant of ours: says where and aborts, in every build. Never for bad input. */
#define BUG_IF(cond)                                                                        \
	do {                                                                                \
		if (__builtin_expect(!!(cond), 0)) {                                        \
			fprintf(stderr, "gg: bug: %s:%d: %s\n", __FILE__, __LINE__, #cond); \
			abort();                                                            \
		}                                                                           \
	} while (0)

/** malloc, calloc, realloc, strdup that abort when memory is out; results are owned. */
void *xmalloc(size_t size_bytes);
void *xcalloc(size_t count, size_t size_bytes);
void *xrealloc(void *p, size_t size_bytes);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);
/** printf into a new, owned string. */
char *xasprintf(const char *fmt, ...) printflike(1, 2);

static inline void cleanup_free_(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close_(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/** Declared locals that free or close themselves; initialise them on the same line. */
#define auto_free cleanup(cleanup_free_)
#define auto_fd   int cleanup(cleanup_close_)

#endif

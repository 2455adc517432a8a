/**
 * An error: a kind that a caller may branch on, and one line for a person.
 * The text lives inside the caller's struct, so errors never allocate.
 * The setters return -1, for `return err_set(err, …);`.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/compat.h"

enum err_kind {
	ERR_NONE,
	ERR_NOTFOUND, /* the object, file or entry does not exist */
	ERR_CORRUPT,  /* bytes that are not what they claim to be */
	ERR_NOSPC,    /* no room: disk, quota, index */
	ERR_RETRY,    /* may succeed when tried again */
	ERR_DENIED,   /* permission, or a refused kernel feature */
	ERR_IO,       /* any other failure of the system */
	ERR_USAGE,    /* the caller's words are off */
	ERR_UNSURE,   /* a model can't be sure: the real tool must run */
	ERR_FAILED,   /* the job itself failed */
};

struct err {
	enum err_kind kind;
	int sys; /* errno behind it, or 0 */
	char msg[1024];
};

#define ERR_INIT                \
	{                       \
		ERR_NONE, 0, "" \
	}

/** Set kind and message, replacing what was there. @err may be NULL. Returns -1. */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...) printflike(3, 4);

/** As err_set, from errno: picks the kind and appends ": strerror". Returns -1. */
int err_sys(struct err *err, const char *fmt, ...) printflike(2, 3);

/** Put "fmt: " before the message that is there; keeps the kind. Returns -1. */
int err_wrap(struct err *err, const char *fmt, ...) printflike(2, 3);

/* That the three return -1 is for the compiler and the analyzer to see, too. */
static inline int err_minus_one(int rc)
{
	(void)rc;
	return -1;
}
#define err_set(...)  err_minus_one(err_set(__VA_ARGS__))
#define err_sys(...)  err_minus_one(err_sys(__VA_ARGS__))
#define err_wrap(...) err_minus_one(err_wrap(__VA_ARGS__))

/** The kind that stands for an errno. */
enum err_kind err_kind_of(int sys);

/** Our exit code (100 and up, or 1, 2) for a kind: 1 FAILED, 2 USAGE, 104 CORRUPT, 101 the
 * rest. */
int err_exit_code(enum err_kind kind);

#endif

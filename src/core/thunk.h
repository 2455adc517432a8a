/**
 * A thunk: one deterministic process, described. Decoded form; bytes are in core/codec.h.
 *
 * Classic thunks (no workdir) run as the original's do: see docs/formats.md. A thunk with
 * a workdir sees real paths: each named input stands at its absolute name, the program is
 * the executable entry whose hash is @function and whose name is an absolute path.
 */
#ifndef CORE_THUNK_H
#define CORE_THUNK_H

#include "base/strv.h"
#include "core/oid.h"

/** The output tag that stands for what the process writes to its standard output; needs a
 * workdir. */
#define THUNK_STDOUT "/dev/stdout"

/** The value of this name is what the process reads on its standard input (else nothing); needs
 * a workdir. */
#define THUNK_STDIN "/dev/stdin"

/** A reference to an object, or to one output of a thunk: "hash[#tag][=name]". */
struct thunk_ref {
	struct oid id;
	char *tag;  /* owned; NULL for a value, and for the first output */
	char *name; /* owned; NULL if nameless */
};

struct thunk_refs {
	struct thunk_ref *v;
	size_t n;
	size_t cap;
};

struct thunk_link {
	char *name; /* owned */
	struct oid target;
};

struct thunk {
	struct oid function;      /* the executable to run */
	struct strv args;         /* argv, argv[0] included */
	struct strv env;          /* K=V, all there is */
	struct thunk_refs values; /* field 2 */
	struct thunk_refs thunks; /* field 3 */
	struct thunk_refs execs;  /* field 4 */
	struct strv outputs;      /* tags; first = main; order is significant */
	uint32_t timeout_ms;      /* 0: none */
	struct thunk_link *links; /* owned array */
	size_t n_links;
	/* fields 16 to 19: see docs/formats.md */
	char *workdir;         /* owned; absolute; NULL for a classic thunk */
	char *platform;        /* owned; e.g. "x86_64-linux"; NULL: any */
	struct strv manifests; /* hashes of manifest values */
	struct strv times; /* "SECONDS NAME": when a named value was changed, for a program to
	                      which that matters; others are told a time that means nothing */
};

struct thunk *thunk_new(void);
void thunk_free(struct thunk *t);
/** As new, but for the memory that it has got. */
void thunk_clear(struct thunk *t);
/** Append a reference; strings are copied; tag and name may be NULL. */
void thunk_refs_add(struct thunk_refs *refs, const struct oid *id, const char *tag,
                    const char *name);
/** The same of strings that do not end with a NUL. */
void thunk_refs_addn(struct thunk_refs *refs, const struct oid *id, const char *tag,
                     size_t tag_len, const char *name, size_t name_len);
void thunk_add_link(struct thunk *t, const char *name, const struct oid *target);
/** Sort values, thunks, execs by hash text (stable), links by name (a later one of a name
 * wins). */
void thunk_normalize(struct thunk *t);
/** At least one output, executable and argument; safe tags; or CORRUPT. */
int thunk_check(const struct thunk *t, struct err *err);
/** The parts of an entry of times; @name is borrowed from it. False: it is malformed. */
bool thunk_time_split(const char *entry, int64_t *seconds, const char **name);
/**
 * Replace every reference to output @tag (NULL: first) of thunk @old by object @now
 * (and tag @now_tag when @now is a thunk): moves it from thunks to values when now is
 * a value, keeps names, and rewrites "@{GGHASH:old}" in args and env. WIRE 5.
 */
void thunk_substitute(struct thunk *t, const struct oid *old, const char *tag,
                      const struct oid *now, const char *now_tag);
/** Does the text of any arg or env hold a "@{GGHASH:" placeholder? */
bool thunk_has_hash_args(const struct thunk *t);

static inline void cleanup_thunk_(struct thunk **t)
{
	thunk_free(*t);
}
#define auto_thunk cleanup(cleanup_thunk_) struct thunk *

#endif

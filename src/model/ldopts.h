/**
 * Options of the linkers (GNU ld 2.40, gold, lld), as far as files go: what an option reads,
 * where it looks, what it makes. One sorted table, for "ld …" as well as for what -Wl, and
 * -Xlinker pass on. An option that is not in it makes a reason to run the real linker.
 */
#ifndef MODEL_LDOPTS_H
#define MODEL_LDOPTS_H

#include "model/ldscan.h"

enum ldopt_kind {
	LDOPT_ALONE,   /* no value, or one that is no file, after "=" */
	LDOPT_VALUE,   /* a value that is no file: after "=" or in the next word */
	LDOPT_READ,    /* the value is a file that is read */
	LDOPT_SYMBOLS, /* -R: a file that is read, or a folder as for -rpath */
	LDOPT_RPATH,   /* folders, with colons between */
	LDOPT_LIB,     /* -l */
	LDOPT_LIB_DIR, /* -L */
	LDOPT_OUTPUT,  /* -o */
	LDOPT_MADE,    /* a further file that is made */
	LDOPT_DEPS,    /* one that make or ninja may read at once */
	LDOPT_RELOCATABLE,
	LDOPT_SHAPE, /* the output may be no program */
};

struct ldopt {
	const char *name; /* without dashes; a name of one letter takes its value joined too */
	enum ldopt_kind kind;
};

/** Sorted by name, bytewise. */
extern const struct ldopt ldopts[];
extern const size_t ldopts_n;

/** The row of @word ("-s", "--strip-all", "-soname=x", "-znow"), and where its value starts in
 *  @word, NULL if it has none there. NULL when it is not known. */
const struct ldopt *ldopt_find(const char *word, const char **value);

struct ldopts_call {
	struct ldscan scan;
	const char *output; /* borrowed, or NULL */
	struct strv made;
	struct strv deps;
	bool relocatable;
	bool odd_shape; /* --oformat: the linker itself knows whether it makes a program */
};

void ldopts_call_release(struct ldopts_call *c);
/** Take @words into @c. Delegates (through @p) at what is not known. */
void ldopts_take(struct ldopts_call *c, char *const *words, size_t n, struct plan *p);

#endif

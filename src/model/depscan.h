/**
 * Header discovery without running the compiler: a scanner of #include and friends, with a
 * cache from content to include list. Finds a superset of what the preprocessor reads (it does
 * not evaluate conditionals), and says UNSURE where it can't be sure to: computed includes it
 * can't resolve, __has_include of what it can't name, #include_next it can't follow, .incbin of
 * a macro …
 */
#ifndef MODEL_DEPSCAN_H
#define MODEL_DEPSCAN_H

#include "model/plan.h"

struct depscan_dirs {
	const struct strv *quote; /* -iquote */
	const struct strv
		*bracket; /* -I, -isystem, the compiler's own, -idirafter: in search order */
};

struct depscan_file {
	char *path; /* owned; as the compiler would spell it */
	struct stat st;
	struct oid id; /* of its content, which the store keeps; "": see opaque */
	bool is_link;  /* the path itself may be a symbolic link; its folders may be, too */
};

/** A macro that tells the time where it is used; its file names it nowhere else. */
struct depscan_clock {
	char *name;  /* owned */
	size_t file; /* index of who defines it */
};

struct depscan_result {
	struct depscan_file *files; /* owned; sources first */
	size_t n;
	struct strv folders;     /* that must exist inside ("dir" of "dir/../x.h") */
	struct strv precompiled; /* paths of headers that are there precompiled, and not
	                            themselves; what they were made of is among the files */
	struct strv missing;     /* names that are included somewhere and were not found */
	char hard[48]; /* UNSURE for a reason that the compiler's -M can't settle; or "" */
	struct strv guessing; /* folders of files with an #include that can't be told, as their
	                       * paths begin: "" or ending in "/" */
	bool opaque;          /* UNSURE for a file that is not there yet, or too many of them */
	bool has_time;        /* __DATE__, __TIME__ or __TIMESTAMP__ stands somewhere, but for
	                       * those of clocks */
	struct depscan_clock *clocks; /* owned */
	size_t n_clocks;
};

void depscan_result_release(struct depscan_result *r);

enum depscan_how {
	DEPSCAN_ASSEMBLER = 1, /* also .include and .incbin */
	DEPSCAN_TOLD = 2,      /* the sources are all that is included: what do they ask for? */
	DEPSCAN_NO_RAW = 4,    /* the language has no raw strings: R"(x)" */
	DEPSCAN_PRECOMPILED = 8, /* headers may be: gcc's, of a compile */
};

/**
 * Scan @sources (the main file first, "-" for what input.h has taken, then -include and
 * -imacros files, already resolved) and all that they can include. @how: of depscan_how.
 * @defines: the -D and -U options in order, for computed includes. Cost: 2 µs a file known to
 * the cache, plus a stat per candidate in a folder that is there; as much again, and what
 * macros.h tells, where a macro with arguments names a header.
 */
int depscan_run(const struct call *call, char *const *sources, const struct depscan_dirs *dirs,
                char *const *defines, int how, struct depscan_result *out, struct err *err);

#endif

/**
 * A head start: "gg build" starts the command of a build before its own C library begins, and
 * all else only when the first wrapper calls, or a signal comes (main/start.c). So a build that
 * has nothing to do pays for next to nothing.
 *
 * What that takes the last build of the same command has written down, in the store: the
 * program and what to add to its environment, and all that this followed from. Where anything
 * of that is different now there is no head start.
 *
 *   .gg/headstart/COMMAND:  head, item…     (this machine's own; never sent anywhere)
 */
#ifndef CMD_HEADSTART_H
#define CMD_HEADSTART_H

#include "base/err.h"

#include <stdint.h>

struct store;

#define HEADSTART_FOLDER "headstart"
#define HEADSTART_MAGIC  "ggstart1"
enum {
	HEADSTART_MAX = 32 << 10, /* bytes of a file */
	HEADSTART_FILES_MIN = 64, /* gg itself has 20 files open, each job some more */
	HEADSTART_WORD_MAX = 32,  /* of a command's name */
	HEADSTART_SESSION_MAX = 64,
	HEADSTART_PAGE = 4096, /* the two meta pages of LMDB come first, of x86-64's size */
	HEADSTART_META = 256,  /* of their bytes: header and meta, as in mdb.c of LMDB 0.9 */
};

/* Bytes that a file may have, for an index that grows and objects as large as they come. Who
 * writes past the limit is killed (SIGXFSZ). */
#define HEADSTART_SIZE_MIN (1ULL << 30)

enum headstart_kind {
	HEADSTART_FOLDER_IS = 1, /* text: the working folder */
	HEADSTART_SET,           /* "K=V" is in the environment */
	HEADSTART_UNSET,         /* "K=" is not */
	HEADSTART_SAME,          /* the path's file or folder is as facts say */
	HEADSTART_ABSENT,        /* there is nothing at the path */
	HEADSTART_INDEX,         /* the file begins with the data's bytes (in facts[0] pieces of
	                            HEADSTART_META at multiples of HEADSTART_PAGE) */
	HEADSTART_HOLD,          /* the path is locked, so that gc keeps away (store/gc.h) */
	HEADSTART_ADD,           /* "K=V" is added to the environment */
	HEADSTART_PROGRAM,       /* the path to execute */
};

struct headstart_head {
	char magic[8];
	uint64_t bytes; /* of the file */
};

enum { HEADSTART_FACTS = 6 }; /* device, inode, mode, bytes, modified, changed (ns) */

/** Padded with NUL to a multiple of 8 bytes. */
struct headstart_item {
	uint32_t kind;
	uint32_t bytes; /* of the whole item */
	uint64_t facts[HEADSTART_FACTS];
	char text[]; /* ends with NUL; then data */
};

/** What main/start.c leaves behind. */
struct headstart {
	bool possible; /* this program has it */
	int pid;       /* of the command, 0: it has not been started */
	int listener;  /* descriptor of the session */
	char session[HEADSTART_SESSION_MAX];
	uint64_t mask;    /* of signals, to be set again: INT, TERM and HUP are held back */
	int64_t began_ns; /* monotonic */
};
extern struct headstart headstart;

/* Both sides ask these, and one of them has no C library: loops, no calls. */

/** May a command's name be a file's: letters, digits, and, but first, "+-._"? */
static inline bool headstart_is_word(const char *text)
{
	size_t n = 0;

	for (const char *c = text; *c; c++, n++)
		if (!((*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
		      (*c >= 'A' && *c <= 'Z') ||
		      (n > 0 && (*c == '+' || *c == '-' || *c == '.' || *c == '_'))))
			return false;
	return n >= 1 && n <= HEADSTART_WORD_MAX;
}

static inline bool headstart_begins(const char *entry, const char *name)
{
	while (*name && *entry == *name) {
		entry++;
		name++;
	}
	return !*name;
}

/** Has it none of gg's variables but those that are written down, and nothing preloaded? */
static inline bool headstart_is_plain(char *const *envp)
{
	for (; *envp; envp++) {
		bool is_ours = headstart_begins(*envp, "GG_");
		bool is_written = headstart_begins(*envp, "GG_DIR=") ||
		                  headstart_begins(*envp, "GG_BASEDIR=");

		if ((is_ours && !is_written) || headstart_begins(*envp, "LD_PRELOAD="))
			return false;
	}
	return true;
}

/** What the next one is to do. */
struct headstart_plan {
	const char *command; /* as it is called, */
	const char *path;    /* found on this PATH: */
	const char *program;
	char *const *added; /* "K=V"… of its environment */
};
/** Write it down, with all that it follows from; nothing when there can be no head start. Cost
 * when all is as it was: some 25 calls of stat. */
void headstart_save(struct store *st, const struct headstart_plan *p);
/** Signals come again; after their handlers are there. */
void headstart_release_signals(void);
/** Without a store there are no wrappers; the command is waited for. What it exited with, as a
 * shell has it. */
int headstart_wait(void);

#endif

/**
 * What a command line of gg map says: a command as a template, the arguments that it is run
 * for, and what its jobs read and make besides. The syntax is GNU parallel's where it fits.
 */
#ifndef CMD_MAPPING_H
#define CMD_MAPPING_H

#include "base/buf.h"
#include "cmd/sources.h"

struct mapping {
	struct sources sources;
	struct strv template;
	char *redirect; /* owned; template behind ">", or NULL */
	struct strv outs;
	struct strv ins;
	struct strv env;
	struct strv files; /* -a: sources */
	bool dry_run;
	bool halts; /* at the first failure */
	bool tag;
	int tell;           /* the file descriptor on which each command is told; 0: none */
	const char *joblog; /* borrowed, as all that follow; or NULL */
	const char *delimiter;
	const char *halt;
	const char *columns;
	const char *group;
	const char *replace;
};

#define MAPPING_INIT                      \
	{                                 \
		.sources.separator = '\n' \
	}

/** One of its jobs. */
struct mapped {
	const char **values; /* owned array of borrowed strings, one a source; NULL: none */
	struct strv words;
	struct strv outputs; /* as written; the redirection is not among them */
	char *redirect;      /* owned; "> FILE", or NULL */
};

/** Take map's own options out of argv[1 …]; all else goes to @rest. Borrows. */
void mapping_options(struct mapping *m, int argc, char **argv, struct strv *rest);
/** The command and its arguments are @words. Reads files; USAGE, or what reading says. */
int mapping_take(struct mapping *m, char **words, struct err *err);
/** The words of job @number (from 0, below sources_count). @out is released by
 * mapped_release. */
void mapping_job(const struct mapping *m, size_t number, struct mapped *out);
void mapping_release(struct mapping *m);
void mapped_release(struct mapped *j);

/** Append the job's arguments with blanks between them, to tell it from others. */
void mapped_name(const struct mapping *m, const struct mapped *j, struct buf *out);
/** Append its command, quoted for a shell. */
void mapped_command(const struct mapped *j, struct buf *out);

#endif

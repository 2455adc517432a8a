/**
 * The arguments of many jobs, as GNU parallel names them: "::: A B", ":::: FILE" (one a line),
 * several of them as a product, ":::+" and "::::+" in step with the one before, as far as the
 * shortest goes.
 */
#ifndef CMD_SOURCES_H
#define CMD_SOURCES_H

#include "base/err.h"
#include "base/strv.h"

struct source {
	struct strv values;
	struct strv none; /* "x" for a value that there is not (a row without that column, what
	                     the last job has not got); shorter: all others are there */
	bool linked;      /* in step with the one before */
};

struct sources {
	struct source *v;
	size_t n;
	char separator; /* of lists in files: '\n', or '\0' */
};

void sources_release(struct sources *s);
/** Take the words from the first ":::" or "::::" of @argv on; returns how many words there are
 * in front of it, or -1. */
int sources_parse(struct sources *s, char *const *argv, struct err *err);
/** Add the lines of a file ("-": standard input). */
int sources_add_file(struct sources *s, const char *path, bool linked, struct err *err);
/** Each value is a row; extended regular expression @between is what separates its columns
 * ("\t": a tabulator). Each column becomes a source. USAGE: malformed. */
int sources_split(struct sources *s, const char *between, struct err *err);
/** Give each job @n values of the only source, one after the other; the last has what is left.
 */
void sources_group(struct sources *s, size_t n);
/** How many jobs there are. */
size_t sources_count(const struct sources *s);
/** The values of job @number, one for each source; the last source changes fastest. Borrowed
 * strings, or NULL where there is none any more, are put into @out, which has room for s->n. */
void sources_job(const struct sources *s, size_t number, const char **out);

#endif

/**
 * The small file that stands where an output will be, naming its thunk. WIRE 3.
 */
#ifndef CORE_PLACEHOLDER_H
#define CORE_PLACEHOLDER_H

#include <string.h>

#include "base/buf.h"
#include "core/oid.h"

#include <sys/stat.h>

/* Both first lines are 31 bytes. WIRE 3. */
#define PLACEHOLDER_SCRIPT   "#!/usr/bin/env gg-force-and-run"
#define PLACEHOLDER_LINKABLE "OUTPUT_FORMAT(\"elf64-x86-64\")/*"

enum { PLACEHOLDER_SNIFF = 31, PLACEHOLDER_MIN = 83, PLACEHOLDER_MAX = 4096 };

struct placeholder {
	struct oid thunk;
	char *tag; /* owned; NULL for the first output */
};

/** Bytes for a file called @path (its extension picks the spelling), and its mode (0600 or
 * 0755). UNSURE when the tag is too long to be read back. */
int placeholder_encode(const char *path, const struct oid *thunk, const char *tag,
                       struct buf *out, unsigned *mode, struct err *err);
/** Do these first bytes (at least 31) begin a placeholder? Cheap. */
static inline bool placeholder_sniff(const void *data, size_t len)
{
	return len >= PLACEHOLDER_SNIFF &&
	       (memcmp(data, PLACEHOLDER_SCRIPT, PLACEHOLDER_SNIFF) == 0 ||
	        memcmp(data, PLACEHOLDER_LINKABLE, PLACEHOLDER_SNIFF) == 0);
}

/** Read one; CORRUPT when it begins like one but is not. */
int placeholder_decode(const void *data, size_t len, struct placeholder *out, struct err *err);
/** 1 and @out filled if the file is a placeholder, 0 if not (or no such file), -1 CORRUPT/IO.
 */
int placeholder_read(const char *path, struct placeholder *out, struct err *err);
/** The same of what a look at @path has found. */
int placeholder_read_found(const char *path, const struct stat *st, struct placeholder *out,
                           struct err *err);
void placeholder_release(struct placeholder *p);

#define auto_placeholder struct placeholder cleanup(placeholder_release)

#endif

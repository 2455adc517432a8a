/**
 * A manifest: a value that lists files by name, hash and mode, sorted by name.
 * Names are absolute paths (or relative to the work folder). A mode's type bits say what
 * stands there: S_IFREG (hash: content), S_IFLNK (hash: a value holding the link's text),
 * S_IFDIR (no hash). Format: docs/formats.md.
 */
#ifndef CORE_MANIFEST_H
#define CORE_MANIFEST_H

#include "base/buf.h"
#include "core/oid.h"

struct manifest_entry {
	char *name;    /* owned */
	struct oid id; /* "" for a folder */
	uint32_t mode; /* type and permission bits */
};

struct manifest {
	struct manifest_entry *v;
	size_t n;
	size_t cap;
};

#define MANIFEST_INIT      \
	{                  \
		NULL, 0, 0 \
	}

void manifest_release(struct manifest *m);
/** Append; id may be NULL for a folder. */
void manifest_add(struct manifest *m, const char *name, const struct oid *id, uint32_t mode);
/** Sort by name; drop exact repeats. */
void manifest_normalize(struct manifest *m);
int manifest_encode(struct manifest *m, struct buf *out, struct err *err);
/** CORRUPT for anything malformed: unsorted, unsafe names, unknown types. */
int manifest_decode(const void *data, size_t len, struct manifest *out, struct err *err);

#define auto_manifest struct manifest cleanup(manifest_release)

#endif

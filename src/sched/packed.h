/**
 * A thunk's bytes, kept small while its node waits. Most of a thunk is names of objects: here
 * one is its digest in binary, one that the graph has a node for is that node's number, and one
 * that came before in the same thunk is its place there.
 */
#ifndef SCHED_PACKED_H
#define SCHED_PACKED_H

#include "base/buf.h"
#include "core/oid.h"

/** What numbers nodes. */
struct packed_names {
	void *arg;
	/** The number of a thunk's node. False: it has none. */
	bool (*number)(void *arg, const struct oid *id, uint32_t *number);
	/** The other way round. */
	void (*name)(void *arg, uint32_t number, struct oid *id);
};

/** Append the packed form of any @len bytes to @out. Linear, but that each name is compared
 * with those before it (255 at most). */
void packed_make(const char *data, size_t len, const struct packed_names *names,
                 struct buf *out);
/** Append the bytes that @data was made of to @out; only for what packed_make made, with the
 * same numbers. */
void packed_open(const char *data, size_t len, const struct packed_names *names,
                 struct buf *out);

#endif

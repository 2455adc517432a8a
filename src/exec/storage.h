/**
 * The backends that a worker uses for its requests: which URIs it may, and one open backend for
 * each URI in use. A request's URI comes from outside; see exec/worker.h for what is allowed.
 */
#ifndef EXEC_STORAGE_H
#define EXEC_STORAGE_H

#include "remote/transfer.h"

struct storages;

struct storages_options {
	const char *standard;     /* for requests that name none; always allowed; or NULL */
	const struct strv *allow; /* URIs: places whose scheme, host, port are theirs and whose
	                             path is at or below theirs; or NULL */
	bool allow_any;           /* any of s3, gs, redis, rediss */
	char *const *envp;
	const char *user_agent;
};

/** One backend in use. */
struct storage {
	struct backend *backend;
	struct transfer *transfer;
	/* private */
	char *uri;
	unsigned users;
	uint64_t used;
};

struct storages *storages_new(uv_loop_t *loop, struct store *st,
                              const struct storages_options *o);
void storages_free(struct storages *s);
/** May a request name this URI? DENIED says why not, without its secrets. Asks nobody. */
int storages_allow(const struct storages *s, const char *uri, struct err *err);
/** The backend for a request's URI ("": the standard one), opened if need be. DENIED, USAGE,
 * RETRY (too many at once). NULL then. Give it back with storage_done. */
struct storage *storages_get(struct storages *s, const char *uri, struct err *err);
void storage_done(struct storage *s);

/** @missing: names of the objects that the backend does not have; borrowed for the call. */
typedef void storage_missing_fn(void *arg, const struct strv *missing);
/**
 * Which of these objects does the backend not have? Asks for each, some at a time; those for
 * which there is no answer count as there. Calls back once, from the loop.
 */
void storage_missing(uv_loop_t *loop, struct storage *s, const struct oid *ids, size_t n,
                     storage_missing_fn *fn, void *arg);

#endif

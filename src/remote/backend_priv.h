/**
 * What the backends share: how each is opened, and the file that goes out.
 */
#ifndef REMOTE_BACKEND_PRIV_H
#define REMOTE_BACKEND_PRIV_H

#include "net/uri.h"
#include "remote/backend.h"

typedef int backend_open_fn(const struct uri *u, const struct backend_options *o,
                            struct backend **out, struct err *err);

backend_open_fn dir_open;
backend_open_fn s3_open;
backend_open_fn gs_open;
backend_open_fn redis_open;

enum { BACKEND_NAME_MAX = 80 };

/** Is this object kept as a zstd frame there? */
bool backend_packs(const struct backend *b, const struct oid *id);
/** The name under which an object is kept, without any prefix. */
void backend_name(const struct backend *b, const struct oid *id, char out[BACKEND_NAME_MAX]);
/** The object that is kept under a name; false: none of ours. */
bool backend_object(const struct backend *b, const char *name, struct oid *out);
/** Can what is kept for an object have this length? */
bool backend_length_fits(const struct backend *b, const struct oid *id, uint64_t length_bytes);
/** "prefix/name" or the name alone; owned. @prefix has no slash at either end. */
char *backend_key(const char *prefix, const char *name);
/** The path of a URI without its slashes at both ends; owned. */
char *backend_prefix(const char *path);
/** A number that an option gives, or @usual; USAGE when it is none of @low to @high. */
int backend_number(const struct uri *u, const char *option, unsigned usual, unsigned low,
                   unsigned high, unsigned *out, struct err *err);

#endif

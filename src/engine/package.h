/**
 * What is sent to a host that has nothing of ours: gg-worker with its loader, its libraries and
 * a certificate store, a launcher, and the objects (toolchains) that it shall not have to
 * fetch.
 *
 *   bootstrap        static; runs lib/ld-linux… on bin/gg-worker
 *   bin/gg-worker    and what stands beside it
 *   lib/…            flat: every library under the name by which it is asked for
 *   etc/certificates.pem
 *   store/blobs/…    read-only objects (store_add_base)
 *
 * The same files make the same bytes: entries are sorted, and have one fixed time.
 */
#ifndef ENGINE_PACKAGE_H
#define ENGINE_PACKAGE_H

#include "base/err.h"
#include "store/store.h"

struct package;

enum {
	/* https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
	PACKAGE_UPLOAD_MAX = 50 * 1024 * 1024,    /* zipped, in the call itself */
	PACKAGE_UNPACKED_MAX = 250 * 1024 * 1024, /* unzipped */
};

struct package_size {
	uint64_t files;
	uint64_t unpacked_bytes;
	uint64_t zipped_bytes;
};

struct package *package_new(void);
void package_free(struct package *p);
/** Bytes; copied. A name that is there already is replaced. */
void package_add_data(struct package *p, const char *name, unsigned mode, const void *data,
                      size_t len);
/** A file, read when the package is written. */
int package_add_file(struct package *p, const char *name, unsigned mode, const char *path,
                     struct err *err);
/** A program as bin/NAME with its loader and libraries in lib/. @st keeps the closure; @envp:
 * the process's. */
int package_add_program(struct package *p, struct store *st, char *const *envp,
                        const char *path, struct err *err);
/** An object of @st as store/blobs/ID. */
int package_add_object(struct package *p, struct store *st, const struct oid *id,
                       bool executable, struct err *err);
/** The objects of a manifest, and it itself. */
int package_add_manifest(struct package *p, struct store *st, const struct oid *manifest,
                         struct err *err);
/** Bytes that this manifest would add; 0 when it can't be read. */
uint64_t package_manifest_bytes(const struct package *p, struct store *st,
                                const struct oid *manifest);
/** Sizes of what is in it; zipped_bytes is 0. */
struct package_size package_size(const struct package *p);
/** Write a zip; NOSPC, IO. @size may be NULL. */
int package_write_zip(const struct package *p, const char *path, struct package_size *size,
                      struct err *err);
/** Write it as a folder (which must not exist): for container images, tests. */
int package_write_folder(const struct package *p, const char *path, struct err *err);

#endif

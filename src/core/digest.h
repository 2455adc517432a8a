/**
 * Names of bytes, in one streaming pass of SHA-256 (OpenSSL's low-level calls:
 * they start faster than EVP).
 */
#ifndef CORE_DIGEST_H
#define CORE_DIGEST_H

#include "core/oid.h"

struct digest {
	/* SHA256_CTX, opaque here so that OpenSSL stays out of other folders */
	_Alignas(8) unsigned char ctx[128];
	uint64_t size_bytes;
	char head[THUNK_MAGIC_LEN]; /* the first bytes: is it a thunk? */
};

void digest_init(struct digest *d);
void digest_add(struct digest *d, const void *data, size_t len);
void digest_done(struct digest *d, struct oid *out);

/** The name of bytes in memory. */
void digest_bytes(const void *data, size_t len, struct oid *out);
/** The name of what @fd holds from its current offset to the end; constant memory. */
int digest_fd(int fd, struct oid *out, struct err *err);
/** Copy @from to @to (both at their offset) and name the bytes in the same pass; to may be -1.
 */
int digest_copy(int from, int to, struct oid *out, struct err *err);
/** The same of a file of @size_bytes that nobody writes to any more: a small one is read once.
 */
int digest_copy_sized(int from, int to, uint64_t size_bytes, struct oid *out, struct err *err);

#endif

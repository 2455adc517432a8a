#include "core/digest.h"

#include <errno.h>
#include <string.h>

/* The low-level calls start faster than EVP; OpenSSL 3 marks them deprecated. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include <openssl/sha.h>

#include "base/file.h"

enum { CHUNK = 256 << 10 };

_Static_assert(sizeof(SHA256_CTX) <= sizeof(((struct digest *)0)->ctx),
               "digest.ctx is too small");

void digest_init(struct digest *d)
{
	SHA256_Init((SHA256_CTX *)d->ctx);
	d->size_bytes = 0;
}

void digest_add(struct digest *d, const void *data, size_t len)
{
	if (d->size_bytes < THUNK_MAGIC_LEN) {
		size_t n = THUNK_MAGIC_LEN - d->size_bytes;

		memcpy(d->head + d->size_bytes, data, len < n ? len : n);
	}
	d->size_bytes += len;
	SHA256_Update((SHA256_CTX *)d->ctx, data, len);
}

void digest_done(struct digest *d, struct oid *out)
{
	unsigned char sum[OID_DIGEST_LEN];
	bool thunk = d->size_bytes >= THUNK_MAGIC_LEN &&
	             memcmp(d->head, THUNK_MAGIC, THUNK_MAGIC_LEN) == 0;

	SHA256_Final(sum, (SHA256_CTX *)d->ctx);
	oid_make(thunk ? 'T' : 'V', sum, d->size_bytes, out);
}

void digest_bytes(const void *data, size_t len, struct oid *out)
{
	struct digest d;

	digest_init(&d);
	if (len)
		digest_add(&d, data, len);
	digest_done(&d, out);
}

int digest_copy(int from, int to, struct oid *out, struct err *err)
{
	return digest_copy_sized(from, to, UINT64_MAX, out, err);
}

int digest_copy_sized(int from, int to, uint64_t size_bytes, struct oid *out, struct err *err)
{
	auto_free char *chunk = xmalloc(CHUNK);
	struct digest d;

	digest_init(&d);
	for (;;) {
		ssize_t n = read(from, chunk, CHUNK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "read");
		if (n == 0)
			break;
		digest_add(&d, chunk, (size_t)n);
		if (to >= 0 && file_write_fd(to, chunk, (size_t)n, err) < 0)
			return -1;
		if (d.size_bytes == size_bytes && n < CHUNK)
			break;
	}
	digest_done(&d, out);
	return 0;
}

int digest_fd(int fd, struct oid *out, struct err *err)
{
	return digest_copy(fd, -1, out, err);
}

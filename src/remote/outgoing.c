#include "remote/outgoing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "base/file.h"
#include "core/digest.h"

enum { LEVEL = 1 }; /* a fast network is not to wait for the processor */

struct packer {
	ZSTD_CCtx *zstd;
	char *in, *out;
	int to;
	struct digest plain, packed;
};

static int nameless(const char *folder, int *fd, struct err *err)
{
	auto_free char *path = NULL;

	if (file_mkdirs(folder, 0777, err) < 0)
		return -1;
	path = xasprintf("%s/%d.pack.XXXXXX", folder, (int)getpid());
	*fd = mkostemp(path, O_CLOEXEC);
	if (*fd < 0)
		return err_sys(err, "a temporary file in %s", folder);
	unlink(path);
	return 0;
}

/* One piece, to its last byte; at the end of the object the frame's end too. */
static int pack_piece(struct packer *p, size_t len, struct err *err)
{
	ZSTD_inBuffer in = { p->in, len, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { p->out, ZSTD_CStreamOutSize(), 0 };

		left = ZSTD_compressStream2(p->zstd, &out, &in,
		                            len ? ZSTD_e_continue : ZSTD_e_end);
		if (ZSTD_isError(left))
			return err_set(err, ERR_IO, "compress: %s", ZSTD_getErrorName(left));
		digest_add(&p->packed, p->out, out.pos);
		if (file_write_fd(p->to, p->out, out.pos, err) < 0)
			return err_wrap(err, "compress");
	} while (len ? in.pos < in.size : left > 0);
	return 0;
}

static int pack_all(struct packer *p, int from, struct err *err)
{
	for (;;) {
		ssize_t n = read(from, p->in, ZSTD_CStreamInSize());

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "read an object");
		digest_add(&p->plain, p->in, (size_t)n);
		if (pack_piece(p, (size_t)n, err) < 0)
			return -1;
		if (n == 0)
			return 0;
	}
}

int outgoing_pack(int from, const char *folder, const struct oid *id, struct outgoing *out,
                  struct err *err)
{
	struct packer p = { .zstd = ZSTD_createCCtx(),
		            .in = xmalloc(ZSTD_CStreamInSize()),
		            .out = xmalloc(ZSTD_CStreamOutSize()) };
	struct oid real;
	auto_fd to = -1;

	ZSTD_CCtx_setParameter(p.zstd, ZSTD_c_compressionLevel, LEVEL);
	digest_init(&p.plain);
	digest_init(&p.packed);
	int rc = nameless(folder, &to, err);
	p.to = to;
	if (rc == 0)
		rc = pack_all(&p, from, err);
	ZSTD_freeCCtx(p.zstd);
	free(p.in);
	free(p.out);
	if (rc < 0)
		return -1;
	digest_done(&p.plain, &real);
	if (!oid_eq(&real, id))
		return err_set(err, ERR_CORRUPT, "%s is damaged in the local store", id->s);
	digest_done(&p.packed, &out->as);
	if (lseek(to, 0, SEEK_SET) < 0)
		return err_sys(err, "a temporary file in %s", folder);
	out->fd = steal_fd(&to);
	return 0;
}

int outgoing_open(const struct backend *b, struct store *st, const struct oid *id,
                  struct outgoing *out, struct err *err)
{
	auto_fd fd = -1;

	backend_name(b, id, out->name);
	if (store_open_blob(st, id, &fd, err) < 0)
		return -1;
	if (backend_packs(b, id))
		return outgoing_pack(fd, store_tmp(st), id, out, err);
	out->as = *id;
	out->fd = steal_fd(&fd);
	return 0;
}

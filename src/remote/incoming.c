#include "remote/incoming.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/file.h"

int incoming_open(struct incoming *in, struct store *st, const struct oid *id, bool packed,
                  struct err *err)
{
	in->zstd = packed ? ZSTD_createDCtx() : NULL;
	in->frame_ended = false;
	in->st = st;
	in->id = *id;
	in->got = 0;
	memset(in->head, 0, sizeof(in->head));
	digest_init(&in->digest);
	for (int tries = 0;; tries++) {
		/* the number is how leftovers of dead processes are known */
		in->path = xasprintf("%s/%d.get.XXXXXX", store_tmp(st), (int)getpid());
		in->fd = mkostemp(in->path, O_CLOEXEC);
		if (in->fd >= 0)
			return 0;
		free(steal(&in->path));
		if (errno != ENOENT || tries)
			return err_sys(err, "a temporary file in %s", store_tmp(st));
		if (file_mkdirs(store_tmp(st), 0777, err) < 0)
			return -1;
	}
}

static int add_plain(struct incoming *in, const void *data, size_t len, struct err *err)
{
	if (len > oid_size(&in->id) - in->got)
		return err_set(err, ERR_CORRUPT, "%s came with more bytes than it has",
		               in->id.s);
	for (size_t i = 0; i < len && in->got + i < sizeof(in->head); i++)
		in->head[in->got + i] = ((const char *)data)[i];
	digest_add(&in->digest, data, len);
	in->got += len;
	if (file_write_fd(in->fd, data, len, err) < 0)
		return err_wrap(err, "receive %s", in->id.s);
	return 0;
}

static int add_packed(struct incoming *in, const void *data, size_t len, struct err *err)
{
	ZSTD_inBuffer from = { data, len, 0 };
	auto_free char *plain = xmalloc(ZSTD_DStreamOutSize());
	bool full;

	do {
		ZSTD_outBuffer to = { plain, ZSTD_DStreamOutSize(), 0 };
		size_t rc = in->frame_ended ? 0 : ZSTD_decompressStream(in->zstd, &to, &from);

		if (ZSTD_isError(rc) || (in->frame_ended && from.pos < from.size))
			return err_set(err, ERR_CORRUPT, "%s came as no zstd frame", in->id.s);
		in->frame_ended = rc == 0;
		if (add_plain(in, plain, to.pos, err) < 0)
			return -1;
		full = to.pos == to.size;
	} while (from.pos < from.size || (full && !in->frame_ended));
	return 0;
}

int incoming_add(struct incoming *in, const void *data, size_t len, struct err *err)
{
	return in->zstd ? add_packed(in, data, len, err) : add_plain(in, data, len, err);
}

static bool is_program(const struct incoming *in)
{
	return memcmp(in->head,
	              "\x7f"
	              "ELF",
	              4) == 0 ||
	       memcmp(in->head, "#!", 2) == 0;
}

int incoming_finish(struct incoming *in, bool executable, struct err *err)
{
	struct oid real;

	if (in->got < oid_size(&in->id)) {
		err_set(err, ERR_CORRUPT, "%s came with %llu bytes only", in->id.s,
		        (unsigned long long)in->got);
		incoming_drop(in);
		return -1;
	}
	digest_done(&in->digest, &real);
	if (!oid_eq(&real, &in->id)) {
		err_set(err, ERR_CORRUPT,
		        "what came for %s is %s: damaged on the way or in the backend, and not "
		        "kept",
		        in->id.s, real.s);
		incoming_drop(in);
		return -1;
	}
	int rc = store_adopt(in->st, in->path, &in->id, executable || is_program(in), err);
	incoming_drop(in);
	return rc;
}

void incoming_drop(struct incoming *in)
{
	if (in->fd >= 0)
		close(in->fd);
	in->fd = -1;
	ZSTD_freeDCtx(in->zstd);
	in->zstd = NULL;
	if (in->path)
		unlink(in->path);
	free(steal(&in->path));
}

/*
 *     sum over all that follows
 *     boot, value
 *     n, objects:     bytes of small ones: the manifests, the texts of symlinks
 *     n, references:  path, device, inode, size, mtime, ctime, when it was hashed, name
 */
#include "store/shared.h"

#include "base/file.h"
#include "base/path.h"
#include "core/digest.h"
#include "store/env.h"
#include "store/look.h"
#include "store/pack.h"
#include "store/store_priv.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

enum { RECORD_MAX = 4 << 20, OBJECT_MAX = 1 << 20 };

static const char format[] = "1";

static char *record_path(const void *key, size_t key_len, bool make)
{
	auto_free char *dir = file_user_cache_own("tools", make);
	struct oid name;

	if (!dir)
		return NULL;
	digest_bytes(key, key_len, &name);
	return path_join(dir, name.s);
}

static void pack_bytes(struct buf *b, const void *data, size_t len)
{
	pack_u32(b, (uint32_t)len);
	buf_add(b, data, len);
}

/* writing */

/* A number of things, one after another. */
struct part {
	struct buf bytes;
	uint32_t n;
};

#define PART_INIT                     \
	{                             \
		BUF_LIMIT(RECORD_MAX) \
	}

static void part_release(struct part *p)
{
	buf_release(&p->bytes);
}

#define auto_part struct part cleanup(part_release)

static void add_object(struct part *objects, const struct buf *bytes)
{
	pack_bytes(&objects->bytes, bytes->data, bytes->len);
	objects->n++;
}

static void pack_part(struct buf *b, const struct part *p)
{
	pack_u32(b, p->n);
	buf_add(b, p->bytes.data, p->bytes.len);
}

/* What one manifest names is added to @objects and @references. */
static bool gather(struct store *st, const struct oid *manifest, struct part *objects,
                   struct part *references)
{
	auto_manifest m = MANIFEST_INIT;
	auto_buf bytes = BUF_LIMIT(OBJECT_MAX);
	struct err ignored;

	if (store_get(st, manifest, &bytes, &ignored) < 0 ||
	    manifest_decode(bytes.data, bytes.len, &m, &ignored) < 0)
		return false;
	add_object(objects, &bytes);
	for (size_t i = 0; i < m.n; i++) {
		const struct manifest_entry *e = &m.v[i];

		if (S_ISLNK(e->mode)) {
			auto_buf text = BUF_LIMIT(OBJECT_MAX);
			if (store_get(st, &e->id, &text, &ignored) < 0)
				return false;
			add_object(objects, &text);
		} else if (S_ISREG(e->mode)) {
			struct stat sb;
			int64_t hashed_ns;
			if (!reference_known(st, e->name, &e->id, &sb, &hashed_ns))
				return false;
			const struct pack_stat f = pack_stat(&sb);
			pack_str(&references->bytes, e->name);
			buf_add(&references->bytes, &f, sizeof(f));
			pack_u64(&references->bytes, (uint64_t)hashed_ns);
			pack_str(&references->bytes, e->id.s);
			references->n++;
		}
	}
	return true;
}

/* Questions that nobody asks again (a folder of one project's in an option) don't pile up. */
static void make_room(const char *record)
{
	auto_free char *path = path_dir(record);
	DIR *dir = opendir(path);
	unsigned n = 0;

	if (!dir)
		return;
	while (readdir(dir))
		n++;
	if (n > SHARED_MAX) {
		rewinddir(dir);
		for (struct dirent *e; (e = readdir(dir));)
			if (e->d_name[0] != '.')
				unlinkat(dirfd(dir), e->d_name, 0);
	}
	closedir(dir);
}

void shared_put(struct store *st, const void *key, size_t key_len, const struct buf *value,
                const struct oid *manifests, size_t n)
{
	auto_free char *record = record_path(key, key_len, true);
	auto_buf text = BUF_LIMIT(RECORD_MAX);
	auto_part objects = PART_INIT;
	auto_part references = PART_INIT;
	char boot[ENV_BOOT_LEN + 1];
	struct err ignored;

	env_read_boot(boot);
	if (!record || !*boot)
		return;
	for (size_t i = 0; i < n; i++)
		if (!gather(st, &manifests[i], &objects, &references))
			return;
	pack_u64(&text, 0);
	pack_str(&text, boot);
	pack_bytes(&text, value->data, value->len);
	pack_part(&text, &objects);
	pack_part(&text, &references);
	if (text.len >= OBJECT_MAX) /* something may have been cut off */
		return;
	uint64_t sum = pack_sum(format, sizeof(format), text.data + sizeof(sum),
	                        text.len - sizeof(sum));
	memcpy(text.data, &sum, sizeof(sum));
	make_room(record);
	file_write(record, text.data, text.len, 0600, &ignored);
}

/* reading */

static bool is_whole(struct unpack *u)
{
	uint64_t sum = unpack_u64(u);

	return !u->bad && sum == pack_sum(format, sizeof(format), u->at, u->left);
}

static bool is_this_boot(struct unpack *u)
{
	auto_free char *boot = unpack_str(u);
	char now[ENV_BOOT_LEN + 1];

	env_read_boot(now);
	return boot && *now && strcmp(boot, now) == 0;
}

static int take_objects(struct store *st, struct unpack *u, struct err *err)
{
	uint32_t n = unpack_u32(u);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t len = unpack_u32(u);
		const void *bytes = unpack_bytes(u, len);
		struct oid id;

		if (!bytes)
			return 0;
		if (store_put(st, bytes, len, &id, err) < 0)
			return -1;
	}
	return 1;
}

/* 1, 0 (another file by now), -1. */
static int take_reference(struct store *st, struct unpack *u, struct err *err)
{
	auto_free char *path = unpack_str(u);
	const void *then = unpack_bytes(u, sizeof(struct pack_stat));
	struct stat sb;
	struct oid id;

	int64_t hashed_ns = (int64_t)unpack_u64(u);
	unpack_oid(u, false, &id);
	if (u->bad || look_stat(path, &sb) < 0)
		return 0;
	const struct pack_stat now = pack_stat(&sb);
	if (memcmp(&now, then, sizeof(now)) != 0)
		return 0;
	return reference_believe(st, path, &sb, &id, hashed_ns, err);
}

int shared_get(struct store *st, const void *key, size_t key_len, struct buf *value,
               struct err *err)
{
	auto_free char *record = record_path(key, key_len, false);
	auto_buf text = BUF_LIMIT(RECORD_MAX);
	struct err ignored;
	int rc = 1;

	if (!record || file_read(record, &text, &ignored) < 0)
		return 0;
	struct unpack u = { (unsigned char *)text.data, text.len, false };
	if (!is_whole(&u) || !is_this_boot(&u))
		return 0;
	uint32_t len = unpack_u32(&u);
	const void *answer = unpack_bytes(&u, len);
	/* the objects last: a file that changed is found before anything is written */
	struct unpack objects = u;
	for (uint32_t n = unpack_u32(&u); n && !u.bad; n--)
		unpack_bytes(&u, unpack_u32(&u));
	for (uint32_t n = unpack_u32(&u); n && rc == 1; n--)
		rc = take_reference(st, &u, err);
	if (rc == 1)
		rc = u.bad ? 0 : take_objects(st, &objects, err);
	if (rc == 1)
		buf_add(value, answer, len);
	return rc;
}

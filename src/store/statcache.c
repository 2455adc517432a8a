/*
 * Two kinds of record:
 *
 *     S<dev>.<ino>          size, mtime, ctime, when it was hashed, flags, name
 *     R<name>.<dev>.<ino>   size, mtime, ctime, path: where content can be read that was
 *                           not copied
 *
 * A file whose times lie within grain_ns() of the moment of its hashing may have been
 * changed after it without its times showing it: such a record is never believed, but where the
 * file system dates changes finely (store/grain.h).
 */
#include "store/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/strv.h"
#include "store/grain.h"
#include "store/known.h"
#include "store/look.h"
#include "store/pack.h"

enum { READ_TRIES = 3 };

enum stat_flags {
	STAT_PLACEHOLDER = 1 << 0,
	STAT_REFERENCED = 1 << 1, /* an R record with this very stat was written */
};

struct stat_record {
	uint64_t size_bytes;
	int64_t mtime_ns;
	int64_t ctime_ns;
	int64_t hashed_ns; /* wall clock, before the first byte was read */
	uint32_t flags;
	char id[OID_TEXT_MAX];
};

static char *add_hex(char *at, uint64_t v)
{
	char digits[16];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v & 15];
		v >>= 4;
	} while (v);
	while (n > 0)
		*at++ = digits[--n];
	return at;
}

static char *add_inode(char *at, const struct stat *sb)
{
	at = add_hex(at, sb->st_dev);
	*at++ = '.';
	at = add_hex(at, sb->st_ino);
	*at = '\0';
	return at;
}

static void stat_key(const struct stat *sb, char key[INDEX_KEY_MAX])
{
	key[0] = INDEX_STAT;
	add_inode(key + 1, sb);
}

static void reference_key(const struct oid *id, const struct stat *sb, char key[INDEX_KEY_MAX])
{
	int n = snprintf(key, INDEX_KEY_MAX, "%c%s.", INDEX_REF, id->s);

	add_inode(key + n, sb);
}

/* Of a key of references: which file. An object's name may have dots of its own. */
static const char *key_inode(const char *key, const struct oid *id)
{
	return key + 1 + strlen(id->s) + 1;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       clock_ns_of(a->st_mtim) == clock_ns_of(b->st_mtim) &&
	       clock_ns_of(a->st_ctim) == clock_ns_of(b->st_ctim);
}

/* Could no change since then have left its times as they are? */
static bool is_older(const struct stat *sb, int64_t hashed_ns)
{
	int64_t mtime = clock_ns_of(sb->st_mtim);
	int64_t ctime = clock_ns_of(sb->st_ctim);

	return (mtime > ctime ? mtime : ctime) < hashed_ns - grain_ns(ctime);
}

/* When a file counts as hashed: long after its times, where no change can hide behind them. */
static int64_t settled_time(const char *path, const struct stat *sb, int64_t hashed_ns)
{
	return !is_older(sb, hashed_ns) &&
	                       grain_is_fine(path, sb->st_dev, clock_ns_of(sb->st_ctim))
	               ? INT64_MAX
	               : hashed_ns;
}

/* 1 when the record of this file is there and can be believed. */
static int stat_look_up(struct store *st, const struct stat *sb, struct stat_record *rec,
                        struct err *err)
{
	char key[INDEX_KEY_MAX];
	struct index_value value;

	stat_key(sb, key);
	int found = index_get(st->index, key, &value, err);

	if (found <= 0 || value.len != sizeof(*rec))
		return found < 0 ? -1 : 0;
	memcpy(rec, value.data, sizeof(*rec));
	return rec->size_bytes == (uint64_t)sb->st_size &&
	       rec->mtime_ns == clock_ns_of(sb->st_mtim) &&
	       rec->ctime_ns == clock_ns_of(sb->st_ctim) && is_older(sb, rec->hashed_ns);
}

static int stat_record(struct store *st, const struct stat *sb, const struct oid *id,
                       int64_t hashed_ns, uint32_t flags, struct err *err)
{
	struct stat_record rec;
	char key[INDEX_KEY_MAX];

	memset(&rec, 0, sizeof(rec));
	rec.size_bytes = (uint64_t)sb->st_size;
	rec.mtime_ns = clock_ns_of(sb->st_mtim);
	rec.ctime_ns = clock_ns_of(sb->st_ctim);
	rec.hashed_ns = hashed_ns;
	rec.flags = flags;
	memcpy(rec.id, id->s, strnlen(id->s, sizeof(rec.id)));
	stat_key(sb, key);
	return index_put(st->index, key, &rec, sizeof(rec), err);
}

/* references */

/* Folders that packages fill: what lies there changes seldom and is not the user's own. */
static bool is_system_path(const char *path)
{
	static const char *const yes[] = { "/bin",    "/etc", "/lib",  "/lib32", "/lib64",
		                           "/libx32", "/opt", "/sbin", "/usr" };
	static const char *const no[] = { "/usr/src", "/usr/local/src" };

	for (size_t i = 0; i < countof(no); i++)
		if (path_below(path, no[i]))
			return false;
	for (size_t i = 0; i < countof(yes); i++)
		if (path_below(path, yes[i]))
			return true;
	return false;
}

static bool may_refer(const char *path, const struct stat *sb)
{
	if (path[0] != '/' || (sb->st_mode & S_IWOTH))
		return false;
	if (!path_has_dotdot(path))
		return is_system_path(path);
	auto_free char *plain = path_absolute("/", path);

	return is_system_path(plain);
}

static int reference_put(struct store *st, const char *path, const struct stat *sb,
                         const struct oid *id, struct err *err)
{
	char key[INDEX_KEY_MAX];
	auto_buf rec = BUF_INIT;

	reference_key(id, sb, key);
	pack_u64(&rec, (uint64_t)sb->st_size);
	pack_u64(&rec, (uint64_t)clock_ns_of(sb->st_mtim));
	pack_u64(&rec, (uint64_t)clock_ns_of(sb->st_ctim));
	pack_str(&rec, path);
	return index_put(st->index, key, rec.data, rec.len, err);
}

/* One that was found. */
struct reference {
	struct stat st;
	char path[];
};

static void reference_drop(struct map_entry *e)
{
	if (e) {
		free(e->ptr);
		e->ptr = NULL;
	}
}

void references_release(struct store *st)
{
	struct map_entry *e;

	for (size_t at = 0; (e = map_next(&st->references, &at));)
		reference_drop(e);
	map_release(&st->references);
}

static void reference_remember(struct store *st, const struct oid *id, const char *path,
                               const struct stat *sb)
{
	struct map_entry *e = map_add(&st->references, id->s, NULL);
	struct reference *r = xmalloc(sizeof(*r) + strlen(path) + 1);

	reference_drop(e);
	r->st = *sb;
	memcpy(r->path, path, strlen(path) + 1);
	e->ptr = r;
}

bool reference_is_found(struct store *st, const struct oid *id, struct buf *path)
{
	struct map_entry *e = map_find(&st->references, id->s);
	const struct reference *r = e ? e->ptr : NULL;
	struct stat sb;

	if (!r)
		return false;
	if (stat(r->path, &sb) < 0 || !same_file(&sb, &r->st)) {
		reference_drop(e);
		return false;
	}
	buf_adds(path, r->path);
	return true;
}

struct reference_search {
	struct store *st;
	const struct oid *id;
	struct buf *path;
	struct strv changed; /* paths whose stat is another one now */
	bool found;
};

static int reference_try(void *arg, const char *key, const struct index_value *value)
{
	struct reference_search *s = arg;
	struct unpack u = { value->data, value->len, false };
	uint64_t size = unpack_u64(&u);
	int64_t mtime = (int64_t)unpack_u64(&u), ctime = (int64_t)unpack_u64(&u);
	auto_free char *path = unpack_str(&u);
	char inode[INDEX_KEY_MAX];
	struct stat sb;

	if (u.bad || stat(path, &sb) < 0)
		return 0;
	add_inode(inode, &sb);
	if ((uint64_t)sb.st_size == size && clock_ns_of(sb.st_mtim) == mtime &&
	    clock_ns_of(sb.st_ctim) == ctime && strcmp(key_inode(key, s->id), inode) == 0) {
		s->found = true;
		buf_adds(s->path, path);
		reference_remember(s->st, s->id, path, &sb);
		return 1;
	}
	if (S_ISREG(sb.st_mode) && (uint64_t)sb.st_size == oid_size(s->id))
		strv_take(&s->changed, steal(&path));
	return 0;
}

static void reference_prefix(const struct oid *id, char prefix[INDEX_KEY_MAX])
{
	snprintf(prefix, INDEX_KEY_MAX, "%c%s.", INDEX_REF, id->s);
}

int reference_find(struct store *st, const struct oid *id, struct buf *path, struct err *err)
{
	struct reference_search s = { st, id, path, STRV_INIT, false };
	char prefix[INDEX_KEY_MAX];

	if (reference_is_found(st, id, path))
		return 1;
	reference_prefix(id, prefix);
	int rc = index_each(st->index, prefix, reference_try, &s, err);

	/* A package installed anew: other times, perhaps the same bytes. */
	for (size_t i = 0; rc == 0 && !s.found && i < s.changed.n; i++) {
		struct file_info info;

		if (store_file(st, s.changed.v[i], FILE_REFERENCE, &info, NULL) == 0 &&
		    oid_eq(&info.id, id)) {
			buf_adds(path, s.changed.v[i]);
			s.found = true;
		}
	}
	strv_release(&s.changed);
	return rc < 0 ? -1 : s.found;
}

static int collect_key(void *arg, const char *key, const struct index_value *value)
{
	strv_add(arg, key);
	return 0;
}

void reference_forget(struct store *st, const struct oid *id)
{
	auto_strv keys = STRV_INIT;
	char prefix[INDEX_KEY_MAX];

	reference_drop(map_find(&st->references, id->s));
	reference_prefix(id, prefix);
	if (index_each(st->index, prefix, collect_key, &keys, NULL) < 0)
		return;
	for (size_t i = 0; i < keys.n; i++) {
		char stat_of[INDEX_KEY_MAX];

		/* The stat record says the same thing, and lies as well. */
		snprintf(stat_of, sizeof(stat_of), "%c%s", INDEX_STAT,
		         key_inode(keys.v[i], id));
		index_del(st->index, keys.v[i], NULL);
		index_del(st->index, stat_of, NULL);
	}
}

/* files */

/* One reading: 1 done, 0 the file changed meanwhile, -1. */
static int read_once(struct store *st, const char *path, enum file_keep keep,
                     struct file_info *out, struct err *err)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int64_t hashed_ns = clock_wall_ns();
	struct stat after;

	if (fd < 0 || fstat(fd, &out->st) < 0)
		return err_sys(err, "%s", path);
	if (!S_ISREG(out->st.st_mode))
		return err_set(err, ERR_USAGE, "%s: not a regular file", path);
	bool refer = keep == FILE_REFERENCE && may_refer(path, &out->st);
	bool copy = keep != FILE_HASH_ONLY && !refer;

	if (blob_read_in(st, fd, (uint64_t)out->st.st_size, copy, out->st.st_mode & 0111,
	                 &out->id, &out->placeholder, err) < 0)
		return err_wrap(err, "%s", path);
	if (fstat(fd, &after) < 0)
		return err_sys(err, "%s", path);
	if (!same_file(&out->st, &after) || oid_size(&out->id) != (uint64_t)after.st_size)
		return 0;
	refer = refer && !out->placeholder;
	if (refer && reference_put(st, path, &after, &out->id, err) < 0)
		return err_wrap(err, "%s", path);
	/* The cache saves time only: a store that can't be written still names files. */
	if (stat_record(st, &after, &out->id, settled_time(path, &after, hashed_ns),
	                (out->placeholder ? STAT_PLACEHOLDER : 0) |
	                        (refer ? STAT_REFERENCED : 0),
	                err) < 0 &&
	    keep != FILE_HASH_ONLY)
		return err_wrap(err, "%s", path);
	return 1;
}

static int read_file_in(struct store *st, const char *path, enum file_keep keep,
                        struct file_info *out, struct err *err)
{
	for (int i = 0; i < READ_TRIES; i++) {
		int done = read_once(st, path, keep, out, err);

		if (done)
			return done < 0 ? -1 : 0;
	}
	return err_set(err, ERR_RETRY, "%s: changes while it is read", path);
}

/* A known file: is its content kept as asked? 1, 0 (it must be read), -1. */
static int kept_already(struct store *st, const char *path, const struct stat *sb,
                        enum file_keep keep, const struct stat_record *rec,
                        const struct file_info *info, struct err *err)
{
	struct stat blob;

	if (keep == FILE_HASH_ONLY || info->placeholder)
		return 1;
	if (keep == FILE_REFERENCE && (rec->flags & STAT_REFERENCED))
		return 1;
	if (keep == FILE_REFERENCE && may_refer(path, sb)) {
		if (reference_put(st, path, sb, &info->id, err) < 0 ||
		    stat_record(st, sb, &info->id, rec->hashed_ns, rec->flags | STAT_REFERENCED,
		                err) < 0)
			return -1;
		return 1;
	}
	if (blob_state(st, &info->id, &blob) != BLOB_THERE)
		return 0;
	return !(sb->st_mode & 0111) || (blob.st_mode & 0111);
}

/* As if it had been read here. */
static int reference_note(struct store *st, const char *path, const struct stat *sb,
                          const struct oid *id, int64_t hashed_ns, struct err *err)
{
	if (reference_put(st, path, sb, id, err) < 0 ||
	    stat_record(st, sb, id, hashed_ns, STAT_REFERENCED, err) < 0)
		return err_wrap(err, "%s", path);
	return 0;
}

bool reference_known(struct store *st, const char *path, const struct oid *id, struct stat *sb,
                     int64_t *hashed_ns)
{
	struct stat_record rec;
	struct err ignored;

	if (stat(path, sb) < 0 || stat_look_up(st, sb, &rec, &ignored) != 1 ||
	    !(rec.flags & STAT_REFERENCED) || strncmp(rec.id, id->s, sizeof(rec.id)) != 0)
		return false;
	*hashed_ns = rec.hashed_ns;
	return true;
}

int reference_believe(struct store *st, const char *path, const struct stat *sb,
                      const struct oid *id, int64_t hashed_ns, struct err *err)
{
	if (!S_ISREG(sb->st_mode) || oid_size(id) != (uint64_t)sb->st_size ||
	    !may_refer(path, sb) || !is_older(sb, hashed_ns))
		return 0;
	return reference_note(st, path, sb, id, hashed_ns, err) < 0 ? -1 : 1;
}

/* One of the system's, that another store of this user may have named already. */
static int large_file(struct store *st, const char *path, const struct stat *sb,
                      struct file_info *out, struct err *err)
{
	int64_t hashed_ns;

	if (known_get(path, sb, &out->id, &hashed_ns) && is_older(sb, hashed_ns)) {
		out->st = *sb;
		out->placeholder = false;
		return reference_note(st, path, sb, &out->id, hashed_ns, err);
	}
	hashed_ns = clock_wall_ns();
	if (read_file_in(st, path, FILE_REFERENCE, out, err) < 0)
		return -1;
	if (!out->placeholder && is_older(&out->st, hashed_ns))
		known_put(path, &out->st, &out->id, hashed_ns);
	return 0;
}

int store_file_stat(struct store *st, const char *path, const struct stat *sb,
                    enum file_keep keep, struct file_info *out, struct err *err)
{
	struct stat_record rec;

	if (!S_ISREG(sb->st_mode))
		return err_set(err, ERR_USAGE, "%s: not a regular file", path);
	int known = stat_look_up(st, sb, &rec, err);

	/* An index that can't be read is as good as an empty one for naming a file. */
	if (known < 0 && keep != FILE_HASH_ONLY)
		return err_wrap(err, "%s", path);
	if (known == 1) {
		memcpy(out->id.s, rec.id, sizeof(rec.id));
		out->id.s[sizeof(rec.id)] = '\0';
		out->st = *sb;
		out->placeholder = rec.flags & STAT_PLACEHOLDER;
		int kept = kept_already(st, path, sb, keep, &rec, out, err);

		if (kept)
			return kept < 0 ? -1 : 0;
	}
	if (known == 0 && keep == FILE_REFERENCE && sb->st_size >= KNOWN_MIN_BYTES &&
	    may_refer(path, sb))
		return large_file(st, path, sb, out, err);
	return read_file_in(st, path, keep, out, err);
}

int store_file(struct store *st, const char *path, enum file_keep keep, struct file_info *out,
               struct err *err)
{
	struct stat sb;

	if (look_stat(path, &sb) < 0)
		return err_sys(err, "%s", path);
	return store_file_stat(st, path, &sb, keep, out, err);
}

void store_file_known(struct store *st, const char *path, const struct stat *sb,
                      const struct oid *id)
{
	if (S_ISREG(sb->st_mode) && (uint64_t)sb->st_size == oid_size(id))
		(void)!stat_record(st, sb, id, settled_time(path, sb, clock_wall_ns()), 0,
		                   NULL);
}

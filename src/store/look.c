/*
 * A list is the number of notes, and of each the kind, the mode of access(2), errno, the path,
 * and the sum of the sight or a text; then the number of folders in which names were missed,
 * and of each the path, the sum of the sight, the number of names and the names.
 *
 * Texts end with a NUL. A path begins with the number of bytes that it has in common with the
 * one before. A list is kept for each command: 10 KB for one that includes 150 headers.
 */
#include "store/look.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/map.h"
#include "base/path.h"
#include "base/proc.h"
#include "store/grain.h"
#include "store/store_priv.h"

enum look_kind {
	LOOK_STAT = 's',
	LOOK_LSTAT,
	LOOK_ACCESS,
	LOOK_LISTED,
	LOOK_LINK,
	LOOK_REAL,
	LOOK_ENV
};

/* What is kept of a stat. A folder's size and times change with what is put into it. */
struct sight {
	uint64_t dev, ino, mode, size;
	int64_t mtime_ns, ctime_ns;
};

struct note {
	const char *path; /* the key's, in seen */
	char *text;       /* owned; of a link */
	struct stat *of;  /* owned; of a folder, for who asks again in this list */
	struct sight sight;
	int error; /* errno, or 0 */
	uint8_t kind;
	uint8_t mode;   /* of access(2) */
	bool is_absent; /* nothing at all was there, not even a link, after its folder's sight
	                 */
};

/* A folder in which names were missed. */
struct folder {
	bool is_there;
	uint64_t size;
	uint64_t sum; /* of its sight, before names were looked for; 0: it tells nothing */
	unsigned misses;
	bool is_tried;
	bool is_listed;
	struct map *names; /* what is in it, when it was listed; of a listing, or owned */
	bool owns_names;
	struct listing *kept; /* or NULL */
	struct buf missed;
	uint32_t n_missed;
};

static struct {
	bool on;
	bool unnoted;
	int64_t began_ns; /* wall clock */
	struct note *notes;
	size_t n;
	struct map seen;    /* kind, mode, path → index + 1 */
	struct map folders; /* path → index + 1 */
	struct folder *v;
	size_t n_folders;
	struct map missed; /* paths that are in a folder's */
} list;

/* What was in folders that have had the same times since: for the lists that come after, in a
 * process that makes many. */
struct listing {
	uint64_t sum;    /* of the folder's sight, when it was settled */
	unsigned misses; /* in all lists, since it has this sight */
	bool is_read;
	struct map names;
};

static struct map listings; /* path → struct listing, owned */
static bool keeps_listings;

enum { LISTINGS_MAX = 1000 };

static struct sight sight_of(const struct stat *sb, bool times)
{
	times |= !S_ISDIR(sb->st_mode);
	return (struct sight){ .dev = sb->st_dev,
		               .ino = sb->st_ino,
		               .mode = sb->st_mode,
		               .size = times ? (uint64_t)sb->st_size : 0,
		               .mtime_ns = times ? clock_ns_of(sb->st_mtim) : 0,
		               .ctime_ns = times ? clock_ns_of(sb->st_ctim) : 0 };
}

static bool same_sight(const struct sight *a, const struct sight *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Would a change since the list was begun show in these times? */
static bool is_settled(const char *path, const struct sight *s)
{
	int64_t last = s->mtime_ns > s->ctime_ns ? s->mtime_ns : s->ctime_ns;

	if (last < list.began_ns - grain_ns(s->ctime_ns))
		return true;
	return S_ISDIR(s->mode) ? grain_folders_are_fine(path, s->dev, s->ctime_ns)
	                        : grain_is_fine(path, s->dev, s->ctime_ns);
}

static uint64_t sum_of(const struct sight *s)
{
	return pack_sum(NULL, 0, s, sizeof(*s));
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

enum { KEY_ROOM = PATH_MAX + 3 };

/* False when the path is too long for one. */
static bool key_of(uint8_t kind, uint8_t mode, const char *path, char key[KEY_ROOM])
{
	size_t len = strlen(path);

	if (len > PATH_MAX)
		return false;
	key[0] = (char)kind;
	key[1] = (char)('a' + mode);
	memcpy(key + 2, path, len + 1);
	return true;
}

/* Of a list that will be none only what is looked up in it matters. */
static bool is_asked_again(const struct note *n)
{
	return S_ISDIR(n->sight.mode) || (n->kind == LOOK_LINK && n->error == EINVAL);
}

/* Looked at twice, a thing must have been the same. @text is copied. */
static void note(const struct note *seen, const char *path, const char *text)
{
	int error = errno;
	char key[KEY_ROOM];
	bool added;

	if (list.unnoted && !is_asked_again(seen))
		return;
	if (!key_of(seen->kind, seen->mode, path, key)) {
		list.unnoted = true;
		return;
	}
	struct map_entry *e = map_add(&list.seen, key, &added);

	if (!added) {
		const struct note *old = &list.notes[e->num - 1];

		list.unnoted |= old->error != seen->error ||
		                !same_sight(&old->sight, &seen->sight) ||
		                !same_text(old->text, text);
		errno = error;
		return;
	}
	if ((list.n & (list.n - 1)) == 0)
		list.notes =
			xrealloc(list.notes, (list.n ? list.n * 2 : 1) * sizeof(*list.notes));
	list.notes[list.n] = *seen;
	list.notes[list.n].path = e->key + 2;
	list.notes[list.n].text = text ? xstrdup(text) : NULL;
	e->num = ++list.n;
	list.unnoted |= seen->error == 0 && !is_settled(path, &seen->sight);
	errno = error;
}

/* -- folders in which names are missed -- */

/* A search path of twelve folders misses a thousand names for one source: after some, a folder
 * is read once, and what is not in it is known not to be there. */

enum {
	LIST_MISSES = 8,
	LIST_BYTES_A_MISS =
		200, /* of the folder's size: /usr/include is read after 60 misses */
	LIST_ENTRIES_MAX = 10000,
};

/* A path's folder and the name in it. */
struct place {
	char dir[PATH_MAX + 1];
	char name[NAME_MAX + 1];
};

/* False where the last part is no name. @path may be p->dir: so a path is walked up, in no more
 * room than this, however long it is. */
static bool split(const char *path, struct place *p)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	const char *slash = memrchr(path, '/', len);
	const char *name = slash ? slash + 1 : path;
	size_t name_len = len - (size_t)(name - path);
	size_t dir_len = (size_t)(name - path);

	if (name_len == 0 || name_len > NAME_MAX || dir_len > PATH_MAX ||
	    (name[0] == '.' && (name_len == 1 || (name_len == 2 && name[1] == '.'))))
		return false;
	while (dir_len > 1 && path[dir_len - 1] == '/')
		dir_len--;
	memcpy(p->name, name, name_len);
	p->name[name_len] = '\0';
	memmove(p->dir, dir_len ? path : ".", dir_len ? dir_len : 1);
	p->dir[dir_len ? dir_len : 1] = '\0';
	return true;
}

/* Has it still the sight of this sum? */
static bool stands_still(DIR *d, uint64_t sum)
{
	struct stat sb;

	if (fstat(dirfd(d), &sb) < 0)
		return false;
	struct sight sight = sight_of(&sb, true);
	return sum_of(&sight) == sum;
}

/* What is kept of the folder at @path, in the state of @sum; NULL: there is no room. */
static struct listing *listing_of(const char *path, uint64_t sum)
{
	struct map_entry *e = listings.n < LISTINGS_MAX ? map_add(&listings, path, NULL)
	                                                : map_find(&listings, path);

	if (!e)
		return NULL;
	if (!e->ptr)
		e->ptr = xcalloc(1, sizeof(struct listing));
	struct listing *l = e->ptr;
	if (l->sum != sum) {
		map_release(&l->names);
		*l = (struct listing){ .sum = sum };
	}
	return l;
}

/* Names of a folder whose sight was settled, and is now what it was before it was read. */
static void keep_names(struct folder *f)
{
	struct listing *l = f->kept;

	l->names = *f->names;
	l->is_read = true;
	free(f->names);
	f->names = &l->names;
	f->owns_names = false;
}

/* It needs not be read again where it was, and stands as it stood. */
static void take_listing(struct folder *f, const char *path)
{
	f->kept = keeps_listings && f->sum ? listing_of(path, f->sum) : NULL;
	if (!f->kept || !f->kept->is_read)
		return;
	f->names = &f->kept->names;
	f->is_listed = f->is_tried = true;
}

/* The folder at @path, with the sight that it has now when it is new. */
static struct folder *folder_at(const char *path, bool *is_new)
{
	struct map_entry *e = map_add(&list.folders, path, is_new);
	struct stat sb;

	if (!*is_new)
		return &list.v[e->num - 1];
	struct folder f = { 0 };
	if (stat(path, &sb) == 0 && S_ISDIR(sb.st_mode)) {
		struct sight sight = sight_of(&sb, true);

		f.is_there = true;
		f.size = (uint64_t)sb.st_size;
		if (is_settled(path, &sight) && grain_dates_folders(path, sb.st_dev))
			f.sum = sum_of(&sight);
		take_listing(&f, path);
	}
	if ((list.n_folders & (list.n_folders - 1)) == 0)
		list.v = xrealloc(list.v,
		                  (list.n_folders ? list.n_folders * 2 : 1) * sizeof(*list.v));
	list.v[list.n_folders] = f;
	e->num = ++list.n_folders;
	return &list.v[e->num - 1];
}

static bool is_ascii(const char *name)
{
	for (; *name; name++)
		if (*name & 0x80)
			return false;
	return true;
}

/* Are names that differ by case one and the same there? Asked with one of those that are there:
 * 0 no, 1 perhaps, -1 it has no letters. */
static int folds_case(int fd, const struct map *names, const char *name)
{
	char other[NAME_MAX + 1];
	size_t at = 0;
	struct stat sb;

	snprintf(other, sizeof(other), "%s", name);
	while (other[at] && !isalpha((unsigned char)other[at]))
		at++;
	if (!other[at])
		return -1;
	other[at] ^= 'a' ^ 'A';
	if (map_find(names, other))
		return 0;
	return fstatat(fd, other, &sb, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT ? 0 : 1;
}

/* All names in an open folder; false when they are too many, can't be read, or may have other
 * spellings. */
static bool read_names(DIR *d, struct map *names)
{
	int folds = -1;

	errno = 0;
	for (struct dirent *e; (e = readdir(d));) {
		if (names->n >= LIST_ENTRIES_MAX || !is_ascii(e->d_name))
			return false;
		map_add(names, e->d_name, NULL);
		errno = 0;
	}
	if (errno)
		return false;
	struct map_entry *e;
	for (size_t at = 0; folds < 0 && (e = map_next(names, &at));)
		folds = folds_case(dirfd(d), names, e->key);
	return folds <= 0;
}

static void list_folder(struct folder *f, const char *path)
{
	struct stat sb;

	DIR *d = opendir(path);

	f->is_tried = true;
	if (!d)
		return;
	f->names = xcalloc(1, sizeof(*f->names));
	f->owns_names = true;
	if (fstat(dirfd(d), &sb) == 0 && grain_dates_folders(path, sb.st_dev)) {
		struct sight sight = sight_of(&sb, true);

		/* what was missed before was missed in another folder */
		if (f->sum != sum_of(&sight))
			f->sum = 0;
		f->is_listed = read_names(d, f->names);
		if (f->kept && f->is_listed && f->sum && stands_still(d, f->sum))
			keep_names(f);
	}
	closedir(d);
}

/* Was a folder listed in which the last part of @path, or the folder of that, would be? */
static bool is_unlisted(const char *path)
{
	struct place p;

	for (bool is_name = split(path, &p); is_name; is_name = split(p.dir, &p)) {
		const struct map_entry *e = map_find(&list.folders, p.dir);
		const struct folder *f = e ? &list.v[e->num - 1] : NULL;

		if (f && f->is_there)
			return f->is_listed && !map_find(f->names, p.name);
	}
	return false;
}

/* Nothing was found at @path. Was its folder there, and looked at before? The miss counts for
 * the first folder on the way up that is there. */
static bool count_miss(const char *path)
{
	struct place p;
	struct folder *f = NULL;
	bool is_new = true;
	size_t steps = 0;

	for (bool is_name = split(path, &p); is_name; is_name = split(p.dir, &p)) {
		f = folder_at(p.dir, &is_new);
		if (f->is_there)
			break;
		steps++;
	}
	if (!f || !f->is_there)
		return false;
	unsigned misses = f->kept ? ++f->kept->misses : ++f->misses;
	if (misses >= LIST_MISSES && !f->is_tried && f->size / LIST_BYTES_A_MISS <= misses)
		list_folder(f, p.dir);
	return steps == 0 && !is_new;
}

/* @is_absent: out, nothing is there, in the folder as it was first seen. */
static int look(uint8_t kind, const char *path, int mode, struct stat *sb, bool *is_absent)
{
	*is_absent = list.on && is_unlisted(path);
	if (*is_absent) {
		errno = ENOENT;
		return -1;
	}
	int rc = kind == LOOK_LSTAT    ? lstat(path, sb)
	         : kind == LOOK_ACCESS ? access(path, mode)
	                               : stat(path, sb);
	if (rc == 0 || errno != ENOENT || !list.on)
		return rc;
	*is_absent = count_miss(path) && kind == LOOK_LSTAT;
	errno = ENOENT;
	return -1;
}

/* The note on a folder that was looked at before, or NULL. */
static struct note *folder_noted(const char *path)
{
	char key[KEY_ROOM];
	struct map_entry *e =
		key_of(LOOK_STAT, 0, path, key) ? map_find(&list.seen, key) : NULL;
	struct note *n = e ? &list.notes[e->num - 1] : NULL;

	return n && n->error == 0 && S_ISDIR(n->sight.mode) ? n : NULL;
}

static int noted(uint8_t kind, const char *path, int mode, struct stat *sb)
{
	struct note n = { .kind = kind, .mode = (uint8_t)mode };
	int rc = look(kind, path, mode, sb, &n.is_absent);

	if (!list.on)
		return rc;
	n.error = rc < 0 ? errno : 0;
	if (rc == 0 && kind != LOOK_ACCESS)
		n.sight = sight_of(sb, kind == LOOK_LISTED);
	note(&n, path, NULL);
	return rc;
}

/* A search path's folders are compared with each other and looked for again and again. */
int look_stat(const char *path, struct stat *sb)
{
	struct note *known = list.on ? folder_noted(path) : NULL;

	if (known && known->of) {
		*sb = *known->of;
		return 0;
	}
	int rc = noted(LOOK_STAT, path, 0, sb);
	known = list.on && rc == 0 && S_ISDIR(sb->st_mode) ? folder_noted(path) : NULL;
	if (known && !known->of) {
		known->of = xmalloc(sizeof(*sb));
		*known->of = *sb;
	}
	return rc;
}

int look_lstat(const char *path, struct stat *sb)
{
	return noted(LOOK_LSTAT, path, 0, sb);
}

int look_listed(const char *path, struct stat *sb)
{
	return noted(LOOK_LISTED, path, 0, sb);
}

int look_access(const char *path, int mode)
{
	return noted(LOOK_ACCESS, path, mode, NULL);
}

char *look_readlink(const char *path)
{
	char *text = file_readlink(path);

	if (list.on)
		note(&(struct note){ .kind = LOOK_LINK, .error = text ? 0 : errno }, path,
		     text);
	return text;
}

/* Is @path no link? Asked once of each. */
static bool is_no_link(const char *path)
{
	char key[KEY_ROOM];
	char ignored;

	if (key_of(LOOK_LINK, 0, path, key) && map_find(&list.seen, key))
		return list.notes[map_find(&list.seen, key)->num - 1].error == EINVAL;
	if (readlink(path, &ignored, 1) >= 0 || errno != EINVAL)
		return false;
	note(&(struct note){ .kind = LOOK_LINK, .error = EINVAL }, path, NULL);
	return true;
}

/* Is that how realpath() has it, with nothing on the way that is a link? Said of each part
 * once, however many go through it. */
static bool is_real(const char *path)
{
	char part[PATH_MAX];
	size_t len = strlen(path);

	if (len >= sizeof(part) || path[0] != '/' || len < 2)
		return false;
	memcpy(part, path, len + 1);
	for (size_t i = 1, begin = 1; i <= len; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		if (i == begin || (part[begin] == '.' && i - begin <= 2))
			return false;
		part[i] = '\0';
		if (!is_no_link(part))
			return false;
		part[i] = path[i];
		begin = i + 1;
	}
	return true;
}

char *look_realpath(const char *path)
{
	if (list.on && is_real(path))
		return xstrdup(path);
	char *text = realpath(path, NULL);
	if (list.on)
		note(&(struct note){ .kind = LOOK_REAL, .error = text ? 0 : errno }, path,
		     text);
	return text;
}

const char *look_env(char *const *envp, const char *name)
{
	const char *value = proc_env(envp, name);

	if (list.on)
		note(&(struct note){ .kind = LOOK_ENV, .error = value ? 0 : ENOENT }, name,
		     value);
	return value;
}

void look_drop(void)
{
	for (size_t i = 0; i < list.n; i++) {
		free(list.notes[i].text);
		free(list.notes[i].of);
	}
	free(list.notes);
	map_release(&list.seen);
	for (size_t i = 0; i < list.n_folders; i++) {
		if (list.v[i].owns_names) {
			map_release(list.v[i].names);
			free(list.v[i].names);
		}
		buf_release(&list.v[i].missed);
	}
	free(list.v);
	map_release(&list.folders);
	map_release(&list.missed);
	memset(&list, 0, sizeof(list));
}

void look_keep(void)
{
	keeps_listings = true;
}

void look_begin(void)
{
	look_drop();
	list.on = true;
	list.began_ns = clock_wall_ns();
}

void look_without_notes(void)
{
	look_begin();
	list.unnoted = true;
}

void look_unnoted(void)
{
	if (list.on)
		list.unnoted = true;
}

/* -- names that are not there, by folder -- */

static void add_name(struct folder *in, const char *name, const char *path)
{
	bool is_new;

	map_add(&list.missed, path, &is_new);
	if (!is_new)
		return;
	buf_add(&in->missed, name, strlen(name) + 1);
	in->n_missed++;
}

/* Notes that nothing is at @path, with the others of the folder that it would be in; of "a/b"
 * where there is no "a", that this is missing. False when something is there (a link that leads
 * nowhere). */
static bool add_missed(const char *path, bool is_absent)
{
	struct place p;
	struct stat sb;
	bool is_new;

	for (bool is_name = split(path, &p); is_name; is_name = split(p.dir, &p)) {
		auto_free char *plain = xasprintf("%s/%s", p.dir, p.name);

		if (map_find(&list.missed, plain))
			return true;
		struct folder *in = folder_at(p.dir, &is_new);
		if (in->is_there) {
			if (!is_absent && !is_unlisted(plain) &&
			    (lstat(plain, &sb) == 0 || errno != ENOENT))
				return false;
			add_name(in, p.name, plain);
			return true;
		}
		is_absent = false;
	}
	return false;
}

static bool is_missed(const struct note *n)
{
	return n->error == ENOENT &&
	       (n->kind == LOOK_STAT || n->kind == LOOK_LSTAT || n->kind == LOOK_ACCESS);
}

static void pack_text(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s) + 1);
}

/* @before: the path packed before, or NULL. */
static void pack_path(struct buf *b, const char *before, const char *path)
{
	uint8_t common = 0;

	while (before && common < UINT8_MAX && before[common] && before[common] == path[common])
		common++;
	buf_addc(b, (char)common);
	pack_text(b, path + common);
}

static void pack_note(struct buf *b, const char *before, const struct note *n)
{
	const uint8_t head[] = { n->kind, n->mode, (uint8_t)n->error };

	buf_add(b, head, sizeof(head));
	pack_path(b, before, n->path);
	if (n->error)
		return;
	if (n->text)
		pack_text(b, n->text);
	else if (n->kind != LOOK_ACCESS)
		pack_u64(b, sum_of(&n->sight));
}

static void pack_folders(struct buf *b, const char *before)
{
	auto_buf folders = BUF_INIT;
	struct map_entry *e;
	uint32_t n = 0;

	for (size_t at = 0; (e = map_next(&list.folders, &at));) {
		const struct folder *in = &list.v[e->num - 1];

		if (!in->n_missed)
			continue;
		pack_path(&folders, before, e->key);
		pack_u64(&folders, in->sum);
		pack_u32(&folders, in->n_missed);
		buf_add(&folders, in->missed.data, in->missed.len);
		before = e->key;
		n++;
	}
	pack_u32(b, n);
	buf_add(b, folders.data, folders.len);
}

static void pack_list(struct buf *out)
{
	auto_buf notes = BUF_INIT;
	const char *before = NULL;
	uint32_t n = 0;

	for (size_t i = 0; i < list.n; i++) {
		if (is_missed(&list.notes[i]) &&
		    add_missed(list.notes[i].path, list.notes[i].is_absent))
			continue;
		pack_note(&notes, before, &list.notes[i]);
		before = list.notes[i].path;
		n++;
	}
	pack_u32(out, n);
	buf_add(out, notes.data, notes.len);
	pack_folders(out, before);
}

bool look_end(struct buf *out)
{
	bool whole = list.on && !list.unnoted;

	if (whole)
		pack_list(out);
	look_drop();
	return whole;
}

/* once more */

/* Reads a list; the last path stays, for the next one begins as it does. */
struct reader {
	struct unpack *u;
	struct strv *touched; /* or NULL */
	char path[PATH_MAX + 1];
};

static const char *unpack_text(struct unpack *u)
{
	const unsigned char *end = u->bad ? NULL : memchr(u->at, '\0', u->left);

	if (!end) {
		u->bad = true;
		return NULL;
	}
	return unpack_bytes(u, (size_t)(end - u->at) + 1);
}

/* The next path is in r->path. */
static bool read_path(struct reader *r)
{
	const uint8_t *common = unpack_bytes(r->u, 1);
	const char *rest = unpack_text(r->u);

	if (!common || !rest || *common > strlen(r->path) ||
	    *common + strlen(rest) >= sizeof(r->path))
		return false;
	memcpy(r->path + *common, rest, strlen(rest) + 1);
	return true;
}

static bool sees_stat(struct reader *r, uint8_t kind, int error)
{
	struct stat sb;
	int rc = kind == LOOK_LSTAT ? lstat(r->path, &sb) : stat(r->path, &sb);

	if (error)
		return rc < 0 && errno == error;
	uint64_t then = unpack_u64(r->u);
	if (rc < 0)
		return false;
	struct sight now = sight_of(&sb, kind == LOOK_LISTED);
	if (sum_of(&now) == then)
		return true;
	if (!r->touched || !S_ISREG(sb.st_mode))
		return false;
	strv_add(r->touched, r->path);
	return true;
}

static bool sees_text(struct reader *r, uint8_t kind, int error)
{
	auto_free char *now =
		kind == LOOK_LINK ? file_readlink(r->path) : realpath(r->path, NULL);

	if (error)
		return !now && errno == error;
	return same_text(unpack_text(r->u), now);
}

static bool sees_env(struct reader *r, int error)
{
	return same_text(error ? NULL : unpack_text(r->u), getenv(r->path));
}

static bool sees_note(struct reader *r)
{
	const uint8_t *head = unpack_bytes(r->u, 3);

	if (!head || !read_path(r))
		return false;
	int error = head[2];
	switch (head[0]) {
	case LOOK_STAT:
	case LOOK_LSTAT:
	case LOOK_LISTED: return sees_stat(r, head[0], error);
	case LOOK_LINK:
	case LOOK_REAL: return sees_text(r, head[0], error);
	case LOOK_ENV: return sees_env(r, error);
	case LOOK_ACCESS: return (access(r->path, head[1]) == 0 ? 0 : errno) == error;
	default: return false;
	}
}

static bool misses(const char *dir, const char *name)
{
	auto_free char *path = path_join(dir, name);
	struct stat sb;

	return lstat(path, &sb) < 0 && errno == ENOENT;
}

static bool sees_folder(struct reader *r)
{
	struct stat sb;

	if (!read_path(r) || stat(r->path, &sb) < 0)
		return false;
	struct sight now = sight_of(&sb, true);
	bool same = unpack_u64(r->u) == sum_of(&now);
	uint32_t n = unpack_u32(r->u);
	for (uint32_t i = 0; i < n; i++) {
		const char *name = unpack_text(r->u);

		if (!name || (!same && !misses(r->path, name)))
			return false;
	}
	return true;
}

bool look_again(struct unpack *u, struct strv *touched)
{
	struct reader r = { u, touched, "" };
	uint32_t n = unpack_u32(u);

	for (uint32_t i = 0; i < n; i++)
		if (!sees_note(&r))
			return false;
	n = unpack_u32(u);
	for (uint32_t i = 0; i < n; i++)
		if (!sees_folder(&r))
			return false;
	return !u->bad;
}

/*
 * Every input is a private copy in the tmpfs when it is small, a read-only bind mount of the
 * host's file when it is large. Copies never share an inode, and differ in mtime, because
 * compilers take two files of equal size, time and content for one.
 *
 * Paths below "view" are used for mounting, paths below "root" for everything else: the view is
 * read-only, and a work folder hides what lies below it in the root.
 */
#include "sandbox/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <sys/mount.h>

#include "base/file.h"
#include "base/path.h"
#include "sandbox/filter.h"

enum {
	COPY_MAX_BYTES = 128 << 10,
	MTIME_BASE = 1000000000, /* 2001-09-09 */
	TIMED_NS = 739391,       /* of the inputs that bear their own time */
	DIR_MODE = 0755,
	MODE_MADE = 0755, /* what a slot's umask leaves of a mode */
	FOLDERS_MAX = 64, /* kept open */
	LINKS_MAX = 40,   /* as the kernel has it */
};

enum place_kind { PLACE_COPY, PLACE_BIND, PLACE_LINK, PLACE_FOLDER };

/* What stands at a name of the kept part. */
struct place {
	enum place_kind kind;
	char *key; /* owned */
	unsigned mode;
	uint64_t job; /* the last job that named it */
};

struct work {
	char *folder;  /* where the job sees it; owned */
	char *back;    /* base/work/N; owned */
	int fd;        /* … opened */
	DIR *files;    /* what lies in it; NULL without mounts: a job may move it there */
	bool is_known; /* a look at what the last job left found but files, of these names: */
	struct strv left;
	char *last;        /* owned; the folder that was last put into, or NULL */
	int last_fd;       /* … opened */
	struct strv binds; /* mounted inside for this job */
	struct map inputs; /* of this job, by name → mode */
	size_t copies;     /* those of them that it need not change */
};

struct tree {
	bool mounts;
	bool shim; /* jobs see the root through the preloaded library; links say so */
	uid_t uid; /* without mounts: the owner of the work folders */
	gid_t gid;
	int root_fd;
	int view_fd;
	char *root;
	char *view;
	char *base;
	struct map places;  /* name → struct place */
	struct map folders; /* name → its descriptor in the root, O_PATH */
	struct work *works;
	size_t n_works;
	uint64_t job;
	bool clean;      /* the work folders are empty */
	unsigned copies; /* numbers mtimes */
	char chunk[COPY_MAX_BYTES + 1];
};

/*
 * Where the root is no root for the kernel, an absolute link's text starts with the root's
 * path, and what the job would find at @name is worked out here: @plain becomes its path in the
 * root without any link in it.
 */
static int resolve_links(const struct tree *t, const char *name, bool follow_last, char *plain)
{
	char rest[2 * PATH_MAX];
	size_t len = 0;
	int links = 0;

	if (snprintf(rest, sizeof(rest), "%s", name) >= PATH_MAX)
		return -1;
	plain[0] = '\0';
	for (char *at = rest; *(at += strspn(at, "/"));) {
		size_t n = strcspn(at, "/");
		bool last = !at[n + strspn(at + n, "/")];
		char text[PATH_MAX];
		size_t before = len;

		if (n == 2 && memcmp(at, "..", 2) == 0) {
			while (len > 0 && plain[--len] != '/')
				;
		} else if (n != 1 || *at != '.') {
			if (len + n + 2 > PATH_MAX)
				return -1;
			if (len)
				plain[len++] = '/';
			memcpy(plain + len, at, n);
			len += n;
		}
		plain[len] = '\0';
		at += n;
		ssize_t m = len > before && (!last || follow_last)
		                    ? readlinkat(t->root_fd, plain, text, sizeof(text) - 1)
		                    : -1;
		if (m < 0)
			continue;
		text[m] = '\0';
		if (++links > LINKS_MAX)
			return -1;
		auto_free char *tail = xstrdup(at);
		const char *to = text;
		len = *to == '/' ? 0 : before;
		plain[len] = '\0';
		if (path_below(to, t->root))
			to += strlen(t->root);
		if (snprintf(rest, sizeof(rest), "%s/%s", to, tail) >= PATH_MAX)
			return -1;
		at = rest;
	}
	return 0;
}

/*
 * Names come from thunks, and links among them may point anywhere: every path is resolved as
 * the job would see it, never by the slot's own root.
 */
static int open_inside(const struct tree *t, int root_fd, const char *name, uint64_t flags)
{
	struct open_how how = { .flags = flags | O_CLOEXEC,
		                .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	char plain[PATH_MAX];

	if (t->shim) {
		if (resolve_links(t, name, !(flags & O_NOFOLLOW), plain) < 0) {
			errno = ELOOP;
			return -1;
		}
		name = plain;
		how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
	}
	while (*name == '/')
		name++;
	return (int)syscall(SYS_openat2, root_fd, *name ? name : ".", &how, sizeof(how));
}

static int make_folder(const struct tree *t, int root_fd, const char *name, int links,
                       struct err *err);

/* What a link leads to that was placed before the folder that it names. */
static int make_target(const struct tree *t, int root_fd, const char *name, int parent,
                       int links, struct err *err)
{
	auto_free char *dir = path_dir(name);
	char text[PATH_MAX];
	ssize_t n = readlinkat(parent, path_base(name), text, sizeof(text) - 1);

	bool whole = root_fd == t->root_fd;

	/* the target of an absolute link is not below a work folder alone */
	if (n <= 0 || links == LINKS_MAX || (*text == '/' && !whole)) {
		errno = n <= 0 ? ENOTDIR : ELOOP;
		return err_sys(err, "folder %s", name);
	}
	text[n] = '\0';
	const char *to = t->shim && path_below(text, t->root) ? text + strlen(t->root) : text;
	auto_free char *target = *to == '/' ? xstrdup(to) : path_join(dir, to);
	return make_folder(t, root_fd, target, links + 1, err);
}

static int make_folder(const struct tree *t, int root_fd, const char *name, int links,
                       struct err *err)
{
	int fd = open_inside(t, root_fd, name, O_PATH | O_DIRECTORY);

	if (fd >= 0)
		return fd;
	if (errno != ENOENT)
		return err_sys(err, "folder %s", name);
	auto_free char *dir = path_dir(name);
	auto_fd parent = make_folder(t, root_fd, dir, links, err);
	if (parent < 0)
		return -1;
	if (mkdirat(parent, path_base(name), DIR_MODE) < 0 && errno != EEXIST)
		return err_sys(err, "folder %s", name);
	fd = openat(parent, path_base(name), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? make_target(t, root_fd, name, parent, links, err) : fd;
}

/* The folder @name below a root, made with its parents when missing. O_PATH. */
static int folder_inside(const struct tree *t, int root_fd, const char *name, struct err *err)
{
	return make_folder(t, root_fd, name, 0, err);
}

static int parent_inside(const struct tree *t, int root_fd, const char *name, struct err *err)
{
	auto_free char *dir = path_dir(name);

	return folder_inside(t, root_fd, dir, err);
}

static unsigned long word(const void *pointer)
{
	return (unsigned long)(uintptr_t)pointer;
}

/* Binds the host's @from onto @base in folder @parent. */
static int bind_at(const char *from, int parent, const char *base, bool read_only,
                   struct err *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NOSUID |
		                               (read_only ? MOUNT_ATTR_RDONLY : 0) };
	auto_fd tree = (int)filter_pass(SYS_open_tree, (unsigned)AT_FDCWD, word(from),
	                                OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC, 0, 0);

	if (tree < 0 ||
	    filter_pass(SYS_mount_setattr, (unsigned)tree, word(""), AT_EMPTY_PATH, word(&attr),
	                sizeof(attr)) < 0 ||
	    filter_pass(SYS_move_mount, (unsigned)tree, word(""), (unsigned)parent, word(base),
	                MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(err, "bind %s", from);
	return 0;
}

static int bind_inside(const struct tree *t, const char *from, const char *name, bool read_only,
                       struct err *err)
{
	auto_fd parent = parent_inside(t, t->view_fd, name, err);

	return parent < 0 ? -1 : bind_at(from, parent, path_base(name), read_only, err);
}

static void unbind_inside(const struct tree *t, const char *name)
{
	struct err ignored;
	auto_fd parent = parent_inside(t, t->view_fd, name, &ignored);
	auto_free char *path = xasprintf("/proc/self/fd/%d/%s", parent, path_base(name));

	if (parent >= 0)
		filter_pass(SYS_umount2, word(path), MNT_DETACH | UMOUNT_NOFOLLOW, 0, 0, 0);
}

/* Most files fit into one buffer: one read, one write. */
static int copy_bytes(struct tree *t, const struct box_input *input, int out, struct err *err)
{
	if (input->bytes)
		return file_write_fd(out, input->bytes, input->size_bytes, err);
	auto_fd in = open(input->source, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return err_sys(err, "input %s", input->source);
	ssize_t n = read(in, t->chunk, sizeof(t->chunk));

	if (n < 0)
		return err_sys(err, "read");
	if (file_write_fd(out, t->chunk, (size_t)n, err) < 0)
		return -1;
	return n < (ssize_t)sizeof(t->chunk) ? 0 : file_copy_fd(in, out, err);
}

static struct timespec time_of(struct tree *t, const struct box_input *in)
{
	return in->is_timed ? (struct timespec){ in->time_s, TIMED_NS }
	                    : (struct timespec){ MTIME_BASE + (long)t->copies++, 0 };
}

static int copy_file(struct tree *t, const struct box_input *input, int dir, const char *base,
                     struct err *err)
{
	unsigned mode = input->mode;
	auto_fd out = openat(dir, base, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	                     mode & MODE_MADE);
	if (out < 0)
		return err_sys(err, "input %s", base);
	const struct timespec times[2] = { { .tv_sec = MTIME_BASE }, time_of(t, input) };
	if (copy_bytes(t, input, out, err) < 0)
		return -1;
	if ((mode & 0777 & ~MODE_MADE) && fchmod(out, mode & 0777) < 0)
		return err_sys(err, "input %s", base);
	return futimens(out, times) < 0 ? err_sys(err, "input %s", base) : 0;
}

static int make_mountpoint(int dir, const char *base, struct err *err)
{
	auto_fd fd = openat(dir, base, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

	return fd < 0 ? err_sys(err, "input %s", base) : 0;
}

static int make_link(const struct tree *t, const char *text, int dir, const char *base,
                     struct err *err)
{
	char there[PATH_MAX];
	auto_free char *whole =
		t->shim && *text == '/' ? xasprintf("%s%s", t->root, text) : NULL;

	if (whole)
		text = whole;
	if (symlinkat(text, dir, base) == 0)
		return 0;
	/* the same link may be named by two manifests */
	ssize_t n = errno == EEXIST ? readlinkat(dir, base, there, sizeof(there)) : -1;
	if (n == (ssize_t)strlen(text) && memcmp(there, text, (size_t)n) == 0)
		return 0;
	errno = EEXIST;
	return err_sys(err, "link %s", base);
}

/* Makes what can be made without a mount, in its folder @dir. */
static int put_in(struct tree *t, int dir, const struct box_input *in, enum place_kind kind,
                  struct err *err)
{
	const char *base = path_base(in->name);

	switch (kind) {
	case PLACE_FOLDER: return 0;
	case PLACE_LINK: return make_link(t, in->source, dir, base, err);
	case PLACE_COPY: return copy_file(t, in, dir, base, err);
	default: return make_mountpoint(dir, base, err);
	}
}

/* -- the kept part -- */

/* After a folder or a link has gone: a name may lead elsewhere now. */
static void forget_folders(struct tree *t)
{
	size_t at = 0;

	for (struct map_entry *e; (e = map_next(&t->folders, &at));)
		close((int)e->num);
	map_release(&t->folders);
	t->folders = (struct map)MAP_INIT;
}

/* The folder @dir of the root, made when missing if @make. Borrowed until folders are
 * forgotten. */
static int kept_folder(struct tree *t, const char *dir, bool make, struct err *err)
{
	struct map_entry *e = map_find(&t->folders, dir);

	if (e)
		return (int)e->num;
	int fd = make ? folder_inside(t, t->root_fd, dir, err)
	              : open_inside(t, t->root_fd, dir, O_PATH | O_DIRECTORY);
	if (fd < 0)
		return -1;
	if (t->folders.n >= FOLDERS_MAX)
		forget_folders(t);
	map_add(&t->folders, dir, NULL)->num = (uint64_t)fd;
	return fd;
}

/* Wanted for itself, though maybe nothing is in it. */
static bool is_folder_place(const struct tree *t, const char *name)
{
	const struct map_entry *e = map_find(&t->places, name);
	const struct place *p = e ? e->ptr : NULL;

	return p && p->key && p->kind == PLACE_FOLDER;
}

static void remove_empty(struct tree *t, const char *name);

/* The folder that link @name, of folder @parent, leads to, if that can be told by its text. */
static void remove_behind(struct tree *t, const char *name, int parent)
{
	auto_free char *dir = path_dir(name);
	auto_fd there = open_inside(t, t->root_fd, name, O_PATH | O_DIRECTORY);
	char text[PATH_MAX];
	ssize_t n = readlinkat(parent, path_base(name), text, sizeof(text) - 1);

	/* a link to itself leads nowhere */
	if (there < 0 || n <= 0)
		return;
	text[n] = '\0';
	const char *to = t->shim && path_below(text, t->root) ? text + strlen(t->root) : text;
	auto_free char *target = path_absolute(dir, to);
	remove_empty(t, target);
}

/* Folders that nothing needs any more must not be seen either: @name, and those above it. */
static void remove_empty(struct tree *t, const char *name)
{
	auto_free char *at = xstrdup(name);

	while (strcmp(at, "/") != 0 && !is_folder_place(t, at)) {
		char *up = path_dir(at);
		int above = kept_folder(t, up, false, NULL);
		int rc = above < 0 ? -1 : unlinkat(above, path_base(at), AT_REMOVEDIR);

		if (rc < 0 && errno == ENOTDIR && above >= 0)
			remove_behind(t, at, above);
		free(at);
		at = up;
		if (rc < 0)
			break;
		forget_folders(t);
	}
}

static void remove_through(struct tree *t, const char *link);

/* Takes @name out of the root; what it leaves empty is seen to by remove_empty(). */
static void remove_place(struct tree *t, const char *name, struct place *p)
{
	auto_free char *dir = path_dir(name);

	if (p->kind == PLACE_LINK)
		remove_through(t, name); /* while that still leads to it */
	int parent = p->kind == PLACE_FOLDER ? -1 : kept_folder(t, dir, false, NULL);
	if (p->kind == PLACE_BIND)
		unbind_inside(t, name);
	if (parent >= 0)
		unlinkat(parent, path_base(name), 0);
	if (p->kind == PLACE_LINK)
		forget_folders(t);
	free(p->key);
	p->key = NULL;
}

/* The folders that are emptied by that are added to @left. */
static void remove_place_of(struct tree *t, const char *name, struct place *p, struct map *left)
{
	auto_free char *dir = path_dir(name);

	map_add(left, p->kind == PLACE_FOLDER ? name : dir, NULL);
	remove_place(t, name, p);
}

static void remove_left(struct tree *t, const struct map *left)
{
	size_t at = 0;

	for (struct map_entry *e; (e = map_next(left, &at));)
		remove_empty(t, e->key);
}

/* What has its name by way of a folder that becomes a link, or by a link that goes. */
static void remove_through(struct tree *t, const char *link)
{
	auto_map left = MAP_INIT;
	size_t at = 0;

	for (struct map_entry *e; (e = map_next(&t->places, &at));) {
		struct place *p = e->ptr;

		if (p && p->key && path_below(e->key, link) && strcmp(e->key, link) != 0)
			remove_place_of(t, e->key, p, &left);
	}
	remove_left(t, &left);
}

static enum place_kind kind_of(const struct tree *t, const struct box_input *in,
                               bool shares_key)
{
	if (S_ISLNK(in->mode))
		return PLACE_LINK;
	if (S_ISDIR(in->mode))
		return PLACE_FOLDER;
	return in->size_bytes <= COPY_MAX_BYTES || shares_key || in->is_timed || !t->mounts
	               ? PLACE_COPY
	               : PLACE_BIND;
}

static int put_place(struct tree *t, const struct box_input *in, enum place_kind kind,
                     struct err *err)
{
	auto_free char *dir = path_dir(in->name);
	int fd = kept_folder(t, kind == PLACE_FOLDER ? in->name : dir, true, err);

	if (fd < 0 || put_in(t, fd, in, kind, err) < 0)
		return -1;
	return kind == PLACE_BIND ? bind_inside(t, in->source, in->name, true, err) : 0;
}

static bool is_current(const struct place *p, const struct box_input *in, enum place_kind kind)
{
	return p->key && p->kind == kind && p->mode == in->mode &&
	       strcmp(p->key, in->key ? in->key : "") == 0;
}

static int keep_input(struct tree *t, const struct box_input *in, enum place_kind kind,
                      struct err *err)
{
	struct map_entry *e = map_add(&t->places, in->name, NULL);
	struct place *p = e->ptr;

	if (!p)
		e->ptr = p = xcalloc(1, sizeof(*p));
	if (p->key && p->job == t->job)
		return 0;
	if (is_current(p, in, kind)) {
		p->job = t->job;
		return 0;
	}
	if (p->key)
		remove_place(t, in->name, p);
	else if (kind == PLACE_LINK)
		remove_through(t, in->name);
	if (put_place(t, in, kind, err) < 0)
		return -1;
	*p = (struct place){ kind, xstrdup(in->key ? in->key : ""), in->mode, t->job };
	return 0;
}

/* @links: these alone. */
static void remove_unnamed(struct tree *t, bool links)
{
	auto_map left = MAP_INIT;
	size_t at = 0;

	for (struct map_entry *e; (e = map_next(&t->places, &at));) {
		struct place *p = e->ptr;

		if (p && p->key && p->job != t->job && (!links || p->kind == PLACE_LINK))
			remove_place_of(t, e->key, p, &left);
	}
	remove_left(t, &left);
}

static struct work *work_of(const struct tree *t, const char *name)
{
	for (size_t i = 0; i < t->n_works; i++)
		if (path_below(name, t->works[i].folder))
			return &t->works[i];
	return NULL;
}

/* Before all else, for the other names may lead through them. */
static int put_links(struct tree *t, struct box_input *const *inputs, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (S_ISLNK(inputs[i]->mode) && !work_of(t, inputs[i]->name) &&
		    keep_input(t, inputs[i], PLACE_LINK, err) < 0)
			return -1;
	remove_unnamed(t, true);
	return 0;
}

/* Names that now lie in a work folder leave the kept part before it hides them. */
static void remove_hidden(struct tree *t, const struct strv *folders)
{
	auto_map left = MAP_INIT;
	size_t at = 0;

	for (struct map_entry *e; (e = map_next(&t->places, &at));) {
		struct place *p = e->ptr;

		for (size_t i = 0; p && p->key && i < folders->n; i++)
			if (path_below(e->key, folders->v[i]))
				remove_place_of(t, e->key, p, &left);
	}
	remove_left(t, &left);
}

/* -- work folders -- */

/* fts leaves out a stat where a folder's count of links tells that no folders are in it, which
 * not all file systems count. */
static bool remove_met(const FTSENT *e, struct err *err)
{
	if (e->fts_info == FTS_DP)
		return rmdir(e->fts_accpath) == 0;
	return unlink(e->fts_accpath) == 0 ||
	       (errno == EISDIR && file_remove_tree(e->fts_accpath, err) == 0);
}

/* Fails on what a job may leave to resist it (names too long, folders without rights). */
static int empty_folder(const char *path, struct err *err)
{
	char *const roots[] = { (char *)path, NULL };
	FTS *files = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV | FTS_NOSTAT, NULL);
	FTSENT *e;
	bool failed = !files;

	while (!failed && (e = fts_read(files))) {
		if (e->fts_level == FTS_ROOTLEVEL || e->fts_info == FTS_D)
			continue;
		failed = !remove_met(e, err);
	}
	int rc = failed || errno ? err_sys(err, "empty %s", path) : 0;
	if (files)
		fts_close(files);
	return rc;
}

static void leave_folder(struct work *w)
{
	if (!w->last)
		return;
	free(w->last);
	w->last = NULL;
	close(w->last_fd);
}

static int remove_known(const struct work *w, struct err *err)
{
	for (size_t i = 0; i < w->left.n; i++)
		if (unlinkat(dirfd(w->files), w->left.v[i], 0) < 0)
			return err_sys(err, "empty %s", w->back);
	return 0;
}

int tree_clean(struct tree *t, struct err *err)
{
	if (t->clean)
		return 0;
	for (size_t i = 0; i < t->n_works; i++) {
		struct work *w = &t->works[i];

		for (size_t k = w->binds.n; k-- > 0;)
			unbind_inside(t, w->binds.v[k]);
		strv_clear(&w->binds);
		map_release(&w->inputs);
		w->inputs = (struct map)MAP_INIT;
		w->copies = 0;
		leave_folder(w);
		int rc = w->is_known ? remove_known(w, err) : empty_folder(w->back, err);
		w->is_known = false;
		if (rc < 0)
			return -1;
	}
	t->clean = true;
	return 0;
}

static void unmount_works(struct tree *t)
{
	for (size_t i = t->n_works; i-- > 0;) {
		struct work *w = &t->works[i];

		if (t->mounts) {
			unbind_inside(t, w->folder);
			rmdir(w->back);
		}
		remove_empty(t, w->folder);
		if (w->files)
			closedir(w->files);
		strv_release(&w->left);
		close(w->fd);
		free(w->folder);
		free(w->back);
		strv_release(&w->binds);
		map_release(&w->inputs);
		leave_folder(w);
	}
	free(t->works);
	t->works = NULL;
	t->n_works = 0;
}

static bool same_works(const struct tree *t, const struct strv *folders)
{
	if (t->n_works != folders->n)
		return false;
	for (size_t i = 0; i < t->n_works; i++)
		if (strcmp(t->works[i].folder, folders->v[i]) != 0)
			return false;
	return true;
}

/* Without mounts a work folder is a folder of the tree, found as the job would find it. */
static int own_work(struct tree *t, struct work *w, struct err *err)
{
	w->fd = folder_inside(t, t->root_fd, w->folder, err);
	if (w->fd < 0)
		return -1;
	auto_free char *link = xasprintf("/proc/self/fd/%d", w->fd);
	w->back = file_readlink(link);
	if (!w->back || (!t->shim && chown(link, t->uid, t->gid) < 0))
		return err_sys(err, "work folder %s", w->folder);
	if (strcmp(w->folder, "/tmp") == 0)
		chmod(link, 01777);
	return 0;
}

static int mount_work(struct tree *t, struct work *w, struct err *err)
{
	if (!t->mounts)
		return own_work(t, w, err);
	if (file_mkdirs(w->back, DIR_MODE, err) < 0)
		return -1;
	if (strcmp(w->folder, "/tmp") == 0)
		chmod(w->back, 01777);
	w->fd = open(w->back, O_PATH | O_DIRECTORY | O_CLOEXEC);
	w->files = opendir(w->back);
	auto_fd below = w->fd < 0 ? -1 : folder_inside(t, t->root_fd, w->folder, err);
	return below < 0 ? -1 : bind_inside(t, w->back, w->folder, false, err);
}

static int mount_works(struct tree *t, const struct strv *folders, struct err *err)
{
	t->works = xcalloc(folders->n, sizeof(*t->works));
	for (size_t i = 0; i < folders->n; i++) {
		struct work *w = &t->works[t->n_works++];

		w->folder = xstrdup(folders->v[i]);
		w->fd = -1;
		if (t->mounts)
			w->back = xasprintf("%s/work/%zu", t->base, i);
		if (mount_work(t, w, err) < 0)
			return -1;
	}
	return 0;
}

/* Inputs come sorted: the folder of one is mostly that of the one before. Borrowed. */
static int work_folder(struct tree *t, struct work *w, const char *folder, struct err *err)
{
	if (w->last && strcmp(w->last, folder) == 0)
		return w->last_fd;
	leave_folder(w);
	int fd = folder_inside(t, t->shim ? t->root_fd : w->fd, folder, err);
	if (fd >= 0) {
		w->last = xstrdup(folder);
		w->last_fd = fd;
	}
	return fd;
}

static int put_in_work(struct tree *t, struct work *w, const struct box_input *in,
                       enum place_kind kind, bool written, struct err *err)
{
	const char *name = in->name + strlen(w->folder);

	if (!*name)
		return 0;
	map_add(&w->inputs, in->name, NULL)->num = in->mode;
	if (kind == PLACE_BIND && written)
		kind = PLACE_COPY;
	/* absolute links inside are the whole root's */
	if (t->shim)
		name = in->name;
	auto_free char *folder = kind == PLACE_FOLDER ? xstrdup(name) : path_dir(name);
	int dir = work_folder(t, w, folder, err);
	if (dir < 0 || put_in(t, dir, in, kind, err) < 0)
		return -1;
	if (kind == PLACE_LINK) /* a name may lead elsewhere now */
		leave_folder(w);
	w->copies += kind == PLACE_COPY && !written;
	if (kind != PLACE_BIND)
		return 0;
	strv_add(&w->binds, in->name);
	return bind_inside(t, in->source, in->name, true, err);
}

/* -- what a job leaves -- */

/* Copies bear times that no job's own files do. */
static bool is_copy(const struct tree *t, const struct stat *st)
{
	return st->st_mtim.tv_nsec == TIMED_NS ||
	       (st->st_mtim.tv_nsec == 0 && st->st_mtim.tv_sec >= MTIME_BASE &&
	        st->st_mtim.tv_sec < MTIME_BASE + (time_t)t->copies);
}

static bool is_below_any(const char *name, const struct strv *folders)
{
	for (size_t i = 0; i < folders->n; i++)
		if (path_below(name, folders->v[i]))
			return true;
	return false;
}

/* What a look at a work folder has come by. */
struct look {
	const struct tree *tree;
	const struct work *work;
	struct map around; /* folders of inputs, once one was met */
	const struct strv *folders;
	const struct strv *outputs;
	char *stray;   /* the first; owned */
	size_t copies; /* of inputs, as they were put there */
};

/* Is @name the input that was put there, as far as can be seen? Bytes that are others bear
 * another time, or another name. */
static bool is_input(const struct look *l, const char *name, const struct stat *st)
{
	const struct map_entry *e = map_find(&l->work->inputs, name);

	if (!e || (e->num ^ st->st_mode) & S_IFMT)
		return false;
	return !S_ISREG(st->st_mode) || strv_has(&l->work->binds, name) ||
	       (is_copy(l->tree, st) && !((e->num ^ st->st_mode) & 0777));
}

/* The folders of inputs, and those above them. */
static void find_around(struct look *l)
{
	size_t at = 0;

	for (struct map_entry *e; (e = map_next(&l->work->inputs, &at));) {
		auto_free char *folder = S_ISDIR(e->num) ? xstrdup(e->key) : path_dir(e->key);
		bool added = true;

		while (added && path_below(folder, l->work->folder)) {
			char *up = path_dir(folder);

			map_add(&l->around, folder, &added);
			free(folder);
			folder = up;
		}
	}
}

static bool is_around(struct look *l, const char *name)
{
	if (!l->around.n)
		find_around(l);
	return map_find(&l->around, name);
}

/* @path: below the work folder. */
static void look_at(struct look *l, const char *path, const struct stat *st)
{
	auto_free char *name = path_join(l->work->folder, path);

	if (strv_has(l->outputs, name))
		return;
	if (is_input(l, name, st))
		l->copies += S_ISREG(st->st_mode) && is_copy(l->tree, st);
	else if (!l->stray && is_below_any(name, l->folders) &&
	         !(S_ISDIR(st->st_mode) && is_around(l, name)))
		l->stray = steal(&name);
}

/* Where nothing but files lies in a work folder, as nearly always, they are seen in one go, and
 * @left has their names. False: it is otherwise, and what was seen is of no account. */
static bool look_at_files(struct look *l, DIR *files, struct strv *left)
{
	struct stat st;

	rewinddir(files);
	for (const struct dirent *e; (e = readdir(files));) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (e->d_type != DT_REG ||
		    fstatat(dirfd(files), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return false;
		strv_add(left, e->d_name);
		look_at(l, e->d_name, &st);
	}
	return true;
}

static void look_below(struct look *l)
{
	char *const roots[] = { l->work->back, NULL };
	FTS *files = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);

	for (FTSENT *e; !l->stray && files && (e = fts_read(files));)
		if (e->fts_level > 0 && e->fts_info != FTS_DP && e->fts_info != FTS_ERR &&
		    e->fts_info != FTS_NS && e->fts_info != FTS_DNR)
			look_at(l, e->fts_path + strlen(l->work->back) + 1, e->fts_statp);
	if (files)
		fts_close(files);
}

static char *stray_in(const struct tree *t, struct work *w, const struct strv *folders,
                      const struct strv *outputs)
{
	struct look l = { t, w, MAP_INIT, folders, outputs, NULL, 0 };

	strv_clear(&w->left);
	w->is_known = w->files && look_at_files(&l, w->files, &w->left);
	if (!w->is_known) {
		free(l.stray);
		l.stray = NULL;
		l.copies = 0;
		look_below(&l);
	}
	map_release(&l.around);
	return l.stray || l.copies >= w->copies ? l.stray : xstrdup("an input");
}

char *tree_stray(struct tree *t, const struct strv *folders, const struct strv *outputs)
{
	for (size_t i = 0; i < t->n_works; i++) {
		char *found = stray_in(t, &t->works[i], folders, outputs);

		if (found)
			return found;
	}
	return NULL;
}

/* -- the public face -- */

static int put_inputs(struct tree *t, struct box_input *const *inputs, size_t n,
                      const struct strv *outputs, bool in_work, struct err *err)
{
	auto_map keys = MAP_INIT;
	auto_map names = MAP_INIT;

	for (size_t i = 0; i < n; i++) {
		const struct box_input *in = inputs[i];
		struct work *w = work_of(t, in->name);
		bool fresh_key = true;
		bool fresh_name;

		if ((w != NULL) != in_work)
			continue;
		map_add(&names, in->name, &fresh_name);
		if (!fresh_name)
			continue;
		if (S_ISREG(in->mode) && in->size_bytes > COPY_MAX_BYTES)
			map_add(&keys, in->key, &fresh_key);
		enum place_kind kind = kind_of(t, in, !fresh_key);
		int rc = w ? put_in_work(t, w, in, kind, strv_has(outputs, in->name), err)
		           : keep_input(t, in, kind, err);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* Without mounts the job is another user, who must own what it may change. */
static int give_works(const struct tree *t, struct err *err)
{
	for (size_t i = 0; i < t->n_works; i++) {
		char *const roots[] = { t->works[i].back, NULL };
		FTS *files = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
		FTSENT *e;

		if (!files)
			return err_sys(err, "%s", t->works[i].back);
		while ((e = fts_read(files)))
			if (lchown(e->fts_accpath, t->uid, t->gid) < 0)
				break;
		fts_close(files);
		if (e)
			return err_sys(err, "give %s to the job", t->works[i].folder);
	}
	return 0;
}

int tree_prepare(struct tree *t, struct box_input *const *inputs, size_t n_inputs,
                 const struct strv *folders, const struct strv *outputs, struct err *err)
{
	bool same = same_works(t, folders);

	t->job++;
	if (tree_clean(t, err) < 0)
		return -1;
	t->clean = false;
	if (!same) {
		unmount_works(t);
		remove_hidden(t, folders);
		if (mount_works(t, folders, err) < 0)
			return -1;
	}
	if (put_links(t, inputs, n_inputs, err) < 0 ||
	    put_inputs(t, inputs, n_inputs, outputs, false, err) < 0)
		return -1;
	remove_unnamed(t, false);
	if (put_inputs(t, inputs, n_inputs, outputs, true, err) < 0)
		return -1;
	return t->mounts || t->shim ? 0 : give_works(t, err);
}

static int make_devices(struct tree *t, struct err *err)
{
	static const struct {
		const char *name;
		unsigned minor; /* major 1: memory devices */
	} devices[] = { { "/dev/null", 3 },
		        { "/dev/zero", 5 },
		        { "/dev/full", 7 },
		        { "/dev/random", 8 },
		        { "/dev/urandom", 9 } };
	auto_fd dir = folder_inside(t, t->root_fd, "/dev", err);

	if (dir < 0)
		return -1;
	for (size_t i = 0; i < countof(devices); i++) {
		const char *base = path_base(devices[i].name);

		if (!t->mounts) {
			if (mknodat(dir, base, S_IFCHR | 0666, makedev(1, devices[i].minor)) <
			            0 ||
			    fchmodat(dir, base, 0666, 0) < 0)
				return err_sys(err, "%s", devices[i].name);
		} else if (make_mountpoint(dir, base, err) < 0 ||
		           bind_inside(t, devices[i].name, devices[i].name, false, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int make_fixed(struct tree *t, struct err *err)
{
	auto_fd proc = folder_inside(t, t->root_fd, "/proc", err);
	auto_free char *proc_view = xasprintf("%s/proc", t->view);

	if (proc < 0)
		return -1;
	/* In a container whose own /proc is masked the kernel refuses: clang then goes by
	 * argv[0]. */
	filter_pass(SYS_mount, word("proc"), word(proc_view), word("proc"),
	            MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, 0);
	return make_devices(t, err);
}

static int mount_tree(struct tree *t, struct err *err)
{
	if (filter_pass(SYS_mount, word("gg"), word(t->base), word("tmpfs"),
	                MS_NOSUID | MS_NODEV, word("mode=0755")) < 0)
		return err_sys(err, "mount a tmpfs on %s", t->base);
	auto_fd base = open(t->base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (file_mkdirs(t->root, DIR_MODE, err) < 0 || file_mkdirs(t->view, DIR_MODE, err) < 0)
		return -1;
	return bind_at(t->root, base, "view", true, err);
}

static int set_up(struct tree *t, struct err *err)
{
	int rc = t->mounts ? mount_tree(t, err) : file_mkdirs(t->root, DIR_MODE, err);

	if (rc < 0)
		return -1;
	t->root_fd = open(t->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	t->view_fd = open(t->view, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (t->root_fd < 0 || t->view_fd < 0)
		return err_sys(err, "%s", t->base);
	if (t->shim)
		return 0;
	return t->mounts ? make_fixed(t, err) : make_devices(t, err);
}

struct tree *tree_new(const char *base, enum tree_kind kind, uid_t uid, gid_t gid,
                      struct err *err)
{
	struct tree *t = xcalloc(1, sizeof(*t));
	bool mounts = kind == TREE_MOUNTS;

	t->mounts = mounts;
	t->shim = kind == TREE_SHIM;
	t->uid = uid;
	t->gid = gid;
	t->base = xstrdup(base);
	t->root = path_join(base, "root");
	t->view = path_join(base, mounts ? "view" : "root");
	/* A slot ends with its tree; on failure it ends now. */
	return set_up(t, err) < 0 ? NULL : t;
}

const char *tree_root(const struct tree *t)
{
	return t->view;
}

int tree_open(const struct tree *t, const char *name)
{
	return open_inside(t, t->view_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

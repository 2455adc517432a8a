#include "engine/package.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/map.h"
#include "base/path.h"
#include "core/manifest.h"
#include "model/toolchain.h"

enum {
	PACKAGE_TIME_S = 1000000000, /* as the store's blobs */
	CHUNK = 256 << 10,
};

struct entry {
	char *name; /* in the package; owned */
	char *path; /* on this machine; owned; NULL: data */
	struct buf data;
	unsigned mode;
	uint64_t size_bytes;
};

struct package {
	struct entry *v;
	size_t n, cap;
	struct map names; /* → index + 1 */
};

struct package *package_new(void)
{
	return xcalloc(1, sizeof(struct package));
}

static void entry_release(struct entry *e)
{
	free(e->name);
	free(e->path);
	buf_release(&e->data);
}

void package_free(struct package *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++)
		entry_release(&p->v[i]);
	map_release(&p->names);
	free(p->v);
	free(p);
}

/* A new, empty entry, or the one of that name, emptied. */
static struct entry *entry_for(struct package *p, const char *name, unsigned mode)
{
	bool added;
	struct map_entry *at = map_add(&p->names, name, &added);

	if (added) {
		if (p->n == p->cap) {
			p->cap = p->cap ? 2 * p->cap : 64;
			p->v = xrealloc(p->v, p->cap * sizeof(*p->v));
		}
		at->num = ++p->n;
	} else {
		entry_release(&p->v[at->num - 1]);
	}
	struct entry *e = &p->v[at->num - 1];
	*e = (struct entry){ .name = xstrdup(name), .mode = mode };
	return e;
}

void package_add_data(struct package *p, const char *name, unsigned mode, const void *data,
                      size_t len)
{
	struct entry *e = entry_for(p, name, mode);

	buf_add(&e->data, data, len);
	e->size_bytes = len;
}

int package_add_file(struct package *p, const char *name, unsigned mode, const char *path,
                     struct err *err)
{
	struct stat sb;
	struct entry *e;

	if (stat(path, &sb) < 0)
		return err_sys(err, "pack %s", path);
	if (!S_ISREG(sb.st_mode))
		return err_set(err, ERR_IO, "pack %s: it is no file", path);
	e = entry_for(p, name, mode);
	e->path = xstrdup(path);
	e->size_bytes = (uint64_t)sb.st_size;
	return 0;
}

static int read_manifest(struct store *st, const struct oid *id, struct manifest *out,
                         struct err *err)
{
	auto_buf bytes = BUF_INIT;

	if (store_get(st, id, &bytes, err) < 0)
		return -1;
	return manifest_decode(bytes.data, bytes.len, out, err);
}

static int add_library(struct package *p, const char *path, struct err *err)
{
	auto_free char *name = xasprintf("lib/%s", path_base(path));

	return package_add_file(p, name, 0755, path, err);
}

/* Libraries go by the names that links give them (libx.so.1 → libx.so.1.2): those are what
 * programs ask for. A file that no link names is asked for by its own. */
static int add_libraries(struct package *p, const struct manifest *m, const char *program,
                         struct err *err)
{
	auto_map linked = MAP_INIT;
	struct stat sb;

	for (size_t i = 0; i < m->n; i++) {
		const char *name = m->v[i].name;
		if (!S_ISLNK(m->v[i].mode) || stat(name, &sb) < 0 || !S_ISREG(sb.st_mode))
			continue;
		auto_free char *real = realpath(name, NULL);
		if (!real || strcmp(real, program) == 0)
			continue;
		map_add(&linked, real, NULL);
		if (add_library(p, name, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < m->n; i++) {
		const char *name = m->v[i].name;
		if (S_ISREG(m->v[i].mode) && strcmp(name, program) != 0 &&
		    !map_find(&linked, name) && add_library(p, name, err) < 0)
			return -1;
	}
	return 0;
}

int package_add_program(struct package *p, struct store *st, char *const *envp,
                        const char *path, struct err *err)
{
	auto_free char *real = realpath(path, NULL);
	auto_free char *name = xasprintf("bin/%s", path_base(path));
	char *const programs[] = { real, NULL };
	struct call call = { .store = st, .cwd = "/", .envp = envp };
	auto_manifest m = MANIFEST_INIT;
	struct oid id;

	if (!real)
		return err_sys(err, "pack %s", path);
	if (closure_of(&call, programs, NULL, &id, err) < 0 ||
	    read_manifest(st, &id, &m, err) < 0 || add_libraries(p, &m, real, err) < 0)
		return err_wrap(err, "pack %s", path);
	return package_add_file(p, name, 0755, real, err);
}

int package_add_object(struct package *p, struct store *st, const struct oid *id,
                       bool executable, struct err *err)
{
	auto_free char *name = xasprintf("store/blobs/%s", id->s);
	auto_buf path = BUF_INIT;
	struct map_entry *there = map_find(&p->names, name);

	if (there) {
		if (executable)
			p->v[there->num - 1].mode = 0755;
		return 0;
	}
	if (store_locate(st, id, &path, err) < 0)
		return err_wrap(err, "pack %s", id->s);
	return package_add_file(p, name, executable ? 0755 : 0644, buf_str(&path), err);
}

int package_add_manifest(struct package *p, struct store *st, const struct oid *manifest,
                         struct err *err)
{
	auto_manifest m = MANIFEST_INIT;

	if (read_manifest(st, manifest, &m, err) < 0 ||
	    package_add_object(p, st, manifest, false, err) < 0)
		return err_wrap(err, "pack %s", manifest->s);
	for (size_t i = 0; i < m.n; i++)
		if (*m.v[i].id.s &&
		    package_add_object(p, st, &m.v[i].id,
		                       S_ISREG(m.v[i].mode) && (m.v[i].mode & 0111), err) < 0)
			return -1;
	return 0;
}

uint64_t package_manifest_bytes(const struct package *p, struct store *st,
                                const struct oid *manifest)
{
	auto_manifest m = MANIFEST_INIT;
	auto_map seen = MAP_INIT;
	struct err ignored = ERR_INIT;
	uint64_t bytes = oid_size(manifest);

	if (read_manifest(st, manifest, &m, &ignored) < 0)
		return 0;
	for (size_t i = 0; i < m.n; i++) {
		auto_free char *name = xasprintf("store/blobs/%s", m.v[i].id.s);
		bool is_new = false;

		if (*m.v[i].id.s && !map_find(&p->names, name))
			map_add(&seen, name, &is_new);
		bytes += is_new ? oid_size(&m.v[i].id) : 0;
	}
	return bytes;
}

struct package_size package_size(const struct package *p)
{
	struct package_size s = { .files = p->n };

	for (size_t i = 0; i < p->n; i++)
		s.unpacked_bytes += p->v[i].size_bytes;
	return s;
}

/* --- writing */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* The entries in the order of their names. An array to free; what they hold stays the
 * package's. */
static struct entry *sorted(const struct package *p)
{
	struct entry *v = xcalloc(p->n + 1, sizeof(*v));

	for (size_t i = 0; i < p->n; i++)
		v[i] = p->v[i];
	qsort(v, p->n, sizeof(*v), by_name);
	return v;
}

static int archive_failed(struct archive *a, const char *what, struct err *err)
{
	enum err_kind kind = archive_errno(a) == ENOSPC ? ERR_NOSPC : ERR_IO;

	return err_set(err, kind, "write %s: %s", what, archive_error_string(a));
}

static int write_file(struct archive *a, const struct entry *e, struct err *err)
{
	auto_fd fd = open(e->path, O_RDONLY | O_CLOEXEC);
	auto_free char *chunk = xmalloc(CHUNK);
	uint64_t left = e->size_bytes;

	if (fd < 0)
		return err_sys(err, "pack %s", e->path);
	while (left) {
		ssize_t n = read(fd, chunk, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "pack %s", e->path);
		if (n == 0 || (uint64_t)n > left)
			return err_set(err, ERR_RETRY, "pack %s: it changed meanwhile",
			               e->path);
		if (archive_write_data(a, chunk, (size_t)n) != n)
			return archive_failed(a, e->name, err);
		left -= (uint64_t)n;
	}
	return 0;
}

static int write_entry(struct archive *a, const struct entry *e, struct err *err)
{
	struct archive_entry *head = archive_entry_new();
	int rc;

	archive_entry_set_pathname(head, e->name);
	archive_entry_set_size(head, (la_int64_t)e->size_bytes);
	archive_entry_set_filetype(head, AE_IFREG);
	archive_entry_set_perm(head, e->mode);
	archive_entry_set_mtime(head, PACKAGE_TIME_S, 0);
	rc = archive_write_header(a, head);
	archive_entry_free(head);
	if (rc != ARCHIVE_OK)
		return archive_failed(a, e->name, err);
	if (e->path)
		return write_file(a, e, err);
	if (e->data.len &&
	    archive_write_data(a, e->data.data, e->data.len) != (la_ssize_t)e->data.len)
		return archive_failed(a, e->name, err);
	return 0;
}

static int write_entries(struct archive *a, const struct package *p, struct err *err)
{
	auto_free struct entry *order = sorted(p);

	for (size_t i = 0; i < p->n; i++)
		if (write_entry(a, &order[i], err) < 0)
			return -1;
	if (archive_write_close(a) != ARCHIVE_OK)
		return archive_failed(a, "the package", err);
	return 0;
}

int package_write_zip(const struct package *p, const char *path, struct package_size *size,
                      struct err *err)
{
	struct archive *a = archive_write_new();
	struct stat sb = { 0 };
	int rc;

	archive_write_set_format_zip(a);
	archive_write_zip_set_compression_deflate(a);
	if (archive_write_open_filename(a, path) != ARCHIVE_OK)
		rc = archive_failed(a, path, err);
	else
		rc = write_entries(a, p, err);
	archive_write_free(a);
	if (rc < 0)
		unlink(path);
	if (rc == 0 && size) {
		*size = package_size(p);
		size->zipped_bytes = stat(path, &sb) == 0 ? (uint64_t)sb.st_size : 0;
	}
	return rc;
}

static int write_in_folder(const struct entry *e, const char *folder, struct err *err)
{
	auto_free char *path = path_join(folder, e->name);
	auto_free char *dir = path_dir(path);

	if (file_mkdirs(dir, 0755, err) < 0)
		return -1;
	auto_fd to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, e->mode);
	auto_fd from = e->path ? open(e->path, O_RDONLY | O_CLOEXEC) : -1;
	if (to < 0 || (e->path && from < 0))
		return err_sys(err, "write %s", path);
	return e->path ? file_copy_fd(from, to, err)
	               : file_write_fd(to, buf_str(&e->data), e->data.len, err);
}

int package_write_folder(const struct package *p, const char *path, struct err *err)
{
	auto_free struct entry *order = sorted(p);

	if (mkdir(path, 0755) < 0)
		return err_sys(err, "%s", path);
	for (size_t i = 0; i < p->n; i++)
		if (write_in_folder(&order[i], path, err) < 0)
			return -1;
	return 0;
}

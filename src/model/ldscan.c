/*
 * Each file is sniffed: an object or archive is just an input, a shared library brings its
 * DT_NEEDED, and any other text is a linker script. Names in folders that are reached through a
 * symlink (/lib → usr/lib) are added below the real folder, with the symlink beside.
 */
#include "model/ldscan.h"

#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "core/placeholder.h"
#include "store/look.h"
#include "model/elfinfo.h"
#include "model/links.h"
#include "model/thin.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SNIFF_LEN = 32, SCRIPT_MAX = 4 << 20, DEPTH_MAX = 32 };

struct scan {
	const struct ldscan *ld;
	const struct call *call;
	struct plan *p;
	struct map visited; /* files looked into */
	struct map dirs;    /* folder as written → its real path, owned */
	int depth;
};

static int add_file(struct scan *s, const char *path, bool *found, struct err *err);

void ldscan_release(struct ldscan *s)
{
	strv_release(&s->lib_dirs);
	strv_release(&s->needed_dirs);
	strv_release(&s->files);
	strv_release(&s->libs);
	strv_release(&s->may_libs);
	*s = (struct ldscan){ 0 };
}

static void scan_release(struct scan *s)
{
	struct map_entry *e;

	for (size_t at = 0; (e = map_next(&s->dirs, &at));)
		free(e->ptr);
	map_release(&s->dirs);
	map_release(&s->visited);
}

/* Every folder that @dir steps out of by ".." must exist inside. */
static int add_stepped(struct scan *s, const char *dir, struct err *err)
{
	for (const char *at = dir; (at = strstr(at, "/..")); at += 3) {
		auto_free char *before = xstrndup(dir, (size_t)(at - dir));
		auto_free char *plain = path_absolute(s->call->cwd, before);
		auto_free char *real = look_realpath(before);
		if (!*before || !real || (at[3] && at[3] != '/'))
			continue;
		plan_add_folder(s->p, s->call, real);
		auto_free char *followed = links_follow(s->p, plain, err);
		if (!followed)
			return -1;
	}
	return 0;
}

/* The real path of a folder, or NULL if there is none; borrowed. */
static const char *real_dir(struct scan *s, const char *dir, struct err *err)
{
	bool added;
	struct map_entry *e = map_add(&s->dirs, dir, &added);

	if (!added)
		return e->ptr;
	char *real = look_realpath(dir);
	e->ptr = real;
	if (!real)
		return NULL;
	auto_free char *plain = path_absolute(s->call->cwd, dir);
	auto_free char *followed = links_follow(s->p, plain, err);
	if (!followed || add_stepped(s, dir, err) < 0)
		plan_delegate(s->p, "a library folder can't be followed");
	return real;
}

static int add_in_dir(struct scan *s, const char *dir, const char *name, bool *found,
                      struct err *err)
{
	const char *real = real_dir(s, dir, err);

	if (!real)
		return 0;
	auto_free char *path = path_join(real, name);
	if (!path_below(real, "/usr"))
		return add_file(s, path, found, err);
	/* the system's links stand as links, with the text that closures give them */
	struct stat st;
	if (look_stat(path, &st) < 0)
		return 0;
	auto_free char *target = links_follow(s->p, path, err);
	return target ? add_file(s, target, found, err) : -1;
}

static int look_for_lib(struct scan *s, const char *name, bool *found, struct err *err)
{
	auto_free char *so = name[0] == ':' ? xstrdup(name + 1) : xasprintf("lib%s.so", name);
	auto_free char *ar = name[0] == ':' ? NULL : xasprintf("lib%s.a", name);

	for (size_t i = 0; i < s->ld->lib_dirs.n; i++) {
		const char *dir = s->ld->lib_dirs.v[i];
		if ((!s->ld->is_static || !ar) && add_in_dir(s, dir, so, found, err) < 0)
			return -1;
		if (ar && add_in_dir(s, dir, ar, found, err) < 0)
			return -1;
	}
	return 0;
}

static int add_lib(struct scan *s, const char *name, struct err *err)
{
	bool found = false;

	if (look_for_lib(s, name, &found, err) < 0)
		return -1;
	return found ? 0 : plan_delegate(s->p, "a library is not found");
}

/* The linker looks along $LD_LIBRARY_PATH too. */
static bool in_environment(const struct scan *s, const char *name)
{
	const char *at = look_env(s->call->envp, "LD_LIBRARY_PATH");

	while (at && *at) {
		size_t n = strcspn(at, ":");
		auto_free char *path = xasprintf("%.*s/%s", n ? (int)n : 1, n ? at : ".", name);

		if (look_access(path, F_OK) == 0)
			return true;
		at += n + (at[n] == ':');
	}
	return false;
}

/* The libraries that a shared library needs: the linker reads them to resolve symbols. */
static int add_needed(struct scan *s, const char *path, const struct elf_info *elf,
                      struct err *err)
{
	auto_free char *origin = path_dir(path);
	auto_strv dirs = STRV_INIT;
	const char *list = elf->runpath ? elf->runpath : elf->rpath;

	strv_add_all(&dirs, s->ld->needed_dirs.v);
	for (const char *at = list; at && *at;) {
		size_t n = strcspn(at, ":");
		if (strncmp(at, "$ORIGIN", 7) == 0)
			strv_addf(&dirs, "%s%.*s", origin, (int)n - 7, at + 7);
		else if (strncmp(at, "${ORIGIN}", 9) == 0)
			strv_addf(&dirs, "%s%.*s", origin, (int)n - 9, at + 9);
		else if (n)
			strv_addn(&dirs, at, n);
		at += n + (at[n] == ':');
	}
	strv_add_all(&dirs, s->ld->lib_dirs.v);
	for (size_t i = 0; i < elf->needed.n; i++) {
		bool found = false;
		if (in_environment(s, elf->needed.v[i]))
			return plan_delegate(s->p, "environment variable LD_LIBRARY_PATH");
		for (size_t k = 0; k < dirs.n && !found; k++)
			if (add_in_dir(s, dirs.v[k], elf->needed.v[i], &found, err) < 0)
				return -1;
	}
	return 0;
}

/* A file as written; an absolute one is added below its real folder. */
static int add_written(struct scan *s, const char *path, bool *found, struct err *err)
{
	auto_free char *dir = path_dir(path);

	if (path[0] != '/')
		return add_file(s, path, found, err);
	return add_in_dir(s, dir, path_base(path), found, err);
}

/* A file that a script in folder @dir names: beside the script, in the working folder, or along
 * the search path, in an order that is each linker's own. */
static int add_named(struct scan *s, const char *dir, const char *name, struct err *err)
{
	bool found = false;

	if (strncmp(name, "-l", 2) == 0)
		return add_lib(s, name + 2, err);
	if (name[0] == '=')
		name++;
	if (add_written(s, name, &found, err) < 0)
		return -1;
	if (name[0] == '/')
		return 0;
	if (add_in_dir(s, dir, name, &found, err) < 0)
		return -1;
	for (size_t i = 0; i < s->ld->lib_dirs.n; i++)
		if (add_in_dir(s, s->ld->lib_dirs.v[i], name, &found, err) < 0)
			return -1;
	return 0;
}

/* The next word of a linker script: "(", ")", or a name. False at the end. */
static bool next_word(const char **at, struct buf *word)
{
	const char *p = *at;

	buf_reset(word);
	for (;;) {
		p += strspn(p, " \t\r\n,;");
		if (p[0] != '/' || p[1] != '*')
			break;
		p = strstr(p + 2, "*/");
		if (!p)
			return false;
		p += 2;
	}
	if (!*p)
		return false;
	if (*p == '"') {
		size_t n = strcspn(p + 1, "\"");
		buf_add(word, p + 1, n);
		p += 1 + n + (p[1 + n] == '"');
	} else if (strchr("(){}", *p)) {
		buf_addc(word, *p++);
	} else {
		size_t n = strcspn(p, " \t\r\n,;(){}\"");
		buf_add(word, p, n);
		p += n;
	}
	*at = p;
	return true;
}

static bool is_file_list(const char *word)
{
	return strcmp(word, "GROUP") == 0 || strcmp(word, "INPUT") == 0 ||
	       strcmp(word, "AS_NEEDED") == 0 || strcmp(word, "STARTUP") == 0;
}

static int add_script(struct scan *s, const char *path, struct err *err)
{
	auto_buf text = BUF_LIMIT(SCRIPT_MAX);
	auto_buf word = BUF_INIT;
	auto_free char *dir = path_dir(path);
	int open = 0;      /* parentheses of a list of files */
	bool list = false; /* a list's name was just read */
	bool include = false;

	if (file_read(path, &text, err) < 0)
		return -1;
	for (const char *at = buf_str(&text); next_word(&at, &word);) {
		const char *w = buf_str(&word);
		if (is_file_list(w)) {
			list = true;
			continue;
		}
		if (strcmp(w, "SEARCH_DIR") == 0)
			return plan_delegate(s->p, "a linker script with SEARCH_DIR");
		if (strcmp(w, "(") == 0)
			open += list || open;
		else if (strcmp(w, ")") == 0)
			open -= open > 0;
		else if ((open || include) && *w && add_named(s, dir, w, err) < 0)
			return -1;
		list = false;
		include = strcmp(w, "INCLUDE") == 0;
	}
	return 0;
}

static int add_thin(struct scan *s, const char *path, struct err *err)
{
	auto_strv members = STRV_INIT;
	struct err why = ERR_INIT;

	if (thin_members(path, &members, &why) < 0)
		return plan_delegate(s->p, "a thin archive that can't be followed");
	s->p->placed = true; /* it may name its members by absolute names */
	for (size_t i = 0; i < members.n; i++) {
		bool found = false;

		if (add_file(s, members.v[i], &found, err) < 0)
			return -1;
	}
	return 0;
}

/* What the file itself makes the linker read. */
static int look_into(struct scan *s, const char *path, struct err *err)
{
	char head[SNIFF_LEN + 1] = "";
	auto_elf_info elf = { 0 };
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, head, SNIFF_LEN, 0);

	if (n < 0)
		return err_sys(err, "%s", path);
	if (placeholder_sniff(head, (size_t)n) || strncmp(head, "!<arch>", 7) == 0 ||
	    strncmp(head, "BC\xc0\xde", 4) == 0)
		return 0;
	if (thin_sniff(head, (size_t)n))
		return add_thin(s, path, err);
	if (memcmp(head,
	           "\x7f"
	           "ELF",
	           4) != 0)
		return add_script(s, path, err);
	int rc = elf_read_fd(fd, &elf, err);
	if (rc <= 0)
		return rc;
	return elf.shared ? add_needed(s, path, &elf, err) : 0;
}

/* Some linkers look further, some don't. */
static int add_odd(struct scan *s)
{
	return plan_delegate(s->p, "a library that can't be read");
}

/* Add a file if it exists. */
static int add_file(struct scan *s, const char *path, bool *found, struct err *err)
{
	struct stat sb;
	bool added;

	struct map_entry *e = map_add(&s->visited, path, &added);
	if (!added) {
		*found = *found || e->num;
		return 0;
	}
	if (look_lstat(path, &sb) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : add_odd(s);
	if ((S_ISLNK(sb.st_mode) && look_stat(path, &sb) < 0) || !S_ISREG(sb.st_mode))
		return add_odd(s);
	e->num = 1;
	*found = true;
	if (plan_add_input_stat(s->p, s->call, path, &sb, err) < 0)
		return -1;
	if (s->p->delegate || strcmp(path_ext(path), ".o") == 0)
		return 0;
	if (s->depth >= DEPTH_MAX)
		return plan_delegate(s->p, "linker scripts or libraries are nested too deep");
	s->depth++;
	int rc = look_into(s, path, err);
	s->depth--;
	return rc;
}

int ldscan_add_inputs(const struct ldscan *ld, const struct call *call, struct plan *p,
                      struct err *err)
{
	struct scan s = { .ld = ld, .call = call, .p = p };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ld->files.n; i++) {
		bool found = false;
		rc = add_written(&s, ld->files.v[i], &found, err);
		if (rc == 0 && !found)
			plan_delegate(p, "missing input");
	}
	for (size_t i = 0; rc == 0 && i < ld->libs.n && !p->delegate; i++)
		rc = add_lib(&s, ld->libs.v[i], err);
	for (size_t i = 0; rc == 0 && i < ld->may_libs.n && !p->delegate; i++) {
		bool found = false;
		rc = look_for_lib(&s, ld->may_libs.v[i], &found, err);
	}
	scan_release(&s);
	if (!p->delegate)
		return rc;
	for (size_t i = 0; i < ld->files.n; i++)
		plan_reads(p, call, ld->files.v[i]);
	for (size_t i = 0; i < ld->libs.n; i++)
		for (size_t k = 0; k < ld->lib_dirs.n; k++) {
			const char *dir = ld->lib_dirs.v[k], *name = ld->libs.v[i];
			auto_free char *so = xasprintf("%s/lib%s.so", dir, name);
			auto_free char *ar = xasprintf("%s/lib%s.a", dir, name);
			plan_reads(p, call, so);
			plan_reads(p, call, ar);
		}
	return rc;
}

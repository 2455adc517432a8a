/*
 * A closure is found the way the loader would find it: the interpreter, then each DT_NEEDED by
 * RPATH or RUNPATH, the loader's cache and the default folders. Each path is walked component
 * by component, so that every symlink on the way stands in the manifest as a symlink and the
 * file at its real path.
 */
#include "model/closure.h"

#include "model/finding.h"

#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/shebang.h"
#include "store/look.h"
#include "model/elfinfo.h"
#include "model/ldcache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>

enum { LINKS_MAX = 40, CONF_DEPTH_MAX = 8, CONF_MAX = 1 << 20, CACHE_MAX = 64 << 20 };

/* Inside it is not set: what is found by it would not be found there. */
static const char LIBRARY_PATH[] = "LD_LIBRARY_PATH";

/* In the loader's order when there is no cache. */
static const char *const default_dirs[] = { "/lib/x86_64-linux-gnu",
	                                    "/usr/lib/x86_64-linux-gnu",
	                                    "/lib64",
	                                    "/usr/lib64",
	                                    "/lib",
	                                    "/usr/lib" };

static void conf_read(const char *path, struct strv *dirs, int depth);

static void conf_line(char *line, struct strv *dirs, int depth)
{
	glob_t found = { 0 };

	line[strcspn(line, "#\n")] = '\0';
	line += strspn(line, " \t");
	for (size_t n = strlen(line); n && strchr(" \t\r", line[n - 1]); n--)
		line[n - 1] = '\0';
	if (line[0] == '/') {
		if (!strv_has(dirs, line))
			strv_add(dirs, line);
		return;
	}
	if (strncmp(line, "include", 7) != 0)
		return;
	line += 7 + strspn(line + 7, " \t");
	auto_free char *pattern = path_absolute("/etc", line);
	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			conf_read(found.gl_pathv[i], dirs, depth + 1);
	globfree(&found);
}

static void conf_read(const char *path, struct strv *dirs, int depth)
{
	auto_buf text = BUF_LIMIT(CONF_MAX);
	char *save = NULL;

	if (depth > CONF_DEPTH_MAX || file_read(path, &text, NULL) < 0 || !text.len)
		return;
	for (char *line = strtok_r(text.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		conf_line(line, dirs, depth);
}

const char *const closure_conf_files[] = { "/etc/ld.so.conf", "/etc/ld.so.conf.d", NULL };

void closure_conf_dirs(struct strv *dirs)
{
	conf_read(closure_conf_files[0], dirs, 0);
}

void closure_init(struct closure *c, const struct call *call)
{
	*c = (struct closure){ .call = call };
	closure_conf_dirs(&c->dirs);
	for (const char *const *file = closure_conf_files; *file; file++)
		strv_add(&c->watch, *file);
	strv_add(&c->watch, LDCACHE_PATH);
	c->cache.max = CACHE_MAX;
	if (file_read(LDCACHE_PATH, &c->cache, NULL) < 0)
		buf_reset(&c->cache);
}

void closure_release(struct closure *c)
{
	manifest_release(&c->m);
	map_release(&c->seen);
	map_release(&c->linked);
	strv_release(&c->watch);
	strv_release(&c->dirs);
	buf_release(&c->cache);
}

static int add_link(struct closure *c, const char *path, const char *text, struct err *err)
{
	struct oid id;
	bool added;

	map_add(&c->linked, path, &added);
	if (!added)
		return 0;
	if (store_put(c->call->store, text, strlen(text), &id, err) < 0)
		return -1;
	manifest_add(&c->m, path, &id, S_IFLNK | 0777);
	return 0;
}

/* Resolve @path, adding the symlinks on the way. Owned; NULL with @err. */
static char *walk(struct closure *c, const char *path, struct err *err)
{
	auto_free char *rest = xstrdup(path);
	auto_free char *at = xstrdup("");
	int links = 0;

	for (char *p = rest; *(p += strspn(p, "/"));) {
		size_t n = strcspn(p, "/");
		if (n == 1 && p[0] == '.') {
			p += n;
			continue;
		}
		if (n == 2 && p[0] == '.' && p[1] == '.') {
			char *slash = strrchr(at, '/');
			if (slash)
				*slash = '\0';
			p += n;
			continue;
		}
		auto_free char *next = xasprintf("%s/%.*s", at, (int)n, p);
		auto_free char *text = look_readlink(next);
		p += n;
		if (!text) {
			if (errno != EINVAL) {
				err_sys(err, "%s", next);
				return NULL;
			}
			free(at);
			at = steal(&next);
			continue;
		}
		if (++links > LINKS_MAX) {
			err_set(err, ERR_IO, "%s: too many links", path);
			return NULL;
		}
		if (add_link(c, next, text, err) < 0)
			return NULL;
		char *now = xasprintf("%s/%s", text, p);
		if (text[0] == '/')
			at[0] = '\0';
		free(rest);
		p = rest = now;
	}
	return steal(&at);
}

/* Is there a library of the right kind? */
static bool fits(const char *path, const struct elf_info *user)
{
	auto_elf_info lib = { 0 };

	return look_access(path, R_OK) == 0 && elf_read(path, &lib, NULL) == 1 &&
	       lib.bits == user->bits && lib.machine == user->machine;
}

/* @name in one of the colon-separated folders of @list, with $ORIGIN expanded. It may come in
 * one that is searched before. */
static char *find_in_list(struct closure *c, const char *name, const char *list,
                          const char *origin, const struct elf_info *user)
{
	for (const char *at = list; at && *at;) {
		size_t n = strcspn(at, ":");
		auto_buf path = BUF_INIT;
		for (size_t i = 0; i < n;) {
			size_t skip = strncmp(at + i, "$ORIGIN", 7) == 0     ? 7
			              : strncmp(at + i, "${ORIGIN}", 9) == 0 ? 9
			                                                     : 0;
			if (skip)
				buf_adds(&path, origin);
			else
				buf_addc(&path, at[i]);
			i += skip ? skip : 1;
		}
		buf_addf(&path, "/%s", name);
		strv_add(&c->watch, buf_str(&path));
		if (fits(buf_str(&path), user))
			return buf_steal(&path);
		at += n + (at[n] == ':');
	}
	return NULL;
}

static char *find_in(const char *name, const char *dir, const struct elf_info *user)
{
	char *path = path_join(dir, name);

	if (fits(path, user))
		return path;
	free(path);
	return NULL;
}

static bool is_default(const char *path)
{
	auto_free char *dir = path_dir(path);

	for (size_t i = 0; i < countof(default_dirs); i++)
		if (strcmp(default_dirs[i], dir) == 0)
			return true;
	return false;
}

/* Where ldconfig found it, in the order of /etc/ld.so.conf. What is there for some processors
 * only is the same in its own way. */
static char *find_in_cache(struct closure *c, const char *name, const struct elf_info *user)
{
	const char *path;
	size_t at = 0;
	bool by_machine;

	while ((path = ldcache_next(&c->cache, name, &at, &by_machine)))
		if (!by_machine && fits(path, user)) {
			c->need_cache |= !is_default(path);
			return xstrdup(path);
		}
	return NULL;
}

/* The loader's answer for DT_NEEDED @name of a file in folder @origin. Owned, or NULL. */
static char *find_library(struct closure *c, const char *name, const char *origin,
                          const struct elf_info *user)
{
	char *path;

	if (strchr(name, '/'))
		return fits(name, user) ? xstrdup(name) : NULL;
	auto_free char *other =
		find_in_list(c, name, look_env(c->call->envp, LIBRARY_PATH), origin, user);
	if (other)
		snprintf(c->unsure, sizeof(c->unsure), "%s has %.80s", LIBRARY_PATH, name);
	path = find_in_list(c, name, user->runpath ? user->runpath : user->rpath, origin, user);
	if (!path)
		path = find_in_cache(c, name, user);
	for (size_t i = 0; !path && i < countof(default_dirs); i++)
		path = find_in(name, default_dirs[i], user);
	for (size_t i = 0; !path && i < c->dirs.n; i++) {
		path = find_in(name, c->dirs.v[i], user);
		c->need_cache = c->need_cache || path;
	}
	return path;
}

static int add_needs(struct closure *c, const char *real, struct err *err)
{
	auto_elf_info elf = { 0 };
	auto_free char *origin = path_dir(real);
	int rc = elf_read(real, &elf, err);

	if (rc <= 0)
		return rc;
	if (elf.interp && closure_add_if(c, elf.interp, err) < 0)
		return -1;
	for (size_t i = 0; i < elf.needed.n; i++) {
		auto_free char *lib = find_library(c, elf.needed.v[i], origin, &elf);
		if (c->unsure[0])
			return err_set(err, ERR_UNSURE, "%s", c->unsure);
		if (lib && closure_add(c, lib, err) < 0)
			return -1;
	}
	return 0;
}

/*
 * The interpreter of a script ("#!"), and through env(1) the program that it starts. One that
 * is not there is no error: a library's folder has scripts that nobody can run, and nobody
 * does.
 */
static int add_interpreter(struct closure *c, const char *real, struct err *err)
{
	struct shebang s;

	if (!shebang_read(real, &s))
		return 0;
	if (closure_add_if(c, s.program, err) < 0)
		return -1;
	if (!s.by_env)
		return 0;
	auto_free char *found = proc_find_on_path(s.arg, call_path(c->call), NULL);
	return found ? closure_add(c, found, err) : 0;
}

int closure_add(struct closure *c, const char *path, struct err *err)
{
	struct file_info info;
	bool added;

	map_add(&c->seen, path, &added);
	if (!added)
		return 0;
	strv_add(&c->watch, path);
	auto_free char *real = walk(c, path, err);
	if (!real)
		return -1;
	map_add(&c->seen, real, &added);
	if (!added && strcmp(real, path) != 0)
		return 0;
	if (store_file(c->call->store, real, FILE_REFERENCE, &info, err) < 0)
		return -1;
	if (info.placeholder)
		return err_set(err, ERR_UNSURE, "%s is a placeholder", real);
	manifest_add(&c->m, real, &info.id, S_IFREG | (info.st.st_mode & 0111 ? 0755 : 0644));
	if (add_needs(c, real, err) < 0)
		return -1;
	return info.st.st_mode & 0111 ? add_interpreter(c, real, err) : 0;
}

int closure_add_if(struct closure *c, const char *path, struct err *err)
{
	struct stat sb;

	if (look_stat(path, &sb) == 0 && S_ISREG(sb.st_mode))
		return closure_add(c, path, err);
	strv_add(&c->watch, path);
	return 0;
}

int closure_add_extra(struct closure *c, const char *path, struct err *err)
{
	struct stat sb;

	if (look_stat(path, &sb) == 0 && S_ISDIR(sb.st_mode))
		return closure_add_folder(c, path, err);
	return closure_add_if(c, path, err);
}

int closure_add_folder(struct closure *c, const char *path, struct err *err)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	int rc = 0;

	strv_add(&c->watch, path);
	if (!dir)
		return 0;
	while (rc == 0 && (e = readdir(dir))) {
		auto_free char *name = path_join(path, e->d_name);
		if (e->d_name[0] != '.')
			rc = closure_add_if(c, name, err);
	}
	closedir(dir);
	return rc;
}

int closure_store(struct closure *c, struct oid *manifest, struct err *err)
{
	auto_buf bytes = BUF_INIT;

	if (c->need_cache && closure_add_if(c, LDCACHE_PATH, err) < 0)
		return -1;
	manifest_normalize(&c->m);
	if (manifest_encode(&c->m, &bytes, err) < 0)
		return -1;
	return store_put(c->call->store, bytes.data, bytes.len, manifest, err);
}

static void closure_key(struct buf *key, const struct call *call, char *const *programs,
                        char *const *extra)
{
	const char *libraries = look_env(call->envp, LIBRARY_PATH);

	buf_adds(key, "closure4");
	buf_add(key, call_path(call), strlen(call_path(call)) + 1);
	if (libraries)
		buf_addf(key, "\1%s=%s", LIBRARY_PATH, libraries);
	for (size_t i = 0; programs && programs[i]; i++)
		buf_add(key, programs[i], strlen(programs[i]) + 1);
	buf_addc(key, '\1');
	for (size_t i = 0; extra && extra[i]; i++)
		buf_add(key, extra[i], strlen(extra[i]) + 1);
}

int closure_of(const struct call *call, char *const *programs, char *const *extra,
               struct oid *manifest, struct err *err)
{
	auto_buf key = BUF_INIT;
	auto_finding found = FINDING_INIT;
	auto_closure c = { 0 };
	int rc;

	closure_key(&key, call, programs, extra);
	rc = finding_get(call, &key, &found, err);
	*manifest = found.manifests[0];
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	look_unnoted();
	closure_init(&c, call);
	for (size_t i = 0; programs && programs[i]; i++)
		if (closure_add(&c, programs[i], err) < 0)
			return -1;
	for (size_t i = 0; extra && extra[i]; i++)
		if (closure_add_extra(&c, extra[i], err) < 0)
			return -1;
	if (closure_store(&c, manifest, err) < 0)
		return -1;
	struct finding made = { .manifests = { *manifest }, .n_manifests = 1 };
	return finding_put(call, &key, &made, &c.watch, err);
}

/* "de_DE.UTF-8" as the folder is called: "de_DE.utf8". */
static void locale_folder(const char *value, struct buf *out)
{
	const char *dot = strchr(value, '.');

	if (!dot) {
		buf_adds(out, value);
		return;
	}
	buf_add(out, value, (size_t)(dot - value) + 1);
	for (const char *p = dot + 1; *p && *p != '@'; p++)
		if (*p != '-' && *p != '_')
			buf_addc(out, *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p);
	const char *at = strchr(dot, '@');
	if (at)
		buf_adds(out, at);
}

static void locale_files(const char *value, struct strv *extra)
{
	static const char *const domains[] = { "gcc-12",   "cpplib-12", "gcc", "cpplib",
		                               "binutils", "gas",       "ld",  "bfd",
		                               "opcodes",  "libc" };
	auto_buf folder = BUF_INIT;
	auto_free char *lang = xstrndup(value, strcspn(value, ".@"));

	if (!*value || strchr(value, '/') || strv_has(extra, value))
		return;
	locale_folder(value, &folder);
	strv_addf(extra, "/usr/lib/locale/%s", buf_str(&folder));
	strv_addf(extra, "/usr/lib/locale/%s/LC_MESSAGES", buf_str(&folder));
	strv_add(extra, "/usr/lib/locale/locale-archive");
	strv_add(extra, "/usr/share/locale/locale.alias");
	strv_add(extra, "/usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache");
	for (int whole = 1; whole >= 0; whole--) {
		size_t n = whole ? strlen(lang) : strcspn(lang, "_");
		for (size_t i = 0; i < countof(domains); i++)
			strv_addf(extra, "/usr/share/locale/%.*s/LC_MESSAGES/%s.mo", (int)n,
			          lang, domains[i]);
	}
}

int closure_of_locale(const struct call *call, struct oid *manifest, bool *any, struct err *err)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LANG" };
	auto_strv extra = STRV_INIT;

	*any = false;
	for (size_t i = 0; i < countof(names); i++) {
		const char *value = look_env(call->envp, names[i]);
		if (!value || !*value || strcmp(value, "C") == 0 || strcmp(value, "POSIX") == 0)
			continue;
		locale_files(value, &extra);
	}
	if (!extra.n)
		return 0;
	*any = true;
	return closure_of(call, NULL, strv_argv(&extra), manifest, err);
}

/*
 * Building a plan. Names inside the sandbox are the normalised absolute names of the files,
 * by text; that equals what the kernel sees as long as no ".." goes through a symlinked
 * folder, which is checked.
 */
#include "model/plan.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "store/look.h"
#include "model/portable.h"
#include "model/scratch.h"
#include "base/proc.h"
#include "core/placeholder.h"

const char *call_path(const struct call *call)
{
	const char *path = look_env(call->envp, "PATH");

	return path ? path : "/usr/bin:/bin";
}

void plan_init(struct plan *p, const struct call *call)
{
	*p = (struct plan){ .thunk = thunk_new(), .call = call };
	p->thunk->workdir = xstrdup(call->cwd);
	p->thunk->platform = xstrdup("x86_64-linux");
}

static void release_texts(struct map *m)
{
	struct map_entry *e;

	for (size_t at = 0; (e = map_next(m, &at));)
		free(e->ptr);
	map_release(m);
}

void plan_release(struct plan *p)
{
	thunk_free(p->thunk);
	p->thunk = NULL;
	for (size_t i = 0; i < p->n_outputs; i++) {
		free(p->outputs[i].path);
		free(p->outputs[i].tag);
	}
	free(p->outputs);
	p->outputs = NULL;
	p->n_outputs = 0;
	strv_release(&p->reads);
	strv_release(&p->missing);
	strv_release(&p->preprocess);
	release_texts(&p->inodes);
	release_texts(&p->real);
	map_release(&p->shorter);
	map_release(&p->seen);
	scratch_forget(p);
	free(p->header);
	p->header = NULL;
	manifest_release(&p->own);
}

int plan_delegate(struct plan *p, const char *fmt, ...)
{
	va_list ap;

	if (p->delegate)
		return 0;
	p->delegate = true;
	va_start(ap, fmt);
	vsnprintf(p->reason, sizeof(p->reason), fmt, ap);
	va_end(ap);
	return 0;
}

void plan_reads(struct plan *p, const struct call *call, const char *path)
{
	strv_take(&p->reads, path_absolute(call->cwd, path));
}

static void add_folder(struct plan *p, const struct call *call, const char *path)
{
	auto_free char *name = path_absolute(call->cwd, path);
	bool added;

	map_add(&p->seen, name, &added);
	if (added)
		manifest_add(&p->own, name, NULL, S_IFDIR | 0755);
}

/* "a/b/../c" needs "a/b" to exist; and must mean what its text says. */
static int check_dotdot(struct plan *p, const struct call *call, const char *path,
                        const char *name, const struct stat *sb)
{
	struct stat plain;

	if (look_stat(name, &plain) < 0 || plain.st_dev != sb->st_dev ||
	    plain.st_ino != sb->st_ino)
		return plan_delegate(p, "\"..\" through a symbolic link");
	plan_add_dotdots(p, call, path);
	return 0;
}

void plan_add_dotdots(struct plan *p, const struct call *call, const char *path)
{
	for (const char *at = path; (at = strstr(at, "/..")); at += 3) {
		if (at == path || (at[3] != '/' && at[3] != '\0'))
			continue;
		auto_free char *prefix = xstrndup(path, (size_t)(at - path));
		struct stat sb;

		if (look_stat(prefix, &sb) == 0 && S_ISDIR(sb.st_mode))
			add_folder(p, call, prefix);
	}
}

static int add_thunk_input(struct plan *p, const char *path, const char *name, struct err *err)
{
	auto_placeholder h = { 0 };
	int rc = placeholder_read(path, &h, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_RETRY, "%s: changed while it was read", path);
	thunk_refs_add(&p->thunk->thunks, &h.thunk, h.tag, name);
	return 0;
}

/* 6 bits a character: to print numbers is dear, and this is done for each header. */
enum { INODE_KEY_ROOM = 2 * 11 + 1 };

static void inode_key(const struct stat *sb, char key[INODE_KEY_ROOM])
{
	uint64_t numbers[] = { sb->st_dev, sb->st_ino };

	for (size_t i = 0; i < countof(numbers); i++)
		for (int digit = 0; digit < 11; digit++, numbers[i] >>= 6)
			*key++ = (char)('0' + (numbers[i] & 63));
	*key = '\0';
}

/* The first name of an inode, or NULL after noting @name as the first. */
static const char *first_name_of(struct plan *p, const struct stat *sb, const char *name)
{
	char key[INODE_KEY_ROOM];
	bool added;

	inode_key(sb, key);
	struct map_entry *e = map_add(&p->inodes, key, &added);
	if (!added)
		return e->ptr;
	e->ptr = xstrdup(name);
	return NULL;
}

/* @id: of its content, if that is known and kept already; else NULL. */
static int add_input(struct plan *p, const struct call *call, const char *path,
                     const struct stat *sb, const struct oid *id, struct err *err)
{
	auto_free char *name = path_absolute(call->cwd, path);
	bool added;

	if (p->delegate)
		return 0;
	map_add(&p->seen, name, &added);
	if (!added)
		return 0;
	if (!S_ISREG(sb->st_mode))
		return plan_delegate(p, "input is not a regular file");
	if (path_has_dotdot(path) && (check_dotdot(p, call, path, name, sb), p->delegate))
		return 0;
	const char *first = first_name_of(p, sb, name);
	if (first) {
		struct stat own;

		p->relinked |= look_lstat(name, &own) == 0 && S_ISREG(own.st_mode);
		return plan_add_symlink(p, name, first, err);
	}
	if (id) {
		thunk_refs_add(&p->thunk->values, id, NULL, name);
		return 0;
	}

	/* A file that the build itself may change or delete is kept; the system's is not. */
	enum file_keep keep = path_below(name, call->cwd) ? FILE_KEEP : FILE_REFERENCE;
	struct file_info info;
	if (store_file_stat(call->store, path[0] == '/' ? path : name, sb, keep, &info, err) <
	    0)
		return -1;
	if (info.placeholder)
		return add_thunk_input(p, name, name, err);
	thunk_refs_add(&p->thunk->values, &info.id, NULL, name);
	return 0;
}

int plan_add_input_stat(struct plan *p, const struct call *call, const char *path,
                        const struct stat *sb, struct err *err)
{
	return add_input(p, call, path, sb, NULL, err);
}

int plan_add_input_named(struct plan *p, const struct call *call, const char *path,
                         const struct stat *sb, const struct oid *id, struct err *err)
{
	return add_input(p, call, path, sb, id->s[0] ? id : NULL, err);
}

int plan_add_input(struct plan *p, const struct call *call, const char *path, struct err *err)
{
	struct stat sb;

	if (p->delegate)
		return 0;
	if (!*path)
		return plan_delegate(p, "empty file name");
	if (look_stat(path, &sb) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return plan_delegate(p, "missing input");
		return err_sys(err, "%s", path);
	}
	return plan_add_input_stat(p, call, path, &sb, err);
}

void plan_add_time(struct plan *p, const struct call *call, const char *path,
                   const struct stat *sb)
{
	auto_free char *name = path_absolute(call->cwd, path);
	auto_free char *entry = xasprintf("%lld %s", (long long)sb->st_mtim.tv_sec, name);
	bool added;

	map_add(&p->seen, entry, &added); /* beside names, which begin with '/' */
	if (added)
		strv_add(&p->thunk->times, entry);
}

void plan_add_folder(struct plan *p, const struct call *call, const char *path)
{
	struct stat sb;

	if (path_has_dotdot(path) && look_stat(path, &sb) == 0) {
		auto_free char *name = path_absolute(call->cwd, path);

		check_dotdot(p, call, path, name, &sb);
	}
	add_folder(p, call, path);
}

void plan_refuse_two_names(struct plan *p, const struct call *call, const char *path)
{
	auto_free char *name = path_absolute(call->cwd, path);
	struct stat sb;
	const char *first = look_stat(path, &sb) == 0 ? first_name_of(p, &sb, name) : NULL;

	if (first && strcmp(first, name) != 0)
		plan_delegate(p, "a folder under two names");
}

int plan_add_symlink(struct plan *p, const char *name, const char *text, struct err *err)
{
	struct oid id;

	if (store_put(p->call->store, text, strlen(text), &id, err) < 0)
		return -1;
	manifest_add(&p->own, name, &id, S_IFLNK | 0777);
	return 0;
}

int plan_set_program(struct plan *p, const struct call *call, const char *path, struct err *err)
{
	auto_free char *real = look_realpath(path);
	struct file_info info;

	if (!real)
		return err_sys(err, "%s", path);
	if (store_file(call->store, real, FILE_REFERENCE, &info, err) < 0)
		return -1;
	if (info.placeholder)
		return plan_delegate(p, "the tool is itself a placeholder");
	p->thunk->function = info.id;
	thunk_refs_add(&p->thunk->execs, &info.id, NULL, real);
	return 0;
}

void plan_add_manifest(struct plan *p, const struct oid *id)
{
	if (!strv_has(&p->thunk->manifests, id->s))
		strv_add(&p->thunk->manifests, id->s);
}

/* The folder of an output with ".." must be what its text says, as for inputs. */
static void check_output_dotdot(struct plan *p, const struct call *call, const char *path,
                                const char *full)
{
	auto_free char *dir = path_dir(path);
	auto_free char *plain = path_dir(full);
	struct stat sb;

	if (look_stat(dir, &sb) < 0)
		plan_delegate(p, "an output can't be written");
	else
		check_dotdot(p, call, path, plain, &sb);
}

void plan_add_output(struct plan *p, const struct call *call, const char *path,
                     enum output_kind kind, bool optional)
{
	char *full = path_absolute(call->cwd, path);

	if (path_has_dotdot(path))
		check_output_dotdot(p, call, path, full);
	size_t n = strlen(call->cwd);
	const char *tag = full;

	if (path_below(full, call->cwd) && full[n] == '/')
		tag = full + n + 1;
	p->outputs = xrealloc(p->outputs, (p->n_outputs + 1) * sizeof(*p->outputs));
	p->outputs[p->n_outputs++] = (struct plan_output){ full, xstrdup(tag), kind, optional };
	strv_add(&p->thunk->outputs, tag);
}

void plan_add_env(struct plan *p, const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;

	va_start(ap, fmt);
	int n = vasprintf(&s, fmt, ap);
	va_end(ap);
	BUG_IF(n < 0);
	strv_take(&p->thunk->env, s);
}

void plan_pass_env(struct plan *p, const struct call *call, const char *const *names)
{
	for (; *names; names++) {
		const char *value = look_env(call->envp, *names);

		if (value)
			plan_add_env(p, "%s=%s", *names, value);
	}
}

const char *const plan_bfd_env[] = { "GNUTARGET",       "LDEMULATION", "LD_RUN_PATH",
	                             "POSIXLY_CORRECT", "MOLD_PATH",   NULL };

void plan_refuse_env(struct plan *p, const struct call *call, const char *const *names)
{
	for (; *names; names++)
		if (look_env(call->envp, *names))
			plan_delegate(p, "environment variable %s", *names);
}

void plan_refuse_driven(struct plan *p, const struct call *call)
{
	if (look_env(call->envp, "COLLECT_GCC"))
		plan_delegate(p, "part of a compiler's own run");
}

void plan_set_args(struct plan *p, char *const *argv)
{
	strv_clear(&p->thunk->args);
	strv_add_all(&p->thunk->args, argv);
}

static bool is_used(const struct plan *p, const char *link)
{
	for (size_t i = 0; i < p->n_outputs; i++)
		if (path_below(p->outputs[i].path, link))
			return true;
	return path_below(p->thunk->workdir, link);
}

static bool is_link(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (S_ISLNK(m->v[i].mode) && strcmp(m->v[i].name, name) == 0)
			return true;
	return false;
}

/* What was named as a folder, and as a link too, is a link; it leads to a folder all the same.
 * What is below it is put there through it, but for what the job writes. */
static void settle_links(struct plan *p)
{
	size_t kept = 0, links = 0;

	for (size_t i = 0; i < p->own.n; i++) {
		if (!S_ISLNK(p->own.v[i].mode))
			continue;
		links++;
		if (is_used(p, p->own.v[i].name))
			plan_delegate(p, "works through a symbolic link");
	}
	for (size_t i = 0; i < p->own.n; i++) {
		struct manifest_entry *e = &p->own.v[i];

		if (links && S_ISDIR(e->mode) && is_link(&p->own, e->name))
			free(e->name);
		else
			p->own.v[kept++] = *e;
	}
	p->own.n = kept;
}

char *plan_input_path(const struct plan *p, const struct thunk_ref *r)
{
	static const char base[] = PORTABLE_BASE;

	if (!r->name)
		return NULL;
	if (!p->portable || !path_below(r->name, base))
		return xstrdup(r->name);
	return xasprintf("%s%s", p->call->basedir, r->name + strlen(base));
}

static bool is_unchanged(const struct plan *p, const struct thunk_ref *r)
{
	auto_free char *path = plan_input_path(p, r);
	struct file_info info;
	struct err ignored;

	return store_file(p->call->store, path, FILE_HASH_ONLY, &info, &ignored) == 0 &&
	       (info.placeholder || oid_eq(&info.id, &r->id));
}

bool plan_inputs_unchanged(const struct plan *p)
{
	const struct thunk_refs *values = &p->thunk->values;

	for (size_t i = 0; i < values->n; i++)
		if (values->v[i].name && !is_unchanged(p, &values->v[i]))
			return false;
	return true;
}

int plan_finish(struct plan *p, const struct call *call, struct err *err)
{
	settle_links(p);
	if (p->delegate)
		return 0;
	if (call->basedir)
		p->portable = portable_apply(p, call->basedir);
	if (call->waits)
		scratch_apply(p);
	if (p->own.n > 0) {
		auto_buf raw = BUF_INIT;
		struct oid id;

		if (manifest_encode(&p->own, &raw, err) < 0 ||
		    store_put(call->store, raw.data, raw.len, &id, err) < 0)
			return err_wrap(err, "folders of the call");
		plan_add_manifest(p, &id);
	}
	thunk_normalize(p->thunk);
	return thunk_check(p->thunk, err);
}

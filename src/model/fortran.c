/*
 * Each file is turned once into the items of fortscan, cached by content; then the names are
 * looked for. What the compile makes itself is no input: if it reads that before it is made, it
 * fails in the sandbox, and the real tool runs.
 */
#include "model/fortran.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/path.h"
#include "core/digest.h"
#include "store/look.h"
#include "model/fortscan.h"

enum { FILE_MAX_SIZE = 256 << 20, FILES_MAX = 100000, FIXED_WIDTH = 72 };

/* A module that is looked for, from where. */
struct read {
	char *name, *from; /* owned */
};

struct walk {
	const struct call *call;
	const struct gcc_call *c;
	struct plan *p;
	struct strv *makes;
	struct fortscan_form form;
	const char *from;   /* the source's folder: searched first for what INCLUDE names */
	struct map seen;    /* files scanned, for one source */
	struct strv tokens; /* with cpp: words that names of modules come from */
	struct map macros;  /* with cpp: names of macros */
	struct read *reads; /* owned */
	size_t n_reads;
};

static void walk_release(struct walk *w)
{
	for (size_t i = 0; i < w->n_reads; i++) {
		free(w->reads[i].name);
		free(w->reads[i].from);
	}
	free(w->reads);
	map_release(&w->seen);
	map_release(&w->macros);
	strv_release(&w->tokens);
}

static void add_read(struct walk *w, const char *name)
{
	for (size_t i = 0; i < w->n_reads; i++)
		if (strcmp(w->reads[i].name, name) == 0 &&
		    strcmp(w->reads[i].from, w->from) == 0)
			return;
	w->reads = xrealloc(w->reads, (w->n_reads + 1) * sizeof(*w->reads));
	w->reads[w->n_reads++] = (struct read){ xstrdup(name), xstrdup(w->from) };
}

bool fortran_preprocesses(const struct gcc_call *c, const struct gcc_input *in)
{
	if (!gcc_is_fortran(in->lang) || strv_has(&c->fortran, "-nocpp"))
		return false;
	return in->lang == LANG_F77_CPP || in->lang == LANG_F95_CPP ||
	       strv_has(&c->fortran, "-cpp");
}

static bool is_fixed_suffix(const char *path)
{
	static const char *const fixed[] = { ".f", ".for", ".fpp", ".ftn" };

	for (size_t i = 0; i < countof(fixed); i++)
		if (strcasecmp(path_ext(path), fixed[i]) == 0)
			return true;
	return false;
}

static struct fortscan_form form_of(const struct gcc_call *c, const struct gcc_input *in)
{
	static const char width[] = "-ffixed-line-length-";
	struct fortscan_form f = {
		.fixed = in->lang == LANG_F77 || in->lang == LANG_F77_CPP ||
		         is_fixed_suffix(in->path),
		.cpp = fortran_preprocesses(c, in),
		.openmp = c->flags & GCC_OPENMP,
		.width = FIXED_WIDTH,
	};

	for (size_t i = 0; i < c->fortran.n; i++) {
		const char *o = c->fortran.v[i];

		if (strcmp(o, "-ffree-form") == 0 || strcmp(o, "-ffixed-form") == 0)
			f.fixed = o[3] == 'i';
		else if (strcmp(o, "-fbackslash") == 0)
			f.backslash = true;
		else if (strncmp(o, width, strlen(width)) == 0)
			f.width = (unsigned)strtoul(o + strlen(width), NULL, 10);
	}
	return f;
}

char *fortran_module_path(const struct gcc_call *c, const char *name)
{
	return c->module_dir ? path_join(c->module_dir, name) : xstrdup(name);
}

/* The items of a file. 1, or 0 when there is none to read; or delegates. */
static int items_of(struct walk *w, const char *path, const struct stat *sb, struct buf *items,
                    struct err *err)
{
	const struct fortscan_form *f = &w->form;
	enum file_keep keep =
		path[0] == '/' && !path_below(path, w->call->cwd) ? FILE_REFERENCE : FILE_KEEP;
	auto_buf text = BUF_LIMIT(FILE_MAX_SIZE);
	struct file_info info;
	char key[120];

	if (store_file_stat(w->call->store, path, sb, keep, &info, err) < 0)
		return -1;
	if (info.placeholder) {
		plan_reads(w->p, w->call, path);
		return plan_delegate(w->p, "a source is made by the build");
	}
	int n = snprintf(key, sizeof(key), "f1%d%d%d%d,%u:%s", f->fixed, f->cpp, f->openmp,
	                 f->backslash, f->width, info.id.s);
	int rc = store_cache_get(w->call->store, CACHE_SCAN, key, (size_t)n, items, err);
	if (rc != 0)
		return rc;
	if (file_read(path, &text, err) < 0)
		return -1;
	struct oid read;
	digest_bytes(buf_str(&text), text.len, &read);
	if (!oid_eq(&read, &info.id))
		return plan_delegate(w->p, "a source changes while it is read");
	fortscan_text(text.data, text.len, f, items);
	buf_addc(items, '.'); /* never empty */
	if (store_cache_put(w->call->store, CACHE_SCAN, key, (size_t)n, items->data, items->len,
	                    err) < 0)
		return -1;
	return 1;
}

static int scan(struct walk *w, const char *path, bool cpp, struct err *err);

/* Found by @path? Then it is an input. */
static int try_path(struct walk *w, const char *path, struct err *err)
{
	struct stat sb;

	if (look_stat(path, &sb) < 0)
		return 0;
	if (!S_ISREG(sb.st_mode)) /* a folder is opened like a file, and ends the search */
		return plan_delegate(w->p, "input is not a regular file");
	return plan_add_input_stat(w->p, w->call, path, &sb, err) < 0 ? -1 : 1;
}

/* The folders of every search but the first and the compiler's own. */
static int try_folders(struct walk *w, const char *name, char **found, struct err *err)
{
	auto_strv dirs = STRV_INIT;
	int rc = 0;

	strv_add(&dirs, w->from);
	strv_add_all(&dirs, w->c->user_dirs.v);
	if (w->c->module_dir)
		strv_add(&dirs, w->c->module_dir);
	for (size_t i = 0; i < dirs.n && rc == 0; i++) {
		auto_free char *path = path_join(dirs.v[i], name);

		rc = try_path(w, path, err);
		if (rc == 1)
			*found = steal(&path);
	}
	return rc;
}

/* Messages show the lines of the file that has the name as it is written, whatever that is. */
static int include(struct walk *w, const char *name, struct err *err)
{
	auto_free char *found = NULL;
	int rc = try_path(w, name, err);

	if (rc >= 0 && name[0] == '/')
		return rc == 0 ? 0 : scan(w, name, false, err);
	if (rc >= 0)
		rc = try_folders(w, name, &found, err);
	if (rc == 0)
		strv_add(&w->p->missing, name);
	return rc <= 0 ? rc : scan(w, found, false, err);
}

static int follow(struct walk *w, const char *it, struct err *err)
{
	switch ((enum fortscan_item)it[0]) {
	case FORTSCAN_INCLUDE: return include(w, it + 1, err);
	case FORTSCAN_READS: add_read(w, it + 1); return 0;
	case FORTSCAN_MAKES:
		if (!strv_has(w->makes, it + 1))
			strv_add(w->makes, it + 1);
		return 0;
	case FORTSCAN_TOKEN: strv_add(&w->tokens, it + 1); return 0;
	case FORTSCAN_DEFINE: map_add(&w->macros, it + 1, NULL); return 0;
	case FORTSCAN_ORIGIN: return 0;
	case FORTSCAN_SHOWN: return try_path(w, it + 1, err) < 0 ? -1 : 0;
	case FORTSCAN_UNSURE: return plan_delegate(w->p, "%s", it + 1);
	}
	return 0;
}

static int follow_all(struct walk *w, const struct buf *items, struct err *err)
{
	for (size_t at = 0; at + 1 < items->len && !w->p->delegate;
	     at += strlen(items->data + at) + 1)
		if (follow(w, items->data + at, err) < 0)
			return -1;
	return 0;
}

/* A file that is an input already: what it says. The preprocessor does not see what INCLUDE
 * brings. */
static int scan(struct walk *w, const char *path, bool cpp, struct err *err)
{
	auto_buf items = BUF_INIT;
	auto_free char *key = xasprintf("%d%s", cpp, path);
	bool outer = w->form.cpp;
	struct stat sb;
	bool added;

	map_add(&w->seen, key, &added);
	if (!added || w->p->delegate)
		return 0;
	if (w->seen.n > FILES_MAX)
		return plan_delegate(w->p, "too many included files");
	if (look_stat(path, &sb) < 0)
		return plan_delegate(w->p, "missing input");
	w->form.cpp = cpp;
	int rc = items_of(w, path, &sb, &items, err);
	if (rc > 0)
		rc = follow_all(w, &items, err);
	w->form.cpp = outer;
	return rc < 0 ? -1 : 0;
}

/* What was preprocessed is looked at as if it stood where its source is. Owned. */
static char *folder_of(struct walk *w, const char *path, const struct buf *items)
{
	const char *names[2] = { path, NULL };

	for (size_t at = 0; at + 1 < items->len; at += strlen(items->data + at) + 1) {
		bool where = items->data[at] == FORTSCAN_ORIGIN;

		if (!where)
			break;
		if (names[0] == path)
			names[0] = items->data + at + 1;
		else
			names[1] = items->data + at + 1;
	}
	auto_free char *dir = path_dir(names[0]);
	if (!names[1] || names[0][0] == '/')
		return steal(&dir);
	auto_free char *base = xstrndup(names[1], strlen(names[1]) - 2);
	return path_join(base, dir);
}

static int add_source(struct walk *w, const struct gcc_input *in, const struct strv *headers,
                      struct err *err)
{
	auto_buf items = BUF_INIT;
	auto_free char *from = NULL;
	struct stat sb;

	w->form = form_of(w->c, in);
	if (plan_add_input(w->p, w->call, in->path, err) < 0)
		return -1;
	if (w->p->delegate || look_stat(in->path, &sb) < 0)
		return plan_delegate(w->p, "missing input");
	int rc = items_of(w, in->path, &sb, &items, err);
	if (rc <= 0)
		return rc;
	from = strv_has(&w->c->fortran, "-fpreprocessed") ? folder_of(w, in->path, &items)
	                                                  : path_dir(in->path);
	w->from = from;
	if (look_stat(from, &sb) == 0 && S_ISDIR(sb.st_mode))
		plan_add_folder(w->p, w->call, from);
	map_release(&w->seen); /* another form may read it in another way */
	rc = follow_all(w, &items, err);
	for (size_t i = 0; i < headers->n && rc == 0 && w->form.cpp; i++)
		rc = scan(w, headers->v[i], true, err);
	w->from = NULL;
	return rc;
}

/* A macro that stands for a module's name: then it is another one. */
static void check_macros(struct walk *w)
{
	for (size_t i = 0; i < w->c->defines.n; i++) {
		const char *d = w->c->defines.v[i] + 2;
		auto_free char *name = xstrndup(d, strcspn(d, "=("));

		map_add(&w->macros, name, NULL);
		if (fortscan_hides_module(d + strlen(name), strlen(d) - strlen(name)))
			plan_delegate(w->p, "a macro may name a module");
	}
	for (size_t i = 0; i < w->tokens.n; i++)
		if (map_find(&w->macros, w->tokens.v[i]))
			plan_delegate(w->p, "a macro may name a module");
}

/* Are both one file, or one place for it? */
static bool is_same(const char *a, const char *b)
{
	struct stat x;
	struct stat y;

	return strcmp(a, b) == 0 || (look_stat(a, &x) == 0 && look_stat(b, &y) == 0 &&
	                             x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

/* The first that exists; one that the call makes is none of its inputs. */
static int find_module(struct walk *w, const struct read *r, struct err *err)
{
	const char *name = r->name;
	auto_strv paths = STRV_INIT;
	auto_free char *own = fortran_module_path(w->c, name);
	auto_free char *made = path_absolute(w->call->cwd, own);
	bool makes = strv_has(w->makes, name);

	strv_add(&paths, name);
	strv_take(&paths, path_join(r->from, name));
	for (size_t i = 0; i < w->c->user_dirs.n; i++)
		strv_take(&paths, path_join(w->c->user_dirs.v[i], name));
	strv_add(&paths, own);
	for (size_t i = 0; i < paths.n; i++) {
		auto_free char *full = path_absolute(w->call->cwd, paths.v[i]);

		if (makes && is_same(full, made))
			return 0;
		int rc = try_path(w, paths.v[i], err);
		if (rc != 0)
			return rc < 0 ? -1 : 0;
	}
	return 0;
}

int fortran_add_inputs(const struct call *call, const struct gcc_call *c,
                       const struct strv *headers, struct plan *p, struct strv *makes,
                       struct err *err)
{
	struct walk w = { .call = call, .c = c, .p = p, .makes = makes };
	int rc = 0;

	for (size_t i = 0; i < c->n_inputs && rc == 0; i++)
		if (gcc_is_fortran(c->inputs[i].lang))
			rc = add_source(&w, &c->inputs[i], headers, err);
	check_macros(&w);
	for (size_t i = 0; i < w.n_reads && rc == 0 && !p->delegate; i++)
		rc = find_module(&w, &w.reads[i], err);
	walk_release(&w);
	return rc;
}

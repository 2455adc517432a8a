/*
 * A link is the real driver with the user's own arguments, like a compile. Its inputs are a
 * superset: every startup file and default library that any kind of link would take, wherever
 * the driver looks.
 */
#include "model/gcclink.h"

#include <string.h>

#include "base/path.h"
#include "base/proc.h"
#include "model/ldscan.h"

/* What a word for the linker does, as far as files go. Sorted bytewise. */
enum word_kind { WORD_ALONE, WORD_VALUE, WORD_READ, WORD_RPATH, WORD_MAP, WORD_LIB_DIR };

struct word {
	const char *name;
	enum word_kind kind;
};

static const struct word words[] = {
	{ "--allow-multiple-definition", WORD_ALONE },
	{ "--allow-shlib-undefined", WORD_ALONE },
	{ "--as-needed", WORD_ALONE },
	{ "--build-id", WORD_ALONE },
	{ "--copy-dt-needed-entries", WORD_ALONE },
	{ "--default-symver", WORD_ALONE },
	{ "--defsym", WORD_VALUE },
	{ "--demangle", WORD_ALONE },
	{ "--disable-new-dtags", WORD_ALONE },
	{ "--discard-all", WORD_ALONE },
	{ "--dynamic-list", WORD_READ },
	{ "--dynamic-linker", WORD_VALUE },
	{ "--eh-frame-hdr", WORD_ALONE },
	{ "--emit-relocs", WORD_ALONE },
	{ "--enable-new-dtags", WORD_ALONE },
	{ "--end-group", WORD_ALONE },
	{ "--entry", WORD_VALUE },
	{ "--exclude-libs", WORD_VALUE },
	{ "--export-dynamic", WORD_ALONE },
	{ "--fatal-warnings", WORD_ALONE },
	{ "--fini", WORD_VALUE },
	{ "--gc-sections", WORD_ALONE },
	{ "--hash-style", WORD_VALUE },
	{ "--init", WORD_VALUE },
	{ "--no-allow-shlib-undefined", WORD_ALONE },
	{ "--no-as-needed", WORD_ALONE },
	{ "--no-copy-dt-needed-entries", WORD_ALONE },
	{ "--no-demangle", WORD_ALONE },
	{ "--no-export-dynamic", WORD_ALONE },
	{ "--no-fatal-warnings", WORD_ALONE },
	{ "--no-gc-sections", WORD_ALONE },
	{ "--no-undefined", WORD_ALONE },
	{ "--no-whole-archive", WORD_ALONE },
	{ "--pop-state", WORD_ALONE },
	{ "--push-state", WORD_ALONE },
	{ "--retain-symbols-file", WORD_READ },
	{ "--rpath", WORD_RPATH },
	{ "--rpath-link", WORD_RPATH },
	{ "--script", WORD_READ },
	{ "--soname", WORD_VALUE },
	{ "--start-group", WORD_ALONE },
	{ "--strip-all", WORD_ALONE },
	{ "--strip-debug", WORD_ALONE },
	{ "--undefined", WORD_VALUE },
	{ "--unresolved-symbols", WORD_VALUE },
	{ "--version-script", WORD_READ },
	{ "--warn-common", WORD_ALONE },
	{ "--whole-archive", WORD_ALONE },
	{ "--wrap", WORD_VALUE },
	{ "-(", WORD_ALONE },
	{ "-)", WORD_ALONE },
	{ "-Bdynamic", WORD_ALONE },
	{ "-Bstatic", WORD_ALONE },
	{ "-Bsymbolic", WORD_ALONE },
	{ "-Bsymbolic-functions", WORD_ALONE },
	{ "-E", WORD_ALONE },
	{ "-L", WORD_LIB_DIR },
	{ "-Map", WORD_MAP },
	{ "-O", WORD_VALUE },
	{ "-O0", WORD_ALONE },
	{ "-O1", WORD_ALONE },
	{ "-O2", WORD_ALONE },
	{ "-R", WORD_RPATH },
	{ "-S", WORD_ALONE },
	{ "-T", WORD_READ },
	{ "-X", WORD_ALONE },
	{ "-dynamic-linker", WORD_VALUE },
	{ "-e", WORD_VALUE },
	{ "-export-dynamic", WORD_ALONE },
	{ "-fini", WORD_VALUE },
	{ "-h", WORD_VALUE },
	{ "-init", WORD_VALUE },
	{ "-no-undefined", WORD_ALONE },
	{ "-q", WORD_ALONE },
	{ "-r", WORD_ALONE },
	{ "-rpath", WORD_RPATH },
	{ "-rpath-link", WORD_RPATH },
	{ "-s", WORD_ALONE },
	{ "-soname", WORD_VALUE },
	{ "-u", WORD_VALUE },
	{ "-version-script", WORD_READ },
	{ "-x", WORD_ALONE },
	{ "-z", WORD_VALUE },
};

static const char *const start_files[] = { "crt1.o",        "crti.o",     "crtn.o",
	                                   "Scrt1.o",       "rcrt1.o",    "gcrt1.o",
	                                   "grcrt1.o",      "crtbegin.o", "crtbeginS.o",
	                                   "crtbeginT.o",   "crtend.o",   "crtendS.o",
	                                   "crtfastmath.o", "crtprec64.o" };

static const char *const default_libs[] = { "c", "gcc", "gcc_s", "gcc_eh", "m" };

struct link {
	const struct call *call;
	const struct gcc_call *c;
	struct plan *p;
	struct ldscan scan;
};

static const struct word *word_called(const char *name, size_t len)
{
	size_t lo = 0;
	size_t hi = countof(words);

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int cmp = strncmp(words[mid].name, name, len);

		if (cmp == 0 && words[mid].name[len])
			cmp = 1;
		if (cmp == 0)
			return &words[mid];
		if (cmp < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static void take_value(struct link *l, enum word_kind kind, const char *value)
{
	switch (kind) {
	case WORD_READ: strv_add(&l->scan.files, value); break;
	case WORD_MAP: plan_add_output(l->p, l->call, value, OUTPUT_FILE, false); break;
	case WORD_LIB_DIR: strv_add(&l->scan.lib_dirs, value); break;
	case WORD_RPATH:
		for (const char *at = value; *at;
		     at += strcspn(at, ":") + (strchr(at, ':') != NULL))
			if (strcspn(at, ":"))
				strv_addn(&l->scan.needed_dirs, at, strcspn(at, ":"));
		break;
	case WORD_VALUE:
	case WORD_ALONE: break;
	}
}

/* "-z" is also written "-zNAME", "-L" "-LDIR". */
static bool take_joined(struct link *l, const char *word)
{
	if (strncmp(word, "-z", 2) == 0 || strncmp(word, "-O", 2) == 0)
		return true;
	if (strncmp(word, "-L", 2) == 0) {
		strv_add(&l->scan.lib_dirs, word + 2);
		return true;
	}
	if (strncmp(word, "-l", 2) == 0 && word[2]) {
		strv_add(&l->scan.libs, word + 2);
		return true;
	}
	return false;
}

static void take_words(struct link *l)
{
	const struct strv *v = &l->c->ld_words;

	for (size_t i = 0; i < v->n && !l->p->delegate; i++) {
		const char *word = v->v[i];
		size_t n = strcspn(word, "=");

		if (word[0] != '-') {
			strv_add(&l->scan.files, word);
			continue;
		}
		const struct word *w = word_called(word, n);
		if (w && word[n] == '=')
			take_value(l, w->kind, word + n + 1);
		else if (w && w->kind != WORD_ALONE && i + 1 < v->n)
			take_value(l, w->kind, v->v[++i]);
		else if (!(w && w->kind == WORD_ALONE) && !take_joined(l, word))
			plan_delegate(l->p, "linker option %.*s", (int)n, word);
	}
}

static void add_all(struct strv *to, const struct strv *from)
{
	for (size_t i = 0; i < from->n; i++)
		strv_add(to, from->v[i]);
}

static void add_folders(struct link *l, const struct toolchain *tc)
{
	const char *path = proc_env(l->call->envp, "LIBRARY_PATH");

	add_all(&l->scan.lib_dirs, &l->c->lib_dirs);
	for (; path && *path; path += strcspn(path, ":"), path += *path == ':')
		if (*path != ':')
			strv_addn(&l->scan.lib_dirs, path, strcspn(path, ":"));
	add_all(&l->scan.lib_dirs, &tc->lib_dirs);
	add_all(&l->scan.lib_dirs, &tc->ld_dirs);
	add_all(&l->scan.needed_dirs, &tc->ld_dirs);
	for (size_t i = 0; i < l->scan.lib_dirs.n; i++)
		if (access(l->scan.lib_dirs.v[i], F_OK) == 0)
			plan_add_folder(l->p, l->call, l->scan.lib_dirs.v[i]);
}

static void add_start_files(struct link *l, const struct toolchain *tc)
{
	add_all(&l->scan.files, &tc->start_files);
	for (size_t d = 0; d < tc->lib_dirs.n; d++) {
		for (size_t i = 0; i < countof(start_files); i++) {
			auto_free char *path = path_join(tc->lib_dirs.v[d], start_files[i]);

			if (access(path, F_OK) == 0)
				strv_add(&l->scan.files, path);
		}
	}
}

static void add_libraries(struct link *l)
{
	add_all(&l->scan.libs, &l->c->libs);
	if (l->c->flags & GCC_NOSTDLIB)
		return;
	for (size_t i = 0; i < countof(default_libs); i++)
		strv_add(&l->scan.libs, default_libs[i]);
	if (l->c->cxx)
		strv_add(&l->scan.libs, "stdc++");
	if (l->c->flags & GCC_PTHREAD)
		strv_add(&l->scan.libs, "pthread");
	if (l->c->flags & GCC_OPENMP)
		strv_add(&l->scan.libs, "gomp");
	if (l->c->flags & GCC_COVERAGE)
		strv_add(&l->scan.libs, "gcov");
}

static void add_operands(struct link *l)
{
	for (size_t i = 0; i < l->c->n_inputs; i++)
		if (l->c->inputs[i].lang == LANG_OBJECT)
			strv_add(&l->scan.files, l->c->inputs[i].path);
}

static const char *link_obstacle(const struct link *l)
{
	const struct gcc_call *c = l->c;

	if (c->sanitize.n)
		return "links a sanitizer";
	if (c->flags & GCC_LTO)
		return "links with -flto";
	if (c->flags & GCC_PROFILE)
		return "links with -pg";
	if (proc_env(l->call->envp, "LD_RUN_PATH"))
		return "environment variable LD_RUN_PATH";
	return NULL;
}

int gcclink_plan(const struct call *call, const struct gcc_call *c, const struct toolchain *tc,
                 struct plan *p, struct err *err)
{
	static const char *const passed[] = { "LIBRARY_PATH", NULL };
	struct link l = { .call = call, .c = c, .p = p };
	const char *why = link_obstacle(&l);
	int rc = 0;

	if (why)
		return plan_delegate(p, "%s", why);
	plan_add_output(p, call, c->output ? c->output : "a.out",
	                c->flags & GCC_RELOCATABLE ? OUTPUT_FILE : OUTPUT_PROGRAM, false);
	take_words(&l);
	add_operands(&l);
	if (!p->delegate) {
		l.scan.is_static = c->flags & GCC_STATIC;
		add_folders(&l, tc);
		add_start_files(&l, tc);
		add_libraries(&l);
		rc = ldscan_add_inputs(&l.scan, call, p, err);
		plan_add_manifest(p, &tc->link_closure);
		plan_pass_env(p, call, passed);
	}
	for (size_t i = 0; i < l.scan.files.n && p->delegate; i++)
		plan_reads(p, call, l.scan.files.v[i]);
	ldscan_release(&l.scan);
	return rc;
}

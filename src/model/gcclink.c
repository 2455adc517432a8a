/*
 * A link is the real driver with the user's own arguments, like a compile. Its inputs are a
 * superset: every startup file and default library that any kind of link would take, wherever
 * the driver looks.
 */
#include "model/gcclink.h"

#include <string.h>

#include "base/among.h"
#include "base/path.h"
#include "base/proc.h"
#include "store/look.h"
#include "model/ldopts.h"

static const char *const start_files[] = {
	"crt1.o",        "crti.o",      "crtn.o",      "Scrt1.o",     "rcrt1.o",  "gcrt1.o",
	"grcrt1.o",      "crtbegin.o",  "crtbeginS.o", "crtbeginT.o", "crtend.o", "crtendS.o",
	"crtfastmath.o", "crtprec64.o", "crtprec32.o", "crtprec80.o"
};

static const char *const default_libs[] = { "c", "gcc", "gcc_s", "gcc_eh", "m" };

struct link {
	const struct call *call;
	const struct gcc_call *c;
	struct plan *p;
	struct ldopts_call ld;
};

static void add_all(struct strv *to, const struct strv *from)
{
	for (size_t i = 0; i < from->n; i++)
		strv_add(to, from->v[i]);
}

static void add_folders(struct link *l, const struct toolchain *tc)
{
	const char *path = look_env(l->call->envp, "LIBRARY_PATH");

	add_all(&l->ld.scan.lib_dirs, &l->c->lib_dirs);
	for (; path && *path; path += strcspn(path, ":"), path += *path == ':')
		if (*path != ':')
			strv_addn(&l->ld.scan.lib_dirs, path, strcspn(path, ":"));
	add_all(&l->ld.scan.lib_dirs, &tc->lib_dirs);
	add_all(&l->ld.scan.lib_dirs, &tc->ld_dirs);
	add_all(&l->ld.scan.needed_dirs, &tc->ld_dirs);
	for (size_t i = 0; i < l->ld.scan.lib_dirs.n; i++)
		if (look_access(l->ld.scan.lib_dirs.v[i], F_OK) == 0)
			plan_add_folder(l->p, l->call, l->ld.scan.lib_dirs.v[i]);
}

static bool has_start_file(const char *folder)
{
	bool has = false;

	for (size_t i = 0; i < countof(start_files); i++) {
		auto_free char *path = path_join(folder, start_files[i]);

		has |= look_access(path, F_OK) == 0;
	}
	return has;
}

/* Startup files of somebody's own, in a relative folder of LIBRARY_PATH. */
static void refuse_own_start_files(struct link *l)
{
	const char *at = look_env(l->call->envp, "LIBRARY_PATH");

	for (; at && *at; at += strcspn(at, ":"), at += *at == ':') {
		auto_free char *folder = xstrndup(at, strcspn(at, ":"));
		auto_free char *deep = path_join(folder, "x86_64-linux-gnu");

		if (*folder && *folder != '/' &&
		    (has_start_file(folder) || has_start_file(deep)))
			plan_delegate(l->p, "a startup file in LIBRARY_PATH");
	}
}

static void add_start_files(struct link *l, const struct toolchain *tc)
{
	refuse_own_start_files(l);
	add_all(&l->ld.scan.files, &tc->start_files);
	for (size_t d = 0; d < tc->lib_dirs.n; d++) {
		for (size_t i = 0; i < countof(start_files); i++) {
			auto_free char *path = path_join(tc->lib_dirs.v[d], start_files[i]);

			if (look_access(path, F_OK) == 0)
				strv_add(&l->ld.scan.files, path);
		}
	}
}

/* What the driver adds by itself; a static link takes libgcc_eh.a in place of libgcc_s. */
/* -static stands first for the linker, wherever the driver was given it: these take it back.
 * With -shared gcc does not pass it on. */
static bool is_static(const struct gcc_call *c)
{
	static const char *const dynamic[] = { "Bdynamic", "call_shared", "dy" };

	for (size_t i = 0; i < c->ld_words.n; i++) {
		const char *word = c->ld_words.v[i];

		if (word[0] == '-' && AMONG(word + strspn(word, "-"), dynamic))
			return false;
	}
	/* by a specs file it may mean something else */
	return (c->flags & GCC_STATIC) && !(c->flags & (GCC_SHARED | GCC_SPECS));
}

static void add_default(struct link *l, struct strv *to, const char *name)
{
	if (!is_static(l->c) || strcmp(name, "gcc_s") != 0)
		strv_add(to, name);
}

static void add_libraries(struct link *l, const struct toolchain *tc)
{
	add_all(&l->ld.scan.libs, &l->c->libs);
	if (l->c->flags & GCC_NOSTDLIB)
		return;
	for (size_t i = 0; i < countof(default_libs); i++)
		add_default(l, &l->ld.scan.may_libs, default_libs[i]);
	for (size_t i = 0; i < tc->libs.n; i++)
		add_default(l, &l->ld.scan.libs, tc->libs.v[i]);
	if (l->c->flags & GCC_PTHREAD)
		strv_add(&l->ld.scan.libs, "pthread");
}

/* gcc takes the libraries of OpenMP, of sanitizers and of Fortran from files beside its own. */
static void add_specs(struct link *l, const struct toolchain *tc)
{
	static const char *const names[] = { "libgomp.spec", "libsanitizer.spec", "libitm.spec",
		                             "libgfortran.spec" };

	if (!(l->c->flags & GCC_OPENMP) && !l->c->sanitize.n && !l->c->fortran_driver)
		return;
	for (size_t d = 0; d < tc->lib_dirs.n; d++) {
		for (size_t i = 0; i < countof(names); i++) {
			auto_free char *path = path_join(tc->lib_dirs.v[d], names[i]);

			if (look_access(path, F_OK) == 0)
				strv_add(&l->ld.scan.files, path);
		}
	}
}

static void add_operands(struct link *l)
{
	for (size_t i = 0; i < l->c->n_inputs; i++)
		if (l->c->inputs[i].lang == LANG_OBJECT)
			strv_add(&l->ld.scan.files, l->c->inputs[i].path);
}

static const char *link_obstacle(const struct link *l)
{
	/* "mold -run": what is executed as ld is mold */
	if (look_env(l->call->envp, "MOLD_PATH"))
		return "environment variable MOLD_PATH";
	if (look_env(l->call->envp, "LD_RUN_PATH"))
		return "environment variable LD_RUN_PATH";
	return NULL;
}

static void add_outputs(struct link *l)
{
	bool program =
		!(l->c->flags & GCC_RELOCATABLE) && !l->ld.relocatable && !l->ld.odd_shape;

	if (l->c->no_file)
		plan_add_output(l->p, l->call, THUNK_STDOUT, OUTPUT_STDOUT, false);
	else
		plan_add_output(l->p, l->call, l->c->output ? l->c->output : "a.out",
		                program ? OUTPUT_PROGRAM : OUTPUT_FILE, false);
	for (size_t i = 0; i < l->ld.made.n; i++)
		plan_add_output(l->p, l->call, l->ld.made.v[i], OUTPUT_FILE, false);
	for (size_t i = 0; i < l->ld.deps.n; i++)
		plan_add_output(l->p, l->call, l->ld.deps.v[i], OUTPUT_NOW, false);
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
	ldopts_take(&l.ld, c->ld_words.v, c->ld_words.n, p);
	if (l.ld.output)
		plan_delegate(p, "linker option -o");
	add_outputs(&l);
	add_operands(&l);
	if (!p->delegate) {
		l.ld.scan.is_static = is_static(c);
		add_folders(&l, tc);
		add_start_files(&l, tc);
		add_libraries(&l, tc);
		add_specs(&l, tc);
		rc = ldscan_add_inputs(&l.ld.scan, call, p, err);
		plan_add_manifest(p, &tc->link_closure);
		plan_pass_env(p, call, passed);
	}
	for (size_t i = 0; i < l.ld.scan.files.n && p->delegate; i++)
		plan_reads(p, call, l.ld.scan.files.v[i]);
	ldopts_call_release(&l.ld);
	return rc;
}

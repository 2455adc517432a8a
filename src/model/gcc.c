/*
 * The compiler drivers. A compile becomes one thunk: the real driver with the user's own
 * arguments, and as inputs what the header scan finds. What is not sure, delegates.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/proc.h"
#include "store/look.h"
#include "model/dated.h"
#include "model/depscan.h"
#include "model/fortran.h"
#include "model/gcclink.h"
#include "model/gccopts.h"
#include "model/input.h"
#include "model/links.h"
#include "model/precompiled.h"
#include "model/toolchain.h"

/* Variables that change what the driver does in ways that are not modelled. */
static const char *const hard_env[] = {
	"COMPILER_PATH",
	"GCC_EXEC_PREFIX",
	"DEPENDENCIES_OUTPUT",
	"SUNPRO_DEPENDENCIES",
	"GCC_COMPARE_DEBUG",
	"GNUTARGET",
	"LDEMULATION",
	/* clang's */
	"CCC_OVERRIDE_OPTIONS",
	"CC_LOG_DIAGNOSTICS",
	"CC_PRINT_HEADERS",
	"CC_PRINT_OPTIONS",
	"CC_PRINT_PROC_STAT",
	"RC_DEBUG_OPTIONS",
};

static const char *const passed_env[] = { "SOURCE_DATE_EPOCH",
	                                  "CPATH",
	                                  "C_INCLUDE_PATH",
	                                  "CPLUS_INCLUDE_PATH",
	                                  "OBJC_INCLUDE_PATH",
	                                  "OBJCPLUS_INCLUDE_PATH",
	                                  "LANG",
	                                  "LC_ALL",
	                                  "LC_CTYPE",
	                                  "LC_MESSAGES",
	                                  "LANGUAGE",
	                                  "GCC_COLORS",
	                                  "GCC_EXTRA_DIAGNOSTIC_OUTPUT",
	                                  NULL };

/* The folders of CPATH and its like; an empty one is the working folder. */
static void add_path_variable(const struct call *call, const char *name, struct strv *dirs)
{
	const char *at = look_env(call->envp, name);

	for (; at && *at; at += *at == ':') {
		size_t n = strcspn(at, ":");

		strv_addn(dirs, n ? at : ".", n ? n : 1);
		at += n;
		if (at[0] == ':' && !at[1])
			strv_add(dirs, ".");
	}
}

/* CPATH comes after the -I folders, the language's own variable after the -isystem ones. */
static void add_path_variables(const struct call *call, enum gcc_lang lang, struct gcc_call *c)
{
	static const struct {
		enum gcc_lang lang;
		const char *name;
	} names[] = {
		{ LANG_C, "C_INCLUDE_PATH" },       { LANG_CXX, "CPLUS_INCLUDE_PATH" },
		{ LANG_HEADER, "C_INCLUDE_PATH" },  { LANG_CXX_HEADER, "CPLUS_INCLUDE_PATH" },
		{ LANG_OBJC, "OBJC_INCLUDE_PATH" }, { LANG_OBJCXX, "OBJCPLUS_INCLUDE_PATH" },
	};

	add_path_variable(call, "CPATH", &c->user_dirs);
	for (size_t i = 0; i < countof(names); i++)
		if (lang == names[i].lang)
			add_path_variable(call, names[i].name, &c->system_dirs);
}

static void read_operands(const struct call *call, const struct gcc_call *c, struct plan *p)
{
	for (size_t i = 0; i < c->n_inputs; i++)
		plan_reads(p, call, c->inputs[i].path);
	for (size_t i = 0; i < c->response_files.n; i++)
		plan_reads(p, call, c->response_files.v[i]);
	for (size_t i = 0; i < c->includes.n; i++)
		plan_reads(p, call, c->includes.v[i]);
}

static bool refuse_environment(const struct call *call, struct plan *p)
{
	for (size_t i = 0; i < countof(hard_env); i++) {
		if (!look_env(call->envp, hard_env[i]))
			continue;
		plan_delegate(p, "environment variable %s", hard_env[i]);
		return true;
	}
	return false;
}

/* Is @dir the same folder as one of @dirs from @from on? */
static bool same_folder(const struct strv *dirs, size_t from, const char *dir)
{
	struct stat a;
	struct stat b;

	if (look_stat(dir, &a) < 0)
		return false;
	for (size_t i = from; i < dirs->n; i++)
		if (look_stat(dirs->v[i], &b) == 0 && a.st_dev == b.st_dev &&
		    a.st_ino == b.st_ino)
			return true;
	return false;
}

/* Where headers are searched for, in this order; "…" begins with the first list. */
struct search {
	struct strv quote, bracket;
};

static void search_release(struct search *s)
{
	strv_release(&s->quote);
	strv_release(&s->bracket);
}

static void add_unlike(struct strv *out, const struct strv *dirs, const struct strv *others)
{
	for (size_t i = 0; i < dirs->n; i++)
		if (!same_folder(others, 0, dirs->v[i]))
			strv_add(out, dirs->v[i]);
}

static bool any_folder(const struct strv *dirs)
{
	struct stat st;

	for (size_t i = 0; i < dirs->n; i++)
		if (look_stat(dirs->v[i], &st) == 0 && S_ISDIR(st.st_mode))
			return true;
	return false;
}

/* A -I folder that is a system one too keeps the system's place; so does one of -iquote with
 * gcc (merge_include_chains in gcc/incpath.cc), while clang searches it in both places
 * (InitHeaderSearch::Realize in lib/Frontend/InitHeaderSearch.cpp). */
static void search_lists(const struct gcc_call *c, const struct toolchain *tc,
                         struct search *out)
{
	auto_strv system = STRV_INIT;

	strv_add_all(&system, c->system_dirs.v);
	strv_add_all(&system, tc->system_dirs.v);
	strv_add_all(&system, c->after_dirs.v);
	if (tc->family == TOOLCHAIN_GCC)
		add_unlike(&out->quote, &c->quote_dirs, &system);
	else
		strv_add_all(&out->quote, c->quote_dirs.v);
	add_unlike(&out->bracket, &c->user_dirs, &system);
	strv_add_all(&out->bracket, system.v);
	/* gcc's <…> begins where the quote list ends, and at its begin if nothing follows
	 * (cpp_set_include_chains in libcpp/files.cc) */
	if (tc->family == TOOLCHAIN_GCC && !any_folder(&out->bracket))
		strv_add_all(&out->bracket, out->quote.v);
}

/* Is there a folder? What else stands there is for the compiler to complain of. */
static bool is_folder(const char *dir, struct plan *p)
{
	struct stat st = { 0 };

	if (look_stat(dir, &st) == 0 ? !S_ISDIR(st.st_mode) : errno != ENOENT)
		plan_delegate(p, "an include folder can't be read");
	return S_ISDIR(st.st_mode) && !p->delegate;
}

/* One that is not there is looked for all the same, along the way that its name says. */
static void add_folder(const struct call *call, struct plan *p, const char *dir)
{
	if (is_folder(dir, p))
		plan_add_folder(p, call, dir);
	else if (path_has_dotdot(dir))
		plan_add_dotdots(p, call, dir);
}

static void add_folders(const struct call *call, struct plan *p, const struct strv *dirs)
{
	for (size_t i = 0; i < dirs->n; i++)
		add_folder(call, p, dirs->v[i]);
}

/* As above, with links as links where they are seen: see add_header(). */
static int add_system_folders(const struct call *call, struct plan *p, const struct strv *dirs,
                              struct err *err)
{
	for (size_t i = 0; i < dirs->n; i++) {
		const char *dir = dirs->v[i];

		bool is_short = !is_folder(dir, p) || !links_shorten(p, dir);

		if (is_short || path_has_dotdot(dir))
			add_folder(call, p, dir);
		if (is_short)
			continue;
		auto_free char *name = path_absolute(call->cwd, dir);
		auto_free char *real = links_follow(p, name, err);
		if (!real)
			return -1;
		plan_add_folder(p, call, real);
	}
	return 0;
}

/* What -include files are. */
struct forced {
	const struct call *call;
	struct gcc_call *c;
	const struct toolchain *tc;
	struct strv *sources; /* out */
	const char *why;      /* out: not to be modelled */
	bool by_itself;       /* the compiler takes a precompiled one in its place */
};

/* A precompiled header whose own header is elsewhere, as Meson has it: what is in it is read
 * there. */
static void take_alone(struct forced *f, const char *pch)
{
	if (precompiled_get(f->call, pch, f->sources))
		strv_add(&f->c->precompiled, pch);
	else
		f->why = "precompiled header";
}

/* Is one there? Also notes what is not to be modelled. */
static bool forced_is(struct forced *f, const char *path)
{
	auto_free char *gch = xasprintf("%s.gch", path);
	auto_free char *pch = xasprintf("%s.pch", path);
	struct stat st;

	if (f->tc->family != TOOLCHAIN_GCC && f->by_itself && look_access(pch, F_OK) == 0) {
		take_alone(f, pch);
		return true;
	}
	if (look_stat(path, &st) < 0) {
		if (!f->by_itself || look_access(gch, F_OK) < 0)
			return false;
		if (f->tc->family == TOOLCHAIN_GCC)
			take_alone(f, gch);
		else
			f->why = "precompiled header";
		return true;
	}
	if (!S_ISREG(st.st_mode))
		f->why = "input is not a regular file";
	strv_add(f->sources, path);
	return true;
}

/* -include files: beside the working folder first, then along the search list. */
static bool resolve_forced(struct forced *f, const struct strv *names, const struct search *s)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct strv *lists[] = { &s->quote, &s->bracket };
		bool found = forced_is(f, names->v[i]);

		for (size_t k = 0; k < countof(lists); k++) {
			for (size_t d = 0; d < lists[k]->n && !found; d++) {
				auto_free char *path = path_join(lists[k]->v[d], names->v[i]);

				found = forced_is(f, path);
			}
		}
		if (!found)
			return false;
	}
	return true;
}

static bool resolve_all(struct forced *f, const struct search *s)
{
	const struct gcc_call *c = f->c;

	f->by_itself = true;
	if (!resolve_forced(f, &c->includes, s) || !resolve_forced(f, &c->imacros, s))
		return false;
	f->by_itself = false;
	if (!resolve_forced(f, &c->plain_includes, s))
		return false;
	for (size_t i = 0; i < c->include_pch.n; i++)
		take_alone(f, c->include_pch.v[i]);
	return true;
}

/* gcc reads <stdc-predef.h> before anything else, if there is one. */
static void add_predefined(const struct strv *bracket, struct strv *out)
{
	for (size_t i = 0; i < bracket->n; i++) {
		auto_free char *path = path_join(bracket->v[i], "stdc-predef.h");

		if (look_access(path, F_OK) == 0) {
			strv_add(out, path);
			return;
		}
	}
}

/* The call has at least one source. */
static const struct gcc_input *first_source(const struct gcc_call *c)
{
	size_t i = 0;

	while (c->inputs[i].lang == LANG_OBJECT)
		i++;
	return &c->inputs[i];
}

static bool makes_header(const struct gcc_call *c)
{
	return c->stage == STAGE_OBJECT && gcc_is_header(first_source(c)->lang);
}

/* A precompiled header beside a header takes its place, where gcc can use it and nothing was
 * read before. One that it makes it does not look for. */
static int add_precompiled(const struct call *call, struct gcc_call *c,
                           const struct toolchain *tc, const struct depscan_result *r,
                           struct plan *p, struct err *err)
{
	bool makes = makes_header(c);

	strv_add_all(&c->precompiled, r->precompiled.v);
	for (size_t i = 0; i < r->n && !p->delegate; i++) {
		struct stat st;

		if (strncmp(r->files[i].path, "/usr/", 5) == 0)
			continue;
		auto_free char *gch = xasprintf("%s.gch", r->files[i].path);
		if (makes || strv_has(&c->precompiled, gch) || look_stat(gch, &st) < 0)
			continue;
		if (tc->family != TOOLCHAIN_GCC || !S_ISREG(st.st_mode))
			return plan_delegate(p, "precompiled header");
		strv_add(&c->precompiled, gch);
	}
	for (size_t i = 0; i < c->precompiled.n; i++) {
		if (!precompiled_is_current(call, c->precompiled.v[i], r))
			return plan_delegate(p, "a precompiled header of unknown text");
		if (plan_add_input(p, call, c->precompiled.v[i], err) < 0)
			return -1;
	}
	/* it holds names of files, which no option maps */
	p->placed |= c->precompiled.n || makes;
	return 0;
}

/* What -std= says, or NULL. */
static const char *standard(const struct gcc_call *c)
{
	const char *std = NULL;

	for (size_t i = 0; i < c->args.n; i++) {
		const char *arg = c->args.v[i];

		if (strcmp(arg, "-ansi") == 0 || strcmp(arg, "--ansi") == 0)
			std = "c++98"; /* or c90: neither has what others have */
		else if (strncmp(arg, "-std=", 5) == 0 || strncmp(arg, "--std=", 6) == 0)
			std = strchr(arg, '=') + 1;
	}
	return std;
}

/* gcc: lang_defaults in libcpp/init.c; of C clang 14 has none. */
static bool has_raw_strings(const struct gcc_call *c, const struct toolchain *tc)
{
	enum gcc_lang lang = first_source(c)->lang;
	const char *std = standard(c);

	if (lang == LANG_CXX || lang == LANG_OBJCXX || lang == LANG_CXX_HEADER)
		return !std || !(strstr(std, "++98") || strstr(std, "++03"));
	return tc->family == TOOLCHAIN_GCC &&
	       (!std || (strncmp(std, "gnu", 3) == 0 && strcmp(std, "gnu89") != 0 &&
	                 strcmp(std, "gnu90") != 0));
}

static int scan_how(const struct gcc_call *c, const struct toolchain *tc)
{
	enum gcc_lang lang = first_source(c)->lang;

	return (lang == LANG_ASM || lang == LANG_ASM_CPP ? DEPSCAN_ASSEMBLER : 0) |
	       (has_raw_strings(c, tc) ? 0 : DEPSCAN_NO_RAW) |
	       (tc->family == TOOLCHAIN_GCC && !makes_header(c) ? DEPSCAN_PRECOMPILED : 0);
}

/* Is this header found in a folder of -isystem, or in one of the compiler's own? */
static bool is_system(const struct gcc_call *c, const struct toolchain *tc, const char *path)
{
	const struct strv *lists[] = { &tc->system_dirs, &c->system_dirs, &c->after_dirs };

	for (size_t k = 0; k < countof(lists); k++)
		for (size_t i = 0; i < lists[k]->n; i++)
			if (path_below(path, lists[k]->v[i]))
				return true;
	return false;
}

static bool shorten(struct plan *p, const struct depscan_file *f)
{
	if (f->is_link)
		return links_shorten(p, f->path);
	auto_free char *dir = path_dir(f->path);
	return links_shorten(p, dir);
}

static int add_stdin(const struct call *call, struct plan *p, struct err *err)
{
	auto_buf text = BUF_INIT;
	struct oid id;

	if (input_read(&text, err) < 0 ||
	    store_put(call->store, text.data, text.len, &id, err) < 0)
		return -1;
	thunk_refs_add(&p->thunk->values, &id, NULL, THUNK_STDIN);
	return 0;
}

static bool is_source(const struct gcc_call *c, const char *path)
{
	for (size_t i = 0; i < c->n_inputs; i++)
		if (strcmp(c->inputs[i].path, path) == 0)
			return true;
	return false;
}

/* A precompiled header of clang holds when its headers were changed, and is refused when they
 * have been since. */
static bool counts_time(const struct gcc_call *c, const struct toolchain *tc, const char *path)
{
	return tc->family != TOOLCHAIN_GCC &&
	       (makes_header(c) || (c->precompiled.n && !is_source(c, path)));
}

static int add_header_as(const struct call *call, const struct gcc_call *c,
                         const struct toolchain *tc, const struct depscan_file *f,
                         const char *path, struct plan *p, struct err *err)
{
	if (plan_add_input_named(p, call, path, &f->st, &f->id, err) < 0)
		return -1;
	if (counts_time(c, tc, f->path))
		plan_add_time(p, call, path, &f->st);
	return 0;
}

/* gcc spells a system header by its real path if that is shorter: then its links must be inside
 * too. */
static int add_header(const struct call *call, const struct gcc_call *c,
                      const struct toolchain *tc, const struct depscan_file *f, struct plan *p,
                      struct err *err)
{
	const char *path = f->path;

	if (c->reads_stdin && strcmp(path, "-") == 0)
		return add_stdin(call, p, err);
	if (!is_system(c, tc, path) || !shorten(p, f))
		return add_header_as(call, c, tc, f, path, p, err);
	if (path_has_dotdot(path)) {
		auto_free char *dir = path_dir(path);

		plan_add_folder(p, call, dir);
	}
	auto_free char *name = path_absolute(call->cwd, path);
	auto_free char *real =
		f->is_link ? links_follow(p, name, err) : links_follow_folder(p, name, err);
	return real ? add_header_as(call, c, tc, f, real, p, err) : -1;
}

static void doubt(const struct call *call, const struct gcc_call *c, const struct toolchain *tc,
                  struct plan *p)
{
	if (c->reads_stdin) {
		plan_delegate(p, "reads standard input, and may tell the time");
		return;
	}
	/* there the macros are the compiler's own still */
	if (c->precompiled.n) {
		plan_delegate(p, "a precompiled header, and may tell the time");
		return;
	}
	bool by_epoch =
		tc->family == TOOLCHAIN_GCC && look_env(call->envp, "SOURCE_DATE_EPOCH");

	dated_doubt(p, call, &c->scan_args, by_epoch);
}

static void refuse_folder_of(const struct call *call, const char *path, struct plan *p)
{
	auto_free char *dir = path_dir(path);

	plan_refuse_two_names(p, call, dir);
}

/* clang names what it finds in a folder by the first name that the folder had, whether that
 * came from a search path or from an #include. @folders: those that were looked at. */
static void refuse_header(const struct call *call, const struct toolchain *tc, const char *path,
                          struct map *folders, struct plan *p)
{
	auto_free char *dir = path_dir(path);
	bool added;

	if (tc->family == TOOLCHAIN_GCC)
		return;
	map_add(folders, dir, &added);
	if (added)
		plan_refuse_two_names(p, call, dir);
}

static bool any_system(const struct gcc_call *c, const struct toolchain *tc,
                       const struct depscan_result *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (is_system(c, tc, r->files[i].path))
			return true;
	return false;
}

/* "No such file" is said of folders that are there; and a precompiled header of clang names
 * them, whether anything is found in them or not. */
static bool needs_folders(const struct gcc_call *c, const struct toolchain *tc,
                          const struct depscan_result *r)
{
	return c->flags & GCC_SPECS || !any_system(c, tc, r) ||
	       (tc->family != TOOLCHAIN_GCC && makes_header(c));
}

/* Of a name that is nowhere. clang looks, for its message only, for what it is without what
 * begins it ("../x.h": did you mean "x.h"?), which may be there outside; and for <x.h> where
 * "x.h" would be. */
static int add_missing(const struct call *call, const struct gcc_call *c,
                       const struct toolchain *tc, const struct depscan_result *r,
                       const char *name, struct plan *p, struct err *err)
{
	auto_free char *dir = path_dir(r->files[0].path);
	struct stat st;

	if (tc->family == TOOLCHAIN_GCC) {
		strv_add(&p->missing, name);
		return 0;
	}
	for (size_t i = 0; i <= c->quote_dirs.n && isalnum((unsigned char)name[0]); i++) {
		auto_free char *there = path_join(i ? c->quote_dirs.v[i - 1] : dir, name);

		if (look_stat(there, &st) == 0)
			return S_ISREG(st.st_mode) ? plan_add_input(p, call, there, err) : 0;
	}
	if (isalnum((unsigned char)name[0]))
		strv_add(&p->missing, name);
	return 0;
}

static int add_scanned(const struct call *call, struct gcc_call *c, const struct toolchain *tc,
                       const struct depscan_result *r, struct plan *p, struct err *err)
{
	auto_map folders = MAP_INIT;

	if (add_precompiled(call, c, tc, r, p, err) < 0)
		return -1;
	if (dated_may_be(call, r, &c->defines))
		doubt(call, c, tc, p);
	for (size_t i = 0; i < r->missing.n; i++)
		if (add_missing(call, c, tc, r, r->missing.v[i], p, err) < 0)
			return -1;
	if (needs_folders(c, tc, r) && add_system_folders(call, p, &tc->system_dirs, err) < 0)
		return -1;
	for (size_t i = 0; i < r->n; i++) {
		refuse_header(call, tc, r->files[i].path, &folders, p);
		if (add_header(call, c, tc, &r->files[i], p, err) < 0)
			return -1;
	}
	return 0;
}

/* One file name of a makefile rule, unescaped; moves *at past it. False at the end. */
static bool next_prerequisite(const char **at, struct buf *name)
{
	const char *p = *at;

	buf_reset(name);
	while (*p == ' ' || *p == '\n' || (p[0] == '\\' && p[1] == '\n'))
		p += *p == '\\' ? 2 : 1;
	for (; *p && *p != ' ' && *p != '\n' && !(p[0] == '\\' && p[1] == '\n'); p++) {
		if ((*p == '\\' && (p[1] == ' ' || p[1] == '#' || p[1] == '\\')) ||
		    (*p == '$' && p[1] == '$'))
			p++;
		buf_addc(name, *p);
	}
	*at = p;
	return name->len > 0;
}

/* The files that the compiler's -M names. */
static int ask_compiler(const struct call *call, const struct gcc_call *c,
                        const struct toolchain *tc, struct plan *p, struct strv *names,
                        struct err *err)
{
	auto_strv args = STRV_INIT;
	auto_buf rule = BUF_INIT;
	auto_buf name = BUF_INIT;

	strv_add(&args, call->tool);
	for (size_t i = 0; i < c->scan_args.n; i++)
		if (i > 0 || strcmp(c->scan_args.v[i], call->argv[0]) != 0)
			strv_add(&args, c->scan_args.v[i]);
	strv_add(&args, "-M");
	strv_add(&args, "-MT");
	strv_add(&args, "gg");
	if (tc->family == TOOLCHAIN_GCC) /* or links are not told */
		strv_add(&args, "-fno-canonical-system-headers");
	int status = proc_capture(strv_argv(&args), NULL, call->envp, &rule, NULL, err);
	if (status < 0)
		return -1;
	if (status != 0 || strncmp(buf_str(&rule), "gg:", 3) != 0)
		return plan_delegate(p, "the headers can't be found");
	for (const char *at = rule.data + 3; next_prerequisite(&at, &name);)
		/* several sources print several rules */
		if (strcmp(name.data, "gg:") != 0)
			strv_add(names, name.data);
	return 0;
}

/* The folders in which the files of a guess may have been looked for. */
static void add_places(const struct depscan_dirs *dirs, const struct depscan_result *r,
                       struct strv *places)
{
	const struct strv *lists[] = { dirs->quote, dirs->bracket };

	strv_add_all(places, r->guessing.v);
	for (size_t k = 0; k < countof(lists); k++)
		for (size_t i = 0; i < lists[k]->n; i++) {
			const char *dir = lists[k]->v[i];
			size_t n = strlen(dir);
			auto_free char *begin =
				xasprintf("%s%s", dir, n && dir[n - 1] == '/' ? "" : "/");

			if (!strv_has(places, begin))
				strv_add(places, begin);
		}
}

/* Looks for a name in a place, unless what it begins with is not there. @begins: what was
 * looked at. */
static void look_for(const char *place, const char *name, struct map *begins)
{
	auto_free char *path = xasprintf("%s%s", place, name);
	size_t slash = strcspn(name, "/");
	struct stat st;
	bool added;

	if (!name[slash]) {
		look_lstat(path, &st);
		return;
	}
	path[strlen(place) + slash] = '\0';
	struct map_entry *e = map_add(begins, path, &added);
	if (added)
		e->num = look_stat(path, &st) == 0;
	if (!e->num)
		return;
	path[strlen(place) + slash] = '/';
	look_lstat(path, &st);
}

/*
 * What the compiler has told holds as long as it finds each of these files where it did, by
 * whatever part of its path it was included: so the plan sees all places where that could
 * stand.
 */
static void look_for_others(const struct strv *told, const struct depscan_dirs *dirs,
                            const struct depscan_result *r)
{
	auto_strv places = STRV_INIT;
	auto_map names = MAP_INIT;
	auto_map begins = MAP_INIT;

	add_places(dirs, r, &places);
	for (size_t i = 0; i < told->n; i++)
		for (size_t k = 0; k < places.n; k++) {
			const char *path = told->v[i];
			size_t n = strlen(places.v[k]);
			bool added = false;

			if (strncmp(path, places.v[k], n) == 0 && path[n] && path[n] != '/')
				map_add(&names, path + n, &added);
			for (size_t at = 0; added && at < places.n; at++)
				look_for(places.v[at], path + n, &begins);
		}
}

/* Where the scanner can't be sure the compiler's own preprocessor tells what it reads. It does
 * not tell what was only asked for (__has_include): so what it names is scanned too, and all
 * that may be asked for is taken. */
static int add_told(const struct call *call, struct gcc_call *c, const struct toolchain *tc,
                    const struct strv *sources, const struct depscan_dirs *dirs, struct plan *p,
                    struct err *err)
{
	auto_strv names = STRV_INIT;
	auto_map folders = MAP_INIT;
	struct depscan_result found = { 0 };
	struct err unsure = ERR_INIT;

	strv_add_all(&names, sources->v);
	if (ask_compiler(call, c, tc, p, &names, err) < 0)
		return -1;
	if (p->delegate)
		return 0;
	int rc = depscan_run(call, strv_argv(&names), dirs, c->defines.v,
	                     DEPSCAN_TOLD | scan_how(c, tc), &found, &unsure);
	if (rc < 0 && unsure.kind != ERR_UNSURE)
		rc = err_set(err, unsure.kind, "%s", unsure.msg);
	else
		rc = 0;
	if (found.hard[0])
		plan_delegate(p, "%s", found.hard);
	else if (rc == 0)
		rc = add_precompiled(call, c, tc, &found, p, err);
	if (dated_may_be(call, &found, &c->defines))
		doubt(call, c, tc, p);
	if (found.opaque)
		look_unnoted();
	else
		look_for_others(&names, dirs, &found);
	if (rc == 0 && needs_folders(c, tc, &found))
		rc = add_system_folders(call, p, &tc->system_dirs, err);
	for (size_t i = 0; i < found.n && rc == 0; i++) {
		refuse_header(call, tc, found.files[i].path, &folders, p);
		rc = add_header(call, c, tc, &found.files[i], p, err);
	}
	depscan_result_release(&found);
	return rc;
}

/* Both know a folder by its inode: gcc searches it once, clang names what it finds there by the
 * name that came first. Inside, two names are two folders. */
static void refuse_two_names(const struct call *call, const struct gcc_call *c,
                             const struct toolchain *tc, struct plan *p)
{
	const struct strv *lists[] = { &c->quote_dirs, &c->user_dirs, &c->system_dirs,
		                       &tc->system_dirs, &c->after_dirs };
	bool clang = tc->family != TOOLCHAIN_GCC;

	for (size_t k = 0; k < countof(lists); k++)
		for (size_t i = 0; i < lists[k]->n; i++) {
			plan_refuse_two_names(p, call, lists[k]->v[i]);
			/* what is no folder may be a header map for clang, a file of one */
			if (clang && look_access(lists[k]->v[i], F_OK) < 0)
				refuse_folder_of(call, lists[k]->v[i], p);
		}
	for (size_t i = 0; i < c->n_inputs && clang; i++)
		refuse_folder_of(call, c->inputs[i].path, p);
}

/* What the scan has found for Fortran; what can't be told is left to the real compiler. */
static int take_fortran(const struct call *call, const struct depscan_result *r, int rc,
                        struct plan *p, struct strv *headers, struct err *err)
{
	if (rc < 0 && err->kind != ERR_UNSURE)
		return -1;
	for (size_t i = 0; i < r->n && rc < 0; i++)
		plan_reads(p, call, r->files[i].path);
	if (rc < 0)
		return plan_delegate(p, "%.100s", err->msg);
	if (r->has_time || r->n_clocks)
		return plan_delegate(p, "tells the time");
	for (size_t i = 0; i < r->missing.n; i++)
		strv_add(&p->missing, r->missing.v[i]);
	for (size_t i = 0; i < r->n; i++) {
		strv_add(headers, r->files[i].path);
		if (plan_add_input_stat(p, call, r->files[i].path, &r->files[i].st, err) < 0)
			return -1;
	}
	return 0;
}

/* What the preprocessor may see. The assembler's .include is looked for too. */
static bool has_includes(const struct gcc_call *c, const struct gcc_input *in)
{
	return in->lang != LANG_OBJECT &&
	       (!gcc_is_fortran(in->lang) || fortran_preprocesses(c, in));
}

/* @headers: out, of Fortran: what was found. */
static int add_headers(const struct call *call, struct gcc_call *c, const struct toolchain *tc,
                       struct plan *p, struct strv *headers, struct err *err)
{
	struct search s cleanup(search_release) = { STRV_INIT, STRV_INIT };
	auto_strv sources = STRV_INIT;
	struct depscan_result found = { 0 };
	struct depscan_dirs dirs = { &s.quote, &s.bracket };
	enum gcc_lang lang = first_source(c)->lang;
	struct forced f = { call, c, tc, &sources, NULL, false };

	search_lists(c, tc, &s);
	for (size_t i = 0; i < c->n_inputs; i++) {
		const char *path = c->inputs[i].path;
		struct stat sb;

		if (!has_includes(c, &c->inputs[i]) || strcmp(path, "/dev/null") == 0)
			continue;
		/* it can be read once only, and that is the tool's */
		if (look_stat(path, &sb) == 0 && !S_ISREG(sb.st_mode))
			return plan_delegate(p, "input is not a regular file");
		strv_add(&sources, path);
	}
	if (!resolve_all(&f, &s))
		return plan_delegate(p, "missing input");
	if (f.why)
		return plan_delegate(p, "%s", f.why);
	if (makes_header(c))
		p->header = precompiled_describe(call, &sources);
	refuse_two_names(call, c, tc, p);
	add_predefined(&s.bracket, &sources);
	add_folders(call, p, &c->quote_dirs);
	add_folders(call, p, &c->user_dirs);
	if (add_system_folders(call, p, &c->system_dirs, err) < 0 ||
	    add_system_folders(call, p, &c->after_dirs, err) < 0)
		return -1;
	int rc = depscan_run(call, strv_argv(&sources), &dirs, c->defines.v, scan_how(c, tc),
	                     &found, err);
	if (rc < 0 && err->kind == ERR_UNSURE && found.hard[0]) {
		rc = plan_delegate(p, "%s", found.hard);
	} else if (rc < 0 && err->kind == ERR_UNSURE && c->reads_stdin) {
		rc = plan_delegate(p, "reads standard input, %.120s", err->msg);
	} else if (gcc_is_fortran(lang)) {
		rc = take_fortran(call, &found, rc, p, headers, err);
	} else if (rc < 0 && err->kind == ERR_UNSURE) {
		rc = add_told(call, c, tc, &sources, &dirs, p, err);
	} else if (rc == 0) {
		rc = add_scanned(call, c, tc, &found, p, err);
	}
	depscan_result_release(&found);
	for (size_t i = 0; rc == 0 && i < c->reads.n; i++)
		rc = plan_add_input(p, call, c->reads.v[i], err);
	return rc;
}

/* @path with its suffix replaced. */
static char *with_suffix(const char *path, const char *suffix)
{
	size_t n = (size_t)(path_ext(path) - path);

	return xasprintf("%.*s%s", (int)n, path, suffix);
}

/*
 * What the names of further files begin with: the object's without its suffix; where the call
 * links too, gcc puts the program's name and a dash before the source's.
 */
static char *auxiliary_base(const struct gcc_call *c, const struct gcc_input *in,
                            const struct toolchain *tc)
{
	const char *source = path_base(in->path);
	const char *output = c->output ? c->output : source;
	size_t n = (size_t)(path_ext(output) - output);

	if (c->stage != STAGE_LINK)
		return xstrndup(output, n);
	auto_free char *stem = xstrndup(source, (size_t)(path_ext(source) - source));
	if (tc->family == TOOLCHAIN_CLANG)
		return steal(&stem);
	if (!c->output)
		return xasprintf("a-%s", stem);
	const char *ext = path_ext(output);
	if (strcmp(ext, ".exe") != 0 && strcmp(ext, ".out") != 0)
		n = strlen(output);
	return xasprintf("%.*s-%s", (int)n, output, stem);
}

/* A rule; and what is preprocessed of Fortran, for who asks for it looks for modules in it. */
static bool is_read_at_once(const struct gcc_call *c)
{
	return c->flags & GCC_DEP_PRINT || gcc_is_fortran(first_source(c)->lang);
}

/* -E and -M: one file, or the standard output. */
static void add_preprocessed(const struct call *call, const struct gcc_call *c, struct plan *p)
{
	const char *output = c->flags & GCC_DEP_PRINT && c->depfile ? c->depfile : c->output;

	if (output) {
		plan_add_output(p, call, output, is_read_at_once(c) ? OUTPUT_NOW : OUTPUT_FILE,
		                false);
	} else {
		plan_add_output(p, call, THUNK_STDOUT, OUTPUT_STDOUT, false);
	}
	if (c->flags & GCC_DEP_PRINT) /* or the driver looks for what a link needs */
		strv_add(&p->thunk->args, "-E");
	if ((c->flags & GCC_DEP) && c->depfile)
		plan_add_output(p, call, c->depfile, OUTPUT_DEPFILE, false);
}

/* What is not preprocessed includes nothing, and both compilers write no depfile for it. */
static bool is_preprocessed(enum gcc_lang lang)
{
	return lang != LANG_ASM && lang != LANG_C_OUTPUT && lang != LANG_CXX_OUTPUT &&
	       lang != LANG_OBJC_OUTPUT && lang != LANG_OBJCXX_OUTPUT;
}

/* What is made beside the object, or beside the program where the call links too. */
static void add_auxiliary(const struct call *call, const struct gcc_call *c,
                          const struct gcc_input *in, const struct toolchain *tc,
                          struct plan *p)
{
	static const struct {
		unsigned flag;
		const char *suffix;
	} files[] = {
		{ GCC_COVERAGE, ".gcno" },
		{ GCC_SPLIT_DWARF, ".dwo" },
		{ GCC_STACK_USAGE, ".su" },
	};
	auto_free char *base = auxiliary_base(c, in, tc);
	auto_free char *deps = c->depfile  ? xstrdup(c->depfile)
	                       : c->output ? with_suffix(c->output, ".d")
	                                   : xasprintf("%s.d", base);

	if ((c->flags & GCC_DEP) && is_preprocessed(in->lang))
		plan_add_output(p, call, deps, OUTPUT_DEPFILE, false);
	for (size_t i = 0; i < countof(files); i++) {
		auto_free char *file = xasprintf("%s%s", base, files[i].suffix);

		if (c->flags & files[i].flag)
			plan_add_output(p, call, file, OUTPUT_FILE, true);
	}
}

static void add_outputs(const struct call *call, const struct gcc_call *c,
                        const struct gcc_input *in, const struct toolchain *tc, struct plan *p)
{
	const char *suffix = c->stage == STAGE_ASSEMBLY ? ".s" : ".o";
	auto_free char *object = c->output         ? xstrdup(c->output)
	                         : makes_header(c) ? xasprintf("%s.gch", in->path)
	                                           : with_suffix(path_base(in->path), suffix);

	if (c->no_file) {
		/* or the driver looks for what a link needs; clang warns of one too many */
		if (c->flags & GCC_SYNTAX && p->n_outputs == 0 &&
		    !strv_has(&p->thunk->args, "-c") && !strv_has(&p->thunk->args, "-S"))
			strv_add(&p->thunk->args, "-S");
		if (p->n_outputs == 0) /* not for each source */
			plan_add_output(p, call, THUNK_STDOUT, OUTPUT_STDOUT, false);
		return;
	}
	if (c->stage == STAGE_PREPROCESS) {
		add_preprocessed(call, c, p);
		return;
	}
	if (c->stage != STAGE_LINK)
		plan_add_output(p, call, object, OUTPUT_FILE, false);
	add_auxiliary(call, c, in, tc, p);
}

static const char *language(enum gcc_lang lang)
{
	switch (lang) {
	case LANG_CXX:
	case LANG_CXX_HEADER:
	case LANG_CXX_OUTPUT: return "c++";
	case LANG_OBJC:
	case LANG_OBJC_OUTPUT: return "objective-c";
	case LANG_OBJCXX:
	case LANG_OBJCXX_OUTPUT: return "objective-c++";
	case LANG_ASM: return "assembler";
	case LANG_ASM_CPP: return "assembler-with-cpp";
	case LANG_F77:
	case LANG_F77_CPP:
	case LANG_F95:
	case LANG_F95_CPP: return "f95-cpp-input";
	default: return "c";
	}
}

static int set_process(const struct call *call, const struct gcc_call *c,
                       const struct toolchain *tc, struct plan *p, struct err *err)
{
	struct oid locale;
	bool any = false;

	if (plan_set_program(p, call, tc->program, err) < 0 ||
	    closure_of_locale(call, &locale, &any, err) < 0)
		return -1;
	if (c->n_sources) {
		plan_add_manifest(p, &tc->compile_closure);
		p->prefix_map = "-ffile-prefix-map";
	}
	if (any)
		plan_add_manifest(p, &locale);
	plan_set_args(p, c->args.v);
	plan_add_env(p, "PATH=%s", tc->path_env);
	plan_pass_env(p, call, passed_env);
	return 0;
}

static bool same_language(const struct gcc_call *c)
{
	const struct gcc_input *first = first_source(c);

	for (size_t i = 0; i < c->n_inputs; i++)
		if (c->inputs[i].lang != LANG_OBJECT && c->inputs[i].lang != first->lang &&
		    !(gcc_is_fortran(c->inputs[i].lang) && gcc_is_fortran(first->lang)))
			return false;
	return true;
}

/* ".o": what is made beside it is called in one way by gcc, in another by clang. */
static bool is_only_suffix(const char *path)
{
	const char *base = path ? path_base(path) : "";

	return base[0] == '.' && !strchr(base + 1, '.');
}

static bool any_only_suffix(const struct gcc_call *c)
{
	bool any = is_only_suffix(c->output);

	for (size_t i = 0; i < c->n_inputs; i++)
		any |= is_only_suffix(c->inputs[i].path);
	return any;
}

/* What is known before the toolchain is asked. */
static const char *obstacle(const struct gcc_call *c)
{
	if (c->reason[0])
		return c->reason;
	if (c->n_inputs == 0 || (c->stage != STAGE_LINK && c->n_sources == 0))
		return "nothing to compile or link";
	if (c->n_sources > 1 && !same_language(c))
		return "several languages in one call";
	if (c->n_sources > 1 && (c->depfile || (c->flags & GCC_DEP && c->output)))
		return "several sources with one depfile";
	if ((c->flags & GCC_DEP_PRINT) && c->depfile && c->output)
		return "a rule and a preprocessed source";
	if (c->depfile && !*c->depfile)
		return "empty file name";
	if ((c->flags & (GCC_DEP | GCC_COVERAGE | GCC_SPLIT_DWARF | GCC_STACK_USAGE)) &&
	    any_only_suffix(c))
		return "a file's name is only a suffix";
	return NULL;
}

/* The options that the driver must be asked with. */
static char *const *asked_options(struct gcc_call *c)
{
	if (c->stage == STAGE_LINK)
		strv_add_all(&c->toolchain, c->link_toolchain.v);
	if (c->flags & GCC_SPECS)
		strv_add_all(&c->toolchain, c->conditions.v);
	return strv_argv(&c->toolchain);
}

/* What depends on the family: clang names what it makes beside a program in other ways. */
static const char *obstacle_of(const struct gcc_call *c, const struct toolchain *tc)
{
	unsigned beside =
		GCC_COVERAGE | GCC_SPLIT_DWARF | GCC_STACK_USAGE | (c->depfile ? 0 : GCC_DEP);

	if (tc->family == TOOLCHAIN_CLANG && c->stage == STAGE_LINK && c->n_sources &&
	    c->flags & beside)
		return "compiles and links with a depfile or notes";
	/* there headers are looked for beside all includers, with backslashes, and in capitals
	 */
	if (tc->family == TOOLCHAIN_CLANG &&
	    (strstr(tc->target, "windows") || strstr(tc->target, "win32")))
		return "a target of Windows";
	/* its name there is another from version to version */
	if (tc->family == TOOLCHAIN_CLANG && c->n_sources && makes_header(c) && !c->output)
		return "makes a precompiled header";
	if (tc->family == TOOLCHAIN_GCC && c->include_pch.n)
		return "option -include-pch";
	/* each part of the program gets notes of its own, and gcc chooses how many there are */
	if (tc->family == TOOLCHAIN_GCC && c->stage == STAGE_LINK && c->flags & GCC_LTO &&
	    c->flags & (GCC_COVERAGE | GCC_SPLIT_DWARF | GCC_STACK_USAGE))
		return "link-time optimisation with notes";
	return NULL;
}

static int take_stdin(struct plan *p, struct err *err)
{
	int rc = input_take(err);

	if (rc == 0)
		plan_delegate(p, "reads standard input that is no file and no pipe");
	return rc < 0 ? -1 : 0;
}

/* The preprocessor takes the folder of modules for one of -I, and reads folders of variables.
 */
static int add_fortran_headers(const struct call *call, struct gcc_call *c,
                               const struct toolchain *tc, struct plan *p, struct strv *headers,
                               struct err *err)
{
	static const char *const names[] = { "CPATH", "C_INCLUDE_PATH", NULL };
	bool any = false;

	for (size_t i = 0; i < c->n_inputs; i++)
		any |= fortran_preprocesses(c, &c->inputs[i]);
	if (!any)
		return 0;
	plan_refuse_env(p, call, names);
	if (strv_has(&c->fortran, "-fpreprocessed"))
		return plan_delegate(p, "option -fpreprocessed");
	return add_headers(call, c, tc, p, headers, err);
}

static int add_fortran(const struct call *call, struct gcc_call *c, const struct toolchain *tc,
                       struct plan *p, struct strv *makes, struct err *err)
{
	auto_strv headers = STRV_INIT;

	p->placed = true; /* in the messages of programs at run time, which no option maps */
	if (c->flags & (GCC_DEP | GCC_DEP_PRINT))
		return plan_delegate(p, "rules of Fortran");
	if (c->module_dir && c->stage != STAGE_PREPROCESS) {
		if (look_access(c->module_dir, W_OK) < 0)
			return plan_delegate(p, "an output can't be written");
		add_folder(call, p, c->module_dir);
		strv_add(&c->user_dirs, c->module_dir);
	}
	add_folders(call, p, &c->user_dirs);
	if (add_fortran_headers(call, c, tc, p, &headers, err) < 0)
		return -1;
	if (p->delegate)
		return 0;
	if (c->stage == STAGE_PREPROCESS)
		return headers.n ? 0 : plan_delegate(p, "preprocesses nothing");
	return fortran_add_inputs(call, c, &headers, p, makes, err);
}

static void add_modules(const struct call *call, const struct gcc_call *c,
                        const struct strv *makes, struct plan *p)
{
	for (size_t i = 0; i < makes->n; i++) {
		auto_free char *path = fortran_module_path(c, makes->v[i]);

		plan_add_output(p, call, path, OUTPUT_MODULE, true);
	}
}

/* The compile, the link, and what they make. */
static int plan_parts(const struct call *call, struct gcc_call *c, const struct toolchain *tc,
                      struct plan *p, struct err *err)
{
	auto_strv makes = STRV_INIT;
	int rc = set_process(call, c, tc, p, err);

	if (rc == 0 && c->n_sources && gcc_is_fortran(first_source(c)->lang))
		rc = add_fortran(call, c, tc, p, &makes, err);
	else if (rc == 0 && c->n_sources)
		rc = add_headers(call, c, tc, p, NULL, err);
	if (rc == 0 && c->stage == STAGE_LINK)
		rc = gcclink_plan(call, c, tc, p, err);
	/* what is printed of several sources is one output */
	size_t n = c->stage == STAGE_PREPROCESS && c->n_inputs ? 1 : c->n_inputs;
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (c->inputs[i].lang != LANG_OBJECT)
			add_outputs(call, c, &c->inputs[i], tc, p);
	add_modules(call, c, &makes, p);
	return rc;
}

static bool is_single_compile(const struct gcc_call *c)
{
	return c->stage == STAGE_OBJECT && c->n_sources == 1 && c->n_inputs == 1 &&
	       !c->no_file && !c->reads_stdin && !c->precompiled.n && !makes_header(c) &&
	       first_source(c)->lang != LANG_ASM_CPP &&
	       is_preprocessed(first_source(c)->lang) && !gcc_is_fortran(first_source(c)->lang);
}

static int ask_toolchain(const struct call *call, struct gcc_call *c, struct toolchain *tc,
                         struct err *err)
{
	const char *lang = c->n_sources        ? language(first_source(c)->lang)
	                   : c->cxx            ? "c++"
	                   : c->fortran_driver ? language(LANG_F95)
	                                       : "c";

	if (toolchain_get(call, lang, asked_options(c), tc, err) < 0)
		return -1;
	/* where there are several machines, some rules for links mind other options, too (-g)
	 */
	const struct strv *more = c->stage == STAGE_LINK ? &c->conditions : &c->machine;

	if (!tc->multilib || !more->n)
		return 0;
	toolchain_release(tc);
	strv_add_all(&c->toolchain, more->v);
	return toolchain_get(call, lang, strv_argv(&c->toolchain), tc, err);
}

static int plan_with(const struct call *call, struct gcc_call *c, struct plan *p,
                     struct err *err)
{
	struct toolchain tc = { 0 };

	read_operands(call, c, p);
	const char *why = obstacle(c);
	if (why)
		return plan_delegate(p, "%s", why);
	if (refuse_environment(call, p))
		return 0;
	int rc = ask_toolchain(call, c, &tc, err);
	if (rc < 0 && err->kind == ERR_UNSURE)
		p->starts_others = toolchain_starts_another(call->tool);
	if (rc < 0)
		return err->kind == ERR_UNSURE ? plan_delegate(p, "%.150s", err->msg) : -1;
	why = obstacle_of(c, &tc);
	if (why)
		plan_delegate(p, "%s", why);
	if (c->n_sources && first_source(c)->lang == LANG_ASM_CPP &&
	    look_env(call->envp, "C_INCLUDE_PATH"))
		plan_delegate(p, "environment variable C_INCLUDE_PATH");
	if (c->n_sources)
		add_path_variables(call, first_source(c)->lang, c);
	if (c->reads_stdin && !p->delegate)
		rc = take_stdin(p, err);
	/* what is not taken must not be read */
	if (rc == 0 && !(c->reads_stdin && p->delegate))
		rc = plan_parts(call, c, &tc, p, err);
	if (is_single_compile(c))
		p->folding = tc.family == TOOLCHAIN_GCC ? RULE_GCC : RULE_CLANG;
	toolchain_release(&tc);
	return rc;
}

/* What a link sees is looked at in other ways, and so is what Fortran does. */
static bool may_have_again(const struct gcc_call *c, const struct plan *p)
{
	if (p->thunk->times.n) /* a file of another time is another input */
		return false;
	return (c->stage == STAGE_OBJECT || c->stage == STAGE_ASSEMBLY) && c->n_sources &&
	       !c->no_file && !c->reads_stdin && !gcc_is_fortran(first_source(c)->lang);
}

static int gcc_plan(const struct call *call, struct plan *p, struct err *err)
{
	auto_gcc_call c = { 0 };

	if (gcc_call_parse(&c, call->argv, err) < 0) {
		for (int i = 1; i < call->argc; i++)
			if (call->argv[i][0] != '-')
				plan_reads(p, call, call->argv[i]);
		return err->kind == ERR_UNSURE ? plan_delegate(p, "%.150s", err->msg) : -1;
	}
	int rc = plan_with(call, &c, p, err);
	p->again = may_have_again(&c, p);
	return rc;
}

const struct model model_gcc = { "gcc", gcc_plan, true };

/*
 * The compiler is asked in its own words: "-E -v" for the search lists of #include, "-###" on
 * an object for what a link adds, -print-prog-name for its helpers. The answers and the stats
 * of everything they depend on go into the cache; later calls only compare the stats.
 */
#include "model/finding.h"
#include "store/look.h"
#include "model/closure.h"
#include "model/plugins.h"
#include "model/specs.h"

#include "base/among.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/shebang.h"
#include "base/words.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { ANSWER_MAX = 4 << 20, FORMAT = 8 };

/* Variables that change what a driver looks for. */
static const char *const asked_env[] = { "COMPILER_PATH", "LIBRARY_PATH", "GCC_EXEC_PREFIX",
	                                 "LD_LIBRARY_PATH", "CCC_OVERRIDE_OPTIONS" };

/* A question session: the environment to ask in and what was learnt on the way. */
struct inquiry {
	const struct call *call;
	const char *lang;
	char *const *options;
	const char *path; /* PATH without gg's models; borrowed */
	struct strv env;
	struct strv helpers; /* cc1, as, … : paths as the driver spells them */
	struct strv link_helpers;
	char *intrinsic;            /* owned; the folder of Fortran's own modules, or NULL */
	char *preinclude;           /* owned; what Fortran reads before any source, or NULL */
	char *resources;            /* owned; clang's folder of its own files, or NULL */
	struct strv configurations; /* files of options that clang takes by itself */
	struct strv absent;         /* folders that would be searched for headers */
};

void toolchain_release(struct toolchain *tc)
{
	free(tc->target);
	free(tc->program);
	free(tc->path_env);
	strv_release(&tc->quote_dirs);
	strv_release(&tc->system_dirs);
	strv_release(&tc->lib_dirs);
	strv_release(&tc->ld_dirs);
	strv_release(&tc->start_files);
	strv_release(&tc->libs);
	*tc = (struct toolchain){ 0 };
}

static void inquiry_release(struct inquiry *q)
{
	strv_release(&q->env);
	strv_release(&q->helpers);
	strv_release(&q->link_helpers);
	free(q->intrinsic);
	free(q->preinclude);
	free(q->resources);
	strv_release(&q->configurations);
	strv_release(&q->absent);
}

/* It is asked in another folder; what is relative the model looks at itself. */
static void add_library_path(struct inquiry *q, const char *list)
{
	auto_buf path = BUF_INIT;

	for (const char *at = list; *at; at += strcspn(at, ":"), at += *at == ':')
		if (*at == '/')
			buf_addf(&path, "%s%.*s", path.len ? ":" : "", (int)strcspn(at, ":"),
			         at);
	if (path.len)
		strv_addf(&q->env, "LIBRARY_PATH=%s", buf_str(&path));
}

static void inquiry_init(struct inquiry *q, const struct call *call, const char *lang,
                         char *const *options)
{
	/* the model adds the folders of CPATH and its like itself */
	static const char *const skip[] = { "PATH=",
		                            "LC_",
		                            "LANG=",
		                            "LANGUAGE=",
		                            "CPATH=",
		                            "C_INCLUDE_PATH=",
		                            "OBJC_INCLUDE_PATH=",
		                            "OBJCPLUS_INCLUDE_PATH=",
		                            "CPLUS_INCLUDE_PATH=" };
	*q = (struct inquiry){ .call = call, .lang = lang, .options = options };
	q->path = call_path(call);
	for (size_t i = 0; call->envp && call->envp[i]; i++) {
		if (strncmp(call->envp[i], "LIBRARY_PATH=", 13) == 0)
			add_library_path(q, call->envp[i] + 13);
		else if (!BEGINS_AMONG(call->envp[i], skip))
			strv_add(&q->env, call->envp[i]);
	}
	strv_addf(&q->env, "PATH=%s", q->path);
	strv_add(&q->env, "LC_ALL=C");
}

/* Run "TOOL OPTIONS ARGS…" and gather all that it prints. */
static int ask(struct inquiry *q, char *const *args, struct buf *answer, struct err *err)
{
	auto_strv argv = STRV_INIT;

	strv_add(&argv, q->call->tool);
	strv_add_all(&argv, q->options);
	strv_add_all(&argv, args);
	int status =
		proc_capture(strv_argv(&argv), "/", strv_argv(&q->env), answer, answer, err);
	if (status < 0)
		return -1;
	if (status != 0)
		return err_set(err, ERR_UNSURE, "%s %s exits with %d", q->call->tool, args[0],
		               status);
	return 0;
}

/* The next line of *@at, NUL-terminated in place; NULL at the end. */
static char *next_line(char **at)
{
	char *line = *at;

	if (!line || !*line)
		return NULL;
	char *end = strchr(line, '\n');
	*at = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return line;
}

/* Split a command as -### prints it: words may be in double quotes. */
static void split_words(const char *p, struct strv *words)
{
	while (*(p += strspn(p, " "))) {
		auto_buf word = BUF_INIT;
		bool quoted = false;

		for (; *p && (quoted || *p != ' '); p++) {
			if (*p == '"')
				quoted = !quoted;
			else if (*p == '\\' && p[1])
				buf_addc(&word, *++p);
			else
				buf_addc(&word, *p);
		}
		strv_add(words, buf_str(&word));
	}
}

static void add_once(struct strv *to, const char *path)
{
	if (!strv_has(to, path))
		strv_add(to, path);
}

static bool is_compiler(const char *path)
{
	const char *base = path_base(path);

	return path[0] == '/' && (strncmp(base, "cc1", 3) == 0 ||
	                          strncmp(base, "clang", 5) == 0 || strcmp(base, "f951") == 0);
}

static bool is_fortran(const struct inquiry *q)
{
	return strncmp(q->lang, "f95", 3) == 0;
}

/* What the driver tells Fortran's compiler of files of its own. */
static void note_fortran(struct inquiry *q, const struct strv *words)
{
	static const char before[] = "-fpre-include=";

	for (size_t i = 1; i < words->n; i++) {
		if (!q->intrinsic && i + 1 < words->n &&
		    strcmp(words->v[i], "-fintrinsic-modules-path") == 0)
			q->intrinsic = xstrdup(words->v[i + 1]);
		if (!q->preinclude && strncmp(words->v[i], before, strlen(before)) == 0)
			q->preinclude = xstrdup(words->v[i] + strlen(before));
	}
}

static void note_resources(struct inquiry *q, const struct strv *words)
{
	for (size_t i = 1; i + 1 < words->n; i++)
		if (!q->resources && strcmp(words->v[i], "-resource-dir") == 0)
			q->resources = xstrdup(words->v[i + 1]);
}

/* A compiler for Fortran, with its own folder beside it and not in one of LIBRARY_PATH. */
static int check_fortran(const struct inquiry *q, struct err *err)
{
	if (!q->helpers.n || strcmp(path_base(q->helpers.v[0]), "f951") != 0)
		return err_set(err, ERR_UNSURE, "%s is not GNU Fortran", q->call->tool);
	if (!q->intrinsic)
		return 0;
	auto_free char *dir = path_dir(q->helpers.v[0]);
	auto_free char *own = path_join(dir, "finclude");
	if (strcmp(own, q->intrinsic) != 0)
		return err_set(err, ERR_UNSURE, "%s has modules in %s", q->call->tool,
		               q->intrinsic);
	return 0;
}

/* ignoring nonexistent directory "DIR": it would be searched as soon as it is there. */
static void note_absent(struct inquiry *q, const char *line)
{
	const char *dir = words_after(line, "ignoring nonexistent directory \"");

	if (!dir)
		return;
	auto_free char *path = xstrndup(dir, strcspn(dir, "\""));
	add_once(&q->absent, path);
}

/* What "-E -v" says, or "-S -v". */
static int ask_search_lists(struct inquiry *q, char *stage, struct toolchain *tc,
                            struct err *err)
{
	auto_buf answer = BUF_LIMIT(ANSWER_MAX);
	bool no_run = strcmp(q->lang, "assembler") == 0;
	char *args[] = { no_run ? "-###" : stage,
		         "-v",
		         "-x",
		         (char *)q->lang,
		         no_run ? "-c" : stage,
		         "-o",
		         "/dev/null",
		         "/dev/null",
		         NULL };
	static const char configuration[] = "Configuration file: ";
	struct strv *list = NULL;
	char *at, *line;

	if (ask(q, args, &answer, err) < 0)
		return -1;
	at = answer.data;
	while ((line = next_line(&at))) {
		note_absent(q, line);
		if (strncmp(line, "#include \"", 10) == 0)
			list = &tc->quote_dirs;
		else if (strncmp(line, "#include <", 10) == 0)
			list = &tc->system_dirs;
		else if (strncmp(line, "End of search list", 18) == 0)
			list = NULL;
		else if (list && line[0] == ' ')
			strv_add(list, line + 1);
		else if (strstr(line, "clang version"))
			tc->family = TOOLCHAIN_CLANG;
		else if (strncmp(line, configuration, strlen(configuration)) == 0)
			add_once(&q->configurations, line + strlen(configuration));
		else if (strncmp(line, "Target: ", 8) == 0 && !tc->target)
			tc->target = xstrdup(line + 8);
		else if (line[0] == ' ') {
			auto_strv words = STRV_INIT;
			split_words(line, &words);
			if (words.n && is_compiler(words.v[0])) {
				add_once(&q->helpers, words.v[0]);
				note_fortran(q, &words);
				note_resources(q, &words);
			}
		}
	}
	if (!tc->target)
		return err_set(err, ERR_UNSURE, "%s names no target", q->call->tool);
	return is_fortran(q) ? check_fortran(q, err) : 0;
}

static bool has_option(const struct inquiry *q, const char *start)
{
	for (size_t i = 0; q->options && q->options[i]; i++)
		if (strncmp(q->options[i], start, strlen(start)) == 0)
			return true;
	return false;
}

static bool same_list(const struct strv *a, const struct strv *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; i < a->n && same; i++)
		same = strcmp(a->v[i], b->v[i]) == 0;
	return same;
}

/* The rules of a specs file may hold for a compile only, or where it ends after preprocessing.
 */
static int check_stages(struct inquiry *q, const struct toolchain *tc, struct err *err)
{
	struct toolchain compile = { 0 };

	if (ask_search_lists(q, "-S", &compile, err) < 0)
		return -1;
	bool same = same_list(&tc->quote_dirs, &compile.quote_dirs) &&
	            same_list(&tc->system_dirs, &compile.system_dirs);
	toolchain_release(&compile);
	return same ? 0 : err_set(err, ERR_UNSURE, "a specs file has rules for one stage only");
}

/* Where the driver finds helper @name: absolute, or found on PATH. Owned, or NULL. */
static char *ask_helper(struct inquiry *q, const char *name)
{
	auto_free char *option = xasprintf("-print-prog-name=%s", name);
	auto_buf answer = BUF_LIMIT(ANSWER_MAX);
	char *args[] = { option, NULL };

	if (ask(q, args, &answer, NULL) < 0 || !answer.len)
		return NULL;
	answer.data[strcspn(answer.data, "\n")] = '\0';
	if (answer.data[0] == '/')
		return look_access(answer.data, X_OK) == 0 ? xstrdup(answer.data) : NULL;
	return proc_find_on_path(answer.data, q->path, NULL);
}

/* Has the driver libraries and headers for other machines than those of -m32 and its like,
 * which are asked for anyway? Lines are "FOLDER;@OPTION@OPTION". */
static int ask_multilib(struct inquiry *q, struct toolchain *tc, struct err *err)
{
	static const char *const plain[] = { "", "m32", "m64", "mx32" };
	char *args[] = { "-print-multi-lib", NULL };
	auto_buf answer = BUF_LIMIT(ANSWER_MAX);
	char *at, *line;

	if (ask(q, args, &answer, NULL) < 0)
		return 0; /* it knows of no such thing */
	at = answer.data;
	while ((line = next_line(&at))) {
		for (char *o = strchr(line, '@'); o; o = strchr(o, '@')) {
			o++;
			auto_free char *option = xstrndup(o, strcspn(o, "@"));
			/* "--target=" is asked for anyway, too */
			if (*option && *option != 'm' && *option != '-')
				return err_set(err, ERR_UNSURE,
				               "has libraries of its own for -%.40s", option);
			tc->multilib |= !AMONG(option, plain);
		}
	}
	return 0;
}

/* A file that the linker is told to read, in "/x" or "--dynamic-list=/x". */
static bool is_link_input(const char *path)
{
	struct stat st;

	return path[0] == '/' && look_stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static void link_word(struct inquiry *q, struct toolchain *tc, const char *word)
{
	static const char *const plugins[] = { "liblto_plugin.so", "LLVMgold.so" };
	const char *base = path_base(word);
	const char *value = word[0] == '-' ? strchr(word, '=') : NULL;

	for (size_t i = 0; i < countof(plugins); i++)
		if (word[0] == '/' && strcmp(base, plugins[i]) == 0) {
			add_once(&q->link_helpers, word);
			return;
		}
	if (strncmp(word, "-L/", 3) == 0)
		add_once(&tc->lib_dirs, word + 2);
	else if (strncmp(word, "-plugin-opt=/", 13) == 0)
		add_once(&q->link_helpers, word + 12);
	else if (strncmp(word, "-l", 2) == 0 && word[2])
		add_once(&tc->libs, word + 2);
	else if (is_link_input(value ? value + 1 : word))
		add_once(&tc->start_files, value ? value + 1 : word);
}

/* What "-###" says of a link. */
static int ask_link(struct inquiry *q, struct toolchain *tc, struct err *err)
{
	auto_buf answer = BUF_LIMIT(ANSWER_MAX);
	char *args[] = { "-###", "-o", "/dev/null", "/dev/null", NULL };
	char *at, *line;

	if (ask(q, args, &answer, err) < 0)
		return -1;
	at = answer.data;
	while ((line = next_line(&at))) {
		auto_strv words = STRV_INIT;

		if (line[0] != ' ')
			continue;
		split_words(line, &words);
		if (words.n < 2 || words.v[0][0] != '/')
			continue;
		add_once(&q->link_helpers, words.v[0]);
		for (size_t i = 1; i < words.n; i++) {
			if (strcmp(words.v[i], "-o") == 0 ||
			    strcmp(words.v[i], "-dynamic-linker") == 0 ||
			    strcmp(words.v[i], "--dynamic-linker") == 0)
				i++;
			else if (strcmp(words.v[i], "-L") == 0 && i + 1 < words.n)
				add_once(&tc->lib_dirs, words.v[++i]);
			else
				link_word(q, tc, words.v[i]);
		}
	}
	return 0;
}

/* The SEARCH_DIR()s of "ld --verbose". */
static void ask_ld(struct inquiry *q, const char *ld, struct toolchain *tc)
{
	auto_buf answer = BUF_LIMIT(ANSWER_MAX);
	char *argv[] = { (char *)ld, "--verbose", NULL };

	if (proc_capture(argv, "/", strv_argv(&q->env), &answer, NULL, NULL) != 0)
		return;
	for (const char *p = answer.data; p && (p = strstr(p, "SEARCH_DIR(\""));) {
		p += 12 + (p[12] == '=');
		auto_free char *dir = xstrndup(p, strcspn(p, "\""));
		if (look_access(dir, X_OK) == 0)
			add_once(&tc->ld_dirs, dir);
	}
}

static void add_folder_of(struct strv *folders, const char *file)
{
	auto_free char *dir = path_dir(file);

	add_once(folders, dir);
}

/* Files beside the compiler that a driver opens or looks for if they exist. */
static int add_compile_extras(struct closure *c, const struct toolchain *tc, struct err *err)
{
	static const char *const clang_files[] = { "/etc/os-release", "/etc/lsb-release",
		                                   "/etc/debian_version" };
	static const char *const gcc_files[] = { "crtbegin.o", "32/crtbegin.o",
		                                 "x32/crtbegin.o" };
	struct stat sb;

	if (tc->family == TOOLCHAIN_GCC)
		return 0;
	/* it looks for other installations of gcc below */
	if (look_stat("/opt", &sb) == 0)
		manifest_add(&c->m, "/opt", NULL, S_IFDIR | 0755);
	for (size_t i = 0; i < countof(clang_files); i++)
		if (closure_add_if(c, clang_files[i], err) < 0)
			return -1;
	/* clang takes its include folders from the gcc installation that it finds by these */
	for (size_t i = 0; i < tc->start_files.n; i++) {
		if (strncmp(path_base(tc->start_files.v[i]), "crtbegin", 8) != 0)
			continue;
		auto_free char *dir = path_dir(tc->start_files.v[i]);
		for (size_t k = 0; k < countof(gcc_files); k++) {
			auto_free char *file = path_join(dir, gcc_files[k]);
			if (closure_add_if(c, file, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* As startup files are looked for, before it is known for which machine. Owned; NULL: it is not
 * among them. */
static char *ask_file(struct inquiry *q, const char *name)
{
	auto_buf answer = BUF_LIMIT(ANSWER_MAX);
	auto_free char *option = xasprintf("-print-file-name=%s", name);
	char *args[] = { option, NULL };
	char *const *all = q->options;
	auto_strv some = STRV_INIT;

	for (size_t i = 0; all && all[i]; i++)
		if (strncmp(all[i], "-m", 2) != 0)
			strv_add(&some, all[i]);
	q->options = strv_argv(&some);
	int rc = ask(q, args, &answer, NULL);
	q->options = all;
	return rc == 0 && *buf_str(&answer) == '/'
	               ? xstrndup(answer.data, strcspn(answer.data, "\n"))
	               : NULL;
}

static bool is_found(void *inquiry, const char *name)
{
	auto_free char *path = ask_file(inquiry, name);

	return path != NULL;
}

/* Of "-specs=NAME". */
static int add_named_specs(struct closure *c, struct inquiry *q, const char *name,
                           struct err *err)
{
	auto_free char *path = *name == '/' ? xstrdup(name) : ask_file(q, name);

	if (!path)
		return err_set(err, ERR_UNSURE, "specs file %s is not among its own", name);
	return specs_check(path, is_found, q, err) < 0 ? -1 : closure_add(c, path, err);
}

/* A specs file is read where the driver was built to look, if it is there; then those of the
 * options. */
static int add_specs(struct closure *c, struct inquiry *q, const struct toolchain *tc,
                     struct err *err)
{
	for (size_t i = 0; q->options && q->options[i]; i++) {
		const char *name = words_after(q->options[i], "-specs=");

		if (name && add_named_specs(c, q, name, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < q->helpers.n; i++) {
		const char *base = path_base(q->helpers.v[i]);

		if (strncmp(base, "cc1", 3) != 0 && strcmp(base, "f951") != 0)
			continue;
		auto_free char *dir = path_dir(q->helpers.v[i]);
		auto_free char *specs = path_join(dir, "specs");
		auto_free char *devices = path_join(dir, "device-specs"); /* of avr-gcc */
		if (closure_add_if(c, specs, err) < 0 ||
		    (tc->multilib && closure_add_folder(c, devices, err) < 0))
			return -1;
	}
	return 0;
}

/* Options of clang's in files beside it or in /etc; those say with "@" that they go on in
 * others. The one beside it may appear. */
static int add_configurations(struct closure *c, const struct inquiry *q,
                              const struct toolchain *tc, struct err *err)
{
	for (size_t i = 0; i < q->configurations.n; i++) {
		const char *path = q->configurations.v[i];
		auto_buf text = BUF_LIMIT(ANSWER_MAX);

		if (file_read(path, &text, NULL) < 0 || strchr(buf_str(&text), '@'))
			return err_set(err, ERR_UNSURE, "%s names further files", path);
		if (closure_add(c, path, err) < 0)
			return -1;
	}
	if (tc->family != TOOLCHAIN_CLANG)
		return 0;
	auto_free char *dir = path_dir(tc->program);
	strv_addf(&c->watch, "%s/clang.cfg", dir);
	strv_addf(&c->watch, "%s/%s.cfg", dir, path_base(q->call->tool));
	return 0;
}

static int make_compile_closure(struct inquiry *q, struct toolchain *tc, struct strv *watch,
                                struct err *err)
{
	auto_closure c = { 0 };

	closure_init(&c, q->call);
	if (closure_add(&c, q->call->tool, err) < 0)
		return -1;
	for (size_t i = 0; i < q->helpers.n; i++)
		if (closure_add(&c, q->helpers.v[i], err) < 0)
			return -1;
	if (add_specs(&c, q, tc, err) < 0 || add_compile_extras(&c, tc, err) < 0 ||
	    add_configurations(&c, q, tc, err) < 0)
		return -1;
	/* lists of what sanitizers leave alone, each read where it is there */
	auto_free char *lists = q->resources ? path_join(q->resources, "share") : NULL;
	if ((lists && closure_add_folder(&c, lists, err) < 0) ||
	    (q->intrinsic && closure_add_folder(&c, q->intrinsic, err) < 0) ||
	    (q->preinclude && closure_add_if(&c, q->preinclude, err) < 0))
		return -1;
	strv_add_all(watch, c.watch.v);
	return closure_store(&c, &tc->compile_closure, err);
}

/* A linker that is not told of a plugin looks for some. */
static int add_plugins(struct closure *c, const struct inquiry *q, struct err *err)
{
	for (size_t i = 0; i < q->link_helpers.n; i++)
		if (strcmp(path_base(q->link_helpers.v[i]), "liblto_plugin.so") == 0)
			return 0;
	for (char *const *dir = plugins_folders; *dir; dir++)
		if (closure_add_folder(c, *dir, err) < 0)
			return -1;
	return 0;
}

/* Of avr-ld, which has most of its scripts in files. */
static int add_scripts(struct closure *c, const struct inquiry *q, struct err *err)
{
	for (size_t i = 0; i < q->link_helpers.n; i++) {
		const char *ld = q->link_helpers.v[i];

		if (strncmp(path_base(ld), "ld", 2) != 0)
			continue;
		auto_free char *dir = path_dir(ld);
		auto_free char *scripts = path_absolute(dir, "../lib/ldscripts");
		if (closure_add_folder(c, scripts, err) < 0)
			return -1;
	}
	return 0;
}

static int make_link_closure(struct inquiry *q, struct toolchain *tc, struct strv *watch,
                             struct err *err)
{
	auto_closure c = { 0 };

	closure_init(&c, q->call);
	if (closure_add(&c, q->call->tool, err) < 0)
		return -1;
	for (size_t i = 0; i < q->link_helpers.n; i++)
		if (closure_add(&c, q->link_helpers.v[i], err) < 0)
			return -1;
	if (add_specs(&c, q, tc, err) < 0 || (tc->multilib && add_scripts(&c, q, err) < 0) ||
	    add_configurations(&c, q, tc, err) < 0)
		return -1;
	for (const char *const *file = closure_conf_files; *file; file++)
		if (closure_add_extra(&c, *file, err) < 0)
			return -1;
	if (add_compile_extras(&c, tc, err) < 0 || add_plugins(&c, q, err) < 0)
		return -1;
	strv_add_all(watch, c.watch.v);
	return closure_store(&c, &tc->link_closure, err);
}

static void add_program(struct inquiry *q, struct strv *helpers, const char *name)
{
	auto_free char *path = proc_find_on_path(name, q->path, NULL);

	if (path)
		add_once(helpers, path);
}

/*
 * What the linker's plugin has run: the compiler again, by make where there are several jobs,
 * with a makefile that calls touch and mv.
 */
static void add_lto_helpers(struct inquiry *q, const struct toolchain *tc)
{
	static const char *const names[] = { "lto1", "collect2", "as", "ld" };
	static const char *const programs[] = { "make", "touch", "mv" };

	for (size_t i = 0; i < countof(names) && tc->family == TOOLCHAIN_GCC; i++) {
		auto_free char *path = ask_helper(q, names[i]);

		if (path)
			add_once(&q->link_helpers, path);
	}
	if (tc->family == TOOLCHAIN_CLANG)
		return;
	for (size_t i = 0; i < countof(programs); i++)
		add_program(q, &q->link_helpers, programs[i]);
	add_once(&q->link_helpers, "/bin/sh");
}

static bool is_on_path(const char *helper)
{
	static const char *const names[] = { "as", "make", "mv", "objcopy", "touch" };
	const char *base = path_base(helper);
	const char *dash = strrchr(base, '-'); /* "x86_64-linux-gnu-ld" */
	const char *name = dash ? dash + 1 : base;

	return AMONG(name, names) || strncmp(name, "ld", 2) == 0;
}

/* The folders of the driver and of what it looks for on PATH, in PATH's order. */
static char *helper_path(const struct inquiry *q)
{
	auto_strv needed = STRV_INIT;
	auto_strv ordered = STRV_INIT;
	auto_buf path = BUF_INIT;

	add_folder_of(&needed, q->call->tool);
	for (size_t i = 0; i < q->helpers.n; i++)
		if (is_on_path(q->helpers.v[i]))
			add_folder_of(&needed, q->helpers.v[i]);
	for (size_t i = 0; i < q->link_helpers.n; i++)
		if (is_on_path(q->link_helpers.v[i]))
			add_folder_of(&needed, q->link_helpers.v[i]);
	for (const char *at = q->path; *at; at += strcspn(at, ":"), at += *at == ':') {
		auto_free char *folder = xstrndup(at, strcspn(at, ":"));

		if (strv_has(&needed, folder))
			add_once(&ordered, folder);
	}
	for (size_t i = 0; i < needed.n; i++)
		add_once(&ordered, needed.v[i]);
	for (size_t i = 0; i < ordered.n; i++)
		buf_addf(&path, "%s%s", i ? ":" : "", ordered.v[i]);
	return buf_steal(&path);
}

static bool names_cxx_driver(const char *tool)
{
	const char *base = path_base(tool);

	return strstr(base, "++") != NULL;
}

/* The linker that "-fuse-ld=NAME" asks for, else the default one. */
static const char *linker_name(char *const *options, char name[32])
{
	snprintf(name, 32, "ld");
	for (size_t i = 0; options && options[i]; i++)
		if (strncmp(options[i], "-fuse-ld=", 9) == 0)
			snprintf(name, 32, "ld.%s", options[i] + 9);
	return name;
}

/* All places where one of this name would be found before the one that is. A folder that is not
 * there stands for what may be in it, whatever its name. */
static void watch_name(const char *name, const struct strv *folders, struct strv *watch)
{
	bool found = false;

	for (size_t i = 0; i < folders->n && !found; i++) {
		auto_free char *path = path_join(folders->v[i], name);

		if (look_access(folders->v[i], F_OK) < 0) {
			add_once(watch, folders->v[i]);
			continue;
		}
		found = look_access(path, F_OK) == 0;
		add_once(watch, path);
	}
}

static void watch_names(const struct strv *files, const struct strv *folders,
                        struct strv *watch)
{
	for (size_t i = 0; i < files->n; i++)
		watch_name(path_base(files->v[i]), folders, watch);
}

/* What gcc's collect2 takes for the linker before any "ld", as in the folder where gcc itself
 * is built, if it is in one of gcc's own @folders; -print-prog-name does not tell. */
static int refuse_linkers(const struct strv *folders, struct strv *watch, struct err *err)
{
	static const char *const names[] = { "collect-ld", "real-ld" };

	for (size_t k = 0; k < countof(names); k++) {
		for (size_t i = 0; i < folders->n; i++) {
			auto_free char *path = path_join(folders->v[i], names[k]);

			if (look_access(path, X_OK) == 0)
				return err_set(err, ERR_UNSURE, "%s is there", path);
		}
		watch_name(names[k], folders, watch);
	}
	return 0;
}

static void add_each(struct strv *to, const char *list)
{
	for (const char *at = list; *at; at += strcspn(at, ":"), at += *at == ':') {
		auto_free char *folder = xstrndup(at, strcspn(at, ":"));

		if (*folder == '/')
			add_once(to, folder);
	}
}

/* What "-print-search-dirs" says of @kind. */
static void add_own_folders(const char *answer, const char *kind, struct strv *to)
{
	auto_free char *before = xasprintf("%s: =", kind);
	const char *own = strstr(answer, before);

	if (!own)
		return;
	own += strlen(before);
	auto_free char *list = xstrndup(own, strcspn(own, "\n"));
	add_each(to, list);
}

/* Another file by the name of a helper, or of one that a link begins with, may come where the
 * driver looks first: in folders of its own, or earlier on PATH; clang prefers "TARGET-ld". The
 * folders for libraries are passed on only where they are there. */
static int watch_places(struct inquiry *q, const struct toolchain *tc, struct strv *watch,
                        struct err *err)
{
	char *args[] = { "-print-search-dirs", NULL };
	auto_buf answer = BUF_LIMIT(ANSWER_MAX);
	auto_strv programs = STRV_INIT;
	auto_strv libraries = STRV_INIT;

	if (ask(q, args, &answer, NULL) == 0) {
		add_own_folders(buf_str(&answer), "programs", &programs);
		add_own_folders(buf_str(&answer), "libraries", &libraries);
	}
	if (tc->family == TOOLCHAIN_GCC && refuse_linkers(&programs, watch, err) < 0)
		return -1;
	add_each(&programs, q->path);
	watch_names(&q->helpers, &programs, watch);
	watch_names(&q->link_helpers, &programs, watch);
	watch_names(&tc->start_files, &libraries, watch);
	for (size_t i = 0; i < q->link_helpers.n && tc->family == TOOLCHAIN_CLANG; i++) {
		auto_free char *name =
			xasprintf("%s-%s", tc->target, path_base(q->link_helpers.v[i]));

		watch_name(name, &programs, watch);
	}
	for (size_t i = 0; i < libraries.n; i++)
		if (look_access(libraries.v[i], F_OK) < 0)
			add_once(watch, libraries.v[i]);
	return 0;
}

/* What a script reads and runs besides is known to nobody. */
static int refuse_script(const char *path, struct err *err)
{
	struct shebang s;

	return path && shebang_read(path, &s) ? err_set(err, ERR_UNSURE, "%s is a script", path)
	                                      : 0;
}

/* Programs that stand under a compiler's name in a folder of PATH, and start it. */
static bool is_launcher(const char *program)
{
	static const char *const names[] = { "buildcache", "ccache", "distcc", "icecc",
		                             "sccache" };

	return AMONG(path_base(program), names);
}

bool toolchain_starts_another(const char *tool)
{
	auto_free char *program = look_realpath(tool);
	struct shebang s;

	return program && (is_launcher(program) || shebang_read(program, &s));
}

/* A pipe would be read by the first question. */
static int refuse_pipes(const struct inquiry *q, struct err *err)
{
	for (size_t i = 0; q->options && q->options[i]; i++) {
		const char *path = words_after(q->options[i], "-specs=");
		struct stat sb;

		if (path && look_stat(path, &sb) == 0 && !S_ISREG(sb.st_mode))
			return err_set(err, ERR_UNSURE, "%s is no plain file", path);
	}
	return 0;
}

/* Ask everything. */
static int inquire(struct inquiry *q, struct toolchain *tc, struct strv *watch, struct err *err)
{
	char name[32];

	tc->cxx = names_cxx_driver(q->call->tool);
	tc->program = look_realpath(q->call->tool);
	if (!tc->program)
		return err_sys(err, "%s", q->call->tool);
	if (is_launcher(tc->program))
		return err_set(err, ERR_UNSURE, "is %s, which starts one",
		               path_base(tc->program));
	if (refuse_script(tc->program, err) < 0 || refuse_pipes(q, err) < 0)
		return -1;
	/* Fortran has further folders where it compiles */
	if (ask_search_lists(q, is_fortran(q) ? "-S" : "-E", tc, err) < 0 ||
	    ask_link(q, tc, err) < 0 || ask_multilib(q, tc, err) < 0 ||
	    (has_option(q, "-specs=") && check_stages(q, tc, err) < 0))
		return -1;
	auto_free char *as = ask_helper(q, "as");
	auto_free char *ld = ask_helper(q, linker_name(q->options, name));
	if (refuse_script(as, err) < 0 || refuse_script(ld, err) < 0)
		return -1;
	if (as)
		add_once(&q->helpers, as);
	if (has_option(q, "-gsplit-dwarf"))
		add_program(q, &q->helpers, "objcopy");
	if (ld) {
		add_once(&q->link_helpers, ld);
		ask_ld(q, ld, tc);
	}
	if (has_option(q, "-flto"))
		add_lto_helpers(q, tc);
	closure_conf_dirs(&tc->ld_dirs);
	tc->path_env = helper_path(q);
	if (make_compile_closure(q, tc, watch, err) < 0 ||
	    make_link_closure(q, tc, watch, err) < 0)
		return -1;
	/* a folder that appears or goes away changes the answer */
	strv_add_all(watch, q->absent.v);
	strv_add_all(watch, q->link_helpers.v);
	return watch_places(q, tc, watch, err);
}

static void pack_list(struct buf *b, const struct strv *list)
{
	pack_u32(b, (uint32_t)list->n);
	for (size_t i = 0; i < list->n; i++)
		pack_str(b, list->v[i]);
}

static void unpack_list(struct unpack *u, struct strv *list)
{
	uint32_t n = unpack_u32(u);

	for (uint32_t i = 0; i < n && !u->bad; i++) {
		char *s = unpack_str(u);
		if (s)
			strv_take(list, s);
	}
}

static void pack_facts(struct buf *b, const struct toolchain *tc)
{
	pack_u32(b, tc->family);
	pack_u32(b, tc->cxx);
	pack_u32(b, tc->multilib);
	pack_str(b, tc->target);
	pack_list(b, &tc->quote_dirs);
	pack_list(b, &tc->system_dirs);
	pack_str(b, tc->program);
	pack_str(b, tc->path_env);
	pack_list(b, &tc->lib_dirs);
	pack_list(b, &tc->ld_dirs);
	pack_list(b, &tc->start_files);
	pack_list(b, &tc->libs);
}

static bool unpack_facts(struct unpack *u, struct toolchain *tc)
{
	tc->family = unpack_u32(u) ? TOOLCHAIN_CLANG : TOOLCHAIN_GCC;
	tc->cxx = unpack_u32(u);
	tc->multilib = unpack_u32(u);
	tc->target = unpack_str(u);
	unpack_list(u, &tc->quote_dirs);
	unpack_list(u, &tc->system_dirs);
	tc->program = unpack_str(u);
	tc->path_env = unpack_str(u);
	unpack_list(u, &tc->lib_dirs);
	unpack_list(u, &tc->ld_dirs);
	unpack_list(u, &tc->start_files);
	unpack_list(u, &tc->libs);
	return !u->bad;
}

static void make_key(struct buf *key, const struct call *call, const char *lang,
                     char *const *options)
{
	buf_addf(key, "toolchain%d", FORMAT);
	buf_add(key, call_path(call), strlen(call_path(call)) + 1);
	buf_add(key, call->tool, strlen(call->tool) + 1);
	buf_add(key, lang, strlen(lang) + 1);
	for (size_t i = 0; options && options[i]; i++)
		buf_add(key, options[i], strlen(options[i]) + 1);
	for (size_t i = 0; i < countof(asked_env); i++) {
		const char *value = look_env(call->envp, asked_env[i]);
		if (value) {
			buf_addf(key, "\1%s=", asked_env[i]);
			buf_add(key, value, strlen(value) + 1);
		}
	}
}

/* 1 when it is known and still holds. */
static int recall(const struct call *call, const struct buf *key, struct toolchain *out,
                  struct err *err)
{
	auto_finding found = FINDING_INIT;
	int rc = finding_get(call, key, &found, err);

	if (rc <= 0)
		return rc;
	struct unpack u = { (unsigned char *)found.text.data, found.text.len, false };
	out->compile_closure = found.manifests[0];
	out->link_closure = found.manifests[1];
	if (found.n_manifests == 2 && unpack_facts(&u, out))
		return 1;
	toolchain_release(out);
	return 0;
}

/* clang takes the newest gcc that is installed, with its headers of C++: "/usr/lib/gcc/TARGET"
 * has a folder for each, of which only those with @crt count. */
static void watch_installations(const char *crt, struct strv *watch)
{
	auto_free char *own = path_dir(crt);
	auto_free char *target = path_dir(own);
	auto_free char *all = path_dir(target);
	DIR *dir = opendir(target);

	strv_add(watch, all);
	strv_add(watch, target);
	strv_addf(watch, "%s-cross", all);
	strv_addf(watch, "%s/../../include/c++/%s", all, path_base(own));
	for (struct dirent *e; dir && (e = readdir(dir));)
		if (e->d_name[0] != '.')
			strv_addf(watch, "%s/%s/%s", target, e->d_name, path_base(crt));
	if (dir)
		closedir(dir);
}

/* What the answer depends on besides the programs: the folders searched. */
static void watch_folders(const struct toolchain *tc, struct strv *watch)
{
	static const char *const may_appear[] = { "/usr/local/include",
		                                  "/usr/local/include/x86_64-linux-gnu" };

	for (size_t i = 0; i < countof(may_appear); i++)
		if (look_access(may_appear[i], F_OK) < 0)
			strv_add(watch, may_appear[i]);
	for (size_t i = 0; i < tc->start_files.n; i++) {
		const char *file = tc->start_files.v[i];

		strv_add(watch, file);
		if (tc->family == TOOLCHAIN_CLANG &&
		    strncmp(path_base(file), "crtbegin", 8) == 0)
			watch_installations(file, watch);
	}
}

int toolchain_get(const struct call *call, const char *lang, char *const *options,
                  struct toolchain *out, struct err *err)
{
	auto_buf key = BUF_INIT;
	auto_finding found = FINDING_INIT;
	auto_strv watch = STRV_INIT;
	struct inquiry q;
	int rc;

	*out = (struct toolchain){ 0 };
	make_key(&key, call, lang, options);
	rc = recall(call, &key, out, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	look_unnoted();
	inquiry_init(&q, call, lang, options);
	rc = inquire(&q, out, &watch, err);
	inquiry_release(&q);
	if (rc < 0) {
		toolchain_release(out);
		return -1;
	}
	watch_folders(out, &watch);
	found.manifests[0] = out->compile_closure;
	found.manifests[1] = out->link_closure;
	found.n_manifests = 2;
	pack_facts(&found.text, out);
	return finding_put(call, &key, &found, &watch, err);
}

#include "model/generic.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/proc.h"
#include "base/shebang.h"
#include "base/template.h"
#include "store/look.h"
#include "model/includes.h"
#include "model/rule.h"
#include "model/toolchain.h"

enum { TREE_MAX = 100000 };

void generic_call_release(struct generic_call *g)
{
	strv_release(&g->infiles);
	strv_release(&g->indirs);
	strv_release(&g->searchdirs);
	strv_release(&g->outdirs);
	strv_release(&g->outfiles);
	strv_release(&g->depfiles);
	strv_release(&g->plain);
}

/* -- reading a command line -- */

/* An option or operand of the line that was given. */
struct given {
	const struct conf_option *option;
	const char *value; /* or NULL */
};

struct parse {
	const struct conf_tool *tool;
	struct generic_call *call;
	struct given *given;
	size_t n_given;
	struct strv words; /* operands as written */
	char *const *argv;
	int at;
};

static void misfit(struct generic_call *g, const char *what, const char *word)
{
	if (!g->reason[0])
		snprintf(g->reason, sizeof(g->reason), "%s%s%.80s", what, word ? " " : "",
		         word ? word : "");
}

static bool is_output(enum conf_use use)
{
	return use == CONF_OUTFILE || use == CONF_DEPFILE || use == CONF_OUTDIR;
}

static bool has_name(const struct conf_option *o, const char *name, size_t len)
{
	for (size_t i = 0; i < o->names.n; i++)
		if (strncmp(o->names.v[i], name, len) == 0 && !o->names.v[i][len])
			return true;
	return false;
}

/* The option called so that takes a value, or takes none. */
static const struct conf_option *find(const struct parse *p, const char *name, size_t len,
                                      bool value)
{
	for (size_t i = 0; i < p->tool->n_options; i++) {
		const struct conf_option *o = &p->tool->options[i];

		if ((o->use != CONF_NONE) == value && has_name(o, name, len))
			return o;
	}
	return NULL;
}

/* Words @from … p->at of the command line belong to @o. */
static void give(struct parse *p, const struct conf_option *o, const char *value, int from)
{
	p->given = xrealloc(p->given, (p->n_given + 1) * sizeof(*p->given));
	p->given[p->n_given++] = (struct given){ o, value };
	for (int i = from; from && i <= p->at; i++)
		if (!is_output(o->use))
			strv_add(&p->call->plain, p->argv[i]);
}

/* "-abc", all without values */
static bool is_cluster(struct parse *p, const char *arg)
{
	char name[3] = "-";

	if (arg[1] == '-' || !arg[1])
		return false;
	for (const char *c = arg + 1; *c; c++) {
		name[1] = *c;
		if (!find(p, name, 2, false))
			return false;
	}
	for (const char *c = arg + 1; *c; c++) {
		name[1] = *c;
		give(p, find(p, name, 2, false), NULL, c[1] ? 0 : p->at);
	}
	return true;
}

static void parse_option(struct parse *p, const char *arg)
{
	size_t len = strlen(arg);
	size_t name = strcspn(arg, "=");
	const struct conf_option *o = find(p, arg, len, false);
	int from = p->at;

	if (o) {
		give(p, o, NULL, from);
	} else if ((o = find(p, arg, len, true))) {
		bool next = !o->value_optional;

		if (next && !p->argv[p->at + 1])
			misfit(p->call, "no value after", arg);
		else
			give(p, o, next ? p->argv[++p->at] : NULL, from);
	} else if (arg[name] && (o = find(p, arg, name, true))) {
		give(p, o, arg + name + 1, from);
	} else if (arg[1] != '-' && (o = find(p, arg, 2, true)) && !o->value_optional) {
		give(p, o, arg + 2, from);
	} else if (!is_cluster(p, arg)) {
		misfit(p->call, "option", arg);
	}
}

static void parse_words(struct parse *p)
{
	bool options = true;

	for (p->at = 1; p->argv[p->at] && !p->call->reason[0]; p->at++) {
		const char *arg = p->argv[p->at];

		if (options && strcmp(arg, "--") == 0)
			options = false;
		else if (options && arg[0] == '-' && arg[1])
			parse_option(p, arg);
		else if (strcmp(arg, "-") == 0 || arg[0] == '@')
			misfit(p->call, "reads",
			       arg[0] == '@' ? "a list of arguments" : "standard input");
		else
			strv_add(&p->words, arg);
	}
}

static void give_operand(struct parse *p, const struct conf_option *o, const char *word)
{
	const char *slash = o->use == CONF_LITERAL ? strstr(word, o->literal) : NULL;

	/* "tools/gen.py" is also "../tools/gen.py" */
	if (o->use == CONF_LITERAL && strcmp(word, o->literal) != 0 &&
	    !(slash > word && slash[-1] == '/' && strcmp(slash, o->literal) == 0))
		misfit(p->call, "another command than", o->literal);
	give(p, o, word, 0);
	if (!is_output(o->use))
		strv_add(&p->call->plain, word);
}

/* The first operands, those that repeat, the last ones. */
static void match_operands(struct parse *p)
{
	const struct conf_tool *t = p->tool;
	size_t at = 0;

	for (size_t i = 0; i < t->n_operands; i++) {
		size_t behind = t->n_operands - i - 1;
		size_t left = p->words.n - at;
		const struct conf_option *o = &t->operands[i];

		if (o->optional && !left)
			continue;
		if (left < 1 + (o->repeats ? behind : 0)) {
			misfit(p->call, "an operand is missing", NULL);
			return;
		}
		size_t n = o->repeats ? left - behind : 1;
		for (size_t k = 0; k < n; k++)
			give_operand(p, o, p->words.v[at++]);
	}
	if (at < p->words.n)
		misfit(p->call, "one operand too many:", p->words.v[at]);
}

/* -- outputs -- */

struct names {
	const struct parse *p;
	const char *input;
	const char *value;
	const char *out;
	char *folder; /* owned: value after its last ':' */
};

/* The input without the first search folder that it is below. */
static const char *relative(const struct names *n)
{
	const struct strv *dirs = &n->p->call->searchdirs;
	const char *input = n->input;

	while (strncmp(input, "./", 2) == 0)
		input += 2;
	for (size_t i = 0; i < dirs->n; i++) {
		const char *dir = dirs->v[i];
		while (strncmp(dir, "./", 2) == 0)
			dir += 2;
		size_t len = strlen(dir);
		while (len && dir[len - 1] == '/')
			len--;
		if (len && strncmp(input, dir, len) == 0 && input[len] == '/')
			return input + len + 1;
	}
	return input;
}

static const char *name_value(void *arg, const char *name, size_t len)
{
	struct names *n = arg;

	if (len == 0)
		return n->input;
	if (len == 3 && memcmp(name, "out", 3) == 0)
		return n->out;
	if (len == 3 && memcmp(name, "rel", 3) == 0 && n->input)
		return relative(n);
	if (len == 5 && memcmp(name, "value", 5) == 0)
		return n->value;
	return NULL;
}

static void add_made(struct parse *p, const struct given *g, const char *out)
{
	const struct strv *inputs = &p->call->infiles;
	const char *colon = g->value ? strrchr(g->value, ':') : NULL;
	struct names n = { .p = p, .out = out, .value = g->value };

	if (g->option->use == CONF_OUTDIR && colon)
		n.value = colon + 1;
	for (size_t i = 0; i < g->option->makes.n; i++) {
		for (size_t k = 0; k < inputs->n || k == 0; k++) {
			n.input = k < inputs->n ? inputs->v[k] : NULL;
			char *made = template_text(g->option->makes.v[i], name_value, &n);

			if (strv_has(&p->call->outfiles, made))
				free(made);
			else
				strv_take(&p->call->outfiles, made);
		}
	}
}

/* The first @outfile of the line is where the main output's name is given. */
static const struct conf_option *main_option(const struct conf_tool *t)
{
	for (size_t i = 0; i < t->n_options; i++)
		if (t->options[i].use == CONF_OUTFILE)
			return &t->options[i];
	for (size_t i = 0; i < t->n_operands; i++)
		if (t->operands[i].use == CONF_OUTFILE)
			return &t->operands[i];
	return NULL;
}

static char *main_output(struct parse *p)
{
	const struct conf_option *first = main_option(p->tool);
	const char *text = p->tool->out;
	struct names n = { .p = p };

	for (size_t i = 0; i < p->n_given; i++) {
		const struct given *g = &p->given[i];

		if (g->option == first && g->value)
			return xstrdup(g->value);
		if (g->option->out) {
			text = g->option->out;
			n.value = g->value;
		}
	}
	n.input = p->call->infiles.n ? p->call->infiles.v[0] : NULL;
	p->call->prints = text && strcmp(text, CONF_PRINTED) == 0;
	return text && !p->call->prints ? template_text(text, name_value, &n) : NULL;
}

static void find_outputs(struct parse *p)
{
	auto_free char *out = main_output(p);
	size_t made = 0;

	if (out)
		strv_add(&p->call->outfiles, out);
	for (size_t i = 0; i < p->n_given; i++) {
		made += p->given[i].option->makes.n;
		add_made(p, &p->given[i], out);
	}
	for (size_t i = 0; i < p->n_given; i++) {
		const struct given *g = &p->given[i];

		if (g->option->use == CONF_OUTFILE && g->value &&
		    !strv_has(&p->call->outfiles, g->value))
			strv_add(&p->call->outfiles, g->value);
	}
	if (!out && !made && !p->call->prints)
		misfit(p->call, "no output is named", NULL);
}

static void sort_given(struct parse *p)
{
	struct generic_call *g = p->call;
	struct strv *const lists[] = {
		[CONF_INFILE] = &g->infiles,    [CONF_INDIR] = &g->indirs,
		[CONF_SEARCH] = &g->searchdirs, [CONF_DEPFILE] = &g->depfiles,
		[CONF_OUTDIR] = &g->outdirs,    [CONF_LITERAL] = NULL,
	};

	for (size_t i = 0; i < p->n_given; i++) {
		const struct given *given = &p->given[i];
		enum conf_use use = given->option->use;
		const char *value = given->value;

		if (!value || !lists[use])
			continue;
		if (use == CONF_OUTDIR && strrchr(value, ':'))
			value = strrchr(value, ':') + 1;
		strv_add(lists[use], *value ? value : ".");
		if (use == CONF_INFILE && strcmp(value, "-") == 0)
			misfit(g, "reads standard input", NULL);
	}
}

void generic_parse(const struct conf_tool *t, char *const *argv, struct generic_call *out)
{
	struct parse p = { .tool = t, .call = out, .argv = argv };

	*out = (struct generic_call){ 0 };
	parse_words(&p);
	if (!out->reason[0])
		match_operands(&p);
	if (!out->reason[0])
		sort_given(&p);
	if (!out->reason[0])
		find_outputs(&p);
	strv_release(&p.words);
	free(p.given);
}

/* -- planning -- */

/* Literal operands and values may be files as well: a script that an interpreter runs. Not what
 * is made, such as a depfile's target. */
static int add_plain_files(struct plan *p, const struct call *call,
                           const struct generic_call *g, struct err *err)
{
	struct stat sb;

	for (size_t i = 0; i < g->plain.n; i++)
		if (g->plain.v[i][0] != '-' && !strv_has(&g->outfiles, g->plain.v[i]) &&
		    look_stat(g->plain.v[i], &sb) == 0 && S_ISREG(sb.st_mode) &&
		    plan_add_input_stat(p, call, g->plain.v[i], &sb, err) < 0)
			return -1;
	return 0;
}

/* A link stays one where what it leads to is in the tree as well; else it is what it leads to.
 */
static bool stays_link(const char *root, const char *path, char **text)
{
	auto_free char *dir = path_dir(path);

	*text = look_readlink(path);
	if (!*text || **text == '/')
		return false;
	auto_free char *whole = path_absolute("/", root);
	auto_free char *from = path_absolute("/", dir);
	auto_free char *target = path_absolute(from, *text);
	return path_below(target, whole);
}

static int add_leaf(struct plan *p, const struct call *call, const char *root, const FTSENT *e,
                    struct err *err)
{
	auto_free char *text = NULL;
	struct stat sb;

	if (look_lstat(e->fts_path, &sb) == 0 && S_ISLNK(sb.st_mode) &&
	    stays_link(root, e->fts_path, &text)) {
		auto_free char *name = path_absolute(call->cwd, e->fts_path);

		return plan_add_symlink(p, name, text, err);
	}
	return plan_add_input_stat(p, call, e->fts_path, e->fts_statp, err);
}

int generic_add_tree(struct plan *p, const struct call *call, const char *path, struct err *err)
{
	char *const roots[] = { (char *)path, NULL };
	FTS *files = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
	size_t n = 0;
	int rc = 0;

	if (!files)
		return err_sys(err, "%s", path);
	for (FTSENT *e; rc == 0 && !p->delegate && (e = fts_read(files));) {
		if (e->fts_info == FTS_D)
			plan_add_folder(p, call, e->fts_path);
		else if (e->fts_info == FTS_F)
			rc = add_leaf(p, call, path, e, err);
		else if (e->fts_info != FTS_DP)
			plan_delegate(p, "a folder with more than files in it");
		if (++n > TREE_MAX)
			plan_delegate(p, "a folder with too many files");
	}
	fts_close(files);
	return rc;
}

static int add_inputs(struct plan *p, const struct call *call, const struct generic_call *g,
                      struct err *err)
{
	struct stat sb;

	for (size_t i = 0; i < g->infiles.n; i++)
		if (plan_add_input(p, call, g->infiles.v[i], err) < 0)
			return -1;
	for (size_t i = 0; i < g->indirs.n; i++)
		if (generic_add_tree(p, call, g->indirs.v[i], err) < 0)
			return -1;
	for (size_t i = 0; i < g->searchdirs.n; i++)
		if (look_stat(g->searchdirs.v[i], &sb) == 0 && S_ISDIR(sb.st_mode))
			plan_add_folder(p, call, g->searchdirs.v[i]);
	for (size_t i = 0; i < g->outdirs.n; i++)
		plan_add_folder(p, call, g->outdirs.v[i]);
	return add_plain_files(p, call, g, err);
}

/* Runs "TOOL deps… arguments without outputs", which prints a rule. */
static int ask_tool(const struct conf_tool *t, struct plan *p, const struct call *call,
                    const struct generic_call *g, struct err *err)
{
	auto_strv args = STRV_INIT;
	auto_strv files = STRV_INIT;
	auto_buf rule = BUF_INIT;

	strv_add(&args, call->tool);
	strv_add_all(&args, t->deps.v);
	strv_add_all(&args, g->plain.v);
	int status = proc_capture(strv_argv(&args), NULL, call->envp, &rule, NULL, err);
	if (status < 0)
		return -1;
	if (status != 0 || rule_prerequisites(buf_str(&rule), &files) < 0)
		return plan_delegate(p, "what it reads can't be found out");
	for (size_t i = 0; i < files.n; i++)
		if (plan_add_input(p, call, files.v[i], err) < 0)
			return -1;
	return 0;
}

/* What the sources say themselves, without the tool. @data is not looked into. */
static int find_includes(const struct conf_tool *t, struct plan *p, const struct call *call,
                         const struct generic_call *g, struct strv *data, bool *sure,
                         struct err *err)
{
	struct conf_tool *v = (struct conf_tool *)t; /* strv_argv may make an empty vector */
	const struct includes_words words = { strv_argv(&v->include), strv_argv(&v->embed) };
	auto_strv sources = STRV_INIT;

	*sure = t->include.n || t->embed.n;
	/* these may name more folders and files */
	for (size_t i = 0; i < t->env.n; i++)
		*sure = *sure && !look_env(call->envp, t->env.v[i]);
	strv_add_all(&sources, strv_argv((struct strv *)&g->infiles));
	*sure = *sure && includes_find(&words, &g->searchdirs, &sources, data);
	for (size_t i = g->infiles.n; *sure && i < sources.n; i++)
		if (plan_add_input(p, call, sources.v[i], err) < 0)
			return -1;
	return 0;
}

static int add_what_it_reads(const struct conf_tool *t, struct plan *p, const struct call *call,
                             const struct generic_call *g, struct strv *data, struct err *err)
{
	bool sure;

	if (find_includes(t, p, call, g, data, &sure, err) < 0)
		return -1;
	if (sure || p->delegate)
		return 0;
	if (t->deps.n)
		return ask_tool(t, p, call, g, err);
	return t->include.n || t->embed.n ? plan_delegate(p, "what it reads can't be found out")
	                                  : 0;
}

/* Directives and macros mind no capitals. */
static bool has_text(const char *data, size_t len, const char *text)
{
	size_t n = strlen(text);
	const char *end = data + len;

	for (const char *at = data; (size_t)(end - at) >= n; at++) {
		if (!isalpha((unsigned char)*text))
			at = memchr(at, *text, (size_t)(end - at));
		if (!at || (size_t)(end - at) < n)
			return false;
		if (strncasecmp(at, text, n) == 0)
			return true;
	}
	return false;
}

static bool holds(const char *path, const char *text)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat sb;

	if (fd < 0 || fstat(fd, &sb) < 0 || sb.st_size == 0)
		return false;
	void *data = mmap(NULL, (size_t)sb.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return true;
	bool found = has_text(data, (size_t)sb.st_size, text);
	munmap(data, (size_t)sb.st_size);
	return found;
}

static void check_texts(const struct conf_tool *t, struct plan *p)
{
	if (t->unless.n && p->thunk->thunks.n)
		plan_delegate(p, "reads a file that is not made yet");
	for (size_t i = 0; i < p->thunk->values.n && !p->delegate; i++)
		for (size_t k = 0; k < t->unless.n; k++)
			if (p->thunk->values.v[i].name &&
			    holds(p->thunk->values.v[i].name, t->unless.v[k]))
				plan_delegate(p, "an input with \"%s\" in it", t->unless.v[k]);
}

/* Folders below @path, for closure_of(), which takes one folder's files at a time. */
static void add_folders(const char *path, struct strv *out)
{
	char *const roots[] = { (char *)path, NULL };
	FTS *files = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

	for (FTSENT *e; files && (e = fts_read(files));)
		if (e->fts_info == FTS_D || (e->fts_level == 0 && e->fts_info != FTS_DP))
			strv_add(out, e->fts_path);
	if (files)
		fts_close(files);
}

static void add_to_path(struct strv *dirs, const char *program)
{
	char *dir = path_dir(program);

	if (strv_has(dirs, dir))
		free(dir);
	else
		strv_take(dirs, dir);
}

/* "#!/usr/bin/env NAME" finds NAME on PATH, so its folder is part of it. */
static void add_env_interpreter(const struct call *call, struct strv *dirs)
{
	struct shebang s;

	if (!shebang_read(call->tool, &s) || !s.by_env)
		return;
	auto_free char *found = proc_find_on_path(s.arg, look_env(call->envp, "PATH"), NULL);
	if (found)
		add_to_path(dirs, found);
}

static int add_programs(struct plan *p, const struct call *call, char *const *run,
                        struct strv *programs, struct err *err)
{
	const char *path = look_env(call->envp, "PATH");
	auto_strv dirs = STRV_INIT;
	auto_buf text = BUF_INIT;

	strv_add(programs, call->tool);
	add_to_path(&dirs, call->tool);
	add_env_interpreter(call, &dirs);
	for (; run && *run; run++) {
		auto_free char *found =
			strchr(*run, '/') ? xstrdup(*run) : proc_find_on_path(*run, path, NULL);

		if (!found || look_access(found, X_OK) < 0)
			return plan_delegate(p, "%.80s is not there", *run);
		strv_add(programs, found);
		add_to_path(&dirs, found);
	}
	for (size_t i = 0; i < dirs.n; i++)
		buf_addf(&text, "%s%s", i ? ":" : "", dirs.v[i]);
	plan_add_env(p, "PATH=%s", buf_str(&text));
	return plan_set_program(p, call, call->tool, err);
}

int generic_set_up(struct plan *p, const struct call *call, char *const *run, char *const *in,
                   char *const *env, struct err *err)
{
	static const char *const passed[] = {
		"LANG",    "LC_ALL",      "LC_CTYPE", "LC_COLLATE", "LC_NUMERIC",
		"LC_TIME", "LC_MESSAGES", "LANGUAGE", "TZ",         "SOURCE_DATE_EPOCH",
		NULL
	};
	auto_strv programs = STRV_INIT;
	auto_strv extra = STRV_INIT;
	struct oid closure;
	bool any;

	if (add_programs(p, call, run, &programs, err) < 0)
		return -1;
	if (p->delegate)
		return 0;
	for (; in && *in; in++)
		add_folders(*in, &extra);
	if (closure_of(call, strv_argv(&programs), strv_argv(&extra), &closure, err) < 0)
		return -1;
	plan_add_manifest(p, &closure);
	if (closure_of_locale(call, &closure, &any, err) < 0)
		return -1;
	if (any)
		plan_add_manifest(p, &closure);
	plan_pass_env(p, call, passed);
	if (env)
		plan_pass_env(p, call, (const char *const *)env);
	return 0;
}

static int describe(const struct conf_tool *t, const struct call *call,
                    const struct generic_call *g, struct plan *p, struct err *err)
{
	struct conf_tool *v = (struct conf_tool *)t; /* strv_argv may make an empty vector */
	auto_strv data = STRV_INIT;

	if (add_inputs(p, call, g, err) < 0 ||
	    (!p->delegate && add_what_it_reads(t, p, call, g, &data, err) < 0))
		return -1;
	if (p->relinked)
		plan_delegate(p, "one file by two names");
	check_texts(t, p);
	for (size_t i = 0; i < data.n && !p->delegate; i++)
		if (plan_add_input(p, call, data.v[i], err) < 0)
			return -1;
	if (p->delegate)
		return 0;
	if (generic_set_up(p, call, strv_argv(&v->run), strv_argv(&v->in), strv_argv(&v->env),
	                   err) < 0)
		return -1;
	if (g->prints)
		plan_add_output(p, call, THUNK_STDOUT, OUTPUT_STDOUT, false);
	for (size_t i = 0; i < g->outfiles.n; i++)
		plan_add_output(p, call, g->outfiles.v[i], OUTPUT_FILE, false);
	/* nasm 2.16 writes none for -MF without -MD */
	for (size_t i = 0; i < g->depfiles.n; i++)
		plan_add_output(p, call, g->depfiles.v[i], OUTPUT_DEPFILE, true);
	plan_set_args(p, call->argv);
	p->doubtful = true;
	return 0;
}

/* The real tool reads every operand that is a file. */
static void note_reads(struct plan *p, const struct call *call)
{
	for (int i = 1; i < call->argc; i++) {
		const char *arg = call->argv[i];
		const char *value = arg[0] == '-' ? strchr(arg, '=') : NULL;

		plan_reads(p, call, value ? value + 1 : arg);
	}
}

int generic_plan_with(const struct conf_tool *t, const struct call *call, struct plan *p,
                      struct err *err)
{
	auto_generic_call g = { 0 };
	int rc = 0;

	generic_parse(t, call->argv, &g);
	if (g.reason[0])
		plan_delegate(p, "%s (%s)", g.reason, t->source);
	else
		rc = describe(t, call, &g, p, err);
	if (p->delegate)
		note_reads(p, call);
	return rc;
}

int generic_plan(const struct conf *c, const char *name, const struct call *call,
                 struct plan *p, struct err *err)
{
	const struct conf_tool *last = NULL;
	const struct conf_tool *t;
	size_t at = 0;

	while ((t = conf_next(c, name, &at))) {
		auto_generic_call g = { 0 };

		last = t;
		generic_parse(t, call->argv, &g);
		if (!g.reason[0])
			break;
	}
	if (last)
		return generic_plan_with(last, call, p, err);
	plan_delegate(p, "no line of models.conf counts for it");
	note_reads(p, call);
	return 0;
}

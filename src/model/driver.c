#include "model/driver.h"

#include <string.h>

#include "base/among.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/words.h"
#include "model/gccopts.h"
#include "model/plan.h"

/*
 * In words and patterns a piece is two bytes: MARK, and its number from FIRST on. A pattern is
 * lines: "p" and what a command is started as, "a" and an argument of it, "i" where it reads
 * what the one before has written, "e" and a variable.
 */
enum {
	MARK = 1,
	FIRST = ' ',
	PIECES_MAX = 200,
	TEMPORARY = 255,
};

/* -- a command line -- */

/* Any text but what would be read as something else. */
static bool is_piece(const char *text)
{
	return *text && *text != '-' && *text != '@' && !strpbrk(text, "\n\1");
}

/* -### shows such words as they are. */
static bool is_plain(const char *word)
{
	for (const char *at = word; *at; at++)
		if (*at <= ' ' || *at > '~' || strchr("\"'\\$`", *at))
			return false;
	return true;
}

static bool add_piece(struct driver_call *c, struct buf *word, const char *text, size_t len)
{
	if (c->pieces.n == PIECES_MAX)
		return false;
	buf_addc(word, MARK);
	buf_addc(word, (char)(FIRST + c->pieces.n));
	strv_addn(&c->pieces, text, len);
	return true;
}

/* "folder/name.suffixes": drivers make names of others from such parts. Where the object is
 * called as the source is, both are one piece. */
static bool add_path(struct driver_call *c, const char *path)
{
	const char *base = path_base(path);
	static const char *const special[] = { "/dev/", "//" };
	size_t stem = strcspn(base, ".");
	size_t folder = (size_t)(base - path);
	auto_buf word = BUF_INIT;
	bool ok = true;

	if (!is_piece(path) || stem == 0 || !is_plain(base + stem) ||
	    BEGINS_AMONG(path, special))
		return false;
	if (folder > 1)
		ok = add_piece(c, &word, path, folder - 1);
	buf_adds(&word, folder ? "/" : "");
	for (size_t i = 0; i < c->pieces.n; i++) {
		if (strncmp(c->pieces.v[i], base, stem) != 0 || c->pieces.v[i][stem])
			continue;
		buf_addc(&word, MARK);
		buf_addc(&word, (char)(FIRST + i));
		stem = 0;
		break;
	}
	if (ok && stem)
		ok = add_piece(c, &word, base, stem);
	buf_adds(&word, base + strcspn(base, "."));
	strv_take(&c->words, buf_steal(&word));
	return ok;
}

/* An option whose value is passed on, whatever it is. */
static bool is_passed_on(const struct gccopt *o)
{
	return (o->act >= ACT_DIR_QUOTE && o->act <= ACT_IMACROS) || o->act == ACT_DEP_FILE ||
	       strcmp(o->name, "-MT") == 0 || strcmp(o->name, "-MQ") == 0;
}

/* An option that is part of the shape. */
static bool is_of_the_shape(const struct gccopt *o)
{
	static const unsigned char acts[] = { ACT_PASS,     ACT_TOOLCHAIN, ACT_STOP_C,
		                              ACT_DEP,      ACT_LINK_FLAG, ACT_LINK_TOOLCHAIN,
		                              ACT_SANITIZE, ACT_WA };

	return memchr(acts, o->act, sizeof(acts)) != NULL;
}

/* "-Wp,-MMD,FILE": the words that are no options may be any others. */
static bool add_preprocessor_words(struct driver_call *c, const char *arg)
{
	auto_buf word = BUF_INIT;

	for (;; arg++) {
		size_t n = strcspn(arg, ",");
		auto_free char *part = xstrndup(arg, n);

		if (*part == '-' && is_plain(part))
			buf_adds(&word, part);
		else if (!is_piece(part) || !add_piece(c, &word, part, n))
			return false;
		arg += n;
		if (!*arg)
			break;
		buf_addc(&word, ',');
	}
	strv_take(&c->words, buf_steal(&word));
	return true;
}

/* The option at args[*i], with its value. */
static bool add_option(struct driver_call *c, const struct strv *args, size_t *i)
{
	const char *arg = args->v[*i];
	const struct gccopt *o = gccopt_find(arg);
	size_t first = *i;
	const char *value = o ? gccopt_value(o, args, i) : NULL;

	if (!value)
		return false;
	if (o->act == ACT_WP)
		return add_preprocessor_words(c, arg);
	if (o->act == ACT_OUTPUT || is_passed_on(o)) {
		auto_buf word = BUF_INIT;

		if (*i > first)
			strv_add(&c->words, o->name);
		else if (o->act == ACT_OUTPUT) /* -oNAME */
			return false;
		else
			buf_adds(&word, o->name);
		if (o->act == ACT_OUTPUT)
			return add_path(c, value);
		if (!is_piece(value) || !add_piece(c, &word, value, strlen(value)))
			return false;
		strv_take(&c->words, buf_steal(&word));
		return true;
	}
	for (size_t k = first; k <= *i; k++) {
		if (!is_of_the_shape(o) || !is_plain(args->v[k]) || strstr(arg, "=native"))
			return false;
		strv_add(&c->words, args->v[k]);
	}
	return true;
}

static bool is_compile(const struct gcc_call *call)
{
	static const unsigned char langs[] = { LANG_C, LANG_CXX, LANG_C_OUTPUT, LANG_CXX_OUTPUT,
		                               LANG_ASM_CPP };
	const unsigned flags =
		GCC_PTHREAD | GCC_OPENMP | GCC_DEP | GCC_STATIC | GCC_SHARED | GCC_NOSTDLIB;

	return !*call->reason && call->stage == STAGE_OBJECT && call->n_inputs == 1 &&
	       call->n_sources == 1 && !call->reads_stdin && !call->response_files.n &&
	       !(call->flags & ~flags) &&
	       memchr(langs, (int)call->inputs[0].lang, sizeof(langs));
}

static bool read_words(const struct gcc_call *call, struct driver_call *c)
{
	const struct strv *args = &call->args;

	for (size_t i = 0; i < args->n; i++) {
		bool ok = true;

		if (i == 0) {
			ok = is_plain(args->v[0]);
			strv_add(&c->words, args->v[0]);
		} else if (args->v[i] == call->inputs[0].path) {
			c->source = c->words.n;
			ok = add_path(c, args->v[i]);
		} else {
			ok = add_option(c, args, &i);
		}
		if (!ok)
			return false;
	}
	return c->source != 0;
}

/* Whatever else is in it may change what a driver does, or says. */
static bool is_environment_usual(const struct thunk *t)
{
	static const char *const usual[] = { "PATH=",
		                             "PWD=",
		                             "LANG=",
		                             "LANGUAGE=",
		                             "LC_",
		                             "SOURCE_DATE_EPOCH=",
		                             "GCC_COLORS=",
		                             "CPATH=",
		                             "C_INCLUDE_PATH=",
		                             "CPLUS_INCLUDE_PATH=" };

	for (size_t i = 0; i < t->env.n; i++)
		if (!BEGINS_AMONG(t->env.v[i], usual) || strchr(t->env.v[i], '\n'))
			return false;
	return true;
}

/* By the name of the file that is executed: clang has no other program to start, and what else
 * a line of models.conf describes may take -### for anything. */
static bool is_gcc(const struct thunk *t)
{
	for (size_t i = 0; i < t->execs.n; i++) {
		const char *path = t->execs.v[i].name;

		if (path && path[0] == '/' && oid_eq(&t->execs.v[i].id, &t->function))
			return model_for(path) == &model_gcc &&
			       !strstr(path_base(path), "clang");
	}
	return false;
}

static bool leaves_tmp_alone(const struct thunk *t)
{
	bool leaves = strcmp(t->workdir, "/tmp") != 0;

	for (size_t i = 0; i < t->outputs.n && leaves; i++) {
		auto_free char *path = path_absolute(t->workdir, t->outputs.v[i]);
		auto_free char *folder = path_dir(path);

		leaves = strcmp(folder, "/tmp") != 0;
	}
	return leaves;
}

bool driver_read(const struct thunk *t, struct driver_call *c)
{
	auto_gcc_call call = { 0 };
	struct err ignored;

	*c = (struct driver_call){ 0 };
	if (!t->workdir || !t->args.n || !is_gcc(t) || !is_environment_usual(t) ||
	    !leaves_tmp_alone(t) || thunk_has_hash_args(t))
		return false;
	auto_strv args = STRV_INIT;
	strv_add_all(&args, t->args.v);
	if (gcc_call_parse(&call, strv_argv(&args), &ignored) < 0 || !is_compile(&call) ||
	    !read_words(&call, c))
		return false;
	for (size_t i = 0; i < t->args.n && !c->source_path; i++)
		if (strcmp(t->args.v[i], call.inputs[0].path) == 0)
			c->source_path = t->args.v[i];
	return true;
}

void driver_call_release(struct driver_call *c)
{
	strv_release(&c->words);
	strv_release(&c->pieces);
}

void driver_add_key(const struct driver_call *c, const struct thunk *t, struct buf *key)
{
	for (size_t i = 0; i < c->words.n; i++)
		buf_addf(key, "%s\n", c->words.v[i]);
	for (size_t i = 0; i < t->env.n; i++)
		buf_addf(key, "%s\n", t->env.v[i]);
}

/* -- asking -- */

/* Stand for a piece; none is a part of another, or of anything else. */
static void add_stand_in(struct buf *out, unsigned which, unsigned piece)
{
	static const char *const ends[][2] = { { "Gg", "oZ" }, { "qqYy", "xWwk" } };

	buf_addf(out, "%s%03u%s", ends[which][0], piece, ends[which][1]);
}

static char *stand_in(const char *word, unsigned which)
{
	struct buf out = BUF_INIT;

	for (; *word; word++)
		if (*word == MARK)
			add_stand_in(&out, which, (unsigned char)*++word - FIRST);
		else
			buf_addc(&out, *word);
	return buf_steal(&out);
}

void driver_question(const struct driver_call *c, const struct thunk *t, unsigned which,
                     struct strv *argv, struct strv *env, char **source)
{
	static const char *const languages[] = { "LC_", "LANG" };

	for (size_t i = 0; i < c->words.n; i++)
		strv_take(argv, stand_in(c->words.v[i], which));
	*source = xstrdup(argv->v[c->source]);
	strv_add(argv, "-###");
	for (size_t i = 0; i < t->env.n; i++)
		if (!BEGINS_AMONG(t->env.v[i], languages))
			strv_add(env, t->env.v[i]);
	strv_add(env, "LC_ALL=C");
}

/* With marks for the stand-ins again. */
static void add_marked(struct buf *out, char kind, const char *text, unsigned which)
{
	auto_buf whole = BUF_INIT;
	char mark[] = { MARK, 0, '\0' };

	buf_adds(&whole, text);
	for (unsigned i = 0; i < PIECES_MAX; i++) {
		auto_buf name = BUF_INIT;

		add_stand_in(&name, which, i);
		mark[1] = (char)(FIRST + i);
		buf_replace(&whole, buf_str(&name), mark);
	}
	buf_addf(out, "%c%s\n", kind, buf_str(&whole));
}

/* A command as -### shows it: words between blanks, in quotes where a shell needs them. */
static bool read_command(const char *line, struct strv *words)
{
	while (*(line += strspn(line, " "))) {
		auto_buf word = BUF_INIT;
		bool is_quoted = *line == '"';

		for (line += is_quoted; *line && *line != (is_quoted ? '"' : ' '); line++) {
			if (is_quoted && *line == '\\')
				line++;
			if (!*line)
				return false;
			buf_addc(&word, *line);
		}
		if (is_quoted && *line++ != '"')
			return false;
		strv_take(words, buf_steal(&word));
	}
	return words->n > 0;
}

static bool is_compiler(const char *program)
{
	return program[0] == '/' && strncmp(path_base(program), "cc1", 3) == 0;
}

static bool is_assembler(const char *program)
{
	const char *base = path_base(program);
	size_t n = strlen(base);

	return strcmp(base, "as") == 0 || (n > 3 && strcmp(base + n - 3, "-as") == 0);
}

static bool is_temporary(const char *word)
{
	return words_after(word, "/tmp/cc") && strcmp(path_ext(word), ".s") == 0 &&
	       is_plain(word);
}

static void drop_last(struct strv *words)
{
	free(words->v[--words->n]);
	words->v[words->n] = NULL;
}

/* The compiler's words end with "-o - |". */
static bool take_pipe(struct strv *first)
{
	const char mark[] = { MARK, (char)TEMPORARY, '\0' };
	size_t n = first->n;

	if (n < 4 || strcmp(first->v[n - 1], "|") != 0 || strcmp(first->v[n - 2], "-") != 0 ||
	    strcmp(first->v[n - 3], "-o") != 0)
		return false;
	drop_last(first);
	drop_last(first);
	strv_add(first, mark);
	return true;
}

/* The compiler's words end with "-o TEMPORARY", those of the assembler with it alone. */
static bool take_temporary(struct strv *first, struct strv *second)
{
	const char mark[] = { MARK, (char)TEMPORARY, '\0' };
	char **made = &first->v[first->n - 1];
	char **read = &second->v[second->n - 1];

	if (first->n < 3 || strcmp(made[-1], "-o") != 0 || !is_temporary(*made) ||
	    strcmp(*made, *read) != 0)
		return false;
	free(*made);
	free(*read);
	*made = xstrdup(mark);
	*read = xstrdup(mark);
	return true;
}

struct answer {
	struct strv commands[DRIVER_COMMANDS_MAX];
	size_t n;
	bool is_piped;
	struct strv env;
};

static bool read_line(struct answer *a, const char *line)
{
	static const char *const variables[] = { "COLLECT_GCC=", "COLLECT_AS_OPTIONS=",
		                                 "OFFLOAD_TARGET_" };
	static const char *const others[] = {
		"Using built-in specs.", "Target: ",       "Configured with: ",
		"Thread model: ",        "Supported LTO ", "gcc version ",
		"COMPILER_PATH=",        "LIBRARY_PATH=",  "COLLECT_GCC_OPTIONS=",
	};

	if (*line == ' ') {
		if (a->n == DRIVER_COMMANDS_MAX)
			return false;
		return read_command(line, &a->commands[a->n++]);
	}
	/* those that are printed after the commands are for a link */
	if (BEGINS_AMONG(line, variables) ||
	    (words_after(line, "COLLECT_GCC_OPTIONS=") && a->n < DRIVER_COMMANDS_MAX))
		strv_add(&a->env, line);
	return !*line || BEGINS_AMONG(line, variables) || BEGINS_AMONG(line, others);
}

static bool read_answer(struct answer *a, const char *text)
{
	for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		auto_free char *line = xstrndup(at, strcspn(at, "\n"));

		if (!read_line(a, line))
			return false;
	}
	if (a->n != DRIVER_COMMANDS_MAX || !is_compiler(a->commands[0].v[0]) ||
	    !is_assembler(a->commands[1].v[0]))
		return false;
	a->is_piped = take_pipe(&a->commands[0]);
	return a->is_piped || take_temporary(&a->commands[0], &a->commands[1]);
}

/* A variable that is said twice is what was said last. */
static bool is_said_again(const struct strv *env, size_t i)
{
	size_t name = strcspn(env->v[i], "=") + 1;

	for (size_t k = i + 1; k < env->n; k++)
		if (strncmp(env->v[k], env->v[i], name) == 0)
			return true;
	return false;
}

static bool pattern_of(const char *text, unsigned which, struct buf *out)
{
	struct answer a = { 0 };
	bool ok = read_answer(&a, text);

	for (size_t i = 0; i < a.n && ok; i++)
		for (size_t k = 0; k < a.commands[i].n; k++) {
			ok = ok && !strchr(a.commands[i].v[k], '\n');
			add_marked(out, k ? 'a' : 'p', a.commands[i].v[k], which);
		}
	buf_adds(out, a.is_piped ? "i\n" : "");
	for (size_t i = 0; i < a.env.n && ok; i++)
		if (!is_said_again(&a.env, i))
			add_marked(out, 'e', a.env.v[i], which);
	for (size_t i = 0; i < countof(a.commands); i++)
		strv_release(&a.commands[i]);
	strv_release(&a.env);
	return ok;
}

bool driver_learn(const char *const answers[2], struct buf *pattern)
{
	auto_buf other = BUF_INIT;

	buf_reset(pattern);
	return pattern_of(answers[0], 0, pattern) && pattern_of(answers[1], 1, &other) &&
	       strcmp(buf_str(pattern), buf_str(&other)) == 0;
}

/* -- carrying it over -- */

/* As the driver quotes options for those that it starts. */
static void add_quoted(struct buf *out, const char *text)
{
	for (; *text; text++)
		if (*text == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, *text);
}

/* The text of a line of a pattern, with the pieces of this call. False: it has no such piece.
 */
static bool fill(const struct driver_call *c, const char *line, size_t len, struct buf *out)
{
	bool is_variable = line[0] == 'e';

	for (const char *at = line + 1; at < line + len; at++) {
		if (*at != MARK) {
			buf_addc(out, *at);
			continue;
		}
		unsigned piece = (unsigned char)*++at;
		if (piece == TEMPORARY)
			buf_adds(out, DRIVER_TEMPORARY);
		else if (at == line + len || piece - FIRST >= c->pieces.n)
			return false;
		else if (is_variable)
			add_quoted(out, c->pieces.v[piece - FIRST]);
		else
			buf_adds(out, c->pieces.v[piece - FIRST]);
	}
	return true;
}

/* What is found outside need not be there inside: then it can't be executed, and the driver is.
 */
static bool begin_command(struct driver_commands *d, const struct thunk *t, const char *name)
{
	const char *path = NULL;

	if (d->n == DRIVER_COMMANDS_MAX)
		return false;
	for (size_t i = 0; i < t->env.n; i++)
		if (words_after(t->env.v[i], "PATH="))
			path = words_after(t->env.v[i], "PATH=");
	struct driver_command *command = &d->v[d->n++];
	command->program = strchr(name, '/') ? xstrdup(name)
	                   : path            ? proc_find_on_path(name, path, NULL)
	                                     : NULL;
	return command->program && command->program[0] == '/';
}

static bool take_line(struct driver_commands *d, const struct thunk *t, char kind, char *text)
{
	if (kind == 'e') {
		strv_add(&d->env, text);
		return true;
	}
	if (kind == 'p' && !begin_command(d, t, text))
		return false;
	if (d->n == 0)
		return false;
	struct driver_command *last = &d->v[d->n - 1];
	if (kind == 'p' || kind == 'a')
		strv_add(&last->argv, text);
	else if (kind == 'i')
		last->is_piped = true;
	else
		return false;
	return true;
}

bool driver_commands(const struct driver_call *c, const struct thunk *t, const char *pattern,
                     struct driver_commands *out)
{
	*out = (struct driver_commands){ 0 };
	strv_add_all(&out->env, t->env.v);
	for (const char *at = pattern; *at;) {
		size_t len = strcspn(at, "\n");
		auto_buf text = BUF_INIT;

		if (len == 0 || at[len] != '\n' || !fill(c, at, len, &text) ||
		    !take_line(out, t, *at, (char *)buf_str(&text)))
			return false;
		at += len + 1;
	}
	return out->n == DRIVER_COMMANDS_MAX;
}

void driver_commands_release(struct driver_commands *d)
{
	for (size_t i = 0; i < countof(d->v); i++) {
		free(d->v[i].program);
		strv_release(&d->v[i].argv);
	}
	strv_release(&d->env);
	*d = (struct driver_commands){ 0 };
}

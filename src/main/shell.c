#include "main/shell.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/among.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/sequence.h"
#include "base/strv.h"
#include "base/words.h"
#include "intercept/launch.h"
#include "main/builtin.h"
#include "main/files.h"
#include "main/spawn.h"
#include "main/wrapper.h"

struct own;

struct command {
	const struct own *own; /* NULL: a program, or nothing at all */
	char *program;         /* its path; owned, or NULL */
	bool is_last_tool;     /* the wrapper's, in this process */
	bool is_builtin;       /* that of another program */
};

struct line {
	struct command *v;
	size_t n;
	struct buf value; /* of the variable, once it is assigned */
	struct buf word;  /* that is being read */
	struct strv words;
	bool is_command; /* what was read: else there is nothing behind the last ";" */
	bool is_skipped; /* what is being read */
	bool substitutes;
	enum wrapper_flags flags; /* for tools */
	char **envp; /* for programs, when the wrapper has changed ours; owned, without its
	                strings */
};

static void line_release(struct line *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].program);
	free(l->v);
	free(l->envp);
	buf_release(&l->value);
	buf_release(&l->word);
	strv_release(&l->words);
}

/* -- words -- */

static bool is_file(struct span name)
{
	auto_free char *path = xstrndup(name.text, name.len);
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* What `…` prints, without the newline at its end. */
static void substitute(struct line *l, struct span text)
{
	struct buf *out = &l->word;
	struct substitution s;

	if (!sequence_substitution(text, &s))
		return;
	l->substitutes = true;
	if (s.is_test) {
		if (!is_file(s.operand))
			buf_add(out, s.answer.text, s.answer.len);
		return;
	}
	const char *slash = memrchr(s.operand.text, '/', s.operand.len);
	size_t folder = slash ? (size_t)(slash + 1 - s.operand.text) : 0;
	size_t rest = s.operand.len - folder;
	if (rest > s.suffix.len && s.operand.text[s.operand.len - s.suffix.len - 1] == '.' &&
	    memcmp(s.operand.text + s.operand.len - s.suffix.len, s.suffix.text,
	           s.suffix.len) == 0)
		rest -= s.suffix.len + 1;
	buf_add(out, s.operand.text, folder);
	buf_add(out, s.answer.text, s.answer.len);
	buf_add(out, s.operand.text + folder, rest);
}

static void take(void *arg, enum sequence_part part, struct span text)
{
	struct line *l = arg;

	if (part == SEQUENCE_TEXT)
		buf_add(&l->word, text.text, text.len);
	else if (part == SEQUENCE_VARIABLE)
		buf_add(&l->word, l->value.data, l->value.len);
	else
		substitute(l, text);
}

/* Reads one command's words to its end; what ended it. An assignment is carried out. */
static enum sequence_item read_command(struct line *l, struct sequence *s)
{
	strv_clear(&l->words);
	for (l->is_command = false;; l->is_command = true) {
		buf_reset(&l->word);
		enum sequence_item item = sequence_read(s, take, l);

		if (item == SEQUENCE_WORD) {
			strv_add(&l->words, buf_str(&l->word));
		} else if (item == SEQUENCE_ASSIGNMENT && !l->is_skipped) {
			buf_reset(&l->value);
			buf_add(&l->value, l->word.data, l->word.len);
		} else if (item != SEQUENCE_ASSIGNMENT) {
			return item;
		}
	}
}

/* -- commands that need no program: their status, or BUILTIN_DECLINED with nothing done that
 * the program would not do again -- */

static int nothing(char *const *argv)
{
	return 0;
}

static int echo(char *const *argv)
{
	auto_buf text = BUF_INIT;
	struct err ignored;

	for (char *const *word = argv + 1; *word; word++) {
		buf_adds(&text, word > argv + 1 ? " " : "");
		buf_adds(&text, *word);
	}
	buf_addc(&text, '\n');
	if (file_write_fd(STDOUT_FILENO, text.data, text.len, &ignored) == 0)
		return 0;
	fprintf(stderr, "echo: write error: %s\n", strerror(errno));
	return 1;
}

/* Shells differ in what they make of the rest. */
static bool is_simple_echo(const struct strv *words)
{
	for (size_t i = 1; i < words->n; i++)
		if (strchr(words->v[i], '\\'))
			return false;
	return words->n < 2 || words->v[1][0] != '-';
}

/* To a folder by a name that is taken as it is written. */
static int change_folder(char *const *argv)
{
	auto_free char *old = file_working_folder(getenv("PWD"));
	auto_free char *pwd = old ? path_absolute(old, argv[1]) : NULL;

	if (!pwd || chdir(argv[1]) < 0)
		return BUILTIN_DECLINED;
	setenv("OLDPWD", old, 1);
	setenv("PWD", pwd, 1);
	return 0;
}

/* POSIX.1-2017, cd: without "..", which goes back along the name, and CDPATH. */
static bool is_simple_cd(const struct strv *words)
{
	const char *dir = words->n == 2 ? words->v[1] : "";
	auto_free char *clean = path_absolute("/", dir);

	if (dir[0] == '/')
		return strcmp(clean, dir) == 0;
	return dir[0] != '-' && path_is_safe_relative(dir) && !getenv("CDPATH");
}

static const struct own {
	const char *name;
	int (*run)(char *const *argv);
	bool (*is_simple)(const struct strv *words);
	bool is_program; /* else only a shell can run it */
	bool is_first;   /* can only be declined before all others */
	bool is_idle;    /* may be done twice */
} owns[] = {
	{ ":", nothing, NULL, false, false, true },
	{ "cd", change_folder, is_simple_cd, false, true, true },
	{ "echo", echo, is_simple_echo, false, false, false },
	{ "mv", files_mv, NULL, true, false, false },
	{ "rm", files_rm, NULL, true, false, false },
	{ "true", nothing, NULL, false, false, true },
};

static const struct own *own_find(const char *name)
{
	for (size_t i = 0; i < countof(owns); i++)
		if (strcmp(owns[i].name, name) == 0)
			return &owns[i];
	return NULL;
}

/* -- is it a line for us? -- */

bool shell_is_usual(const char *command)
{
	static const char *const unusual[] = { "BASH_ENV=", "SHELLOPTS=", "BASHOPTS=", "IFS=" };
	auto_free char *function = xasprintf("BASH_FUNC_%s%%%%=", command);

	for (char **e = environ; *e; e++)
		if (BEGINS_AMONG(*e, unusual) || words_after(*e, function))
			return false;
	return getenv("PATH") != NULL;
}

/* Would it be exported? */
static bool is_in_environment(struct span variable)
{
	auto_free char *name = xstrndup(variable.text, variable.len);

	return variable.len && getenv(name);
}

/* As every system has it, so that what it does is known; owned, or NULL. */
static char *find_system_program(const char *name)
{
	static const char *const folders[] = { "/bin", "/usr/bin" };
	auto_free char *program = spawn_find(name);
	auto_free char *folder = program ? path_dir(program) : NULL;

	return folder && AMONG(folder, folders) ? steal(&program) : NULL;
}

static bool plan_own(struct command *c, const struct strv *words, bool is_first)
{
	if ((c->own->is_first && !is_first) || (c->own->is_simple && !c->own->is_simple(words)))
		return false;
	if (!c->own->is_program)
		return true;
	c->program = find_system_program(c->own->name);
	return c->program;
}

static bool plan_program(struct command *c, struct strv *words)
{
	c->program = spawn_find(words->v[0]);
	auto_free char *tool = c->program ? spawn_tool(c->program, strv_argv(words)) : NULL;

	if (!tool)
		return false;
	c->is_builtin = builtin_is(tool, strv_argv(words));
	c->is_last_tool = !c->is_builtin;
	free(c->program);
	c->program = steal(&tool);
	return true;
}

static bool plan_command(struct line *l)
{
	struct command c = { 0 };
	bool good = true;

	if (l->words.n) {
		c.own = own_find(l->words.v[0]);
		good = shell_is_usual(l->words.v[0]) &&
		       (c.own ? plan_own(&c, &l->words, l->n == 0)
		              : plan_program(&c, &l->words));
	}
	for (size_t i = 0; c.is_last_tool && i < l->n; i++)
		l->v[i].is_last_tool = false;
	l->v = xrealloc(l->v, (l->n + 1) * sizeof(*l->v));
	l->v[l->n++] = c;
	return good;
}

/* Are the commands of the substitutions what they are everywhere? */
static bool can_substitute(void)
{
	auto_free char *sed = find_system_program("sed");

	return sed && shell_is_usual("sed") && shell_is_usual("echo") && shell_is_usual("test");
}

/* @one_list: where a command that fails ends the line, lists are not told apart. */
static bool plan_line(struct line *l, const char *text, bool one_list)
{
	struct sequence s;
	enum sequence_item item = SEQUENCE_AND;

	for (sequence_begin(&s, text); item != SEQUENCE_END;) {
		item = read_command(l, &s);
		if (item == SEQUENCE_BAD || (item == SEQUENCE_THEN && one_list) ||
		    !plan_command(l))
			return false;
	}
	return !is_in_environment(s.variable) && (!l->substitutes || can_substitute());
}

/* -- carrying it out -- */

static int execute(struct line *l, const struct command *c)
{
	int status = spawn_run(c->program, strv_argv(&l->words), l->envp ? l->envp : environ);

	if (status >= 0)
		return spawn_exit_status(status);
	fprintf(stderr, "gg: %s: %s\n", c->program, strerror(errno));
	return errno == ENOENT ? 127 : 126;
}

/* The wrapper changes its environment, which those behind it are not to see. */
static int run_tool(struct line *l, const struct command *c, bool is_followed)
{
	auto_free char *path = xstrdup(getenv("PATH"));
	size_t n = 0;

	while (environ[n])
		n++;
	l->envp = xmalloc((n + 1) * sizeof(*l->envp));
	memcpy(l->envp, environ, (n + 1) * sizeof(*l->envp));
	return wrapper_run(c->program, strv_argv(&l->words), path,
	                   l->flags | (is_followed ? WRAPPER_IS_FOLLOWED : 0));
}

static int run_command(struct line *l, const struct command *c)
{
	char *const *argv = strv_argv(&l->words);
	int status = c->own          ? c->own->run(argv)
	             : c->is_builtin ? builtin_try(c->program, argv)
	             : c->program    ? BUILTIN_DECLINED
	                             : 0;

	if (c->is_last_tool)
		return run_tool(l, c, c + 1 < l->v + l->n);
	return c->program && status == BUILTIN_DECLINED ? execute(l, c) : status;
}

static int run_line(struct line *l, const char *text)
{
	struct sequence s;
	int status = 0;

	buf_reset(&l->value);
	sequence_begin(&s, text);
	for (size_t i = 0; i < l->n && status != BUILTIN_DECLINED; i++) {
		enum sequence_item end = read_command(l, &s);

		if (!l->is_skipped && l->is_command)
			status = run_command(l, &l->v[i]);
		l->is_skipped = end == SEQUENCE_AND && status != 0;
	}
	return status;
}

/* One tool, which declines the line if it must; what is before it can be done once more. */
static bool has_one_tool(const struct line *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct command *c = &l->v[i];

		if (c->program && !c->own)
			n++;
		else if (c->own && !c->own->is_idle && n == 0)
			return false;
		if (c->is_builtin)
			return false;
	}
	return n == 1;
}

static int carry_out(char *const *argv, enum wrapper_flags flags)
{
	bool fails_at_once = strcmp(argv[1], "-ec") == 0;
	const char *pwd = getenv("PWD");
	auto_free char *cwd = file_working_folder(pwd);
	struct line l = { .flags = flags };
	int status = BUILTIN_DECLINED;

	if (cwd && argv[2] && !argv[3] && plan_line(&l, argv[2], fails_at_once) &&
	    (!(flags & WRAPPER_STANDS_BY) || has_one_tool(&l))) {
		if (!pwd || strcmp(pwd, cwd) != 0)
			setenv("PWD", cwd, 1);
		status = run_line(&l, argv[2]);
	}
	line_release(&l);
	return status;
}

int shell_run(char *const *argv)
{
	return carry_out(argv, 0);
}

int shell_stand_in(char *const *argv)
{
	return carry_out(argv, WRAPPER_STANDS_BY);
}

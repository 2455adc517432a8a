#include "main/cmake.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>

#include "base/among.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/strv.h"
#include "base/words.h"
#include "main/builtin.h"
#include "main/files.h"
#include "main/spawn.h"

/* The words after "cmake -E NAME". */
enum { FIRST_ARGUMENT = 3 };

/* -- cmake_echo_color -- */

/* 1: colored, 0: not, BUILTIN_DECLINED: who knows. As https://bixense.com/clicolors has it, and
 * GNU make, which says what its own output is. */
static int is_colored(void)
{
	static const char *const terminals[] = { "linux",      "rxvt",  "screen",
		                                 "vt100",      "xterm", "xterm-256color",
		                                 "xterm-color" };
	const char *force = getenv("CLICOLOR_FORCE");
	const char *may = getenv("CLICOLOR");
	const char *output = getenv("MAKE_TERMOUT");
	const char *term = getenv("TERM");

	if ((force && *force) || getenv("EMACS"))
		return BUILTIN_DECLINED;
	if (may && strcmp(may, "0") == 0)
		return 0;
	if (output && *output)
		return 1;
	if (!isatty(1))
		return 0;
	return term && AMONG(term, terminals) ? 1 : BUILTIN_DECLINED;
}

/* SGR parameters of ECMA-48; 0 is the terminal's own color. */
static const struct {
	const char *option;
	int code;
} colors[] = {
	{ "--normal", 0 },   { "--black", 30 },  { "--red", 31 },
	{ "--green", 32 },   { "--yellow", 33 }, { "--blue", 34 },
	{ "--magenta", 35 }, { "--cyan", 36 },   { "--white", 37 },
};

struct echo {
	struct buf out;
	const char *progress_dir;
	int color;
	bool bold;
	bool colored;
	bool no_newline;
};

static bool take_color(struct echo *e, const char *word)
{
	for (size_t i = 0; i < countof(colors); i++)
		if (strcmp(word, colors[i].option) == 0) {
			e->color = colors[i].code;
			e->bold = false;
			return true;
		}
	return false;
}

static void add_text(struct echo *e, const char *text)
{
	bool colored = e->colored && (e->color || e->bold);

	if (colored)
		buf_addf(&e->out, "\33[%dm%s", e->color, e->bold ? "\33[1m" : "");
	buf_adds(&e->out, text);
	if (colored)
		buf_adds(&e->out, "\33[0m");
	if (!e->no_newline)
		buf_addc(&e->out, '\n');
}

/* How many marks there are in all: a plain number, or -1. */
static long read_count(const char *folder)
{
	auto_free char *path = path_join(folder, "count.txt");
	auto_buf text = BUF_LIMIT(16);
	struct err ignored;

	if (file_read(path, &text, &ignored) < 0)
		return -1;
	const char *digits = buf_str(&text);
	size_t n = strspn(digits, "0123456789");
	if (n == 0 || n > 7 || digits[0] == '0' || strcmp(digits + n, "\n") != 0)
		return -1;
	return strtol(digits, NULL, 10);
}

static void mark(const char *folder, const char *name, size_t len)
{
	auto_free char *path = xasprintf("%s/%.*s", folder, (int)len, name);
	struct err ignored;
	auto_fd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd >= 0)
		file_write_fd(fd, "empty", 5, &ignored);
}

/* Entries of the folder, "." and ".." with them. */
static long count_entries(const char *folder)
{
	DIR *d = opendir(folder);
	long n = 0;

	if (!d)
		return -1;
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static int report_progress(struct echo *e, const char *marks)
{
	enum { NO_MARKS = 3 }; /* "count.txt", ".", ".." */
	auto_free char *folder = path_join(e->progress_dir, "Progress");
	auto_free char *count = path_join(folder, "count.txt");

	if (access(count, F_OK) < 0)
		return errno == ENOENT ? 0 : BUILTIN_DECLINED;
	long all = read_count(folder);
	if (all < 0 || strspn(marks, "0123456789,") != strlen(marks))
		return BUILTIN_DECLINED;
	for (const char *p = marks; *p;) {
		size_t n = strcspn(p, ",");

		if (n)
			mark(folder, p, n);
		p += n + (p[n] == ',');
	}
	long entries = count_entries(folder);
	if (entries < NO_MARKS)
		return BUILTIN_DECLINED;
	buf_addf(&e->out, "[%3ld%%] ", (entries - NO_MARKS) * 100 / all);
	return 0;
}

static int echo_word(struct echo *e, const char *word)
{
	const char *value;

	if ((value = words_after(word, "--switch=")))
		return *value ? BUILTIN_DECLINED : 0;
	if ((value = words_after(word, "--progress-dir="))) {
		e->progress_dir = value;
		return 0;
	}
	if ((value = words_after(word, "--progress-num=")))
		return e->progress_dir && *e->progress_dir ? report_progress(e, value) : 0;
	if (strcmp(word, "--bold") == 0)
		e->bold = true;
	else if (strcmp(word, "--newline") == 0)
		e->no_newline = false;
	else if (strcmp(word, "--no-newline") == 0)
		e->no_newline = true;
	else if (!take_color(e, word))
		add_text(e, word);
	return 0;
}

int cmake_echo_color(char *const *argv)
{
	int colored = is_colored();
	struct echo e = { .colored = colored == 1 };
	struct err ignored;
	int status = colored < 0 ? BUILTIN_DECLINED : 0;

	for (char *const *word = argv + FIRST_ARGUMENT; status == 0 && *word; word++)
		status = echo_word(&e, *word);
	if (status == 0 && file_write_fd(1, buf_str(&e.out), e.out.len, &ignored) < 0)
		status = BUILTIN_DECLINED;
	buf_release(&e.out);
	return status;
}

/* -- cmake_link_script -- */

struct command {
	char *line;    /* owned; as it is told */
	char *program; /* owned */
	struct strv words;
};

struct script {
	struct command *v;
	size_t n;
};

static void script_release(struct script *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].line);
		free(s->v[i].program);
		strv_release(&s->v[i].words);
	}
	free(s->v);
}

/* Does cmake split it as a shell would? Not where \ stands between quotes. */
static bool is_plain(const char *line)
{
	size_t n = strlen(line);

	for (const char *c = line; *c; c++)
		if (iscntrl((unsigned char)*c) && *c != '\t')
			return false;
	return !strchr(line, '\\') || (!strpbrk(line, "\"'") && line[n - 1] != '\\');
}

/* As execvp finds it: owned, or NULL. */
static char *find_program(const char *name)
{
	const char *path = getenv("PATH");

	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? xstrdup(name) : NULL;
	return path ? proc_find_on_path(name, path, NULL) : NULL;
}

/* False: it can't be carried out. */
static bool script_add(struct script *s, const char *line)
{
	struct command c = { .line = xstrdup(line) };
	struct err ignored;
	bool good = is_plain(line) && words_split(line, 0, &c.words, &ignored) == 0;

	if (good && c.words.n)
		c.program = find_program(c.words.v[0]);
	s->v = xrealloc(s->v, (s->n + 1) * sizeof(*s->v));
	s->v[s->n++] = c;
	return good && c.program;
}

/* Nothing but blanks. */
static bool is_empty(const char *line)
{
	return !line[strspn(line, " \t")];
}

static bool script_read(struct script *s, const char *path)
{
	auto_buf text = BUF_LIMIT(1 << 20);
	struct err ignored;
	char *rest = NULL;

	if (file_read(path, &text, &ignored) < 0 || memchr(buf_str(&text), '\0', text.len))
		return false;
	auto_free char *lines = buf_steal(&text);
	for (char *line = strtok_r(lines, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (!is_empty(line) && !script_add(s, line))
			return false;
	return true;
}

/* Its exit status; 1 and 2 with a message where cmake has one. */
static int run_command(const struct command *c)
{
	int status = spawn_run(c->program, c->words.v, environ);

	if (status < 0 || WIFSIGNALED(status))
		fprintf(stderr, "Error running link command: %s\n",
		        status < 0 ? strerror(errno) : strsignal(WTERMSIG(status)));
	return status < 0 ? 2 : WIFSIGNALED(status) ? 1 : WEXITSTATUS(status);
}

/* 1, 0, BUILTIN_DECLINED: one of the many other spellings. */
static int is_verbose(const char *value)
{
	static const char *const yes[] = { "1", "ON", "TRUE", "YES" };
	static const char *const no[] = { "", "0", "OFF", "FALSE", "NO" };

	return AMONG(value, yes) ? 1 : AMONG(value, no) ? 0 : BUILTIN_DECLINED;
}

int cmake_link_script(char *const *argv)
{
	const char *path = argv[FIRST_ARGUMENT];
	const char *option = path ? argv[FIRST_ARGUMENT + 1] : NULL;
	const char *value = option ? words_after(option, "--verbose=") : NULL;
	int verbose = value ? is_verbose(value) : BUILTIN_DECLINED;
	struct script s = { 0 };
	int status = BUILTIN_DECLINED;

	if (verbose >= 0 && script_read(&s, path)) {
		status = 0;
		for (size_t i = 0; i < s.n && status == 0; i++) {
			struct err ignored;
			auto_free char *told = xasprintf("%s\n", s.v[i].line);

			if (verbose)
				file_write_fd(1, told, strlen(told), &ignored);
			status = run_command(&s.v[i]);
		}
	}
	script_release(&s);
	return status;
}

/* -- rm -- */

int cmake_rm(char *const *argv)
{
	return files_rm(argv + FIRST_ARGUMENT - 1);
}

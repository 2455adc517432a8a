#include "main/builtin.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/among.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/strv.h"
#include "base/words.h"
#include "intercept/launch.h"
#include "main/cmake.h"
#include "main/files.h"
#include "main/libtool.h"
#include "main/shell.h"
#include "main/wrapper.h"
#include "store/known.h"

static const char KIND[] = "builtins";
static const char SAME[] = "the same";
static const char OTHER[] = "other";
static const char TRYING[] = "in trial"; /* or whoever tried was killed */

enum { PROGRAMS_MAX = 4 };

static const struct builtin {
	const char *programs[PROGRAMS_MAX]; /* by any of these names */
	const char *words[2];               /* NULL: any, or none */
	int (*run)(char *const *argv);
	bool is_tool; /* whose operands may be placeholders */
	/* the same for another process, which it declines with nothing done; or NULL */
	int (*stand_in)(char *const *argv);
} builtins[] = {
	{ { "cmake" },
	  { "-E", "cmake_echo_color" },
	  cmake_echo_color,
	  false,
	  cmake_echo_color },
	{ { "cmake" }, { "-E", "cmake_link_script" }, cmake_link_script, false, NULL },
	{ { "cmake" }, { "-E", "rm" }, cmake_rm, false, NULL },
	{ { "mv" }, { NULL, NULL }, files_mv, true, NULL },
	{ { "sh", "bash", "dash" }, { "-c", NULL }, shell_run, false, shell_stand_in },
	{ { "sh", "bash", "dash" }, { "-ec", NULL }, shell_run, false, shell_stand_in },
};

static bool is_one_of(const char *const names[PROGRAMS_MAX], const char *name)
{
	for (size_t i = 0; i < PROGRAMS_MAX && names[i]; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool is_word(const char *word, const char *wanted)
{
	return !wanted || (word && strcmp(word, wanted) == 0);
}

static const struct builtin *find(const char *program, char *const *argv)
{
	const char *name = path_base(program);

	for (size_t i = 0; argv[0] && i < countof(builtins); i++) {
		const struct builtin *b = &builtins[i];

		if (is_one_of(b->programs, name) && is_word(argv[1], b->words[0]) &&
		    is_word(argv[1] ? argv[2] : NULL, b->words[1]))
			return b;
	}
	return NULL;
}

/* A shell's script. */
static bool is_libtool(const char *program, char *const *argv)
{
	static const char *const shells[] = { "sh", "bash", "dash" };

	return AMONG(path_base(program), shells) && libtool_is(argv);
}

bool builtin_is(const char *program, char *const *argv)
{
	return find(program, argv) || is_libtool(program, argv);
}

static int execute(const char *program, char *const *argv)
{
	struct launch l = { .path = program, .envp = environ, .is_declined = true };
	auto_free char *room = xmalloc(launch_room(l.path, l.envp));

	l.room = room;
	launch_prepare(&l);
	/* a script without "#!" too, as whoever called it would have */
	execvpe(l.path, argv, l.envp);
	fprintf(stderr, "gg: %s: %s\n", program, strerror(errno));
	return errno == ENOENT ? 127 : 126;
}

/* -- is it the same? -- */

/* One command, and what it shall find: "@" stands for the folder of the trial. */
static const struct trial {
	const char *programs[PROGRAMS_MAX];
	const char *words;
	const char *line;     /* one more word, as it is; or NULL */
	const char *variable; /* in its environment, or NULL */
	const char *file;     /* made before, in the folder */
	const char *content;
} trials[] = {
	{ { "cmake" },
	  "-E cmake_echo_color --switch= --green --progress-dir=@ --progress-num=3,5 'Building "
	  "a'",
	  NULL,
	  NULL,
	  "Progress/count.txt",
	  "7\n" },
	{ { "cmake" },
	  "-E cmake_echo_color --switch= --red a --green --bold b --progress-dir=@ "
	  "--progress-num=1 --blue --no-newline c --bold '' --normal --newline d",
	  NULL,
	  "MAKE_TERMOUT=/dev/tty",
	  "Progress/count.txt",
	  "4\n" },
	{ { "cmake" },
	  "-E cmake_link_script @/link.txt --verbose=1",
	  NULL,
	  NULL,
	  "link.txt",
	  "echo a  b\tc \n\n \t\necho 'd \"' \"e '\"\"f\" ''\necho \\$g\\ h\nfalse\necho i\n" },
	{ { "sh", "bash", "dash" },
	  "-c",
	  "cd '@' && echo \"a  b\" 'c $d'e\\\"f && mv -f a/file b && : && rm -f none a/other;"
	  "name=`echo a/b/c.o | sed 's|[^/]*$|.deps/&|;s|\\.o$||'`;\\\n"
	  "echo $name.d x`test -f b || echo a/`b x`test -f 'c' || echo 'a/'`c \\\n"
	  "\"\\$x\" && true\n",
	  NULL,
	  "a/file",
	  "moved\n" },
};

/* The folder's files with their modes and contents, in order; all that a trial leaves. */
static void describe_folder(const char *folder, struct buf *out)
{
	auto_strv names = STRV_INIT;
	DIR *d = opendir(folder);

	for (struct dirent *e; d && (e = readdir(d));)
		if (e->d_name[0] != '.')
			strv_add(&names, e->d_name);
	if (d)
		closedir(d);
	strv_sort(&names);
	for (size_t i = 0; i < names.n; i++) {
		auto_free char *path = path_join(folder, names.v[i]);
		struct err ignored;
		struct stat sb;

		if (lstat(path, &sb) < 0)
			continue;
		buf_addf(out, "\n%s %o ", names.v[i], sb.st_mode);
		if (S_ISDIR(sb.st_mode))
			describe_folder(path, out);
		else
			file_read(path, out, &ignored);
	}
}

char *builtin_trial_folder(void)
{
	const char *tmp = getenv("TMPDIR");
	auto_free char *folder = xasprintf("%s/gg-builtin-XXXXXX", tmp && *tmp ? tmp : "/tmp");

	return mkdtemp(folder) ? steal(&folder) : NULL;
}

struct strv builtin_trial_environment(const char *variable)
{
	static const char *const dropped[] = { "LD_PRELOAD=", "GG_",  "CLICOLOR",
		                               "EMACS=",      "MAKE", "MFLAGS=" };
	struct strv env = STRV_INIT;

	for (char **e = environ; *e; e++)
		if (!BEGINS_AMONG(*e, dropped))
			strv_add(&env, *e);
	if (variable)
		strv_add(&env, variable);
	return env;
}

/* In a child: as if it were the program. */
static _Noreturn void run_ours(int out, char *const *argv, char **envp)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, 0);
	dup2(out, 1);
	dup2(null, 2);
	environ = envp;
	_exit(find(argv[0], argv)->run(argv));
}

static int capture_ours(char *const *argv, char **envp, struct buf *out)
{
	int pipe_fds[2];
	struct err ignored;
	int status = 0;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0)
		run_ours(pipe_fds[1], argv, envp);
	close(pipe_fds[1]);
	int rc = pid < 0 ? -1 : file_read_fd(pipe_fds[0], out, &ignored);
	close(pipe_fds[0]);
	if (pid > 0 && waitpid(pid, &status, 0) != pid)
		rc = -1;
	return rc < 0 || !WIFEXITED(status) ? -1 : WEXITSTATUS(status);
}

static struct strv trial_argv(const struct trial *t, const char *program, const char *folder)
{
	struct strv argv = STRV_INIT;
	struct err ignored;

	strv_add(&argv, program);
	words_split(t->words, 0, &argv, &ignored);
	if (t->line)
		strv_add(&argv, t->line);
	for (size_t i = 1; i < argv.n; i++) {
		auto_buf word = BUF_INIT;

		buf_adds(&word, argv.v[i]);
		buf_replace(&word, "@", folder);
		free(argv.v[i]);
		argv.v[i] = xstrdup(buf_str(&word));
	}
	return argv;
}

/* All that can be seen of one command, of @program's or of @ours: what it wrote, its status,
 * what it left. */
static bool observe(const struct trial *t, const char *program, bool ours, struct buf *seen)
{
	auto_free char *folder = builtin_trial_folder();
	auto_strv env = builtin_trial_environment(t->variable);
	char **envp = strv_argv(&env);
	struct err ignored;
	int status = -1;

	if (!folder)
		return false;
	auto_free char *file = path_join(folder, t->file);
	auto_free char *parent = path_dir(file);
	auto_strv argv = trial_argv(t, program, folder);
	if (file_mkdirs(parent, 0755, &ignored) == 0 &&
	    file_write(file, t->content, strlen(t->content), 0644, &ignored) == 0)
		status = ours ? capture_ours(argv.v, envp, seen)
		              : proc_capture(argv.v, NULL, envp, seen, NULL, &ignored);
	buf_addf(seen, "\nstatus %d", status);
	describe_folder(folder, seen);
	file_remove_tree(folder, &ignored);
	return status >= 0;
}

/* 1, 0, or -1: it could not be tried. */
static int does_the_same(const char *program)
{
	for (size_t i = 0; i < countof(trials); i++) {
		auto_buf theirs = BUF_INIT;
		auto_buf ours = BUF_INIT;

		if (!is_one_of(trials[i].programs, path_base(program)))
			continue;
		if (!observe(&trials[i], program, false, &theirs) ||
		    !observe(&trials[i], program, true, &ours))
			return -1;
		if (strcmp(buf_str(&theirs), buf_str(&ours)) != 0)
			return 0;
	}
	return 1;
}

/* What a script does may change without its file. */
static bool is_binary(const char *program, struct stat *sb)
{
	char head[SELFMAG];
	auto_fd fd = open(program, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd >= 0 && fstat(fd, sb) == 0 && S_ISREG(sb->st_mode) &&
	       !(sb->st_mode & (S_ISUID | S_ISGID)) &&
	       read(fd, head, sizeof(head)) == (ssize_t)sizeof(head) &&
	       memcmp(head, ELFMAG, SELFMAG) == 0;
}

static bool is_the_same(const char *program)
{
	auto_buf note = BUF_INIT;
	struct stat sb;

	if (!is_binary(program, &sb))
		return false;
	if (known_note_get(KIND, program, &sb, &note) && strcmp(buf_str(&note), TRYING) != 0)
		return strcmp(buf_str(&note), SAME) == 0;
	/* What can't be kept would be found out each time. */
	known_note_put(KIND, program, &sb, TRYING);
	if (!known_note_get(KIND, program, &sb, &note))
		return false;
	int same = does_the_same(program);
	if (same >= 0)
		known_note_put(KIND, program, &sb, same ? SAME : OTHER);
	return same == 1;
}

int builtin_try(const char *program, char *const *argv)
{
	const struct builtin *b = find(program, argv);

	if (!proc_has_standard_fds() || !is_the_same(program))
		return BUILTIN_DECLINED;
	return b ? b->run(argv) : libtool_run(program, argv);
}

int builtin_stand_in(const char *program, char *const *argv)
{
	const struct builtin *b = find(program, argv);

	return b && b->stand_in && is_the_same(program) ? b->stand_in(argv) : BUILTIN_DECLINED;
}

int builtin_run(const char *program, char *const *argv, const char *path)
{
	const struct builtin *b = find(program, argv);
	int status = builtin_try(program, argv);

	if (status != BUILTIN_DECLINED)
		return status;
	return b && b->is_tool ? wrapper_run(program, argv, path, 0) : execute(program, argv);
}

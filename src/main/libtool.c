#include "main/libtool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/among.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/strv.h"
#include "base/words.h"
#include "main/builtin.h"
#include "main/shell.h"
#include "main/spawn.h"
#include "main/wrapper.h"
#include "store/known.h"

static const char KIND[] = "libtool-2"; /* and the version of what is written there */
static const char OTHER[] = "other";
static const char TRYING[] = "in trial";

/* -- the command line -- */

struct compile {
	const char *script;
	const char *tag;
	bool is_silent;
	bool prefers_pic;
	struct strv base; /* the compiler and its options, as they were given */
	struct buf pie;   /* " -fPIE": only for what is not position-independent by itself */
	const char *source;
	const char *object; /* NAME.lo */
};

static void compile_release(struct compile *c)
{
	strv_release(&c->base);
	buf_release(&c->pie);
}

/* Means nothing to a shell, nor to libtool by itself. */
static bool is_plain(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-+=./,:@%";

	return *word && *word != '-' && word[strspn(word, plain)] == '\0';
}

static bool is_printable(const char *word)
{
	for (; *word; word++)
		if (*word < ' ' || *word > '~')
			return false;
	return true;
}

/* libtool's own, or some version's. */
static bool is_its_own(const char *word)
{
	static const char *const words[] = { "-shared", "-static", "-prefer-pic",
		                             "-prefer-non-pic", "-no-suppress" };
	static const char *const prefixes[] = { "-X", "-Wc,", "-Wa," };

	return AMONG(word, words) || BEGINS_AMONG(word, prefixes);
}

static bool is_pie(const char *word)
{
	static const char *const words[] = { "-pie", "-fpie", "-fPIE" };

	return AMONG(word, words);
}

/* Its options, in front of the compiler. */
static char *const *read_options(char *const *argv, struct compile *c)
{
	bool compiles = false;

	for (; *argv && **argv == '-'; argv++) {
		const char *tag = words_after(*argv, "--tag=");

		if (tag && !c->tag)
			c->tag = tag;
		else if (strcmp(*argv, "--silent") == 0 || strcmp(*argv, "--quiet") == 0)
			c->is_silent = true;
		else if (strcmp(*argv, "--mode=compile") == 0)
			compiles = true;
		else
			return NULL;
	}
	return compiles && c->tag && is_plain(c->tag) ? argv : NULL;
}

/* False: it is not for us. */
static bool read_compile(char *const *argv, struct compile *c)
{
	c->script = argv[1];
	for (argv = read_options(argv + 2, c); argv && *argv; argv++) {
		if (strcmp(*argv, "-o") == 0) {
			if (c->object || !argv[1])
				return false;
			c->object = *++argv;
			continue;
		}
		if (is_its_own(*argv) || !is_printable(*argv))
			return false;
		if (strcmp(*argv, "-prefer-pic") == 0) {
			c->prefers_pic = true;
			continue;
		}
		if (is_pie(*argv)) {
			buf_addf(&c->pie, " %s", *argv);
			continue;
		}
		if (c->source)
			strv_add(&c->base, c->source);
		c->source = *argv;
	}
	return c->base.n && c->object && c->source && is_plain(c->source) &&
	       is_plain(c->object) && strcmp(path_ext(c->object), ".lo") == 0 &&
	       path_base(c->object)[0] != '.';
}

bool libtool_is(char *const *argv)
{
	if (!argv[0] || !argv[1] || strcmp(path_base(argv[1]), "libtool") != 0)
		return false;
	for (argv += 2; *argv && **argv == '-'; argv++)
		if (strcmp(*argv, "--mode=compile") == 0)
			return true;
	return false;
}

/* -- what a script does -- */

struct habit {
	bool makes_pic;   /* FOLDER/NAME.o */
	bool makes_plain; /* NAME.o */
	bool is_all_pic;  /* … of position-independent code, too */
	bool sets_locale; /* LC_ALL=C for the compiler, where it is not set */
	bool sets_language;
	char *folder;  /* ".libs"; owned, as all of these */
	char *pic;     /* " -fPIC -DPIC", with the blank in front of it */
	char *version; /* "libtool (GNU libtool) 2.4.7" */
};

static void habit_release(struct habit *h)
{
	free(h->folder);
	free(h->pic);
	free(h->version);
	*h = (struct habit){ 0 };
}

/* The names of what one compile makes. */
struct names {
	char *pic;   /* dir/.libs/a.o */
	char *plain; /* dir/a.o */
};

static void names_release(struct names *n)
{
	free(n->pic);
	free(n->plain);
}

static struct names names_of(const struct compile *c, const struct habit *h)
{
	const char *base = path_base(c->object);
	size_t n = strlen(base) - strlen("lo");
	size_t folder = (size_t)(base - c->object);

	return (struct names){
		xasprintf("%.*s%s/%.*so", (int)folder, c->object, h->folder, (int)n, base),
		xasprintf("%.*s%.*so", (int)folder, c->object, (int)n, base),
	};
}

/* As libtool quotes what it tells. */
static void quote(struct buf *out, const char *word)
{
	bool wrapped = !*word || strpbrk(word, "[]~#^&*(){}|;<>?' ");

	buf_adds(out, wrapped ? "\"" : "");
	for (; *word; word++) {
		if (strchr("\"`$\\", *word))
			buf_addc(out, '\\');
		buf_addc(out, *word);
	}
	buf_adds(out, wrapped ? "\"" : "");
}

static void tell(struct buf *out, const struct compile *c, const char *pic, const char *object,
                 bool is_hidden)
{
	buf_adds(out, "libtool: compile: ");
	for (size_t i = 0; i < c->base.n; i++) {
		buf_addc(out, ' ');
		quote(out, c->base.v[i]);
	}
	buf_addf(out, " %s%s -o %s%s\n", c->source, pic, object,
	         is_hidden ? " >/dev/null 2>&1" : "");
}

static const char *plain_options(const struct compile *c, const struct habit *h)
{
	return h->is_all_pic || c->prefers_pic ? h->pic : buf_str(&c->pie);
}

/* What all of it says. */
static void tell_all(struct buf *out, const struct compile *c, const struct habit *h)
{
	struct names n = names_of(c, h);

	if (h->makes_pic)
		tell(out, c, h->pic, n.pic, false);
	if (h->makes_plain)
		tell(out, c, plain_options(c, h), n.plain, h->makes_pic);
	names_release(&n);
}

static void describe_object(struct buf *out, const struct compile *c, const struct habit *h)
{
	struct names n = names_of(c, h);
	const char *name = path_base(n.plain);

	buf_addf(out,
	         "# %s - a libtool object file\n# Generated by %s\n#\n"
	         "# Please DO NOT delete this file!\n# It is necessary for linking the "
	         "library.\n\n"
	         "# Name of the PIC object.\n",
	         c->object, h->version);
	if (h->makes_pic)
		buf_addf(out, "pic_object='%s/%s'\n", h->folder, name);
	else
		buf_adds(out, "pic_object=none\n");
	buf_adds(out, "\n# Name of the non-PIC object\n");
	if (h->makes_plain)
		buf_addf(out, "non_pic_object='%s'\n\n", name);
	else
		buf_adds(out, "non_pic_object=none\n\n");
	names_release(&n);
}

/* -- learning it -- */

/* What is between @from and @to, owned; or NULL. */
static char *between(const char *text, const char *from, const char *to)
{
	const char *a = strstr(text, from);
	const char *b = a ? strstr(a + strlen(from), to) : NULL;

	return b ? xstrndup(a + strlen(from), (size_t)(b - a) - strlen(from)) : NULL;
}

/* The options of position-independent code: one blank, and plain words. */
static bool is_options(const char *text)
{
	return text && text[0] == ' ' &&
	       text[strspn(
		       text,
		       " -_=./"
		       ",+abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] ==
	               '\0';
}

/* From what was said for sub/t.lo of t.c; what is guessed wrong shows when it is told again. */
static bool guess(struct habit *h, const char *said, const char *object)
{
	char *pic_object = between(object, "pic_object='", "/t.o'");

	h->version = between(object, "# Generated by ", "\n");
	h->makes_pic = pic_object && *pic_object;
	h->makes_plain = strstr(object, "non_pic_object='") != NULL;
	h->folder = h->makes_pic ? pic_object : xstrdup(".libs");
	if (!h->makes_pic)
		free(pic_object);
	h->pic = between(said, " t.c", " -o ");
	return h->version && is_options(h->pic) && is_plain(h->folder) &&
	       is_printable(h->version) && !strchr(h->version, '\t');
}

/* Sorted lines, without those that only a shell can see, or that no compiler asks for. */
static struct strv lines_of(const char *text)
{
	static const char *const unseen[] = { "_=",   "SHLVL=",  "DUALCASE=", "BIN_SH=",
		                              "PWD=", "OLDPWD=", "CDPATH=" };
	struct strv lines = STRV_INIT;

	for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (!BEGINS_AMONG(at, unseen))
			strv_addn(&lines, at, strcspn(at, "\n"));
	strv_sort(&lines);
	return lines;
}

/* What the compiler's environment was, beside ours. */
static bool guess_environment(struct habit *h, char *const *envp, const char *seen)
{
	auto_buf text = BUF_INIT;

	h->sets_locale = !proc_env(envp, "LC_ALL") && strstr(seen, "LC_ALL=C\n");
	h->sets_language = !proc_env(envp, "LANGUAGE") && strstr(seen, "LANGUAGE=C\n");
	for (; *envp; envp++)
		buf_addf(&text, "%s\n", *envp);
	buf_adds(&text, h->sets_locale ? "LC_ALL=C\n" : "");
	buf_adds(&text, h->sets_language ? "LANGUAGE=C\n" : "");
	auto_strv ours = lines_of(buf_str(&text));
	auto_strv theirs = lines_of(seen);
	bool same = ours.n == theirs.n;
	for (size_t i = 0; i < ours.n && same; i++)
		same = strcmp(ours.v[i], theirs.v[i]) == 0;
	return same;
}

static bool read_in(const char *folder, const char *name, struct buf *out)
{
	auto_free char *path = path_join(folder, name);
	struct err ignored;

	return file_read(path, out, &ignored) == 0;
}

/* Does it say all that was said, and write what was written? */
static bool is_so(const struct habit *h, const struct compile *c, const char *said,
                  const char *object)
{
	auto_buf ours = BUF_INIT;
	auto_buf written = BUF_INIT;

	tell_all(&ours, c, h);
	describe_object(&written, c, h);
	return strcmp(buf_str(&ours), said) == 0 && strcmp(buf_str(&written), object) == 0;
}

/* 1; 0: it does something else; -1: it could not be tried. */
static int try_script(const char *shell, const char *script, const char *tag, struct habit *h)
{
	auto_free char *folder = builtin_trial_folder();
	auto_free char *mode = xasprintf("--tag=%s", tag);
	auto_strv env = builtin_trial_environment(NULL);
	char *argv[] = { (char *)shell,
		         (char *)script,
		         mode,
		         "--mode=compile",
		         "sh",
		         "-c",
		         "env >environment",
		         "-DA=\"a\"",
		         "-DB=\"b c\"",
		         "-DC='c'",
		         "-DD=$d\\`",
		         "-E=e#",
		         "-DF=f!",
		         "-fPIE",
		         "-MT",
		         "t.lo",
		         "-c",
		         "-o",
		         "sub/t.lo",
		         "t.c",
		         NULL };
	struct compile c = { 0 };
	auto_buf said = BUF_INIT, object = BUF_INIT, environment = BUF_INIT;
	struct err ignored;

	auto_free char *sub = folder ? path_join(folder, "sub") : NULL;
	if (!sub || mkdir(sub, 0777) < 0)
		return -1;
	int status = proc_capture(argv, folder, strv_argv(&env), &said, &said, &ignored);
	bool good = status == 0 && read_in(folder, "sub/t.lo", &object) &&
	            read_in(folder, "environment", &environment) && read_compile(argv, &c) &&
	            guess(h, buf_str(&said), buf_str(&object)) &&
	            guess_environment(h, env.v, buf_str(&environment));
	if (good && !is_so(h, &c, buf_str(&said), buf_str(&object))) {
		h->is_all_pic = true;
		good = is_so(h, &c, buf_str(&said), buf_str(&object));
	}
	compile_release(&c);
	file_remove_tree(folder, &ignored);
	return status < 0 ? -1 : good;
}

/* Whether the user's locale is set decides what the script sets. */
static char *key_of(const char *script, const char *tag)
{
	return xasprintf("%s %s%s%s", script, tag, getenv("LC_ALL") ? " LC_ALL" : "",
	                 getenv("LANGUAGE") ? " LANGUAGE" : "");
}

static char *write_habit(const struct habit *h)
{
	return xasprintf("%d%d%d%d%d\t%s\t%s\t%s", h->makes_pic, h->makes_plain, h->is_all_pic,
	                 h->sets_locale, h->sets_language, h->folder, h->pic, h->version);
}

static bool read_habit(struct habit *h, const char *note)
{
	auto_free char *text = xstrdup(note);
	char *rest = NULL;
	const char *flags = strtok_r(text, "\t", &rest);
	const char *folder = strtok_r(NULL, "\t", &rest);
	const char *pic = strtok_r(NULL, "\t", &rest);

	if (!flags || strlen(flags) != 5 || !folder || !pic || !*rest)
		return false;
	*h = (struct habit){
		.makes_pic = flags[0] == '1',
		.makes_plain = flags[1] == '1',
		.is_all_pic = flags[2] == '1',
		.sets_locale = flags[3] == '1',
		.sets_language = flags[4] == '1',
		.folder = xstrdup(folder),
		.pic = xstrdup(pic),
		.version = xstrdup(rest),
	};
	return true;
}

/* Known, or found out now. */
static bool habit_of(const char *shell, const struct compile *c, struct habit *h)
{
	auto_free char *cwd = getcwd(NULL, 0);
	auto_free char *script = cwd ? path_absolute(cwd, c->script) : NULL;
	auto_free char *key = script ? key_of(script, c->tag) : NULL;
	auto_buf note = BUF_INIT;
	struct stat sb;

	if (!key || stat(script, &sb) < 0 || !S_ISREG(sb.st_mode))
		return false;
	if (known_note_get(KIND, key, &sb, &note) && strcmp(buf_str(&note), TRYING) != 0)
		return read_habit(h, buf_str(&note));
	/* What can't be kept would be found out each time. */
	known_note_put(KIND, key, &sb, TRYING);
	if (!known_note_get(KIND, key, &sb, &note))
		return false;
	int same = try_script(shell, script, c->tag, h);
	auto_free char *found = same == 1 ? write_habit(h) : xstrdup(OTHER);
	if (same >= 0)
		known_note_put(KIND, key, &sb, found);
	return same == 1;
}

/* -- carrying it out -- */

static void add_options(struct strv *words, const char *options)
{
	while (*(options += strspn(options, " "))) {
		strv_addn(words, options, strcspn(options, " "));
		options += strcspn(options, " ");
	}
}

/* In a process of its own, as the compiler is one for the script. */
static int compile(const struct compile *c, const struct habit *h, const char *tool,
                   const char *pic, const char *object, bool is_hidden)
{
	auto_strv words = STRV_INIT;
	auto_buf message = BUF_INIT;
	struct err ignored;

	strv_add_all(&words, c->base.v);
	strv_add(&words, c->source);
	add_options(&words, pic);
	strv_add(&words, "-o");
	strv_add(&words, object);
	tell(&message, c, pic, object, is_hidden);
	if (!c->is_silent)
		file_write_fd(STDOUT_FILENO, message.data, message.len, &ignored);
	pid_t pid = fork();
	if (pid != 0)
		return pid < 0 ? 1 : spawn_wait(pid);
	if (h->sets_locale)
		setenv("LC_ALL", "C", 1);
	if (h->sets_language)
		setenv("LANGUAGE", "C", 1);
	int null = is_hidden ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
	if (null >= 0) {
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	auto_free char *path = xstrdup(getenv("PATH") ? getenv("PATH") : WRAPPER_DEFAULT_PATH);
	_exit(wrapper_run(tool, words.v, path, 0));
}

static bool erase_one(const char *name)
{
	return unlink(name) == 0 || errno == ENOENT || errno == ENOTDIR;
}

/* False: rm would have something to say. */
static bool erase(const struct compile *c, const struct habit *h, const struct names *n)
{
	auto_free char *unfinished = xasprintf("%sT", c->object);

	return (!h->makes_plain || erase_one(n->plain)) && erase_one(n->pic) &&
	       erase_one(c->object) && erase_one(unfinished);
}

static int write_object(const struct compile *c, const struct habit *h)
{
	auto_free char *unfinished = xasprintf("%sT", c->object);
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;

	describe_object(&text, c, h);
	int fd = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	bool good = fd >= 0 && file_write_fd(fd, text.data, text.len, &err) == 0;
	if (fd >= 0)
		good = close(fd) == 0 && good;
	if (good && rename(unfinished, c->object) == 0)
		return 0;
	fprintf(stderr, "libtool: %s: %s\n", c->object, strerror(errno));
	return 1;
}

/* Also of objects that stood there. False: the script will find out why. */
static bool prepare(const struct compile *c, const struct habit *h, const struct names *n)
{
	auto_free char *folder = path_dir(n->pic);
	struct err ignored;

	return erase(c, h, n) && (!h->makes_pic || file_mkdirs(folder, 0777, &ignored) == 0);
}

/* The script fails with 1, whatever the compiler fails with. */
static int make_objects(const struct compile *c, const struct habit *h, const char *tool)
{
	struct names n = names_of(c, h);
	int status = prepare(c, h, &n) ? 0 : BUILTIN_DECLINED;

	if (h->makes_pic && status == 0)
		status = compile(c, h, tool, h->pic, n.pic, false) != 0;
	if (h->makes_plain && status == 0) {
		status = compile(c, h, tool, plain_options(c, h), n.plain, h->makes_pic) != 0;
		if (status)
			erase(c, h, &n);
	}
	names_release(&n);
	return status ? status : write_object(c, h);
}

int libtool_run(const char *shell, char *const *argv)
{
	struct compile c = { 0 };
	struct habit h = { 0 };
	int status = BUILTIN_DECLINED;

	if (read_compile(argv, &c) && shell_is_usual(c.base.v[0])) {
		auto_free char *program = spawn_find(c.base.v[0]);
		auto_free char *tool = program ? spawn_tool(program, c.base.v) : NULL;

		if (tool && !builtin_is(tool, c.base.v) && habit_of(shell, &c, &h) &&
		    (h.makes_pic || !c.prefers_pic))
			status = make_objects(&c, &h, tool);
	}
	compile_release(&c);
	habit_release(&h);
	return status;
}

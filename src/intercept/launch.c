#include "intercept/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/among.h"
#include "base/sequence.h"
#include "intercept/ask.h"
#include "intercept/target.h"

enum { ADDED_MAX = 4, LINKS_MAX = 8 };

/* The variables of one environment. */
struct scene {
	const char *session;
	const char *mode;
	const char *dir;
	const char *models;
	const char *base_path;
	const char *wrapper;
	const char *call; /* in its place */
	const char *library;
	const char *preload;
	const char *libraries;
	const char *audit;
	const char *path;
	const char *bypass;
};

static void look_around(char *const *envp, struct scene *s)
{
	const struct {
		const char *key;
		const char **value;
	} wanted[] = {
		{ LAUNCH_SESSION, &s->session }, { LAUNCH_MODE, &s->mode },
		{ LAUNCH_DIR, &s->dir },         { LAUNCH_MODELS, &s->models },
		{ LAUNCH_PATH, &s->base_path },  { LAUNCH_WRAPPER, &s->wrapper },
		{ LAUNCH_CALL, &s->call },       { LAUNCH_LIBRARY, &s->library },
		{ LAUNCH_PRELOAD, &s->preload }, { "PATH=", &s->path },
		{ LAUNCH_BYPASS, &s->bypass },   { "LD_LIBRARY_PATH=", &s->libraries },
		{ "LD_AUDIT=", &s->audit },
	};

	*s = (struct scene){ 0 };
	for (; envp && *envp; envp++) {
		char c = **envp;

		if (c != 'G' && c != 'L' && c != 'P')
			continue;
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
			size_t n = strlen(wanted[i].key);

			if (strncmp(*envp, wanted[i].key, n) == 0)
				*wanted[i].value = *envp + n;
		}
	}
}

const char *launch_env(char *const *envp, const char *key)
{
	size_t n = strlen(key);

	for (; *envp; envp++)
		if (strncmp(*envp, key, n) == 0)
			return *envp + n;
	return NULL;
}

/* One that gg set for a build, whose programs all go by it. */
static bool is_own(const char *variable)
{
	static const char *const keys[] = { LAUNCH_SESSION, LAUNCH_MODE,    LAUNCH_DIR,
		                            LAUNCH_BYPASS,  LAUNCH_MODELS,  LAUNCH_PATH,
		                            LAUNCH_WRAPPER, LAUNCH_LIBRARY, LAUNCH_BASE,
		                            LAUNCH_CALL };

	return BEGINS_AMONG(variable, keys);
}

bool launch_keep(char *const *envp, char *text, size_t room, char *own[LAUNCH_OWN_MAX])
{
	size_t n = 0;

	for (; *envp && n < LAUNCH_OWN_MAX - 1; envp++) {
		if (strncmp(*envp, "GG_", 3) != 0 || !is_own(*envp))
			continue;
		size_t len = strlen(*envp) + 1;
		if (len > room)
			return false;
		memcpy(text, *envp, len);
		own[n++] = text;
		text += len;
		room -= len;
	}
	own[n] = NULL;
	return true;
}

bool launch_has_placeholders(const char *mode)
{
	return mode && strcmp(mode, "wait") != 0;
}

size_t launch_room(const char *path, char *const *envp)
{
	size_t n = 0;
	size_t text = strlen(path);

	for (; envp && envp[n]; n++)
		if (envp[n][0] == 'G' || envp[n][0] == 'L' || envp[n][0] == 'P')
			text += strlen(envp[n]) + 1;
	/* each of them may be written anew, with the models' folder or the library before it */
	return (n + ADDED_MAX + 1) * sizeof(char *) + 3 * text + PATH_MAX + 256;
}

/* -- the environment anew -- */

struct writer {
	char **envp;
	size_t n;
	char *text;
};

/* Copies the vector; what is added later takes the place of what has the same key. */
static void writer_begin(struct writer *w, const struct launch *l)
{
	size_t n = 0;

	while (l->envp[n])
		n++;
	w->envp = (char **)(void *)l->room;
	w->n = n;
	w->text = l->room + (n + ADDED_MAX + 1) * sizeof(char *);
	memcpy(w->envp, l->envp, (n + 1) * sizeof(char *));
}

static char *writer_put(struct writer *w, const char *text, size_t len)
{
	char *at = w->text;

	memcpy(at, text, len);
	w->text += len;
	*w->text = '\0';
	return at;
}

static size_t writer_find(const struct writer *w, const char *key)
{
	size_t i = 0;

	while (i < w->n && strncmp(w->envp[i], key, strlen(key)) != 0)
		i++;
	return i;
}

/* K=abc, of pieces; ends what was written. */
static void writer_set(struct writer *w, const char *key, const char *a, const char *b,
                       const char *c)
{
	size_t i = writer_find(w, key);
	char *at = writer_put(w, key, strlen(key));

	writer_put(w, a, strlen(a));
	writer_put(w, b, strlen(b));
	writer_put(w, c, strlen(c));
	w->text++;
	w->envp[i] = at;
	if (i == w->n)
		w->envp[++w->n] = NULL;
}

static void writer_drop(struct writer *w, const char *key)
{
	size_t i = writer_find(w, key);

	if (i < w->n)
		memmove(w->envp + i, w->envp + i + 1, (w->n-- - i) * sizeof(char *));
}

/* LD_PRELOAD=list without the library. */
static void writer_drop_library(struct writer *w, const char *list, const char *library)
{
	const char *hit = strstr(list, library);
	size_t i = writer_find(w, LAUNCH_PRELOAD);

	if (!hit || i == w->n)
		return;
	const char *rest = hit + strlen(library);
	size_t before = (size_t)(hit - list);
	if (*rest == ':' || *rest == ' ')
		rest++;
	else if (before)
		before--;
	if (before == 0 && !*rest) {
		writer_drop(w, LAUNCH_PRELOAD);
		return;
	}
	char *at = writer_put(w, LAUNCH_PRELOAD, strlen(LAUNCH_PRELOAD));
	writer_put(w, list, before);
	writer_put(w, rest, strlen(rest));
	w->text++;
	w->envp[i] = at;
}

/* -- tools -- */

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Is path's folder one of those on @list? */
static bool is_on_path(const char *path, const char *list)
{
	size_t n = (size_t)(base_of(path) - path) - 1;

	for (const char *p = list; p; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL) {
		size_t len = strcspn(p, ":");

		while (len > 1 && p[len - 1] == '/')
			len--;
		if (len == n && memcmp(p, path, n) == 0)
			return true;
	}
	return false;
}

static bool is_linked(const char *models, const char *name)
{
	char full[PATH_MAX];
	size_t n = strlen(models);
	size_t len = strlen(name);

	if (n + len + 2 > sizeof(full))
		return false;
	memcpy(full, models, n);
	full[n] = '/';
	memcpy(full + n + 1, name, len + 1);
	return syscall(SYS_faccessat, AT_FDCWD, full, X_OK) == 0;
}

/* Compilers that are on nobody's PATH, as a cross compiler that CMake was told of. */
static bool is_compiler(const char *name)
{
	static const char *const names[] = { "ar",  "c++", "cc",       "clang", "clang++",
		                             "g++", "gcc", "gfortran", "ranlib" };
	size_t len = strlen(name);
	size_t end = len;

	while (end && ((name[end - 1] >= '0' && name[end - 1] <= '9') || name[end - 1] == '.'))
		end--;
	if (end && end < len && name[end - 1] == '-')
		len = end - 1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t n = strlen(names[i]);

		if (len >= n && memcmp(name + len - n, names[i], n) == 0 &&
		    (len == n || name[len - n - 1] == '-'))
			return true;
	}
	return false;
}

/* Below the folder that holds gg's? What stands there may be a product. */
static bool is_of_project(const char *path, const char *gg_dir)
{
	size_t n = gg_dir ? (size_t)(base_of(gg_dir) - gg_dir) : 0;

	return n > 1 && strncmp(path, gg_dir, n) == 0;
}

/* A shell's exec tries every folder of PATH in turn, and goes on where nothing is. */
static bool is_program(const char *path)
{
	struct stat st;

	return syscall(SYS_newfstatat, AT_FDCWD, path, &st, 0) == 0 && S_ISREG(st.st_mode) &&
	       syscall(SYS_faccessat, AT_FDCWD, path, X_OK) == 0;
}

static bool is_tool_here(const char *path, const struct scene *s)
{
	if (path[0] != '/')
		return false;
	if (is_on_path(path, s->base_path))
		return is_linked(s->models, base_of(path)) && is_program(path);
	return is_compiler(base_of(path)) && !is_of_project(path, s->dir) && is_program(path);
}

static bool has_models(const struct scene *s)
{
	return s->models && s->wrapper && s->base_path && !s->bypass;
}

/* The tool, also behind a link that a build has made to it: then the tool's path. */
static const char *tool_of(const char *path, const struct scene *s, char target[PATH_MAX])
{
	if (!has_models(s))
		return NULL;
	if (is_tool_here(path, s))
		return path;
	if (target_is_system(path) || is_on_path(path, s->base_path))
		return NULL;
	ssize_t n = syscall(SYS_readlinkat, AT_FDCWD, path, target, PATH_MAX - 1);
	if (n <= 0)
		return NULL;
	target[n] = '\0';
	return is_tool_here(target, s) ? target : NULL;
}

/* -- builtins: commands that the wrapper may carry out itself; it says in the end -- */

/* What CMake's makefiles have it do. */
static bool is_message(const char *path, char *const *v, const struct scene *s)
{
	static const char *const names[] = { "cmake_echo_color", "cmake_link_script", "rm" };

	return v[0] && v[1] && v[2] && strcmp(v[1], "-E") == 0 && AMONG(v[2], names) &&
	       path[0] == '/' && strcmp(base_of(path), "cmake") == 0 &&
	       !is_of_project(path, s->dir) && is_program(path);
}

static bool is_shell(const char *path)
{
	static const char *const shells[] = { "bash", "dash", "sh" };

	return AMONG(base_of(path), shells) && target_is_system(path);
}

/* sh libtool --mode=compile …, by the first of its words */
static bool is_libtool(const char *path, char *const *v)
{
	enum { OPTIONS_MAX = 4 };

	if (!v[0] || !v[1] || !is_shell(path) || strcmp(base_of(v[1]), "libtool") != 0)
		return false;
	for (size_t i = 2; v[i] && i < 2 + OPTIONS_MAX; i++)
		if (strcmp(v[i], "--mode=compile") == 0)
			return is_program(path);
	return false;
}

/* A command's first words, cut where there is no room. */
struct head {
	char name[PATH_MAX];
	char words[5][256];
	size_t n;
	size_t len; /* of the word that is being read */
};

static void head_take(void *arg, enum sequence_part part, struct span text)
{
	struct head *h = arg;
	size_t room = h->n ? sizeof(h->words[0]) : sizeof(h->name);
	char *word = h->n ? h->words[h->n - 1] : h->name;

	if (h->n > countof(h->words))
		return;
	if (text.len > room - 1 - h->len)
		text.len = room - 1 - h->len;
	memcpy(word + h->len, text.text, text.len);
	h->len += text.len;
	word[h->len] = '\0';
}

static void head_begin_word(struct head *h)
{
	h->n++;
	h->len = 0;
	if (h->n <= countof(h->words))
		h->words[h->n - 1][0] = '\0';
}

/* By a name that is looked for on PATH, whatever it will be found to be. */
static bool is_command(const char *name, const struct scene *s)
{
	static const char *const ours[] = LAUNCH_SHELL_COMMANDS;
	/* reserved words and builtins of dash and bash that a program could be named after */
	static const char *const theirs[] = {
		".",        "[",       "alias",    "bg",     "bind",      "break",
		"builtin",  "caller",  "case",     "chdir",  "command",   "compgen",
		"complete", "compopt", "continue", "coproc", "declare",   "dirs",
		"disown",   "do",      "done",     "elif",   "else",      "enable",
		"esac",     "eval",    "exec",     "exit",   "export",    "false",
		"fc",       "fg",      "fi",       "for",    "function",  "getopts",
		"hash",     "help",    "history",  "if",     "in",        "jobs",
		"kill",     "let",     "local",    "logout", "mapfile",   "popd",
		"printf",   "pushd",   "pwd",      "read",   "readarray", "readonly",
		"return",   "select",  "set",      "shift",  "shopt",     "source",
		"suspend",  "test",    "then",     "time",   "times",     "trap",
		"type",     "typeset", "ulimit",   "umask",  "unalias",   "unset",
		"until",    "wait",    "while",
	};

	return AMONG(name, ours) || (!AMONG(name, theirs) && is_linked(s->models, name));
}

static bool head_is_ours(struct head *h, const struct scene *s)
{
	char target[PATH_MAX];
	char *v[countof(h->words) + 2] = { h->name };

	for (size_t i = 0; i < countof(h->words) && i + 1 < h->n; i++)
		v[i + 1] = h->words[i];
	if (!strchr(h->name, '/'))
		return is_command(h->name, s);
	return is_message(h->name, v, s) || is_libtool(h->name, v) ||
	       tool_of(h->name, s, target);
}

/* Does it run what the wrapper stands for, and nothing that needs a shell? */
static bool is_line_of_tools(const char *line, const struct scene *s)
{
	struct sequence q;
	struct head h = { .n = 0 };

	for (sequence_begin(&q, line);;) {
		switch (sequence_read(&q, head_take, &h)) {
		case SEQUENCE_BAD: return false;
		case SEQUENCE_WORD: head_begin_word(&h); continue;
		case SEQUENCE_ASSIGNMENT: break;
		case SEQUENCE_END: return h.n ? head_is_ours(&h, s) : q.at != line;
		default:
			if (h.n && !head_is_ours(&h, s))
				return false;
		}
		h.n = h.len = 0;
		h.name[0] = '\0';
	}
}

/* sh -c LINE */
static bool is_shell_line(const char *path, char *const *v, const struct scene *s)
{
	static const char *const options[] = { "-c", "-ec" };

	/* who looks along PATH may ask for one that is not there */
	return v[0] && v[1] && v[2] && !v[3] && AMONG(v[1], options) && is_shell(path) &&
	       is_line_of_tools(v[2], s) && is_program(path);
}

static bool is_builtin(const struct launch *l, const struct scene *s)
{
	return l->argv && has_models(s) &&
	       (is_message(l->path, l->argv, s) || is_libtool(l->path, l->argv) ||
	        is_shell_line(l->path, l->argv, s));
}

static void launch_wrapper(struct launch *l, const char *wrapper, const char *tool)
{
	struct writer w;

	writer_begin(&w, l);
	writer_set(&w, LAUNCH_TOOL, tool, "", "");
	l->path = wrapper;
	l->envp = w.envp;
}

/* -- other programs -- */

static void launch_opaque(struct launch *l, const struct scene *s)
{
	struct writer w;

	if (!l->is_first && launch_has_placeholders(s->mode))
		ask(s->session, "settle", NULL, NULL, true);
	if (s->bypass || !s->models || !s->base_path)
		return;
	writer_begin(&w, l);
	if (s->preload && s->library)
		writer_drop_library(&w, s->preload, s->library);
	if (s->path && strncmp(s->path, s->models, strlen(s->models)) != 0)
		writer_set(&w, "PATH=", s->models, ":", s->path);
	if (launch_has_placeholders(s->mode))
		writer_set(&w, LAUNCH_MODE, "wait", "", "");
	l->envp = w.envp;
}

/* Are there libraries among what it loads that may be products? The loader does not ask us. */
static bool loads_products(const struct launch *l, const struct scene *s)
{
	const char *mine = s->preload && s->library ? strstr(s->preload, s->library) : NULL;

	return !target_is_system(l->path) || (s->libraries && *s->libraries) ||
	       (s->audit && *s->audit) ||
	       (s->preload && *s->preload &&
	        (mine != s->preload || mine[strlen(s->library)] != '\0'));
}

/* What starts programs as another user, or in namespaces or a root where the session may be out
 * of reach: all must be real before, as for a program without the library. */
static bool is_leaver(const char *path)
{
	static const char *const names[] = { "bwrap",   "capsh",   "chroot",  "firejail",
		                             "nsenter", "runuser", "setpriv", "unshare" };

	return AMONG(base_of(path), names);
}

static void launch_hooked(struct launch *l, const struct scene *s)
{
	bool has_placeholders = launch_has_placeholders(s->mode);
	bool leaves = has_placeholders && is_leaver(l->path);
	bool lacks_library = s->library && !(s->preload && strstr(s->preload, s->library));
	struct writer w;

	if (!l->is_first && has_placeholders && (leaves || loads_products(l, s)))
		ask(s->session, "settle", leaves ? NULL : ".so", NULL, true);
	if (!lacks_library && !leaves)
		return;
	writer_begin(&w, l);
	if (leaves)
		writer_set(&w, LAUNCH_MODE, "wait", "", "");
	if (lacks_library && s->preload && *s->preload)
		writer_set(&w, LAUNCH_PRELOAD, s->library, ":", s->preload);
	else if (lacks_library)
		writer_set(&w, LAUNCH_PRELOAD, s->library, "", "");
	l->envp = w.envp;
}

/* Programs of the system that start tools. */
static bool is_starter(const char *path)
{
	static const char *const names[] = { "bash", "cmake", "dash", "gmake", "ksh",
		                             "make", "ninja", "samu", "sh",    "zsh" };

	return AMONG(base_of(path), names) && target_is_system(path);
}

bool launch_belongs(const struct launch *l, char *const *own)
{
	struct scene s;
	char target[PATH_MAX];

	look_around(own, &s);
	/* not where it lies no more, in another root */
	return s.library && syscall(SYS_faccessat, AT_FDCWD, s.library, R_OK) == 0 &&
	       (is_starter(l->path) || tool_of(l->path, &s, target));
}

void launch_prepare(struct launch *l)
{
	struct scene s;
	char target[PATH_MAX];
	int saved = errno;

	look_around(l->envp, &s);
	if (s.session && s.library) {
		const char *tool = l->is_declined      ? NULL
		                   : is_builtin(l, &s) ? l->path
		                                       : tool_of(l->path, &s, target);
		char real[PATH_MAX];
		enum target_kind kind =
			tool ? TARGET_NONE : target_inspect(l->path, real, sizeof(real));

		/* also where it is a script's interpreter */
		if (kind == TARGET_PLACEHOLDER && !l->is_first &&
		    ask(s.session, "force", real, NULL, true) == 0)
			kind = target_inspect(l->path, real, sizeof(real));
		if (tool)
			launch_wrapper(l, s.call && !l->is_first ? s.call : s.wrapper, tool);
		else if (kind == TARGET_OPAQUE)
			launch_opaque(l, &s);
		else if (kind == TARGET_HOOKED)
			launch_hooked(l, &s);
	}
	errno = saved;
}

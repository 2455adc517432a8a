#include "model/scratch.h"

#include <string.h>
#include <sys/stat.h>

#include "base/among.h"
#include "base/clock.h"
#include "base/proc.h"
#include "store/look.h"

enum {
	PROCESS = SCRATCH_KINDS - 1,
	LINEAGE_MAX = 8,
	STEM_MIN = 3,
	ID_MAX = 7, /* digits: Linux has no larger ones than 2^22 */
	QUESTION_MAX = 16 << 10,
	SLACK_NS = 20000000, /* a tick of both clocks */
};

/* CMake 3.1 to 3.31: Source/cmCoreTryCompile.cxx. Meson: Python's tempfile, in its scratch
 * folder. */
static const struct kind {
	const char *prefix;
	size_t n; /* letters, digits and "_" that follow, and no more */
	const char *inside;
} kinds[PROCESS] = {
	{ "CMakeFiles/CMakeScratch/TryCompile-", 6,
	  "CMakeFiles/CMakeScratch/TryCompile-ggggg0" },
	{ "cmTC_", 5, "cmTC_gggg0" },
	{ "meson-private/tmp", 8, "meson-private/tmpgggggg_0" },
};

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_';
}

/* The next name of this kind in @text, or NULL. */
static const char *find_name(const char *text, const struct kind *k)
{
	size_t len = strlen(k->prefix);

	for (const char *at = text; (at = strstr(at, k->prefix)); at++) {
		size_t n = 0;

		while (is_word(at[len + n]))
			n++;
		if (n == k->n)
			return at;
	}
	return NULL;
}

/* Learns the one name of each kind in @text; false: there are two. */
static bool learn(struct plan *p, const char *text)
{
	for (size_t i = 0; i < countof(kinds); i++) {
		struct scratch_name *name = &p->scratch[i];
		size_t len = strlen(kinds[i].prefix) + kinds[i].n;

		for (const char *at = text; (at = find_name(at, &kinds[i])); at += len) {
			if (name->outside && strncmp(name->outside, at, len) != 0)
				return false;
			if (!name->outside)
				*name = (struct scratch_name){ xstrndup(at, len),
					                       xstrdup(kinds[i].inside) };
		}
	}
	return true;
}

static bool learn_all(struct plan *p, const struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (!learn(p, v->v[i]))
			return false;
	return true;
}

bool scratch_is_used(const struct plan *p)
{
	for (size_t i = 0; i < SCRATCH_KINDS; i++)
		if (p->scratch[i].outside)
			return true;
	return false;
}

static void forget(struct scratch_name *name)
{
	free(name->outside);
	free(name->inside);
	*name = (struct scratch_name){ 0 };
}

void scratch_forget(struct plan *p)
{
	for (size_t i = 0; i < SCRATCH_KINDS; i++)
		forget(&p->scratch[i]);
}

static bool has_name(const char *text)
{
	for (size_t i = 0; i < countof(kinds); i++)
		if (find_name(text, &kinds[i]))
			return true;
	return false;
}

/* Options of which a result, or a further file, has paths in it. What is printed gets the real
 * names again. */
static bool shows_paths(const struct plan *p)
{
	static const char *const signs[] = {
		"-g",          "--coverage",   "-coverage", "-fprofile", "-ftest-coverage",
		"-save-temps", "--save-temps", "@"
	};
	static const char *const texts[] = { "-E", "-S", "-M", "-MM" };
	static const char *const words[] = { "-v", "-###" };
	const struct strv *args = &p->thunk->args;
	bool printed = p->n_outputs == 1 && p->outputs[0].kind == OUTPUT_STDOUT;

	for (size_t i = 1; i < args->n; i++) {
		const char *a = args->v[i];

		if (BEGINS_AMONG(a, signs) || AMONG(a, words) ||
		    (!printed && AMONG(a, texts)) ||
		    (strncmp(a, "-Wl,", 4) == 0 && has_name(a)))
			return true;
	}
	return false;
}

/* The text of a link is an object of its own, and is not rewritten. */
static bool links_are_free(const struct plan *p)
{
	for (size_t i = 0; i < p->own.n; i++) {
		auto_buf text = BUF_LIMIT(4096);

		if (!S_ISLNK(p->own.v[i].mode))
			continue;
		if (store_get(p->call->store, &p->own.v[i].id, &text, NULL) < 0 ||
		    has_name(buf_str(&text)))
			return false;
	}
	return true;
}

static void map_string(const struct plan *p, char **text)
{
	for (size_t i = 0; *text && i < SCRATCH_KINDS; i++) {
		/* as long as the other: in place */
		const struct scratch_name *name = &p->scratch[i];

		for (char *at = *text; name->outside && (at = strstr(at, name->outside)); at++)
			memcpy(at, name->inside, strlen(name->inside));
	}
}

static void map_strv(const struct plan *p, struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		map_string(p, &v->v[i]);
}

static void map_refs(const struct plan *p, struct thunk_refs *refs)
{
	for (size_t i = 0; i < refs->n; i++)
		map_string(p, &refs->v[i].name);
}

/* Fortran's modules name their source, and are compressed. */
static bool makes_modules(const struct plan *p)
{
	for (size_t i = 0; i < p->n_outputs; i++)
		if (p->outputs[i].kind == OUTPUT_MODULE)
			return true;
	return false;
}

/* -- a process id in a name -- */

/* Whom this process comes from; read when it is first asked for. */
struct lineage {
	struct proc_ancestor v[LINEAGE_MAX];
	size_t n;
	bool is_read;
};

static const struct proc_ancestor *find_ancestor(struct lineage *l, const char *digits,
                                                 size_t n)
{
	long pid = strtol(digits, NULL, 10);

	if (!l->is_read)
		l->n = proc_lineage(l->v, LINEAGE_MAX);
	l->is_read = true;
	for (size_t i = 0; i < l->n && digits[0] != '0' && n <= ID_MAX; i++)
		if (l->v[i].pid == pid)
			return &l->v[i];
	return NULL;
}

static bool is_of_name(char c)
{
	return is_word(c) || c == '-';
}

/* Where the id of a process that this one comes from begins in a name of @len characters: after
 * some letters, as in "ztest$$" or "vpx-conf-$$-$RANDOM". NULL: nowhere. */
static const char *find_id(const char *name, size_t len, struct lineage *line,
                           const struct proc_ancestor **who)
{
	size_t n;

	for (const char *at = name; at < name + len; at += n ? n : 1) {
		n = strspn(at, "0123456789");
		if (n >= 2 && at - name >= STEM_MIN && (*who = find_ancestor(line, at, n)))
			return at;
	}
	return NULL;
}

/* The first name with such an id in @text; its inside has another letter for all that may be
 * made up. Without one @out stays. */
static void name_of_process(const char *text, struct lineage *line, struct scratch_name *out,
                            const struct proc_ancestor **who)
{
	size_t len;

	for (const char *at = text; *at; at += len ? len : 1) {
		len = 0;
		while (is_of_name(at[len]))
			len++;
		const char *id = find_id(at, len, line, who);
		if (!id)
			continue;
		*out = (struct scratch_name){ xstrndup(at, len), xstrndup(at, len) };
		for (char *c = out->inside + (id - at); *c; c++)
			*c = *c == '-' ? '-' : 'g';
		return;
	}
}

/* Options that have no say in how a name gets into a result. */
static bool is_plain(const char *option)
{
	static const char *const plain[] = { "-c",    "-w",    "-ansi",  "-pthread",
		                             "-pipe", "-fPIC", "-fpic",  "-fPIE",
		                             "-fpie", "-pie",  "-no-pie" };
	static const char *const begin[] = { "-o", "-O", "-I", "-D",    "-U",
		                             "-l", "-L", "-m", "-std=", "-pedantic" };

	return AMONG(option, plain) || BEGINS_AMONG(option, begin) || option[0] != '-' ||
	       (option[1] == 'W' && !strchr(option, ','));
}

/* Words that make the name of the source a part of the program, which may go on from there. */
static bool asks_for_name(const char *text)
{
	static const char *const words[] = { "__FILE", "__BASE_FILE__", "builtin_FILE",
		                             "source_location" };

	for (size_t i = 0; i < countof(words); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

/* A text that a script has written for one question since it was started @age_ns ago: what is
 * made of it holds its name where compilers put it, or nowhere. */
static bool is_question(const struct thunk_ref *source, const struct buf *text,
                        const struct scratch_name *name, int64_t age_ns)
{
	const char *t = buf_str(text);
	struct stat sb;

	return text->len <= QUESTION_MAX && strlen(t) == text->len && !asks_for_name(t) &&
	       !strstr(t, name->outside) && !strstr(t, name->inside) &&
	       look_stat(source->name, &sb) == 0 &&
	       clock_wall_ns() - clock_ns_of(sb.st_ctim) <= age_ns + SLACK_NS;
}

/* Is the name that of the one source alone, in what is given? */
static bool names_the_source(const struct plan *p, const struct scratch_name *name,
                             int64_t age_ns)
{
	const struct thunk *t = p->thunk;
	size_t n = 0;

	for (size_t i = 0; i < t->thunks.n; i++)
		if (t->thunks.v[i].name && strstr(t->thunks.v[i].name, name->outside))
			return false;
	for (size_t i = 0; i < t->values.n; i++) {
		const struct thunk_ref *r = &t->values.v[i];
		auto_buf text = BUF_INIT;

		if (!r->name || !strstr(r->name, name->outside))
			continue;
		if (++n > 1 || store_get(p->call->store, &r->id, &text, NULL) < 0 ||
		    !is_question(r, &text, name, age_ns))
			return false;
	}
	return n == 1;
}

/* The one source's, of a compile whose options are of no account. */
static void learn_process(struct plan *p)
{
	struct scratch_name *name = &p->scratch[PROCESS];
	const struct strv *args = &p->thunk->args;
	const struct proc_ancestor *who = NULL;
	struct lineage line = { .n = 0 };

	if (!strv_has(args, "-c")) /* linkers hash what they make */
		return;
	for (size_t i = 1; i < args->n; i++)
		if (!is_plain(args->v[i]) || asks_for_name(args->v[i]))
			return;
	for (size_t i = 1; i < args->n && !name->outside; i++)
		if (args->v[i][0] != '-')
			name_of_process(args->v[i], &line, name, &who);
	if (!who)
		return;
	bool clash = false;
	for (size_t i = 1; i < args->n; i++)
		clash |= strstr(args->v[i], name->inside) != NULL;
	if (clash || !names_the_source(p, name, who->age_ns))
		forget(name);
}

void scratch_apply(struct plan *p)
{
	struct thunk *t = p->thunk;

	if (makes_modules(p) || p->preprocess.n > 0 || shows_paths(p) || !t->workdir ||
	    t->times.n) /* of files by their names */
		return;
	if (learn(p, t->workdir) && learn_all(p, &t->args) && learn_all(p, &t->env))
		learn_process(p);
	else
		scratch_forget(p);
	if (scratch_is_used(p) && !links_are_free(p))
		scratch_forget(p);
	if (!scratch_is_used(p))
		return;
	map_string(p, &t->workdir);
	map_strv(p, &t->args);
	map_strv(p, &t->env);
	map_strv(p, &t->outputs);
	map_refs(p, &t->values);
	map_refs(p, &t->thunks);
	for (size_t i = 0; i < p->own.n; i++)
		map_string(p, &p->own.v[i].name);
	for (size_t i = 0; i < p->n_outputs; i++)
		map_string(p, &p->outputs[i].tag);
}

/* -- results -- */

/* Of an object, its source's name in a table of strings, where it is once, and no function has
 * a name that gcc has made from it. */
static bool is_named_once(const char *data, size_t len, const char *name)
{
	static const char made[] = "_GLOBAL__";
	size_t n = strlen(name);
	const char *at = memmem(data, len, name, n);

	if (len < 4 || memcmp(data, "\177ELF", 4) != 0 || !at || at == data || at[-1] != '\0' ||
	    memmem(data, len, made, strlen(made)))
		return false;
	at += n;
	return !memmem(at, (size_t)(data + len - at), name, n);
}

enum scratch_shown scratch_shows(const struct plan *p, const void *data, size_t len)
{
	enum scratch_shown shown = SCRATCH_HIDDEN;

	for (size_t i = 0; i < SCRATCH_KINDS; i++) {
		const char *inside = p->scratch[i].inside;

		if (!inside || !memmem(data, len, inside, strlen(inside)))
			continue;
		if (i != PROCESS || !is_named_once(data, len, inside))
			return SCRATCH_SHOWN;
		shown = SCRATCH_NAMED;
	}
	return shown;
}

void scratch_restore(const struct plan *p, struct buf *text)
{
	for (size_t i = 0; i < SCRATCH_KINDS; i++)
		if (p->scratch[i].outside)
			buf_replace(text, p->scratch[i].inside, p->scratch[i].outside);
}

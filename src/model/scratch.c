#include "model/scratch.h"

#include <string.h>
#include <sys/stat.h>

/* CMake 3.1 to 3.31: Source/cmCoreTryCompile.cxx. Meson: Python's tempfile, in its scratch
 * folder. */
static const struct kind {
	const char *prefix;
	size_t n; /* letters, digits and "_" that follow, and no more */
	const char *inside;
} kinds[SCRATCH_KINDS] = {
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
	for (size_t i = 0; i < SCRATCH_KINDS; i++) {
		size_t len = strlen(kinds[i].prefix) + kinds[i].n;

		for (const char *at = text; (at = find_name(at, &kinds[i])); at += len) {
			if (!p->scratch[i])
				p->scratch[i] = xstrndup(at, len);
			else if (strncmp(p->scratch[i], at, len) != 0)
				return false;
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
		if (p->scratch[i])
			return true;
	return false;
}

static void forget(struct plan *p)
{
	for (size_t i = 0; i < SCRATCH_KINDS; i++)
		free(steal(&p->scratch[i]));
}

static bool has_name(const char *text)
{
	for (size_t i = 0; i < SCRATCH_KINDS; i++)
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

		for (size_t k = 0; k < countof(signs); k++)
			if (strncmp(a, signs[k], strlen(signs[k])) == 0)
				return true;
		for (size_t k = 0; k < countof(words); k++)
			if (strcmp(a, words[k]) == 0)
				return true;
		for (size_t k = 0; k < countof(texts) && !printed; k++)
			if (strcmp(a, texts[k]) == 0)
				return true;
		if (strncmp(a, "-Wl,", 4) == 0 && has_name(a))
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
		size_t len = strlen(kinds[i].inside);

		for (char *at = *text; p->scratch[i] && (at = strstr(at, p->scratch[i]));
		     at += len)
			memcpy(at, kinds[i].inside, len);
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

void scratch_apply(struct plan *p)
{
	struct thunk *t = p->thunk;

	if (makes_modules(p) || p->preprocess.n > 0 || shows_paths(p) || !t->workdir)
		return;
	if (!learn(p, t->workdir) || !learn_all(p, &t->args) || !learn_all(p, &t->env) ||
	    (scratch_is_used(p) && !links_are_free(p)))
		forget(p);
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

bool scratch_shows(const struct plan *p, const void *data, size_t len)
{
	for (size_t i = 0; i < SCRATCH_KINDS; i++) {
		const char *inside = kinds[i].inside;

		if (p->scratch[i] && memmem(data, len, inside, strlen(inside)))
			return true;
	}
	return false;
}

void scratch_restore(const struct plan *p, struct buf *text)
{
	for (size_t i = 0; i < SCRATCH_KINDS; i++)
		if (p->scratch[i])
			buf_replace(text, kinds[i].inside, p->scratch[i]);
}

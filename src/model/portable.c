#include "model/portable.h"

#include <string.h>
#include <sys/stat.h>

#include "base/path.h"

/* What may stand before a path in one argument: the path is then only a place to read, to write
 * or to map. Sorted. */
static const char *const prefixes[] = {
	"",
	"--sysroot=",
	"-B",
	"-I",
	"-L",
	"-MF",
	"-MQ",
	"-MT",
	"-Wp,-MD,",
	"-Wp,-MMD,",
	"-fdebug-prefix-map=",
	"-ffile-prefix-map=",
	"-fmacro-prefix-map=",
	"-idirafter",
	"-imacros",
	"-include",
	"-iprefix",
	"-iquote",
	"-isysroot",
	"-isystem",
	"-o",
	"PWD=",
};

bool portable_base_is_valid(const char *base)
{
	auto_free char *clean = base[0] == '/' ? path_absolute("/", base) : NULL;

	return clean && strcmp(clean, base) == 0 && base[1];
}

/* Where @base stands in @text as the beginning of a path or as a whole one; NULL: nowhere. */
static const char *find_base(const char *text, const char *base)
{
	size_t n = strlen(base);

	for (const char *at = text; (at = strstr(at, base)); at += n)
		if (at[n] == '/' || at[n] == '\0' ||
		    !strchr("abcdefghijklmnopqrstuvwxyz"
		            "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		            "0123456789_.-+",
		            at[n]))
			return at;
	return NULL;
}

static bool prefix_is_known(const char *text, size_t len)
{
	for (size_t i = 0; i < countof(prefixes); i++)
		if (strlen(prefixes[i]) == len && strncmp(prefixes[i], text, len) == 0)
			return true;
	return false;
}

/* 1: *out (owned) is the text with the base replaced; 0: the base is not in it; -1: it is,
 * where it can't be replaced. */
static int map_text(const char *text, const char *base, char **out)
{
	const char *at = find_base(text, base);

	*out = NULL;
	if (!at)
		return 0;
	const char *rest = at + strlen(base);
	if (!prefix_is_known(text, (size_t)(at - text)) || find_base(rest, base))
		return -1;
	*out = xasprintf("%.*s%s%s", (int)(at - text), text, PORTABLE_BASE, rest);
	return 1;
}

static bool can_map(const char *text, const char *base)
{
	auto_free char *ignored = NULL;

	return map_text(text, base, &ignored) >= 0;
}

static void map_in_place(char **text, const char *base)
{
	char *mapped;

	if (*text && map_text(*text, base, &mapped) == 1) {
		free(*text);
		*text = mapped;
	}
}

static bool refs_can_map(const struct thunk_refs *refs, const char *base)
{
	for (size_t i = 0; i < refs->n; i++)
		if (refs->v[i].name && !can_map(refs->v[i].name, base))
			return false;
	return true;
}

static bool strv_can_map(const struct strv *v, const char *base)
{
	for (size_t i = 0; i < v->n; i++)
		if (!can_map(v->v[i], base))
			return false;
	return true;
}

/* The text of a link is an object of its own, and is not rewritten. */
static bool links_are_free(const struct plan *p, const char *base)
{
	for (size_t i = 0; i < p->own.n; i++) {
		auto_buf text = BUF_LIMIT(4096);

		if (!S_ISLNK(p->own.v[i].mode))
			continue;
		if (store_get(p->call->store, &p->own.v[i].id, &text, NULL) < 0 ||
		    find_base(buf_str(&text), base))
			return false;
	}
	return true;
}

/* Where programs built so look for their own data at run time, or what names further files. */
static bool names_more(const struct strv *args)
{
	static const char *const signs[] = { "@",          "--coverage",      "-coverage",
		                             "-fprofile",  "-ftest-coverage", "-flto",
		                             "-emit-llvm", "-fverbose-asm" };

	/* … and outputs in which paths stay as they were given */
	static const char *const words[] = { "-E", "-M", "-MM", "-save-temps" };

	for (size_t i = 1; i < args->n; i++) {
		for (size_t k = 0; k < countof(signs); k++)
			if (strncmp(args->v[i], signs[k], strlen(signs[k])) == 0)
				return true;
		for (size_t k = 0; k < countof(words); k++)
			if (strcmp(args->v[i], words[k]) == 0)
				return true;
	}
	return false;
}

/* Where compilers name the base in a rule as it is. */
static bool is_plain_in_rules(const char *base)
{
	return !strpbrk(base, " #$\\\t\n");
}

static bool makes_rule(const struct plan *p)
{
	for (size_t i = 0; i < p->n_outputs; i++)
		if (p->outputs[i].kind == OUTPUT_DEPFILE)
			return true;
	return false;
}

/* A target of the user's own stands in the rule as it was given. */
static bool gives_target(const struct strv *args, const char *base)
{
	for (size_t i = 1; i < args->n; i++) {
		const char *target = args->v[i];

		if (strncmp(target, "-MT", 3) != 0)
			continue;
		if (!target[3] && i + 1 < args->n)
			target = args->v[i + 1];
		if (find_base(target, base))
			return true;
	}
	return false;
}

/* gcc puts a backslash before a tabulator, and clang does not; clang makes a slash of a
 * backslash. What other tools do is not known. */
static bool rule_is_possible(const struct plan *p, const char *base)
{
	return is_plain_in_rules(base) || !makes_rule(p) ||
	       (p->prefix_map && !strpbrk(base, "\\\t\n") &&
	        !gives_target(&p->thunk->args, base));
}

static bool is_possible(const struct plan *p, const char *base)
{
	const struct thunk *t = p->thunk;

	if (p->placed || t->times.n || !t->workdir || !path_below(t->workdir, base) ||
	    names_more(&t->args))
		return false;
	for (size_t i = 0; i < t->execs.n; i++)
		if (t->execs.v[i].name && find_base(t->execs.v[i].name, base))
			return false; /* a compiler of the checkout's own: its closure names it
			               */
	return rule_is_possible(p, base) && strv_can_map(&t->args, base) &&
	       strv_can_map(&t->env, base) && refs_can_map(&t->values, base) &&
	       refs_can_map(&t->thunks, base) && links_are_free(p, base);
}

static void map_strv(struct strv *v, const char *base)
{
	for (size_t i = 0; i < v->n; i++)
		map_in_place(&v->v[i], base);
}

static void map_refs(struct thunk_refs *refs, const char *base)
{
	for (size_t i = 0; i < refs->n; i++)
		map_in_place(&refs->v[i].name, base);
}

/* Right after the program's name, so that the user's own maps, which come later, count. */
static void add_prefix_map(struct thunk *t, const char *option)
{
	struct strv args = STRV_INIT;

	strv_add(&args, t->args.v[0]);
	strv_addf(&args, "%s=" PORTABLE_BASE "=.", option);
	strv_add_all(&args, t->args.v + 1);
	strv_release(&t->args);
	t->args = args;
}

bool portable_apply(struct plan *p, const char *base)
{
	struct thunk *t = p->thunk;

	if (!is_possible(p, base))
		return false;
	map_in_place(&t->workdir, base);
	map_strv(&t->args, base);
	map_strv(&t->env, base);
	map_strv(&t->outputs, base);
	map_refs(&t->values, base);
	map_refs(&t->thunks, base);
	for (size_t i = 0; i < p->own.n; i++)
		map_in_place(&p->own.v[i].name, base);
	for (size_t i = 0; i < p->n_outputs; i++)
		map_in_place(&p->outputs[i].tag, base);
	if (p->prefix_map)
		add_prefix_map(t, p->prefix_map);
	return true;
}

void portable_restore(const char *base, struct buf *text)
{
	buf_replace(text, PORTABLE_BASE, base);
}

void portable_restore_rule(const char *base, struct buf *text)
{
	auto_buf quoted = BUF_INIT;

	for (const char *c = base; *c; c++) {
		if (*c == ' ' || *c == '#')
			buf_addc(&quoted, '\\');
		if (*c == '$')
			buf_addc(&quoted, '$');
		buf_addc(&quoted, *c);
	}
	portable_restore(buf_str(&quoted), text);
}

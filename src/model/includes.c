#include "model/includes.h"

#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/path.h"
#include "store/look.h"

enum { SOURCE_MAX = 16 << 20 };

struct search {
	const struct strv *dirs;
	const char *source; /* that is read */
	struct strv *sources;
	struct strv *data;
};

static bool is_part_of_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '$' || c == '@';
}

/* What stands in quotes at @at; owned. NULL: nothing that is a name as it is. */
static char *quoted_name(const char *at)
{
	at += strspn(at, " \t");
	if (*at != '"' && *at != '\'')
		return NULL;
	size_t n = strcspn(at + 1, *at == '"' ? "\"\n" : "'\n");
	if (n == 0 || at[1 + n] != *at)
		return NULL;
	auto_free char *name = xstrndup(at + 1, n);
	/* of a macro's parameters, or another system's path */
	return strpbrk(name, "%\\$") ? NULL : steal(&name);
}

static bool scan_word(const char *text, const char *word, bool is_data, includes_fn *fn,
                      void *arg)
{
	size_t n = strlen(word);

	for (const char *at = text; (at = strcasestr(at, word)); at += n) {
		if ((at > text && is_part_of_word(at[-1])) || is_part_of_word(at[n]))
			continue;
		auto_free char *name = quoted_name(at + n);
		if (!name)
			return false;
		fn(arg, name, is_data);
	}
	return true;
}

bool includes_scan(const char *text, const struct includes_words *words, includes_fn *fn,
                   void *arg)
{
	bool sure = true;

	for (char *const *w = words->include; sure && *w; w++)
		sure = scan_word(text, *w, false, fn, arg);
	for (char *const *w = words->embed; sure && *w; w++)
		sure = scan_word(text, *w, true, fn, arg);
	return sure;
}

static void add_if_there(struct strv *to, const char *path)
{
	struct stat sb;

	if (!strv_has(to, path) && look_stat(path, &sb) == 0 && S_ISREG(sb.st_mode))
		strv_add(to, path);
}

/* includes_fn: each file of that name. */
static void add_named(void *arg, const char *name, bool is_data)
{
	const struct search *s = arg;
	struct strv *to = is_data ? s->data : s->sources;

	add_if_there(to, name);
	if (name[0] == '/')
		return;
	auto_free char *folder = path_dir(s->source);
	auto_free char *beside = path_join(folder, name);
	if (strcmp(folder, ".") != 0)
		add_if_there(to, beside);
	for (size_t i = 0; i < s->dirs->n; i++) {
		auto_free char *below = path_join(s->dirs->v[i], name);
		auto_free char *behind = xasprintf("%s%s", s->dirs->v[i], name);

		add_if_there(to, below);
		add_if_there(to, behind);
	}
}

static bool scan_file(struct search *s, const struct includes_words *words)
{
	auto_buf text = BUF_LIMIT(SOURCE_MAX);
	struct err ignored;

	return file_read(s->source, &text, &ignored) == 0 &&
	       !memchr(buf_str(&text), '\0', text.len) &&
	       includes_scan(buf_str(&text), words, add_named, s);
}

bool includes_find(const struct includes_words *words, const struct strv *dirs,
                   struct strv *sources, struct strv *data)
{
	bool sure = true;

	for (size_t i = 0; sure && i < sources->n; i++) {
		auto_free char *source = xstrdup(sources->v[i]); /* the list grows meanwhile */
		struct search s = { dirs, source, sources, data };

		sure = scan_file(&s, words);
	}
	return sure;
}

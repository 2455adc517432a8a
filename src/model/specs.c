#include "model/specs.h"

#include <ctype.h>
#include <string.h>

#include "base/among.h"
#include "base/file.h"
#include "base/words.h"

enum { SPECS_MAX = 4 << 20 };

struct finder {
	specs_found_fn *found;
	void *arg;
};

/* "/x", "=/x", or "x%s", which is looked for and there: what has the same meaning in any
 * folder.
 */
static bool is_anywhere(const struct finder *f, const char *value, size_t len)
{
	if (len > 2 && memcmp(value + len - 2, "%s", 2) == 0 && *value != '/') {
		auto_free char *name = xstrndup(value, len - 2);

		return f->found(f->arg, name);
	}
	return len > 1 && (*value == '/' || (*value == '=' && value[1] == '/'));
}

static bool is_end(char c)
{
	return !c || strchr(" \t\n(){}:;", c);
}

/* Options in a rule that name files or folders: the same ones always, and in any folder. */
static bool is_option_easy(const struct finder *f, const char *at, int depth)
{
	static const char *const names[] = { "-I",        "-isystem", "-idirafter",  "-iquote",
		                             "-isysroot", "-iprefix", "-iwithprefix" };
	static const char *const hard[] = { "-include", "-imacros" };
	const char *value = NULL;

	if (BEGINS_AMONG(at, hard))
		return false;
	for (size_t i = 0; i < countof(names) && !value; i++)
		value = words_after(at, names[i]);
	if (!value && (at[1] == 'L' || at[1] == 'T' || at[1] == 'B') &&
	    !isalpha((unsigned char)at[2]))
		value = at + 2;
	if (!value)
		return true;
	value += strspn(value, " \t");
	size_t len = 0;
	while (!is_end(value[len]))
		len++;
	return depth == 0 && is_anywhere(f, value, len);
}

/* "%:FUNCTION(…)" of links; what is looked for is there. */
static bool is_function_easy(const struct finder *f, const char *at)
{
	const char *name = words_after(at, "%:if-exists(");

	if (name)
		return *name != '/' && is_anywhere(f, name, strcspn(name, ")"));
	return words_after(at, "%:replace-outfile(");
}

int specs_check(const char *path, specs_found_fn *found, void *arg, struct err *err)
{
	const struct finder f = { found, arg };
	auto_buf text = BUF_LIMIT(SPECS_MAX);
	bool easy = true;
	int depth = 0;

	if (file_read(path, &text, NULL) < 0)
		return err_set(err, ERR_UNSURE, "specs file %s can't be read", path);
	const char *all = buf_str(&text);
	if (strstr(all, "%include") || strstr(all, "plugin"))
		return err_set(err, ERR_UNSURE, "%s names further files", path);
	for (const char *at = all; *at && easy; at++) {
		depth += *at == '{';
		depth -= *at == '}';
		depth = *at == '\n' && at[1] == '*' ? 0 : depth;
		if (at[0] == '%' && at[1] == ':')
			easy = is_function_easy(&f, at);
		else if (*at == '-' && (at == all || is_end(at[-1])))
			easy = is_option_easy(&f, at, depth);
	}
	return easy ? 0 : err_set(err, ERR_UNSURE, "%s has rules that look for files", path);
}

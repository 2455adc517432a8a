#include "ui/failure.h"

#include <string.h>

#include "base/path.h"

/* What a shell has by itself, or what only makes runs repeatable: not worth repeating. */
static bool is_standard(const char *assignment)
{
	static const char *const names[] = { "PATH=", "HOME=",   "PWD=",     "LANG=",
		                             "LC_",   "TMPDIR=", "SHLVL=",   "GG_",
		                             "__GG_", "TERM=",   "LOGNAME=", "USER=" };

	for (size_t i = 0; i < countof(names); i++)
		if (strncmp(assignment, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static bool is_name(const char *s, size_t len)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

	if (len == 0 || !strchr(letters, s[0]))
		return false;
	return strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") ==
	       len;
}

static void add_env(const char *assignment, struct buf *out)
{
	size_t len = strcspn(assignment, "=");

	if (assignment[len] != '=' || !is_name(assignment, len) || is_standard(assignment))
		return;
	buf_add(out, assignment, len + 1);
	path_shell_quote(out, assignment + len + 1);
	buf_addc(out, ' ');
}

void failure_command(const struct thunk *t, struct buf *out)
{
	if (t->workdir) {
		buf_adds(out, "cd ");
		path_shell_quote(out, t->workdir);
		buf_adds(out, " && ");
	}
	for (size_t i = 0; i < t->env.n; i++)
		add_env(t->env.v[i], out);
	for (size_t i = 0; i < t->args.n; i++) {
		if (i)
			buf_addc(out, ' ');
		path_shell_quote(out, t->args.v[i]);
	}
}

static void add_text(const char *text, struct buf *out)
{
	if (!text || !*text)
		return;
	buf_adds(out, text);
	if (text[strlen(text) - 1] != '\n')
		buf_addc(out, '\n');
}

void failure_format(const struct thunk *t, const struct outcome *o, const char *out_text,
                    const char *err_text, struct buf *out)
{
	add_text(out_text, out);
	add_text(err_text, out);
	buf_addf(out, "gg: failed (%s)", *o->why ? o->why : "no reason given");
	if (t) {
		buf_adds(out, ": ");
		failure_command(t, out);
	}
	buf_addc(out, '\n');
}

#include "base/path.h"

#include <string.h>

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	if (slash == path)
		return xstrdup("/");
	return xstrndup(path, (size_t)(slash - path));
}

char *path_join(const char *dir, const char *name)
{
	size_t n = strlen(dir);

	while (n > 0 && dir[n - 1] == '/')
		n--;
	size_t len = strlen(name);
	char *path = xmalloc(n + 1 + len + 1);
	memcpy(path, dir, n);
	path[n] = '/';
	memcpy(path + n + 1, name, len + 1);
	return path;
}

/* Appends the components of @path to @out, whose bytes are "/a/b" without a final slash. */
static void add_components(struct buf *out, const char *path)
{
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.') {
			while (out->len > 0 && out->data[--out->len] != '/')
				;
			if (out->data)
				out->data[out->len] = '\0';
		} else if (n > 0 && !(n == 1 && path[0] == '.')) {
			buf_addc(out, '/');
			buf_add(out, path, n);
		}
		path += n;
		path += *path == '/';
	}
}

char *path_absolute(const char *cwd, const char *path)
{
	struct buf out = BUF_INIT;

	if (path[0] != '/')
		add_components(&out, cwd);
	add_components(&out, path);
	if (out.len == 0)
		buf_addc(&out, '/');
	return buf_steal(&out);
}

bool path_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (n == 1 && dir[0] == '/')
		return path[0] == '/';
	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

bool path_is_safe_relative(const char *path)
{
	if (!*path || *path == '/')
		return false;
	for (;;) {
		size_t n = strcspn(path, "/");

		if (n == 0 || (n == 1 && path[0] == '.') ||
		    (n == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += n;
		if (!*path)
			return true;
		path++;
	}
}

bool path_has_dotdot(const char *path)
{
	for (const char *p = path; (p = strstr(p, "..")); p += 2)
		if ((p == path || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
			return true;
	return false;
}

const char *path_ext(const char *path)
{
	const char *base = path_base(path);
	const char *dot = strrchr(base, '.');

	return dot && dot != base ? dot : base + strlen(base);
}

void path_shell_quote(struct buf *b, const char *arg)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-+=./,:@%";

	if (*arg && arg[strspn(arg, plain)] == '\0') {
		buf_adds(b, arg);
		return;
	}
	buf_addc(b, '\'');
	for (; *arg; arg++) {
		if (*arg == '\'')
			buf_adds(b, "'\\''");
		else
			buf_addc(b, *arg);
	}
	buf_addc(b, '\'');
}

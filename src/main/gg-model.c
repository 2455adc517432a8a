/*
 * The wrapper behind gcc, g++, ar, ld, …: found first on PATH under the tool's name, or told by
 * the preload library what it stands for.
 *
 * It runs once per compiler call, so it does nothing that it need not: one store, one look
 * at each file, no locale, no shared libraries.
 */
#include <limits.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "main/builtin.h"
#include "main/standby.h"
#include "main/wrapper.h"
#include "model/session.h"

enum { LINKS_MAX = 8 };

/* Is dir/name a link to this very program? */
static bool is_ours(const char *dir, size_t dir_len, const char *name, const struct stat *self)
{
	auto_free char *full = xasprintf("%.*s/%s", (int)dir_len, dir, name);
	struct stat st;

	return stat(full, &st) == 0 && st.st_ino == self->st_ino && st.st_dev == self->st_dev;
}

/* PATH without the folders in which the tool's name leads back to this program. */
static char *path_without_models(const char *path, const char *name)
{
	struct buf out = BUF_INIT;
	struct stat self;

	if (stat("/proc/self/exe", &self) < 0)
		return xstrdup(path);
	for (const char *p = path; p; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL) {
		size_t n = strcspn(p, ":");

		if (n && is_ours(p, n, name, &self))
			continue;
		if (out.len)
			buf_addc(&out, ':');
		buf_add(&out, n ? p : ".", n ? n : 1);
	}
	return buf_steal(&out);
}

/*
 * The tool's name: that of the link to this program, however it was come to. "mycc" may be a
 * link that a build made to where it found gcc.
 */
static char *tool_name(const char *argv0)
{
	const char *executed = (const char *)(uintptr_t)getauxval(AT_EXECFN);
	char *path = xstrdup(executed ? executed : argv0);
	char to[PATH_MAX];

	for (int i = 0; i < LINKS_MAX; i++) {
		ssize_t n = readlink(path, to, sizeof(to) - 1);

		if (n <= 0)
			break;
		to[n] = '\0';
		if (strcmp(path_base(to), "gg-model") == 0)
			break;
		auto_free char *dir = path_dir(path);
		free(path);
		path = to[0] == '/' ? xstrdup(to) : path_join(dir, to);
	}
	char *name = xstrdup(path_base(path));
	free(path);
	return name;
}

static int run_found(char **argv, const char *whole_path)
{
	auto_free char *name = tool_name(argv[0]);

	if (strcmp(name, "gg-model") == 0) {
		fprintf(stderr, "gg-model: stands for a tool by the name that it is called by; "
		                "see gg(1)\n");
		return WRAPPER_NO_TOOL;
	}
	auto_free char *path = path_without_models(whole_path, name);
	auto_free char *tool = proc_find_on_path(name, path, NULL);
	if (!tool) {
		fprintf(stderr, "gg: %s: command not found (PATH=%s)\n", name, path);
		return WRAPPER_NO_TOOL;
	}
	/* Drivers look for their helpers beside the path that they are called by. */
	if (strchr(argv[0], '/') || strcmp(argv[0], name) != 0)
		argv[0] = tool;
	return wrapper_run(tool, argv, path, 0);
}

int main(int argc, char **argv)
{
	const char *path = getenv("PATH");

	if (argc < 1)
		return WRAPPER_NO_TOOL;
	proc_heed_children();
	if (argc == 4 && strcmp(argv[1], SESSION_STANDBY_OPTION) == 0 &&
	    strcmp(path_base(argv[0]), "gg-model") == 0)
		return standby_serve(argv[2], argv[3]);
	path = path ? path : WRAPPER_DEFAULT_PATH;
	auto_free char *tool = wrapper_told();
	if (!tool)
		return run_found(argv, path);
	auto_free char *kept = xstrdup(path);
	unsetenv("GG_TOOL");
	return builtin_is(tool, argv) ? builtin_run(tool, argv, kept)
	                              : wrapper_run(tool, argv, kept, 0);
}

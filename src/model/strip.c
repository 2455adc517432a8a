/* strip: files, each in place, or one to -o. */
#include "base/among.h"
#include "base/path.h"
#include "model/plugins.h"
#include "store/look.h"

#include <string.h>
#include <sys/stat.h>

struct strip_call {
	struct strv files;
	const char *output;
	const char *why; /* the real tool must run */
};

/* An option that names sections or symbols, its value joined after '='. */
static bool is_joined(const char *arg, const char *const *longer, size_t n)
{
	size_t len = strcspn(arg, "=");

	for (size_t i = 0; i < n; i++)
		if (arg[len] == '=' && strlen(longer[i]) == len &&
		    strncmp(arg, longer[i], len) == 0)
			return true;
	return false;
}

static void parse(const struct call *call, struct strip_call *s)
{
	static const char *const alone[] = { "-s",
		                             "-g",
		                             "-S",
		                             "-d",
		                             "-x",
		                             "-X",
		                             "-D",
		                             "-w",
		                             "-M",
		                             "--strip-all",
		                             "--strip-debug",
		                             "--strip-dwo",
		                             "--strip-unneeded",
		                             "--only-keep-debug",
		                             "--discard-all",
		                             "--discard-locals",
		                             "--wildcard",
		                             "--merge-notes",
		                             "--no-merge-notes",
		                             "--keep-file-symbols",
		                             "--enable-deterministic-archives" };
	static const char *const valued[] = { "-R",
		                              "-K",
		                              "-N",
		                              "--remove-section",
		                              "--remove-relocations",
		                              "--keep-section",
		                              "--keep-symbol",
		                              "--strip-symbol" };

	for (int i = 1; i < call->argc; i++) {
		const char *arg = call->argv[i];

		if (AMONG(arg, alone) || is_joined(arg, valued, countof(valued)))
			continue;
		if (AMONG(arg, valued) && i + 1 < call->argc)
			i++;
		else if (strcmp(arg, "-o") == 0 && i + 1 < call->argc)
			s->output = call->argv[++i];
		else if (arg[0] == '-' || arg[0] == '@')
			s->why = "strip options";
		else if (strv_has(&s->files, arg))
			s->why = "strip of one file twice";
		else
			strv_add(&s->files, arg);
	}
	if (!s->files.n)
		s->why = "strip without a file";
	else if (s->output && s->files.n > 1)
		s->why = "strip of several files to one";
}

/* It is read, and written in place or to the one output. */
static int add_file(const struct call *call, struct plan *p, const char *file,
                    const char *output, struct err *err)
{
	struct stat sb;

	if (look_lstat(file, &sb) < 0 || !S_ISREG(sb.st_mode))
		return plan_delegate(p, "strip of what is not a regular file");
	if (plan_add_input(p, call, file, err) < 0)
		return -1;
	plan_add_output(p, call, output ? output : file,
	                sb.st_mode & 0111 ? OUTPUT_PROGRAM : OUTPUT_FILE, false);
	return 0;
}

static int describe(const struct call *call, struct plan *p, const struct strip_call *s,
                    struct err *err)
{
	auto_free char *dir = path_dir(call->tool);
	struct oid closure;

	for (size_t i = 0; i < s->files.n && !p->delegate; i++)
		if (add_file(call, p, s->files.v[i], s->output, err) < 0)
			return -1;
	if (p->delegate)
		return 0;
	if (plan_set_program(p, call, call->tool, err) < 0 ||
	    plugins_closure(call, p, NULL, &closure, err) < 0)
		return -1;
	plan_add_manifest(p, &closure);
	plan_add_env(p, "PATH=%s", dir);
	plan_set_args(p, call->argv);
	return 0;
}

static int plan_strip(const struct call *call, struct plan *p, struct err *err)
{
	struct strip_call s = { 0 };
	int rc = 0;

	parse(call, &s);
	plan_refuse_env(p, call, plan_bfd_env);
	if (s.why)
		plan_delegate(p, "%s", s.why);
	if (!p->delegate)
		rc = describe(call, p, &s, err);
	for (int i = 1; i < call->argc && p->delegate; i++)
		plan_reads(p, call, call->argv[i]);
	strv_release(&s.files);
	return rc;
}

const struct model model_strip = { "strip", plan_strip };

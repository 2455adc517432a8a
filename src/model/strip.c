/* strip: one file, in place or to -o. */
#include "base/path.h"
#include "model/plugins.h"
#include "store/look.h"

#include <string.h>
#include <sys/stat.h>

struct strip_call {
	const char *file;
	const char *output;
	const char *why; /* the real tool must run */
};

static void parse(const struct call *call, struct strip_call *s)
{
	static const char *const plain[] = { "-s",
		                             "-g",
		                             "-S",
		                             "-d",
		                             "-x",
		                             "-X",
		                             "-D",
		                             "--strip-all",
		                             "--strip-debug",
		                             "--strip-unneeded",
		                             "--discard-all",
		                             "--discard-locals",
		                             "--enable-deterministic-archives" };

	for (int i = 1; i < call->argc; i++) {
		const char *arg = call->argv[i];
		bool known = strncmp(arg, "--remove-section=", 17) == 0 ||
		             strncmp(arg, "--keep-symbol=", 14) == 0;
		for (size_t k = 0; k < countof(plain); k++)
			known = known || strcmp(arg, plain[k]) == 0;
		if (known)
			continue;
		if ((strcmp(arg, "-R") == 0 || strcmp(arg, "-K") == 0) && i + 1 < call->argc)
			i++;
		else if (strcmp(arg, "-o") == 0 && i + 1 < call->argc)
			s->output = call->argv[++i];
		else if (arg[0] == '-' || arg[0] == '@' || s->file)
			s->why = "strip options or several files";
		else
			s->file = arg;
	}
	if (!s->file)
		s->why = "strip without a file";
}

static int plan_strip(const struct call *call, struct plan *p, struct err *err)
{
	struct strip_call s = { 0 };
	struct oid closure;
	struct stat sb = { 0 };
	auto_free char *dir = path_dir(call->tool);

	parse(call, &s);
	plan_refuse_env(p, call, plan_bfd_env);
	if (!s.why && (look_lstat(s.file, &sb) < 0 || !S_ISREG(sb.st_mode)))
		s.why = "strip of what is not a regular file";
	if (!s.why && plan_add_input(p, call, s.file, err) < 0)
		return -1;
	if (s.why || p->delegate) {
		for (int i = 1; i < call->argc; i++)
			plan_reads(p, call, call->argv[i]);
		return plan_delegate(p, "%s", s.why ? s.why : p->reason);
	}
	if (plan_set_program(p, call, call->tool, err) < 0 ||
	    plugins_closure(call, p, NULL, &closure, err) < 0)
		return -1;
	plan_add_manifest(p, &closure);
	plan_add_output(p, call, s.output ? s.output : s.file,
	                sb.st_mode & 0111 ? OUTPUT_PROGRAM : OUTPUT_FILE, false);
	plan_add_env(p, "PATH=%s", dir);
	plan_set_args(p, call->argv);
	return 0;
}

const struct model model_strip = { "strip", plan_strip };

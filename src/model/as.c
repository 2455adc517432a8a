/* as called directly: one or more sources, what they .include or .incbin, one object. */
#include "model/as.h"

#include "base/among.h"
#include "base/path.h"
#include "model/depscan.h"
#include "model/toolchain.h"

#include <string.h>

struct as_call {
	struct strv sources;
	struct strv dirs;
	const char *output;
	const char *why;
};

/* Those of a machine (-m…) never name a file; "-mri" is a language of its own. */
bool as_is_plain(const char *option)
{
	static const char *const alone[] = { "--32",
		                             "--64",
		                             "--x32",
		                             "--noexecstack",
		                             "--execstack",
		                             "--fatal-warnings",
		                             "--no-warn",
		                             "--warn",
		                             "--divide",
		                             "--gen-debug",
		                             "--gstabs",
		                             "--gstabs+",
		                             "--keep-locals",
		                             "--no-pad-sections",
		                             "--reduce-memory-overheads",
		                             "--strip-local-absolute",
		                             "--sectname-subst",
		                             "-L",
		                             "-Qy",
		                             "-R",
		                             "-W",
		                             "-Z",
		                             "-g",
		                             "-w" };
	static const char *const begins[] = { "-m",
		                              "--compress-debug-",
		                              "--gdwarf-",
		                              "--elf-stt-common=",
		                              "--generate-missing-",
		                              "--size-check=",
		                              "--multibyte-handling=" };

	return (AMONG(option, alone) || BEGINS_AMONG(option, begins)) &&
	       strncmp(option, "-mri", 4) != 0;
}

static void parse(const struct call *call, struct as_call *c)
{
	for (int i = 1; i < call->argc; i++) {
		const char *arg = call->argv[i];
		bool more = i + 1 < call->argc;

		if (as_is_plain(arg))
			continue;
		if (strcmp(arg, "-o") == 0 && more)
			c->output = call->argv[++i];
		else if (strcmp(arg, "-I") == 0 && more)
			strv_add(&c->dirs, call->argv[++i]);
		else if (strncmp(arg, "-I", 2) == 0 && arg[2])
			strv_add(&c->dirs, arg + 2);
		else if (strcmp(arg, "--defsym") == 0 && more)
			i++;
		else if (arg[0] == '-' || arg[0] == '@')
			c->why = "as options";
		else
			strv_add(&c->sources, arg);
	}
	if (!c->sources.n)
		c->why = "as without a source";
}

static int add_inputs(const struct call *call, struct plan *p, struct as_call *c,
                      struct err *err)
{
	struct strv none = STRV_INIT;
	struct depscan_dirs dirs = { .quote = &none, .bracket = &c->dirs };
	struct depscan_result found = { 0 };
	char *defines[] = { NULL };
	struct err why = ERR_INIT;
	int rc = depscan_run(call, strv_argv(&c->sources), &dirs, defines, DEPSCAN_ASSEMBLER,
	                     &found, &why);

	if (rc < 0)
		plan_delegate(p, "the assembler's includes are not sure");
	for (size_t i = 0; rc == 0 && i < found.n; i++)
		rc = plan_add_input_stat(p, call, found.files[i].path, &found.files[i].st, err);
	for (size_t i = 0; rc == 0 && i < found.folders.n; i++)
		plan_add_folder(p, call, found.folders.v[i]);
	depscan_result_release(&found);
	return p->delegate ? 0 : rc;
}

static int describe(const struct call *call, struct plan *p, struct as_call *c, struct err *err)
{
	char *programs[] = { (char *)call->tool, NULL };
	auto_free char *dir = path_dir(call->tool);
	struct oid closure;

	if (add_inputs(call, p, c, err) < 0)
		return -1;
	if (p->delegate)
		return 0;
	if (plan_set_program(p, call, call->tool, err) < 0 ||
	    closure_of(call, programs, NULL, &closure, err) < 0)
		return -1;
	plan_add_manifest(p, &closure);
	plan_add_output(p, call, c->output ? c->output : "a.out", OUTPUT_FILE, false);
	plan_add_env(p, "PATH=%s", dir);
	plan_set_args(p, call->argv);
	p->prefix_map = "--debug-prefix-map";
	return 0;
}

static int plan_as(const struct call *call, struct plan *p, struct err *err)
{
	struct as_call c = { 0 };
	int rc = 0;

	parse(call, &c);
	plan_refuse_driven(p, call);
	plan_refuse_env(p, call, plan_bfd_env);
	if (c.why)
		plan_delegate(p, "%s", c.why);
	if (!p->delegate)
		rc = describe(call, p, &c, err);
	if (p->delegate)
		for (int i = 1; i < call->argc; i++)
			plan_reads(p, call, call->argv[i]);
	strv_release(&c.sources);
	strv_release(&c.dirs);
	return rc;
}

const struct model model_as = { "as", plan_as };

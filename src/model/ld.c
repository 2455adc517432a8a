/*
 * ld called directly, mostly "ld -r -o x.o a.o b.o": links of named files. With -l the real
 * linker runs: what it searches is then its own business.
 */
#include "base/path.h"
#include "model/ldscan.h"
#include "model/toolchain.h"

#include <string.h>

struct ld_call {
	struct ldscan scan;
	const char *output;
	bool relocatable;
	const char *why;
};

static bool in_table(const char *arg, const char *const *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(arg, table[i]) == 0)
			return true;
	return false;
}

static void parse(const struct call *call, struct ld_call *c)
{
	static const char *const alone[] = { "-s",
		                             "-S",
		                             "-x",
		                             "-X",
		                             "-d",
		                             "-n",
		                             "-N",
		                             "-shared",
		                             "-pie",
		                             "-static",
		                             "-Bstatic",
		                             "-Bdynamic",
		                             "--gc-sections",
		                             "--no-undefined",
		                             "--build-id",
		                             "--eh-frame-hdr",
		                             "--as-needed",
		                             "--no-as-needed",
		                             "--start-group",
		                             "--end-group",
		                             "--whole-archive",
		                             "--no-whole-archive",
		                             "-(",
		                             "-)",
		                             "-E",
		                             "--export-dynamic",
		                             "-q",
		                             "--emit-relocs",
		                             "--no-warn-mismatch" };
	static const char *const valued[] = { "-m",
		                              "-e",
		                              "-z",
		                              "-h",
		                              "-soname",
		                              "-u",
		                              "-dynamic-linker",
		                              "-Ttext",
		                              "-Tdata",
		                              "-Tbss",
		                              "--defsym",
		                              "-b",
		                              "--format" };

	for (int i = 1; i < call->argc; i++) {
		const char *arg = call->argv[i];
		const char *next = i + 1 < call->argc ? call->argv[i + 1] : NULL;

		BUG_IF(!arg);
		if (arg[0] != '-' && arg[0] != '@')
			strv_add(&c->scan.files, arg);
		else if (strcmp(arg, "-r") == 0 || strcmp(arg, "-i") == 0)
			c->relocatable = true;
		else if (strcmp(arg, "-o") == 0 && next)
			c->output = call->argv[++i];
		else if (strcmp(arg, "-T") == 0 && next)
			strv_add(&c->scan.files, call->argv[++i]);
		else if (in_table(arg, valued, countof(valued)) && next)
			i++;
		else if (!in_table(arg, alone, countof(alone)) &&
		         strncmp(arg, "--defsym=", 9) != 0 &&
		         strncmp(arg, "--build-id=", 11) != 0 &&
		         strncmp(arg, "--hash-style=", 13) != 0)
			c->why = "ld options";
	}
	if (!c->scan.files.n)
		c->why = "ld without files";
}

static int describe(const struct call *call, struct plan *p, struct ld_call *c, struct err *err)
{
	char *programs[] = { (char *)call->tool, NULL };
	char plugins[] = "/usr/lib/bfd-plugins";
	char *extra[] = { plugins, NULL };
	auto_free char *dir = path_dir(call->tool);
	struct oid closure;

	if (ldscan_add_inputs(&c->scan, call, p, err) < 0)
		return -1;
	if (p->delegate)
		return 0;
	if (plan_set_program(p, call, call->tool, err) < 0 ||
	    closure_of(call, programs, extra, &closure, err) < 0)
		return -1;
	plan_add_manifest(p, &closure);
	plan_add_output(p, call, c->output ? c->output : "a.out",
	                c->relocatable ? OUTPUT_FILE : OUTPUT_PROGRAM, false);
	plan_add_env(p, "PATH=%s", dir);
	plan_set_args(p, call->argv);
	return 0;
}

static int plan_ld(const struct call *call, struct plan *p, struct err *err)
{
	struct ld_call c = { 0 };
	int rc = 0;

	parse(call, &c);
	if (c.why)
		plan_delegate(p, "%s", c.why);
	plan_refuse_env(p, call, plan_bfd_env);
	if (!p->delegate)
		rc = describe(call, p, &c, err);
	if (p->delegate)
		for (int i = 1; i < call->argc; i++)
			plan_reads(p, call, call->argv[i]);
	ldscan_release(&c.scan);
	return rc;
}

const struct model model_ld = { "ld", plan_ld };

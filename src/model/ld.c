/*
 * ld called directly, mostly "ld -r -o x.o a.o b.o". A -l is modelled if a -L folder has it:
 * those are searched before what the linker adds itself.
 */
#include "base/path.h"
#include "base/proc.h"
#include "model/closure.h"
#include "model/gccopts.h"
#include "model/ldopts.h"
#include "model/plugins.h"
#include "model/question.h"

#include <string.h>

static void add_outputs(const struct call *call, struct plan *p, const struct ldopts_call *c)
{
	bool program = !c->relocatable && !c->odd_shape;

	plan_add_output(p, call, c->output ? c->output : "a.out",
	                program ? OUTPUT_PROGRAM : OUTPUT_FILE, false);
	for (size_t i = 0; i < c->made.n; i++)
		plan_add_output(p, call, c->made.v[i], OUTPUT_FILE, false);
	for (size_t i = 0; i < c->deps.n; i++)
		plan_add_output(p, call, c->deps.v[i], OUTPUT_NOW, false);
}

static int describe(const struct call *call, struct plan *p, struct ldopts_call *c,
                    char *const *args, struct err *err)
{
	auto_free char *dir = path_dir(call->tool);
	struct oid closure;

	closure_conf_dirs(&c->scan.needed_dirs);
	if (ldscan_add_inputs(&c->scan, call, p, err) < 0)
		return -1;
	if (p->delegate)
		return 0;
	if (plan_set_program(p, call, call->tool, err) < 0 ||
	    plugins_closure(call, p, closure_conf_files, &closure, err) < 0)
		return -1;
	plan_add_manifest(p, &closure);
	add_outputs(call, p, c);
	plan_add_env(p, "PATH=%s", dir);
	plan_set_args(p, args);
	return 0;
}

/* "ld -m elf_i386 -v" tells its version and ends, having nothing to link. */
static bool is_question(const struct strv *args)
{
	struct ldopts_call c = { 0 };
	struct plan p = { 0 };
	const char *last = args->v[args->n - 1];
	bool asks = args->n > 1 && (strcmp(last, "-v") == 0 || strcmp(last, "-V") == 0);

	if (asks) {
		ldopts_take(&c, args->v + 1, args->n - 2, &p);
		asks = !p.delegate && !c.scan.files.n && !c.scan.libs.n;
	}
	ldopts_call_release(&c);
	return asks;
}

static int plan_ld(const struct call *call, struct plan *p, struct err *err)
{
	struct ldopts_call c = { 0 };
	auto_strv args = STRV_INIT;
	auto_strv files = STRV_INIT;
	struct err why = ERR_INIT;
	int rc = 0;

	plan_refuse_driven(p, call);
	if (gcc_expand_args(call->argv, &args, &files, &why) < 0)
		plan_delegate(p, "a response file that can't be followed");
	else if (is_question(&args))
		plan_delegate(p, QUESTION_REASON);
	else
		ldopts_take(&c, args.v + 1, args.n - 1, p);
	if (!c.scan.files.n)
		plan_delegate(p, "ld without files");
	plan_refuse_env(p, call, plan_bfd_env);
	if (!p->delegate)
		rc = describe(call, p, &c, args.v, err);
	if (p->delegate)
		for (int i = 1; i < call->argc; i++)
			plan_reads(p, call, call->argv[i]);
	ldopts_call_release(&c);
	return rc;
}

const struct model model_ld = { "ld", plan_ld };

#include "model/question.h"

#include <string.h>

#include "base/path.h"
#include "model/toolchain.h"

bool question_is(const struct call *call)
{
	static const char *const words[] = { "--version",        "--help",       "-dumpversion",
		                             "-dumpfullversion", "-dumpmachine", "-dumpspecs" };

	for (size_t i = 0; call->argc == 2 && i < countof(words); i++)
		if (strcmp(call->argv[1], words[i]) == 0)
			return true;
	return false;
}

int question_plan(const struct call *call, struct plan *p, struct err *err)
{
	static const char *const language[] = { "LANG",        "LC_ALL",   "LC_CTYPE",
		                                "LC_MESSAGES", "LANGUAGE", NULL };
	auto_free char *dir = path_dir(call->tool);
	char *const programs[] = { (char *)call->tool, NULL };
	struct oid closure, locale;
	bool any = false;

	if (plan_set_program(p, call, call->tool, err) < 0 ||
	    closure_of(call, programs, NULL, &closure, err) < 0 ||
	    closure_of_locale(call, &locale, &any, err) < 0)
		return -1;
	plan_add_manifest(p, &closure);
	if (any)
		plan_add_manifest(p, &locale);
	plan_add_env(p, "PATH=%s", dir);
	plan_pass_env(p, call, language);
	plan_set_args(p, call->argv);
	plan_add_output(p, call, THUNK_STDOUT, OUTPUT_STDOUT, false);
	/* a wrapper may ask another tool, which is not there */
	p->doubtful = true;
	return 0;
}

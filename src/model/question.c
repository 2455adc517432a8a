#include "model/question.h"

#include <string.h>

#include "base/among.h"
#include "base/path.h"
#include "model/toolchain.h"

bool question_is(const struct call *call)
{
	static const char *const words[] = { "--version",        "--help",       "-dumpversion",
		                             "-dumpfullversion", "-dumpmachine", "-dumpspecs" };

	return call->argc == 2 && AMONG(call->argv[1], words);
}

bool question_is_other(const struct call *call)
{
	/* as configure scripts try them: what one tool does not know another does */
	static const char *const alone[] = { "-v",           "-V",        "-h",
		                             "-version",     "-qversion", "--verbose",
		                             "--target-help" };
	static const char *const anywhere[] = { "--version", "--help", "--print-prog-name",
		                                "--print-file-name" };
	static const char *const begin[] = { "-print-", "--print-prog-name=",
		                             "--print-file-name=", "-dump" };
	bool asks = call->argc == 2 && AMONG(call->argv[1], alone);
	bool only_options = true;

	for (int i = 1; i < call->argc; i++) {
		only_options &= call->argv[i][0] == '-';
		asks |= AMONG(call->argv[i], anywhere);
	}
	for (int i = 1; i < call->argc && only_options; i++)
		asks |= BEGINS_AMONG(call->argv[i], begin);
	return asks;
}

int question_plan(const struct call *call, struct plan *p, struct err *err)
{
	static const char *const language[] = { "LANG",        "LC_ALL",   "LC_CTYPE",
		                                "LC_MESSAGES", "LANGUAGE", NULL };
	auto_free char *dir = path_dir(call->tool);
	char *const programs[] = { (char *)call->tool, NULL };
	struct oid closure, locale;
	bool any = false;

	if (toolchain_starts_another(call->tool))
		return plan_delegate(p, QUESTION_REASON);
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

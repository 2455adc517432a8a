/*
 * ar and ranlib. Members go into the archive by name, content and (for a deterministic archive,
 * Debian's default) nothing else, so the archive is a function of its arguments.
 */
#include "base/path.h"
#include "model/toolchain.h"

#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

static char plugins[] = "/usr/lib/bfd-plugins";

static int set_up(const struct call *call, struct plan *p, struct err *err)
{
	static const char *const passed[] = { "LANG",        "LC_ALL",   "LC_CTYPE",
		                              "LC_MESSAGES", "LANGUAGE", NULL };
	char *programs[] = { (char *)call->tool, NULL };
	char *extra[] = { plugins, NULL };
	auto_free char *dir = path_dir(call->tool);
	struct oid closure;
	bool any;

	if (plan_set_program(p, call, call->tool, err) < 0 ||
	    closure_of(call, programs, extra, &closure, err) < 0)
		return -1;
	plan_add_manifest(p, &closure);
	if (closure_of_locale(call, &closure, &any, err) < 0)
		return -1;
	if (any)
		plan_add_manifest(p, &closure);
	plan_add_env(p, "PATH=%s", dir);
	plan_pass_env(p, call, passed);
	plan_set_args(p, call->argv);
	return 0;
}

static int refuse(const struct call *call, struct plan *p, const char *why)
{
	for (int i = 1; i < call->argc; i++)
		plan_reads(p, call, call->argv[i]);
	return plan_delegate(p, "%s", why);
}

/* The archive is changed in place: an input, if it is there, and the output. */
static int add_archive(const struct call *call, struct plan *p, const char *path, bool must,
                       struct err *err)
{
	struct stat sb;

	if (lstat(path, &sb) == 0 && !S_ISREG(sb.st_mode))
		return plan_delegate(p, "the archive is not a regular file");
	if ((must || access(path, F_OK) == 0) && plan_add_input(p, call, path, err) < 0)
		return -1;
	plan_add_output(p, call, path, OUTPUT_FILE, false);
	return 0;
}

static int plan_ranlib(const struct call *call, struct plan *p, struct err *err)
{
	const char *archive = NULL;

	for (int i = 1; i < call->argc; i++) {
		const char *arg = call->argv[i];
		if (strcmp(arg, "-D") == 0)
			continue;
		if (arg[0] == '-' || archive)
			return refuse(call, p, "ranlib options or several archives");
		archive = arg;
	}
	if (!archive)
		return plan_delegate(p, "ranlib without an archive");
	if (add_archive(call, p, archive, true, err) < 0 || set_up(call, p, err) < 0)
		return -1;
	return p->delegate ? refuse(call, p, p->reason) : 0;
}

/* One letter of operation in @op; false when there is a modifier that isn't modelled. */
static bool read_letters(const char *letters, char *op)
{
	*op = '\0';
	for (const char *c = letters; *c; c++) {
		if (strchr("rqdm", *c)) {
			if (*op)
				return false;
			*op = *c;
		} else if (!strchr("csSuDvPf", *c)) {
			return false;
		}
	}
	if (!*op && strchr(letters, 's'))
		*op = 's';
	return *op != '\0';
}

static int plan_ar(const struct call *call, struct plan *p, struct err *err)
{
	char op;

	if (call->argc < 3)
		return refuse(call, p, "ar without an archive");
	const char *letters = call->argv[1];
	if (strncmp(letters, "--", 2) == 0)
		return refuse(call, p, "ar options");
	letters += *letters == '-';
	if (!read_letters(letters, &op))
		return refuse(call, p, "an ar operation that only reads or isn't modelled");
	for (int i = 2; i < call->argc; i++)
		if (call->argv[i][0] == '-' || call->argv[i][0] == '@')
			return refuse(call, p, "ar options");
	bool inserts = op == 'r' || op == 'q';
	if (add_archive(call, p, call->argv[2], !inserts, err) < 0)
		return -1;
	for (int i = 3; inserts && i < call->argc; i++)
		if (plan_add_input(p, call, call->argv[i], err) < 0)
			return -1;
	if (!p->delegate && set_up(call, p, err) < 0)
		return -1;
	return p->delegate ? refuse(call, p, p->reason) : 0;
}

static int plan_archiver(const struct call *call, struct plan *p, struct err *err)
{
	plan_refuse_env(p, call, plan_bfd_env);
	if (p->delegate)
		return refuse(call, p, p->reason);
	return strstr(path_base(call->argv[0]), "ranlib") ? plan_ranlib(call, p, err)
	                                                  : plan_ar(call, p, err);
}

const struct model model_ar = { "ar", plan_archiver };

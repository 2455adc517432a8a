/*
 * ar and ranlib, those of LLVM too. Members go into the archive by name, content and (for a
 * deterministic archive, Debian's default) nothing else, so the archive is a function of its
 * arguments.
 */
#include "base/path.h"
#include "core/placeholder.h"
#include "store/look.h"
#include "model/gccopts.h"
#include "model/plugins.h"
#include "model/thin.h"
#include "model/toolchain.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "ar --plugin FILE …" is how gcc-ar runs it. Takes both words away; FILE, owned, or NULL. */
static char *take_plugin(struct strv *args)
{
	char *plugin = NULL;

	if (args->n < 3 || strcmp(args->v[1], "--plugin") != 0 || args->v[2][0] != '/')
		return NULL;
	plugin = args->v[2];
	free(args->v[1]);
	args->n -= 2;
	memmove(args->v + 1, args->v + 3, args->n * sizeof(*args->v)); /* and the NULL */
	return plugin;
}

/* LLVM's reads objects itself, binutils' has plugins for some. */
static int add_closure(const struct call *call, struct plan *p, const char *plugin,
                       struct err *err)
{
	char *const programs[] = { (char *)call->tool, NULL };
	const char *const named[] = { plugin, NULL };
	bool llvm = strncmp(path_base(call->tool), "llvm-", 5) == 0;
	struct oid closure;
	int rc = llvm ? closure_of(call, programs, NULL, &closure, err)
	              : plugins_closure(call, p, named, &closure, err);

	if (rc == 0)
		plan_add_manifest(p, &closure);
	return rc;
}

static int set_up(const struct call *call, struct plan *p, char *const *args,
                  const char *plugin, struct err *err)
{
	static const char *const passed[] = { "LANG",        "LC_ALL",   "LC_CTYPE",
		                              "LC_MESSAGES", "LANGUAGE", NULL };
	auto_free char *dir = path_dir(call->tool);
	struct oid closure;
	bool any;

	if (plan_set_program(p, call, call->tool, err) < 0 ||
	    add_closure(call, p, plugin, err) < 0)
		return -1;
	if (closure_of_locale(call, &closure, &any, err) < 0)
		return -1;
	if (any)
		plan_add_manifest(p, &closure);
	plan_add_env(p, "PATH=%s", dir);
	plan_pass_env(p, call, passed);
	if (plugin) {
		auto_strv all = STRV_INIT;

		strv_add(&all, args[0]);
		strv_add(&all, "--plugin");
		strv_add(&all, plugin);
		strv_add_all(&all, args + 1);
		plan_set_args(p, strv_argv(&all));
	} else {
		plan_set_args(p, args);
	}
	return 0;
}

static int refuse(const struct call *call, struct plan *p, const char *why)
{
	for (int i = 1; i < call->argc; i++)
		plan_reads(p, call, call->argv[i]);
	return plan_delegate(p, "%s", why);
}

/*
 * What an archive that ar reads makes it read, if it is a thin one. Of a placeholder that can't
 * be told: @opens says that ar looks into it.
 */
static int add_members(const struct call *call, struct plan *p, const char *path, bool opens,
                       struct err *err)
{
	char head[PLACEHOLDER_SNIFF] = "";
	auto_strv members = STRV_INIT;
	struct err why = ERR_INIT;
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || pread(fd, head, sizeof(head), 0) < 0)
		return err_sys(err, "%s", path);
	if (opens && placeholder_sniff(head, sizeof(head)))
		return plan_delegate(p, "a thin archive of what may be one");
	if (!thin_sniff(head, sizeof(head)))
		return 0;
	if (thin_members(path, &members, &why) < 0)
		return plan_delegate(p, "a thin archive that can't be followed");
	p->placed = true; /* it may name its members by absolute names */
	for (size_t i = 0; i < members.n; i++)
		if (plan_add_input(p, call, members.v[i], err) < 0)
			return -1;
	return 0;
}

/*
 * The archive is changed in place: an input, if it is there, and the output. A thin one must be
 * real, for it tells what else is read by whoever reads it.
 */
static int add_archive(const struct call *call, struct plan *p, const char *path, bool must,
                       bool thin, struct err *err)
{
	struct stat sb;
	bool there = look_lstat(path, &sb) == 0;

	if (there && !S_ISREG(sb.st_mode))
		return plan_delegate(p, "the archive is not a regular file");
	/* it is not replaced, but written into */
	if (there && look_access(path, W_OK) < 0)
		return plan_delegate(p, "the archive may not be written");
	if ((must || there) && plan_add_input(p, call, path, err) < 0)
		return -1;
	plan_add_output(p, call, path, thin ? OUTPUT_NOW : OUTPUT_FILE, false);
	p->placed |= thin;
	return there && !p->delegate ? add_members(call, p, path, thin, err) : 0;
}

/* Of an archive that goes into a thin one, the members go in; and of one in it, theirs. */
static int add_inserted(const struct call *call, struct plan *p, const char *path, bool thin,
                        struct err *err)
{
	if (plan_add_input(p, call, path, err) < 0)
		return -1;
	if (p->delegate || !thin || strcmp(path_ext(path), ".o") == 0)
		return 0;
	return add_members(call, p, path, true, err);
}

static int plan_ranlib(const struct call *call, struct plan *p, struct err *err)
{
	const char *archive = NULL;
	auto_strv args = STRV_INIT;

	strv_add_all(&args, call->argv);
	auto_free char *plugin = take_plugin(&args);
	for (size_t i = 1; i < args.n; i++) {
		const char *arg = args.v[i];
		if (strcmp(arg, "-D") == 0)
			continue;
		if (arg[0] == '-' || archive)
			return refuse(call, p, "ranlib options or several archives");
		archive = arg;
	}
	if (!archive)
		return plan_delegate(p, "ranlib without an archive");
	if (add_archive(call, p, archive, true, false, err) < 0 ||
	    set_up(call, p, strv_argv(&args), plugin, err) < 0)
		return -1;
	return p->delegate ? refuse(call, p, p->reason) : 0;
}

/*
 * One letter of operation in @op; false when there is a modifier that isn't modelled. One of a,
 * b and i says that a member's name comes before the archive's.
 */
static bool read_letters(const char *letters, char *op)
{
	*op = '\0';
	for (const char *c = letters; *c; c++) {
		if (strchr("rqdm", *c)) {
			if (*op)
				return false;
			*op = *c;
		} else if (!strchr("csSuDvPfTabi", *c)) {
			return false;
		}
	}
	if (!*op && strchr(letters, 's'))
		*op = 's';
	if (strpbrk(letters, "abi") && *op != 'm' && *op != 'r')
		return false;
	return *op != '\0';
}

static const char *why_not(const char *letters)
{
	if (strpbrk(letters, "ptx"))
		return "an ar operation that only reads";
	if (strchr(letters, 'U'))
		return "ar notes when its members were made (U)";
	return "an ar operation that isn't modelled";
}

/* A word that isn't the archive or a member, but for --thin, which is T. */
static bool has_options(const struct strv *args)
{
	for (size_t i = 2; i < args->n; i++)
		if (args->v[i][0] == '-' || args->v[i][0] == '@')
			return true;
	return args->v[1][0] == '-' && args->v[1][1] == '-';
}

/* "ar rcs --thin x.a …" and "ar --thin -rcs x.a …" are "ar rcsT x.a …". */
static void take_thin(struct strv *args)
{
	struct strv out = STRV_INIT;
	bool thin = false;

	for (size_t i = 0; i < args->n; i++) {
		if (strcmp(args->v[i], "--thin") == 0)
			thin = true;
		else
			strv_add(&out, args->v[i]);
	}
	if (thin && out.n > 1) {
		char *letters = xasprintf("%sT", out.v[1]);

		free(out.v[1]);
		out.v[1] = letters;
	}
	strv_release(args);
	*args = out;
}

static int plan_ar(const struct call *call, struct plan *p, struct err *err)
{
	auto_strv args = STRV_INIT;
	auto_strv files = STRV_INIT;
	struct err why = ERR_INIT;
	char op;

	if (gcc_expand_args(call->argv, &args, &files, &why) < 0)
		return refuse(call, p, "a response file that can't be followed");
	auto_free char *plugin = take_plugin(&args);
	take_thin(&args);
	if (args.n < 3)
		return refuse(call, p, "ar without an archive");
	if (has_options(&args))
		return refuse(call, p, "ar options");
	const char *letters = args.v[1] + (args.v[1][0] == '-');
	if (!read_letters(letters, &op))
		return refuse(call, p, why_not(letters));
	bool inserts = op == 'r' || op == 'q';
	bool thin = strchr(letters, 'T') != NULL;
	size_t archive = strpbrk(letters, "abi") ? 3 : 2;
	if (archive >= args.n)
		return refuse(call, p, "ar without an archive");
	if (add_archive(call, p, args.v[archive], !inserts, thin, err) < 0)
		return -1;
	for (size_t i = archive + 1; inserts && i < args.n && !p->delegate; i++)
		if (add_inserted(call, p, args.v[i], thin, err) < 0)
			return -1;
	/* it names where links lead */
	if (thin && p->relinked)
		plan_delegate(p, "a thin archive of one file by two names");
	if (!p->delegate && set_up(call, p, strv_argv(&args), plugin, err) < 0)
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

/*
 * gg doctor: what this machine can do. A list of findings, each good, a remark, a lack with its
 * remedy, or a reason why gg can't work. Never prints what may be a secret.
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/path.h"
#include "base/proc.h"
#include "cmd/cmd.h"
#include "cmd/json.h"
#include "cmd/tools.h"
#include "model/plan.h"
#include "net/uri.h"
#include "sandbox/box.h"
#include "ui/text.h"

enum level { GOOD, REMARK, LACK, BAD };

static const char *const level_names[] = { "ok", "note", "lack", "bad" };

struct doctor {
	json_t *findings; /* NULL: text */
	const char *part; /* of the text that was printed last */
	bool color;
	size_t lacks;
	size_t bad;
};

static void print_finding(struct doctor *d, const char *part, enum level level,
                          const char *text, const char *remedy)
{
	static const char *const colors[] = { "\033[32m", "\033[2m", "\033[33m", "\033[31m" };
	auto_buf line = BUF_INIT;

	if (!d->part || strcmp(d->part, part) != 0)
		printf("%s%s\n", d->part ? "\n" : "", part);
	d->part = part;
	text_plain(&line, text);
	printf("  %s%-4s%s  %s\n", d->color ? colors[level] : "", level_names[level],
	       d->color ? "\033[0m" : "", buf_str(&line));
	if (*remedy)
		printf("        → %s\n", remedy);
}

static void find(struct doctor *d, const char *part, enum level level, const char *remedy,
                 const char *fmt, ...) printflike(5, 6);

static void find(struct doctor *d, const char *part, enum level level, const char *remedy,
                 const char *fmt, ...)
{
	auto_buf text = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	d->lacks += level == LACK;
	d->bad += level == BAD;
	if (!d->findings) {
		print_finding(d, part, level, buf_str(&text), remedy);
		return;
	}
	json_t *j = json_object();

	json_object_set_new(j, "part", json_string(part));
	json_object_set_new(j, "level", json_string(level_names[level]));
	json_object_set_new(j, "text", json_text(buf_str(&text)));
	if (*remedy)
		json_object_set_new(j, "remedy", json_text(remedy));
	json_array_append_new(d->findings, j);
}

/* -- gg itself -- */

static void look_at_programs(struct doctor *d)
{
	static const char part[] = "gg";
	auto_free char *model = tools_beside("gg-model");
	const char *named = getenv("GG_MODELPATH");
	struct utsname u;

	find(d, part, GOOD, "", "version " GG_VERSION);
	if (uname(&u) == 0)
		find(d, part, GOOD, "", "%s %s, %s, %ld processors", u.sysname, u.release,
		     u.machine, sysconf(_SC_NPROCESSORS_ONLN));
	if (named && access(named, X_OK) < 0)
		find(d, part, BAD, "unset GG_MODELPATH, or let it name a folder of models",
		     "GG_MODELPATH names %s: %s", named, strerror(errno));
	else if (model && access(model, X_OK) == 0)
		find(d, part, GOOD, "", "gg-model is %s", model);
	else if (!named)
		find(d, part, BAD, "install gg whole: meson install -C build",
		     "gg-model is not where gg looks for it (%s)", model ? model : "nowhere");
}

/* -- isolation -- */

static const char *remedy_for_namespaces(void)
{
	if (access("/.dockerenv", F_OK) == 0)
		return "in Docker: run the container with --security-opt seccomp=unconfined "
		       "(and, where AppArmor is used, --security-opt apparmor=unconfined)";
	if (access("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", F_OK) == 0)
		return "sysctl kernel.apparmor_restrict_unprivileged_userns=0 as root, or an "
		       "AppArmor profile for gg that allows userns";
	if (access("/proc/sys/kernel/unprivileged_userns_clone", F_OK) == 0)
		return "sysctl kernel.unprivileged_userns_clone=1, as root";
	return "sysctl user.max_user_namespaces=10000, as root; a container must allow "
	       "user namespaces";
}

static void look_at_isolation(struct doctor *d)
{
	static const char part[] = "isolation";
	enum box_step best = box_probe();
	struct err why = ERR_INIT;

	for (int step = BOX_USERNS; step > (int)best && step >= BOX_CHROOT; step--) {
		why = (struct err)ERR_INIT;
		if (box_check((enum box_step)step, &why) < 0)
			find(d, part, REMARK, "", "%s: %s", box_step_name((enum box_step)step),
			     why.msg);
	}
	const char *lacks = box_step_lacks(best);

	if (*lacks)
		find(d, part, LACK, remedy_for_namespaces(), "%s is the best here; missing: %s",
		     box_step_name(best), lacks);
	else
		find(d, part, GOOD, "", "%s: everything is enforced", box_step_name(best));
}

/* -- the store -- */

static void look_at_facts(struct doctor *d, const struct store_facts *f)
{
	static const char part[] = "store";
	auto_buf blobs = BUF_INIT;
	auto_buf index = BUF_INIT;
	auto_buf space = BUF_INIT;

	text_size(&blobs, f->blob_bytes);
	text_size(&index, f->index_bytes + f->log_bytes);
	text_size(&space, f->free_bytes);
	find(d, part, GOOD, "", "%llu objects, %s; index and log: %llu entries, %s",
	     (unsigned long long)f->blobs, buf_str(&blobs),
	     (unsigned long long)f->index_entries, buf_str(&index));
	if (f->read_only)
		find(d, part, BAD, "make it writable for this user, or set GG_DIR to another",
		     "the index can't be written");
	if (f->dead_readers)
		find(d, part, REMARK, "", "%u readers of killed processes were forgotten",
		     f->dead_readers);
	if (f->readers * 2 > f->max_readers)
		find(d, part, LACK, "end the gg processes that hang",
		     "%u of %u reader slots are in use", f->readers, f->max_readers);
	if (f->free_bytes < (uint64_t)50 << 20)
		find(d, part, BAD, "make room there: gg gc --max-size, or delete .gg",
		     "only %s are free on its file system", buf_str(&space));
	else if (f->free_bytes < (uint64_t)1 << 30)
		find(d, part, LACK, "gg gc --max-size 1G",
		     "only %s are free on its file system", buf_str(&space));
	else
		find(d, part, GOOD, "", "%s are free on its file system", buf_str(&space));
	find(d, part, f->reflinks ? GOOD : REMARK, "",
	     f->reflinks ? "its file system has reflinks: inputs are kept without copying"
	                 : "its file system has no reflinks (btrfs and xfs have): inputs are "
	                   "copied, once each");
}

static void look_at_store(struct doctor *d)
{
	static const char part[] = "store";
	struct store_facts facts;
	struct err err = ERR_INIT;
	auto_store st = NULL;
	const char *named = getenv("GG_DIR");

	if (named && named[0] != '/') {
		find(d, part, BAD, "set it to an absolute path, or unset it",
		     "GG_DIR is no absolute path: %s", named);
		return;
	}
	auto_free char *cwd = getcwd(NULL, 0);
	auto_free char *dir = cwd ? store_find(named, cwd) : NULL;
	if (!dir || access(dir, F_OK) < 0) {
		bool may = access(named ? "/" : ".", W_OK) == 0 || named;

		find(d, part, may ? REMARK : BAD,
		     may ? "" : "go to a folder that you may write to, or set GG_DIR",
		     "there is none here yet: %s",
		     may ? "gg build makes one" : "and this folder can't be written");
		return;
	}
	if (store_open(dir, 0, &st, &err) < 0 || store_facts(st, &facts, &err) < 0) {
		find(d, part, BAD, "gg fsck --repair; or delete it, which loses time only",
		     "%s: %s", dir, err.msg);
		return;
	}
	find(d, part, GOOD, "", "%s", dir);
	if (access(dir, W_OK) < 0)
		find(d, part, BAD, "chown it to this user, or set GG_DIR to another",
		     "%s can't be written", dir);
	look_at_facts(d, &facts);
}

/* -- tools -- */

static void look_at_tool(struct doctor *d, const char *name, const char *path)
{
	static const char *const caches[] = { "ccache", "distcc", "sccache", "icecc" };
	static const char part[] = "tools";
	auto_free char *tool = proc_find_on_path(name, path, NULL);
	auto_free char *real = tool ? realpath(tool, NULL) : NULL;

	if (!tool)
		return;
	for (size_t i = 0; real && i < countof(caches); i++) {
		if (strcmp(path_base(real), caches[i]) != 0)
			continue;
		find(d, part, LACK,
		     "take its folder off PATH: gg remembers results itself, and sees only "
		     "the wrapper otherwise",
		     "%s is %s, which is %s", name, tool, caches[i]);
		return;
	}
	bool modelled = model_for(name) && model_for(name) != &model_reader;
	find(d, part, modelled ? GOOD : REMARK, "", "%s: %s%s", name, tool,
	     modelled ? "" : " (no model: runs as it is)");
}

static void look_at_tools(struct doctor *d)
{
	static const char *const names[] = { "cc",      "gcc",    "c++",    "g++",     "clang",
		                             "clang++", "ar",     "ranlib", "as",      "ld",
		                             "ld.gold", "ld.lld", "strip",  "gfortran" };
	const char *path = getenv("PATH");
	bool any = false;

	path = path ? path : "/usr/local/bin:/usr/bin:/bin";
	for (size_t i = 0; i < countof(names); i++) {
		auto_free char *tool = proc_find_on_path(names[i], path, NULL);

		any |= tool && i < 6;
		look_at_tool(d, names[i], path);
	}
	if (!any)
		find(d, "tools", LACK, "apt-get install gcc g++, or set PATH",
		     "no C or C++ compiler is on PATH");
}

/* -- environment -- */

static void look_at_variables(struct doctor *d)
{
	static const struct {
		const char *name;
		enum level level;
		const char *means;
		const char *remedy;
	} variables[] = {
		{ "GG_BYPASS", LACK, "the models are switched off", "unset GG_BYPASS" },
		{ "GG_SESSION", REMARK, "we are inside of a gg build", "" },
		{ "GG_DIR", REMARK, "the store is there", "" },
		{ "GG_MODELPATH", REMARK, "models are taken from there", "" },
		{ "LD_PRELOAD", LACK,
		  "it is not passed into the sandbox: what it changes does not happen there",
		  "unset LD_PRELOAD, if builds come out different" },
		{ "CCACHE_DIR", REMARK, "gg does not use it", "" },
		{ "NO_COLOR", REMARK, "no colours", "" },
	};
	static const char *const compilers[] = { "CC", "CXX", "LD", "AR" };

	for (size_t i = 0; i < countof(variables); i++)
		if (getenv(variables[i].name))
			find(d, "environment", variables[i].level, variables[i].remedy,
			     "%s is set: %s", variables[i].name, variables[i].means);
	for (size_t i = 0; i < countof(compilers); i++) {
		const char *v = getenv(compilers[i]);

		if (v && v[0] == '/')
			find(d, "environment", LACK, "name the tool without its folder",
			     "%s names a tool by its path, which is not found by PATH",
			     compilers[i]);
	}
}

/* -- elsewhere -- */

static void look_at_aws(struct doctor *d)
{
	static const char *const names[] = { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
		                             "AWS_SESSION_TOKEN", "AWS_PROFILE",
		                             "AWS_REGION",        "AWS_DEFAULT_REGION",
		                             "AWS_ENDPOINT_URL" };
	auto_buf set = BUF_INIT;

	for (size_t i = 0; i < countof(names); i++)
		if (getenv(names[i]))
			buf_addf(&set, "%s%s", set.len ? ", " : "", names[i]);
	find(d, "elsewhere", REMARK, "", "AWS: %s", set.len ? buf_str(&set) : "nothing is set");
	if (!getenv("AWS_ACCESS_KEY_ID") != !getenv("AWS_SECRET_ACCESS_KEY"))
		find(d, "elsewhere", LACK, "set both, or neither",
		     "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set");
}

static void look_elsewhere(struct doctor *d)
{
	static const char *const schemes[] = { "s3",         "redis", "rediss",
		                               "redis+unix", "gs",    "file" };
	const char *text = getenv("GG_STORAGE_URI");
	auto_uri uri = { 0 };
	struct err err = ERR_INIT;
	bool known = false;

	if (!text) {
		find(d, "elsewhere", REMARK, "",
		     "GG_STORAGE_URI is not set: objects stay on this machine");
		return;
	}
	if (uri_parse(text, &uri, &err) < 0) {
		find(d, "elsewhere", LACK, "an example: s3://BUCKET?region=eu-west-1",
		     "GG_STORAGE_URI: %s", err.msg);
		return;
	}
	for (size_t i = 0; i < countof(schemes); i++)
		known |= strcmp(uri.scheme, schemes[i]) == 0;
	auto_free char *shown = uri_display(&uri);
	find(d, "elsewhere", known ? GOOD : LACK,
	     known ? "" : "one of s3, redis, rediss, gs, file", "GG_STORAGE_URI: %s%s", shown,
	     known ? "" : " is of no kind that gg knows");
	if (strcmp(uri.scheme, "s3") == 0)
		look_at_aws(d);
}

int cmd_doctor(const struct command *self, int argc, char **argv)
{
	static const struct option longs[] = { { "json", no_argument, NULL, 'J' },
		                               { "help", no_argument, NULL, 'h' },
		                               { NULL, 0, NULL, 0 } };
	struct doctor d = { .color = isatty(1) && !getenv("NO_COLOR") };
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+h", longs, NULL)) != -1) {
		switch (c) {
		case 'J': d.findings = d.findings ? d.findings : json_array(); break;
		case 'h': return command_help(self);
		default: return command_usage(self, "unknown option %s", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return command_usage(self, "takes no operands, not \"%s\"", argv[optind]);
	look_at_programs(&d);
	look_at_isolation(&d);
	look_at_store(&d);
	look_at_tools(&d);
	look_at_variables(&d);
	look_elsewhere(&d);
	if (d.findings) {
		json_t *j = json_object();

		json_object_set_new(j, "works", json_boolean(d.bad == 0));
		json_object_set_new(j, "findings", d.findings);
		json_print(j);
	} else {
		printf("\n%s\n", d.bad     ? "gg can't work here: see \"bad\" above"
		                 : d.lacks ? "gg works here; what is lacking is above"
		                           : "gg works here, with all that it can do");
	}
	return d.bad ? 1 : 0;
}

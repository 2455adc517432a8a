/*
 * gg model-generic: the original's command of this name. The thunk is a classic one, with the
 * same bytes for a static program; others bring their closure.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/proc.h"
#include "cmd/cmd.h"
#include "core/codec.h"
#include "core/placeholder.h"
#include "model/elfinfo.h"
#include "model/generic.h"
#include "model/output.h"
#include "model/toolchain.h"

struct making {
	struct store *store;
	struct conf_tool tool;
	struct generic_call call;
	struct thunk *thunk;
	char *program; /* owned */
};

static char *find_program(const char *name)
{
	if (strchr(name, '/'))
		return realpath(name, NULL);
	return proc_find_on_path(name, getenv("PATH"), NULL);
}

/* The object behind @path: "@{GGHASH:…}" stands for it, and the thunk names it. */
static int add_infile(struct making *m, const char *path, struct buf *text, struct err *err)
{
	auto_placeholder h = { 0 };
	struct file_info info;
	int rc = placeholder_read(path, &h, err);

	if (rc < 0)
		return -1;
	if (rc == 1) {
		thunk_refs_add(&m->thunk->thunks, &h.thunk, h.tag, NULL);
		buf_addf(text, h.tag ? "@{GGHASH:%s#%s}" : "@{GGHASH:%s}", h.thunk.s, h.tag);
		return 0;
	}
	if (store_file(m->store, path, FILE_KEEP, &info, err) < 0)
		return -1;
	thunk_refs_add(&m->thunk->values, &info.id, NULL, NULL);
	buf_addf(text, "@{GGHASH:%s}", info.id.s);
	return 0;
}

/* An argument that is an input, or ends in one ("--in=FILE", "-iFILE"). */
static int add_argument(struct making *m, const char *arg, struct err *err)
{
	size_t n = strlen(arg);

	for (size_t i = 0; i < m->call.infiles.n; i++) {
		const char *file = m->call.infiles.v[i];
		size_t len = strlen(file);
		bool option = arg[0] == '-' && n > len && strcmp(arg + n - len, file) == 0;

		if (!option && strcmp(arg, file) != 0)
			continue;
		auto_buf text = BUF_INIT;

		buf_add(&text, arg, n - len);
		if (add_infile(m, file, &text, err) < 0)
			return -1;
		strv_add(&m->thunk->args, buf_str(&text));
		return 0;
	}
	strv_add(&m->thunk->args, arg);
	return 0;
}

static int add_extra(struct making *m, struct err *err)
{
	const char *at = getenv("GG_GENERIC_EXTRA");

	while (at && *at) {
		size_t n = strcspn(at, ":");
		auto_free char *path = xstrndup(at, n);
		auto_buf text = BUF_INIT;

		if (n && add_infile(m, path, &text, err) < 0)
			return -1;
		at += n + (at[n] == ':');
	}
	return 0;
}

static int add_program(struct making *m, struct err *err)
{
	auto_free char *cwd = getcwd(NULL, 0);
	const struct call call = { .store = m->store, .cwd = cwd ? cwd : "/", .envp = environ };
	char *programs[] = { m->program, NULL };
	auto_elf_info elf = { 0 };
	struct file_info info;
	struct oid manifest;

	if (store_file(m->store, m->program, FILE_KEEP, &info, err) < 0)
		return -1;
	m->thunk->function = info.id;
	thunk_refs_add(&m->thunk->execs, &info.id, NULL, NULL);
	if (elf_read(m->program, &elf, err) == 1 && !elf.interp)
		return 0;
	if (closure_of(&call, programs, NULL, &manifest, err) < 0)
		return -1;
	strv_add(&m->thunk->manifests, manifest.s);
	return 0;
}

static int describe(struct making *m, char **argv, struct err *err)
{
	strv_add(&m->thunk->args, path_base(m->program));
	if (add_program(m, err) < 0)
		return -1;
	for (; *argv; argv++)
		if (add_argument(m, *argv, err) < 0)
			return -1;
	if (add_extra(m, err) < 0)
		return -1;
	for (size_t i = 0; i < m->call.outfiles.n; i++)
		strv_add(&m->thunk->outputs, m->call.outfiles.v[i]);
	if (!m->thunk->outputs.n)
		strv_add(&m->thunk->outputs, "out");
	thunk_normalize(m->thunk);
	return thunk_check(m->thunk, err);
}

static int promise(struct making *m, struct err *err)
{
	auto_buf raw = BUF_INIT;
	struct oid id;

	if (thunk_encode(m->thunk, &raw, err) < 0 ||
	    store_put(m->store, raw.data, raw.len, &id, err) < 0)
		return -1;
	for (size_t i = 0; i < m->thunk->outputs.n; i++) {
		const char *name = m->thunk->outputs.v[i];
		auto_free char *path = realpath(".", NULL);
		auto_free char *full = path_absolute(path ? path : "/", name);

		if (output_promise(m->store, full, &id, i ? name : NULL, 0644, err) < 0)
			return -1;
	}
	return 0;
}

static int make(struct making *m, char **argv, struct err *err)
{
	if (conf_parse_line(argv[1], "description", NULL, &m->tool, err) < 0)
		return -1;
	m->program = find_program(m->tool.name);
	if (!m->program)
		return err_set(err, ERR_NOTFOUND, "%s: no such program", m->tool.name);
	generic_parse(&m->tool, argv + 1, &m->call);
	if (m->call.reason[0] && m->call.outfiles.n == 0 &&
	    strncmp(m->call.reason, "no output", 9) != 0)
		return err_set(err, ERR_USAGE, "the description does not fit: %s",
		               m->call.reason);
	if (command_open_store(true, &m->store, err) < 0)
		return -1;
	return describe(m, argv + 2, err) < 0 || promise(m, err) < 0 ? -1 : 0;
}

int cmd_model_generic(const struct command *self, int argc, char **argv)
{
	struct making m = { 0 };
	struct err err = ERR_INIT;

	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return command_help(self);
	if (argc < 2)
		return command_usage(self, "a description is missing");
	m.thunk = thunk_new();
	int rc = make(&m, argv, &err);
	thunk_free(m.thunk);
	store_close(m.store);
	conf_tool_release(&m.tool);
	generic_call_release(&m.call);
	free(m.program);
	if (rc < 0)
		return err.kind == ERR_USAGE ? command_usage(self, "%s", err.msg)
		                             : command_failed(self, &err);
	return 0;
}

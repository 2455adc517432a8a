/* gg create-thunk: a thunk from words. */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "cmd/cmd.h"
#include "core/codec.h"
#include "core/digest.h"
#include "core/placeholder.h"
#include "model/toolchain.h"

enum { OPT_WORKDIR = 256, OPT_MANIFEST, OPT_CLOSURE, OPT_WRITE };

struct creation {
	const struct command *self;
	struct thunk *thunk;
	struct strv closures;
	const char *placeholder; /* file to write */
	const char *write;       /* file for the thunk's own bytes */
};

/* "HASH[#TAG][=NAME]" */
static int add_ref(struct thunk_refs *refs, const char *text, char kind, struct err *err)
{
	size_t n = strcspn(text, "#=");
	const char *name = strchr(text, '=');
	struct oid id;

	if (oid_parse(text, n, &id, err) < 0)
		return -1;
	if (kind && id.s[0] != kind)
		return err_set(err, ERR_USAGE, "%s is not a thunk", id.s);
	auto_free char *tag =
		text[n] == '#' ? xstrndup(text + n + 1, strcspn(text + n + 1, "=")) : NULL;
	thunk_refs_add(refs, &id, tag, name ? name + 1 : NULL);
	return 0;
}

static int add_link(struct thunk *t, const char *text, struct err *err)
{
	const char *eq = strchr(text, '=');
	struct oid id;

	if (!eq || eq == text)
		return err_set(err, ERR_USAGE, "a link is NAME=HASH, not \"%s\"", text);
	if (oid_parse(eq + 1, strlen(eq + 1), &id, err) < 0)
		return -1;
	auto_free char *name = xstrndup(text, (size_t)(eq - text));
	thunk_add_link(t, name, &id);
	return 0;
}

static int set_timeout(struct thunk *t, const char *text, struct err *err)
{
	char *end;

	errno = 0;
	unsigned long ms = strtoul(text, &end, 10);
	if (errno || *end || end == text || ms > UINT32_MAX)
		return err_set(err, ERR_USAGE, "-T takes milliseconds, not \"%s\"", text);
	t->timeout_ms = (uint32_t)ms;
	return 0;
}

static int take_option(struct creation *c, int option, const char *value, struct err *err)
{
	struct thunk *t = c->thunk;

	switch (option) {
	case 'E': strv_add(&t->env, value); return 0;
	case 'v': return add_ref(&t->values, value, 0, err);
	case 't': return add_ref(&t->thunks, value, 'T', err);
	case 'e': return add_ref(&t->execs, value, 0, err);
	case 'o': strv_add(&t->outputs, value); return 0;
	case 'C': c->placeholder = value; return 0;
	case 'T': return set_timeout(t, value, err);
	case 'l':
	case 'L': return add_link(t, value, err);
	case OPT_WORKDIR:
		free(t->workdir);
		t->workdir = path_absolute("/", value);
		return value[0] == '/' ? 0
		                       : err_set(err, ERR_USAGE, "--workdir must be absolute");
	case OPT_MANIFEST: strv_add(&t->manifests, value); return 0;
	case OPT_CLOSURE: strv_add(&c->closures, value); return 0;
	case OPT_WRITE: c->write = value; return 0;
	default: return err_set(err, ERR_USAGE, "unknown option");
	}
}

static int add_closure(struct creation *c, struct store *st, struct err *err)
{
	auto_free char *cwd = getcwd(NULL, 0);
	const struct call call = { .store = st, .cwd = cwd ? cwd : "/", .envp = environ };
	auto_strv programs = STRV_INIT;
	char *none[] = { NULL };
	struct oid manifest;

	for (size_t i = 0; i < c->closures.n; i++) {
		const char *name = c->closures.v[i];
		char *found = strchr(name, '/') ? realpath(name, NULL)
		                                : proc_find_on_path(name, getenv("PATH"), NULL);

		if (!found)
			return err_set(err, ERR_NOTFOUND, "%s: no such program", name);
		strv_take(&programs, found);
	}
	if (closure_of(&call, strv_argv(&programs), none, &manifest, err) < 0)
		return -1;
	strv_add(&c->thunk->manifests, manifest.s);
	return 0;
}

static int write_placeholder(const char *path, const struct oid *id, struct err *err)
{
	auto_buf text = BUF_INIT;
	unsigned mode;

	if (placeholder_encode(path, id, NULL, &text, &mode, err) < 0)
		return -1;
	return file_give(path, text.data, text.len, mode, err);
}

/* A program in a sandbox makes thunks as its outputs: it has no store, and needs none. */
static int keep(struct creation *c, struct store *st, struct oid *id, struct err *err)
{
	auto_buf raw = BUF_INIT;

	if (thunk_encode(c->thunk, &raw, err) < 0)
		return -1;
	if (c->write && file_give(c->write, raw.data, raw.len, 0644, err) < 0)
		return -1;
	digest_bytes(raw.data, raw.len, id);
	return st ? store_put(st, raw.data, raw.len, id, err) : 0;
}

static int create(struct creation *c, struct oid *id, struct err *err)
{
	auto_store st = NULL;

	if (command_open_store(false, &st, err) < 0 && !c->write)
		return -1;
	if (c->closures.n && !st)
		return err_set(err, ERR_USAGE, "--closure needs a store");
	if (c->closures.n && add_closure(c, st, err) < 0)
		return -1;
	if (keep(c, st, id, err) < 0)
		return -1;
	return c->placeholder ? write_placeholder(c->placeholder, id, err) : 0;
}

static int parse(struct creation *c, int argc, char **argv, struct err *err)
{
	static const struct option longs[] = {
		{ "envar", required_argument, NULL, 'E' },
		{ "value", required_argument, NULL, 'v' },
		{ "thunk", required_argument, NULL, 't' },
		{ "executable", required_argument, NULL, 'e' },
		{ "output", required_argument, NULL, 'o' },
		{ "placeholder", required_argument, NULL, 'C' },
		{ "timeout", required_argument, NULL, 'T' },
		{ "link", required_argument, NULL, 'L' },
		{ "workdir", required_argument, NULL, OPT_WORKDIR },
		{ "manifest", required_argument, NULL, OPT_MANIFEST },
		{ "closure", required_argument, NULL, OPT_CLOSURE },
		{ "write", required_argument, NULL, OPT_WRITE },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int o;

	optind = 1;
	opterr = 0;
	while ((o = getopt_long(argc, argv, "+:E:v:t:e:o:C:T:L:l:h", longs, NULL)) != -1) {
		if (o == 'h')
			return 1;
		if (o == '?' || o == ':')
			return err_set(err, ERR_USAGE, "%s %s",
			               o == ':' ? "a value is missing after" : "unknown option",
			               argv[optind - 1]);
		if (take_option(c, o, optarg, err) < 0)
			return -1;
	}
	if (argc - optind < 2)
		return err_set(err, ERR_USAGE, "the function's HASH and ARGV0 are missing");
	if (oid_parse(argv[optind], strlen(argv[optind]), &c->thunk->function, err) < 0)
		return -1;
	strv_add_all(&c->thunk->args, argv + optind + 1);
	return 0;
}

int cmd_create_thunk(const struct command *self, int argc, char **argv)
{
	auto_thunk t = thunk_new();
	struct creation c = { .self = self, .thunk = t };
	struct err err = ERR_INIT;
	struct oid id;
	int rc = parse(&c, argc, argv, &err);

	if (rc == 1)
		return command_help(self);
	if (rc == 0)
		rc = create(&c, &id, &err);
	strv_release(&c.closures);
	if (rc < 0)
		return err.kind == ERR_USAGE ? command_usage(self, "%s", err.msg)
		                             : command_failed(self, &err);
	/* The original prints the name on standard error, and its users read it there. */
	fprintf(stderr, "%s\n", id.s);
	return 0;
}

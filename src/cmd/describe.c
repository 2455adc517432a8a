/* gg describe: a thunk, or a manifest, as JSON. */
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/path.h"
#include "cmd/cmd.h"
#include "cmd/names.h"
#include "core/codec.h"
#include "core/digest.h"
#include "ui/failure.h"

/* Names may be any bytes; JSON wants UTF-8. */
static json_t *text(const char *s)
{
	json_t *j = json_string(s ? s : "");

	if (j || !s)
		return j;
	auto_buf latin = BUF_INIT;
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x80) {
			buf_addc(&latin, *s);
		} else {
			buf_addc(&latin, (char)(0xc0 | c >> 6));
			buf_addc(&latin, (char)(0x80 | (c & 0x3f)));
		}
	}
	return json_string(buf_str(&latin));
}

static json_t *strings(const struct strv *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->n; i++)
		json_array_append_new(list, text(v->v[i]));
	return list;
}

static json_t *references(const struct thunk_refs *refs)
{
	json_t *list = json_array();

	for (size_t i = 0; i < refs->n; i++) {
		const struct thunk_ref *r = &refs->v[i];
		auto_free char *s = xasprintf("%s%s%s%s%s", r->id.s, r->tag ? "#" : "",
		                              r->tag ? r->tag : "", r->name ? "=" : "",
		                              r->name ? r->name : "");

		json_array_append_new(list, text(s));
	}
	return list;
}

static json_t *links(const struct thunk *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->n_links; i++) {
		json_t *l = json_object();

		json_object_set_new(l, "name", text(t->links[i].name));
		json_object_set_new(l, "targetHash", text(t->links[i].target.s));
		json_array_append_new(list, l);
	}
	return list;
}

static json_t *as_json(const struct thunk *t)
{
	json_t *function = json_object();
	json_t *j = json_object();

	json_object_set_new(function, "hash", text(t->function.s));
	json_object_set_new(function, "args", strings(&t->args));
	json_object_set_new(function, "envars", strings(&t->env));
	json_object_set_new(j, "function", function);
	json_object_set_new(j, "values", references(&t->values));
	json_object_set_new(j, "thunks", references(&t->thunks));
	json_object_set_new(j, "executables", references(&t->execs));
	json_object_set_new(j, "outputs", strings(&t->outputs));
	json_object_set_new(j, "timeout", json_integer(t->timeout_ms));
	json_object_set_new(j, "links", links(t));
	if (t->workdir)
		json_object_set_new(j, "workdir", text(t->workdir));
	if (t->platform)
		json_object_set_new(j, "platform", text(t->platform));
	if (t->manifests.n)
		json_object_set_new(j, "manifests", strings(&t->manifests));
	if (t->times.n)
		json_object_set_new(j, "times", strings(&t->times));
	return j;
}

/* The name that the original gives to a function with just these executables baked in. */
static void print_specialised(const struct thunk *t)
{
	auto_strv names = STRV_INIT;
	auto_buf all = BUF_INIT;
	struct oid id;

	for (size_t i = 0; i < t->execs.n; i++)
		strv_add(&names, t->execs.v[i].id.s);
	strv_sort(&names);
	for (size_t i = 0; i < names.n; i++)
		buf_adds(&all, names.v[i]);
	digest_bytes(all.data, all.len, &id);
	for (char *c = id.s; *c; c++)
		if (*c == '.')
			*c = '-';
	printf("%.43s\n", id.s + 1);
}

static int load(const char *name, struct thunk **out, struct err *err)
{
	auto_store st = NULL;
	auto_buf raw = BUF_INIT;
	struct oid id;

	if (command_open_store(false, &st, err) < 0 || names_thunk(st, name, &id, err) < 0)
		return -1;
	return store_get(st, &id, &raw, err) < 0 ? -1
	                                         : thunk_decode(raw.data, raw.len, out, err);
}

int cmd_describe(const struct command *self, int argc, char **argv)
{
	static const struct option longs[] = { { "executables", no_argument, NULL, 'e' },
		                               { "command", no_argument, NULL, 'c' },
		                               { "json", no_argument, NULL, 'J' },
		                               { "help", no_argument, NULL, 'h' },
		                               { NULL, 0, NULL, 0 } };
	struct err err = ERR_INIT;
	auto_thunk t = NULL;
	int what = 'J';
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+ech", longs, NULL)) != -1) {
		if (c == 'h')
			return command_help(self);
		if (c == '?')
			return command_usage(self, "unknown option %s", argv[optind - 1]);
		what = c;
	}
	if (argc - optind != 1)
		return command_usage(self,
		                     "name one thunk, placeholder, or beginning of a name");
	if (load(argv[optind], &t, &err) < 0)
		return command_failed(self, &err);
	if (what == 'e') {
		print_specialised(t);
	} else if (what == 'c') {
		auto_buf line = BUF_INIT;

		failure_command(t, &line);
		puts(buf_str(&line));
	} else {
		json_t *j = as_json(t);

		json_dumpf(j, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(j);
	}
	return 0;
}

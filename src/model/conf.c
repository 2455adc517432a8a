/*
 * A line is a tool's name and tokens; a token is told by how it begins:
 *
 *   -…   an option:   NAMES [ "=" USE | "[=" USE "]" ] { ">" TEMPLATE }
 *   @…   an operand:  USE [ "?" | "..." ] { ">" TEMPLATE }
 *   WORD:…  a setting
 *   else a word that must stand there
 */
#include "model/conf.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/words.h"

enum { CONF_MAX = 1 << 20 };

static void option_release(struct conf_option *o)
{
	strv_release(&o->names);
	strv_release(&o->makes);
	free(o->literal);
	free(o->out);
}

void conf_tool_release(struct conf_tool *t)
{
	for (size_t i = 0; i < t->n_options; i++)
		option_release(&t->options[i]);
	for (size_t i = 0; i < t->n_operands; i++)
		option_release(&t->operands[i]);
	free(t->options);
	free(t->operands);
	free(t->name);
	free(t->source);
	free(t->out);
	strv_release(&t->in);
	strv_release(&t->env);
	strv_release(&t->run);
	strv_release(&t->deps);
	strv_release(&t->include);
	strv_release(&t->embed);
	strv_release(&t->unless);
	*t = (struct conf_tool){ 0 };
}

void conf_release(struct conf *c)
{
	for (size_t i = 0; i < c->n; i++)
		conf_tool_release(&c->v[i]);
	free(c->v);
	strv_release(&c->errors);
	*c = (struct conf){ 0 };
}

/* -- tokens -- */

static int parse_use(const char *text, size_t len, enum conf_use *out, struct err *err)
{
	static const struct {
		const char *text;
		enum conf_use use;
	} uses[] = {
		{ "@", CONF_TEXT },           { "@infile", CONF_INFILE },
		{ "@outfile", CONF_OUTFILE }, { "@depfile", CONF_DEPFILE },
		{ "@indir", CONF_INDIR },     { "@searchdir", CONF_SEARCH },
		{ "@outdir", CONF_OUTDIR },
	};

	for (size_t i = 0; i < countof(uses); i++) {
		if (strlen(uses[i].text) == len && memcmp(uses[i].text, text, len) == 0) {
			*out = uses[i].use;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE,
	               "\"%.*s\" is none of @ @infile @outfile @depfile @indir @searchdir "
	               "@outdir",
	               (int)(len < 80 ? len : 80), text);
}

/* ">TEMPLATE>TEMPLATE…", from the first '>'. */
static int parse_makes(const char *at, struct conf_option *o, struct err *err)
{
	while (*at == '>') {
		size_t n = strcspn(++at, ">");

		if (!n)
			return err_set(err, ERR_USAGE, "\">\" without a file name");
		if (strncmp(at, "out:", 4) != 0) {
			strv_addn(&o->makes, at, n);
		} else if (n == 4 || o->out) {
			return err_set(err, ERR_USAGE, "\">out:\" takes one file name");
		} else {
			o->out = xstrndup(at + 4, n - 4);
		}
		at += n;
	}
	return 0;
}

static int parse_names(const char *text, size_t len, struct conf_option *o, struct err *err)
{
	for (size_t i = 0; i <= len;) {
		size_t n = strcspn(text + i, ",");

		if (n > len - i)
			n = len - i;
		if (n < 2 || text[i] != '-')
			return err_set(err, ERR_USAGE,
			               "an option is \"-x\", \"--long\" or "
			               "\"-x,--long\"");
		strv_addn(&o->names, text + i, n);
		i += n + 1;
	}
	return 0;
}

static int parse_option(const char *token, struct conf_option *o, struct err *err)
{
	size_t names = strcspn(token, "=[>");
	const char *at = token + names;

	if (parse_names(token, names, o, err) < 0)
		return -1;
	if (*at == '[') {
		size_t n = strcspn(at, "]");

		if (at[1] != '=' || !at[n] || (at[n + 1] && at[n + 1] != '>'))
			return err_set(err, ERR_USAGE, "a value that may be left out is [=@…]");
		o->value_optional = true;
		if (parse_use(at + 2, n - 2, &o->use, err) < 0)
			return -1;
		at += n + 1;
	} else if (*at == '=') {
		size_t n = strcspn(at, ">");

		if (parse_use(at + 1, n - 1, &o->use, err) < 0)
			return -1;
		at += n;
	}
	return parse_makes(at, o, err);
}

static int parse_operand(const char *token, struct conf_option *o, struct err *err)
{
	size_t n = strcspn(token, ">");
	const char *rest = token + n;

	if (n > 3 && memcmp(token + n - 3, "...", 3) == 0) {
		o->repeats = true;
		n -= 3;
	} else if (n > 1 && token[n - 1] == '?') {
		o->optional = true;
		n--;
	}
	if (parse_use(token, n, &o->use, err) < 0)
		return -1;
	return parse_makes(rest, o, err);
}

/* The one or more operands that may be there must follow those that are. */
static int check_operands(const struct conf_tool *t, struct err *err)
{
	bool varies = false;
	bool optional = false;

	for (size_t i = 0; i < t->n_operands; i++) {
		const struct conf_option *o = &t->operands[i];

		if ((varies && (o->repeats || o->optional)) || (optional && o->repeats))
			return err_set(
				err, ERR_USAGE,
				"only one operand may have \"...\", and none \"?\" then");
		if (optional && !o->optional)
			return err_set(err, ERR_USAGE, "an operand behind one with \"?\"");
		varies |= o->repeats;
		optional |= o->optional;
	}
	return 0;
}

static struct conf_option *add_option(struct conf_option **v, size_t *n)
{
	*v = xrealloc(*v, (*n + 1) * sizeof(**v));
	(*v)[*n] = (struct conf_option){ 0 };
	return &(*v)[(*n)++];
}

static int add_in(struct conf_tool *t, const char *path, const char *base, struct err *err)
{
	if (path[0] != '/' && !base)
		return err_set(err, ERR_USAGE, "in:%s must be an absolute path here", path);
	strv_take(&t->in, path_absolute(base ? base : "/", path));
	return 0;
}

/* 1 when the token was a setting. */
static int parse_setting(struct conf_tool *t, const char *token, const char *base,
                         struct err *err)
{
	const struct {
		const char *key;
		struct strv *list;
	} lists[] = { { "env:", &t->env },     { "run:", &t->run },
		      { "deps:", &t->deps },   { "include:", &t->include },
		      { "embed:", &t->embed }, { "unless:", &t->unless } };
	bool in = strncmp(token, "in:", 3) == 0;
	bool out = strncmp(token, "out:", 4) == 0;

	if ((in && !token[3]) || (out && (!token[4] || t->out)))
		return err_set(err, ERR_USAGE, "\"%.40s\" takes one file name", token);
	if (in)
		return add_in(t, token + 3, base, err) < 0 ? -1 : 1;
	if (out) {
		t->out = xstrdup(token + 4);
		return 1;
	}
	for (size_t i = 0; i < countof(lists); i++) {
		size_t n = strlen(lists[i].key);

		if (strncmp(token, lists[i].key, n) != 0)
			continue;
		if (!token[n])
			return err_set(err, ERR_USAGE, "\"%s\" without a value", token);
		strv_add(lists[i].list, token + n);
		return 1;
	}
	return 0;
}

static int parse_token(struct conf_tool *t, const char *token, const char *base,
                       struct err *err)
{
	if (token[0] == '-')
		return parse_option(token, add_option(&t->options, &t->n_options), err);
	if (token[0] == '@')
		return parse_operand(token, add_option(&t->operands, &t->n_operands), err);
	int rc = parse_setting(t, token, base, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	struct conf_option *o = add_option(&t->operands, &t->n_operands);
	o->use = CONF_LITERAL;
	o->literal = xstrdup(token);
	return 0;
}

static int parse_words(const struct strv *words, const char *base, struct conf_tool *t,
                       struct err *err)
{
	if (!words->n || !*words->v[0])
		return err_set(err, ERR_USAGE, "a description begins with the tool's name");
	t->name = xstrdup(words->v[0]);
	if (words->n == 2 && strcmp(words->v[1], "off") == 0) {
		t->off = true;
		return 0;
	}
	for (size_t i = 1; i < words->n; i++)
		if (parse_token(t, words->v[i], base, err) < 0)
			return err_wrap(err, "%.80s", words->v[i]);
	return check_operands(t, err);
}

int conf_parse_line(const char *line, const char *source, const char *base,
                    struct conf_tool *out, struct err *err)
{
	auto_strv words = STRV_INIT;

	*out = (struct conf_tool){ 0 };
	if (words_split(line, WORDS_COMMENTS, &words, err) < 0 ||
	    parse_words(&words, base, out, err) < 0) {
		conf_tool_release(out);
		return -1;
	}
	out->source = xstrdup(source);
	return 0;
}

/* -- files -- */

static void add_line(struct conf *c, const char *line, const char *source, unsigned number,
                     const char *base)
{
	auto_free char *where = xasprintf("%s:%u", source, number);
	struct conf_tool t;
	struct err err = ERR_INIT;

	if (line[strspn(line, " \t\r")] == '\0' || line[strspn(line, " \t")] == '#')
		return;
	if (conf_parse_line(line, where, base, &t, &err) < 0) {
		strv_addf(&c->errors, "%s: %s", where, err.msg);
		return;
	}
	if (strchr(t.name, '/')) {
		strv_addf(&c->errors, "%s: a tool is named as it is called, without folders",
		          where);
		conf_tool_release(&t);
		return;
	}
	c->v = xrealloc(c->v, (c->n + 1) * sizeof(*c->v));
	c->v[c->n++] = t;
}

void conf_parse(struct conf *c, const char *text, const char *source, const char *base)
{
	unsigned number = 1;

	for (const char *at = text; *at;) {
		auto_buf line = BUF_INIT;
		unsigned lines = 0;
		size_t n;

		/* a backslash at the end of a line goes on with the next */
		for (;; at += n + (at[n] == '\n')) {
			n = strcspn(at, "\n");
			lines += at[n] == '\n';
			bool more = n && at[n - 1] == '\\' && at[n];
			buf_add(&line, at, more ? n - 1 : n);
			if (!more)
				break;
		}
		at += n + (at[n] == '\n');
		add_line(c, buf_str(&line), source, number, base);
		number += lines;
	}
}

static void load_file(struct conf *c, const char *folder, const char *base)
{
	auto_free char *path = path_join(folder, "models.conf");
	auto_buf text = BUF_LIMIT(CONF_MAX);
	struct err err = ERR_INIT;

	if (file_read(path, &text, &err) == 0)
		conf_parse(c, buf_str(&text), path, base);
	else if (err.kind != ERR_NOTFOUND)
		strv_addf(&c->errors, "%s", err.msg);
}

void conf_load(struct conf *c, const char *dir, const char *home)
{
	auto_free char *project = dir ? path_dir(dir) : NULL;

	if (dir)
		load_file(c, dir, project);
	if (home)
		load_file(c, home, NULL);
	conf_parse(c, conf_default, "built in", NULL);
}

static size_t file_of(const struct conf_tool *t)
{
	return (size_t)(strrchr(t->source, ':') - t->source);
}

static bool same_file(const struct conf_tool *a, const struct conf_tool *b)
{
	return file_of(a) == file_of(b) && strncmp(a->source, b->source, file_of(a)) == 0;
}

const struct conf_tool *conf_next(const struct conf *c, const char *name, size_t *at)
{
	const struct conf_tool *first = NULL;

	for (size_t i = 0; i < c->n; i++) {
		const struct conf_tool *t = &c->v[i];

		if (strcmp(t->name, name) != 0)
			continue;
		if (!first)
			first = t;
		if (!same_file(first, t) || t->off)
			break;
		if (i < *at)
			continue;
		*at = i + 1;
		return t;
	}
	return NULL;
}

char *conf_home(char *const *envp)
{
	const char *config = proc_env(envp, "XDG_CONFIG_HOME");
	const char *home = proc_env(envp, "HOME");

	if (config && config[0] == '/')
		return path_join(config, "gg");
	return home && home[0] == '/' ? path_join(home, ".config/gg") : NULL;
}

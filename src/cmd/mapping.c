#include "cmd/mapping.h"

#include <ctype.h>
#include <string.h>

#include "base/path.h"
#include "base/template.h"
#include "base/words.h"
#include "cmd/options.h"

/* Between values that are words of their own. */
enum { BREAK = 1 };

struct values {
	const struct mapping *mapping;
	const char **v;
	size_t number; /* of the job, from 0 */
	char text[32];
	struct buf all;
	char between; /* "{}" stands for all values; what is between them */
	bool any;     /* a value was asked for that there is */
	bool none;    /* … or that there is not */
};

/* -- the words of a job -- */

static void join(const struct mapping *m, const char *const *v, char between, struct buf *out)
{
	for (size_t i = 0; i < m->sources.n; i++)
		if (v[i])
			buf_addf(out, "%.*s%s", i > 0, &between, v[i]);
}

/* How many there are, up to the last. */
static long count(const struct values *v)
{
	long n = (long)v->mapping->sources.n;

	while (n > 0 && !v->v[n - 1])
		n--;
	return n;
}

/* "", "1", "-1", "#" */
static const char *value_of(void *arg, const char *name, size_t len)
{
	struct values *v = arg;
	const char *value;
	long n = (long)v->mapping->sources.n;
	char digits[16] = "";

	v->any |= len == 0;
	if (len == 0 && n == 1)
		return v->v[0];
	if (len == 0) {
		buf_reset(&v->all);
		join(v->mapping, v->v, v->between, &v->all);
		return buf_str(&v->all);
	}
	if (len == 1 && *name == '#') {
		v->any = true;
		snprintf(v->text, sizeof(v->text), "%zu", v->number + 1);
		return v->text;
	}
	if (len >= sizeof(digits))
		return NULL;
	memcpy(digits, name, len);
	char *end;
	long i = strtol(digits, &end, 10);
	i = i < 0 ? count(v) + i : i - 1;
	if (*end || strspn(digits, "-0123456789") != len || i < -n || i >= n)
		return NULL;
	value = i >= 0 ? v->v[i] : NULL;
	v->any |= value != NULL;
	v->none |= !value;
	return value ? value : "";
}

static bool names_output(const char *word)
{
	return strcmp(word, "-o") == 0 || strcmp(word, "--output") == 0 ||
	       strcmp(word, "--out") == 0;
}

/* With several sources "{}" is several words. */
static void add_words(struct strv *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, (const char[]){ BREAK, '\0' });

		strv_addn(out, text, n);
		text += n;
		if (*text && !*++text)
			strv_add(out, "");
	}
}

void mapping_job(const struct mapping *m, size_t number, struct mapped *out)
{
	struct values v = { .mapping = m, .number = number, .between = ' ' };

	out->values = xcalloc(m->sources.n, sizeof(*out->values));
	sources_job(&m->sources, number, out->values);
	v.v = out->values;
	for (size_t i = 0; i < m->template.n; i++) {
		const char *word = m->template.v[i];
		v.any = v.none = false;
		auto_free char *text = template_text(word, value_of, &v);
		bool made = template_use(word, value_of, &v) == TEMPLATE_DERIVES ||
		            (i > 0 && names_output(m->template.v[i - 1]));

		if (strstr(word, "{}") && m->sources.n > 1) {
			v.between = BREAK;
			free(text);
			text = template_text(word, value_of, &v);
			v.between = ' ';
			add_words(&out->words, text);
			continue;
		}
		if (!*text && v.none && !v.any)
			continue;
		strv_add(&out->words, text);
		if (m->outs.n == 0 && i > 0 && made && !strpbrk(word, " \t\n>|") &&
		    *word != '-' && !strv_has(&out->outputs, text))
			strv_add(&out->outputs, text);
	}
	for (size_t i = 0; i < m->outs.n; i++)
		strv_take(&out->outputs, template_text(m->outs.v[i], value_of, &v));
	if (m->redirect)
		out->redirect = template_text(m->redirect, value_of, &v);
	buf_release(&v.all);
}

void mapped_name(const struct mapping *m, const struct mapped *j, struct buf *out)
{
	join(m, j->values, ' ', out);
}

void mapped_command(const struct mapped *j, struct buf *out)
{
	for (size_t i = 0; i < j->words.n; i++) {
		buf_adds(out, i ? " " : "");
		path_shell_quote(out, j->words.v[i]);
	}
	if (!j->redirect)
		return;
	buf_adds(out, " > ");
	path_shell_quote(out, j->redirect);
}

void mapped_release(struct mapped *j)
{
	free(j->values);
	free(j->redirect);
	strv_release(&j->words);
	strv_release(&j->outputs);
}

/* -- options -- */

struct option {
	const char *name;
	bool value;
	char key;
};

static const struct option options[] = {
	{ "--out", true, 'o' },
	{ "--in", true, 'i' },
	{ "--env", true, 'E' },
	{ "--arg-file", true, 'a' },
	{ "-a", true, 'a' },
	{ "--null", false, '0' },
	{ "-0", false, '0' },
	{ "--dry-run", false, 'n' },
	{ "--halt", true, 'H' },
	{ "-d", true, 'd' },
	{ "--delimiter", true, 'd' },
	{ "--tag", false, 't' },
	{ "--joblog", true, 'l' },
	{ "--colsep", true, 'C' },
	{ "-C", true, 'C' },
	{ "--max-args", true, 'N' },
	{ "-N", true, 'N' },
	{ "-n", true, 'N' },
	{ "-I", true, 'I' },
	{ "--verbose", false, 'e' },
	{ "-v", false, 'v' },
	{ "-t", false, 'e' },
	/* as it is anyway */
	{ "-q", false, ' ' },
	{ "--quote", false, ' ' },
	{ "-r", false, ' ' },
	{ "--no-run-if-empty", false, ' ' },
	{ "--keep-order", false, ' ' },
	{ "-k", false, ' ' },
	{ "--group", false, ' ' },
	{ "--bar", false, ' ' },
	{ "--eta", false, ' ' },
	{ "--progress", false, ' ' },
	{ "--will-cite", false, ' ' },
};

/* The value of option @o in *@at, which may be in the next word; NULL: it is another. */
static const char *value_in(const struct option *o, char **argv, int *at)
{
	size_t n = strlen(o->name);
	const char *arg = argv[*at];

	if (strncmp(arg, o->name, n) != 0)
		return NULL;
	if (!o->value)
		return arg[n] ? NULL : "";
	if (arg[n] == '=' && o->name[1] == '-')
		return arg + n + 1;
	if (arg[n])
		return o->name[1] == '-' ? NULL : arg + n;
	return argv[*at + 1] ? argv[++*at] : NULL;
}

static void take_option(struct mapping *m, char key, const char *value)
{
	switch (key) {
	case 'o': strv_add(&m->outs, value); break;
	case 'i': strv_add(&m->ins, value); break;
	case 'E': strv_add(&m->env, value); break;
	case 'a': strv_add(&m->files, value); break;
	case '0': m->sources.separator = '\0'; break;
	case 'n': m->dry_run = true; break;
	case 'H': m->halt = value; break;
	case 'd': m->delimiter = value; break;
	case 't': m->tag = true; break;
	case 'l': m->joblog = value; break;
	case 'C': m->columns = value; break;
	case 'N': m->group = value; break;
	case 'I': m->replace = value; break;
	case 'v': m->tell = 1; break;
	case 'e': m->tell = 2; break;
	default: break;
	}
}

static bool is_own(struct mapping *m, char **argv, int *at)
{
	for (size_t k = 0; k < countof(options); k++) {
		const char *value = value_in(&options[k], argv, at);

		if (!value)
			continue;
		take_option(m, options[k].key, value);
		return true;
	}
	return false;
}

void mapping_options(struct mapping *m, int argc, char **argv, struct strv *rest)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-' && strcmp(argv[i], "--") != 0; i++) {
		if (is_own(m, argv, &i))
			continue;
		strv_add(rest, argv[i]);
		if (options_takes_value(argv[i]) && i + 1 < argc)
			strv_add(rest, argv[++i]);
	}
	for (; i < argc; i++)
		strv_add(rest, argv[i]);
}

/* As parallel has them; what runs is not waited for in either way. */
static int take_halt(struct mapping *m, struct err *err)
{
	static const char *const halts[] = { "now", "now,fail=1", "soon,fail=1" };

	if (!m->halt || strcmp(m->halt, "never") == 0)
		return 0;
	for (size_t i = 0; i < countof(halts); i++)
		m->halts |= strcmp(m->halt, halts[i]) == 0;
	return m->halts ? 0
	                : err_set(err, ERR_USAGE,
	                          "--halt %s: never, or now, at the first failure", m->halt);
}

/* -- arguments -- */

static int group(struct mapping *m, struct err *err)
{
	char *end;
	unsigned long n = strtoul(m->group, &end, 10);

	if (*end || end == m->group || n == 0 || n > UINT16_MAX)
		return err_set(err, ERR_USAGE, "-N %s: how many arguments a job has", m->group);
	if (m->sources.n != 1)
		return err_set(err, ERR_USAGE, "-N takes one source of arguments, not %zu",
		               m->sources.n);
	sources_group(&m->sources, n);
	return 0;
}

/* One character, or its name. */
static int take_delimiter(struct mapping *m, struct err *err)
{
	static const struct {
		const char *name;
		char is;
	} escapes[] = { { "\\n", '\n' }, { "\\t", '\t' }, { "\\0", '\0' } };

	for (size_t i = 0; i < countof(escapes); i++) {
		if (strcmp(m->delimiter, escapes[i].name) != 0)
			continue;
		m->sources.separator = escapes[i].is;
		return 0;
	}
	if (strlen(m->delimiter) != 1)
		return err_set(err, ERR_USAGE,
		               "-d %s: one character, \\n, \\t or \\0 ends an argument",
		               m->delimiter);
	m->sources.separator = m->delimiter[0];
	return 0;
}

static int take_sources(struct mapping *m, char **words, struct err *err)
{
	if (m->delimiter && take_delimiter(m, err) < 0)
		return -1;
	for (size_t i = 0; i < m->files.n; i++)
		if (sources_add_file(&m->sources, m->files.v[i], false, err) < 0)
			return -1;
	int n = sources_parse(&m->sources, words, err);
	if (n < 0)
		return -1;
	if (!m->sources.n && sources_add_file(&m->sources, "-", false, err) < 0)
		return -1;
	if (m->columns && sources_split(&m->sources, m->columns, err) < 0)
		return -1;
	return m->group && group(m, err) < 0 ? -1 : n;
}

/* -- the template -- */

/* What parallel has and gg has not; beside -I it takes all other braces as they are. */
static int check_braces(const struct mapping *m, const char *word, struct err *err)
{
	static const char *const others[] = { "{%}", "{=" };
	bool renamed = m->replace && strcmp(m->replace, "{}") != 0;

	for (size_t i = 0; i < countof(others); i++)
		if (strstr(word, others[i]))
			return err_set(err, ERR_USAGE, "%s: there is no %s", word, others[i]);
	return renamed && strchr(word, '{')
	               ? err_set(err, ERR_USAGE, "%s: with -I no braces are taken", word)
	               : 0;
}

/* "{3}" where there are two sources. */
static int check_numbers(const struct mapping *m, const char *word, struct err *err)
{
	for (const char *at = word; (at = strchr(at, '{')); at++) {
		char *end;
		long n = strtol(at + 1, &end, 10);
		size_t rest = strspn(end, "./");

		if (end == at + 1 || end[rest] != '}' || isspace((unsigned char)at[1]) ||
		    at[1] == '+')
			continue;
		if (n == 0 || labs(n) > (long)m->sources.n)
			return err_set(err, ERR_USAGE,
			               "{%ld} is none of the %zu sources of arguments "
			               "(times in a pattern: write {%ld,%ld})",
			               n, m->sources.n, n, n);
	}
	return 0;
}

/* One word with blanks is split; several are taken as they are. -I names what "{}" is. */
static int template_words(const struct mapping *m, char **words, int n, struct strv *out,
                          struct err *err)
{
	if (n == 1 && strpbrk(words[0], " \t\n\\'\"")) {
		if (words_split(words[0], WORDS_COMMAND, out, err) < 0)
			return -1;
	} else {
		for (int i = 0; i < n; i++)
			strv_add(out, words[i]);
	}
	for (size_t i = 0; i < out->n; i++)
		if (check_braces(m, out->v[i], err) < 0)
			return -1;
	for (size_t i = 0; m->replace && *m->replace && i < out->n; i++) {
		auto_buf text = BUF_INIT;

		buf_adds(&text, out->v[i]);
		buf_replace(&text, m->replace, "{}");
		free(out->v[i]);
		out->v[i] = xstrdup(buf_str(&text));
	}
	return 0;
}

static int take_words(struct mapping *m, const struct strv *all, struct err *err)
{
	auto_free const char **none = xcalloc(m->sources.n, sizeof(*none));
	struct values v = { .mapping = m, .v = none, .between = ' ' };
	bool uses = false;
	int rc = 0;

	for (size_t i = 0; i < m->sources.n; i++)
		none[i] = "";
	for (size_t i = 0; i < all->n && rc == 0; i++) {
		uses |= template_use(all->v[i], value_of, &v) != TEMPLATE_PLAIN;
		if (strcmp(all->v[i], ">") != 0) {
			strv_add(&m->template, all->v[i]);
		} else if (i + 1 < all->n && !m->redirect) {
			uses |= template_use(all->v[i + 1], value_of, &v) != TEMPLATE_PLAIN;
			m->redirect = xstrdup(all->v[++i]);
		} else {
			rc = err_set(err, ERR_USAGE, "\">\" takes one file name");
		}
	}
	buf_release(&v.all);
	if (rc == 0 && !m->template.n)
		rc = err_set(err, ERR_USAGE, "name the command to run");
	for (size_t i = 0; i < m->template.n && rc == 0; i++)
		rc = check_numbers(m, m->template.v[i], err);
	if (!uses)
		strv_add(&m->template, "{}");
	return rc;
}

int mapping_take(struct mapping *m, char **words, struct err *err)
{
	auto_strv all = STRV_INIT;

	if (take_halt(m, err) < 0)
		return -1;
	int n = take_sources(m, words, err);
	if (n < 0 || template_words(m, words, n, &all, err) < 0)
		return -1;
	return take_words(m, &all, err);
}

void mapping_release(struct mapping *m)
{
	free(m->redirect);
	strv_release(&m->template);
	strv_release(&m->outs);
	strv_release(&m->ins);
	strv_release(&m->env);
	strv_release(&m->files);
	sources_release(&m->sources);
}

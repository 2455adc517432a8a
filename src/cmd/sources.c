#include "cmd/sources.h"

#include <regex.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"

void sources_release(struct sources *s)
{
	for (size_t i = 0; i < s->n; i++) {
		strv_release(&s->v[i].values);
		strv_release(&s->v[i].none);
	}
	free(s->v);
	*s = (struct sources){ 0 };
}

static struct source *add(struct sources *s, bool linked)
{
	s->v = xrealloc(s->v, (s->n + 1) * sizeof(*s->v));
	s->v[s->n] = (struct source){ .linked = linked && s->n > 0 };
	return &s->v[s->n++];
}

int sources_add_file(struct sources *s, const char *path, bool linked, struct err *err)
{
	auto_buf text = BUF_INIT;
	struct source *to = add(s, linked);
	bool in = strcmp(path, "-") == 0;

	if (in ? file_read_fd(0, &text, err) < 0 : file_read(path, &text, err) < 0)
		return -1;
	for (size_t at = 0; at < text.len;) {
		const char *end = memchr(text.data + at, s->separator, text.len - at);
		size_t n = end ? (size_t)(end - text.data) - at : text.len - at;

		strv_addn(&to->values, text.data + at, n);
		at += n + 1;
	}
	return 0;
}

/* ":::", ":::+", "::::", "::::+" */
static bool is_mark(const char *word, bool *files, bool *linked)
{
	size_t n = strspn(word, ":");
	bool plus = word[n] == '+';

	if ((n != 3 && n != 4) || word[n + plus])
		return false;
	*files = n == 4;
	*linked = plus;
	return true;
}

int sources_parse(struct sources *s, char *const *argv, struct err *err)
{
	bool files = false;
	bool linked = false;
	int front = 0;
	bool any = false;

	for (; *argv; argv++) {
		if (is_mark(*argv, &files, &linked)) {
			any = true;
			if (!files)
				add(s, linked);
		} else if (!any) {
			front++;
		} else if (!files) {
			strv_add(&s->v[s->n - 1].values, *argv);
		} else if (sources_add_file(s, *argv, linked, err) < 0) {
			return -1;
		}
	}
	return front;
}

static void add_none(struct source *s)
{
	while (s->none.n < s->values.n)
		strv_add(&s->none, "");
	strv_add(&s->none, "x");
	strv_add(&s->values, "");
}

static const char *value(const struct source *s, size_t i)
{
	return i < s->none.n && *s->none.v[i] ? NULL : s->values.v[i];
}

/* -- rows of columns -- */

static void add_columns(struct sources *to, size_t first, const char *row, size_t number,
                        const regex_t *between)
{
	for (size_t k = first;; k++) {
		regmatch_t m;
		bool more = regexec(between, row, 1, &m, 0) == 0 && m.rm_eo > 0;

		if (k == to->n)
			add(to, k > first);
		/* a column that the rows before did not have */
		while (to->v[k].values.n < number)
			add_none(&to->v[k]);
		strv_addn(&to->v[k].values, row, more ? (size_t)m.rm_so : strlen(row));
		if (!more)
			return;
		row += m.rm_eo;
	}
}

static void split(const struct source *from, struct sources *to, const regex_t *between)
{
	size_t first = to->n;

	add(to, from->linked);
	for (size_t i = 0; i < from->values.n; i++)
		add_columns(to, first, from->values.v[i], i, between);
	for (size_t k = first; k < to->n; k++)
		while (to->v[k].values.n < from->values.n)
			add_none(&to->v[k]);
}

int sources_split(struct sources *s, const char *between, struct err *err)
{
	struct sources to = { .separator = s->separator };
	auto_buf pattern = BUF_INIT;
	regex_t compiled;
	char why[100];

	buf_adds(&pattern, between);
	buf_replace(&pattern, "\\t", "\t");
	int bad = regcomp(&compiled, buf_str(&pattern), REG_EXTENDED);
	if (bad) {
		regerror(bad, &compiled, why, sizeof(why));
		return err_set(err, ERR_USAGE, "--colsep %s: %s", between, why);
	}
	for (size_t i = 0; i < s->n; i++)
		split(&s->v[i], &to, &compiled);
	regfree(&compiled);
	sources_release(s);
	*s = to;
	return 0;
}

void sources_group(struct sources *s, size_t n)
{
	struct strv all = s->v[0].values;
	size_t jobs = (all.n + n - 1) / n;

	s->v[0].values = (struct strv)STRV_INIT;
	while (s->n < n)
		add(s, true);
	for (size_t i = 0; i < all.n; i++)
		strv_add(&s->v[i % n].values, all.v[i]);
	for (size_t i = all.n; i < jobs * n; i++)
		add_none(&s->v[i % n]);
	strv_release(&all);
}

/* -- jobs -- */

/* How long source @i and those in step with it are: what is more than the shortest has is left
 * out. */
static size_t length(const struct sources *s, size_t i)
{
	size_t n = s->v[i].values.n;

	for (size_t k = i + 1; k < s->n && s->v[k].linked; k++)
		if (s->v[k].values.n < n)
			n = s->v[k].values.n;
	return n;
}

size_t sources_count(const struct sources *s)
{
	size_t n = s->n > 0;

	for (size_t i = 0; i < s->n; i++) {
		size_t more = s->v[i].linked ? 1 : length(s, i);

		if (!s->v[i].values.n || __builtin_mul_overflow(n, more, &n))
			return 0;
	}
	return n;
}

void sources_job(const struct sources *s, size_t number, const char **out)
{
	for (size_t i = s->n; i-- > 0;) {
		size_t first = i;

		while (s->v[first].linked)
			first--;
		size_t n = length(s, first);
		for (size_t k = first; k <= i; k++)
			out[k] = value(&s->v[k], number % n % s->v[k].values.n);
		number /= n;
		i = first;
	}
}

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/proc.h"
#include "model/ldopts.h"

static void test_table_is_sorted_without_repeats(void **state)
{
	(void)state;
	for (size_t i = 1; i < ldopts_n; i++)
		if (strcmp(ldopts[i - 1].name, ldopts[i].name) >= 0)
			fail_msg("%s before %s", ldopts[i - 1].name, ldopts[i].name);
}

static void test_words_are_read_as_the_linker_reads_them(void **state)
{
	static const struct {
		const char *word;
		const char *row;
		const char *value;
	} cases[] = {
		{ "-s", "s", NULL },
		{ "--strip-all", "strip-all", NULL },
		{ "-strip-all", "strip-all", NULL },
		{ "-soname=libx.so", "soname", "libx.so" },
		{ "--soname", "soname", NULL },
		{ "-znow", "z", "now" },
		{ "-Lfolder", "L", "folder" },
		{ "-L=folder", "L", "=folder" },
		{ "-lm", "l", "m" },
		{ "-Map=x.map", "Map", "x.map" },
		{ "-Ttext=0", "Ttext", "0" },
		{ "-Tx.ld", "T", "x.ld" },
		{ "-rpath-link", "rpath-link", NULL },
		{ "-oformat", "o", "format" },
		{ "--oformat=binary", "oformat", "binary" },
		{ "-sS", NULL, NULL },
		{ "--no-such-option", NULL, NULL },
		{ "--stats", NULL, NULL },
		{ "-", NULL, NULL },
		{ "--", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		const char *value = NULL;
		const struct ldopt *o = ldopt_find(cases[i].word, &value);

		if (!o != !cases[i].row || (o && strcmp(o->name, cases[i].row) != 0))
			fail_msg("%s is %s", cases[i].word, o ? o->name : "not known");
		if (!o)
			continue;
		if (!value != !cases[i].value || (value && strcmp(value, cases[i].value) != 0))
			fail_msg("%s has the value %s", cases[i].word,
			         value ? value : "(none)");
	}
}

/* "  -x, --long-name VALUE   text" */
static void check_help_line(const char *line)
{
	char name[64];
	const char *value;

	if (sscanf(line, " --%60[a-zA-Z0-9-]", name) != 1)
		return;
	auto_free char *word = xasprintf("--%s", name);
	const struct ldopt *o = ldopt_find(word, &value);
	const char *after = line + strspn(line, " ") + strlen(word);
	bool valued = (*after == ' ' && strspn(after + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") > 1) ||
	              *after == '=';
	bool alone = o && (o->kind == LDOPT_ALONE || o->kind == LDOPT_RELOCATABLE);

	if (alone && valued && after[0] == ' ')
		fail_msg("%s takes a value, and is alone in the table", word);
	if (o && !alone && !valued && strncmp(after, " <", 2) != 0 &&
	    strncmp(after, "  ", 2) == 0)
		fail_msg("%s takes no value, and has one in the table", word);
}

static void test_values_are_where_the_linkers_help_has_them(void **state)
{
	static const char *const linkers[] = { "ld.bfd", "ld.gold" };

	(void)state;
	for (size_t i = 0; i < countof(linkers); i++) {
		char *argv[] = { (char *)linkers[i], "--help", NULL };
		auto_buf text = BUF_INIT;
		struct err err = ERR_INIT;
		char *save = NULL;

		assert_true(proc_capture(argv, NULL, NULL, &text, NULL, &err) >= 0);
		for (char *l = strtok_r((char *)buf_str(&text), "\n", &save); l;
		     l = strtok_r(NULL, "\n", &save))
			check_help_line(l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_is_sorted_without_repeats),
		cmocka_unit_test(test_words_are_read_as_the_linker_reads_them),
		cmocka_unit_test(test_values_are_where_the_linkers_help_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

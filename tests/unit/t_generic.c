#include "check.h"

#include "base/words.h"
#include "model/generic.h"
#include "model/rule.h"

static void join(const struct strv *v, char *out, size_t size)
{
	out[0] = '\0';
	for (size_t i = 0; i < v->n; i++)
		snprintf(out + strlen(out), size - strlen(out), "%s%s", i ? " " : "", v->v[i]);
}

static const struct {
	const char *line, *command, *in, *out;
} fits[] = {
	{ "t @infile @outfile", "t a b", "a", "b" },
	{ "t -o=@outfile @infile", "t -ob a", "a", "b" },
	{ "t -o=@outfile @infile", "t a -o b", "a", "b" },
	{ "t -o,--out=@outfile @infile", "t --out=b a", "a", "b" },
	{ "t -o,--out=@outfile @infile", "t --out b -- -a", "-a", "b" },
	{ "t -x -y -o=@outfile @infile", "t -xy -ob a", "a", "b" },
	{ "t -n,-name=@ @infile @outfile", "t -name=x -n y a b", "a", "b" },
	{ "t @infile... @outfile", "t a b c d", "a b c", "d" },
	{ "t @outfile @infile...", "t a b c d", "b c d", "a" },
	{ "t -d>{out.}.h out:{/.}.c @infile", "t -d x/a.y", "x/a.y", "a.c a.h" },
	{ "t -d>{out.}.h -o=@outfile out:{/.}.c @infile", "t -d -o q.c x/a.y", "x/a.y",
	  "q.c q.h" },
	{ "t -y>out:y.c out:{/.}.c @infile", "t -y a.y", "a.y", "y.c" },
	{ "t -P=@>out:l.{value}.c out:l.c @infile", "t -Pxx a.l", "a.l", "l.xx.c" },
	{ "t --c=@outdir>{value}/{rel.}.h -I=@searchdir @infile...",
	  "t -Ip --c=o:g p/a/b.x c.x", "p/a/b.x c.x", "g/a/b.h g/c.h" },
	{ "t gen.py @infile @outfile", "t ../tools/gen.py a b", "a", "b" },
	{ "t --log[=@] @infile @outfile", "t --log a b", "a", "b" },
	{ "t @infile @outfile @?", "t a b", "a", "b" },
};

static void command_lines_are_read_as_described(void **state)
{
	for (size_t i = 0; i < countof(fits); i++) {
		struct conf_tool t;
		auto_generic_call g = { 0 };
		auto_strv argv = STRV_INIT;
		struct err err = ERR_INIT;
		char text[256];

		OK(conf_parse_line(fits[i].line, "x:1", NULL, &t, &err), err);
		OK(words_split(fits[i].command, 0, &argv, &err), err);
		generic_parse(&t, strv_argv(&argv), &g);
		CHECK(!g.reason[0], "%s: %s", fits[i].command, g.reason);
		join(&g.infiles, text, sizeof(text));
		CHECK(strcmp(text, fits[i].in) == 0, "%s: in %s", fits[i].command, text);
		join(&g.outfiles, text, sizeof(text));
		CHECK(strcmp(text, fits[i].out) == 0, "%s: out %s", fits[i].command, text);
		conf_tool_release(&t);
	}
}

static void what_is_not_described_is_left_alone(void **state)
{
	static const struct {
		const char *line, *command;
	} cases[] = {
		{ "t @infile @outfile", "t a" },
		{ "t @infile @outfile", "t a b c" },
		{ "t @infile @outfile", "t -x a b" },
		{ "t @infile @outfile", "t - b" },
		{ "t @infile @outfile", "t @list b" },
		{ "t -o=@outfile @infile", "t a" },
		{ "t -o=@outfile @infile", "t a -o" },
		{ "t -o=@outfile -i=@infile", "t -i - -o b" },
		{ "t -o=@outfile -l=@outfile @infile", "t -l x a" },
		{ "t gen.py @infile @outfile", "t other.py a b" },
		{ "t gen.py @infile @outfile", "t xgen.py a b" },
		{ "t -x -o=@outfile @infile", "t -xz -o b a" },
		{ "t @infile", "t a" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct conf_tool t;
		auto_generic_call g = { 0 };
		auto_strv argv = STRV_INIT;
		struct err err = ERR_INIT;

		OK(conf_parse_line(cases[i].line, "x:1", NULL, &t, &err), err);
		OK(words_split(cases[i].command, 0, &argv, &err), err);
		generic_parse(&t, strv_argv(&argv), &g);
		CHECK(g.reason[0], "%s fits %s", cases[i].command, cases[i].line);
		conf_tool_release(&t);
	}
}

static void rules_name_what_was_read(void **state)
{
	auto_strv files = STRV_INIT;
	char text[256];

	CHECK(rule_prerequisites("a.o : b.c \\\n  c\\ d.h b.c\n\nx: e$$\n", &files) == 0,
	      "rule");
	join(&files, text, sizeof(text));
	assert_string_equal(text, "b.c c d.h e$");
	CHECK(rule_prerequisites("no rule\n", &files) < 0, "no rule");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_lines_are_read_as_described),
		cmocka_unit_test(what_is_not_described_is_left_alone),
		cmocka_unit_test(rules_name_what_was_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "check.h"

#include "model/conf.h"

static void lines_are_read(void **state)
{
	auto_conf c = { 0 };
	size_t at = 0;

	conf_parse(&c,
	           "# tools\n\n"
	           "gen -v -o,--out=@outfile>{out.}.h --log[=@outfile] \\\n"
	           "  @infile... in:data env:GEN run:m4  # all of them\n"
	           "gen x off\n"
	           "old off\n",
	           "models.conf", "/p");
	CHECK(c.errors.n == 0, "%s", c.errors.v[0]);
	CHECK(c.n == 3, "%zu tools", c.n);
	const struct conf_tool *t = conf_next(&c, "gen", &at);
	CHECK(t && t->n_options == 3 && t->n_operands == 1, "the first line");
	assert_string_equal(t->source, "models.conf:3");
	CHECK(t->options[1].use == CONF_OUTFILE && t->options[1].names.n == 2, "-o");
	CHECK(t->options[2].value_optional, "--log");
	CHECK(t->operands[0].repeats, "the operand");
	assert_string_equal(t->in.v[0], "/p/data");
	t = conf_next(&c, "gen", &at);
	assert_string_equal(t->source, "models.conf:5");
	CHECK(!conf_next(&c, "gen", &at), "a third line");
	at = 0;
	CHECK(!conf_next(&c, "old", &at), "a tool that is off");
}

static void errors_name_their_line_and_spoil_no_other(void **state)
{
	static const char *const wrong[] = {
		"t @infle",
		"t -o=@out",
		"t -",
		"t -a,b",
		"t @infile? @infile",
		"t @infile... @outfile...",
		"t -o=@outfile>",
		"t 'x",
		"t in:",
		"t out:a out:b",
		"t env:",
		"a/t @infile",
		"t --x[@infile]",
		"t in:relative",
		"t @infile? @infile...",
		"\"\" @infile @outfile",
	};

	for (size_t i = 0; i < countof(wrong); i++) {
		auto_conf c = { 0 };
		auto_free char *text = xasprintf("\n%s\nfine @infile @outfile\n", wrong[i]);

		conf_parse(&c, text, "f", NULL);
		CHECK(c.errors.n == 1, "%s: %zu errors", wrong[i], c.errors.n);
		CHECK(strncmp(c.errors.v[0], "f:2: ", 5) == 0, "%s", c.errors.v[0]);
		CHECK(c.n == 1, "%s: %zu tools", wrong[i], c.n);
	}
}

static void the_first_file_that_names_a_tool_counts(void **state)
{
	auto_conf c = { 0 };
	size_t at = 0;

	conf_parse(&c, "a @infile @outfile\nb off\n", "mine", NULL);
	conf_parse(&c, "a -x @infile @outfile\nb @infile @outfile\nd @infile\n", "theirs",
	           NULL);
	CHECK(conf_next(&c, "a", &at)->n_options == 0, "mine");
	CHECK(!conf_next(&c, "a", &at), "theirs");
	at = 0;
	CHECK(!conf_next(&c, "b", &at), "off");
	CHECK(conf_next(&c, "d", &at), "d");
}

static void the_built_in_lines_are_right(void **state)
{
	auto_conf c = { 0 };

	conf_parse(&c, conf_default, "built in", NULL);
	CHECK(c.errors.n == 0, "%s", c.errors.v[0]);
	CHECK(c.n == 6, "%zu", c.n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read),
		cmocka_unit_test(errors_name_their_line_and_spoil_no_other),
		cmocka_unit_test(the_first_file_that_names_a_tool_counts),
		cmocka_unit_test(the_built_in_lines_are_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "check.h"

#include <string.h>

#include "base/buf.h"
#include "base/proc.h"
#include "base/sequence.h"

static void put(void *arg, enum sequence_part part, struct span text)
{
	static const char *const marks[] = { "", "$", "`" };

	buf_adds(arg, marks[part]);
	buf_add(arg, text.text, text.len);
}

/* "[word|word|]& [word|]." with the operators as & ; and . */
static char *items_of(const char *line)
{
	struct buf out = BUF_INIT;
	struct sequence s;
	enum sequence_item item;

	sequence_begin(&s, line);
	do {
		static const char *const ends[] = { "|", "=", "&", ";", ".", "!" };

		item = sequence_read(&s, put, &out);
		buf_adds(&out, ends[item]);
	} while (item != SEQUENCE_END && item != SEQUENCE_BAD);
	return buf_steal(&out);
}

static void commands_and_their_words_are_told_apart(void **state)
{
	static const struct {
		const char *line;
		const char *items;
	} cases[] = {
		{ "a b  c", "a|b|c|." },
		{ "cd x && cc -c y.c", "cd|x|&cc|-c|y.c|." },
		{ " : && ar qc l.a ;\nranlib l.a;\n", ":|&ar|qc|l.a|;ranlib|l.a|;." },
		{ "a \\\n\t&&\\\n\tb\\\nc", "a|&bc|." },
		{ "\n\na\n\nb && \n c", "a|;b|&c|." },
		{ "x=1;a $x.o", "1=;a|$x.o|." },
		{ "x=`echo a/b.o | sed 's|[^/]*$|d/&|;s|\\.o$||'`; a $x",
		  "`echo a/b.o | sed 's|[^/]*$|d/&|;s|\\.o$||'=;a|$x|." },
		{ "a `test -f 'b' || echo './'`b", "a|`test -f 'b' || echo './'b|." },
		{ "x=`test -f b || echo c`b; a $x", "`test -f b || echo cb=;a|$x|." },
		{ "a '' \"\"", "a|||." },
		{ "", "." },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		auto_free char *got = items_of(cases[i].line);

		assert_string_equal(got, cases[i].items);
	}
}

static void words_are_what_shells_make_of_them(void **state)
{
	static const char *const words[] = {
		"a 'b c' \"d e\" f\\ g",
		"'a$b`c\\d' \"e'f\\\"g\\$h\\`i\\\\j\\k\"",
		"-DX=\\\"y\\ z\\\" '' \"\" a=b \"a\\\nb\" c\\\nd",
		"%1 @a +b ^c a,b:c",
	};
	static const char *const shells[] = { "sh", "bash", "dash" };

	for (size_t k = 0; k < countof(shells); k++)
		for (size_t i = 0; i < countof(words); i++) {
			auto_free char *line = xasprintf("printf '%%s|' %s", words[i]);
			auto_free char *got = items_of(line);
			auto_buf want = BUF_INIT;
			char *argv[] = { (char *)shells[k], "-c", line, NULL };
			struct err err = ERR_INIT;

			buf_adds(&want, "printf|%s||");
			OK(proc_capture(argv, NULL, NULL, &want, NULL, &err), err);
			buf_adds(&want, ".");
			assert_string_equal(got, buf_str(&want));
		}
}

static void what_needs_a_shell_is_left_to_it(void **state)
{
	static const char *const lines[] = {
		"a | b",
		"a > b",
		"a < b",
		"a & b",
		"a &",
		"a || b",
		"(a)",
		"{ a; }",
		"a $x",
		"a \"$x\"",
		"a ${x}",
		"a $(b)",
		"a `b`",
		"a *",
		"a ?",
		"a [b]",
		"a ~",
		"a {b,c}",
		"a #b",
		"! a",
		"a;;b",
		"; a",
		"a && ; b",
		"a && ",
		"&& a",
		"A=1 b",
		"A=1",
		"x=1 b",
		"x=1; y=2",
		"x=1; a $y",
		"a 'b",
		"a \"b",
		"a b\\",
		"a \xc3\xa9",
		"a '\xc3\xa9'",
		"a\rb",
		"x+=1",
		"x=$x",
		"$x a",
		"`test -f a || echo b` c",
		"x=1; a \"$x\"",
		"x=1; a $xy",
		"x=1; a $x1",
		"a `echo b | sed 's|a|b|'`",
		"a `test -f -b || echo c`",
		"a `test -f 'b || echo c`",
		"a `test -f b || echo c",
		"a \\\x01",
		"x=1; a ${x}",
		/* a value that would be split, expanded, or nothing */
		"x=; a $x",
		"x=''; a $x",
		"x='b c'; a $x",
		"x=b\\ c; a $x",
		"x=\"*.c\"; a $x",
		"x='~'; a $x",
		"x=`test -f b || echo c`; a $x",
		"a `test -f b || echo c`",
		"a && x=1; b $x",
	};

	for (size_t i = 0; i < countof(lines); i++) {
		auto_free char *got = items_of(lines[i]);

		CHECK(got[strlen(got) - 1] == '!', "%s: %s", lines[i], got);
	}
}

static void a_substitution_is_taken_apart(void **state)
{
	static const char depfile[] = "echo a/b.lo | sed 's|[^/]*$|.deps/&|;s|\\.lo$||'";
	static const char test[] = "test -f 'b.c' || echo '../src/'";
	struct substitution s;

	assert_true(sequence_substitution((struct span){ depfile, strlen(depfile) }, &s));
	assert_true(!s.is_test && span_is(s.operand, "a/b.lo") && span_is(s.answer, ".deps/") &&
	            span_is(s.suffix, "lo"));
	assert_true(sequence_substitution((struct span){ test, strlen(test) }, &s));
	assert_true(s.is_test && span_is(s.operand, "b.c") && span_is(s.answer, "../src/"));
	/* no byte more, none less */
	for (size_t n = 0; n < strlen(test); n++)
		assert_false(sequence_substitution((struct span){ test, n }, &s));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_and_their_words_are_told_apart),
		cmocka_unit_test(words_are_what_shells_make_of_them),
		cmocka_unit_test(what_needs_a_shell_is_left_to_it),
		cmocka_unit_test(a_substitution_is_taken_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

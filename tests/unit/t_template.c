#include "check.h"

#include "base/template.h"

static const char *one_value(void *arg, const char *name, size_t len)
{
	return len == 0 ? arg : NULL;
}

/* The shape of each is what GNU parallel makes of it; tests/cli/map.t compares with it. */
static void names_are_taken_apart(void **state)
{
	static const struct {
		const char *text, *value, *want;
	} cases[] = {
		{ "{}", "a/b.c.d", "a/b.c.d" }, { "{.}.o", "a/b.c.d", "a/b.c.o" },
		{ "{/}", "a/b.c.d", "b.c.d" },  { "{//}", "a/b.c.d", "a" },
		{ "{//}", "b", "." },           { "{//}", "/b", "/" },
		{ "{/.}", "a/b.c.d", "b.c" },   { "{.}", "a.d/b", "a.d/b" },
		{ "{.}", ".rc", "" },           { "{.}", "a.", "a" },
		{ "x{}y{}z", "-", "x-y-z" },    { "{x} {} {", "1", "{x} 1 {" },
		{ "{{}}", "1", "{1}" },         { "{..}", "a/b.c.d", "a/b" },
		{ "{..}", "a.d/b.c", "a.d/b" }, { "{..}", "b.c", "b" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		auto_free char *got =
			template_text(cases[i].text, one_value, (void *)cases[i].value);

		CHECK(strcmp(got, cases[i].want) == 0, "%s of %s: %s, not %s", cases[i].text,
		      cases[i].value, got, cases[i].want);
	}
}

static void a_name_made_from_another_is_told(void **state)
{
	static const struct {
		const char *text;
		enum template_use want;
	} cases[] = {
		{ "a.mkv", TEMPLATE_PLAIN },        { "{}", TEMPLATE_USES },
		{ "{}.gz", TEMPLATE_USES },         { "{.}", TEMPLATE_USES },
		{ "{..}.mkv", TEMPLATE_DERIVES },   { "{.}.mkv", TEMPLATE_DERIVES },
		{ "out/{/.}.o", TEMPLATE_DERIVES }, { "{other.}.o", TEMPLATE_PLAIN },
	};

	for (size_t i = 0; i < countof(cases); i++)
		CHECK(template_use(cases[i].text, one_value, "v") == cases[i].want, "%s",
		      cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_taken_apart),
		cmocka_unit_test(a_name_made_from_another_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "model/plan.h"

static void a_name_leads_to_its_model(void **state)
{
	static const struct {
		const char *name;
		const struct model *want;
	} cases[] = {
		{ "gcc", &model_gcc },
		{ "/usr/bin/x86_64-linux-gnu-gcc-12", &model_gcc },
		{ "clang++-14", &model_gcc },
		{ "c++", &model_gcc },
		{ "gfortran-12", &model_gcc },
		{ "f95", &model_gcc },
		{ "gcc-ar", &model_reader },
		{ "gcc-ar-12", &model_reader },
		{ "x86_64-linux-gnu-ar", &model_ar },
		{ "ranlib", &model_ar },
		{ "ld.bfd", &model_ld },
		{ "as", &model_as },
		{ "strip", &model_strip },
		{ "cp", &model_reader },
		{ "x86_64-linux-gnu-gcc-nm-12", &model_reader },
		{ "avr-gcc", &model_gcc },
		{ "msp430-ar", &model_ar },
		{ "gccx", NULL },
		{ "my-gcc", NULL },
		{ "", NULL },
		{ "-12", NULL },
	};

	for (size_t i = 0; i < countof(cases); i++)
		if (model_for(cases[i].name) != cases[i].want)
			fail_msg("%s", cases[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_name_leads_to_its_model) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Any list of words is a command line, one word a line. */
#include "fuzz.h"

#include "model/gccopts.h"

#include <string.h>
#include <unistd.h>

static void check(struct gcc_call *c)
{
	size_t sources = 0;

	for (size_t i = 0; i < c->n_inputs; i++) {
		MUST(c->inputs[i].path);
		sources += c->inputs[i].lang != LANG_OBJECT;
	}
	MUST(sources == c->n_sources);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_strv argv = STRV_INIT;
	auto_gcc_call c = { 0 };
	struct err err = ERR_INIT;

	strv_add(&argv, "gcc");
	for (size_t at = 0; at < size;) {
		const uint8_t *end = memchr(data + at, '\n', size - at);
		size_t n = end ? (size_t)(end - data) - at : size - at;

		strv_take(&argv, xstrndup((const char *)data + at, n));
		at += n + 1;
	}
	if (gcc_call_parse(&c, strv_argv(&argv), &err) == 0 && !c.reason[0])
		check(&c);
	return 0;
}

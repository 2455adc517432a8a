/* The first line of the bytes is a command, one word a tab; the rest is a models.conf. */
#include "fuzz.h"

#include "model/generic.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = xstrndup((const char *)data, size);
	char *rest = strchr(text, '\n');
	auto_strv argv = STRV_INIT;
	auto_conf c = { 0 };

	if (rest)
		*rest++ = '\0';
	strv_add(&argv, "t");
	for (char *word = strtok(text, "\t"); word; word = strtok(NULL, "\t"))
		strv_add(&argv, word);
	conf_parse(&c, rest ? rest : "", "f", NULL);
	for (size_t i = 0; i < c.n; i++) {
		auto_generic_call g = { 0 };
		size_t at = 0;

		MUST(c.v[i].name && *c.v[i].name);
		conf_next(&c, c.v[i].name, &at);
		MUST(at <= c.n);
		generic_parse(&c.v[i], strv_argv(&argv), &g);
		MUST(g.reason[0] || g.outfiles.n);
	}
	return 0;
}

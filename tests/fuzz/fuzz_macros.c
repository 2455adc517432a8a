/* Any lines are definitions, the last one what they make names of. A name is quoted. */
#include "fuzz.h"

#include <string.h>

#include "base/buf.h"
#include "model/macros.h"

static void check_names(const struct strv *names)
{
	for (size_t i = 0; i < names->n; i++) {
		const char *name = names->v[i];
		size_t n = strlen(name);

		MUST(n >= 1 && (name[0] == '"' || name[0] == '<'));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_strv lines = STRV_INIT;
	auto_strv names = STRV_INIT;
	auto_strv next = STRV_INIT;
	auto_buf text = BUF_INIT;
	auto_macros m = macros_new();

	buf_add(&text, data, size);
	for (const char *at = buf_str(&text); *at; at += strcspn(at, "\n"), at += *at == '\n')
		strv_addn(&lines, at, strcspn(at, "\n"));
	for (size_t i = 0; i < lines.n; i++)
		macros_define(m, lines.v[i]);
	if (lines.n) {
		macros_names(m, lines.v[lines.n - 1], &names);
		macros_names(m, lines.v[lines.n - 1], &names);
		macros_asked(m, lines.v[lines.n - 1], &names, &next);
	}
	check_names(&names);
	check_names(&next);
	return 0;
}

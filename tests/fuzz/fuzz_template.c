/* A value on the first line, a template behind it; and the same as a command's words. */
#include "fuzz.h"

#include "base/template.h"
#include "base/words.h"

#include <string.h>

static const char *value_of(void *arg, const char *name, size_t len)
{
	return len < 2 ? arg : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *value = xstrndup((const char *)data, size);
	char *text = strchr(value, '\n');
	auto_strv words = STRV_INIT;
	struct err err = ERR_INIT;

	if (!text)
		return 0;
	*text++ = '\0';
	auto_free char *got = template_text(text, value_of, value);
	if (template_use(text, value_of, value) == TEMPLATE_PLAIN)
		MUST(strcmp(got, text) == 0);
	if (words_split(text, WORDS_COMMAND, &words, &err) < 0)
		MUST(err.kind == ERR_USAGE);
	return 0;
}

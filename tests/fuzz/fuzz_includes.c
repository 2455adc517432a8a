/* Any text is a source: what names files in it are names, of one line, as they are written. */
#include "fuzz.h"

#include "model/includes.h"

static void check(void *arg, const char *name, bool is_data)
{
	MUST(*name);
	MUST(!strpbrk(name, "\n%\\$"));
	MUST(strstr(arg, name));
	MUST(strcasestr(arg, is_data ? "incbin" : "%include"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *const include[] = { (char *)"%include", NULL };
	char *const embed[] = { (char *)"incbin", NULL };
	const struct includes_words words = { include, embed };
	auto_free char *text = xstrndup((const char *)data, size);

	includes_scan(text, &words, check, text);
	return 0;
}

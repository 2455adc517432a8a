/* What is read from a placeholder is what one of both spellings says. */
#include "fuzz.h"

#include "core/placeholder.h"

#include <string.h>

static bool same_tag(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "a.o", "prog" };
	auto_placeholder h = { 0 };
	struct err err = ERR_INIT;

	if (size >= 31)
		placeholder_sniff(data, size);
	if (placeholder_decode(data, size, &h, &err) < 0)
		return 0;
	for (size_t i = 0; i < countof(paths); i++) {
		auto_placeholder again = { 0 };
		auto_buf text = BUF_INIT;
		unsigned mode;

		if (placeholder_encode(paths[i], &h.thunk, h.tag, &text, &mode, &err) < 0)
			continue;
		MUST(placeholder_sniff(text.data, text.len));
		MUST(placeholder_decode(text.data, text.len, &again, &err) == 0);
		MUST(oid_eq(&h.thunk, &again.thunk) && same_tag(h.tag, again.tag));
	}
	return 0;
}

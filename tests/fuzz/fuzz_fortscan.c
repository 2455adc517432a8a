/* Any bytes are a Fortran source, and what the scanner makes of them is a list of items. */
#include "fuzz.h"

#include "model/fortscan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (unsigned bits = 0; bits < 16; bits++) {
		struct fortscan_form form = {
			.fixed = bits & 1,
			.cpp = bits & 2,
			.openmp = bits & 4,
			.backslash = bits & 8,
			.width = bits & 4 ? 0 : 72,
		};
		auto_buf items = BUF_INIT;

		fortscan_text((const char *)data, size, &form, &items);
		for (size_t at = 0; at < items.len; at += strlen(items.data + at) + 1) {
			MUST(memchr(items.data + at, '\0', items.len - at));
			MUST(strchr("iumtdosx", items.data[at]));
		}
	}
	return 0;
}

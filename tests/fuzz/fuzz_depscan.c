/* Any bytes are a source, and what the scanner makes of them is a list that it can follow. */
#include "fuzz.h"

#include "../../src/model/depscan.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int assembler = 0; assembler < 2; assembler++) {
		auto_buf text = BUF_INIT;
		auto_buf list = BUF_INIT;
		auto_buf directives = BUF_INIT;

		buf_add(&text, data, size);
		scan_text(&text, assembler, &list, &directives);
		for (size_t at = 0; at < list.len; at += strlen(list.data + at) + 1) {
			MUST(memchr(list.data + at, '\0', list.len - at));
			MUST(strchr("qbnQBNmkidtpoOrhua", list.data[at]));
		}
	}
	return 0;
}

/* Colours are all that is added. */
#include "fuzz.h"

#include "base/diagnostics.h"

#include <string.h>

/* Without "ESC [ … m" and "ESC [ K". */
static void strip(struct buf *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->len; i++) {
		if (b->data[i] != '\033') {
			b->data[kept++] = b->data[i];
			continue;
		}
		while (b->data[i] != 'm' && b->data[i] != 'K')
			i++;
	}
	b->len = kept;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf out = BUF_INIT;

	diagnostics_color((const char *)data, size, &out);
	if (!memchr(data, '\033', size))
		strip(&out);
	MUST(out.len == size && memcmp(buf_str(&out), data, size) == 0);
	return 0;
}

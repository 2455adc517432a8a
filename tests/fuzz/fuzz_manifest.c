/* Bytes that are taken for a manifest are those that it encodes to. */
#include "fuzz.h"

#include "core/manifest.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_manifest m = MANIFEST_INIT;
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;

	if (manifest_decode(data, size, &m, &err) < 0)
		return 0;
	MUST(manifest_encode(&m, &text, &err) == 0);
	MUST(text.len == size && (!size || memcmp(text.data, data, size) == 0));
	return 0;
}

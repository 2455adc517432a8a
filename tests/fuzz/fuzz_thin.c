/* Any bytes may stand where a thin archive is looked for. */
#include "fuzz.h"

#include "model/thin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_strv members = STRV_INIT;
	struct err err = ERR_INIT;

	thin_parse((const char *)data, size, "dir", &members, &err);
	return 0;
}

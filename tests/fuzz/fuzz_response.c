/* A response that is taken is the same after it was written and read again. */
#include "fuzz.h"

#include "core/wire.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_response r, again;
	auto_buf first = BUF_INIT, second = BUF_INIT;
	struct err err = ERR_INIT;

	if (wire_response_decode(data, size, &r, &err) < 0) {
		MUST(err.kind == ERR_CORRUPT && err.msg[0]);
		return 0;
	}
	MUST(wire_response_encode(&r, &first, &err) == 0);
	MUST(wire_response_decode(first.data, first.len, &again, &err) == 0);
	MUST(wire_response_encode(&again, &second, &err) == 0);
	MUST(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
	wire_response_release(&r);
	wire_response_release(&again);
	return 0;
}

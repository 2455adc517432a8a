/* Bytes that are taken for a thunk are those that it encodes to. */
#include "fuzz.h"

#include "core/codec.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_thunk t = NULL;
	auto_thunk again = NULL;
	auto_buf first = BUF_INIT, second = BUF_INIT;
	struct err err = ERR_INIT;

	if (thunk_decode(data, size, &t, &err) < 0) {
		MUST(err.kind == ERR_CORRUPT && err.msg[0] && !t);
		return 0;
	}
	MUST(thunk_check(t, &err) == 0);
	MUST(thunk_encode(t, &first, &err) == 0);
	MUST(thunk_decode(first.data, first.len, &again, &err) == 0);
	MUST(thunk_encode(again, &second, &err) == 0);
	MUST(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
	return 0;
}

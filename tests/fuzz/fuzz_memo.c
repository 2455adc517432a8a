/* An entry of the memo table is taken whole, or not at all. */
#include "fuzz.h"

#include "../../src/store/memo.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct index_value value = { .data = data, .len = size };
	struct memo_origin origin = { 0 };
	struct memo m;

	if (memo_decode(&value, &m, &origin) == 0) {
		for (size_t i = 0; i < m.n_outputs; i++)
			MUST(m.outputs[i].tag && oid_valid(m.outputs[i].id.s));
		memo_release(&m);
	} else {
		MUST(m.n_outputs == 0);
	}
	free(origin.boot);
	return 0;
}

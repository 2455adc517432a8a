/* Whatever the bytes, a record is refused, or comes back the same when it is written again;
 * also behind the sums, which are made right here. */
#include "fuzz.h"

#include "../../src/store/record.c"

static void check(const uint8_t *data, size_t size, bool head_only)
{
	struct record r = RECORD_INIT;
	struct record again = RECORD_INIT;
	struct buf once = BUF_INIT;

	if (record_decode(data, size, head_only, &r, NULL) < 0)
		return;
	for (size_t i = 0; i < r.n_thunks; i++)
		MUST(r.thunks[i].after <= i && r.thunks[i].engine);
	record_encode(&r, &once);
	MUST(record_decode(once.data, once.len, head_only, &again, NULL) == 0);
	MUST(again.n_thunks == r.n_thunks && again.n_remembered == r.n_remembered);
	record_release(&again);
	record_release(&r);
	buf_release(&once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { FIXED = 32 };

	check(data, size, false);
	check(data, size, true);
	if (size < FIXED)
		return 0;
	struct buf b = BUF_INIT;
	uint64_t head_len;

	buf_add(&b, data, size);
	memcpy(&head_len, data + 8, sizeof(head_len));
	head_len %= size - FIXED + 1;
	const uint64_t fixed[3] = { head_len, pack_sum("head", 4, data + FIXED, head_len),
		                    pack_sum("tail", 4, data + FIXED + head_len,
		                             size - FIXED - head_len) };
	const uint32_t magic[2] = { RECORD_MAGIC, RECORD_VERSION };

	memcpy(b.data, magic, sizeof(magic));
	memcpy(b.data + 8, fixed, sizeof(fixed));
	check((const uint8_t *)b.data, b.len, false);
	buf_release(&b);
	return 0;
}

/* However damaged a journal is, what is read from it was written: its sum fits. */
#include "fuzz.h"

#include "../../src/store/journal.c"

static int look(void *arg, const char *key, const void *data, size_t len)
{
	size_t *records = arg;

	MUST(key && (len == 0 || data));
	(*records)++;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t records = 0;

	MUST(journal_scan(data, size, look, &records) == 0);
	MUST(records <= size / sizeof(struct journal_head));
	return 0;
}

/* An answer in Redis's protocol means the same whole and in pieces: the first byte says how
 * long those are. */
#include "fuzz.h"

#include "remote/resp.h"

#include <string.h>

static void note(void *arg, enum resp_event event, const char *data, size_t len, int64_t number)
{
	struct buf *log = arg;

	if (event != RESP_DATA)
		buf_addf(log, "<%d %lld>", event, (long long)number);
	buf_add(log, data, len);
}

/* The reader's verdict; what it told is added to @log. */
static int feed(const char *data, size_t size, size_t step, struct buf *log)
{
	struct resp r;
	int rc = 0;

	resp_init(&r, note, log);
	for (size_t at = 0; rc == 0 && at < size; at += step)
		rc = resp_feed(&r, data + at, step < size - at ? step : size - at, NULL);
	MUST(r.depth <= RESP_DEPTH);
	resp_release(&r);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf whole = BUF_INIT;
	auto_buf pieces = BUF_INIT;

	if (!size)
		return 0;
	int rc = feed((const char *)data + 1, size - 1, size, &whole);
	MUST(feed((const char *)data + 1, size - 1, data[0] % 16 + 1u, &pieces) == rc);
	MUST(whole.len == pieces.len &&
	     memcmp(buf_str(&whole), buf_str(&pieces), whole.len) == 0);
	return 0;
}

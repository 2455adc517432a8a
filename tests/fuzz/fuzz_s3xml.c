/* Whatever a server answers in place of XML: every reader ends, and what it hands out is text.
 */
#include "fuzz.h"

#include "remote/s3xml.h"

#include <string.h>

static void on_object(void *arg, const struct s3xml_object *o)
{
	size_t *n = arg;

	MUST(o->key);
	*n += strlen(o->key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	auto_buf next = BUF_INIT;
	auto_buf id = BUF_INIT;
	struct s3xml_error e;
	size_t n = 0;

	s3xml_error(text, size, &e);
	MUST(memchr(e.code, 0, sizeof(e.code)) && memchr(e.message, 0, sizeof(e.message)));
	MUST(memchr(e.region, 0, sizeof(e.region)));
	s3xml_list(text, size, on_object, &n, &next, NULL);
	MUST(s3xml_upload_id(text, size, &id, NULL) < 0 || id.len);
	return 0;
}

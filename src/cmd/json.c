#include "cmd/json.h"

#include <string.h>

#include "ui/text.h"

json_t *json_text(const char *s)
{
	if (!s)
		return json_null();
	json_t *plain = json_string(s);

	if (plain)
		return plain;
	auto_buf quoted = BUF_INIT;

	text_json(&quoted, s);
	return json_loadb(quoted.data, quoted.len, JSON_DECODE_ANY, NULL);
}

json_t *json_count(uint64_t n)
{
	return n <= INT64_MAX ? json_integer((json_int_t)n) : json_real((double)n);
}

json_t *json_name(const struct oid *id)
{
	return *id->s ? json_string(id->s) : json_null();
}

void json_print(json_t *j)
{
	json_dumpf(j, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(j);
}

/* Whatever AWS's shared files hold: a value is a line's rest, and only of a section that
 * exists. */
#include "fuzz.h"

#include "net/profile.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "region", "aws_secret_access_key", "" };
	const char *text = (const char *)data;

	for (size_t i = 0; i < countof(names); i++) {
		auto_free char *value = profile_value(text, size, "default", names[i]);

		MUST(!value || profile_exists(text, size, "default"));
		MUST(!value || !strchr(value, '\n'));
	}
	return 0;
}

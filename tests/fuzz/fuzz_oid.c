/* A text that is taken for an object's name is the one that its parts make. */
#include "fuzz.h"

#include "core/oid.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char digest[OID_DIGEST_LEN];
	struct oid id, again;

	if (oid_parse((const char *)data, size, &id, NULL) < 0)
		return 0;
	MUST(strlen(id.s) == size && memcmp(id.s, data, size) == 0 && oid_valid(id.s));
	oid_digest(&id, digest);
	oid_make(id.s[0], digest, oid_size(&id), &again);
	MUST(oid_eq(&id, &again));
	return 0;
}

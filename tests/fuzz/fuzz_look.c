/* Whatever the bytes, a list of looks is read within its bounds, and is seen again or not. */
#include "fuzz.h"

#include "store/look.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unpack u = { data, size, false };

	if (look_again(&u))
		MUST(!u.bad && u.left <= size);
	return 0;
}

/* Whatever the bytes, a list of looks is read within its bounds, and is seen again or not. */
#include "fuzz.h"

#include "store/look.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unpack u = { data, size, false };
	struct unpack v = u;
	auto_strv touched = STRV_INIT;

	if (look_again(&u, NULL)) {
		MUST(!u.bad && u.left <= size);
		MUST(look_again(&v, &touched) && touched.n == 0);
	}
	return 0;
}

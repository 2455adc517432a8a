/* Which model stands for a program's name. */
#include "base/path.h"
#include "model/plan.h"

#include <ctype.h>
#include <string.h>

/* Sorted by name, bytewise. */
static const struct {
	const char *name;
	const struct model *model;
} tools[] = {
	{ "ar", &model_ar },          { "as", &model_as },
	{ "c++", &model_gcc },        { "c89", &model_gcc },
	{ "c99", &model_gcc },        { "cc", &model_gcc },
	{ "clang", &model_gcc },      { "clang++", &model_gcc },
	{ "cmp", &model_reader },     { "cp", &model_reader },
	{ "f95", &model_gcc },        { "g++", &model_gcc },
	{ "gcc", &model_gcc },        { "gcc-ar", &model_reader },
	{ "gcc-nm", &model_reader },  { "gcc-ranlib", &model_reader },
	{ "gfortran", &model_gcc },   { "install", &model_reader },
	{ "ld", &model_ld },          { "ld.bfd", &model_ld },
	{ "ld.gold", &model_ld },     { "ld.lld", &model_ld },
	{ "llvm-ar", &model_ar },     { "llvm-ranlib", &model_ar },
	{ "ln", &model_reader },      { "mv", &model_reader },
	{ "nm", &model_reader },      { "objcopy", &model_reader },
	{ "objdump", &model_reader }, { "ranlib", &model_ar },
	{ "readelf", &model_reader }, { "size", &model_reader },
	{ "strings", &model_reader }, { "strip", &model_strip },
};

static const struct model *look_up(const char *name, size_t len)
{
	size_t low = 0, high = countof(tools);

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strncmp(name, tools[mid].name, len);
		if (order == 0 && tools[mid].name[len])
			order = -1;
		if (order == 0)
			return tools[mid].model;
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

/* Length of @name without a version suffix: "gcc-12" is "gcc", "clang++-14.0" is "clang++". */
static size_t without_version(const char *name)
{
	size_t len = strlen(name), at = len;

	while (at && (isdigit((unsigned char)name[at - 1]) || name[at - 1] == '.'))
		at--;
	return at > 1 && at < len && name[at - 1] == '-' ? at - 1 : len;
}

/* Targets of one word. */
static bool is_target(const char *name, size_t len)
{
	static const char *const targets[] = { "avr", "msp430" };

	for (size_t i = 0; i < countof(targets); i++)
		if (strlen(targets[i]) == len && memcmp(targets[i], name, len) == 0)
			return true;
	return false;
}

const struct model *model_for(const char *argv0)
{
	const char *name = path_base(argv0);
	const char *prefix = name;
	size_t len = without_version(name);

	for (int triple = 0; len; triple++) {
		const struct model *m = look_up(name, len);
		/* "x86_64-linux-gnu-gcc": a prefix has at least one '-' of its own, or is known
		 */
		if (m && (triple != 1 || is_target(prefix, (size_t)(name - 1 - prefix))))
			return m;
		const char *dash = memchr(name, '-', len);
		if (!dash)
			return NULL;
		len -= (size_t)(dash + 1 - name);
		name = dash + 1;
	}
	return NULL;
}

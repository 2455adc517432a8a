#include "cmd/units.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/compat.h"

struct unit {
	const char *name;
	double factor;
};

/* A number and a unit from @units. */
static int parse_with_unit(const char *text, const struct unit *units, double *out)
{
	char *end;

	errno = 0;
	double n = strtod(text, &end);
	if (errno || end == text || !isfinite(n) || n < 0 || strpbrk(text, "xXpPnN"))
		return -1;
	while (*end == ' ')
		end++;
	for (const struct unit *u = units; u->name; u++) {
		if (strcasecmp(end, u->name) != 0)
			continue;
		*out = n * u->factor;
		return 0;
	}
	return -1;
}

int units_size(const char *text, uint64_t *out)
{
	static const struct unit units[] = {
		{ "", 1 },         { "B", 1 },        { "K", 0x1p10 },   { "KB", 0x1p10 },
		{ "KiB", 0x1p10 }, { "M", 0x1p20 },   { "MB", 0x1p20 },  { "MiB", 0x1p20 },
		{ "G", 0x1p30 },   { "GB", 0x1p30 },  { "GiB", 0x1p30 }, { "T", 0x1p40 },
		{ "TB", 0x1p40 },  { "TiB", 0x1p40 }, { NULL, 0 },
	};
	double n;

	if (parse_with_unit(text, units, &n) < 0 || n >= 0x1p63)
		return -1;
	*out = (uint64_t)n;
	return 0;
}

int units_age(const char *text, int64_t *out)
{
	static const struct unit units[] = {
		{ "s", 1e9 },         { "m", 60e9 },          { "min", 60e9 },
		{ "h", 3600e9 },      { "", 86400e9 },        { "d", 86400e9 },
		{ "w", 7 * 86400e9 }, { "y", 365 * 86400e9 }, { NULL, 0 },
	};
	double n;

	if (parse_with_unit(text, units, &n) < 0)
		return -1;
	*out = n >= 0x1p62 ? INT64_MAX : (int64_t)n;
	return 0;
}

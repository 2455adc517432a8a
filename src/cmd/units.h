/**
 * Sizes and ages as users write them.
 */
#ifndef CMD_UNITS_H
#define CMD_UNITS_H

#include <stdint.h>

/** "500M", "2.5 GiB", "1000" to bytes (powers of 1024). -1 when it is none. */
int units_size(const char *text, uint64_t *size_bytes);
/** "12h", "30d", "2w", "30" (days) to nanoseconds; INT64_MAX for more than that holds. -1 when
 * it is none. */
int units_age(const char *text, int64_t *age_ns);

#endif

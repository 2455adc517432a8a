/**
 * What tests of all layers share: cmocka, and checks that say what was wrong.
 */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"

#define CHECK(cond, ...)                       \
	do {                                   \
		if (!(cond))                   \
			fail_msg(__VA_ARGS__); \
	} while (0)
#define OK(call, err) CHECK((call) >= 0, "%s: %s", #call, (err).msg)
#define REFUSED(call, err, want)                                                       \
	do {                                                                           \
		(err) = (struct err)ERR_INIT;                                          \
		CHECK((call) < 0, "%s: was not refused", #call);                       \
		CHECK((err).kind == (want), "%s: kind %d: %s", #call, (int)(err).kind, \
		      (err).msg);                                                      \
	} while (0)

#endif

/**
 * Standard base64 with padding (RFC 4648, section 4), as JSON carries bytes.
 */
#ifndef CORE_BASE64_H
#define CORE_BASE64_H

#include "base/buf.h"
#include "base/err.h"

/** Initializers of a table from a character to 1 + its value (0: no digit), for the 62 digits
 * that all alphabets of RFC 4648 share; each adds its last two. */
/* clang-format off */
#define BASE64_LETTERS \
	['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, \
	['H'] = 8, ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, \
	['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, \
	['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, \
	['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, \
	['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, \
	['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42, ['q'] = 43, \
	['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, \
	['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, \
	['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, \
	['9'] = 62
/* clang-format on */

/** Append the text of @data to @out; no line breaks. -1: out's limit. */
int base64_encode(const void *data, size_t len, struct buf *out);
/**
 * Append the bytes of @text to @out. Line breaks are skipped, as the original's server makes
 * them; anything else that is not base64 is CORRUPT, as is more than out's limit.
 */
int base64_decode(const char *text, size_t len, struct buf *out, struct err *err);

#endif

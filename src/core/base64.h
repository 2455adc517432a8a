/**
 * Standard base64 with padding (RFC 4648, section 4), as JSON carries bytes.
 */
#ifndef CORE_BASE64_H
#define CORE_BASE64_H

#include "base/buf.h"
#include "base/err.h"

/** Append the text of @data to @out; no line breaks. -1: out's limit. */
int base64_encode(const void *data, size_t len, struct buf *out);
/**
 * Append the bytes of @text to @out. Line breaks are skipped, as the original's server makes
 * them; anything else that is not base64 is CORRUPT, as is more than out's limit.
 */
int base64_decode(const char *text, size_t len, struct buf *out, struct err *err);

#endif

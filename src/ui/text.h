/**
 * Putting any bytes into JSON and HTML, and numbers as people read them.
 */
#ifndef UI_TEXT_H
#define UI_TEXT_H

#include "base/buf.h"

/** Append @s as a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD. */
void text_json(struct buf *out, const char *s);
/** Append @s so that HTML shows it, in text and in quoted attributes. Control characters and
 * bytes that are no UTF-8 become U+FFFD. */
void text_html(struct buf *out, const char *s);
/** Append @s for a terminal: control characters and bytes that are no UTF-8 as \xHH. */
void text_plain(struct buf *out, const char *s);
/** "312 B", "4.5 KB", "1.2 GB" (powers of 1024). */
void text_size(struct buf *out, uint64_t bytes);
/** "250 µs", "12.3 ms", "4.56 s", "3 min 20 s", "2 h 05 min". */
void text_duration(struct buf *out, int64_t ns);
/** "2026-11-25 14:03:07", local time. */
void text_time(struct buf *out, int64_t wall_ns);

#endif

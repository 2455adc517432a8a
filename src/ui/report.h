/**
 * A run as one HTML page that needs nothing else: no script from elsewhere, no font, no
 * picture. Summary, timeline, critical path, slowest thunks, what ran as it is, failures,
 * retries. Light and dark. Whatever files and commands are called, it is text in the page.
 */
#ifndef UI_REPORT_H
#define UI_REPORT_H

#include "base/buf.h"
#include "store/record.h"

/** Append the page. Cost: linear in thunks, about 60 bytes of page for each in the timeline. */
void report_format(const struct record *r, struct buf *out);

#endif

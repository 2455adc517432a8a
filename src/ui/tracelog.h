/**
 * A run as Chrome's trace viewer and Perfetto read it: the JSON object format of trace events,
 * with a process for each engine and a thread for each of its places. Source: the "Trace Event
 * Format" document of the Chromium project.
 */
#ifndef UI_TRACELOG_H
#define UI_TRACELOG_H

#include "base/buf.h"
#include "store/record.h"

/** Append the whole file. Cost: linear. */
void tracelog_format(const struct record *r, struct buf *out);

#endif

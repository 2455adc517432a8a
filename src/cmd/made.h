/**
 * Which files gg map has made, as long as nobody has changed them since. Those it can make
 * again; any other that stands where an output will be a job may want to see, or to leave as it
 * is.
 */
#ifndef CMD_MADE_H
#define CMD_MADE_H

#include "store/store.h"

/** Is what is at @path (absolute) what gg map has made there, or a placeholder? Cost: a stat
 * and two look-ups, as long as it is as it was. */
bool made_is(struct store *st, const char *path);
/** gg map has just made it. */
void made_note(struct store *st, const char *path);

#endif

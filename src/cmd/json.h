/**
 * Small helpers for commands that print JSON.
 */
#ifndef CMD_JSON_H
#define CMD_JSON_H

#include <jansson.h>

#include "core/oid.h"

/** A string of any bytes: those that are no UTF-8 become U+FFFD. NULL is null. */
json_t *json_text(const char *s);
/** A number; what JSON can't hold exactly is its nearest neighbour. */
json_t *json_count(uint64_t n);
/** The name of an object, or null for none. */
json_t *json_name(const struct oid *id);
/** Print on stdout, indented, with a newline; takes the reference. */
void json_print(json_t *j);

#endif

/**
 * What macros may make of a text where it is not known which of their definitions hold: every
 * name that "#include NAME(x)" can mean, and more. No condition is evaluated and #undef is not
 * heeded: a macro has any one of its definitions, or none.
 *
 * What compilers define themselves (__GNUC__, what begins like it, and few others) has values
 * that are not known here: a name that depends on one can't be told.
 */
#ifndef MODEL_MACROS_H
#define MODEL_MACROS_H

#include <stdbool.h>

#include "base/strv.h"

struct macros; /* definitions */

struct macros *macros_new(void);
void macros_free(struct macros *m);
#define auto_macros struct macros *cleanup(macros_freep)
void macros_freep(struct macros **m);

/** Add "NAME text" or "NAME(a, b) text", without comments. @text is borrowed until macros_free.
 * What is no definition is passed over. Cost: 0.1 µs. */
void macros_define(struct macros *m, const char *text);

/** Append each header's name, quoted as in  "x"  or  <x> , that @operand of an #include or of
 * __has_include can become. False: it can't be told. Cost: about 0.1 µs for each token of each
 * way in which it can be read; it is given up beyond MACROS_STEPS_MAX. */
bool macros_names(struct macros *m, const char *operand, struct strv *names);

/** Append what macros ask __has_include for in the condition of an #if, to @next what they ask
 * __has_include_next for. Where __has_include stands there itself it is passed over. False: it
 * can't be told. */
bool macros_asked(struct macros *m, const char *condition, struct strv *names,
                  struct strv *next);

enum { MACROS_STEPS_MAX = 30000, MACROS_DEPTH_MAX = 200 };

#endif

/**
 * Templates of file names, as GNU parallel writes them: "{NAME}" stands for a value, and
 * "{NAME.}", "{NAME..}", "{NAME/}", "{NAME//}", "{NAME/.}" for the value without its extension,
 * without two, its last part, its folder, and its last part without the extension. NAME may be
 * empty. Braces around anything else are plain text.
 */
#ifndef BASE_TEMPLATE_H
#define BASE_TEMPLATE_H

#include "base/buf.h"

/** The value called @name (not terminated), borrowed until the next call; NULL: no such name.
 */
typedef const char *template_value_fn(void *arg, const char *name, size_t len);

/** Append @text with its values to @out. */
void template_expand(const char *text, template_value_fn *value, void *arg, struct buf *out);
/** The same, as an owned string. */
char *template_text(const char *text, template_value_fn *value, void *arg);

enum template_use {
	TEMPLATE_PLAIN,   /* no value in it */
	TEMPLATE_USES,    /* a value */
	TEMPLATE_DERIVES, /* a value without its extension, and more text: a name made from it
	                   */
};

/** How a template uses values; those that @value knows count. */
enum template_use template_use(const char *text, template_value_fn *value, void *arg);

#endif

/**
 * The messages of compilers with the colours that they have on a terminal. In a sandbox a
 * compiler has none, so its text comes without; what the text tells is enough for gcc's colours
 * (GCC_COLORS in its manual, the defaults) and clang's. Nothing but colours is added.
 */
#ifndef BASE_DIAGNOSTICS_H
#define BASE_DIAGNOSTICS_H

#include "base/buf.h"

/** Would a command of these words (NULL-terminated; NULL: not known) that writes to @fd use
 * colours? Not in a dumb terminal, with NO_COLOR, or where they are turned off. */
bool diagnostics_have_colors(int fd, char *const *argv);
/** Append the text in colours; one that has escapes already as it is. */
void diagnostics_color(const char *text, size_t len, struct buf *out);

#endif

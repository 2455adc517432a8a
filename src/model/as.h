/**
 * Options of the assembler, called directly or by a compiler that passes them on (-Wa,).
 */
#ifndef MODEL_AS_H
#define MODEL_AS_H

#include <stdbool.h>

/** Is it one that stands alone, reads and writes no file, and does not change what a source
 * includes? For GNU as (2.40) of any machine, and the part of it that clang knows. */
bool as_is_plain(const char *option);

#endif

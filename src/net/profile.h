/**
 * Values of one profile in the text of AWS's shared files (~/.aws/config, ~/.aws/credentials):
 * sections in brackets, "name = value" lines, '#' and ';' lines are comments, indented lines
 * belong to a nested setting and are skipped. Lines may be of any length (session tokens are
 * long).
 */
#ifndef NET_PROFILE_H
#define NET_PROFILE_H

#include "base/compat.h"

/**
 * Find @name in the section that holds @profile: "[NAME]" or "[profile NAME]".
 * The last one wins, as in the SDKs. Owned, or NULL.
 *
 * @text  any bytes; ends at @len
 */
char *profile_value(const char *text, size_t len, const char *profile, const char *name);
/** Is there such a section? */
bool profile_exists(const char *text, size_t len, const char *profile);

#endif

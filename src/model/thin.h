/**
 * Thin archives: "ar rcT" stores the members' names instead of their bytes, so what reads such
 * an archive reads the members too.
 */
#ifndef MODEL_THIN_H
#define MODEL_THIN_H

#include "base/err.h"
#include "base/strv.h"

/** Is this file's beginning that of a thin archive? */
bool thin_sniff(const char *head, size_t len);
/**
 * The members of the thin archive @path, as paths from where it is named. CORRUPT when it is
 * none; UNSURE for members of members.
 */
int thin_members(const char *path, struct strv *members, struct err *err);
/** As above, of the bytes of an archive that stands in @dir. */
int thin_parse(const char *data, size_t len, const char *dir, struct strv *members,
               struct err *err);

#endif

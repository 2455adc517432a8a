/**
 * What a link reads, found without running the linker: objects, archives, -l as the linker
 * resolves it, startup files, linker scripts (GROUP, INPUT, AS_NEEDED, INCLUDE), the DT_NEEDED
 * closure of shared libraries. A superset is fine; all candidates that exist are added.
 */
#ifndef MODEL_LDSCAN_H
#define MODEL_LDSCAN_H

#include "model/plan.h"

struct ldscan {
	struct strv lib_dirs; /* -L …, then the toolchain's: in search order */
	struct strv
		needed_dirs;  /* -rpath-link, -rpath, then ld.so.conf's and the default ones */
	struct strv files;    /* objects, archives, scripts as written */
	struct strv libs;     /* NAME of each -lNAME, or ":file" */
	struct strv may_libs; /* … of those that a driver adds where there are such */
	bool is_static;       /* -static: archives only (a superset is still fine) */
};

void ldscan_release(struct ldscan *s);
/** Add every file that this link may read as an input of @p. Delegates (through @p) when
 * unsure. */
int ldscan_add_inputs(const struct ldscan *s, const struct call *call, struct plan *p,
                      struct err *err);

#endif

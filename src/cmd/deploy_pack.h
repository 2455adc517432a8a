/** What `gg deploy` sends: the worker, and the toolchains that it shall have from the start. */
#ifndef CMD_DEPLOY_PACK_H
#define CMD_DEPLOY_PACK_H

#include "engine/package.h"

/** What a first thunk runs: the package has it. */
struct deploy_selftest {
	struct oid program;
};

/**
 * @with: "gcc", "clang", names or paths of programs; as found on @envp's PATH. @st: keeps their
 * closures. Owned by the caller. NOTFOUND names what is not there.
 */
int deploy_pack(struct store *st, char *const *envp, const struct strv *with,
                struct package **out, struct deploy_selftest *selftest, struct err *err);

#endif

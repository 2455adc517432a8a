/** What `gg deploy` sends: the worker, and the toolchains that it shall have from the start. */
#ifndef CMD_DEPLOY_PACK_H
#define CMD_DEPLOY_PACK_H

#include "engine/package.h"

/** What a first thunk runs: the package has it. */
struct deploy_selftest {
	struct oid program;
};

/** What is wanted, and what came of it. */
struct deploy_wish {
	const struct strv *with; /* "gcc", "clang", names or paths of programs on PATH */
	uint64_t max_bytes;      /* unpacked; 0: no limit */
	struct strv left_out;    /* out, owned: closures that would have passed it */
};

/** @st: keeps the closures. Owned by the caller. NOTFOUND names what is not there. */
int deploy_pack(struct store *st, char *const *envp, struct deploy_wish *wish,
                struct package **out, struct deploy_selftest *selftest, struct err *err);

#endif

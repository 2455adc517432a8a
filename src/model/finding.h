/**
 * What was found out about installed programs, kept with the stats of all that it depends on:
 * in the store, and where only files of the system are involved for the user's other projects
 * too (store/shared.h).
 *
 * A finding is some bytes and the manifests that they are about.
 */
#ifndef MODEL_FINDING_H
#define MODEL_FINDING_H

#include "model/plan.h"
#include "store/pack.h"

enum { FINDING_MANIFESTS_MAX = 2 };

struct finding {
	struct buf text; /* facts, as the asker packs them */
	struct oid manifests[FINDING_MANIFESTS_MAX];
	size_t n_manifests;
};

#define FINDING_INIT     \
	{                \
		BUF_INIT \
	}

void finding_release(struct finding *a);
/** 1 when it is known and still holds: nothing that it depends on changed, and the manifests
 * are in the store. Cost: a stat for each path. */
int finding_get(const struct call *call, const struct buf *question, struct finding *out,
                struct err *err);
/** Keep it. @watch: the paths that it depends on, there or not. */
int finding_put(const struct call *call, const struct buf *question, const struct finding *a,
                const struct strv *watch, struct err *err);

#define auto_finding struct finding cleanup(finding_release)

#endif

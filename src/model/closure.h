/**
 * The closure of programs while it is gathered, and the paths that it depends on.
 */
#ifndef MODEL_CLOSURE_H
#define MODEL_CLOSURE_H

#include "model/toolchain.h"

struct closure {
	const struct call *call; /* borrowed */
	struct manifest m;
	struct map seen;   /* paths added */
	struct map linked; /* symlinks added */
	struct strv watch; /* paths it depends on, present or not */
	struct strv dirs;  /* ld.so.conf's folders */
	struct buf cache;  /* the loader's, of what it finds where (model/ldcache) */
	bool need_cache;   /* a library is found through /etc/ld.so.cache only */
	char unsure[160];  /* why it can't be said which libraries are loaded, or "" */
};

void closure_init(struct closure *c, const struct call *call);
void closure_release(struct closure *c);
/** Add a file, the symlinks on the way to it, and what it needs in order to run. */
int closure_add(struct closure *c, const char *path, struct err *err);
/** As above; nothing happens (but it is watched) when there is no such file. */
int closure_add_if(struct closure *c, const char *path, struct err *err);
/** Add the files of a folder, if there is one. */
int closure_add_folder(struct closure *c, const char *path, struct err *err);
/** Either of them, by what is there. */
int closure_add_extra(struct closure *c, const char *path, struct err *err);
/** Put the manifest into the store. */
int closure_store(struct closure *c, struct oid *manifest, struct err *err);

/** Files and folders in which the system says where libraries are: ld reads them, too. */
extern const char *const closure_conf_files[];
/** The folders that they name, in order. */
void closure_conf_dirs(struct strv *dirs);

#define auto_closure struct closure cleanup(closure_release)

#endif

/**
 * What stands between a build and its tools: a folder with one link to the wrapper for every
 * tool on PATH that a model stands for, and the preload library that sends programs to it.
 * Where the library can't be used the folder is put in front of PATH.
 */
#ifndef CMD_TOOLS_H
#define CMD_TOOLS_H

#include "base/strv.h"
#include "store/store.h"

/** A program installed beside this one: "gg-model", "libgg-shim.so". Owned. */
char *tools_beside(const char *name);

/** What a command is to be run with. */
struct tools {
	char *folder;  /* of the links */
	char *library; /* the preload library, or NULL: the folder stands in front of PATH */
	char *path;    /* PATH without any folder of ours */
};

/**
 * Find them for @command, as found on PATH. The library is there when the command, and the
 * shell, will load it (intercept/target.h), so that products may be placeholders.
 * @placeholders: where there is no library, also have links for tools that only read.
 */
int tools_find(struct store *st, const char *command, bool placeholders, struct tools *out,
               struct err *err);
void tools_release(struct tools *t);
/** The path of the program that @command names, or itself if there is none. Owned. */
char *tools_program(const struct tools *t, const char *command);

/** "K=V" strings that a command needs in its environment so that its tools are gg's models:
 * what intercept/launch.h names; "K=" is to be unset. */
struct strv tools_additions(const struct tools *t, struct store *st);
/** This environment with @added, whose "K=" are left out. */
struct strv tools_environment(const struct strv *added);

#define auto_tools struct tools cleanup(tools_release)

#endif

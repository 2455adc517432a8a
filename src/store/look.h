/**
 * Looks at the file system that can be had again: what a plan saw of it, kept small, and
 * later the question whether all of it would be seen once more.
 *
 * One list at a time in a process, for a program that plans one command. Where none was begun
 * these are the plain calls. What was seen of a file is its stat: its content is believed to be
 * the same when device, inode, size, mode and both times are (as the stat cache does), and a
 * list with a file that changed just before it was begun is none, unless its changes are dated
 * finely (store/grain.h).
 *
 * That a name is not there is believed as long as the folder that would hold it has the times
 * that it had: one look instead of one for each name that a search path misses.
 */
#ifndef STORE_LOOK_H
#define STORE_LOOK_H

#include "base/buf.h"
#include "base/strv.h"
#include "store/pack.h"

#include <sys/stat.h>

/** As stat(2), lstat(2) and access(2); errno is theirs. A folder is looked at once for a list:
 * who asks again gets the first answer. */
int look_stat(const char *path, struct stat *sb);
int look_lstat(const char *path, struct stat *sb);
int look_access(const char *path, int mode);
/** As look_stat, of a folder whose times matter: what is in it was listed once. */
int look_listed(const char *path, struct stat *sb);
/** What a link holds, or the path without links: owned; NULL with errno. */
char *look_readlink(const char *path);
char *look_realpath(const char *path);

/** As proc_env(). A list holds for the environment of the process. */
const char *look_env(char *const *envp, const char *name);

/** Begin a list; one that was begun is dropped. */
void look_begin(void);
/** Begin one that will be none: for what is known of folders, and not looked at again. */
void look_without_notes(void);
/** As if none had ever been begun. */
void look_drop(void);
/** From now on listings of folders are kept for the lists to come, as long as a folder's times
 * stay the same, and what all of them miss counts for which are worth one: for a process that
 * makes many lists. */
void look_keep(void);
/** Something is seen that can't be noted (another program's answer, a folder's names): the list
 * will be none. */
void look_unnoted(void);
/** End it. False when it is none; else it is appended to @out. Cost: a stat for each folder in
 * which a name was missed. */
bool look_end(struct buf *out);
/**
 * Would all of a list be seen again? False also for a damaged one. Moves @u past it when true.
 *
 * @touched: gets the paths of regular files whose stat is another now (some more than once),
 * for the caller to find out whether their content is; NULL: then they are not seen again.
 * Cost: a stat for each file of it and for each folder.
 */
bool look_again(struct unpack *u, struct strv *touched);

#endif

/**
 * What a job sees as its root, kept in a tmpfs and changed by difference from one job to the
 * next.
 *
 *   base/root     the tree itself, written here only
 *   base/view     the same, read-only: the job's root
 *   base/work/N   the work folders (/tmp is one), bound writable over their places in the view,
 *                 emptied for each job
 *
 * The slot lives outside of the view and keeps the privileges in its own namespaces that jobs
 * lack.
 */
#ifndef SANDBOX_TREE_H
#define SANDBOX_TREE_H

#include "base/map.h"
#include "base/strv.h"
#include "sandbox/box.h"

struct tree;

enum tree_kind {
	TREE_MOUNTS, /* in a mount namespace of our own */
	TREE_CHROOT, /* no mount at all: everything is a copy in a folder on disk, and the job
	                is another user, who owns the work folders and nothing else */
	TREE_SHIM,   /* the same, and nobody else: the job is told of its root by a library */
};

/**
 * Set up below @base, an empty folder without links in its path (where TREE_MOUNTS mounts).
 * @uid, @gid: whose the work folders are, for TREE_CHROOT.
 */
struct tree *tree_new(const char *base, enum tree_kind kind, uid_t uid, gid_t gid,
                      struct err *err);
/**
 * Make the tree hold these inputs and nothing else, with empty work folders.
 *
 * @inputs   of this job, and of the shared sets; later repeats of a name are ignored
 * @folders  work folders: absolute, none below another
 * @outputs  names that the job writes: an input of such a name is a private, writable copy
 */
int tree_prepare(struct tree *t, struct box_input *const *inputs, size_t n_inputs,
                 const struct strv *folders, const struct strv *outputs, struct err *err);
/**
 * Did the job change something in its work folders that would be lost: a file that is none of
 * @outputs made or changed, or one taken away? Its name (owned), or NULL. Looked at are
 * @folders only, which lie in work folders. One stat a file. The job is over: tree_clean() goes
 * by what is found.
 */
char *tree_stray(struct tree *t, const struct strv *folders, const struct strv *outputs);
/** Empty the work folders again, now that the job is over. On error the tree is unfit for
 * use. */
int tree_clean(struct tree *t, struct err *err);
/** The job's root. Borrowed. */
const char *tree_root(const struct tree *t);
/** Opens what the job would read at @name, whatever links it has made. -1 with errno. */
int tree_open(const struct tree *t, const char *name);

#endif

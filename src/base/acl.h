/**
 * Folders that tell with what modes files are made in them: default ACLs, acl(5).
 */
#ifndef BASE_ACL_H
#define BASE_ACL_H

/** The bits that a file made in @folder will not have: those of its default ACL, or where there
 * is none (mostly) those of @umask. Cost: a system call. */
unsigned acl_umask(const char *folder, unsigned umask);

#endif

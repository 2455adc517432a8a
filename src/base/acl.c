#include "base/acl.h"

#include <endian.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <sys/xattr.h>

#include "base/compat.h"

enum { ENTRIES_MAX = 256 };

unsigned acl_umask(const char *folder, unsigned umask)
{
	struct {
		struct posix_acl_xattr_header head;
		struct posix_acl_xattr_entry entries[ENTRIES_MAX];
	} acl;
	unsigned group = 0, all = 0;
	bool has_mask = false;
	ssize_t len = getxattr(folder, "system.posix_acl_default", &acl, sizeof(acl));

	if (len < (ssize_t)sizeof(acl.head) ||
	    le32toh(acl.head.a_version) != POSIX_ACL_XATTR_VERSION)
		return umask;
	size_t n = ((size_t)len - sizeof(acl.head)) / sizeof(acl.entries[0]);
	for (size_t i = 0; i < n; i++) {
		unsigned perm = le16toh(acl.entries[i].e_perm) & 7U;

		switch (le16toh(acl.entries[i].e_tag)) {
		case ACL_USER_OBJ: all |= perm << 6; break;
		case ACL_GROUP_OBJ: group = has_mask ? group : perm; break;
		case ACL_MASK:
			group = perm;
			has_mask = true;
			break;
		case ACL_OTHER: all |= perm; break;
		default: break; /* of a named user or group: shows in no mode */
		}
	}
	return ~(all | group << 3) & 0777;
}

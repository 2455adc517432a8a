#include "store/grain.h"

#include <linux/magic.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "base/compat.h"

static bool kernel_is_fine(void)
{
	struct utsname u;
	unsigned major, minor;

	return uname(&u) == 0 && sscanf(u.release, "%u.%u", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 13));
}

/* Is the file system at @path one of these kinds? */
static bool is_kind(const char *path, const long *kinds, size_t n)
{
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (fs.f_type == kinds[i])
			return true;
	return false;
}

static bool dates_folders(const char *path)
{
	static const long kinds[] = {
		BTRFS_SUPER_MAGIC,     EXT4_SUPER_MAGIC, F2FS_SUPER_MAGIC,
		OVERLAYFS_SUPER_MAGIC, TMPFS_MAGIC,      XFS_SUPER_MAGIC
	};

	return is_kind(path, kinds, countof(kinds));
}

/* Those with FS_MGTIME. */
static bool takes_part(const char *path)
{
	static const long kinds[] = { BTRFS_SUPER_MAGIC, EXT4_SUPER_MAGIC, TMPFS_MAGIC,
		                      XFS_SUPER_MAGIC };

	return kernel_is_fine() && is_kind(path, kinds, countof(kinds));
}

static bool takes_part_with_folders(const char *path)
{
	static const long kinds[] = { BTRFS_SUPER_MAGIC, EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC };

	return kernel_is_fine() && is_kind(path, kinds, countof(kinds));
}

/* What was asked last, of which device. */
struct answer {
	bool asked;
	bool yes;
	dev_t dev;
};

static bool ask(struct answer *last, bool (*question)(const char *path), const char *path,
                dev_t dev)
{
	if (!last->asked || last->dev != dev)
		*last = (struct answer){ true, question(path), dev };
	return last->yes;
}

bool grain_dates_folders(const char *path, dev_t dev)
{
	static struct answer last;

	return ask(&last, dates_folders, path, dev);
}

/* ext4 gives all that the kernel knows of a time only where its inodes have room. */
static bool has_parts_of_seconds(int64_t changed_ns)
{
	return changed_ns % 1000000000 != 0;
}

bool grain_is_fine(const char *path, dev_t dev, int64_t changed_ns)
{
	static struct answer last;

	return has_parts_of_seconds(changed_ns) && ask(&last, takes_part, path, dev);
}

bool grain_folders_are_fine(const char *path, dev_t dev, int64_t changed_ns)
{
	static struct answer last;

	return has_parts_of_seconds(changed_ns) &&
	       ask(&last, takes_part_with_folders, path, dev);
}

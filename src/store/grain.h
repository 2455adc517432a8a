/**
 * How finely a file system dates changes. Mostly by a tick of the kernel's clock, so that a
 * file which was just looked at may change without its times showing it. Linux 6.13 gives
 * another time to each change that follows a look, on the file systems that take part
 * ("multigrain timestamps", Documentation/filesystems/multigrain-ts.rst): there a stat tells
 * for good.
 */
#ifndef STORE_GRAIN_H
#define STORE_GRAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** A file whose last change, at @changed_ns, lies this close to a moment may change after it
 * without its times showing it. A time of whole seconds may come from a file system that has
 * no others (ext4 with small inodes; FAT has every second one). */
static inline int64_t grain_ns(int64_t changed_ns)
{
	return changed_ns % 1000000000 ? 20000000 : 2020000000;
}

/** Does the file system at @path, on @dev, date a folder whenever a name in it comes or goes?
 * Cost: nothing for the device that was asked about last. */
bool grain_dates_folders(const char *path, dev_t dev);
/** Does every change of the file at @path, on @dev, last changed at @changed_ns, show that
 * comes after a stat of it? False where it is not known. Cost: nothing for the device that was
 * asked about last. */
bool grain_is_fine(const char *path, dev_t dev, int64_t changed_ns);
/** The same of folders. Not in a tmpfs, which dates a folder by the name that comes or goes. */
bool grain_folders_are_fine(const char *path, dev_t dev, int64_t changed_ns);

#endif

/*
 * Hooks of what maps files into memory. In a tmpfs what is written into a mapping changes no
 * time of the file (mm/shmem.c has no page_mkwrite), so that nobody could see it: a file that
 * may be written so gets the time of its status changed, which compilers and make don't look
 * at.
 */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "intercept/preload.h"

static void touch_status(int fd)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC && fstat(fd, &st) == 0 &&
	    S_ISREG(st.st_mode) && st.st_nlink > 0)
		(void)!fchmod(fd, st.st_mode & 07777);
}

typedef void *map_fn(void *at, size_t len, int protection, int flags, int fd, off_t offset);

/* A sanitizer's, for one. NULL until it was looked for: allocators map memory before that. */
static map_fn *next_map;

__attribute__((constructor)) static void find_next(void)
{
	next_map = (map_fn *)(uintptr_t)dlsym(RTLD_NEXT, "mmap");
}

static void *map(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	if ((flags & MAP_SHARED) && (protection & PROT_WRITE) && fd >= 0) {
		int saved = errno;

		touch_status(fd);
		errno = saved;
	}
	return next_map ? next_map(at, len, protection, flags, fd, offset)
	                : (void *)syscall(SYS_mmap, at, len, protection, flags, fd, offset);
}

HOOK void *mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	return map(at, len, protection, flags, fd, offset);
}

/* the same: no machine here has a smaller off_t */
HOOK void *mmap64(void *at, size_t len, int protection, int flags, int fd, off64_t offset)
{
	return map(at, len, protection, flags, fd, offset);
}

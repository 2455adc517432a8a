#include "model/input.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"

/* The null device is as good as an empty file. */
static bool has_end(void)
{
	struct stat st;

	if (fstat(STDIN_FILENO, &st) < 0)
		return false;
	return S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) ||
	       (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
}

int input_take(struct err *err)
{
	static bool taken;

	if (taken)
		return 1;
	if (!has_end())
		return 0;
	auto_fd memory = memfd_create("stdin", MFD_CLOEXEC);
	if (memory < 0)
		return err_sys(err, "memory for the standard input");
	if (file_copy_fd(STDIN_FILENO, memory, err) < 0)
		return err_wrap(err, "standard input");
	if (lseek(memory, 0, SEEK_SET) < 0 || dup2(memory, STDIN_FILENO) < 0)
		return err_sys(err, "standard input");
	taken = true;
	return 1;
}

int input_read(struct buf *text, struct err *err)
{
	int rc = file_read_fd(STDIN_FILENO, text, err);

	/* for whoever reads it next */
	return lseek(STDIN_FILENO, 0, SEEK_SET) < 0 ? err_sys(err, "standard input") : rc;
}

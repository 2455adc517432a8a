#include "main/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "intercept/target.h"
#include "main/builtin.h"

static bool is_forced(char *const *argv)
{
	return argv[1] && strcmp(argv[1], "-f") == 0;
}

static bool is_operand(const char *word)
{
	return word && word[0] && word[0] != '-';
}

/* Without -f it may ask, or say that it did not. */
static bool may_replace(const char *name, const struct stat *by, bool is_forced)
{
	struct stat sb;

	if (lstat(name, &sb) < 0)
		return errno == ENOENT;
	return is_forced && S_ISREG(sb.st_mode) &&
	       (sb.st_ino != by->st_ino || sb.st_dev != by->st_dev);
}

int files_mv(char *const *argv)
{
	bool forced = is_forced(argv);
	char *const *names = argv + (forced ? 2 : 1);
	char real[PATH_MAX];
	struct stat sb;

	if (!is_operand(names[0]) || !is_operand(names[1]) || names[2])
		return BUILTIN_DECLINED;
	if (lstat(names[0], &sb) < 0 || !S_ISREG(sb.st_mode) ||
	    target_is_placeholder(AT_FDCWD, names[0], real, sizeof(real)))
		return BUILTIN_DECLINED;
	return may_replace(names[1], &sb, forced) && rename(names[0], names[1]) == 0
	               ? 0
	               : BUILTIN_DECLINED;
}

int files_rm(char *const *argv)
{
	bool done = is_forced(argv) && argv[2];

	/* an option that there is not leaves all of them */
	for (char *const *name = argv + 2; done && *name; name++)
		done = is_operand(*name);
	for (char *const *name = argv + 2; done && *name; name++)
		done = unlink(*name) == 0 || errno == ENOENT;
	return done ? 0 : BUILTIN_DECLINED;
}

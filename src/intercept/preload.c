#include "intercept/preload.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "intercept/ask.h"
#include "intercept/target.h"

struct preload preload;

/* Programs that look at files in order to compare their times or to see that they are there:
 * what they look at need not be real. */
static bool looks_only(const char *name)
{
	static const char *const names[] = { "[",     "bash",  "chmod", "cmake", "dash",
		                             "gmake", "ksh",   "ln",    "make",  "mkdir",
		                             "mv",    "ninja", "rm",    "rmdir", "samu",
		                             "sh",    "test",  "touch", "zsh" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

__attribute__((constructor)) static void preload_start(void)
{
	/* copies: programs write over their environment */
	static char kept[8 << 10];
	const char *session = getenv("GG_SESSION");

	if (!session || !launch_keep(environ, kept, sizeof(kept), preload.own))
		preload.own[0] = NULL;
	if (!session || !launch_has_placeholders(getenv("GG_MODE")) ||
	    strlen(session) >= sizeof(preload.session))
		return;
	memcpy(preload.session, session, strlen(session) + 1);
	preload.looks_only = looks_only(program_invocation_short_name);
	preload.files = true;
}

int preload_want(int dirfd, const char *path)
{
	char real[PATH_MAX];

	if (!path || !target_is_placeholder(dirfd, path, real, sizeof(real)) ||
	    ask(preload.session, "force", real, NULL, true) == 0)
		return 0;
	errno = ENOENT;
	return -1;
}

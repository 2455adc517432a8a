#include "base/shebang.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"

bool shebang_read(const char *path, struct shebang *out)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	char *save = NULL;

	*out = (struct shebang){ 0 };
	if (fd < 0 || read(fd, out->line, sizeof(out->line) - 1) < 3 ||
	    memcmp(out->line, "#!", 2) != 0)
		return false;
	out->line[strcspn(out->line, "\n")] = '\0';
	out->program = strtok_r(out->line + 2, " \t", &save);
	out->arg = out->program ? strtok_r(NULL, " \t", &save) : NULL;
	out->by_env = out->arg && strcmp(path_base(out->program), "env") == 0;
	return out->program;
}

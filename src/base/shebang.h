/** The first line of a script: "#! PROGRAM [ARGUMENT]". */
#ifndef BASE_SHEBANG_H
#define BASE_SHEBANG_H

#include "base/compat.h"

struct shebang {
	char line[256];      /* what the others point into; longer ones are cut */
	const char *program; /* as written */
	const char *arg;     /* the next word, or NULL */
	bool by_env;         /* PROGRAM is env(1), which looks for ARGUMENT on PATH */
};

/** False: @path is no script, or can't be read. Cost: an open and a read. */
bool shebang_read(const char *path, struct shebang *out);

#endif

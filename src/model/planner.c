#include "model/planner.h"

#include <sys/stat.h>

#include "store/pack.h"

void planner_pack(struct buf *to)
{
	struct stat self = { 0 };

	(void)!stat("/proc/self/exe", &self);
	const struct pack_stat f = pack_stat(&self);
	buf_add(to, &f, sizeof(f));
}

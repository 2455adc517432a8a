#include "model/planner.h"

#include <sys/stat.h>

#include "base/clock.h"
#include "store/pack.h"

void planner_pack(struct buf *to)
{
	struct stat self = { 0 };

	(void)!stat("/proc/self/exe", &self);
	pack_u64(to, self.st_dev);
	pack_u64(to, self.st_ino);
	pack_u64(to, (uint64_t)self.st_size);
	pack_u64(to, (uint64_t)clock_ns_of(self.st_mtim));
	pack_u64(to, (uint64_t)clock_ns_of(self.st_ctim));
}

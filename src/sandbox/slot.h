/**
 * The process behind a slot: owns a tree in its own namespaces and runs one job after another.
 */
#ifndef SANDBOX_SLOT_H
#define SANDBOX_SLOT_H

#include "sandbox/box.h"

struct slot_setup {
	enum box_step step;
	int channel;         /* socket to the box */
	const char *staging; /* folder for outputs */
	uid_t uid;           /* the user and group that jobs run as: ours */
	gid_t gid;
	const char *base; /* empty folder for the tree; removed by the box */
};

/** Run as a slot until the channel closes. Never returns. */
_Noreturn void slot_main(const struct slot_setup *setup);

#endif

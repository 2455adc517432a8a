/**
 * Wrappers that stand by: processes of gg-model, started ahead by the coordinator of a long
 * build, that answer for calls which gg-call hands to them. A wrapper's own start and end are
 * half of what it costs.
 *
 * Each has a socket of its own in the abstract namespace, and listens only while it has nothing
 * to do: a caller tries one name after another, and executes gg-model if none is there, or if
 * it is told to. What a caller sends is one message, a struct standby_request and then the
 * words of the command and of the environment, each ended by a NUL; with it go descriptors: the
 * root, the working folder, standard output and error. The answer is a struct standby_answer.
 *
 * What stands by has the caller's root and mounts (by the mount's number), user and group,
 * limit of file sizes (none), umask, folder, output and environment, or it declines. It never
 * executes the tool itself in the caller's place, and has no other file of the caller's open,
 * its standard input neither: where one may be needed it declines, and gg-model does it all
 * again.
 */
#ifndef MAIN_STANDBY_H
#define MAIN_STANDBY_H

#include <stdint.h>

enum {
	STANDBY_REQUEST_MAX = 128 << 10,
	STANDBY_DECLINED = -1,
};

struct standby_request {
	uint32_t umask;
	uint32_t argc;
	uint32_t envc;
};

/** The descriptors that go with it, in this order. */
enum { STANDBY_ROOT, STANDBY_FOLDER, STANDBY_OUT, STANDBY_ERRORS, STANDBY_FDS };

struct standby_answer {
	int32_t status; /* to exit with, or STANDBY_DECLINED */
};

/** Answer calls until standard input ends. Returns the exit status. */
int standby_serve(const char *session, const char *number);

#endif

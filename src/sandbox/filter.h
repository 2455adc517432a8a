/**
 * The system calls that no job may make: whatever changes namespaces or mounts, traces other
 * processes, loads code into the kernel, or leaves something behind in it.
 */
#ifndef SANDBOX_FILTER_H
#define SANDBOX_FILTER_H

#include "base/err.h"

#include <sys/syscall.h>
#include <unistd.h>

struct sock_fprog;

/** Compile the filter, once. @shared: network and processes are the host's; refuse all sockets,
 *  and signals to everybody. Static storage. */
int filter_compile(bool shared, struct sock_fprog *out, struct err *err);

/**
 * A slot is under the filter, too, so that its jobs have it from the start: for the kernel to
 * make it ready for each takes 60 µs. What slots need and jobs may not do, mounts and chroot,
 * the filter lets pass with this number in the place of a sixth argument, which these calls
 * don't have. It is drawn at random by filter_compile(), and no job can read a slot's memory.
 */
extern unsigned long filter_key;

/** Such a call: -1 with errno. */
static inline long filter_pass(long call, unsigned long a, unsigned long b, unsigned long c,
                               unsigned long d, unsigned long e)
{
	return syscall(call, a, b, c, d, e, filter_key);
}

#endif

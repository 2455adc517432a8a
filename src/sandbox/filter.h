/**
 * The system calls that no job may make: whatever changes namespaces or mounts, traces other
 * processes, loads code into the kernel, or leaves something behind in it.
 */
#ifndef SANDBOX_FILTER_H
#define SANDBOX_FILTER_H

#include "base/err.h"

struct sock_fprog;

/** Compile the filter, once. @shared: network and processes are the host's; refuse all sockets,
 *  and signals to everybody. Static storage. */
int filter_compile(bool shared, struct sock_fprog *out, struct err *err);

#endif

/** What this host allows. */
#ifndef SANDBOX_PROBE_H
#define SANDBOX_PROBE_H

#include "sandbox/box.h"

/** The namespaces of a step, as flags for clone(2). */
unsigned long probe_namespaces(enum box_step step);

#endif

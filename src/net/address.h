/**
 * What an address is good for.
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>

/** Does this name this machine only: 127.0.0.0/8, ::1, "localhost"? Looks nothing up. */
bool address_is_loopback(const char *host);

#endif

/** Recomputes the AWS Signature V4 of a request, apart from the code that is tested. */
#ifndef PEERS_SIGV4_H
#define PEERS_SIGV4_H

#include "httpd.h"

struct sigv4_keys {
	const char *id;
	const char *secret;
	const char *token; /* NULL: none is given, none is wanted */
	const char *region;
};

struct sigv4_fault {
	const char *type; /* AWS's name of the error */
	char message[512];
};

/** Is it signed rightly for @service? false: @fault says what is wrong. */
bool sigv4_check(const struct request *r, const struct sigv4_keys *k, const char *service,
                 struct sigv4_fault *fault);

#endif

/**
 * The remote engine: `gg serve`, or the original's gg-execute-server, at one address.
 * "HOST[:PORT]" and "http://…" mean plain HTTP, "https://HOST[:PORT]" TLS; port 9924.
 */
#ifndef ENGINE_REMOTE_H
#define ENGINE_REMOTE_H

#include "engine/outsource.h"

enum { REMOTE_PORT = 9924 };

struct remote_options {
	const char *place;       /* "HOST:PORT", "https://HOST:PORT" */
	const char *token;       /* bearer token, or NULL. Only sent over TLS or to loopback */
	const char *ca_file;     /* PEM, or NULL: the system's */
	const char *client_cert; /* PEM, or NULL */
	const char *client_key;  /* PEM, or NULL */
	const char *user_agent;
	/* as in outsource_options */
	unsigned jobs;
	const char *storage;
	struct transfer *transfer;
	uint64_t inline_max;
	uint32_t timeout_ms;
	bool classic; /* speak classic JSON only, without asking */
};

/** Connects to nothing yet. USAGE names what is wrong with the place. */
int remote_new(uv_loop_t *loop, struct store *st, const struct remote_options *o,
               struct engine **out, struct err *err);

#endif

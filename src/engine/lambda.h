/**
 * The lambda engine: thunks on AWS Lambda, in a function that `gg deploy lambda` made (its
 * bootstrap is gg-worker). Inputs and outputs go through the backend, which the function must
 * be able to read and write; thunks of up to 6 MB travel with the request.
 *
 * Concurrency follows what the account allows: see engine/ramp.h. The price of each try is
 * known from the billed time that Lambda reports, else from the time it took.
 */
#ifndef ENGINE_LAMBDA_H
#define ENGINE_LAMBDA_H

#include "engine/outsource.h"

/** The function's name unless it is told (the original's). */
#define LAMBDA_FUNCTION "gg-lambda-function"

enum {
	/* of a synchronous invocation's request and of its answer:
	 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
	LAMBDA_PAYLOAD_MAX = 6 * 1024 * 1024,
	LAMBDA_TIMEOUT_MAX_S = 900, /* the same page */
};

struct lambda_options {
	const char *place; /* "REGION", "REGION/NAME", "/NAME"; NULL or "": from @envp */
	/* AWS's variables (credentials, region, AWS_ENDPOINT_URL_LAMBDA, AWS_CA_BUNDLE),
	 * GG_LAMBDA_FUNCTION (a name), GG_SPECIALIZED_FUNCTION (set: a function for each set of
	 * executables, named as the original does) */
	char *const *envp;
	const char *user_agent;
	/* as in outsource_options */
	unsigned jobs;
	const char *storage; /* must be reachable from the function: s3, gs, redis(s) */
	struct transfer *transfer;
	uint64_t inline_max; /* bounded by LAMBDA_PAYLOAD_MAX */
	uint32_t timeout_ms;
	bool classic; /* the original's function: classic JSON only */
};

/** Asks nobody yet (credentials neither: what is wrong with them ends the first job as
 * unreachable). USAGE: no region, a bad name. */
int lambda_new(uv_loop_t *loop, struct store *st, const struct lambda_options *o,
               struct engine **out, struct err *err);

/** The specialised function's name for a thunk: "gg-" and the hash of its executables' names
 * (WIRE 8). Owned. */
char *lambda_specialised(const struct thunk *t);

/** The service's URL for a region, or what the environment says instead. Owned. */
char *lambda_endpoint(char *const *envp, const char *region);

#endif

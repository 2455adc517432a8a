/**
 * A worker as an AWS Lambda function: asks the Runtime API for work, hands it to a worker,
 * posts the answer, until the host ends the process
 * (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
 *
 * An answer comes before the invocation's deadline, even if it only says that time is up, and
 * fits into what Lambda lets through.
 */
#ifndef EXEC_RUNTIME_H
#define EXEC_RUNTIME_H

#include "exec/worker.h"

#include <uv.h>

struct runtime_options {
	const char *api;       /* "HOST:PORT": AWS_LAMBDA_RUNTIME_API */
	struct worker *worker; /* borrowed */
	const char *user_agent;
};

/** Serve until the API is gone (IO) or says something else than work (CORRUPT). Runs the loop.
 */
int runtime_run(uv_loop_t *loop, const struct runtime_options *o, struct err *err);
/** Tell the API that the function can't start; blocks. */
int runtime_init_failed(const char *api, const char *message, struct err *err);

#endif

/** `gg-worker lambda`: the worker as an AWS Lambda function (exec/runtime.h). */
#ifndef MAIN_WORKER_LAMBDA_H
#define MAIN_WORKER_LAMBDA_H

/**
 * Serves until the host ends the process. From the environment:
 *
 *   AWS_LAMBDA_RUNTIME_API  the API; set by Lambda
 *   GG_DIR                  the store (/tmp/gg)
 *   GG_PACKAGE              where the package was unpacked to; its "store" is read too
 *   GG_WORKER_ALLOW         what requests may name besides S3, GS and Redis: prefixes of URIs,
 *                           with blanks between
 */
int worker_lambda(int argc, char **argv);

#endif

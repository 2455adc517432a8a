/**
 * What an answer of AWS Lambda's Invoke means: the service's errors (x-amzn-errortype) and the
 * function's (x-amz-function-error), each with what to do about it.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
 */
#ifndef ENGINE_LAMBDA_JUDGE_H
#define ENGINE_LAMBDA_JUDGE_H

#include "engine/outsource.h"

/** @v holds the default judgement; what Lambda says better replaces it. */
void lambda_judge(const char *region, const struct http_response *r,
                  struct outsource_verdict *v);

#endif

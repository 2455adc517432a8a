/**
 * What AWS Lambda asks for one invocation: memory times billed time, and a fixed sum.
 * https://aws.amazon.com/lambda/pricing/ (x86, the first tier of us-east-1; most regions ask
 * the same, a few up to half more). Data transfer and the bucket's requests are not in it.
 */
#ifndef ENGINE_LAMBDA_PRICE_H
#define ENGINE_LAMBDA_PRICE_H

#include <stdint.h>

#define LAMBDA_USD_PER_GB_SECOND 0.0000166667
#define LAMBDA_USD_PER_REQUEST   0.0000002

enum {
	/* of a function that gg deploy makes: what gives one whole core
	 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html) */
	LAMBDA_MEMORY_MB = 1769,
};

struct lambda_bill {
	uint64_t billed_ms;
	unsigned memory_mb;
};

/** Take "Billed Duration" and "Memory Size" from the REPORT line of an invocation's log; what
 * it does not say stays. */
void lambda_bill_read(const char *log, struct lambda_bill *bill);
double lambda_price_usd(const struct lambda_bill *bill);

#endif

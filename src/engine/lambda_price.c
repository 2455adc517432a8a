#include "engine/lambda_price.h"

#include <stdlib.h>
#include <string.h>

static uint64_t number_after(const char *text, const char *label, uint64_t otherwise)
{
	const char *at = strstr(text, label);
	char *end;
	unsigned long long n;

	if (!at)
		return otherwise;
	n = strtoull(at + strlen(label), &end, 10);
	return end == at + strlen(label) ? otherwise : n;
}

void lambda_bill_read(const char *log, struct lambda_bill *bill)
{
	/* what the function itself printed may look alike: the last one is Lambda's */
	const char *report = NULL;

	for (const char *at = log; (at = strstr(at, "REPORT RequestId:")); at++)
		report = at;
	if (!report)
		return;
	bill->billed_ms = number_after(report, "Billed Duration: ", bill->billed_ms);
	bill->memory_mb = (unsigned)number_after(report, "Memory Size: ", bill->memory_mb);
}

double lambda_price_usd(const struct lambda_bill *bill)
{
	return (double)bill->memory_mb / 1024 * (double)bill->billed_ms / 1000 *
	               LAMBDA_USD_PER_GB_SECOND +
	       LAMBDA_USD_PER_REQUEST;
}

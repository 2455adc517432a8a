/**
 * What AWS must be told to allow: who deploys, who runs builds, and the function itself.
 */
#ifndef ENGINE_LAMBDA_POLICY_H
#define ENGINE_LAMBDA_POLICY_H

#include <jansson.h>

struct lambda_policy_about {
	const char *region;
	const char *account; /* "123456789012"; NULL: unknown */
	const char *function;
	const char *role;           /* ARN; NULL: not given */
	const char *package_bucket; /* NULL: the package goes with the call */
	const char *store_bucket;   /* NULL: the store is none of S3 */
	const char *store_prefix;   /* below it, or NULL */
};

/** For whoever runs gg deploy. Owned. */
json_t *lambda_policy_deployer(const struct lambda_policy_about *a);
/** For whoever runs builds. */
json_t *lambda_policy_builder(const struct lambda_policy_about *a);
/** For the function's role. */
json_t *lambda_policy_function(const struct lambda_policy_about *a);
/** The role's trust. */
json_t *lambda_policy_trust(void);

#endif

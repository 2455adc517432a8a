/**
 * AWS credentials by the SDKs' usual chain: environment; shared config and credentials files
 * with profiles (AWS_PROFILE, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE); container metadata
 * (AWS_CONTAINER_CREDENTIALS_*); instance metadata (IMDSv2; AWS_EC2_METADATA_DISABLED,
 * AWS_EC2_METADATA_SERVICE_ENDPOINT). Temporary ones are asked for again before they end.
 */
#ifndef NET_CRED_H
#define NET_CRED_H

#include "base/err.h"

struct cred;

struct cred_keys {
	const char *access_key; /* borrowed until the next cred_get */
	const char *secret_key;
	const char *session_token; /* or NULL */
};

/** @envp: the process's environment; copied what is needed. */
struct cred *cred_new(char *const *envp);
void cred_free(struct cred *c);
/** The keys that are valid now. Blocks (bounded: 2 s for each metadata service) when they must
 * be fetched. NOTFOUND says where was looked and how to give some. */
int cred_get(struct cred *c, struct cred_keys *out, struct err *err);
/** Where they came from, for people: "environment", "profile dev", … Borrowed. */
const char *cred_source(const struct cred *c);
/** The region by the chain (AWS_REGION, AWS_DEFAULT_REGION, the profile's), or NULL. Borrowed.
 */
const char *cred_region(struct cred *c);

#endif

/**
 * The cloudrun engine: thunks on `gg-worker http` behind HTTPS: Google Cloud Run, Knative, any
 * container host (deploy/Containerfile). Also, under the name "gcloud", the original's Google
 * function.
 *
 * The identity token that each request carries is the first of: GG_CLOUDRUN_TOKEN; the file
 * GG_CLOUDRUN_TOKEN_FILE (read again when it is refused or about to expire: `gcloud auth
 * print-identity-token >FILE`); the metadata server, when gg itself runs on Google's machines
 * (GCE_METADATA_HOST names another). None: requests go without (a service that allows it).
 */
#ifndef ENGINE_CLOUDRUN_H
#define ENGINE_CLOUDRUN_H

#include "engine/outsource.h"

enum {
	/* of an HTTP/1.1 request and answer: https://cloud.google.com/run/quotas */
	CLOUDRUN_PAYLOAD_MAX = 32 * 1024 * 1024,
	CLOUDRUN_TIMEOUT_MAX_S = 3600, /* the same page */
};

struct cloudrun_options {
	const char *url;   /* "https://NAME-….run.app"; plain http on loopback only */
	char *const *envp; /* the variables above, GG_CA_FILE */
	const char *user_agent;
	/* as in outsource_options */
	unsigned jobs;
	const char *storage;
	struct transfer *transfer;
	uint64_t inline_max;
	uint32_t timeout_ms;
	bool classic; /* the "gcloud" engine: classic JSON, no probe */
};

/** Asks nobody yet. USAGE names what is wrong with the URL. */
int cloudrun_new(uv_loop_t *loop, struct store *st, const struct cloudrun_options *o,
                 struct engine **out, struct err *err);

#endif

/**
 * Google identity tokens (OpenID Connect) for a service that wants to know who calls. The first
 * of: GG_CLOUDRUN_TOKEN; the file that GG_CLOUDRUN_TOKEN_FILE names; the metadata server, where
 * there is one (GCE_METADATA_HOST, or on Google's machines).
 *
 * https://cloud.google.com/docs/authentication/get-id-token
 */
#ifndef NET_IDTOKEN_H
#define NET_IDTOKEN_H

#include "base/err.h"

#include <stdint.h>

struct idtoken;

/** @audience: the service's URL. Both are copied as far as needed. */
struct idtoken *idtoken_new(char *const *envp, const char *audience);
void idtoken_free(struct idtoken *t);
/**
 * A token that is valid now, owned by the caller; NULL and 0 when there is none to be had
 * anywhere. May wait for the metadata server (2 s at most), when the last one has ended. -1:
 * a named source that gives none; DENIED: one that has expired.
 */
int idtoken_get(struct idtoken *t, char **out, struct err *err);
/** The service refused it. True: another may be had by asking again. */
bool idtoken_refused(struct idtoken *t);
/** Where the last one came from, for people: "GG_CLOUDRUN_TOKEN", …, "none". Borrowed. */
const char *idtoken_source(const struct idtoken *t);
/** When a JSON Web Token ends, in seconds since 1970; 0 when it does not say. */
int64_t idtoken_expiry_s(const char *token);

#endif

#include "engine/lambda_judge.h"

#include <ctype.h>
#include <string.h>

/* What the service's own errors mean; sorted by name. */
static const struct service_error {
	const char *type;
	enum outcome_class what;
	const char *remedy;
} service_errors[] = {
	{ "AccessDeniedException", OUTCOME_UNREACHABLE,
	  "these credentials lack lambda:InvokeFunction on the function" },
	{ "CodeArtifactUserPendingException", OUTCOME_THROTTLED, "the code is being prepared" },
	{ "EC2ThrottledException", OUTCOME_THROTTLED, "" },
	{ "ENILimitReachedException", OUTCOME_THROTTLED, "" },
	{ "ExpiredTokenException", OUTCOME_UNREACHABLE,
	  "the session token has expired: get new credentials" },
	{ "IncompleteSignatureException", OUTCOME_UNREACHABLE, "check the credentials" },
	{ "InvalidRequestContentException", OUTCOME_CANT_RUN, "" },
	{ "InvalidSignatureException", OUTCOME_UNREACHABLE,
	  "check the secret key, the region and this machine's clock" },
	{ "MissingAuthenticationTokenException", OUTCOME_UNREACHABLE, "check the credentials" },
	{ "RequestTooLargeException", OUTCOME_CANT_RUN, "" },
	{ "ResourceConflictException", OUTCOME_THROTTLED, "the function is being changed" },
	{ "ResourceNotFoundException", OUTCOME_UNREACHABLE,
	  "make the function with: gg deploy lambda" },
	{ "ResourceNotReadyException", OUTCOME_THROTTLED, "the function is being prepared" },
	{ "ServiceException", OUTCOME_THROTTLED, "" },
	{ "SubnetIPAddressLimitReachedException", OUTCOME_THROTTLED, "" },
	{ "TooManyRequestsException", OUTCOME_THROTTLED, "" },
	{ "UnrecognizedClientException", OUTCOME_UNREACHABLE,
	  "check AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN" },
};

/* What a function error means, by a piece of the payload's errorType or errorMessage. */
static const struct function_error {
	const char *sign;
	enum outcome_class what;
	const char *remedy;
} function_errors[] = {
	{ "Task timed out", OUTCOME_TIMEOUT,
	  "raise the function's limit: gg deploy lambda --timeout" },
	{ "Sandbox.Timedout", OUTCOME_TIMEOUT,
	  "raise the function's limit: gg deploy lambda --timeout" },
	{ "signal: killed", OUTCOME_LOST,
	  "out of memory? raise it: gg deploy lambda --memory" },
	{ "Runtime.OutOfMemory", OUTCOME_LOST, "raise it: gg deploy lambda --memory" },
	{ "ResponseSizeTooLarge", OUTCOME_CANT_RUN, "" },
	{ "InvalidEntrypoint", OUTCOME_UNREACHABLE, "deploy again: gg deploy lambda" },
};

/* The string member @name of a flat JSON text, as far as it can be had without a parser: for
 * messages only. */
static void member(const struct buf *body, const char *name, char *out, size_t size)
{
	auto_free char *key = xasprintf("\"%s\"", name);
	const char *at = body->len ? strstr(body->data, key) : NULL;
	size_t n = 0;

	out[0] = '\0';
	at = at ? strchr(at + strlen(key), '"') : NULL;
	for (at = at ? at + 1 : NULL; at && *at && *at != '"' && n + 1 < size; at++) {
		if (*at == '\\' && at[1])
			at++;
		out[n++] = iscntrl((unsigned char)*at) ? ' ' : *at;
	}
	out[n] = '\0';
}

static void judge_function_error(const struct http_response *r, struct outsource_verdict *v)
{
	char type[128], message[256];
	const char *remedy = "";

	member(&r->body, "errorType", type, sizeof(type));
	member(&r->body, "errorMessage", message, sizeof(message));
	v->what = OUTCOME_LOST;
	for (size_t i = 0; i < countof(function_errors); i++)
		if (strstr(type, function_errors[i].sign) ||
		    strstr(message, function_errors[i].sign)) {
			v->what = function_errors[i].what;
			remedy = function_errors[i].remedy;
			break;
		}
	snprintf(v->why, sizeof(v->why), "Lambda: %s: %s%s%s", *type ? type : "function error",
	         message, *remedy ? "; " : "", remedy);
}

static void judge_service_error(const char *region, const struct http_response *r,
                                struct outsource_verdict *v)
{
	const char *type = http_response_header(r, "x-amzn-errortype");
	char message[256];
	auto_free char *name = xstrndup(type, strcspn(type, ":"));
	const char *remedy = "";

	member(&r->body, "Message", message, sizeof(message));
	if (!*message)
		member(&r->body, "message", message, sizeof(message));
	for (size_t i = 0; i < countof(service_errors); i++)
		if (strcmp(service_errors[i].type, name) == 0) {
			v->what = service_errors[i].what;
			remedy = service_errors[i].remedy;
		}
	snprintf(v->why, sizeof(v->why), "Lambda in %s: %s: %s%s%s", region, name, message,
	         *remedy ? "; " : "", remedy);
}

void lambda_judge(const char *region, const struct http_response *r,
                  struct outsource_verdict *v)
{
	if (r->status / 100 == 2 && http_response_header(r, "x-amz-function-error"))
		judge_function_error(r, v);
	else if (r->status && r->status / 100 != 2 &&
	         http_response_header(r, "x-amzn-errortype"))
		judge_service_error(region, r, v);
}
